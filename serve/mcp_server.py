"""The published version for assistants: an MCP server of its metrics, its tables, read-only SQL and its making.

It says nothing that is not published. Every answer with rows names its version and the day that its data go through.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import duckdb
import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from contracts.environment import api_token
from serve.metrics import Metric, NoMetricsError, Question, metrics_of
from serve.published import NotPublishedError, rows_of
from serve.summary import summary_of
from serve.tables import FILTER, BadRequestError, Filter, Reader, Table, TooSlowError, reading

SECONDS = 10.0
MOST_ROWS = 1_000
INSTRUCTIONS = """Figures of one shop, as they are published. Each figure has one definition: see metrics, and let
metric_values compute it. Use query only for what no metric says. Say the unit, and what trust warns of."""
Limit = Annotated[int, Field(ge=1, le=MOST_ROWS)]
FilterText = Annotated[
    str, Field(pattern=FILTER, description="attribute:operator:value, such as order__channel:eq:web")
]
Message = MutableMapping[str, Any]
App = Callable[[Message, Any, Any], Awaitable[None]]


@dataclass(frozen=True)
class Rows:
    """Rows of one version; money is text, so that no reader rounds it. ``is_all`` is false where some were left out."""

    version: int
    data_through: date
    currency: str
    is_all: bool
    rows: list[dict[str, Any]]


@dataclass(frozen=True)
class Trust:
    """What a version says of its making."""

    version: int
    data_through: date
    published_at: str
    tests_passed: int
    tests_warned: int
    warnings: tuple[str, ...]
    balance: str
    rows_in_quarantine: int
    control_totals: tuple[str, ...]


class Published:
    """The tools over one published file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def metrics(self) -> list[Metric]:
        """Every metric: its definition, its unit and what it can be grouped by."""
        with self._reading() as reader:
            return metrics_of(reader.connection).described

    def metric_values(
        self,
        metrics: list[str],
        group_by: list[str] | None = None,
        first: date | None = None,
        last: date | None = None,
        filters: list[FilterText] | None = None,
        limit: Limit = MOST_ROWS,
    ) -> Rows:
        """Values of metrics, a row per group, of the days from first to last, both included.

        A filter's operator is eq, ne, lt, le, gt or ge.
        """
        conditions = [Filter.parse(text) for text in filters or ()]
        question = Question(metrics, group_by or (), first, last, conditions, limit + 1)
        with self._reading() as reader:
            return _rows(reader, metrics_of(reader.connection).answer(reader.connection, question), limit)

    def tables(self) -> list[Table]:
        """Every published table with what a row is, and its columns with types and descriptions."""
        with self._reading() as reader:
            return reader.tables()

    def query(self, sql: str, limit: Limit = MOST_ROWS) -> Rows:
        """The rows of one query in DuckDB's SQL over the published tables, such as: from marts.mart_daily_sales."""
        with self._reading() as reader:
            statements = reader.connection.extract_statements(sql)
            if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
                raise ToolError("expected one query, which gives rows and changes nothing")
            relation = reader.connection.sql(sql)
            return _rows(reader, rows_of(reader.connection, relation.limit(limit + 1).sql_query()), limit)

    def trust(self) -> Trust:
        """How far the version can be trusted: its data's last day, tests, warnings, control totals and quarantine."""
        with _said_plainly():
            said = summary_of(self._file)
        return Trust(
            said.version,
            said.data_through,
            f"{said.published_at:%Y-%m-%d %H:%M} UTC",
            said.tests_passed,
            said.tests_warned,
            said.warnings,
            said.balance,
            said.quarantined,
            said.control_totals,
        )

    @contextmanager
    def _reading(self) -> Iterator[Reader]:
        with _said_plainly(), reading(self._file, SECONDS) as reader:
            yield reader


def server_of(file: Path) -> MCPServer:
    """The server of one client's published file."""
    server = MCPServer("published-sales", instructions=INSTRUCTIONS, log_level="WARNING")
    published = Published(file)
    for tool in (published.metrics, published.metric_values, published.tables, published.query, published.trust):
        server.add_tool(tool)
    return server


def serve(file: Path, port: int | None) -> None:
    """Serve the published file over stdio, or over HTTP on a port of this machine. Raises ShortTokenError."""
    server = server_of(file)
    if port is None:
        server.run("stdio")
        return
    app = only_with_token(server.streamable_http_app(json_response=True, stateless_http=True), api_token())
    uvicorn.run(app, host="127.0.0.1", port=port, ws="none", server_header=False, log_level="warning")


def only_with_token(app: App, token: str) -> App:
    """The app for requests whose ``Authorization`` is the bearer token; others get 401."""

    async def guarded(scope: Message, receive: Any, send: Any) -> None:
        sent = dict(scope.get("headers") or ()).get(b"authorization", b"")
        if scope["type"] == "http" and not secrets.compare_digest(sent, f"Bearer {token}".encode()):
            headers = [(b"www-authenticate", b"Bearer"), (b"content-type", b"text/plain")]
            await send({"type": "http.response.start", "status": 401, "headers": headers})
            await send({"type": "http.response.body", "body": b"the token is missing or wrong"})
            return
        await app(scope, receive, send)

    return guarded


def _rows(reader: Reader, found: list[dict[str, Any]], limit: int) -> Rows:
    version = reader.version()
    return Rows(version.version, version.data_through, version.currency, len(found) <= limit, found[:limit])


@contextmanager
def _said_plainly() -> Iterator[None]:
    """Errors as the sentence that an assistant can act on."""
    try:
        yield
    except NotPublishedError as error:
        raise ToolError("nothing is published yet; expected a first successful run. Next: sales run") from error
    except (BadRequestError, NoMetricsError, TooSlowError, duckdb.Error) as error:
        raise ToolError(str(error)) from error

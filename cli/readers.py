"""The commands that only read: raw for a person, the published figures for an assistant."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import ClientOption
from cli.plain_errors import plain_errors
from contracts.terminal import say

app = typer.Typer()


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help='One query, in quotes: "select * from raw.orders limit 5".')],
    client: ClientOption = None,
) -> None:
    """Query the delivered rows.

    It has every version of every record; is_current marks the one that counts.
    """
    with plain_errors():
        from cli.query import query as answer  # noqa: PLC0415 `sales --help` must not wait for DuckDB

        say(answer(client, sql))


@app.command()
def mcp(
    client: ClientOption = None,
    port: Annotated[int | None, typer.Option(help="Serve HTTP on this port of this machine. Default: stdio.")] = None,
) -> None:
    """Serve the published figures to an assistant.

    By the Model Context Protocol: metrics, tables, read-only SQL, and how far the version can be trusted. Over HTTP
    it wants the token of SALES_API_TOKEN.
    """
    with plain_errors():
        from contracts.environment import Environment  # noqa: PLC0415 as above
        from serve.mcp_server import serve  # noqa: PLC0415 as above

        environment = Environment.from_process(client)
        environment.client()
        serve(environment.paths().published_file, port)

"""The HTTP routes: which versions, tables and rows are published."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field, StringConstraints

from serve.api import tables as published
from serve.api.formats import FORMATS
from serve.api.tables import Filter, Table, reading
from serve.published import NotPublishedError, Version

SECONDS, MOST_ROWS, MOST_FILTERS = 10.0, 10_000, 20
LARGEST_INTEGER = 2**63 - 1
STATUSES = {
    published.UnknownTableError: HTTPStatus.NOT_FOUND,
    published.VersionGoneError: HTTPStatus.CONFLICT,
    published.TooSlowError: HTTPStatus.GATEWAY_TIMEOUT,
}
NOTHING_YET = "nothing is published yet; expected a first successful run. Next: sales run"  # names no path
DESCRIPTION = """The published tables of one shop, as they are; every page is of one version.
Send `Authorization: Bearer <token>`. Money is text in JSON, so that no reader rounds it."""

BEARER = HTTPBearer(auto_error=False, description="SALES_API_TOKEN of the server")


class Problem(BaseModel):
    """Why there is no answer, and what to do."""

    detail: str


class Format(StrEnum):
    """How rows are written."""

    JSON = "json"
    CSV = "csv"
    ARROW = "arrow"


class RowsAsked(BaseModel, extra="forbid"):
    """Which rows of a table, and how they are written."""

    columns: str = Field("", description="Comma-separated; default: all.")
    filter: list[Annotated[str, StringConstraints(pattern=published.FILTER)]] = Field(
        [],
        max_length=MOST_FILTERS,
        description="column:operator:value with eq, ne, lt, le, gt or ge; the rows meet all of them.",
    )
    limit: int = Field(1_000, ge=1, le=MOST_ROWS)
    after: int | None = Field(None, ge=0, le=LARGEST_INTEGER, description="From Next-After.")
    version: int | None = Field(None, ge=1, le=LARGEST_INTEGER, description="Refuse when another one is published now.")
    format: Format = Format.JSON


def _problems(*statuses: HTTPStatus) -> dict[int | str, dict[str, object]]:
    return {int(status): {"model": Problem, "description": status.phrase} for status in statuses}


COMMON = _problems(HTTPStatus.UNAUTHORIZED, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
ROWS_CONTENT = {
    "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
    "text/csv": {"schema": {"type": "string"}},
    "application/vnd.apache.arrow.stream": {"schema": {"type": "string", "format": "binary"}},
}


def create_app(file: Path, token: str) -> FastAPI:
    """The API of one client's published file, for whoever has the token."""
    app = FastAPI(title="Published sales", description=DESCRIPTION, version="1", docs_url=None, redoc_url=None)

    def authorised(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]) -> None:
        sent = credentials.credentials if credentials else ""
        if not secrets.compare_digest(sent.encode(), token.encode()):
            raise HTTPException(
                HTTPStatus.UNAUTHORIZED,
                "the token is missing or wrong; send the header Authorization: Bearer <token>",
                headers={"WWW-Authenticate": "Bearer"},
            )

    guarded = [Depends(authorised)]
    for error, status in STATUSES.items():
        app.add_exception_handler(error, _answer_with(status))
    app.add_exception_handler(NotPublishedError, _answer_with(HTTPStatus.SERVICE_UNAVAILABLE, NOTHING_YET))

    @app.get("/health")
    def health() -> dict[str, str]:
        """Whether the server answers; needs no token and says nothing of the shop."""
        return {"status": "ok"}

    @app.get("/version", dependencies=guarded, responses=COMMON)
    def version() -> Version:
        """Which version is published now."""
        with reading(file, SECONDS) as reader:
            return reader.version()

    @app.get("/tables", dependencies=guarded, responses=COMMON)
    def tables() -> list[Table]:
        """Every published table with its columns and types."""
        with reading(file, SECONDS) as reader:
            return reader.tables()

    @app.get(
        "/tables/{table}",
        dependencies=guarded,
        response_class=Response,
        responses={200: {"content": ROWS_CONTENT}} | COMMON | _problems(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    )
    def rows(request: Request, table: str, asked: Annotated[RowsAsked, Query()]) -> Response:
        """Rows of a table, such as `marts.mart_daily_sales`.

        The header Link has the next page of the same version, Next-After its beginning; without them it was the last.
        """
        try:
            with reading(file, SECONDS) as reader:
                page = reader.page(
                    table,
                    columns=asked.columns.split(",") if asked.columns else [],
                    filters=[Filter.parse(text) for text in asked.filter],
                    limit=asked.limit,
                    after=asked.after,
                    version=asked.version,
                )
        except published.BadRequestError as error:
            problem = {"type": "value_error", "loc": ("query", error.parameter), "msg": str(error)}
            raise RequestValidationError([problem]) from error
        media_type, encode = FORMATS[asked.format]
        headers = {"Data-Version": str(page.version.version), "Data-Through": page.version.data_through.isoformat()}
        if page.next_after is not None:
            following = request.url.include_query_params(after=page.next_after, version=page.version.version)
            headers |= {"Next-After": str(page.next_after), "Link": f'<{following}>; rel="next"'}
        return Response(encode(page.rows), media_type=media_type, headers=headers)

    return app


def _answer_with(status: HTTPStatus, detail: str | None = None) -> Callable[[Request, Exception], JSONResponse]:
    def answer(_request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": detail or str(error)}, status)

    return answer

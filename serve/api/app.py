"""The HTTP routes: which versions, tables and rows are published."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, TypeVar

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field, StringConstraints
from starlette.datastructures import URL

from serve import tables as published
from serve.api.answers import (
    COMMON,
    MOST_FILTERS,
    ROWS_CONTENT,
    SECONDS,
    Format,
    each_once,
    headers_of,
    problems,
    refused,
)
from serve.api.formats import FORMATS
from serve.api.metric_routes import add_metrics
from serve.api.work import BusyError, Work
from serve.metrics import NoMetricsError
from serve.published import NotPublishedError, Version
from serve.tables import Filter, Page, Reader, Table, reading

MOST_ROWS = 10_000
SECONDS_PER_WRONG_TOKEN = 0.5  # before it is refused; holds no thread and none of the work
LARGEST_INTEGER = 2**63 - 1
STATUSES = {
    published.UnknownTableError: HTTPStatus.NOT_FOUND,
    published.VersionGoneError: HTTPStatus.CONFLICT,
    published.TooSlowError: HTTPStatus.GATEWAY_TIMEOUT,
    NoMetricsError: HTTPStatus.NOT_FOUND,
}
NOTHING_YET = "nothing is published yet; expected a first successful run. Next: sales run"  # names no path
DESCRIPTION = """The published tables of one shop, as they are; every page is of one version.
Send `Authorization: Bearer <token>`. Money is text in JSON, so that no reader rounds it."""

Answer = TypeVar("Answer")
BEARER = HTTPBearer(auto_error=False, description="SALES_API_TOKEN of the server")


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


def create_app(file: Path, token: str, address: str) -> FastAPI:
    """The API of one client's published file, for whoever has the token; its links begin with ``address``."""
    app = FastAPI(title="Published sales", description=DESCRIPTION, version="1", openapi_url=None)
    work = Work()

    async def authorised(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]) -> None:
        sent = credentials.credentials if credentials else ""
        if not secrets.compare_digest(sent.encode(), token.encode()):
            await asyncio.sleep(SECONDS_PER_WRONG_TOKEN)
            raise HTTPException(
                HTTPStatus.UNAUTHORIZED,
                "the token is missing or wrong; send the header Authorization: Bearer <token>",
                headers={"WWW-Authenticate": "Bearer"},
            )

    guarded = [Depends(authorised)]
    _answer_problems(app)

    @app.get("/openapi.json", dependencies=guarded, include_in_schema=False)
    async def description() -> JSONResponse:
        """What this description says, for tools."""
        return JSONResponse(app.openapi())

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Whether the server answers; needs no token and says nothing of the shop."""
        return {"status": "ok"}

    @app.get("/version", dependencies=guarded, responses=COMMON)
    async def version() -> Version:
        """Which version is published now."""
        return await work.do(partial(_read, file, Reader.version))

    @app.get("/tables", dependencies=guarded, responses=COMMON)
    async def tables() -> list[Table]:
        """Every published table with its columns and types."""
        return await work.do(partial(_read, file, Reader.tables))

    @app.get(
        "/tables/{table}",
        dependencies=[*guarded, Depends(each_once)],
        response_class=Response,
        responses={200: {"content": ROWS_CONTENT}} | COMMON | problems(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    )
    async def rows(request: Request, table: str, asked: Annotated[RowsAsked, Query()]) -> Response:
        """Rows of a table, such as `marts.mart_daily_sales`.

        The header Link has the next page of the same version, Next-After its beginning; without them it was the last.
        """
        try:
            page, body = await work.do(partial(_page, file, table, asked))
        except published.BadRequestError as error:
            raise refused(error.parameter, str(error)) from error
        headers = headers_of(page.version)
        if page.next_after is not None:
            asked_url = URL(scope={**request.scope, "headers": []})  # without the Host header, which anybody can write
            following = asked_url.include_query_params(after=page.next_after, version=page.version.version)
            link = f"{address}{following.path}?{following.query}"
            headers |= {"Next-After": str(page.next_after), "Link": f'<{link}>; rel="next"'}
        return Response(body, media_type=FORMATS[asked.format][0], headers=headers)

    add_metrics(app, file, work, guarded)
    return app


def _read(file: Path, question: Callable[[Reader], Answer]) -> Answer:
    with reading(file, SECONDS) as reader:
        return question(reader)


def _page(file: Path, table: str, asked: RowsAsked) -> tuple[Page, bytes]:
    with reading(file, SECONDS) as reader:
        page = reader.page(
            table,
            columns=asked.columns.split(",") if asked.columns else [],
            filters=[Filter.parse(text) for text in asked.filter],
            limit=asked.limit,
            after=asked.after,
            version=asked.version,
        )
    return page, FORMATS[asked.format][1](page.rows)


def _answer_problems(app: FastAPI) -> None:
    for error, status in STATUSES.items():
        app.add_exception_handler(error, _answer_with(status))
    app.add_exception_handler(NotPublishedError, _answer_with(HTTPStatus.SERVICE_UNAVAILABLE, NOTHING_YET))
    again = {"Retry-After": str(BusyError.retry_after)}
    app.add_exception_handler(BusyError, _answer_with(HTTPStatus.SERVICE_UNAVAILABLE, headers=again))


def _answer_with(
    status: HTTPStatus, detail: str | None = None, headers: dict[str, str] | None = None
) -> Callable[[Request, Exception], JSONResponse]:
    def answer(_request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": detail or str(error)}, status, headers)

    return answer

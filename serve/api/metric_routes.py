"""The routes of the metrics: which there are, and their values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import pyarrow as pa
from fastapi import Depends, FastAPI, Query, Response
from fastapi.params import Depends as Dependency
from pydantic import BaseModel, Field, StringConstraints

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
from serve.api.work import Work
from serve.metrics import MOST_ROWS, Metric, Question, metrics_of
from serve.published import Version
from serve.tables import FILTER, BadRequestError, Filter, reading

ANSWERS = COMMON | problems(HTTPStatus.NOT_FOUND)


class ValuesAsked(BaseModel, extra="forbid"):
    """By what metrics are grouped, of which days and groups, and how the values are written."""

    group_by: str = Field("", description="Comma-separated, of what `GET /metrics` names; default: one total.")
    first: date | None = Field(None, description="The first day that counts.")
    last: date | None = Field(None, description="The last day that counts.")
    filter: list[Annotated[str, StringConstraints(pattern=FILTER)]] = Field(
        [], max_length=MOST_FILTERS, description="attribute:operator:value; the rows meet all of them."
    )
    limit: int = Field(MOST_ROWS, ge=1, le=MOST_ROWS)
    format: Format = Format.JSON

    def question(self, metrics: str) -> Question:
        """What is asked of the metrics, comma-separated: a group more than wanted says that there are more."""
        groups = self.group_by.split(",") if self.group_by else []
        filters = [Filter.parse(text) for text in self.filter]
        return Question(metrics.split(","), groups, self.first, self.last, filters, self.limit + 1)


def add_metrics(app: FastAPI, file: Path, work: Work, guarded: Sequence[Dependency]) -> None:
    """Add the routes of the metrics of a published file."""

    @app.get("/metrics", dependencies=guarded, responses=ANSWERS)
    async def metrics() -> list[Metric]:
        """Every metric with its definition and what it can be grouped by."""
        return await work.do(partial(_described, file))

    @app.get(
        "/metrics/{metrics}",
        dependencies=[*guarded, Depends(each_once)],
        response_class=Response,
        responses=ANSWERS | {200: {"content": ROWS_CONTENT}},
    )
    async def values(metrics: str, asked: Annotated[ValuesAsked, Query()]) -> Response:
        """A row per group of some metrics, such as `net_sales,order_count` with `group_by=month,order__channel`."""
        try:
            version, body = await work.do(partial(_values, file, asked.question(metrics), asked.format))
        except BadRequestError as error:
            raise refused(error.parameter, str(error)) from error
        return Response(body, media_type=FORMATS[asked.format][0], headers=headers_of(version))


def _described(file: Path) -> list[Metric]:
    with reading(file, SECONDS) as reader:
        return metrics_of(reader.connection).described


def _values(file: Path, question: Question, written: Format) -> tuple[Version, bytes]:
    with reading(file, SECONDS) as reader:
        rows = metrics_of(reader.connection).answer(reader.connection, question)
        if len(rows) == question.limit:
            most = question.limit - 1
            raise BadRequestError("limit", f"there are more than {most} groups; expected fewer days or attributes")
        names = [*question.group_by, *question.metrics]
        table = pa.table({name: [row[name] for row in rows] for name in names})
        return reader.version(), FORMATS[written][1](table)

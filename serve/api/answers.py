"""What the routes share: how rows are written, how errors are described, what is refused."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from http import HTTPStatus

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel

from serve.published import Version

SECONDS, MOST_FILTERS = 10.0, 20
ONE_EACH_BUT = "filter"  # the only parameter that may be said more than once


class Problem(BaseModel):
    """Why there is no answer, and what to do."""

    detail: str


class Format(StrEnum):
    """How rows are written."""

    JSON = "json"
    CSV = "csv"
    ARROW = "arrow"


def problems(*statuses: HTTPStatus) -> dict[int | str, dict[str, object]]:
    """How the description says that a route may answer so."""
    return {int(status): {"model": Problem, "description": status.phrase} for status in statuses}


COMMON = problems(HTTPStatus.UNAUTHORIZED, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
ROWS_CONTENT = {
    "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
    "text/csv": {"schema": {"type": "string"}},
    "application/vnd.apache.arrow.stream": {"schema": {"type": "string", "format": "binary"}},
}


def headers_of(version: Version) -> dict[str, str]:
    """Which version an answer is of."""
    return {"Data-Version": str(version.version), "Data-Through": version.data_through.isoformat()}


async def each_once(request: Request) -> None:
    """Refuse a parameter that is said twice, of which one would be ignored."""
    said = Counter(name for name, _ in request.query_params.multi_items() if name != ONE_EACH_BUT)
    if twice := [name for name, times in said.items() if times > 1]:
        raise refused(twice[0], f"said {said[twice[0]]} times; expected it once")


def refused(parameter: str, message: str) -> RequestValidationError:
    """The error that FastAPI answers with 422, naming the parameter."""
    return RequestValidationError([{"type": "value_error", "loc": ("query", parameter), "msg": message}])

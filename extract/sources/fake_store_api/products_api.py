"""The Fake Store API's products: one HTTP answer, fetched with patience and believed only when it fits the schema."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated

import requests
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter
from urllib3.exceptions import HTTPError, InvalidHeader, NameResolutionError, ReadTimeoutError
from urllib3.util import Retry

from extract.sources.fake_store_api import ApiSource

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 3.05  # just past the first retransmission of a lost SYN
UNREACHABLE_SECONDS = 10  # no network: a nightly run must not wait attempts x timeout for it
RETRY_AFTER_SECONDS = 30  # the longest that a server may ask us to wait between two attempts
BACKOFF = wait_exponential_jitter(multiplier=0.5, max=8, jitter=0.5)
PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


class ApiError(Exception):
    """The API was not reached or its answer cannot be believed."""

    def __init__(self, message: str, *, is_passing: bool = True, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.is_passing = is_passing
        self.retry_after = retry_after


class _UnreachableError(ApiError):
    """No connection came about, or it broke before an answer."""


Number = int | Decimal  # the API writes 695 and 109.95; a float never arises


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, str_strip_whitespace=True)


class Rating(_Answer):
    """The stars of a product and how many customers gave them."""

    rate: Annotated[Number, Field(ge=0, le=5)]
    count: Annotated[int, Field(ge=0, lt=2**31)]


class Product(_Answer):
    """One product as the API answers it; fields it adds later are ignored."""

    id: int
    title: Annotated[str, Field(min_length=1)]
    price: Annotated[Number, Field(ge=0, lt=10**16)]
    description: str
    category: Annotated[str, Field(min_length=1)]
    image: str
    rating: Rating | None = None


PRODUCTS = TypeAdapter(list[Product])


def parse_products(text: str | bytes, source: str) -> list[Product]:
    """Read the API's JSON into products ordered by id; prices are the digits of the text, exactly.

    Raises ApiError, whose message begins with ``source``, when the text is not a list of products with distinct ids.
    """
    start = text.lstrip()[:1]
    if start in ("<", b"<"):
        raise ApiError(f"{source} answered HTML or XML, expected a JSON list of products")
    try:
        content = json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise ApiError(f"{source} answered {len(text)} bytes that are not complete JSON ({error})") from error
    try:
        products = PRODUCTS.validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the answer"
        raise ApiError(
            f"{source} answered another schema, {error.error_count()} findings, the first at {place}: "
            f"{first['msg']}, found {str(first['input'])[:80]!r}"
        ) from error
    if not products:
        raise ApiError(f"{source} answered an empty list, expected at least one product")
    ids = [product.id for product in products]
    if repeated := sorted({number for number in ids if ids.count(number) > 1}):
        raise ApiError(f"{source} answered product ids more than once: {repeated[:5]}")
    return sorted(products, key=lambda product: product.id)


def fetch_products(source: ApiSource) -> list[Product]:
    """GET ``<url>/products``, again after passing failures, with growing and jittered waits.

    Passing is everything a second try may fix: no connection, a time-out, 408, 425, 429, any 5xx and every answer
    that is not a list of products. ``Retry-After`` is kept to up to 30 s. A name that does not resolve is not tried
    again, for the resolver has done so. Raises ApiError with the last cause.
    """
    url = source.url.rstrip("/") + "/products"
    retrying = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, ApiError) and error.is_passing),
        stop=_stop(source.attempts),
        wait=_wait,
        before_sleep=lambda state: logger.warning(
            "attempt %d of %d failed, next in %.1f s: %s",
            state.attempt_number,
            source.attempts,
            state.upcoming_sleep,
            _cause(state),
        ),
        reraise=True,
    )
    with requests.Session() as session:
        return retrying(lambda: parse_products(_get(session, url, source.timeout_seconds), url))


def _cause(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _stop(attempts: int) -> Callable[[RetryCallState], bool]:
    enough = stop_after_attempt(attempts)

    def stop(state: RetryCallState) -> bool:
        elapsed = state.seconds_since_start or 0
        is_down = isinstance(_cause(state), _UnreachableError) and elapsed > UNREACHABLE_SECONDS
        return is_down or enough(state)

    return stop


def _wait(state: RetryCallState) -> float:
    cause = _cause(state)
    if isinstance(cause, ApiError) and cause.retry_after is not None:
        return cause.retry_after
    return BACKOFF(state)


def _get(session: requests.Session, url: str, timeout: float) -> bytes:
    deadline = time.monotonic() + timeout
    timeouts = (min(CONNECT_SECONDS, timeout), timeout)
    try:
        with session.get(url, timeout=timeouts, headers={"Accept": "application/json"}, stream=True) as response:
            if response.status_code != HTTPStatus.OK:
                raise ApiError(
                    f"{url} answered {response.status_code} {response.reason}, expected 200 OK",
                    is_passing=response.status_code >= 500 or response.status_code in PASSING,
                    retry_after=_retry_after(response),
                )
            body = b""
            while chunk := response.raw.read1(decode_content=True):
                body += chunk
                # requests' own time-out starts again with every byte, so an answer that drips would never end.
                if time.monotonic() > deadline:
                    raise ApiError(f"{url} did not end its answer within {timeout:g} s, {len(body)} bytes came")
            return body
    except (requests.RequestException, HTTPError) as error:
        raise _explained(error, url, timeout) from error


def _explained(error: Exception, url: str, timeout: float) -> ApiError:
    cause = error.args[0] if error.args else error
    reason = getattr(cause, "reason", cause)
    if isinstance(reason, NameResolutionError):
        return ApiError(f"{url} was not reached: its host name does not resolve", is_passing=False)
    if isinstance(error, requests.ConnectionError):
        # The last of the arguments is the innermost and plainest of the three libraries' words for it.
        return _UnreachableError(f"{url} was not reached: {reason.args[-1] if reason.args else reason}")
    if isinstance(error, (requests.Timeout, ReadTimeoutError)):
        return ApiError(f"{url} did not answer within {timeout:g} s")
    # ValueError: requests will not send to such a URL, however often it is asked to.
    return ApiError(f"{url} could not be read: {error}", is_passing=not isinstance(error, ValueError))


def _retry_after(response: requests.Response) -> float | None:
    header = response.headers.get("Retry-After")
    try:
        return min(Retry().parse_retry_after(header), RETRY_AFTER_SECONDS) if header else None
    except InvalidHeader:
        return None

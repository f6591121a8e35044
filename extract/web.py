"""HTTP answers, fetched with patience: tried again by the server's own words, and given up when they drip."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter
from urllib3.exceptions import HTTPError, InvalidHeader, NameResolutionError, ReadTimeoutError
from urllib3.util import Retry

from contracts.printable import SafeError

logger = logging.getLogger(__name__)

CONNECT_SECONDS = 3.05  # just past the first retransmission of a lost SYN
SILENT_SECONDS = 60  # for how long a server may send nothing
UNREACHABLE_SECONDS = 10  # no network: a nightly run must not wait attempts x timeout for it
RETRY_AFTER_SECONDS = 30  # the longest that a server may ask us to wait between two attempts
REFUSAL_BYTES = 4096  # of the body of a refusal: enough for a sentence
BACKOFF = wait_exponential_jitter(multiplier=0.5, max=8, jitter=0.5)
PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
Read = TypeVar("Read")


class AnswerError(SafeError):
    """A server was not reached or its answer cannot be believed; ``said`` is how the body of a refusal begins."""

    def __init__(
        self,
        message: str,
        *,
        is_passing: bool = True,
        retry_after: float | None = None,
        status: int | None = None,
        said: bytes = b"",
    ) -> None:
        super().__init__(message)
        self.is_passing = is_passing
        self.retry_after = retry_after
        self.status = status
        self.said = said


class _UnreachableError(AnswerError):
    """No connection came about, or it broke before an answer."""


@dataclass(frozen=True)
class Answer:
    """A whole answer of 200 OK; ``links`` are those of its header by their relation."""

    body: bytes
    headers: Mapping[str, str]
    links: Mapping[str, str]


def ask(read: Callable[[], Read], attempts: int, longest_wait: float | None = None) -> Read:
    """What is read, tried again after passing failures with growing and jittered waits.

    ``Retry-After`` counts instead, up to ``longest_wait`` (30 s). Raises AnswerError with the last cause.
    """
    limit = RETRY_AFTER_SECONDS if longest_wait is None else longest_wait
    retrying = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, AnswerError) and error.is_passing),
        stop=_stop(attempts),
        wait=lambda state: _wait(state, limit),
        before_sleep=lambda state: logger.warning(
            "attempt %d of %d failed, next in %.1f s: %s",
            state.attempt_number,
            attempts,
            state.upcoming_sleep,
            _cause(state),
        ),
        reraise=True,
    )
    return retrying(read)


def get(session: requests.Session, url: str, timeout: float, **options: Any) -> Answer:
    """One attempt at a GET, which must be whole within ``timeout``; ``options`` are those of requests.

    Messages have the address without its query, which may have a secret in it.
    """
    return send(session, "GET", url, timeout, **options)


def send(session: requests.Session, method: str, url: str, timeout: float, **options: Any) -> Answer:
    """One attempt at a request."""
    options["headers"] = {"Accept": "application/json", **options.get("headers", {})}
    with _asked(session, method, url, timeout, options) as (response, chunks):
        links = {str(name): str(link["url"]) for name, link in response.links.items()}
        return Answer(b"".join(chunks), response.headers, links)


def download(session: requests.Session, url: str, target: Path, timeout: float, **options: Any) -> None:
    """One attempt at a GET, whose answer becomes a file."""
    with _asked(session, "GET", url, timeout, options) as (_, chunks), target.open("wb") as out:
        out.writelines(chunks)


@contextmanager
def _asked(
    session: requests.Session, method: str, url: str, timeout: float, options: Mapping[str, Any]
) -> Iterator[tuple[requests.Response, Iterator[bytes]]]:
    """An answer of 200 OK, and its bytes as they come; AnswerError within the block, too."""
    named = url.partition("?")[0]
    timeouts = (min(CONNECT_SECONDS, timeout), min(SILENT_SECONDS, timeout))
    deadline = time.monotonic() + timeout

    def chunks(response: requests.Response) -> Iterator[bytes]:
        came = 0
        while chunk := response.raw.read1(decode_content=True):
            yield chunk
            came += len(chunk)
            # requests' own time-out starts again with every byte, so an answer that drips would never end.
            if time.monotonic() > deadline:
                raise AnswerError(f"{named} did not end its answer within {timeout:g} s, {came} bytes came")
        promised = response.headers.get("Content-Length", "")
        if promised.isdecimal() and int(promised) != response.raw.tell():  # read1 itself does not say so
            raise AnswerError(f"{named} broke off after {response.raw.tell()} of {promised} bytes")

    try:
        with session.request(method, url, timeout=timeouts, stream=True, **options) as response:
            if response.status_code != HTTPStatus.OK:
                raise AnswerError(
                    f"{named} answered {response.status_code} {response.reason}, expected 200 OK",
                    is_passing=response.status_code >= 500 or response.status_code in PASSING,
                    retry_after=_retry_after(response),
                    status=response.status_code,
                    said=response.raw.read1(REFUSAL_BYTES, decode_content=True),
                )
            yield response, chunks(response)
    except (requests.RequestException, HTTPError) as error:
        raise _explained(error, named, timeout) from error


def _cause(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _stop(attempts: int) -> Callable[[RetryCallState], bool]:
    enough = stop_after_attempt(attempts)

    def stop(state: RetryCallState) -> bool:
        elapsed = state.seconds_since_start or 0
        is_down = isinstance(_cause(state), _UnreachableError) and elapsed > UNREACHABLE_SECONDS
        return is_down or enough(state)

    return stop


def _wait(state: RetryCallState, limit: float) -> float:
    cause = _cause(state)
    if isinstance(cause, AnswerError) and cause.retry_after is not None:
        return min(cause.retry_after, limit)
    return BACKOFF(state)


def _explained(error: Exception, url: str, timeout: float) -> AnswerError:
    cause = error.args[0] if error.args else error
    reason = getattr(cause, "reason", cause)
    if isinstance(reason, NameResolutionError):
        return AnswerError(f"{url} was not reached: its host name does not resolve", is_passing=False)
    if isinstance(error, requests.ConnectionError):
        # The last of the arguments is the innermost and plainest of the three libraries' words for it.
        return _UnreachableError(f"{url} was not reached: {reason.args[-1] if reason.args else reason}")
    if isinstance(error, (requests.Timeout, ReadTimeoutError)):
        return AnswerError(f"{url} did not answer within {timeout:g} s")
    # ValueError: requests will not send to such a URL, however often it is asked to.
    return AnswerError(f"{url} could not be read: {error}", is_passing=not isinstance(error, ValueError))


def _retry_after(response: requests.Response) -> float | None:
    header = response.headers.get("Retry-After")
    try:
        return Retry().parse_retry_after(header) if header else None
    except InvalidHeader:
        return None

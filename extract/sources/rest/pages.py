"""The pages of an API: no record is missed that is there all the time, however they shift while they are read."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import msgspec
import requests
from pydantic import SecretStr

from contracts.block import VARIABLE
from contracts.printable import quoted
from extract.changes import at, identity
from extract.errors import ExtractError
from extract.sources.rest import Access, RestSource
from extract.web import Answer, AnswerError, ask, get, send

LONGEST_WAIT = 600  # a server may ask us to wait that long before the next attempt
EARLY = 60  # a token is changed that many seconds before it ends
REPEATS = 2  # so often one page may come again: by chance, when as many records came before it as it has
LOCAL = ("localhost", "127.0.0.1", "::1")
Answered = TypeVar("Answered")


@dataclass(frozen=True)
class Found:
    """A record as it came, on one line, and its fields."""

    line: bytes
    record: Mapping[str, Any]
    key: bytes


@dataclass(frozen=True)
class Page:
    """The records of a page, what the server promises, and what leads to the next."""

    found: tuple[Found, ...]
    promised: int | None
    next: Any = None

    @property
    def keys(self) -> list[bytes]:
        """Of its records, in their order."""
        return [one.key for one in self.found]


@dataclass
class Api:
    """A session with the server of one source; ``place`` names it in messages.

    ``meaning`` says what a refusal means at this server, where it is known, and ``advice`` what to do.
    """

    source: RestSource
    place: str
    session: requests.Session = field(default_factory=requests.Session)
    token: tuple[str, float] | None = None
    meaning: Callable[[AnswerError], str | None] = lambda _: None
    advice: str = "Check url:, access: and parameters:, and the right to read; then run the step again."

    def page(self, url: str, parameters: Mapping[str, str]) -> Page:
        """One page; raises ExtractError when there is no answer to believe."""
        return self.asked(lambda: self._read(self._get(url, parameters)))

    def body(self, url: str, parameters: Mapping[str, str]) -> Any:
        """One attempt at an answer that is no page; raises AnswerError."""
        return _json(self._get(url, parameters).body, url)

    def asked(self, read: Callable[[], Answered]) -> Answered:
        """What is read, with patience; raises ExtractError when there is no answer to believe."""
        try:
            return ask(read, self.source.attempts, LONGEST_WAIT)
        except AnswerError as error:
            said = self.meaning(error) or str(error)
            for secret in filter(None, secrets_of(self.source)):
                said = said.replace(secret, "***")
            raise ExtractError(
                f"{self.place} was not read: {said}. Nothing of this reading was landed, and what was landed before "
                f"stays. {self.advice}"
            ) from None

    def _get(self, url: str, parameters: Mapping[str, str]) -> Answer:
        options: dict[str, Any] = {"allow_redirects": False}
        access = self.source.access
        if access and access.parameter and access.token:
            parameters = {**parameters, access.parameter: access.token.get_secret_value()}
        options["params"] = parameters or None
        try:
            return get(self.session, url, self.source.timeout_seconds, **options, **self._access())
        except AnswerError as error:
            if error.status != requests.codes.unauthorized or self.token is None:
                raise
            self.token = None  # it was taken back before its time
            return get(self.session, url, self.source.timeout_seconds, **options, **self._access())

    def _access(self) -> dict[str, Any]:
        """What requests is told of who asks."""
        access, headers = self.source.access, {**self.source.headers}
        if access is None or access.parameter:
            return {"headers": headers}
        if access.user and access.password:
            return {"headers": headers, "auth": _basic(access.user, access.password)}
        token = access.token.get_secret_value() if access.token else self._client_token(access)
        return {
            "headers": headers | ({access.header: token} if access.header else {"Authorization": f"Bearer {token}"})
        }

    def _client_token(self, access: Access) -> str:
        if self.token is None or time.monotonic() > self.token[1]:
            url = str(access.token_url)
            answer = send(
                self.session,
                "POST",
                url,
                self.source.timeout_seconds,
                data={"grant_type": "client_credentials", **({"scope": access.scope} if access.scope else {})},
                auth=_basic(access.client_id, access.client_secret),
                allow_redirects=False,
            )
            body = _json(answer.body, url)
            if not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
                raise AnswerError(f"{url} answered no access_token", is_passing=False)
            self.token = body["access_token"], time.monotonic() + float(body.get("expires_in") or 3600) - EARLY
        return self.token[0]

    def _read(self, answer: Answer) -> Page:
        source = self.source
        body = _json(answer.body, source.url)
        raw = _raw_records(answer.body, source)
        found = []
        for one in raw:
            record = msgspec.json.decode(one)
            if not isinstance(record, dict):
                raise AnswerError(
                    f"{self.place} has a {type(record).__name__} as a record; expected objects", is_passing=False
                )
            fields = {name: at(record, name) for name in source.key}
            if missing := [name for name, value in fields.items() if value is None]:
                raise AnswerError(
                    f"{self.place} has a record without {', '.join(missing)}, which key: names", is_passing=False
                )
            found.append(Found(_one_line(one), record, identity(record, source.key)))
        promised = answer.headers.get(source.total_header) if source.total_header else None
        promised = at(body, source.total) if source.total else promised
        if (source.total or source.total_header) and not str(promised).isdecimal():
            raise AnswerError(f"{self.place} promises {quoted(promised)} records; expected a number", is_passing=False)
        pages = source.pages
        following = answer.links.get("next") if pages and pages.by == "link" else None
        following = at(body, pages.next) if pages and pages.next else following
        if pages and pages.by == "last" and not isinstance(following, bool):
            raise AnswerError(
                f"{self.place} has {following!r} at {pages.next}; expected true or false", is_passing=False
            )
        return Page(tuple(found), int(promised) if promised is not None else None, following)


def pages(api: Api, parameters: Mapping[str, str]) -> Iterator[Page]:
    """Every page; of one that shifted while it was read, both of its readings.

    A record that leaves, or changes its place, moves those behind it to the page before, which was read already. So
    each page must have a record of the one before it, or the one before is read again once the next is there: what has
    moved to it by then is in the second reading. Raises ShiftedError when more than a page has moved.
    """
    how = api.source.pages
    before, ask_before = None, None
    ask_now: _Question | None = _first(api, parameters)
    seen: set[bytes] = set()
    offset = repeats = 0
    while ask_now:
        page = ask_now()
        repeats = repeats + 1 if before and page.found and page.keys == before.keys else 0
        if repeats == REPEATS:
            if len(seen) == len(page.found) != page.promised:
                raise ExtractError(
                    f"{api.place} answers one page again and again; expected pages: to say how the next one is asked "
                    "for."
                )
            return
        yield page
        seen.update(page.keys)
        if how is None or (how.by == "offset" and before and page.keys == before.keys[-1:]):
            return
        if before and ask_before and how.by not in ("cursor", "last") and {*page.keys}.isdisjoint(before.keys):
            again = ask_before()
            if again.found and {*again.keys}.isdisjoint({*before.keys, *page.keys}):
                raise ShiftedError
            yield again
            seen.update(again.keys)
        # An offset begins at the last record of the page before, which shows that nothing has shifted.
        offset += max(len(page.found) - 1, 1)
        before, ask_before, ask_now = page, ask_now, _next(api, parameters, page, ask_now.number + 1, offset)


class ShiftedError(Exception):
    """The pages shifted by more than a page between two questions."""


@dataclass(frozen=True)
class _Question:
    """What asks for a page, once or more often."""

    api: Api
    url: str
    parameters: Mapping[str, str]
    number: int

    def __call__(self) -> Page:
        return self.api.page(self.url, self.parameters)


def _first(api: Api, parameters: Mapping[str, str]) -> _Question:
    how = api.source.pages
    first = how.first if how and how.by == "page" else 0
    place = {str(how.parameter): str(first)} if how and how.by in ("page", "offset") else {}
    return _Question(api, api.source.url, {**parameters, **place}, first)


def _next(api: Api, parameters: Mapping[str, str], page: Page, number: int, offset: int) -> _Question | None:
    """What asks for the page after one; None where that is the last."""
    how, url = api.source.pages, api.source.url
    if how is None or not (page.found or page.next):
        return None
    if how.by in ("page", "offset"):
        place = str(number if how.by == "page" else offset)
        return _Question(api, url, {**parameters, str(how.parameter): place}, number)
    if page.next in (None, "", False) or (how.by == "last" and not page.found):
        return None
    if how.by in ("cursor", "last"):
        place = str(page.next if how.by == "cursor" else at(page.found[-1].record, api.source.key[0]))
        return _Question(api, url, {**parameters, str(how.parameter): place}, number)
    following = urljoin(url, str(page.next))
    if urlsplit(following)[:2] != urlsplit(url)[:2]:
        raise ExtractError(
            f"{api.place} leads to another server, {urlsplit(following).hostname}, for its next page; expected the one "
            "of url:, as the access is for that alone."
        )
    return _Question(api, following, {}, number)


def _basic(name: SecretStr | None, password: SecretStr | None) -> tuple[bytes, bytes]:
    # As bytes: requests would write a text in Latin-1.
    return tuple(one.get_secret_value().encode() if one else b"" for one in (name, password))  # type: ignore[return-value]


def secrets_of(source: RestSource) -> list[str]:
    """What must not be shown."""
    values = source.access.model_dump().values() if source.access else ()
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]


def check_address(source: RestSource, place: str) -> None:
    """Raise ExtractError for an unset variable, and for a secret that would be sent in the open."""
    token_url = source.access.token_url if source.access else None
    texts = [source.url, token_url, *source.parameters.values(), *source.headers.values(), *secrets_of(source)]
    for text in texts:
        if unset := VARIABLE.search(str(text)):
            raise ExtractError(f"{place} needs {unset[1]}, which is not set; expected it where the step runs. Set it.")
    for url in filter(None, (source.url, token_url)):
        if source.access and urlsplit(url).scheme != "https" and urlsplit(url).hostname not in LOCAL:
            raise ExtractError(
                f"{place} has access: and the address {urlsplit(url).scheme}://{urlsplit(url).hostname}; expected "
                "https://, as everybody on the way could read the secret."
            )


def _json(body: bytes, named: str) -> Any:
    if body.lstrip()[:1] == b"<":
        raise AnswerError(f"{named.partition('?')[0]} answered HTML or XML, expected JSON")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AnswerError(
            f"{named.partition('?')[0]} answered {len(body):,} bytes that are not complete JSON ({error})"
        ) from error


def _raw_records(body: bytes, source: RestSource) -> Sequence[bytes]:
    """The bytes of each record."""
    names = source.records.split(".") if source.records else []
    here: Any = msgspec.Raw(body)
    for done, name in enumerate(names):
        inner = _typed(here, dict[str, msgspec.Raw])
        if inner is None or name not in inner:
            has = ", ".join(inner) if inner else "no object"
            where = ".".join(names[:done]) or "the body"
            raise AnswerError(
                f"{source.url.partition('?')[0]} has no {source.records}, where records: says that they lie; {where} "
                f"has {has[:200]}",
                is_passing=False,
            )
        here = inner[name]
    found = _typed(here, list[msgspec.Raw])
    if found is None:
        raise AnswerError(
            f"{source.url.partition('?')[0]} has no list at {source.records or 'the whole of its body'}; expected "
            "records: to name the list, such as data.orders",
            is_passing=False,
        )
    return [bytes(one) for one in found]


def _typed(raw: Any, kind: Any) -> Any:
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError:
        return None


def _one_line(record: bytes) -> bytes:
    """Line ends within JSON stand between its parts only."""
    return record.strip().replace(b"\r", b" ").replace(b"\n", b" ") + b"\n"

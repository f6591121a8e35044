"""Shopify's GraphQL Admin API: who asks, what it costs, and what goes wrong."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any

import msgspec
import requests

from contracts.block import VARIABLE
from extract.errors import ExtractError
from extract.sources.shopify import ShopifySource
from extract.sources.shopify.queries import API_VERSION
from extract.web import Answer, AnswerError, ask, send

logger = logging.getLogger(__name__)
LONGEST_WAIT = 600  # a server may ask us to wait that long before the next attempt
EARLY = 300  # a token is changed that many seconds before it ends
REPORTED = 300  # characters of what Shopify says


class TooExpensiveError(Exception):
    """Shopify does not answer one question of this cost, however long one waits."""


@dataclass
class Api:
    """A session with one shop; ``place`` names the source in messages."""

    source: ShopifySource
    place: str
    session: requests.Session = field(default_factory=requests.Session)
    token: tuple[str, float] | None = None
    cost: float = 0
    """What the last question was thought to cost at most."""
    points: tuple[float, float, float] | None = None
    """How many points there were, when, and how many come back each second."""

    @property
    def _shop(self) -> str:
        return self.source.store if "://" in self.source.store else f"https://{self.source.store}"

    def query(self, text: str, **variables: Any) -> dict[str, Any]:
        """The data that answers a query; raises ExtractError, and TooExpensiveError for a question to make smaller."""
        if unset := next(filter(None, map(VARIABLE.search, self._settings())), None):
            raise ExtractError(
                f"{self.place} needs {unset[1]}, which is not set; expected it where the step runs. Set it."
            )
        try:
            return ask(lambda: self._read(text, variables), self.source.attempts, LONGEST_WAIT)
        except AnswerError as error:
            said = str(error)
            for secret in (*self._settings()[1:], *(self.token or ())[:1]):
                said = said.replace(str(secret), "***")
            raise ExtractError(
                f"{self.place} was not read: {said}. Nothing of this reading was landed, and what was landed before "
                "stays. Run the step again once that is set right."
            ) from None

    def _settings(self) -> tuple[str, ...]:
        source = self.source
        return source.store, source.client_id.get_secret_value(), source.client_secret.get_secret_value()

    def _read(self, text: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        self._wait_for_points()
        question = msgspec.json.encode({"query": text, "variables": variables})
        try:
            answer = self._post(question)
        except AnswerError as error:
            raise _explained(error, self.source.store) from error
        body = _json(answer, "Shopify")
        self._remember(body)
        if errors := body.get("errors"):
            raise self._error(errors, body)
        data = body.get("data")
        if not isinstance(data, dict):
            raise AnswerError("Shopify answered neither data nor errors")
        return data

    def _post(self, question: bytes) -> Answer:
        try:
            return self._posted(question)
        except AnswerError as error:
            if error.status != requests.codes.unauthorized:
                raise
            self.token = None  # it ended, or was taken back before its time
            return self._posted(question)

    def _posted(self, question: bytes) -> Answer:
        headers = {"X-Shopify-Access-Token": self._token(), "Content-Type": "application/json"}
        url = f"{self._shop}/admin/api/{API_VERSION}/graphql.json"
        timeout = self.source.timeout_seconds
        return send(self.session, "POST", url, timeout, data=question, headers=headers, allow_redirects=False)

    def _token(self) -> str:
        if self.token is None or monotonic() > self.token[1]:
            url = f"{self._shop}/admin/oauth/access_token"
            _, client_id, client_secret = self._settings()
            form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
            try:
                answer = send(self.session, "POST", url, self.source.timeout_seconds, data=form, allow_redirects=False)
            except AnswerError as error:
                if error.status not in (400, 401, 403):
                    raise
                raise AnswerError(
                    f"Shopify gave no token for client_id and client_secret (it answered {error.status}); expected "
                    "those of an app that is installed in this shop and of the shop's own organization. Look them up "
                    "in the Dev Dashboard under Settings of the app, and set their variables",
                    is_passing=False,
                ) from error
            body = _json(answer, url)
            if not isinstance(body.get("access_token"), str):
                raise AnswerError(f"{url} answered no access_token", is_passing=False)
            self.token = body["access_token"], monotonic() + float(body.get("expires_in") or 86_399) - EARLY
        return self.token[0]

    def _wait_for_points(self) -> None:
        """Wait until there are as many points as the last question cost, so that it is not refused."""
        if self.points is None:
            return
        there, then, rate = self.points
        self.points = None  # this question is thought of once; its answer says how many there are now
        missing = self.cost - there - (monotonic() - then) * rate
        if missing > 0 and rate > 0:
            sleep(min(missing / rate, LONGEST_WAIT))

    def _remember(self, body: Mapping[str, Any]) -> None:
        cost = (body.get("extensions") or {}).get("cost") or {}
        status = cost.get("throttleStatus") or {}
        if "currentlyAvailable" in status:
            self.cost = float(cost.get("requestedQueryCost") or 0)
            self.points = float(status["currentlyAvailable"]), monotonic(), float(status.get("restoreRate") or 0)

    def _error(self, errors: Any, body: Mapping[str, Any]) -> Exception:
        """What the errors of an answer mean."""
        found = [one if isinstance(one, dict) else {"message": str(one)} for one in _listed(errors)]
        codes = {str((one.get("extensions") or {}).get("code")) for one in found}
        said = "; ".join(dict.fromkeys(str(one.get("message")) for one in found))[:REPORTED]
        if "MAX_COST_EXCEEDED" in codes:
            return TooExpensiveError(said)
        if "THROTTLED" in codes:
            _, _, rate = self.points or (0, 0, 0)
            wait = 1.0
            if self.points and rate:
                wait = max(self.cost - self.points[0], 0) / rate
            return AnswerError(f"Shopify's limit is reached: {said}", retry_after=wait)
        if "ACCESS_DENIED" in codes:
            return AnswerError(
                f"the app lacks a right: {said}. Give it the right in the Dev Dashboard, release that version of the "
                "app and install it in the shop again",
                is_passing=False,
            )
        is_passing = bool(codes & {"INTERNAL_SERVER_ERROR", "TIMEOUT"})
        has_part = ", with a part of the data" if body.get("data") else ""
        return AnswerError(f"Shopify answered an error{has_part}: {said}", is_passing=is_passing)


def _listed(errors: Any) -> list[Any]:
    return errors if isinstance(errors, list) else [errors]


def _explained(error: AnswerError, store: str) -> AnswerError:
    """What the status of a whole answer means at Shopify."""
    meaning = {
        401: "Shopify does not accept the token that it gave for client_id and client_secret; expected an app that is "
        "installed in this shop. Install it again",
        402: "the shop is frozen, as its plan is not paid",
        403: "Shopify refuses the app; expected one that is installed in this shop and may read it",
        404: f"Shopify has no shop {store}, or no version {API_VERSION} of its API any more; check store:",
        423: "the shop is locked; Shopify's support says why",
    }.get(error.status or 0)
    return AnswerError(meaning, is_passing=False, status=error.status) if meaning else error


def _json(answer: Answer, named: str) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AnswerError(
            f"{named} answered {len(answer.body):,} bytes that are not complete JSON ({error})"
        ) from error
    if not isinstance(body, dict):
        raise AnswerError(f"{named} answered JSON that is no object")
    return body

"""Stripe's API: who asks, for what, and what its refusals mean."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from extract.sources.rest import Access, Pages, RestSource
from extract.sources.rest.pages import Api, check_address
from extract.sources.stripe import StripeSource
from extract.web import AnswerError

VERSION = "2024-06-20"  # of the API: what a record looks like, whatever the account is set to
PAGE = "100"  # the most that it answers at once
REPORTED = 300  # characters of what Stripe says
# The fee, and what came in the currency of the account, are those of the balance transaction.
ALL: Mapping[str, Mapping[str, str]] = {
    "charges": {"expand[]": "data.balance_transaction"},
    "refunds": {"expand[]": "data.balance_transaction"},
    "subscriptions": {"status": "all"},
}


def session(source: StripeSource, object: str, place: str) -> Api:  # noqa: A002 Stripe's objects
    """A session for one kind of record; raises ExtractError for an unset variable."""
    asked = RestSource(
        kind="rest",
        url=f"{source.server}/v1/{object}",
        access=Access(token=source.secret_key),
        headers={"Stripe-Version": VERSION},
        pages=Pages(by="last", parameter="starting_after", next="has_more"),
        records="data",
        key=source.key,
        columns={"payment_id": "id"},
        timeout_seconds=source.timeout_seconds,
        attempts=source.attempts,
    )
    check_address(asked, place)
    return Api(asked, place, meaning=_meaning, advice="Run the step again once it is set right.")


def question(object: str, size: str = PAGE) -> dict[str, str]:  # noqa: A002 Stripe's objects
    """What asks for all that there is of a kind of record, the newest first."""
    return {**ALL[object], "limit": size}


def _meaning(error: AnswerError) -> str | None:
    """What a refusal means at Stripe; None where its status says enough."""
    if error.status is None or error.is_passing:
        return None
    try:
        said = msgspec.json.decode(error.said)["error"]["message"][:REPORTED]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
        return None
    if error.status == 401:
        return f"Stripe refuses the key: {said} Expected a key of the account, from Developers > API keys"
    if error.status == 403:
        return f"Stripe refuses it: {said} Edit the key under Developers > API keys and give it that right to read"
    return f"{error}; Stripe says: {said}"

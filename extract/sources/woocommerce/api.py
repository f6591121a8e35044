"""WooCommerce's REST API: who asks, for what, and what its refusals mean."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import msgspec

from extract.changes import as_line
from extract.sources.rest import Access, Pages, RestSource
from extract.sources.rest.pages import Api, Found, check_address
from extract.sources.rest.readings import spooled
from extract.sources.rest.spool import Spool
from extract.sources.woocommerce import WooCommerceSource
from extract.sources.woocommerce.records import asked_fields, landed
from extract.web import AnswerError

VERSION = "wp-json/wc/v3"
PAGE = "100"  # the most that it answers at once
NO_SUCH_ID = "_invalid_id"  # how the code of a 404 ends that is about the record, not about the address
REPORTED = 300  # characters of what WooCommerce says
RIGHTS = {
    "orders": "see orders",
    "refunds": "see orders",
    "customers": "list users",
    "products": "see products",
}
# All that there is, in an order that cannot tie; amounts with two decimals, whatever the shop shows.
ALL: Mapping[str, tuple[Mapping[str, str], ...]] = {
    "orders": ({"status": "any", "dp": "2"},),
    "refunds": ({"dp": "2"},),
    "customers": ({"role": "all"},),
    "products": ({"status": "any"}, {"status": "trash"}),  # what was sold before it went to the trash has its number
}


def session(source: WooCommerceSource, object: str, place: str) -> Api:  # noqa: A002 WooCommerce's objects
    """A session for one kind of record; raises ExtractError for an unset variable."""
    asked = RestSource(
        kind="rest",
        url=f"{source.store}/{VERSION}/{object}",
        access=Access(user=source.consumer_key, password=source.consumer_secret),
        pages=Pages(by="offset", parameter="offset"),  # a page begins with the last record of the one before it
        total_header="X-WP-Total",
        key=source.key,
        columns={"order_id": "id"},
        timeout_seconds=source.timeout_seconds,
        attempts=source.attempts,
    )
    check_address(asked, place)
    return Api(
        asked, place, meaning=partial(_meaning, object, source.store), advice="Run the step again once it is set right."
    )


def questions(object: str, fields: str, size: str = PAGE) -> list[dict[str, str]]:  # noqa: A002 WooCommerce's objects
    """What asks for all that there is of a kind of record."""
    return [{**one, "per_page": size, "orderby": "id", "order": "asc", "_fields": fields} for one in ALL[object]]


def read(api: Api, object: str, window: Mapping[str, str], *, ids_alone: bool = False) -> Spool:  # noqa: A002
    """Every record of a window; its id alone is what is compared."""

    def line(found: Found) -> bytes:
        return as_line({"id": found.record["id"]} if ids_alone else landed(object, found.record))

    asked = questions(object, "id" if ids_alone else asked_fields(object))
    whole, *others = [spooled(api, {**one, **window}, line, "Run the step again.") for one in asked]
    for spool in others:
        for key, one in spool.items():
            whole.add(key, one)
        spool.close()
    return whole


def is_gone(api: Api, order: int) -> bool:
    """Whether the shop has an order no more, or in its trash; no list has one whose status no plugin registers."""

    def read() -> bool:
        try:
            found = api.body(f"{api.source.url}/{order}", {"_fields": "id,status"})
        except AnswerError as error:
            if error.status == 404 and _said(error.said)[0].endswith(NO_SUCH_ID):
                return True
            raise
        if not isinstance(found, dict) or found.get("id") != order or not found.get("status"):
            raise AnswerError(f"{api.source.url}/{order} answered no order with a status")
        return bool(found["status"] == "trash")

    return api.asked(read)


def _meaning(object: str, store: str, error: AnswerError) -> str | None:  # noqa: A002 WooCommerce's objects
    """What a refusal means at WooCommerce; None where its status says enough."""
    if error.status is None or error.is_passing:
        return None
    code, message = _said(error.said)
    if error.status in (401, 403):
        said = f"WooCommerce refuses {object}: {message or error} "
        if code == "woocommerce_rest_authentication_error":
            return (
                f"{said}Expected consumer_key and consumer_secret of a key with the permission Read under WooCommerce "
                "> Settings > Advanced > REST API, as they were shown when it was made"
            )
        return (
            f"{said}Expected a key whose user may {RIGHTS[object]}, as an administrator or a shop manager may, and a "
            "server that hands the header Authorization on to WordPress"
        )
    if error.status == 404 and object == "refunds" and code == "rest_no_route":
        return (
            "this WooCommerce has no list of refunds, which came with version 9.0 of it. Update it, or say refunds: "
            "null under sources: and do without refunds"
        )
    if error.status == 404:
        return (
            f"there is no WooCommerce API at {store}/{VERSION}; expected the address of the shop's start page as "
            "store:, and under Settings > Permalinks of WordPress any structure but Plain"
        )
    return f"{error}; WooCommerce says: {message}" if message else None


def _said(body: bytes) -> tuple[str, str]:
    """The code and the sentence of a refusal, empty where it has none."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "", ""
    if not isinstance(found, dict):
        return "", ""
    return str(found.get("code") or ""), str(found.get("message") or "")[:REPORTED]

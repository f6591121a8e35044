"""Which rights the app has, and what comes without one."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from extract.errors import ExtractError
from extract.sources.shopify import ShopifySource
from extract.sources.shopify.api import Api
from extract.sources.shopify.queries import RIGHTS

logger = logging.getLogger(__name__)
NEEDED = {
    "orders": ("read_orders", "read_customers", "read_products", "read_inventory"),
    "customers": ("read_customers",),
    "products": ("read_products", "read_inventory"),
    "inventory": ("read_products", "read_inventory"),
}
ALL_ORDERS = "read_all_orders"
WITHOUT_IT = timedelta(days=60)  # as far back as orders go without that right
_HOW = "in the Dev Dashboard, release that version of the app and install it in the shop again"


def check_rights(api: Api, sources: Collection[ShopifySource], extracted_at: datetime, *, is_first: bool) -> None:
    """Raise ExtractError naming every right that is missing, and before a first reading of orders that are too old."""
    found = api.query(RIGHTS)["currentAppInstallation"]["accessScopes"]
    granted = {one["handle"] for one in found}
    granted |= {handle.replace("write_", "read_", 1) for handle in granted if handle.startswith("write_")}
    needed = dict.fromkeys(right for source in sources for of in source.objects for right in NEEDED[of])
    if missing := [right for right in needed if right not in granted]:
        raise ExtractError(
            f"{api.place} lacks the right{'s' * (len(missing) > 1)} {', '.join(missing)}; expected "
            f"{', '.join(needed)}. Select what is missing under access scopes {_HOW}."
        )
    since = min((source.since for source in sources if "orders" in source.objects), default=None)
    oldest = (extracted_at - WITHOUT_IT).date()
    if since is None or since >= oldest or ALL_ORDERS in granted:
        return
    if is_first:
        raise ExtractError(
            f"{api.place} says since: {since}, and without the right {ALL_ORDERS} Shopify gives orders of the last "
            f"{WITHOUT_IT.days} days alone, from {oldest}, without a word. Ask for {ALL_ORDERS} {_HOW}, or say "
            f"since: {oldest + timedelta(days=1)} or later."
        )
    logger.warning(
        "%s has no right %s: what changes in orders older than %d days, such as a refund, does not come. Ask for the "
        "right %s.", api.place, ALL_ORDERS, WITHOUT_IT.days, _HOW,
    )  # fmt: skip

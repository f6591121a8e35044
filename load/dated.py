"""Datasets of records that have a day of their own and are loaded as they are: what sets one apart from another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Dated:
    """One such dataset; its raw table has its name.

    ``key`` tells its records apart, ``day`` is the column of the day in the client's time zone, ``moment`` the
    delivered timestamp that the day is cut from (None where the day itself is delivered), ``amount`` its money.
    ``otherwise`` tells records apart in files that have no column for the key, which is then made of it.
    """

    key: tuple[str, ...]
    day: str
    moment: str | None = None
    amount: str | None = None
    otherwise: tuple[str, ...] = ()


DATED: Mapping[str, Dated] = {
    "returns": Dated(("return_id",), "returned_date", "returned_at", "refund_amount"),
    "ad_spend": Dated(("spend_date", "channel", "campaign"), "spend_date", amount="spend_amount"),
    "inventory": Dated(("stock_date", "product_id"), "stock_date"),
    "subscriptions": Dated(("subscription_id", "started_date"), "started_date", amount="monthly_amount"),
    "weather": Dated(("weather_date", "country"), "weather_date"),
    "events": Dated(
        ("event_id",), "event_date", "event_at", otherwise=("event_at", "channel", "event_type", "product_id")
    ),
}
DATED_KEYS = {name: dated.key for name, dated in DATED.items()}
# No other row depends on these, so a source of one can be added to a warehouse that has rows.
STANDALONE = frozenset(DATED) - {"returns"}
MONEY = {name: dated.amount for name, dated in DATED.items() if dated.amount}

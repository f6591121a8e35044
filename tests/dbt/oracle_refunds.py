"""What each refund is of, worked out from the raw rows one refund after another, in whole cents and without SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.dbt.oracle_amounts import Amounts, Line
from tests.dbt.shops import Row, Shop

GOODS, TAX, SHIPPING = "goods_amount", "tax_amount", "shipping_amount"
PARTS = (GOODS, TAX, SHIPPING)


def to_cents(amount: Decimal | None) -> int | None:
    """An amount in cents."""
    return None if amount is None else int(amount * 100)


def shares(amount: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Cents by weight, exact fractions first, then whole cents to who is owed most; the earlier part of equal ones."""
    total = sum(weights.values())
    amount = min(amount, total)
    exact = {part: Fraction(amount * weight, total) if total else Fraction(0) for part, weight in weights.items()}
    whole = {part: int(share) for part, share in exact.items()}
    for part in sorted(exact, key=lambda part: whole[part] - exact[part])[: amount - sum(whole.values())]:
        whole[part] += 1
    return whole


@dataclass
class Pot:
    """What is left of something that was sold."""

    left: dict[str, int] = field(default_factory=dict)

    def share(self, amount: int, parts: Iterable[str]) -> dict[str, int]:
        """What of an amount is of each of some parts."""
        return shares(amount, {part: self.left.get(part, 0) for part in parts})

    def take(self, taken: Mapping[str, int]) -> None:
        """Leave that much less."""
        self.left = {part: max(left - taken.get(part, 0), 0) for part, left in self.left.items()}


class RefundOracle:
    """The expected rows of fct_refunds and fct_returns, from the orders and items of the oracle."""

    def __init__(
        self, shop: Shop, orders: Iterable[Row], amounts: Mapping[str, Amounts], type_of: Callable[[str], str]
    ) -> None:
        self._client = shop.client[0]
        self._type_of = type_of
        self._orders = {row["order_id"]: row for row in orders}
        self._products = {
            (row["order_id"], row["line_number"]): row["product_id"] for row in shop.current("order_items")
        }
        self._pots = {
            order_id: Pot({GOODS: _cents(row, "net"), TAX: _cents(row, "tax"), SHIPPING: _cents(row, "shipping")})
            for order_id, row in self._orders.items()
        }
        sold: dict[tuple[str, str], list[Line]] = defaultdict(list)
        for order_id, of_order in amounts.items():
            for line in of_order.lines:
                sold[order_id, line.item["product_id"]].append(line)
        self._goods_back: dict[str, int] = defaultdict(int)
        self._cancelled: set[str] = set()
        self._item_pots = {key: self._item_pot(key[0], lines) for key, lines in sold.items()}
        self.refunds = [self._refund(row) for row in sorted(_delivered(shop), key=_turn)]

    def _item_pot(self, order_id: str, lines: list[Line]) -> Pot:
        order, goods = self._orders[order_id], sum(line.net for line in lines)
        taxes = [line.tax for line in lines if line.tax is not None]
        if len(taxes) == len(lines):
            return Pot({GOODS: goods, TAX: sum(taxes)})
        return Pot({GOODS: goods, TAX: _cents(order, "tax") * goods // _cents(order, "net") if order["net"] else 0})

    def _refund(self, raw: Row) -> Row:
        order = self._orders.get(raw["order_id"])
        product_id = raw["product_id"] or self._products.get((raw["order_id"], raw["line_number"]))
        given = {part: to_cents(raw[part]) for part in PARTS}
        money = self._money(raw, given)
        kind = self._type_of(product_id) if product_id else "product"
        if kind in ("shipping", "fee", "gift_card", "discount"):
            given |= {GOODS: 0, TAX: given[TAX] or 0}
            rest = money - given[TAX] - (to_cents(raw["other_amount"]) or 0)
            given[SHIPPING] = rest if kind == "shipping" else given[SHIPPING] or 0
            raw = (
                raw
                if kind == "shipping"
                else raw | {"other_amount": Decimal(money - given[TAX] - given[SHIPPING]) / 100}
            )
        parts = {part: amount for part, amount in given.items() if amount is not None}
        rest = max(money - sum(parts.values()) - (to_cents(raw["other_amount"]) or 0), 0)
        unsaid = [part for part in PARTS if given[part] is None]
        if order is None:
            parts |= {GOODS: rest} if GOODS in unsaid else {}
        else:
            is_amount_only = product_id is None and len(unsaid) == len(PARTS)
            goods_first = self._client.get("amount_only_refunds") == "goods" and is_amount_only
            item = self._item_pots.get((raw["order_id"], product_id))
            parts |= self._split(rest, parts, self._pots[raw["order_id"]], item, goods_first=goods_first)
        parts[GOODS] = self._counted_goods(raw, order, parts.get(GOODS, 0))
        amounts = {part: Decimal(parts.get(part, 0)).scaleb(-2) for part in PARTS}
        return {
            "refund_id": raw["refund_id"],
            "refunded_date": raw["refunded_date"],
            "refunded_at": raw["refunded_at"],
            "order_id": raw["order_id"],
            "line_number": raw["line_number"],
            "customer_id": raw["customer_id"] or (order or {}).get("customer_id") or "unknown",
            "product_id": product_id,
            "reason": ((raw["reason"] or "").strip() or None) and raw["reason"].strip().lower(),
            "quantity": raw["quantity"],
            "units_restocked": raw["units_restocked"],
            **amounts,
            "other_amount": Decimal(money).scaleb(-2) - sum(amounts.values()),
            "refund_amount": Decimal(money).scaleb(-2),
            "is_split": rest > 0,
            "has_order": order is not None,
            "is_counted": order is None or order["is_sale"],
        }

    def _counted_goods(self, raw: Row, order: Row | None, goods: int) -> int:
        """Of a cancellation what refunds have left of the goods; of a refund after it none."""
        order_id = raw["order_id"]
        if order_id in self._cancelled:
            return 0
        if order is not None and raw["refund_id"] == cancellation_of(order_id):
            self._cancelled.add(order_id)
            goods = max(max(_cents(order, "net"), 0) - self._goods_back[order_id], 0)
        self._goods_back[order_id] += goods
        return goods

    @staticmethod
    def _money(raw: Row, given: Mapping[str, int | None]) -> int:
        money = to_cents(raw["refund_amount"])
        return sum(of or 0 for of in (*given.values(), to_cents(raw["other_amount"]))) if money is None else money

    @staticmethod
    def _split(
        rest: int, given: Mapping[str, int], order: Pot, item: Pot | None, *, goods_first: bool
    ) -> dict[str, int]:
        """What of the rest is goods, tax and shipping; the item's first, then by what the order still has."""
        unsaid = [part for part in PARTS if part not in given]
        claimed = {GOODS: rest} if goods_first else {}
        if item:
            claimed = item.share(rest, [part for part in (GOODS, TAX) if part in unsaid])
            item.take({**claimed, **given})
        claimed = {part: min(amount, order.left[part]) for part, amount in claimed.items()}
        left = Pot({part: order.left[part] - claimed.get(part, 0) for part in PARTS})
        shared = left.share(rest - sum(claimed.values()), unsaid)
        found = {part: claimed.get(part, 0) + shared.get(part, 0) for part in unsaid}
        order.take({**found, **given})
        return found

    def returns(self) -> list[Row]:
        """fct_returns."""
        names = ("order_id", "line_number", "customer_id", "product_id", "is_product", "reason", "quantity")
        return [
            {
                "return_id": row["refund_id"],
                "returned_date": row["refunded_date"],
                "returned_at": row["refunded_at"],
                **{name: row[name] for name in names},
                "refund": row[GOODS],
            }
            for row in self.refunds
            if row["is_counted"]
        ]


def _cents(row: Row, name: str) -> int:
    return int(row[name] * 100)


def cancellation_of(order_id: str) -> str:
    """The name of what takes a cancelled order back."""
    return f"{order_id}-cancelled"


def _turn(row: Row) -> tuple[datetime, str]:
    return row["refunded_at"], row["refund_id"]


NAMES = (
    *("refund_id", "order_id", "line_number", "product_id", "customer_id", "quantity", "units_restocked"),
    *(*PARTS, "other_amount", "refund_amount", "refunded_at", "refunded_date", "reason"),
)


def _delivered(shop: Shop) -> Iterable[Row]:
    """Refunds by whatever dataset; payments that went back where nothing else delivers any."""
    renamed = {"return_id": "refund_id", "returned_at": "refunded_at", "returned_date": "refunded_date"}
    for raw in (*shop.current("refunds"), *shop.current("returns")):
        yield _row({renamed.get(name, name): value for name, value in raw.items()})
    if shop.client[0].get("cancelled") == "reversed":
        for raw in shop.current("orders"):
            if at := raw.get("cancelled_at"):
                name = {"refund_id": cancellation_of(raw["order_id"]), "order_id": raw["order_id"]}
                day = {"refunded_at": at, "refunded_date": at.date()}
                yield _row({**name, **day, "refund_amount": Decimal(0), "reason": "cancelled"})
    if shop.client[0].get("has_refunds", True):
        return
    orders = {row["order_id"]: row for row in shop.current("orders")}
    for raw in shop.current("payments"):
        if raw.get("kind") == "refund" and raw["status"] == "succeeded" and raw["order_id"] in orders:
            at: datetime = raw["paid_at"] or orders[raw["order_id"]]["order_at"]
            day: date = at.date()
            yield _row(
                {
                    "refund_id": raw["payment_id"],
                    "order_id": raw["order_id"],
                    "refund_amount": raw["amount"],
                    "refunded_at": at,
                    "refunded_date": day,
                }
            )


def _row(values: Mapping[str, Any]) -> Row:
    return {name: values.get(name) or (values.get(name) if name != "customer_id" else None) for name in NAMES}

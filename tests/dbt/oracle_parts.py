"""What the tables of discounts, taxes and the balance must hold, and those of plans, worked out without SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from tests.dbt.oracle import grouped, money, text
from tests.dbt.oracle_amounts import cents
from tests.dbt.shops import Row, Shop


def _in_orders(shop: Shop, orders: Iterable[Row], table: str) -> Iterator[tuple[Row, int, Row]]:
    """Each row with its number in its order, and the order; those of no order are nowhere."""
    parts = grouped(shop.current(table), lambda row: row["order_id"])
    for order in orders:
        for number, row in enumerate(parts.get(order["order_id"], ()), start=1):
            yield row, number, order


def discounts(shop: Shop, orders: Iterable[Row]) -> list[Row]:
    """fct_order_discounts."""
    return [
        {
            "order_id": order["order_id"],
            "discount_number": number,
            "order_date": order["order_date"],
            "discount_code": text(row["code"]),
            "discount_kind": row.get("kind") or "unknown",
            "amount": None if row.get("amount") is None else money(cents(row["amount"])),
            "is_sale": order["is_sale"],
        }
        for row, number, order in _in_orders(shop, orders, "discount_codes")
    ]


def taxes(shop: Shop, orders: Iterable[Row]) -> list[Row]:
    """fct_order_taxes."""
    return [
        {
            "order_id": order["order_id"],
            "tax_number": number,
            "order_date": order["order_date"],
            "line_number": row.get("line_number"),
            "tax_title": text(row.get("title")),
            "jurisdiction": text(row.get("jurisdiction")),
            "tax_rate": row.get("rate"),
            "taxable_amount": row.get("taxable_amount"),
            "amount": money(cents(row["amount"])),
            "collected_by": row.get("collected_by") or "unknown",
            "is_sale": order["is_sale"],
        }
        for row, number, order in _in_orders(shop, orders, "tax_lines")
    ]


def balance(shop: Shop) -> list[Row]:
    """fct_balance_transactions."""
    rows: list[Row] = []
    for row in shop.current("balance_transactions"):
        if row["occurred_date"] > shop.client[0]["business_date"]:
            continue
        amount, fee, net = (row.get(name) for name in ("amount", "fee_amount", "net_amount"))
        identity = row["balance_transaction_id"]
        rows.append(
            {
                "balance_transaction_id": identity,
                "occurred_date": row["occurred_date"],
                "occurred_at": row["occurred_at"],
                "transaction_kind": row["kind"],
                "amount": amount,
                "fee": amount - net if fee is None and net is not None else fee,
                "net": amount - fee if net is None and fee is not None else net,
                "payout_id": row.get("payout_id") or (identity if row["kind"] == "payout" else None),
                **{name: row.get(name) for name in ("available_date", "order_id", "payment_id")},
            }
        )
    return rows


def targets(shop: Shop) -> list[Row]:
    """dim_targets."""
    return [
        {"month_start_date": row["target_month"], "metric_name": row["metric"], "target_amount": row["target_amount"]}
        for row in shop.current("targets")
    ]


def annotations(shop: Shop) -> list[Row]:
    """dim_annotations."""
    kinds: dict[tuple[date, str], list[str]] = {}
    for row in shop.current("annotations"):
        kind = (text(row["kind"]) or "unknown").lower()
        kinds.setdefault((row["annotated_date"], row["text"].strip()), []).append(kind)
    return [
        {"annotated_date": day, "annotation_text": said, "annotation_kind": min(found)}
        for (day, said), found in kinds.items()
    ]

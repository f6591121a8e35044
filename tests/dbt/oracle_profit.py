"""What orders bring and take beside their goods, and the margins, worked out in whole cents and without SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.dbt.oracle import Oracle, grouped, money
from tests.dbt.oracle_amounts import cents
from tests.dbt.oracle_finance import FinanceOracle, month
from tests.dbt.oracle_parts import balance
from tests.dbt.oracle_refunds import cancellation_of
from tests.dbt.shops import Row, Shop

CENTS = ("shipping_charged", "shipping_cost", "payment_fees", "dispute_losses", "restocked_cost")


def parts(amount: int, weights: list[int]) -> list[int]:
    """An amount by weight: what is of all up to one, cut to cents, less what is of all before it."""
    weights = weights if sum(weights) > 0 else [1] * len(weights)
    ends = [int(Fraction(amount * sum(weights[:end]), sum(weights))) for end in range(len(weights) + 1)]
    return [end - start for start, end in pairwise(ends)]


def sum_of(rows: Iterable[Row], name: str) -> Decimal | None:
    """The sum of what is known; null where nothing is."""
    known = [row[name] for row in rows if row[name] is not None]
    return sum(known, Decimal(0)) if known else None


class ProfitOracle:
    """The expected rows of fct_contributions and of the marts of profit."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._oracle = Oracle(shop)
        self._orders = {row["order_id"]: row for row in self._oracle.orders}
        self._lines = grouped(self._oracle.transactions, lambda row: row["order_id"])
        self._payments = FinanceOracle(shop).payments
        self.contributions = [
            row
            for row in (*self._of_orders(), *self._of_refunds(), *self._of_restocks(), *self._of_balance())
            if not self._orders.get(row["order_id"], {}).get("is_test")
        ]

    def _row(self, kind: str, source_id: str, day: object, order_id: str | None, **others: object) -> Row:
        order = self._orders.get(order_id, {}) if order_id else {}
        known: Row = {"contribution_kind": kind, "source_id": source_id, "contribution_date": day, "order_id": order_id}
        known |= {"line_number": None, "product_id": None}
        known |= {"customer_id": order.get("customer_id", "unknown"), "channel": order.get("channel", "unknown")}
        known |= dict.fromkeys(CENTS) | {"shipping_charged": money(0), "restocked_cost": money(0)}
        return known | {"uncosted_item_count": 0} | others

    def _split(self, row: Row, amounts: dict[str, int | None]) -> Iterable[Row]:
        lines = sorted(self._lines.get(row["order_id"], []), key=lambda line: line["line_number"])
        if not lines:
            yield row | {name: None if amount is None else money(amount) for name, amount in amounts.items()}
            return
        weights = [cents(line["net"]) for line in lines]
        shares = {name: None if of is None else parts(of, weights) for name, of in amounts.items()}
        for number, line in enumerate(lines):
            of_line = {name: None if of is None else money(of[number]) for name, of in shares.items()}
            yield row | {name: line[name] for name in ("line_number", "product_id")} | of_line

    def _of_orders(self) -> Iterable[Row]:
        shipments = grouped(self._shop.current("shipping_costs"), lambda row: row["order_id"])
        payments = grouped((row for row in self._payments if row["fee"] is not None), lambda row: row["order_id"])
        for order in self._oracle.orders:
            is_counted = order["is_sale"] or order["is_sale_without_goods"]
            charged = cents(order["shipping"]) if is_counted else 0
            sent, paid = shipments.get(order["order_id"]), payments.get(order["order_id"])
            if not charged and sent is None and paid is None:
                continue
            amounts = {
                "shipping_charged": charged,
                "shipping_cost": None if sent is None else sum(cents(row["cost_amount"]) for row in sent),
                "payment_fees": None if paid is None else sum(cents(row["fee"]) for row in paid),
            }
            row = self._row("order", order["order_id"], order["order_date"], order["order_id"])
            yield from self._split(row, amounts)

    def _of_refunds(self) -> Iterable[Row]:
        for refund in self._oracle.refunds:
            order = self._orders.get(refund["order_id"], {})
            is_counted = refund["is_counted"] or order.get("is_sale_without_goods", False)
            if is_counted and refund["shipping_amount"]:
                row = self._row("refund", refund["refund_id"], refund["refunded_date"], refund["order_id"])
                yield from self._split(row, {"shipping_charged": -cents(refund["shipping_amount"])})

    def _of_restocks(self) -> Iterable[Row]:
        cancelled: set[str] = set()
        back: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for refund in sorted(self._oracle.refunds, key=lambda row: (row["refunded_at"], row["refund_id"])):
            order_id, lines = refund["order_id"], self._lines.get(refund["order_id"], [])
            if not refund["is_counted"] or order_id in cancelled:
                continue
            row = self._row("restock", refund["refund_id"], refund["refunded_date"], order_id)
            if order_id and refund["refund_id"] == cancellation_of(order_id):
                cancelled.add(order_id)
                goods, net = cents(refund["goods_amount"]), max(cents(self._orders[order_id]["net"]), 0)
                for line in lines:
                    cost = line["cost_amount"]
                    part = int(Fraction(cents(cost or 0) * goods, net)) if net else cents(cost or 0)
                    yield row | {
                        "contribution_kind": "cancellation",
                        "line_number": line["line_number"],
                        "product_id": line["product_id"],
                        "restocked_cost": money(part),
                        "uncosted_item_count": int(cost is None),
                    }
                continue
            items = [line for line in lines if line["product_id"] == refund["product_id"]]
            units = refund["units_restocked"] or Decimal(0)
            if items and units > 0:
                key, sold = (order_id, refund["product_id"]), sum(line["quantity"] for line in items)
                costs = [line["cost_amount"] for line in items]
                cost = None if None in costs else sum(map(cents, costs))
                before, back[key] = min(back[key], sold), back[key] + units
                until = min(back[key], sold)
                whole = [int(Fraction(cost or 0) * Fraction(of) / Fraction(sold)) for of in (until, before)]
                yield row | {
                    "line_number": min(line["line_number"] for line in items),
                    "product_id": refund["product_id"],
                    "restocked_cost": money(whole[0] - whole[1]),
                    "uncosted_item_count": int(cost is None),
                }

    def _of_balance(self) -> Iterable[Row]:
        payments = {row["payment_id"]: row for row in self._payments}
        with_fees = {row["order_id"] for row in self._payments if row["fee"] is not None}
        for moved in balance(self._shop):
            fee, amount, kind = cents(moved["fee"] or 0), cents(moved["amount"]), moved["transaction_kind"]
            payment = payments.get(moved["payment_id"], {})
            is_said = payment["fee"] is not None if payment else moved["order_id"] in with_fees
            if kind in ("fee", "dispute"):
                fee -= amount
            elif kind == "charge" and is_said:
                continue
            if fee:
                name = "dispute_losses" if kind == "dispute" else "payment_fees"
                order_id = moved["order_id"] or payment.get("order_id")
                row = self._row("balance", moved["balance_transaction_id"], moved["occurred_date"], order_id)
                for part in self._split(row, {name: fee}):
                    yield part | {name: part[name] or None}

    def daily_profit(self) -> list[Row]:
        """mart_daily_profit."""
        cohorts = {row["customer_id"]: row["cohort_month"] for row in self._oracle.customers()}
        events: list[tuple[object, str, object, Row]] = [
            (row["order_date"], row["channel"], cohorts[row["customer_id"]], row)
            for row in self._oracle.transactions
            if row["is_sale"]
        ]
        for row in self._oracle.returns:
            channel = self._orders.get(row["order_id"], {}).get("channel", "unknown")
            events.append((row["returned_date"], channel, cohorts[row["customer_id"]], row))
        events += [
            (row["contribution_date"], row["channel"], cohorts[row["customer_id"]], row) for row in self.contributions
        ]
        for row in self._shop.current("ad_spend"):
            spend = {"spend": row["spend_amount"]}
            events.append((row["spend_date"], row["channel"].strip().lower(), month(row["spend_date"]), spend))
        names = ("calendar_date", "channel", "cohort_month")
        return [
            dict(zip(names, key, strict=True)) | self._margins(rows)
            for key, rows in _by(events, lambda event: event[:3], lambda event: event[3]).items()
        ]

    def product_profit(self) -> list[Row]:
        """mart_product_profit."""
        events = [
            *((month(row["order_date"]), row) for row in self._oracle.transactions if row["is_sale"]),
            *((month(row["returned_date"]), row) for row in self._oracle.returns),
            *((month(row["contribution_date"]), row) for row in self.contributions),
        ]
        groups = _by(events, lambda event: (event[0], event[1]["product_id"] or "unknown"), lambda event: event[1])
        found = []
        for (start, product_id), rows in groups.items():
            margins = self._margins(rows)
            beside = margins.pop("shipping_charged")
            beside -= sum(margins.pop(name) or 0 for name in ("shipping_cost", "payment_fees", "dispute_losses"))
            cm2, *_ = (margins.pop(name) for name in ("cm2", "spend", "cm3", "gross", "discount"))
            found.append(
                {"month_start_date": start, "product_id": product_id}
                | margins
                | {"shipping_and_fees": beside, "cm2": cm2}
            )
        return found

    @staticmethod
    def _margins(rows: list[Row]) -> Row:
        rows = [defaultdict(lambda: None, row) for row in rows]
        sales = [row for row in rows if "is_sale" in row]
        uncosted = sum(row["cost_amount"] is None for row in sales) + sum(
            row["uncosted_item_count"] or 0 for row in rows
        )
        gross, net, refunds = (
            sum_of(of, name) or money(0) for of, name in ((sales, "gross"), (sales, "net"), (rows, "refund"))
        )
        cost, restocked = sum_of(sales, "cost_amount") or money(0), sum_of(rows, "restocked_cost") or money(0)
        known = {name: sum_of(rows, name) for name in ("shipping_cost", "payment_fees", "dispute_losses", "spend")}
        charged = sum_of(rows, "shipping_charged") or money(0)
        cm1 = None if uncosted else net - refunds - cost + restocked
        less = sum(known[name] or 0 for name in ("shipping_cost", "payment_fees", "dispute_losses"))
        cm2 = None if cm1 is None else cm1 + charged - less
        return {
            "gross": gross,
            "discount": gross - net,
            "net": net,
            "refunds": refunds,
            "net_sales": net - refunds,
            "goods_cost": cost,
            "estimated_cost": sum_of([row for row in sales if row["is_cost_estimated"]], "cost_amount") or money(0),
            "restocked_cost": restocked,
            "uncosted_item_count": uncosted,
            "cm1": cm1,
            "shipping_charged": charged,
            **{name: known[name] for name in known if name != "spend"},
            "cm2": cm2,
            "spend": known["spend"],
            "cm3": None if cm2 is None else cm2 - (known["spend"] or 0),
        }


def _by(
    events: Iterable[Any], key: Callable[[Any], tuple[Any, ...]], value: Callable[[Any], Row]
) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for event in events:
        groups[key(event)].append(value(event))
    return groups

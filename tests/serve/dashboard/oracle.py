"""What the pages must show, added up in whole cents from the facts, row by row and without SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

Row = dict[str, Any]
SPLITS = ("country", "category", "channel")


def cents(amounts: Iterable[Decimal]) -> int:
    return sum(int(amount * 100) for amount in amounts)


def dollars(whole_cents: float) -> str:
    """As a card writes it: cents below a thousand only."""
    return f"${whole_cents / 100:,.2f}" if whole_cents < 100_000 else f"${(round(whole_cents) + 50) // 100:,}"


def growth(now: float, before: float) -> str:
    return f"{(now / before - 1) * 100:+,.1f} %" if before > 0 else ""


def per_cent(share: float) -> str:
    return f"{share * 100:,.1f} %"


def month_of(day: date) -> date:
    return day.replace(day=1)


def month_after(month: date, count: int = 1) -> date:
    months = month.year * 12 + month.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


class Facts:
    """The rows of the facts, read once."""

    def __init__(self, ask: Callable[[str], list[Row]]) -> None:
        self.ask = ask

    def rows(self, table: str) -> list[Row]:
        return self.ask(f"from core.{table}")

    @cached_property
    def items(self) -> list[Row]:
        return [row for row in self.rows("fct_transactions") if row["is_sale"]]

    @cached_property
    def orders(self) -> list[Row]:
        return sorted(
            (row for row in self.rows("fct_orders") if row["is_sale"]),
            key=lambda row: (row["order_date"], row["order_at"], row["order_id"]),
        )

    @cached_property
    def returns(self) -> list[Row]:
        return self.rows("fct_returns")

    @cached_property
    def first_sales(self) -> dict[str, Row]:
        """By customer the first order."""
        found: dict[str, Row] = {}
        for row in self.orders:
            if row["customer_id"] != "unknown":
                found.setdefault(row["customer_id"], row)
        return found

    @cached_property
    def active(self) -> dict[date, set[str]]:
        """By month the customers with a sale."""
        found: dict[date, set[str]] = defaultdict(set)
        for row in self.orders:
            if row["customer_id"] != "unknown":
                found[month_of(row["order_date"])].add(row["customer_id"])
        return found

    @cached_property
    def cohorts(self) -> dict[date, set[str]]:
        """By month the customers whose first sale was in it."""
        found: dict[date, set[str]] = defaultdict(set)
        for customer, order in self.first_sales.items():
            found[month_of(order["order_date"])].add(customer)
        return found

    @cached_property
    def lifetime_values(self) -> dict[str, int]:
        """By customer net of sales less refunds, in cents."""
        found: dict[str, int] = defaultdict(int)
        for row in self.orders:
            found[row["customer_id"]] += cents([row["net"]])
        for row in self.returns:
            found[row["customer_id"]] -= cents([row["refund"]])
        return found


class Choice:
    """The figures of a choice of days, countries, categories and channels."""

    def __init__(self, facts: Facts, start: date, end: date, choice: dict[str, Any]) -> None:
        self.facts, self.start, self.end = facts, start, end
        chosen = {
            name: {value} if isinstance(value, str) else set(value) for name, value in choice.items() if name in SPLITS
        }
        self.items = [
            row
            for row in facts.items
            if start <= row["order_date"] <= end and all(row[name] in values for name, values in chosen.items())
        ]
        self.returns = [row for row in facts.returns if start <= row["returned_date"] <= end]

    @property
    def new_customers(self) -> int:
        return sum(self.start <= order["order_date"] <= self.end for order in self.facts.first_sales.values())

    @property
    def net(self) -> int:
        return cents(row["net"] for row in self.items)

    @property
    def orders(self) -> int:
        return len({row["order_id"] for row in self.items})

    @property
    def units(self) -> int:
        return sum(row["quantity"] for row in self.items if row["is_product"])

    @property
    def profit(self) -> int:
        return cents(row["estimated_profit"] for row in self.items)

    @property
    def refunds(self) -> int:
        return cents(row["refund"] for row in self.returns)

    @property
    def returned_units(self) -> int:
        return sum(row["quantity"] for row in self.returns if row["is_product"])

    @property
    def return_rate(self) -> float:
        return self.returned_units / self.units

    def before(self) -> Choice:
        """As many days right before, of everything."""
        days = (self.end - self.start).days + 1
        return Choice(self.facts, self.start - timedelta(days=days), self.start - timedelta(days=1), {})

    def by(self, name: str) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for row in self.items:
            found[row[name]] += cents([row["net"]])
        return dict(found)

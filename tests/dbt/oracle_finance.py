"""What fct_payments and the marts of finance must hold, worked out from the oracle's orders in whole cents."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import sqrt
from typing import Any

from tests.dbt.oracle import BRINGS_MONEY, Oracle, grouped, money, per, text
from tests.dbt.oracle_amounts import cents
from tests.dbt.shops import Row, Shop


def ratio(numerator: Decimal | int, denominator: Decimal | int) -> float | None:
    """A share, rate or growth; null per nothing."""
    return float(Fraction(numerator) / Fraction(denominator)) if denominator else None


def growth(current: Decimal, previous: Decimal | None, is_comparable: bool) -> float | None:
    """How much more than before; null where before was nothing, less or unknown, or one of them is cut short."""
    return ratio(current - previous, previous) if is_comparable and previous is not None and previous > 0 else None


def total(rows: Iterable[Row], column: str) -> int:
    """The sum of a column of amounts, in cents."""
    return sum(cents(row[column]) for row in rows)


def month(day: date) -> date:
    """The first day of the month."""
    return day.replace(day=1)


def quarter(day: date) -> date:
    """The first day of the quarter."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def periods(span: list[date], start_of: Callable[[date], date]) -> dict[date, list[date]]:
    """The days of data of every period, in their order."""
    found: dict[date, list[date]] = {}
    for day in span:
        found.setdefault(start_of(day), []).append(day)
    return found


def is_over(days: list[date], start_of: Callable[[date], date]) -> bool:
    """Whether the day after the last of these is in another period."""
    return start_of(days[-1] + timedelta(days=1)) != start_of(days[-1])


class FinanceOracle:
    """The expected rows of the tables of payments and revenue."""

    def __init__(self, shop: Shop) -> None:
        self.oracle = Oracle(shop)
        self.span = self.oracle.sales_days()
        self.sales = [row for row in self.oracle.orders if row["is_sale"]]
        self.items = [row for row in self.oracle.transactions if row["is_sale"]]
        self._orders = {row["order_id"]: row for row in self.oracle.orders}
        self._items_of = grouped(self.items, lambda row: row["order_id"])
        attempts = grouped(shop.current("payments"), lambda row: row["order_id"])
        self.payments = [row for order in self.oracle.orders for row in self._payments(order, attempts)]
        self._payments_of = grouped(self.payments, lambda row: row["order_id"])

    def _payments(self, order: Row, attempts: dict[str, list[Row]]) -> Iterable[Row]:
        before = 0
        for raw in sorted(
            attempts.get(order["order_id"], []), key=lambda row: (row["attempt_number"], row["payment_id"])
        ):
            kind = raw.get("kind") or "sale"
            captured = cents(raw["amount"]) if raw["status"] == "succeeded" and kind in BRINGS_MONEY else 0
            fee = raw.get("fee_amount")
            method = (text(raw["method"]) or "unknown").lower()
            row = {
                "payment_id": raw["payment_id"],
                "order_id": raw["order_id"],
                "order_date": order["order_date"],
                "paid_at": raw["paid_at"],
                "attempt_number": raw["attempt_number"],
                "payment_method": "unknown" if method == "none" else method,
                "payment_status": raw["status"],
                "payment_kind": kind.replace("z", "s"),
                "is_sale": order["is_sale"],
                "amount": money(cents(raw["amount"])),
                "fee": None if fee is None else money(cents(fee)),
                "captured": money(captured),
                "captured_before": money(before if captured else 0),
                "order_captured": order["captured"],
            }
            row["net"] = money(self.part(row, cents(order["net"])))
            before += captured
            yield row

    @staticmethod
    def part(payment: Row, amount: int) -> int:
        """The payment's part of an amount of its order: up to its end less up to its start, each cut to cents."""
        start, order_captured = cents(payment["captured_before"]), cents(payment["order_captured"])
        end = start + cents(payment["captured"])
        if start == end:
            return 0
        return int(Fraction(amount * end, order_captured)) - int(Fraction(amount * start, order_captured))

    def monthly_revenue(self) -> list[Row]:
        """mart_monthly_revenue."""
        rows: list[Row] = []
        running = 0
        for start, days in periods(self.span, month).items():
            sales = [row for row in self.sales if month(row["order_date"]) == start]
            returns = [row for row in self.oracle.returns if month(row["returned_date"]) == start]
            net, refunds = total(sales, "net"), total(returns, "refund")
            running += net
            rows.append(
                {
                    "month_start_date": start,
                    "is_complete_month": is_over(days, month),
                    "order_count": len(sales),
                    "active_customers": len({row["customer_id"] for row in sales} - {"unknown"}),
                    "gross": money(total(sales, "gross")),
                    "discount": money(total(sales, "discount")),
                    "net": money(net),
                    "refunds": money(refunds),
                    "net_sales": money(net - refunds),
                    "avg_order_value": per(net, len(sales)),
                    "running_net": money(running),
                }
            )
        return rows

    def revenue_mom(self) -> list[Row]:
        """mart_revenue_mom."""
        rows: list[Row] = []
        previous: Decimal | None = None
        is_comparable = False
        for row in self.monthly_revenue():
            net, is_complete = row["net"], row["is_complete_month"]
            is_comparable = is_comparable and is_complete
            rows.append(
                {
                    "month_start_date": row["month_start_date"],
                    "is_complete_month": is_complete,
                    "net": net,
                    "previous_month_net": previous,
                    "net_change": net - previous if is_comparable and previous is not None else None,
                    "net_growth_rate": growth(net, previous, is_comparable),
                }
            )
            previous, is_comparable = net, row["month_start_date"] >= self.span[0]
        return rows

    def category_sales_monthly(self) -> list[Row]:
        """mart_category_sales_monthly."""
        rows: list[Row] = []
        for category in {row["category"] for row in self.items}:
            previous: Decimal | None = None
            for start, days in periods(self.span, month).items():
                of_month = [row for row in self.items if month(row["order_date"]) == start]
                items = [row for row in of_month if row["category"] == category]
                net = money(total(items, "net"))
                rows.append(
                    {
                        "month_start_date": start,
                        "category": category,
                        "is_complete_month": is_over(days, month),
                        "units_sold": sum(row["quantity"] for row in items if row["is_product"]),
                        "net": net,
                        "net_share": ratio(net, money(total(of_month, "net"))),
                        "previous_month_net": previous,
                        "net_growth_rate": growth(
                            net, previous, is_over(days, month) and month(start - timedelta(days=1)) >= self.span[0]
                        ),
                    }
                )
                previous = net
        return rows

    def _is_without_capture(self, order: Row) -> bool:
        return bool(order["is_sale"] and not order["captured"] and order["payment_state"] != "not_tracked")

    def payment_methods(self) -> list[Row]:
        """mart_payment_methods."""
        free = [row for row in self.sales if self._is_without_capture(row)]
        rows: list[Row] = [
            {
                "payment_method": method,
                "attempt_count": len(attempts),
                "succeeded_count": sum(row["payment_status"] == "succeeded" for row in attempts),
                "success_rate": ratio(sum(row["payment_status"] == "succeeded" for row in attempts), len(attempts)),
                "captured": money(total(attempts, "captured")),
                "order_count": len({row["order_id"] for row in attempts if row["is_sale"] and row["captured"]}),
                "net": money(total([row for row in attempts if row["is_sale"]], "net")),
            }
            for method, attempts in grouped(self.payments, lambda row: row["payment_method"]).items()
        ]
        if free:
            rows.append(
                {"payment_method": "none", "attempt_count": 0, "succeeded_count": 0, "success_rate": None}
                | {"captured": money(0), "order_count": len(free), "net": money(total(free, "net"))}
            )
        rows.sort(key=lambda row: (-row["net"], -row["order_count"], row["payment_method"]))
        for rank, row in enumerate(rows, start=1):
            row["net_share"] = ratio(row["net"], money(total(rows, "net")))
            row["net_rank"] = rank
        return rows

    def product_revenue_by_payment(self) -> list[Row]:
        """mart_product_revenue_by_payment."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for order in self.sales:
            until = 0
            for item in self._items_of.get(order["order_id"], []):
                before, until = until, until + cents(item["net"])
                for method, amount in self._methods(order, before, until):
                    cell = found.setdefault((item["product_id"], method), {"net": 0, "items": set()})
                    cell["net"] += amount
                    cell["items"].add((order["order_id"], item["line_number"]))
        rows: list[Row] = []
        for product in {product for product, _ in found}:
            cells = sorted(
                ((method, cell) for (of, method), cell in found.items() if of == product),
                key=lambda named: (-named[1]["net"], -len(named[1]["items"]), named[0]),
            )
            product_net = sum(cell["net"] for _, cell in cells)
            rows += [
                {
                    "product_id": product,
                    "payment_method": method,
                    "item_count": len(cell["items"]),
                    "net": money(cell["net"]),
                    "net_share": ratio(cell["net"], product_net),
                    "preference_rank": rank,
                }
                for rank, (method, cell) in enumerate(cells, start=1)
            ]
        return rows

    def _methods(self, order: Row, before: int, until: int) -> Iterable[tuple[str, int]]:
        if self._is_without_capture(order):
            yield "none", until - before
        for payment in self._payments_of.get(order["order_id"], []):
            if payment["captured"]:
                yield payment["payment_method"], self.part(payment, until) - self.part(payment, before)

    def seasonal_sales(self) -> list[Row]:
        """mart_seasonal_sales."""
        return [*self._seasons("month", month, 12), *self._seasons("quarter", quarter, 4)]

    def _seasons(self, period_type: str, start_of: Callable[[date], date], per_year: int) -> list[Row]:
        daily = dict.fromkeys(self.span, 0)
        for sale in self.sales:
            daily[sale["order_date"]] += cents(sale["net"])
        found = periods(self.span, start_of)
        nets = {start: sum(daily[day] for day in days) for start, days in found.items()}
        over = {start for start, days in found.items() if is_over(days, start_of)}
        whole = {start for start in over if found[start][0] == start}
        starts = list(found)

        def compared(number: int, back: int) -> tuple[Decimal | None, float | None]:
            if number < back:
                return None, None
            start, other = starts[number], starts[number - back]
            net, other_net = money(nets[start]), money(nets[other])
            return other_net, growth(net, other_net, start in over and other >= self.span[0])

        rows: list[Row] = []
        for number, (start, days) in enumerate(found.items()):
            previous_net, net_growth_rate = compared(number, 1)
            previous_year_net, yearly_net_growth_rate = compared(number, per_year)
            season = {other for other in whole if other.month == start.month}
            rows.append(
                {
                    "period_type": period_type,
                    "period_start_date": start,
                    "is_complete_period": start in over,
                    "day_count": len(days),
                    "net": money(nets[start]),
                    "previous_net": previous_net,
                    "net_growth_rate": net_growth_rate,
                    "previous_year_net": previous_year_net,
                    "yearly_net_growth_rate": yearly_net_growth_rate,
                    "net_per_day": per(nets[start], len(days)),
                    "net_volatility": volatility([daily[day] for day in days]),
                    "seasonal_index": ratio(
                        sum(nets[one] for one in season) * sum(len(found[one]) for one in whole),
                        sum(nets[one] for one in whole) * sum(len(found[one]) for one in season),
                    ),
                }
            )
        return rows


def volatility(amounts: list[int]) -> float | None:
    """Standard deviation of a sample as a share of its mean."""
    mean = Fraction(sum(amounts), len(amounts))
    if mean <= 0 or len(amounts) == 1:
        return None
    variance = sum((amount - mean) ** 2 for amount in amounts) / (len(amounts) - 1)
    return sqrt(variance / mean**2)

"""The marts of customers, worked out from the oracle's orders month by month and without SQL."""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from datetime import date

from tests.dbt.oracle import Oracle
from tests.dbt.shops import Row


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def following(month: date) -> date:
    """The month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


class CustomerOracle:
    """The expected rows of the marts of customers, as they come from ``select *``."""

    def __init__(self, oracle: Oracle) -> None:
        self._oracle = oracle
        self.last_day = max(row["order_date"] for row in oracle.orders)
        self.months = [month_of(min(row["order_date"] for row in oracle.orders))]
        while self.months[-1] < month_of(self.last_day):
            self.months.append(following(self.months[-1]))
        self.sales = [row for row in oracle.orders if row["is_sale"] and row["customer_id"] != "unknown"]
        self._active: dict[date, set[str]] = defaultdict(set)
        for row in self.sales:
            self._active[month_of(row["order_date"])].add(row["customer_id"])

    def _is_complete(self, month: date) -> bool:
        return self.last_day >= month.replace(day=monthrange(month.year, month.month)[1])

    def _groups(self, number: int) -> tuple[set[str], set[str], set[str], set[str]]:
        """Who was active in the month before, and who is new, retained and reactivated in this one."""
        active = self._active[self.months[number]]
        previous = self._active[self.months[number - 1]] if number else set()
        seen: set[str] = set().union(*(self._active[month] for month in self.months[:number]))
        return previous, active - seen, active & previous, (active & seen) - previous

    def monthly_churn(self) -> list[Row]:
        """mart_monthly_churn."""
        rows: list[Row] = []
        for number, month in enumerate(self.months):
            previous, new, retained, reactivated = self._groups(number)
            churned = len(previous - self._active[month])
            rows.append(
                {
                    "month_start_date": month,
                    "active_customers": len(self._active[month]),
                    "new_customers": len(new),
                    "retained_customers": len(retained),
                    "reactivated_customers": len(reactivated),
                    "previous_active_customers": len(previous),
                    "churned_customers": churned,
                    "churn_rate": churned / len(previous) if previous else None,
                    "is_complete_month": self._is_complete(month),
                }
            )
        return rows

    def monthly_active_customers(self) -> list[Row]:
        """mart_monthly_active_customers."""
        last_country: dict[tuple[date, str], str] = {}
        for row in sorted(self.sales, key=lambda row: (row["order_at"], row["order_id"])):
            last_country[month_of(row["order_date"]), row["customer_id"]] = row["country"]
        rows: list[Row] = []
        for country in set(last_country.values()):
            for number, month in enumerate(self.months):
                here = {customer for (at, customer), name in last_country.items() if (at, name) == (month, country)}
                _, new, retained, reactivated = self._groups(number)
                rows.append(
                    {
                        "month_start_date": month,
                        "country": country,
                        "active_customers": len(here),
                        "new_customers": len(here & new),
                        "retained_customers": len(here & retained),
                        "reactivated_customers": len(here & reactivated),
                        "is_complete_month": self._is_complete(month),
                    }
                )
        return rows

    def cohort_retention(self) -> list[Row]:
        """mart_cohort_retention."""
        rows: list[Row] = []
        for number, cohort_month in enumerate(self.months):
            cohort = self._groups(number)[1]
            for since, month in enumerate(self.months[number:]):
                active = len(cohort & self._active[month])
                rows.append(
                    {
                        "cohort_month": cohort_month,
                        "months_since_first": since,
                        "month_start_date": month,
                        "cohort_customers": len(cohort),
                        "active_customers": active,
                        "retention_rate": active / len(cohort) if cohort else None,
                        "is_complete_month": self._is_complete(month),
                    }
                )
        return rows

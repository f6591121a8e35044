"""The marts of customers, worked out from the oracle's orders month by month and without SQL."""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

from tests.dbt.oracle import Oracle
from tests.dbt.shops import Row


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def following(month: date) -> date:
    """The month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def percentile(values: list[float], share: float) -> float:
    """Interpolated between the two values beside it."""
    ranked = sorted(values)
    position = share * (len(ranked) - 1)
    below = int(position)
    above = min(below + 1, len(ranked) - 1)
    return ranked[below] + (ranked[above] - ranked[below]) * (position - below)


def scores(values: dict[str, float], *, fewer_is_better: bool = False) -> dict[str, int]:
    """1 to 5 by fifths; a value on a cut belongs to the lower fifth."""
    cuts = [percentile(list(values.values()), share) for share in (0.2, 0.4, 0.6, 0.8)] if values else []
    fifth = {key: sum(cut < value for cut in cuts) for key, value in values.items()}
    return {key: 5 - number if fewer_is_better else 1 + number for key, number in fifth.items()}


# The table of docs/explanation/models.md: scores of recency, frequency and monetary value, the first line that fits.
DOCUMENTED = """
Champions           5    5    5
Potential Loyalist  345  345  2345
Loyal Customers     234  234  234
Promising           34   123  345
New Customers       45   123  12345
Can't Lose Them     12   34   45
At Risk             12   2345 45
Need Attention      123  345  345
About To Sleep      23   123  1234
Lost                1    12345 12345
"""


def named_segment(*scores: int) -> str:
    """The segment of the three scores."""
    for line in DOCUMENTED.strip().splitlines():
        name, *allowed = re.split(r"  +| (?=\d)", line)
        if all(str(score) in digits for score, digits in zip(scores, allowed, strict=True)):
            return name
    return "Others"


class CustomerOracle:
    """The expected rows of the marts of customers, as they come from ``select *``."""

    def __init__(self, oracle: Oracle, segment_months: int | None = None) -> None:
        self._oracle = oracle
        self._run_for: date = oracle.run_for
        self._segment_months = segment_months
        self.last_day = max(row["order_date"] for row in oracle.orders)
        self.months = [month_of(min(row["order_date"] for row in oracle.orders))]
        while self.months[-1] < month_of(self.last_day):
            self.months.append(following(self.months[-1]))
        self.sales = [row for row in oracle.orders if row["is_sale"] and row["customer_id"] != "unknown"]
        self._active: dict[date, set[str]] = defaultdict(set)
        for row in self.sales:
            self._active[month_of(row["order_date"])].add(row["customer_id"])

    def _is_complete(self, month: date) -> bool:
        return self._oracle.sales_days()[-1] >= month.replace(day=monthrange(month.year, month.month)[1])

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

    def _rfm(self, month: date) -> dict[str, tuple[int, int, int, str]]:
        """The scores and the segment at the end of a month of everyone who had bought by then, not too long ago."""
        is_last = month == self.months[-1]
        first, as_of = self.months[0], month_of(self._run_for) if is_last else month
        if self._segment_months:
            number = as_of.year * 12 + as_of.month - self._segment_months
            first = date(number // 12, number % 12 + 1, 1)
        days: dict[str, float] = {}
        counts: dict[str, float] = defaultdict(int)
        value: dict[str, Decimal] = defaultdict(Decimal)
        for row in sorted(self.sales, key=lambda row: row["order_date"]):
            if first <= row["order_date"] and month_of(row["order_date"]) <= month:
                days[row["customer_id"]] = (self.last_day - row["order_date"]).days
                counts[row["customer_id"]] += 1
                value[row["customer_id"]] += row["net"]
        for row in self._oracle.returns:
            is_too_late = not is_last and month_of(row["returned_date"]) > month
            is_too_early = self._segment_months and row["returned_date"] < first
            if row["customer_id"] in days and not is_too_late and not is_too_early:
                value[row["customer_id"]] -= row["refund"]
        recency = scores(days, fewer_is_better=True)
        frequency = scores(dict(counts))
        monetary = scores({customer: float(amount) for customer, amount in value.items()})
        rfm: dict[str, tuple[int, int, int, str]] = {}
        for customer in days:
            r, f, m = recency[customer], frequency[customer], monetary[customer]
            rfm[customer] = (r, f, m, named_segment(r, f, m))
        return rfm

    def customer_segments(self) -> list[Row]:
        """mart_customer_segments of a shop with too few customers for clusters."""
        customers = [row for row in self._oracle.customers() if row["customer_id"] != "unknown"]
        values = [float(row["lifetime_value"]) for row in customers if row["total_orders"]]
        rfm = self._rfm(self.months[-1])
        rows: list[Row] = []
        for row in customers:
            last, value = row["last_order_date"], float(row["lifetime_value"])
            tier = "no_sales"
            if last:
                is_high, is_medium = (value >= percentile(values, share) for share in (0.8, 0.4))
                tier = "high" if is_high else "medium" if is_medium else "low"
            recency, frequency, monetary, segment = rfm.get(
                row["customer_id"], (None, None, None, "lapsed" if last else row["customer_status"])
            )
            rows.append(
                {
                    "customer_id": row["customer_id"],
                    "value_tier": tier,
                    "rfm_segment": segment,
                    "recency_score": recency,
                    "frequency_score": frequency,
                    "monetary_score": monetary,
                    "cluster_name": None,
                    **dict.fromkeys(("alive_probability", "orders_ahead", "value_ahead")),
                    "days_since_last_order": (self._run_for - last).days if last else None,
                    "total_orders": row["total_orders"],
                    "lifetime_value": row["lifetime_value"],
                }
            )
        return rows

    def segment_transitions(self) -> list[Row]:
        """mart_segment_transitions."""
        rows: list[Row] = []
        before: dict[str, str] = {}
        for month in self.months:
            now = dict.fromkeys(before, "lapsed") | {customer: rfm[3] for customer, rfm in self._rfm(month).items()}
            moves = Counter((before.get(customer, "prospect"), segment) for customer, segment in now.items())
            rows += [
                {
                    "month_start_date": month,
                    "from_segment": from_segment,
                    "to_segment": to_segment,
                    "customer_count": count,
                    "is_complete_month": self._is_complete(month),
                }
                for (from_segment, to_segment), count in moves.items()
            ]
            before = now
        return rows

"""The additive figures of a choice: read from the daily mart, and from the facts where the choice splits a day.

Ratios are ratios of these sums. What only the mart knows by day, such as refunds, is null for a split choice.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from dashboard.filters import Filters, Split
from dashboard.formats import Number
from dashboard.published import Published, Row, Rows

SUMMARY = """
    cast(coalesce(sum(order_count), 0) as bigint) as order_count,
    coalesce(sum(net), 0) as net,
    cast(coalesce(sum(units_sold), 0) as bigint) as units_sold,
    coalesce(sum(estimated_profit), 0) as estimated_profit,
    coalesce(sum(refunds), 0) as refunds,
    coalesce(sum(net_sales), 0) as net_sales,
    cast(coalesce(sum(returned_units), 0) as bigint) as returned_units,
    cast(coalesce(sum(new_customers), 0) as bigint) as new_customers
"""
# An order with two of the chosen categories is one order.
SALES = """
    cast(count(distinct order_id) as bigint) as order_count,
    coalesce(sum(net), 0) as net,
    cast(coalesce(sum(case when is_product then quantity end), 0) as bigint) as units_sold,
    coalesce(sum(estimated_profit), 0) as estimated_profit
"""


@dataclass(frozen=True)
class Totals:
    """Sums over a choice; the last four are None for a choice of countries, categories or channels."""

    order_count: int
    net: Decimal
    units_sold: int
    estimated_profit: Decimal
    refunds: Decimal | None = None
    net_sales: Decimal | None = None
    returned_units: int | None = None
    new_customers: int | None = None

    @property
    def avg_order_value(self) -> Decimal | None:
        """Net by orders."""
        return self.net / self.order_count if self.order_count else None

    @property
    def return_rate(self) -> float | None:
        """Returned units by units sold."""
        return self.returned_units / self.units_sold if self.returned_units is not None and self.units_sold else None


def totals(published: Published, filters: Filters) -> Totals:
    """The sums of the choice."""
    return Totals(**_sums(published, filters)[0])


def change(now: Number | None, before: Number | None) -> float | None:
    """Growth as a share of the earlier value; None where that is missing or not above 0."""
    return None if now is None or before is None or before <= 0 else float(now / before) - 1  # type: ignore[operator]


def over_time(published: Published, filters: Filters) -> Rows:
    """Orders and net by day, week or month; ``is_whole`` is false where the choice or the data cuts one short."""
    grain = filters.grain
    source = f"cast(date_trunc('{grain}', {{}}) as date) as period_start"
    rows = _sums(published, filters, source)
    step = f"cast(unnest(generate_series(date_trunc('{grain}', ?::date), ?::date, interval 1 {grain})) as date)"
    starts = published.rows(
        f"""select period_start, period_start >= ?
            and cast(period_start + interval 1 {grain} as date) - 1 <= least(?, ?) as is_whole
        from (select {step} as period_start) order by 1""",
        [filters.start, filters.end, published.version.data_through, filters.start, filters.end],
    )
    found = {row["period_start"]: row for row in rows}
    nothing: Row = {"order_count": 0, "net": Decimal(0), "units_sold": 0, "estimated_profit": Decimal(0)}
    return [nothing | found.get(start["period_start"], {}) | start for start in starts]


def by_split(published: Published, filters: Filters, split: Split) -> Rows:
    """Net by country, category or channel, the most first."""
    condition, parameters = filters.where("order_date", "country", "category", "channel")
    return published.rows(
        f"""select {split} as name, sum(net) as net from core.fct_transactions
        where is_sale and {condition} group by 1 order by 2 desc, 1""",
        parameters,
    )


def _sums(published: Published, filters: Filters, group: str | None = None) -> Rows:
    """Of the whole choice, or by a column that is made of the day."""
    is_split = bool(filters.splits)
    day = "order_date" if is_split else "calendar_date"
    table = "core.fct_transactions where is_sale and" if is_split else "marts.mart_commerce_summary where"
    condition, parameters = filters.where(day, *filters.splits)
    columns, end = (f"{group.format(day)},", "group by 1 order by 1") if group else ("", "")
    return published.rows(
        f"select {columns} {SALES if is_split else SUMMARY} from {table} {condition} {end}", parameters
    )

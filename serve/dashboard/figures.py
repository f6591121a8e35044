"""The additive figures of a choice: read from the mart of days, and from that of the mix where the choice splits a day.

Ratios are ratios of these sums. What only the mart knows by day, such as refunds, is null for a split choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from serve.dashboard.filters import Filters, Split
from serve.dashboard.page_data import Published, Row, Rows

SUMMARY = """
select {period},
    cast(coalesce(sum(order_count), 0) as bigint) as order_count,
    coalesce(sum(net), 0) as net,
    cast(coalesce(sum(units_sold), 0) as decimal(18, 3)) as units_sold,
    case when count(*) = count(estimated_profit) then coalesce(sum(estimated_profit), 0) end as estimated_profit,
    coalesce(sum(refunds), 0) as refunds,
    coalesce(sum(net_sales), 0) as net_sales,
    case
        -- Units were sold, and yet there is no rate: nobody delivers returns.
        when count(return_rate) > 0 or sum(units_sold) = 0 then cast(coalesce(sum(returned_units), 0) as decimal(18, 3))
    end as returned_units,
    cast(coalesce(sum(new_customers), 0) as bigint) as new_customers
from marts.mart_commerce_summary where {chosen} group by 1
"""
# An order with two of the chosen categories is one order: all rows of a basket count the same orders.
MIX = """
with baskets as (
    select order_date, max(order_count) as order_count, sum(net) as net, sum(units_sold) as units_sold,
        case when count(*) = count(estimated_profit) then sum(estimated_profit) end as estimated_profit
    from marts.mart_sales_mix where {chosen} group by order_date, country, channel, basket
)
select {period}, cast(sum(order_count) as bigint) as order_count, sum(net) as net,
    cast(sum(units_sold) as decimal(18, 3)) as units_sold,
    case when count(*) = count(estimated_profit) then sum(estimated_profit) end as estimated_profit
from baskets group by 1
"""


OF_SALES = ("order_count", "net", "units_sold", "estimated_profit")
OF_DAYS = ("refunds", "net_sales", "returned_units", "new_customers")
NONE: Row = {
    name: 0 if name.endswith(("_count", "_sold", "_units", "_customers")) else Decimal(0)
    for name in (*OF_SALES, *OF_DAYS)
}


@dataclass(frozen=True)
class Totals:
    """Sums over a choice; the last four are None for a choice of countries, categories or channels.

    The profit is None where the cost of an item is unknown.
    """

    order_count: int
    net: Decimal
    units_sold: Decimal
    estimated_profit: Decimal | None
    refunds: Decimal | None = None
    net_sales: Decimal | None = None
    returned_units: Decimal | None = None
    new_customers: int | None = None

    @property
    def avg_order_value(self) -> Decimal | None:
        """Net by orders."""
        return self.net / self.order_count if self.order_count else None

    @property
    def return_rate(self) -> float | None:
        """Returned units by units sold."""
        is_known = self.returned_units is not None and bool(self.units_sold)
        return float(Decimal(self.returned_units or 0) / self.units_sold) if is_known else None


def totals(published: Published, filters: Filters) -> Totals:
    """The sums of the choice: of its days, weeks or months, which over_time asks for, too, and so nobody asks twice."""
    found = _sums(published, filters)
    names = OF_SALES if filters.splits else (*OF_SALES, *OF_DAYS)
    return Totals(**{name: _total([row[name] for row in found], NONE[name]) for name in names})


def _total(values: Sequence[Any], nothing: Any) -> Any:
    """Their sum; None, which is unknown, where one of them is."""
    return None if None in values else sum(values, nothing)


def over_time(published: Published, filters: Filters) -> Rows:
    """Orders and net by day, week or month; ``is_whole`` is false where the choice or the data cuts one short."""
    grain = filters.grain
    step = f"cast(unnest(generate_series(date_trunc('{grain}', ?::date), ?::date, interval 1 {grain})) as date)"
    starts = published.rows(
        f"""select period_start, period_start >= ?
            and cast(period_start + interval 1 {grain} as date) - 1 <= least(?, ?) as is_whole
        from (select {step} as period_start) order by 1""",
        [filters.start, filters.end, published.version.data_through, filters.start, filters.end],
    )
    found = {row["period_start"]: row for row in _sums(published, filters)}
    return [NONE | found.get(start["period_start"], {}) | start for start in starts]


def by_split(published: Published, filters: Filters, split: Split) -> Rows:
    """Net by country, category or channel, the most first."""
    condition, parameters = filters.where("order_date", *filters.splits)
    return published.rows(
        f"""select {split} as name, sum(net) as net from marts.mart_sales_mix where {condition}
        group by 1 order by 2 desc, 1""",
        parameters,
    )


def _sums(published: Published, filters: Filters) -> Rows:
    """By day, week or month, named by its first day; an order is of one day, so its counts add up."""
    day, query = ("order_date", MIX) if filters.splits else ("calendar_date", SUMMARY)
    chosen, parameters = filters.where(day, *filters.splits)
    period = f"cast(date_trunc('{filters.grain}', {day}) as date) as period_start"
    return published.rows(query.format(period=period, chosen=chosen), parameters)

"""The figures of one month, read from the published file: rows of marts, and sums of their additive columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from serve.published import Version, reading, version_of
from serve.report.errors import NothingSoldError, ReportError
from serve.wording import Money

HISTORY_MONTHS, TOP_PRODUCTS = 13, 10
MONTHS = """
select
    revenue.month_start_date, revenue.is_complete_month, first_day.is_in_sales_span as has_first_day, net, discount,
    refunds, net_sales, order_count, avg_order_value, revenue.active_customers, coalesce(new_customers, 0),
    coalesce(retained_customers, 0), coalesce(reactivated_customers, 0), coalesce(churned_customers, 0),
    coalesce(previous_active_customers, 0), churn_rate
from published.marts.mart_monthly_revenue as revenue
join published.core.dim_date as first_day on revenue.month_start_date = first_day.calendar_date
-- Its months are those of orders; before and after them may be refunds.
left join published.marts.mart_monthly_churn as churn on revenue.month_start_date = churn.month_start_date
order by revenue.month_start_date
"""
CATEGORIES = """
select category, units_sold, net, net_share, previous_month_net
from published.marts.mart_category_sales_monthly
where month_start_date = $month and (units_sold > 0 or net <> 0 or previous_month_net <> 0)
order by net desc, category
"""
PRODUCTS = """
select
    coalesce(title, product_id), cast(sum(units_sold) as decimal(18, 3)), cast(sum(sales.net) as decimal(18, 2)),
    null, null
from published.marts.mart_top_skus as sales
left join published.core.dim_products using (product_id)
where date_trunc('month', calendar_date) = $month
group by product_id, title
order by 3 desc, product_id
limit $top
"""
CHANNELS = """
select channel, cast(sum(units_sold) as decimal(18, 3)), cast(sum(net) as decimal(18, 2)), null, null
from published.marts.mart_channel_sales
where date_trunc('month', calendar_date) = $month
group by channel
having sum(units_sold) > 0 or sum(net) <> 0
order by 3 desc, channel
"""


@dataclass(frozen=True)
class Month:
    """One month of the shop; amounts in its currency, as the README's table of figures defines them."""

    month: date
    is_complete: bool
    has_first_day: bool
    net: Decimal
    discount: Decimal
    refunds: Decimal
    net_sales: Decimal
    order_count: int
    avg_order_value: Decimal | None
    active_customers: int
    new_customers: int
    retained_customers: int
    reactivated_customers: int
    churned_customers: int
    previous_active_customers: int
    churn_rate: float | None


@dataclass(frozen=True)
class Line:
    """A category, product or channel in the month; what its mart does not have is None."""

    name: str
    units: Decimal
    net: Decimal
    net_share: float | None
    previous_net: Decimal | None


@dataclass(frozen=True)
class MonthFigures:
    """All that the report of a month says; ``history`` ends with the month itself."""

    published: Version
    history: list[Month]
    categories: list[Line]
    products: list[Line]
    channels: list[Line]

    @property
    def money(self) -> Money:
        """How its amounts are written."""
        return Money(self.published.currency)

    @property
    def month(self) -> Month:
        """The month of the report."""
        return self.history[-1]

    @property
    def previous(self) -> Month | None:
        """The month before; None for the shop's first."""
        return self.history[-2] if len(self.history) > 1 else None

    @property
    def comparable(self) -> Month | None:
        """The month before where growth since says something: both are whole, as in the marts' growth."""
        before = self.previous
        return before if before and before.has_first_day and self.month.is_complete else None


def read_month(file: Path, month: date | None = None) -> MonthFigures:
    """The figures of the month that begins on the day, without one of the last complete month.

    A shop without a complete month gets its last one. Raises NotPublishedError, ReportError when the month
    has no data, and NothingSoldError when no month has any.
    """
    with reading(file) as connection:
        months = [Month(*row) for row in connection.execute(MONTHS).fetchall()]
        chosen = _chosen(months, month)

        def lines(query: str, **parameters: int) -> list[Line]:
            rows = connection.execute(query, {"month": chosen.month, **parameters}).fetchall()
            return [Line(*row) for row in rows]

        end = months.index(chosen) + 1
        return MonthFigures(
            published=version_of(connection, Version),
            history=months[max(0, end - HISTORY_MONTHS) : end],
            categories=lines(CATEGORIES),
            products=lines(PRODUCTS, top=TOP_PRODUCTS),
            channels=lines(CHANNELS),
        )


def _chosen(months: list[Month], month: date | None) -> Month:
    if not months:
        raise NothingSoldError("nothing was sold yet; expected at least one order. Next: sales run")
    complete = [found for found in months if found.is_complete] or months
    if month is None:
        return complete[-1]
    found = next((found for found in months if found.month == month), None)
    if found is None:
        raise ReportError(
            f"{month:%Y-%m} has no data; expected a month from {months[0].month:%Y-%m} to {months[-1].month:%Y-%m}"
        )
    return found

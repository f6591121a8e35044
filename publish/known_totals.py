"""What the shop's own reports say, beside what the build has for the same days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_DOWN, Decimal

from duckdb import DuckDBPyConnection

from contracts.client_file import Client
from contracts.known_totals import COUNTED, ComparedTotal, KnownTotals, Outcome
from contracts.warning import Kind
from publish.errors import PublishError

HALF_A_CENT = Decimal("0.005")
DATA = """
select
    (select business_date from warehouse.raw.client) as last_date,
    (select min(calendar_date) from build.marts.mart_daily_sales) as first_date
"""
# The measures, and how many amounts were added up to them: each may have been rounded by half a cent.
OURS = """
select *
from (
    select
        sum(order_count) as order_count, sum(units_sold) as units_sold, sum(gross) as gross,
        sum(discount) as discount, sum(net) as net, sum(returned_units) as returned_units,
        sum(refunds) as refunds, sum(net_sales) as net_sales
    from build.marts.mart_daily_sales
    where calendar_date between $first_date and $last_date
), (
    select
        sum(tax) as tax, sum(shipping) as shipping, sum(fees) as fees, sum(tips) as tips, sum(duties) as duties,
        sum(total) as total, count(*) as orders, sum(item_count) as lines
    from build.core.fct_orders
    where is_sale and order_date between $first_date and $last_date
), (
    select sum(refund_amount) as refund_amount, count(*) as paid_back
    from build.core.fct_refunds
    where refunded_date between $first_date and $last_date
)
"""
LINES = ("gross", "discount", "net", "net_sales", "total")
REFUNDS = ("refunds", "net_sales", "refund_amount")
CHARGES = ("tax", "shipping", "fees", "tips", "duties", "total")
PER_ORDER = 5  # amounts of an order beside its lines


def compare(connection: DuckDBPyConnection, client: Client) -> Iterator[ComparedTotal]:
    """Each figure of ``known_totals`` beside the attached ``build``'s; one whose days are not all there is no figure.

    A month is complete by the day that the attached ``warehouse`` was run for, not by its last order.
    """
    last, first = connection.execute(DATA).fetchall()[0]
    first = client.history_from or first
    for known in client.known_totals:
        first_date, last_date = known.span
        if last_date > last:
            yield from _not_compared(known, Outcome.NOT_COMPLETE)
        elif first is None or first_date < first:
            yield from _not_compared(known, Outcome.NOT_IN_DATA)
        else:
            ours = _ours(connection, first_date, last_date)
            for measure, theirs in known.figures.items():
                difference = ours[measure] - theirs
                rounding = _summed(measure, ours) * HALF_A_CENT
                outcome = Outcome.ROUNDING if abs(difference) <= rounding else Outcome.DIFFERENT
                yield ComparedTotal(
                    *(first_date, last_date, measure, known.source, theirs, ours[measure], difference),
                    allowed=_allowed(client, measure, theirs),
                    outcome=outcome if difference else Outcome.EQUAL,
                )


def known_total_warnings(totals: Sequence[ComparedTotal]) -> tuple[str, ...]:
    """One for each figure that differs."""
    return tuple(Kind.KNOWN_TOTALS.warning(one.text()) for one in totals if one.outcome == Outcome.DIFFERENT)


def raise_if_different(client: Client, totals: Sequence[ComparedTotal]) -> None:
    """Raise PublishError naming every figure that differs by more than the client allows."""
    if wrong := [one.text() for one in totals if one.stops]:
        ceilings = client.ceilings
        raise PublishError(
            f"known_totals of the client file are not what the build has: {'; '.join(wrong)}",
            expected=f"at most {ceilings.different_orders_share:.2%} of orders and units "
            f"(ceilings.different_orders_share) and {ceilings.different_money_share:.2%} of money different "
            "(ceilings.different_money_share)",
            next_step="Compare what the report means by its words with docs/reference/client-file.md, look for what "
            "these days have too much or too little, and correct the figure or the mapping; "
            "audit.reconciled_known_totals in the warehouse has every figure.",
        )


def _not_compared(known: KnownTotals, outcome: Outcome) -> Iterator[ComparedTotal]:
    for measure, theirs in known.figures.items():
        yield ComparedTotal(*known.span, measure, known.source, theirs, None, None, Decimal(0), outcome)


def _ours(connection: DuckDBPyConnection, first_date: date, last_date: date) -> dict[str, Decimal]:
    cursor = connection.execute(OURS, {"first_date": first_date, "last_date": last_date})
    names = [column[0] for column in cursor.description or ()]
    return {name: Decimal(value or 0) for name, value in zip(names, cursor.fetchall()[0], strict=True)}


def _summed(measure: str, ours: dict[str, Decimal]) -> Decimal:
    """How many amounts the measure adds up; none of what is counted."""
    charges = PER_ORDER if measure == "total" else 1
    return (
        (ours["lines"] if measure in LINES else Decimal(0))
        + (ours["paid_back"] if measure in REFUNDS else Decimal(0))
        + (charges * ours["orders"] if measure in CHARGES else Decimal(0))
    )


def _allowed(client: Client, measure: str, theirs: Decimal) -> Decimal:
    ceilings = client.ceilings
    share = ceilings.different_orders_share if measure in COUNTED else ceilings.different_money_share
    return (share * abs(theirs)).quantize(Decimal("0.001"), ROUND_DOWN)

"""What the source itself totals, beside what we make of its lines: an order's total, and the tax inside its prices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from contracts.client_file import Client
from contracts.source_totals import SourceTotals
from contracts.warning import Kind
from load.checks import Finding

# Half a cent for each amount that was rounded: the lines, and what the order has beside them.
_COMPARED = """
with compared as (
    select
        totals.order_id, total,
        cast(orders.total_amount as decimal(18, 2)) as source_total,
        0.005 * (item_count + charge_count + 5) as rounding
    from raw.order_totals as totals
    inner join raw.current_orders as orders on totals.order_id = orders.order_id
    where orders.total_amount is not null and not totals.is_test
)
"""
# The tax that one of the rates gives of all that it is in, as far as rounding each part lets it.
_UNSPLIT = """
select count(*), min((order_id, tax, taxed, parts))
from (
    select
        order_id, tax, gross - discount + taxed_charges as taxed,
        paid_lines + case when taxed_charges <> 0 then 1 else 0 end as parts, lines_without_tax
    from raw.order_totals
    where tax_inside and tax <> 0 and not is_test and item_count > 0
)
where tax > taxed or lines_without_tax > 0 and parts > 1 and not ({fits})
"""


# Verify's last counts, for the books that publish keeps.
_KEPT = """
create schema if not exists audit;
create or replace table audit.source_totals (
    compared bigint, equal bigint, rounded bigint, different bigint,
    source_total decimal(38, 2), difference decimal(38, 2)
);
"""


@dataclass(frozen=True)
class ComparedOrders:
    """The counts, with the orders that differ most as examples."""

    counts: SourceTotals
    examples: tuple[str, ...]

    def warnings(self) -> tuple[str, ...]:
        """One where orders differ, with the first of them."""
        if not self.counts.different:
            return ()
        by = f"{self.counts.text()}, by {self.counts.difference:,} in all"
        return (Kind.SOURCE_TOTALS.warning(f"{by}: {'; '.join(self.examples)}"),)


def compare_source_totals(con: duckdb.DuckDBPyConnection) -> ComparedOrders:
    """Compare the total of each current order that the source gives one for, in the client's currency, and keep it."""
    counts = con.execute(
        f"""
        {_COMPARED}
        select
            count(*), count(*) filter (where total = source_total),
            count(*) filter (where total <> source_total and abs(total - source_total) <= rounding),
            count(*) filter (where abs(total - source_total) > rounding),
            coalesce(sum(abs(source_total)), 0),
            coalesce(sum(abs(total - source_total)) filter (where abs(total - source_total) > rounding), 0)
        from compared
        """
    ).fetchall()[0]
    con.execute(_KEPT)
    con.execute("insert into audit.source_totals values (?, ?, ?, ?, ?, ?)", counts)
    examples = con.execute(
        f"""
        {_COMPARED}
        select order_id, source_total, total
        from compared
        where abs(total - source_total) > rounding
        order by abs(total - source_total) desc, order_id
        limit 3
        """
    ).fetchall()
    named = (f"order {name} is {theirs:,} there and {ours:,} here" for name, theirs, ours in examples)
    return ComparedOrders(SourceTotals(*counts), tuple(named))


def check_source_totals(client: Client, orders: ComparedOrders) -> Iterator[Finding]:
    """No more orders and money differ from the source's own totals than the client allows."""
    totals = orders.counts
    shares = (
        (Decimal(totals.different), Decimal(totals.compared), client.ceilings.different_orders_share, "orders"),
        (totals.difference, totals.source_total, client.ceilings.different_money_share, "money"),
    )
    for differs, of_all, ceiling, name in shares:
        if of_all and differs / of_all > ceiling:
            expected = f"at most {ceiling:.2%} of the {name} different (ceilings.different_{name}_share)"
            yield Finding("raw.orders", "total_amount", expected, f"{totals.text()}; {'; '.join(orders.examples)}")


def check_tax_can_be_split(con: duckdb.DuckDBPyConnection, client: Client) -> Iterator[Finding]:
    """An order's single tax amount inside its prices belongs to one thing, or one of the client's rates gives it."""
    rates = [f"abs(tax - taxed * {rate} / (1 + {rate})) <= 0.005 * (parts + 1)" for rate in client.tax_rates]
    count, example = con.execute(_UNSPLIT.format(fits=" or ".join(rates) or "false")).fetchall()[0]
    if count:
        order_id, tax, taxed, parts = example
        yield Finding(
            "raw.orders",
            "tax_amount inside the prices",
            "one line an order, a tax of each line (line_tax_amount), or a tax that one of tax_rates gives",
            f"{count:,} orders whose tax cannot be told apart, for example {tax} in {taxed} of {parts} parts, order "
            f"{order_id}; map line_tax_amount, or say tax_rates: [0.19] in the client file, with the shop's rates",
        )

"""What the source itself totals, beside what we make of its rows, and whether the tax inside prices can be split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

import duckdb

from contracts.client_file import Client
from contracts.source_totals import SourceTotals
from contracts.sql_text import literal
from contracts.warning import Kind
from load.checks import Finding

# A payout within so many days after the first movement may pay out what was before the data: providers pay out daily,
# weekly or monthly, and take some days.
FIRST_PAYOUTS_DAYS = 35


@dataclass(frozen=True)
class _Kind:
    """What of a source is compared with what of ours: SQL for ``name``, ``theirs``, ``ours`` and ``rounding``."""

    kind: str
    one: str
    """What a name is the name of."""
    where: tuple[str, str]
    """The table and column that have the source's own."""
    given: str
    """The rows that say it: without one, nothing of ours is added up."""
    rows: str
    parts: tuple[str, str] | None = None
    """The table of what ours is added up from, or theirs, where an order may have it in files of its own; its word."""
    stops: bool = True
    """Whether what differs too often stops a run; what may differ for good is counted."""


# Half a cent for each amount that was rounded: the lines, and what the order has beside them.
_KINDS = (
    _Kind(
        "orders",
        "order",
        ("raw.orders", "total_amount"),
        "raw.current_orders where total_amount is not null",
        """
        select
            totals.order_id as name, cast(orders.total_amount as decimal(18, 2)) as theirs, total as ours,
            0.005 * (item_count + charge_count + 5) as rounding
        from raw.order_totals as totals
        inner join raw.current_orders as orders on totals.order_id = orders.order_id
        where orders.total_amount is not null and not totals.is_test
        """,
        parts=("raw.order_items", "items"),
    ),
    # Not all of an order's discount needs a code; one with a code whose amount is unknown cannot be compared.
    _Kind(
        "discounts",
        "the discount of order",
        ("raw.discount_codes", "amount"),
        "raw.discount_codes",
        """
        select
            totals.order_id as name, sum(cast(amount * exchange_rate as decimal(18, 2))) as theirs,
            any_value(totals.discount) as ours, 0.005 * (any_value(item_count) + count(*) + 1) as rounding
        from raw.discount_codes as codes
        inner join raw.order_totals as totals on codes.order_id = totals.order_id
        inner join raw.current_orders as orders on codes.order_id = orders.order_id
        where codes.is_current and kind is distinct from 'shipping' and not totals.is_test
        group by totals.order_id
        having count(*) = count(amount)
        """,
        parts=("raw.discount_codes", "discount codes"),
        stops=False,
    ),
    _Kind(
        "taxes",
        "the tax of order",
        ("raw.tax_lines", "amount"),
        "raw.tax_lines",
        """
        select
            totals.order_id as name, sum(cast(amount * exchange_rate as decimal(18, 2))) as theirs,
            any_value(totals.tax) as ours, 0.005 * (any_value(item_count) + count(*) + 1) as rounding
        from raw.tax_lines as taxes
        inner join raw.order_totals as totals on taxes.order_id = totals.order_id
        inner join raw.current_orders as orders on taxes.order_id = orders.order_id
        where taxes.is_current and not totals.is_test
        group by totals.order_id
        """,
        parts=("raw.tax_lines", "tax lines"),
    ),
    # A payout takes from the balance what its movements brought; one soon after the first movement may be partly from
    # before the data, so it is not compared.
    _Kind(
        "payouts",
        "payout",
        ("raw.balance_transactions", "amount of payouts"),
        "raw.balance_transactions",
        f"""
        select
            payout as name, -sum(coalesce(net, amount)) filter (where kind = 'payout') as theirs,
            sum(net) filter (where kind <> 'payout') as ours, 0 as rounding
        from raw.current_balance_transactions
        where payout is not null
        group by payout
        having
            count(*) filter (where kind = 'payout') > 0 and count(*) filter (where kind <> 'payout') > 0
            and count(*) filter (where kind <> 'payout' and net is null) = 0
            and min(occurred_date) filter (where kind = 'payout')
            > (select min(occurred_date) from raw.current_balance_transactions) + {FIRST_PAYOUTS_DAYS}
        """,
    ),
)
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
    source_total decimal(38, 2), difference decimal(38, 2), kind varchar
);
"""


@dataclass(frozen=True)
class Compared:
    """The counts, with those that differ most as examples."""

    counts: SourceTotals
    examples: tuple[str, ...]
    older_parts: str | None = None
    """Which of the different orders are newer than all their parts, as nothing says that these were taken away."""

    def warnings(self) -> tuple[str, ...]:
        """One where something differs, with the first of it, and one where that may be as parts were taken away."""
        if not self.counts.different:
            return ()
        by = f"{self.counts.text()}, by {self.counts.difference:,} in all"
        differs = Kind.SOURCE_TOTALS.warning(f"{by}: {'; '.join(self.examples)}")
        return (differs, Kind.OLDER_PARTS.warning(self.older_parts)) if self.older_parts else (differs,)


def compare_source_totals(con: duckdb.DuckDBPyConnection) -> tuple[Compared, ...]:
    """Compare what the source itself totals of current rows, in the client's currency, and keep it; orders first.

    Not compared are payouts of the first 35 days of the balance's movements, as part of them may be from before.
    """
    con.execute(_KEPT)
    return tuple(_compare(con, kind) for kind in _KINDS)


def _compare(con: duckdb.DuckDBPyConnection, kind: _Kind) -> Compared:
    has_any = con.execute(f"select 1 from {kind.given} limit 1").fetchone() is not None
    con.execute(f"create or replace temp table compared as from ({kind.rows}) {'' if has_any else 'limit 0'}")
    counts = con.execute(
        f"""
        select
            count(*), count(*) filter (where ours = theirs),
            count(*) filter (where ours <> theirs and abs(ours - theirs) <= rounding),
            count(*) filter (where abs(ours - theirs) > rounding),
            coalesce(sum(abs(theirs)), 0),
            coalesce(sum(abs(ours - theirs)) filter (where abs(ours - theirs) > rounding), 0),
            {literal(kind.kind)}
        from compared
        """
    ).fetchall()[0]
    if counts[0] or kind is _KINDS[0]:
        con.execute("insert into audit.source_totals values (?, ?, ?, ?, ?, ?, ?)", counts)
    examples = con.execute(
        """
        select name, theirs, ours
        from compared
        where abs(ours - theirs) > rounding
        order by abs(ours - theirs) desc, name
        limit 3
        """
    ).fetchall()
    named = (f"{kind.one} {name} is {theirs:,} there and {ours:,} here" for name, theirs, ours in examples)
    older_parts = _older_parts(con, kind) if counts[3] else None
    con.execute("drop table compared")
    return Compared(SourceTotals(*counts), tuple(named), older_parts)


def _older_parts(con: duckdb.DuckDBPyConnection, kind: _Kind) -> str | None:
    """Which orders of ``compared`` that differ were delivered on a later day than all of their parts that count."""
    if kind.parts is None:
        return None
    table, parts = kind.parts
    found = con.execute(
        f"""
        with different as (select name, abs(ours - theirs) as differs from compared where differs > rounding),
        orders as (
            select order_id, logical_date
            from raw.orders inner join raw.load_ledger on _delivery_id = delivery_id
            where is_current and order_id in (select name from different)
        ),
        parts as (
            select order_id, max(logical_date) as logical_date
            from {table} inner join raw.load_ledger on _delivery_id = delivery_id
            where is_current and order_id in (select name from different)
            group by order_id
        )
        select name, orders.logical_date, parts.logical_date, count(*) over ()
        from different
        inner join orders on name = orders.order_id
        inner join parts on name = parts.order_id
        where orders.logical_date > parts.logical_date
        order by differs desc, name
        limit 3
        """
    ).fetchall()
    if not found:
        return None
    count = found[0][3]
    were, its = ("1 order was", "its") if count == 1 else (f"{count:,} orders were", "their")
    named = "; ".join(f"{name} of {newer}, its {parts} of {older}" for name, newer, older, _ in found)
    more = f"; and {count - len(found):,} more" if count > len(found) else ""
    return (
        f"{were} delivered again without {its} {parts}, and those delivered before still count: {named}{more}. A file "
        "without a row of an order does not say that they were taken away: deliver all of them with contents: "
        "everything, the order with its lines in one file, or what was removed as a refund"
    )


def check_source_totals(client: Client, compared: Sequence[Compared]) -> Iterator[Finding]:
    """No more of anything and no more money differ from the source's own totals than the client allows."""
    for kind, found in zip(_KINDS, compared, strict=True):
        totals = found.counts
        shares = (
            (Decimal(totals.different), Decimal(totals.compared), client.ceilings.different_orders_share, "orders"),
            (totals.difference, totals.source_total, client.ceilings.different_money_share, "money"),
        )
        for differs, of_all, ceiling, name in shares:
            if kind.stops and of_all and differs / of_all > ceiling:
                expected = f"at most {ceiling:.2%} of the {name} different (ceilings.different_{name}_share)"
                parts = (totals.text(), *found.examples, *filter(None, [found.older_parts]))
                yield Finding(*kind.where, expected, "; ".join(parts))


def check_tax_can_be_split(con: duckdb.DuckDBPyConnection, client: Client) -> Iterator[Finding]:
    """An order's single tax amount inside its prices belongs to one thing, or one of the client's rates gives it."""
    if con.execute("select 1 from raw.current_orders where tax_inside limit 1").fetchone() is None:
        return
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

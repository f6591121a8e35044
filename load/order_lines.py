"""Order lines: each is a sale, a return or an adjustment, by the first of the client's rules that holds."""

from __future__ import annotations

import duckdb

from load.columns import local_day
from load.failure import LoadError
from load.sql_text import literal
from load.staging import SOUND, Arrival


def arrange_order_lines(con: duckdb.DuckDBPyConnection, arrival: Arrival) -> list[str]:
    """Make ``lines`` and the ``new_`` tables of staged order lines; lines that fit no kind join ``rejected``.

    All lines of an invoice get its earliest moment, so that an invoice written over midnight has one day.
    """
    _classify(con, arrival)
    _reject_misfits(con)
    _number(con, arrival.client.time_zone)
    con.execute(
        """
        create or replace temp table new_orders as
        select
            order_id,
            first(customer_id order by line) filter (where customer_id is not null) as customer_id,
            min(invoice_at) as order_at,
            min(invoice_date) as order_date,
            first(status order by line) as status,
            first(channel order by line) filter (where channel is not null) as channel,
            first(country order by line) filter (where country is not null) as country,
            cast(0 as decimal(18, 2)) as discount_amount,
            cast(0 as decimal(18, 2)) as tax_amount,
            cast(0 as decimal(18, 2)) as shipping_amount,
            min(line) as _line
        from invoice_lines
        where type = 'sale'
        group by order_id
        """
    )
    con.execute(
        """
        create or replace temp table new_order_items as
        select
            order_id, line_number, product_id, quantity, unit_price, discount_amount,
            invoice_date as order_date, line as _line
        from invoice_lines
        where type = 'sale'
        """
    )
    con.execute(
        """
        create or replace temp table new_returns as
        select
            order_id || '-' || line_number as return_id, product_id, customer_id, -quantity as quantity,
            cast(-quantity * unit_price as decimal(18, 2)) as refund_amount,
            invoice_at as returned_at, invoice_date as returned_date, rule_reason as reason, line as _line
        from invoice_lines
        where type = 'return'
        """
    )
    con.execute(
        """
        create or replace temp table new_adjustments as
        select
            order_id || '-' || line_number as adjustment_id, product_id, customer_id, quantity, unit_price,
            invoice_at as adjusted_at, invoice_date as adjusted_date, rule_reason as reason, line as _line
        from invoice_lines
        where type = 'adjustment'
        """
    )
    return ["orders", "order_items", "returns", "adjustments"]


def _classify(con: duckdb.DuckDBPyConnection, arrival: Arrival) -> None:
    rules = arrival.source.line_rules if arrival.source else ()
    for rule in rules:
        try:
            con.execute(f"select 1 from typed where ({rule.when}) limit 0")
        except duckdb.Error as error:
            raise LoadError(
                f"The line rule {rule.when!r} of sources.order_lines in the client file is no condition over the "
                f"columns: {str(error).splitlines()[0]} Correct when: there."
            ) from error
    holds = " ".join(f"when ({rule.when}) then {number}" for number, rule in enumerate(rules))
    types = " ".join(f"when {number} then {literal(rule.type)}" for number, rule in enumerate(rules))
    reasons = " ".join(f"when {number} then {literal(rule.reason)}" for number, rule in enumerate(rules))
    con.execute(
        f"""
        create or replace temp table lines as
        select
            * exclude (rule),
            {f"case rule {types} else 'sale' end" if rules else "'sale'"} as type,
            {f"case rule {reasons} end" if rules else "cast(null as varchar)"} as rule_reason
        from (
            select * exclude (fault), {f"case {holds} end" if rules else "null"} as rule
            from typed
            where {SOUND}
        )
        """
    )


def _reject_misfits(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """
        insert into rejected
        select line, finding
        from (
            select
                line,
                case
                    when type = 'sale' and (quantity < 1 or unit_price < 0)
                        then 'quantity ' || quantity || ' at unit_price ' || unit_price || ' is no sale, and no line '
                            || 'rule makes it a return or an adjustment'
                    when type = 'return' and (quantity > -1 or unit_price < 0)
                        then 'quantity ' || quantity || ' at unit_price ' || unit_price || ' is no return; expected '
                            || 'a quantity below 0 and a price of at least 0'
                    when type = 'return' and quantity * unit_price <> cast(quantity * unit_price as decimal(18, 2))
                        then 'quantity ' || quantity || ' at unit_price ' || unit_price || ' gives a refund with more '
                            || 'than 2 decimals'
                end as finding
            from lines
        )
        where finding is not null
        """
    )
    con.execute("delete from lines where line in (select line from rejected)")


def _number(con: duckdb.DuckDBPyConnection, time_zone: str) -> None:
    con.execute(
        f"""
        create or replace temp table invoice_lines as
        select *, {local_day("invoice_at", time_zone)} as invoice_date
        from (
            select
                *,
                min(order_at) over (partition by order_id) as invoice_at,
                cast(row_number() over (partition by order_id order by line) as integer) as line_number
            from lines
        )
        """
    )

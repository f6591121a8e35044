"""What an order's amounts may be taken to mean: whether they contain the tax, in which currency they are."""

from __future__ import annotations

import duckdb

from contracts.client_file import Client
from contracts.dataset import AMOUNT, SIGNED_AMOUNT
from contracts.datasets import DATASETS
from contracts.datasets.order_lines import ORDER_AMOUNTS
from contracts.datasets.orders import TOTALS
from contracts.sql_text import literal
from load.errors import LoadError
from load.validation import SOUND, DeliveryContext

SHOWN = 3
_TAXES = ("tax_amount", "line_tax_amount")
# What an order has once and its lines may say: amounts.
OF_THE_ORDER = tuple(column.name for column in (*ORDER_AMOUNTS, *TOTALS) if column.kind in (AMOUNT, SIGNED_AMOUNT))


def check_tax_is_said(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> None:
    """Raise LoadError when a shop's own file delivers tax and nothing says whether its amounts contain it.

    In our own layout tax is on top unless the order says otherwise.
    """
    client, orders = delivery.client, delivery.client.sources.get("orders")
    is_of_orders = DATASETS[delivery.dataset].is_of_orders  # the parts of a refund say what they are
    if delivery.source is None or client.tax is not None or not is_of_orders:
        return
    says_itself = "tax_inside" in delivery.source.given or bool(
        orders and orders.layout and "tax_inside" in orders.layout.given
    )
    for tax in _TAXES:
        if tax not in delivery.source.given or says_itself:
            continue
        found = con.execute(
            f"select line, {tax}, count(*) over () from typed where {SOUND} and {tax} <> 0 order by line limit {SHOWN}"
        ).fetchall()
        if found:
            named = ", ".join(f"line {line}: {amount}" for line, amount, _ in found)
            raise LoadError(
                f"{delivery.path}: {tax} is not 0 in {found[0][2]:,} rows ({named}), and nothing says whether prices, "
                f"discounts and shipping contain it. Nothing of this delivery was loaded. Say in the client file tax: "
                "inside (prices include tax) or tax: on_top, or map orders.tax_inside where it differs from order to "
                f"order; leave {tax} out of sources.{delivery.dataset}.columns where no tax is wanted."
            )


def reject_other_currencies(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> None:
    """Let orders in a currency without any rates join ``rejected``, whole: no line of theirs may count alone."""
    client = delivery.client
    if "exchange_rates" in client.sources:
        return
    con.execute(
        f"""
        insert into rejected
        select
            line,
            'currency is ' || other || ', the client''s is {client.currency}, and no rate of it is delivered; deliver '
            || 'exchange_rates, or leave such orders out by where'
        from (
            select line, max(currency) filter (where currency <> {literal(client.currency)}) over (
                partition by order_id
            ) as other
            from typed
            where {SOUND}
        )
        where other is not null
        """
    )


def reject_other_balances(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> None:
    """Let movements of a balance in another currency join ``rejected``: a payout would add up two currencies."""
    own = delivery.client.currency
    con.execute(
        f"""
        insert into rejected
        select
            line,
            'currency is ' || currency || ', the client''s is {own}, and a balance in another is none of its; leave '
            || 'such rows out by where'
        from typed
        where {SOUND} and currency <> {literal(own)}
        """
    )


def check_order_values(client: Client) -> None:
    """Raise LoadError when lines map what their order is charged and the client file does not say where it stands."""
    source = client.sources.get("order_lines")
    layout = source.layout if source else None
    if layout is None or layout.order_values or not (mapped := [name for name in OF_THE_ORDER if name in layout.given]):
        return
    raise LoadError(
        f"sources.order_lines of the client file maps {', '.join(mapped)}, which an order has once, and a flat file "
        "may say on its first row or repeat on all. Say order_values: first_row or order_values: every_row there."
    )


def reject_disagreeing_amounts(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> None:
    """Let the lines join ``rejected`` that say something else of their order than its first line that says it.

    With ``order_values: first_row`` the other lines may have a 0.
    """
    source = delivery.source
    is_first = source is not None and source.order_values == "first_row"
    for name in [*OF_THE_ORDER, "currency"]:
        if source is None or name not in source.given:
            continue
        blank = f" and {name} <> 0" if is_first and name in OF_THE_ORDER else ""
        con.execute(
            f"""
            insert into rejected
            select line, '{name} is ' || {name} || ', and the order has ' || first_one || ' by line ' || first_line
            from (
                select
                    line, {name},
                    first_value({name} ignore nulls) over (partition by order_id order by line) as first_one,
                    first_value(case when {name} is not null then line end ignore nulls) over (
                        partition by order_id order by line
                    ) as first_line
                from typed
                where {SOUND}
            )
            where {name} <> first_one{blank}
            """
        )

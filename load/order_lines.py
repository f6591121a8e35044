"""Order lines: each is a sale, a return or an adjustment, by the first of the client's rules that holds."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from contracts.client_file import Client
from contracts.datasets import DATASETS
from contracts.layout import LineRule, ProductRule
from contracts.sql_text import literal
from load.columns import PRICE, UNITS
from load.errors import LoadError
from load.expressions import ExpressionError, check_condition
from load.validation import SOUND, DeliveryContext

# What an order is charged beside its goods, which may be a credit: a line of it may be below zero.
_CREDITED = "('fee', 'shipping')"
# The datasets of refunds, of which a client has one.
REFUNDS = ("refunds", "returns")


def line_rules(client: Client) -> Sequence[LineRule]:
    """The client's rules; none where it delivers no lines."""
    source = client.sources.get("order_lines")
    layout = source.layout if source else None
    return layout.line_rules if layout else ()


def delivers_refunds(client: Client) -> bool:
    """Whether refunds are delivered; without them a payment of kind refund is one."""
    return not {*REFUNDS}.isdisjoint(client.sources) or any(rule.type == "return" for rule in line_rules(client))


def delivers_returns(client: Client) -> bool:
    """Whether anything says how many units come back, not only what is paid back."""
    layouts = [client.sources[name].layout for name in REFUNDS if name in client.sources]
    says_units = any(layout is None or "quantity" in layout.given for layout in layouts)
    return says_units or any(rule.type == "return" for rule in line_rules(client))


def line_type(rules: Sequence[LineRule]) -> str:
    """SQL for what a line is; the model int_order_lines has the same rules from ``raw.client``."""
    cases = " ".join(f"when ({rule.when}) then {literal(rule.type)}" for rule in rules)
    return f"case {cases} else 'sale' end" if rules else "'sale'"


def product_type(rules: Sequence[ProductRule]) -> str:
    """SQL for what a product code is: by the first rule whose pattern matches all of it, else a product."""
    cases = " ".join(
        f"when regexp_full_match(product_id, {literal(rule.pattern)}) then {literal(rule.type)}" for rule in rules
    )
    return f"case {cases} else 'product' end" if rules else "'product'"


def check_line_rules(con: duckdb.DuckDBPyConnection, client: Client) -> None:
    """Raise LoadError when a line rule of the client file is no condition over the columns of lines."""
    lines = DATASETS["order_lines"].columns
    columns = ", ".join(f"cast(null as {column.kind.sql_type}) as {column.name}" for column in lines)
    for rule in line_rules(client):
        try:
            check_condition(rule.when)
            con.execute(f"select 1 from (select {columns}) where ({rule.when})")
        except (ExpressionError, duckdb.Error) as error:
            found = f"it {error}." if isinstance(error, ExpressionError) else str(error).splitlines()[0]
            raise LoadError(
                f"The line rule {rule.when!r} of sources.order_lines in the client file is no condition over the "
                f"columns: {found} Fix when: there."
            ) from error


def reject_misfits(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> None:
    """Let lines that fit no kind join ``rejected``; ``lines`` are the others, with their ``type``."""
    rules = delivery.source.line_rules if delivery.source else ()
    products = product_type(delivery.source.product_rules if delivery.source else ())
    con.execute(
        f"create or replace temp table lines as select *, {line_type(rules)} as type, {products} as product_type "
        f"from typed where {SOUND}"
    )
    con.execute(
        f"""
        insert into rejected
        select line, finding
        from (
            select
                line,
                case
                    when type = 'sale' and product_type = 'discount' and quantity * unit_price > 0
                        then 'quantity ' || {UNITS} || ' at unit_price ' || unit_price || ' of a discount is above 0; '
                            || 'expected what it takes off, below 0'
                    when type = 'sale' and product_type in {_CREDITED}
                        and (quantity = 0 or quantity < 0 and unit_price < 0)
                        then 'quantity ' || {UNITS} || ' at unit_price ' || unit_price || ' of a ' || product_type
                            || ' is neither a charge nor a credit; expected one of them below 0 for a credit'
                    when type = 'sale' and product_type in {_CREDITED} and discount_amount > 0 and {PRICE} < 0
                        then 'discount_amount ' || discount_amount || ' of a credit of ' || {PRICE} || '; expected none'
                    when type = 'sale' and product_type not in ('discount', 'fee', 'shipping')
                        and (quantity <= 0 or unit_price < 0)
                        then 'quantity ' || {UNITS} || ' at unit_price ' || unit_price || ' is no sale, and no line '
                            || 'rule makes it a return or an adjustment'
                    when type = 'return' and (quantity >= 0 or unit_price < 0)
                        then 'quantity ' || {UNITS} || ' at unit_price ' || unit_price || ' is no return; expected '
                            || 'a quantity below 0 and a price of at least 0'
                    when type = 'return' and quantity * unit_price <> cast(quantity * unit_price as decimal(18, 2))
                        then 'quantity ' || {UNITS} || ' at unit_price ' || unit_price || ' gives a refund with more '
                            || 'than 2 decimals'
                    when type = 'return' and currency <> {literal(delivery.client.currency)}
                        and order_id not in (select order_id from lines where type = 'sale')
                        then 'currency is ' || currency || ' of a return, and the sale whose rate it has is not in '
                            || 'this file; deliver returns in other currencies as refunds'
                    when type = 'sale' and discount_amount < 0
                        then 'discount_amount ' || discount_amount || ' of a sale is below 0; expected what it takes '
                            || 'off, above 0; if every one is delivered below zero, negated: [discount_amount] turns '
                            || 'their sign'
                    when type = 'sale' and product_type in {_CREDITED} and line_tax_amount * ({PRICE}) < 0
                        then 'line_tax_amount ' || line_tax_amount || ' has another sign than the line''s ' || {PRICE}
                    when type = 'sale' and product_type not in ('discount', 'fee', 'shipping') and line_tax_amount < 0
                        then 'line_tax_amount ' || line_tax_amount || ' of a sale is below 0'
                    when type = 'return' and abs(discount_amount) > -({PRICE})
                        then 'discount_amount ' || discount_amount || ' is above what the line gives back, '
                            || -({PRICE})
                    when type = 'return' and abs(line_tax_amount) > -({PRICE})
                        then 'line_tax_amount ' || line_tax_amount || ' is above what the line gives back, '
                            || -({PRICE})
                    when type = 'sale' and product_type <> 'discount'
                        and discount_amount > greatest({PRICE}, 0)
                        then 'discount_amount ' || discount_amount || ' is above the line''s ' || {PRICE}
                            || '; is it the order''s, order_discount_amount with order_values: first_row'
                end as finding
            from lines
        )
        where finding is not null
        """
    )
    con.execute("delete from lines where line in (select line from rejected)")

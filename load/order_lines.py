"""Order lines: each is a sale, a return or an adjustment, by the first of the client's rules that holds."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from contracts.client_file import Client
from contracts.datasets import DATASETS
from contracts.layout import LineRule
from contracts.sql_text import literal
from load.errors import LoadError
from load.validation import SOUND, DeliveryContext


def line_rules(client: Client) -> Sequence[LineRule]:
    """The client's rules; none where it delivers no lines."""
    source = client.sources.get("order_lines")
    layout = source.layout if source else None
    return layout.line_rules if layout else ()


def line_type(rules: Sequence[LineRule]) -> str:
    """SQL for what a line is; the model int_order_lines has the same rules from ``raw.client``."""
    cases = " ".join(f"when ({rule.when}) then {literal(rule.type)}" for rule in rules)
    return f"case {cases} else 'sale' end" if rules else "'sale'"


def check_line_rules(con: duckdb.DuckDBPyConnection, client: Client) -> None:
    """Raise LoadError when a line rule of the client file is no condition over the columns of lines."""
    lines = DATASETS["order_lines"].columns
    columns = ", ".join(f"cast(null as {column.kind.sql_type}) as {column.name}" for column in lines)
    for rule in line_rules(client):
        try:
            con.execute(f"select 1 from (select {columns}) where ({rule.when})")
        except duckdb.Error as error:
            raise LoadError(
                f"The line rule {rule.when!r} of sources.order_lines in the client file is no condition over the "
                f"columns: {str(error).splitlines()[0]} Fix when: there."
            ) from error


def reject_misfits(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> None:
    """Let lines that fit no kind join ``rejected``; ``lines`` are the others, with their ``type``."""
    rules = delivery.source.line_rules if delivery.source else ()
    con.execute(f"create or replace temp table lines as select *, {line_type(rules)} as type from typed where {SOUND}")
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

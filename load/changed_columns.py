"""Warnings about columns of a shop's own file that were added, removed or retyped since the delivery before."""

from __future__ import annotations

import duckdb

from contracts.warning import Kind
from load.derived_views import COLUMN_CHANGES
from load.errors import LoadError
from load.raw_views import IS_REPLACED
from load.validation import DeliveryContext


def changed_columns(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> tuple[str, ...]:
    """Warn of columns that are new, gone or of another type than in the delivery before; called once it is recorded.

    Raises LoadError when a type changed and the client file says ``retyped_columns: fail``.
    """
    con.execute(
        f"create or replace temp view known_lines as select * replace ({IS_REPLACED} as is_replaced) from ledger_lines"
    )
    changes = COLUMN_CHANGES.read_text(encoding="utf-8").replace("raw.load_ledger", "known_lines")
    found = con.execute(
        f"select change, finding, advice from ({changes}) where delivery_id = ? order by change",
        [delivery.manifest.delivery_id],
    ).fetchall()
    for change, finding, _ in found:
        if change == "retyped" and delivery.source and delivery.source.retyped_columns == "fail":
            raise LoadError(
                f"{finding}, and sources.{delivery.dataset} of the client file says retyped_columns: fail. Nothing of "
                "this delivery was loaded. Ask for the file as it was, or say retyped_columns: accept, and load again."
            )
    return tuple(Kind.CHANGED_COLUMNS.warning(finding + advice) for _, finding, advice in found)

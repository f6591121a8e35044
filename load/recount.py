"""Landed files counted and summed once more, by other ways than load goes.

Records are counted by the format of the file, by other code than load reads it with. Files in our own layout are read
again by JSON path instead of by structure; of a shop's own files the reading is load's, while numbers and sums are made
again here. Which day a text is has one definition for both: two of them parted at 24:00 and at days that a time zone
skips.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from contracts.sql_text import literal
from load.columns import Field, delivered_day, local_day, moment
from load.dated_datasets import DATED, OF_AN_ORDER
from load.validation import DeliveryContext, read


def sum_landed_days(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext, folder: Path) -> bool:
    """Sum the landed file's money into the temporary table ``landed_days``; False where the dataset has none.

    ``landed_days`` has a measure (``gross``: sold or refunded, ``paid``), a day, null where the file does not say it,
    and an amount. Records in quarantine, known by their line, and repeats are left out.
    """
    if delivery.is_nested:
        _read_nested(con, delivery)
    elif delivery.dataset in _MONEY:
        _read_flat(con, delivery, folder)
    else:
        return False
    is_once = "true" if delivery.keeps_repeats else "line in (select max(line) from recounted group by digest)"
    has_orders = delivery.dataset == "order_lines" and not delivery.has_order_each_day
    day = "min(day) over (partition by order_id)" if has_orders else "day"
    con.execute(
        f"""
        create or replace temp table landed_days as
        with kept as (
            select {day} as day, gross, paid
            from recounted
            where {is_once} and line not in (select line from raw.quarantine where delivery_id = ?)
        )

        select 'gross' as measure, day, sum(gross) as amount from kept group by day
        union all
        select 'paid' as measure, day, sum(paid) as amount from kept group by day
        """,
        [delivery.manifest.delivery_id],
    )
    return True


@dataclass(frozen=True)
class _Money:
    """The columns of a dataset that say when and how much; ``gross`` is multiplied up, else ``parts`` are added up."""

    moment: str | None
    gross: tuple[str, ...]
    paid: str | None = None
    day: str | None = None
    parts: tuple[str, ...] = ()

    def day_in(self, fields: Mapping[str, Field], time_zone: str) -> str:
        """SQL for the day; null where the record does not say it."""
        if self.day:
            return delivered_day(fields[self.day].plain, fields[self.day].date_formats, time_zone)
        if self.moment:
            at = fields[self.moment]
            return local_day(moment(at.plain, at.date_formats, time_zone), time_zone)
        return "cast(null as date)"


_MONEY = {
    "order_lines": _Money("order_at", ("quantity", "unit_price")),
    "order_items": _Money(None, ("quantity", "unit_price")),
    "payments": _Money("paid_at", (), "amount"),
    **{
        name: _Money(dated.moment, (dated.amount,), day=None if dated.moment else dated.day, parts=dated.parts)
        for name, dated in {**DATED, **OF_AN_ORDER}.items()
        if dated.amount
    },
}


def _read_nested(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext) -> None:
    quantities, prices = "json ->> '$.items[*].quantity'", "json ->> '$.items[*].unit_price'"
    product = f"{_number('pair[1]')} * {_number('pair[2]')}"
    zone = delivery.client.time_zone
    con.execute(
        f"""
        create or replace temp table recounted_lines as
        select
            hash(json) as digest,
            {local_day(moment("(json ->> '$.order_at')", (), zone), zone)} as day,
            list_sum(list_transform(list_zip({quantities}, {prices}), lambda pair: {product})) as gross,
            list_sum(list_transform(json ->> '$.payments[*].amount', lambda amount: {_number("amount")})) as paid
        from read_ndjson_objects({literal(str(delivery.path))}, ignore_errors = true)
        """
    )
    con.execute("create or replace temp table recounted as select rowid + 1 as line, * from recounted_lines")


def _read_flat(con: duckdb.DuckDBPyConnection, delivery: DeliveryContext, folder: Path) -> None:
    landed = read(con, delivery, folder)
    money = _MONEY[delivery.dataset]
    fields = landed.fields
    gross = " * ".join(_number(fields[name].plain) for name in money.gross) or "null"
    if money.parts:
        parts = " + ".join(f"coalesce({_number(fields[name].plain)}, 0)" for name in money.parts)
        gross = f"coalesce({gross}, {parts})"
    con.execute(
        f"""
        create or replace temp table recounted as
        select
            {landed.line} as line,
            hash({landed.identity}) as digest,
            {fields["order_id"].plain if "order_id" in fields else "null"} as order_id,
            {money.day_in(fields, delivery.client.time_zone)} as day,
            {gross} as gross,
            {_number(fields[money.paid].plain) if money.paid else "null"} as paid
        from landed
        where not ({landed.is_left_out})
        """
    )


def _number(text: str) -> str:
    # Wide, as DuckDB keeps the product of two decimal(18, 4) within 18 digits, which is 10^10; in two steps, as its
    # cast of a million texts to decimal(38) takes 11 s and this one 0.2 s.
    return f"cast(try_cast({text} as decimal(18, 4)) as decimal(38, 4))"

"""Values that one source has of another's rows: found each time that raw is read, so that what comes late counts.

A file of raw has the key of each look-up. ``delivered.<table>`` has the values, ``delivered.<table>_as_loaded`` the
rows as the files have them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from contracts.client_file import Client
from contracts.datasets import DATASETS
from contracts.layout import LookUp
from contracts.look_ups import has_days
from contracts.sql_text import literal
from load.columns import PRICE, local_day
from load.dated_datasets import DATED, OF_AN_ORDER
from load.look_up_keys import PREFIX, key_of

AS_LOADED = "_as_loaded"
NOT_FOUND = "not_looked_up"
_FIRST, _LAST = "date '0001-01-01'", "date '9999-12-31'"
_NOTHING = (
    "select null::varchar as dataset, null::varchar as column_name, null::varchar as key, null::bigint as row_count, "
    "null::varchar as example, null::bigint as value_count, null::varchar as first_row, null::varchar as other_row "
    "where false"
)


def look_ups_of(client: Client, table: str) -> Mapping[str, LookUp]:
    """The columns of a table that another source has."""
    source = client.sources.get(table)
    return source.layout.look_ups if source and source.layout else {}


def as_loaded(client: Client, table: str) -> str:
    """The view of a table's rows as its files have them."""
    return f"delivered.{table}{AS_LOADED if look_ups_of(client, table) else ''}"


def look_up_views(
    client: Client, versions: Mapping[str, str], columns: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str]]:
    """Name and SQL of each view of ``delivered`` with look-ups, and of ``not_looked_up``: by key, what has no value.

    ``versions`` is SQL for the rows of a table as they are loaded, called `delivered`, joined with those that are
    superseded; ``columns`` are the columns of its files with their types.
    """
    not_found = [_NOTHING]
    for table in DATASETS:
        look_ups = look_ups_of(client, table)
        if not look_ups:
            continue
        joins = _days(table, versions) + "".join(
            _found(client, table, name, one, versions) for name, one in look_ups.items()
        )
        shown = ", ".join(
            f"{_value(look_ups[name], name, kind)} as {name}" if name in look_ups else f"delivered.{name}"
            for name, kind in columns[table].items()
        )
        rows = f"select {shown} from {as_loaded(client, table)} as delivered {joins}"
        if "unit_price" in look_ups and "discount_rate" in columns[table]:
            of_rate = f"coalesce(cast(discount_rate * {PRICE} as decimal(18, 2)), discount_amount) as discount_amount"
            rows = f"select * replace ({of_rate}) from ({rows})"
        yield table, rows
        not_found += [
            f"""
            select
                {literal(table)}, {literal(name)}, replace(delivered.{PREFIX}{name}, chr(31), ', '), count(*),
                min(delivered._source_file || ' line ' || delivered._line), any_value(found_{name}.value_count),
                any_value(found_{name}.first_row), any_value(found_{name}.other_row)
            from {versions[table]} {joins}
            where
                superseded.key is null and delivered.{PREFIX}{name} is not null
                and coalesce(found_{name}.value_count, 0) <> 1
            group by delivered.{PREFIX}{name}
            """
            for name in look_ups
        ]
    yield NOT_FOUND, " union all ".join(not_found)


def _value(look_up: LookUp, name: str, kind: str) -> str:
    if look_up.missing is None:
        return f"cast(found_{name}.value as {kind})"
    missing = f"case when found_{name}.value_count is null and delivered.{PREFIX}{name} is not null then " + literal(
        look_up.missing
    )
    return f"coalesce(cast(found_{name}.value as {kind}), cast({missing} end as {kind}))"


def _days(table: str, versions: Mapping[str, str]) -> str:
    """SQL that joins rows which have no day of their own with that of their order."""
    if table not in ("order_items", "payments", *OF_AN_ORDER):
        return ""
    return f"""
        left join (
            select delivered.order_id as dated_order_id, min(delivered.order_date) as order_day
            from {versions["orders"]}
            where superseded.key is null
            group by delivered.order_id
        ) as order_days on order_days.dated_order_id = delivered.order_id
    """


def _day(client: Client, table: str) -> str:
    """SQL for the day of a row, where the newest that another source says counts; the last one where nobody says it."""
    own = {
        "orders": "delivered.order_date",
        "order_lines": local_day("delivered.order_at", client.time_zone),
        "order_items": "order_days.order_day",
        "payments": f"coalesce({local_day('delivered.paid_at', client.time_zone)}, order_days.order_day)",
        **{name: f"delivered.{dated.day}" for name, dated in DATED.items()},
        **dict.fromkeys(OF_AN_ORDER, "order_days.order_day"),
    }
    return f"coalesce({own.get(table, 'delivered.valid_from')}, {_LAST})"


def _found(client: Client, table: str, name: str, look_up: LookUp, versions: Mapping[str, str]) -> str:
    """SQL that joins `delivered` with what is found of a column, at most one row for each key."""
    dated = has_days(DATASETS[look_up.dataset], look_up.by)
    candidates = _candidates(client, look_up, versions, is_dated=dated)
    own_key, on_day = f"delivered.{PREFIX}{name}", ""
    if dated:
        day = _day(client, table)
        asked = f"select distinct {own_key} as key, {day} as day from {as_loaded(client, table)} as delivered"
        candidates = (
            f"select candidates.*, asked.day from ({candidates}) as candidates "
            f"inner join ({asked} {_days(table, versions)}) as asked on asked.key = candidates.key "
            "and asked.day >= candidates.from_day and (candidates.to_day is null or asked.day < candidates.to_day)"
        )
        on_day = f"and found_{name}.day = {day}"
    return f"""
        left join (
            select
                key, {"day," if dated else ""} min(value) as value, count(distinct value) as value_count,
                arg_min(said_by, value) as first_row, arg_max(said_by, value) as other_row
            from ({candidates})
            where key is not null and value is not null
            group by key {", day" if dated else ""}
        ) as found_{name} on found_{name}.key = {own_key} {on_day}
    """


def _candidates(client: Client, look_up: LookUp, versions: Mapping[str, str], *, is_dated: bool) -> str:
    """SQL for key, value and origin of the rows that a key may mean, with the days from and to which they hold."""
    dataset = DATASETS[look_up.dataset]
    key = key_of([f"delivered.{name}" for name in look_up.by])
    values = f"{key} as key, delivered.{look_up.column} as value"
    said_by = f"delivered.{look_up.column} || ' (' || delivered._source_file || ' line ' || delivered._line || ')'"
    current = f"from {versions[look_up.dataset]} where superseded.key is null"
    if not is_dated:
        return f"select {values}, {said_by} as said_by {current}"
    day = "valid_from" if dataset.is_snapshot else str(dataset.day)
    same = ", ".join(f"delivered.{name}" for name in dataset.key if name != day)
    rows = f"select {values}, {said_by} as said_by, delivered.{day} as from_day, {same or 'true as same'} {current}"
    if dataset.is_snapshot:  # the file of a later day takes nothing back of what one said before
        rows = f"""
            select {values}, {said_by} as said_by, delivered.{day} as from_day, {same}
            from {as_loaded(client, look_up.dataset)} as delivered
            qualify row_number() over (
                partition by {same}, delivered.{day} order by delivered._delivery_id desc, delivered._line desc
            ) = 1
        """
    names = ", ".join(name for name in dataset.key if name != day) or "same"
    first = f"case when lag(from_day) over later is null then {_FIRST} else from_day end"
    return f"""
        select key, value, said_by, {first if dataset.is_snapshot else "from_day"} as from_day,
            lead(from_day) over later as to_day
        from ({rows})
        window later as (partition by {names} order by from_day)
    """

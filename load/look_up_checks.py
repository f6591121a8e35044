"""What look-ups do not find: keys that no row has, and keys that rows with several values have."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import duckdb

from contracts.client_file import Client
from contracts.datasets import DATASETS
from contracts.layout import LookUp
from contracts.warning import Kind
from load.checks import Finding
from load.look_up_keys import PREFIX
from load.look_ups import NOT_FOUND, as_loaded, look_ups_of

SHOWN = 3


def check_look_ups(con: duckdb.DuckDBPyConnection, client: Client) -> Iterator[Finding]:
    """Each key means one value, and no more keys are without one than the client allows."""
    for table, name, look_up in _all(client):
        setting = f"sources.{table}.columns.{name}"
        several = _rows(con, table, name, "value_count > 1")
        for key, _, example, first, other in several[:SHOWN]:
            yield Finding(
                f"raw.{table}",
                f"{setting} of {_key(look_up, key)}, which {example} has",
                f"one value of {look_up.look_up}",
                f"{first} and {other}; leave one out by where: of sources.{look_up.dataset}, or say more columns of "
                f"the key under by:{_more(len(several))}",
            )
        missing = _missing(con, table, name)
        if not missing or look_up.missing is not None:
            continue
        ceiling = client.ceilings.orphan_share
        asked = _asked(con, client, table, name)
        rows = sum(row_count for _, row_count, *_ in missing)
        is_needed = next(one.is_required for one in DATASETS[table].columns if one.name == name)
        if is_needed or Decimal(rows) / asked > ceiling:
            allowed = "none" if is_needed else f"at most {ceiling:.2%} (orphan_share)"
            yield Finding(
                f"raw.{table}",
                f"{setting}: rows whose key no row of {look_up.dataset} has, or has without {look_up.column}",
                f"{allowed}; deliver what is missing, or say missing: there with the value that such rows have",
                f"{rows:,} of {asked:,}: {_named(look_up, missing)}",
            )


def warnings_of_look_ups(con: duckdb.DuckDBPyConnection, client: Client) -> Iterator[str]:
    """What is counted without a value, or with the one that the client file says instead."""
    for table, name, look_up in _all(client):
        if missing := _missing(con, table, name):
            rows = sum(row_count for _, row_count, *_ in missing)
            instead = "are empty" if look_up.missing is None else f"have {look_up.missing!r}"
            yield Kind.LOOK_UPS.warning(
                f"{rows:,} {name} of {table} {instead}, as {look_up.look_up} is not there of {_named(look_up, missing)}"
            )


def _all(client: Client) -> Iterator[tuple[str, str, LookUp]]:
    for table in DATASETS:
        for name, look_up in look_ups_of(client, table).items():
            yield table, name, look_up


def _missing(con: duckdb.DuckDBPyConnection, table: str, name: str) -> list[tuple[str, int, str, str, str]]:
    return _rows(con, table, name, "value_count is null")


def _rows(con: duckdb.DuckDBPyConnection, table: str, name: str, test: str) -> list[tuple[str, int, str, str, str]]:
    return con.execute(
        f"select key, row_count, example, first_row, other_row from delivered.{NOT_FOUND} "
        f"where dataset = ? and column_name = ? and {test} order by row_count desc, key",
        [table, name],
    ).fetchall()


def _asked(con: duckdb.DuckDBPyConnection, client: Client, table: str, name: str) -> int:
    ((rows,),) = con.execute(f"select count({PREFIX}{name}) from {as_loaded(client, table)}").fetchall()
    return int(rows)


def _named(look_up: LookUp, missing: list[tuple[str, int, str, str, str]]) -> str:
    named = "; ".join(f"{_key(look_up, key)} ({example})" for key, _, example, *_ in missing[:SHOWN])
    return named + _more(len(missing))


def _key(look_up: LookUp, key: str) -> str:
    return f"{', '.join(look_up.by)} {key}"


def _more(keys: int) -> str:
    return f"; and {keys - SHOWN:,} more keys" if keys > SHOWN else ""

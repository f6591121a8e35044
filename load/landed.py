"""A landed file as the temporary table ``landed``: every record once, values as delivered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from contracts.data_file import DataFile, FormatError, Place, Relation
from contracts.dataset import Column
from contracts.datasets import DATASETS
from contracts.sql_text import literal
from load.columns import Field
from load.errors import LoadError
from load.mapping import fields_of, new_column_problem


@dataclass(frozen=True)
class Landed:
    """SQL over ``landed``.

    ``line``, ``problem``, ``identity`` and ``record`` are as in Relation. ``columns`` are those of the shop's own file
    with their types, '' where no value says it; empty where the program itself wrote the file, or where each record has
    the fields that it likes.
    """

    fields: Mapping[str, Field]
    line: str
    problem: str
    identity: str
    record: str | None
    columns: Mapping[str, str] = field(default_factory=dict)


def read_own_layout(con: duckdb.DuckDBPyConnection, path: Path, dataset: str) -> Landed:
    """Read JSON Lines with our own column names, as the demo, the API and nested orders are delivered."""
    columns = DATASETS[dataset].columns
    structure: dict[str, object] = _structure(columns)
    if dataset == "orders":
        structure |= {name: [_structure(nested)] for name, nested in DATASETS["orders"].nested.items()}
    # ignore_errors gives null for a line that is not JSON, so the order of the rows still numbers the lines.
    con.execute(
        f"""
        create or replace temp table landed as
        select
            json is null as is_malformed,
            hash(json) as digest,
            unnest(from_json(json, {literal(json.dumps(structure))}))
        from read_ndjson_objects({literal(str(path))}, ignore_errors = true)
        """
    )
    names = [column.name for column in columns]
    return Landed(
        fields={name: Field(name, name) for name in names},
        line="rowid + 1",
        problem="case when is_malformed then 'the line is not JSON' end",
        identity=", ".join(["digest", *names]),
        record=None,
    )


def _structure(columns: tuple[Column, ...]) -> dict[str, object]:
    return {column.name: "VARCHAR" for column in columns}


def read_shop_file(
    con: duckdb.DuckDBPyConnection, file: DataFile, dataset: str, folder: Path, *, is_sparse: bool = False
) -> Landed:
    """Read a shop's own file as its client file says; where it is sparse, no record has to have a mapped field.

    ``folder`` takes a copy of the file where one is needed. Raises LoadError when it cannot be read, when a mapped
    column is missing, or a new one is there and the client file forbids that.
    """
    path, layout = file.path, file.layout
    spare = folder / f"{path.stem}.copy"
    try:
        relation = file.relation(lambda sql: con.execute(sql).fetchall(), spare)
        _read(con, relation)
        places = {**relation.places()}
    except FormatError as error:
        raise LoadError(f"{path} {error}") from error
    except duckdb.Error as error:
        raise LoadError(
            f"{path} cannot be read as {layout.format}: {str(error).splitlines()[0]} Check format: and encoding: of "
            f"sources.{dataset} in the client file, or ask for the file again."
        ) from error
    finally:
        spare.unlink(missing_ok=True)
    columns = {} if is_sparse else {name: place.delivered_type or place.sql_type for name, place in places.items()}
    if is_sparse or (relation.names_its_fields and not places):
        nowhere = Place("cast(null as varchar)")
        places = dict.fromkeys(layout.columns.values(), nowhere) | places
    fields, new_columns = fields_of(dataset, layout, places, path)
    return Landed(
        fields=fields,
        line=relation.line,
        problem=f"coalesce({relation.problem}, {new_column_problem(new_columns, places, layout)})",
        identity=relation.identity,
        record=relation.record,
        columns=columns,
    )


def _read(con: duckdb.DuckDBPyConnection, relation: Relation) -> None:
    """Make ``landed``; where the batches of a file stop, for their reason instead of what DuckDB says of it."""
    failures: list[FormatError] = []
    if relation.batches is not None:
        con.register("batches", _noted(relation.batches, failures))
    try:
        con.execute(f"create or replace temp table landed as {relation.rows}")
    except duckdb.Error as error:
        raise failures[0] if failures else error from error
    finally:
        con.unregister("batches")


def _noted(reader: pa.RecordBatchReader, failures: list[FormatError]) -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        try:
            yield from reader
        except FormatError as error:
            failures.append(error)
            raise

    return pa.RecordBatchReader.from_batches(reader.schema, batches())

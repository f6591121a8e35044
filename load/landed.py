"""A landed file as the temporary table ``landed``: every record once, values as delivered."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from contracts.data_file import DataFile, FormatError, Place, Relation
from contracts.dataset import Column
from contracts.datasets import DATASETS
from contracts.sql_text import literal
from contracts.warning import Kind
from load.columns import NOTHING, Field
from load.errors import LoadError
from load.expressions import make_landed
from load.mapping import Reading
from load.shapes import FILE_LINE, ROW_NAME, shape
from load.sums import Summed, sum_rows


@dataclass(frozen=True)
class Landed:
    """SQL over ``landed``.

    ``line``, ``problem``, ``identity`` and ``record`` are as in Relation. ``is_left_out`` holds for the records that
    the client file leaves out. ``columns`` are those of the shop's own file
    with their types, '' where no value says it; empty where the program itself wrote the file, or where each record has
    the fields that it likes.
    """

    fields: Mapping[str, Field]
    line: str
    problem: str
    identity: str
    record: str | None
    is_left_out: str = "false"
    columns: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[tuple[Kind, str], ...] = ()
    file_line: str | None = None
    """SQL for the line of the file that a row is made of, where ``line`` numbers the rows that were made; else None."""
    look_up_keys: Mapping[str, Sequence[tuple[Column, Field]]] = field(default_factory=dict)
    """Of our columns that another source has, the columns of their key there."""
    findings: tuple[str, ...] = ()
    """What stops the load, though the file can be read on."""
    records_in_file: str = ""
    """SQL over all of ``landed`` for how many records its rows were made of."""
    row_name: str = ""
    """SQL for how a person finds the row in the file, where it was made of its records."""


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
    counts = ", ".join(f"count({column.name})" for column in columns)
    (found,) = con.execute(f"select {counts} from landed").fetchall()
    names = [column.name for column, rows in zip(columns, found, strict=True) if rows]
    texts = {column.name: column.name if column.name in names else NOTHING for column in columns}
    return Landed(
        fields={name: Field(text, text) for name, text in texts.items()},
        line="rowid + 1",
        problem="case when is_malformed then 'the line is not JSON' end",
        identity=", ".join(["digest", *names]),
        record=None,
    )


def _structure(columns: tuple[Column, ...]) -> dict[str, object]:
    return {column.name: "VARCHAR" for column in columns}


def read_shop_file(
    con: duckdb.DuckDBPyConnection,
    file: DataFile,
    dataset: str,
    folder: Path,
    *,
    currency: str,
    is_sparse: bool = False,
) -> Landed:
    """Read a shop's own file as its client file says; where it is sparse, no record has to have a mapped field.

    ``folder`` takes a copy of the file where one is needed. Raises LoadError when it cannot be read, when a mapped
    column is missing, or a new one is there and the client file forbids that.
    """
    path, layout = file.path, file.layout
    spare = folder / f"{path.stem}.copy"

    def query(sql: str) -> list[tuple[Any, ...]]:
        return con.execute(sql).fetchall()

    try:
        relation = file.relation(query, spare)
        _read(con, relation)
        delivered = relation.places()
        if layout.has_shape:
            relation = shape(query, relation, layout)
        warnings = tuple(relation.warnings())
        summed: Summed | None = None
        if layout.sums:
            unsummed = Reading(dataset, layout, currency, path, {**relation.places()}, relation.nested, query)
            summed = sum_rows(query, relation, unsummed)
            relation = summed.relation
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
    columns = {} if is_sparse else {name: place.delivered_type or place.sql_type for name, place in delivered.items()}
    is_open = is_sparse or (relation.names_its_fields and not places)
    nowhere = Place(NOTHING) if is_open else None
    reading = Reading(
        dataset,
        layout,
        currency,
        path,
        places,
        relation.nested,
        query,
        nowhere,
    )
    reading.check()
    if reading.with_computed:
        make_landed(query, reading.with_computed)
    findings = () if is_sparse else reading.name_findings(relation.line, relation.problem)
    is_left_out = f"({reading.is_left_out}) and ({relation.problem}) is null" if layout.where else "false"
    if summed:
        findings = (*findings, *summed.findings(query, is_left_out))
        warnings = (*warnings, *summed.warnings(query, is_left_out))
        is_left_out = f"(({is_left_out}) or ({summed.is_empty}))"
    return Landed(
        fields=reading.fields,
        line=relation.line,
        problem=f"coalesce({relation.problem}, {reading.problem})",
        identity=relation.identity,
        record=relation.record,
        is_left_out=is_left_out,
        columns=columns,
        warnings=warnings,
        file_line=FILE_LINE if layout.has_shape else None,
        records_in_file=summed.records if summed else f"count(distinct {FILE_LINE})" if layout.has_shape else "",
        row_name=summed.row_name if summed else ROW_NAME if layout.has_shape else "",
        look_up_keys=reading.look_up_keys,
        findings=findings,
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

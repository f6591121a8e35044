"""A landed file as the temporary table ``landed``: every record once, values as delivered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from contracts.dataset import Column
from contracts.datasets import DATASETS
from contracts.layout import Layout
from load.columns import Field
from load.errors import LoadError
from load.mapping import Access, fields_of, new_column_problem
from load.sql_text import identifier, literal
from load.text_files import as_utf8, csv_batches, csv_header

TYPED_RECORDS = 10_000  # of a JSON file are asked which types its columns have


@dataclass(frozen=True)
class Landed:
    """SQL over ``landed``.

    ``line`` is where a record is in its file: the line of CSV and JSON Lines (blank ones not counted in the latter),
    the row of Parquet, the element of a JSON list. ``problem`` is what is wrong with a record as a whole, or null.
    Two records of one ``identity`` are the same record twice. ``record`` is the record as text; None where it is
    the line of the file. ``columns`` are those of the shop's own file with their types, '' where no value says it;
    empty where the program itself wrote the file, or where each record has the fields that it likes.
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


def read_shop_file(con: duckdb.DuckDBPyConnection, path: Path, dataset: str, source: Layout, folder: Path) -> Landed:
    """Read a shop's own file as its client file says; ``folder`` takes a copy in UTF-8 where one is needed.

    Raises LoadError when a mapped column is missing, or a new one is there and the client file forbids that.
    """
    try:
        if source.format == "csv":
            return _read_csv(con, path, dataset, source)
        if source.format == "parquet":
            return _read_parquet(con, path, dataset, source)
        with as_utf8(path, source.encoding, folder) as readable:
            return read_json(con, readable, dataset, source)
    except duckdb.Error as error:
        raise LoadError(
            f"{path} cannot be read as {source.format}: {str(error).splitlines()[0]} Check format: and encoding: of "
            f"sources.{dataset} in the client file, or ask for the file again."
        ) from error


def _read_csv(con: duckdb.DuckDBPyConnection, path: Path, dataset: str, source: Layout) -> Landed:
    header = csv_header(path, source.encoding, source.delimiter)
    access = {name: Access(f"c{position}") for position, name in enumerate(header)}
    fields, new_columns = fields_of(dataset, source, access, path)
    batches = csv_batches(path, source.encoding, source.delimiter)
    con.register("csv_batches", batches)
    con.execute("create or replace temp table landed as select * from csv_batches")
    con.unregister("csv_batches")
    ragged = (
        f"case when ragged is not null then 'the record has ' || json_array_length(ragged) || ' fields'"
        f" || '; expected {len(header)}' end"
    )
    return Landed(
        fields=fields,
        line="line",
        problem=f"coalesce({ragged}, {new_column_problem(new_columns, access, source)})",
        # By position: two columns of one name are two columns.
        identity=", ".join(["ragged", *(f"c{position}" for position in range(len(header)))]),
        record=f"coalesce(ragged, {_as_json(access)})",
        columns={name: place.sql_type for name, place in access.items()},
    )


def _read_parquet(con: duckdb.DuckDBPyConnection, path: Path, dataset: str, source: Layout) -> Landed:
    file = f"read_parquet({literal(str(path))})"
    described = con.execute(f"select column_name, column_type from (describe select * from {file})").fetchall()
    access = {name: Access(f"c{position}", sql_type) for position, (name, sql_type) in enumerate(described)}
    fields, new_columns = fields_of(dataset, source, access, path)
    renamed = ", ".join(f"{identifier(name)} as {place.text}" for name, place in access.items())
    con.execute(f"create or replace temp table landed as select {renamed} from {file}")
    return Landed(
        fields=fields,
        line="rowid + 1",
        problem=new_column_problem(new_columns, access, source),
        identity=", ".join(place.text for place in access.values()),
        record=_as_json(access),
        columns={name: place.sql_type for name, place in access.items()},
    )


def _as_json(access: Mapping[str, Access]) -> str:
    # Not a struct: that has no field without a name, as a delimiter at the end of the header makes one, and takes
    # "Id" and "ID" for one.
    named = ", ".join(f"{literal(name)}, {place.text}" for name, place in access.items())
    return f"cast(json_object({named}) as varchar)"


def read_json(
    con: duckdb.DuckDBPyConnection, path: Path, dataset: str, source: Layout, *, is_sparse: bool = False
) -> Landed:
    """Read a JSON list or JSON Lines; where they are sparse, no record has to have a mapped field."""
    layout = "array" if source.format == "json" else "newline_delimited"
    is_lenient = str(source.format == "jsonl").lower()
    con.execute(
        f"""
        create or replace temp table landed as
        select json
        from read_json_objects({literal(str(path))}, format = '{layout}', ignore_errors = {is_lenient})
        """
    )
    keys = "select distinct unnest(json_keys(json)) from landed where json_type(json) = 'OBJECT'"
    names = [name for (name,) in con.execute(f"{keys} order by 1").fetchall()]
    columns = {} if is_sparse else dict.fromkeys(names, "") | _json_types(con)
    if is_sparse or not names:
        names = [*dict.fromkeys([*names, *source.columns.values()])]
    access = {name: Access(f"(json ->> {literal(_pointer(name))})", json_pointer=_pointer(name)) for name in names}
    fields, new_columns = fields_of(dataset, source, access, path)
    return Landed(
        fields=fields,
        line="rowid + 1",
        problem=f"case when json is null then 'the line is not JSON' else "
        f"{new_column_problem(new_columns, access, source)} end",
        identity="json",
        record="json" if source.format == "json" else None,
        columns=columns,
    )


def _json_types(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The type that most values in the first records have, by name: a bad row is none of the column's."""
    return dict(
        con.execute(
            f"""
            select name, arg_max(type, {{'value_count': value_count, 'type': type}})
            from (
                select
                    key as name,
                    case when field.type in ('VARCHAR', 'BOOLEAN', 'OBJECT', 'ARRAY') then field.type else 'NUMBER' end
                        as type,
                    count(*) as value_count
                from landed, json_each(landed.json) as field
                where landed.rowid < {TYPED_RECORDS} and json_type(landed.json) = 'OBJECT' and field.type <> 'NULL'
                group by all
            )
            group by name
            """
        ).fetchall()
    )


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")

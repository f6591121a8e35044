"""Parquet: typed columns; a record is known by its row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from contracts.data_file import Change, DataFile, FormatError, Place, Query, Relation, Texts, text_of
from contracts.sql_text import identifier, json_object, literal
from formats._text import check_start


@dataclass(frozen=True)
class ParquetFile(DataFile):
    """A Parquet file."""

    def check(self) -> int:
        """The rows by the file's own count."""
        check_start(self.path, self.layout.format)
        try:
            metadata = pq.read_metadata(self.path)
        except (pa.ArrowException, OSError) as error:
            raise FormatError(f"is not whole Parquet ({error}). Ask for it again.") from error
        columns = metadata.schema.to_arrow_schema().names
        self.require_columns(columns, "Fix the mapping, or ask for a file with these columns.")
        return int(metadata.num_rows)

    def count(self) -> int:
        """The rows by the file's own count."""
        return int(pq.read_metadata(self.path).num_rows)

    def rewrite(self, target: Path, change: Change, texts: Texts) -> int:
        """A changed value becomes one of its column by its text."""
        first, changed = 1, 0
        with pq.ParquetFile(self.path) as file:
            schema = file.schema_arrow
            for name in texts:
                schema = schema.set(schema.get_field_index(name), pa.field(name, pa.string()))
            with pq.ParquetWriter(target, schema) as writer:
                for batch in file.iter_batches():
                    rows = batch.to_pylist()
                    records = {number: change(number, row) for number, row in enumerate(rows, first)}
                    new = {number - first: record for number, record in records.items() if record is not None}
                    for position, record in new.items():
                        _check_record(record, schema.names, first + position)
                    columns = [
                        _with_values(
                            pa.array(map(texts[name], column.to_pylist()), pa.string()) if name in texts else column,
                            {
                                position: record[name]
                                for position, record in new.items()
                                if name in record and record[name] is not rows[position][name]
                            },
                        )
                        for name, column in zip(schema.names, batch.columns, strict=True)
                    ]
                    writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))
                    first, changed = first + len(rows), changed + len(new)
        return changed

    def relation(self, query: Query, spare: Path) -> Relation:  # noqa: ARG002 DuckDB reads it as it is
        """DuckDB reads it; the columns are named by position, as no name of a file may meet one of load's."""
        file = f"read_parquet({literal(str(self.path))})"
        described = query(f"select column_name, column_type from (describe select * from {file})")
        places = {name: Place(f"c{position}", sql_type) for position, (name, sql_type) in enumerate(described)}
        texts = {name: place.text for name, place in places.items()}
        return Relation(
            rows=f"select {', '.join(f'{identifier(name)} as {text}' for name, text in texts.items())} from {file}",
            places=lambda: places,
            identity=", ".join(texts.values()),
            record=json_object(texts),
        )


def _check_record(record: Any, columns: list[str], row: int) -> None:
    if not isinstance(record, dict):
        raise FormatError(f"row {row} is {record!r}; expected its fields by the names of the columns")
    if unknown := sorted(record.keys() - {*columns}):
        raise FormatError(f"row {row} has {', '.join(unknown)}; expected columns of the file: {', '.join(columns)}")


def _with_values(column: pa.Array, values: Mapping[int, Any]) -> pa.Array:
    """The column with other values at some positions; pa.ArrowException when one cannot be of its type."""
    if not values:
        return column
    new = pa.array([None if value is None else text_of(value) for value in values.values()], pa.string())
    new = pa.nulls(len(new), column.type) if new.null_count == len(new) else new.cast(column.type)
    places = {position: len(column) + number for number, position in enumerate(values)}
    return pa.concat_arrays([column, new]).take(pa.array([places.get(at, at) for at in range(len(column))]))


FORMAT = ParquetFile

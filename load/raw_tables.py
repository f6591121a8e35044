"""Raw on disk: one Delta table for each kind of row, only ever added to, a partition for each attempt of a delivery.

DuckDB writes the Parquet files and delta-rs commits them, all files of a load in one commit a table. A file counts once
the ledger has its delivery: the ledger is a table like the others, and committed last. The log of a table holds no
value of a row, only how many rows a file has, so that an erased person leaves no trace in it.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Schema
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from contracts.paths import ClientPaths
from load.errors import LoadError
from storage.durable import sync

# What load and verify write down of their work; every other table has a partition for each attempt of a delivery.
BOOKS = ("load_ledger", "verified_deliveries", "verified_rows")
REBUILD = "Then run `sales load --full-refresh`, which makes raw again from landing."


@dataclass(frozen=True)
class Part:
    """A finished Parquet file of a table: the rows of one delivery, or what one load added to its books."""

    table: str
    delivery_id: str
    file: Path
    rows: int
    bytes: int


class RawTables:
    """The Delta tables below one folder. Raises LoadError, with the command that rebuilds, when one is damaged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def new_file(self, table: str) -> Path:
        """A name that nothing in the table has."""
        (self.folder / table).mkdir(parents=True, exist_ok=True)
        return self.folder / table / f"{uuid.uuid4()}.parquet"

    def finished(self, table: str, delivery_id: str, file: Path, rows: int) -> Part:
        """A written file, on the disk for good."""
        sync(file)
        return Part(table, delivery_id, file, rows, file.stat().st_size)

    def parts(self) -> dict[str, list[Part]]:
        """Every table with its committed parts; each file is there and has the size that was committed."""
        names = [path.parent.name for path in self.folder.glob("*/_delta_log")]
        return {name: self._parts(name) for name in sorted(names)}

    def add(self, parts: Collection[Part]) -> None:
        """Commit finished files, one commit a table; another program's readers see all of a table's or none."""
        for table, group in groupby(sorted(parts, key=lambda part: part.table), key=lambda part: part.table):
            self._commit(table, list(group))

    def remove(self, parts: Iterable[Part]) -> None:
        """Commit that the files no longer belong to their tables, then delete them."""
        for table, group in groupby(sorted(parts, key=lambda part: part.table), key=lambda part: part.table):
            gone = list(group)
            delta = self._open(table)
            actions: list[AddAction | RemoveAction] = [
                RemoveAction(part.file.name, True, _written_at(part), part.bytes, _partition(table, part.delivery_id))
                for part in gone
            ]
            delta.create_write_transaction(actions, "append", delta.schema(), [*_partition(table)])
            for part in gone:
                part.file.unlink(missing_ok=True)

    def clear_unfinished(self, parts: Mapping[str, Collection[Part]]) -> None:
        """Delete the files that no commit has: a load that was killed left them."""
        for folder in self.folder.glob("*/"):
            known = {part.file for part in parts.get(folder.name, ())}
            for file in folder.glob("*.parquet"):
                if file not in known:
                    file.unlink()

    def _parts(self, table: str) -> list[Part]:
        actions = pa.table(self._open(table).get_add_actions(flatten=True)).to_pylist()
        partition = "".join(f"partition.{name}" for name in _partition(table))
        parts = [
            Part(
                table,
                action.get(partition, ""),
                self.folder / table / action["path"],
                action["num_records"],
                action["size_bytes"],
            )
            for action in actions
        ]
        for part in parts:
            found = part.file.stat().st_size if part.file.is_file() else None
            if found != part.bytes:
                what = "is missing" if found is None else f"has {found:,} bytes"
                raise LoadError(
                    f"{part.file} {what}; expected {part.bytes:,} bytes with the rows of {part.delivery_id}. Something "
                    f"else changed it. {REBUILD}"
                )
        return sorted(parts, key=lambda part: (part.delivery_id, part.file.name))

    def _commit(self, table: str, parts: list[Part]) -> None:
        known = {part.file for part in self._parts(table)} if (self.folder / table / "_delta_log").exists() else set()
        for part in parts:
            if part.file in known or not part.file.is_file():
                reason = "is in the table already" if part.file in known else "does not exist"
                raise LoadError(f"{part.file} {reason}; expected a new file. This is a fault of the program.")
        actions = [
            AddAction(
                path=part.file.name,
                size=part.bytes,
                partition_values=_partition(table, part.delivery_id),
                modification_time=_written_at(part),
                data_change=True,
                stats=json.dumps({"numRecords": part.rows}),
            )
            for part in parts
        ]
        schema = Schema.from_arrow(pq.read_schema(parts[0].file))
        try:
            if not known and not (self.folder / table / "_delta_log").exists():
                folder = str(self.folder / table)
                create_table_with_add_actions(folder, schema, actions, partition_by=[*_partition(table)])
                return
            self._open(table).create_write_transaction(
                [*actions],
                "append",
                schema,
                [*_partition(table)],
                commit_properties=CommitProperties(max_commit_retries=0),
            )
        except (DeltaError, OSError) as error:
            raise LoadError(
                f"{self.folder / table} could not be added to: {str(error).splitlines()[0]} Nothing of this load "
                f"counts. If the disk is full, make room and load again; if the table is damaged: {REBUILD}"
            ) from error

    def _open(self, table: str) -> DeltaTable:
        try:
            return DeltaTable(self.folder / table)
        except (DeltaError, TableNotFoundError, OSError) as error:
            raise LoadError(
                f"{self.folder / table} cannot be read as a Delta table: {str(error).splitlines()[0]} {REBUILD}"
            ) from error


def _partition(table: str, delivery_id: str = "") -> dict[str, str | None]:
    """The column that tells the partitions of a table apart, with its value; none for the books."""
    return {} if table in BOOKS else {"delivery_id" if table == "quarantine" else "_delivery_id": delivery_id}


def _written_at(part: Part) -> int:
    """When the file was written, in milliseconds since 1970: the log needs a time, and no clock is read here."""
    return int(part.file.stat().st_mtime * 1000)


def current(paths: ClientPaths) -> RawTables:
    """The client's tables; finishes a swap that was interrupted."""
    aside = _aside(paths)
    if aside.exists():
        if paths.raw.exists():
            shutil.rmtree(aside)
        else:
            aside.rename(paths.raw)
    return RawTables(paths.raw)


def rebuilt(paths: ClientPaths) -> RawTables:
    """Empty tables beside the client's, for ``swap_in`` once they are complete."""
    current(paths)
    folder = paths.raw.with_name("raw.rebuild")
    shutil.rmtree(folder, ignore_errors=True)
    return RawTables(folder)


def swap_in(paths: ClientPaths, tables: RawTables) -> RawTables:
    """Let rebuilt tables take the place of the client's; killed in between, ``current`` restores the old ones."""
    if tables.folder != paths.raw:
        if paths.raw.exists():
            os.replace(paths.raw, _aside(paths))  # noqa: PTH105
        os.replace(tables.folder, paths.raw)  # noqa: PTH105
    return current(paths)


def _aside(paths: ClientPaths) -> Path:
    return paths.raw.with_name("raw.replaced")

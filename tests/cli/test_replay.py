"""`sales quarantine --to` and `sales replay`: repaired rows are in raw as if they had been right from the start."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli import replay as command
from contracts.client_file import Client, load_client
from contracts.environment import CHECKOUT, Environment
from extract.repair import RepairError
from load.load_to_db import load
from load.verify_database import VerificationError
from pipeline.run import Run
from pipeline.steps import do
from storage.landing import latest

DAY = date(2026, 10, 31)
# Which attempt a row came with, and when, is all that may differ from a clean run.
LINEAGE = {"_delivery_id", "_source_file", "_loaded_at", "_run_id"}
DEFECTS = {"bad_type": 0.04, "null_key": 0.04, "negative_price": 0.04, "orphan": 0.04}
Repairing = Callable[[dict[str, Any]], Any]


def run_of(client: Client, folder: Path) -> Run:
    environment = Environment(client.client, folder, CHECKOUT / "clients", "test")
    return Run(environment, client, (DAY,), "run", environment.now(), 0)


def ask(run: Run, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(run.paths.warehouse, read_only=True) as con:
        return con.execute(query).fetchall()


def raw(run: Run) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every raw table of records, and the books, without lineage."""
    columns = ask(
        run, "select table_name, list(column_name) from duckdb_columns() where schema_name = 'raw' group by 1"
    )
    tables = {
        table: ask(
            run, f"select {', '.join(name for name in names if name not in LINEAGE)} from raw.{table} order by all"
        )
        for table, names in columns
        if "_line" in names
    }
    books = "dataset, rows_landed, rows_loaded, rows_quarantined, rows_duplicate, amount_landed, amount_loaded"
    tables["books"] = ask(run, f"select {books} from raw.load_ledger where not is_replaced order by all")
    return tables


def written_out(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What `sales quarantine --to` writes, for a client that has no file of its own."""
    monkeypatch.setattr(Environment, "from_process", lambda _: run.environment)
    monkeypatch.setattr(Environment, "client", lambda _: run.client)
    said = command.write_out("shop", file)
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert said.startswith(f"{len(rows):,} rows written to {file}\n")
    assert said.endswith(f'Next: repair their "record" there, then sales replay {file} --client shop')
    return rows


def save(file: Path, rows: Iterable[dict[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return file


def demo_with(defects: dict[str, float], folder: Path) -> Run:
    client = load_client("demo", CHECKOUT / "clients", {})
    products = client.sources["products"].model_copy(update={"url": "http://127.0.0.1:9", "attempts": 1})
    sizes = {"start": date(2026, 10, 1), "customers": 50, "transactions": 400, "defects": defects}
    ceilings = client.ceilings.model_copy(update={"quarantined_share": Decimal(1)})
    changes = {"demo": client.demo.model_copy(update=sizes), "ceilings": ceilings}
    return run_of(client.model_copy(update={**changes, "sources": {**client.sources, "products": products}}), folder)


def line_of(run: Run, row: dict[str, Any]) -> Any:
    """The record that the sound shop delivered in the place of the row."""
    dataset, key, _ = row["delivery"].split("/")
    manifest = latest(run.paths.landing, dataset, key)
    assert manifest is not None
    return json.loads(manifest.data_file(run.paths.landing).read_text(encoding="utf-8").splitlines()[row["line"] - 1])


def test_repaired_rows_of_the_demo_are_as_if_they_had_been_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, bad = demo_with({}, tmp_path / "sound"), demo_with(DEFECTS, tmp_path / "bad")
    for run in (sound, bad):
        do(run, "extract")
        do(run, "load")
    with pytest.raises(VerificationError, match="without one"):
        do(bad, "verify")
    (aside,) = ask(bad, "select count(*) from raw.quarantine")[0]
    rows = written_out(bad, tmp_path / "rows.jsonl", monkeypatch)
    orphans = [row for row in rows if " is not in " in row["reason"]]
    assert {row["reason"] for row in orphans} == {
        "customer_id 'C0000000' is not in customers",
        "product_id '0' is not in products",
    }
    assert len(rows) == aside + len(orphans)
    assert (tmp_path / "rows.jsonl").stat().st_mode & 0o777 == 0o600

    # A part: the rest stays in quarantine, also what was taken out of the file.
    repaired = [row | {"record": line_of(sound, row)} for row in rows]
    half = save(tmp_path / "half.jsonl", [*repaired[::2], *rows[1::4]])
    said = list(command.replay(bad, half))
    assert (
        said[0] == f"orders/2026-10/0002: {len(repaired[::2])} of {len(repaired[::2]) + len(rows[1::4])} rows repaired"
    )
    left = written_out(bad, tmp_path / "left.jsonl", monkeypatch)
    assert [(row["line"], row["record"]) for row in left] == [(row["line"], row["record"]) for row in rows[1::2]]
    assert list(command.replay(bad, half))[1:] == ["nothing new has landed"], "the same repair is the same delivery"

    list(command.replay(bad, save(tmp_path / "left.jsonl", [row | {"record": line_of(sound, row)} for row in left])))
    assert raw(bad) == raw(sound)
    assert ask(bad, "select count(*) from raw.quarantine") == [(0,)]
    assert "raw is what has landed" in do(replace(bad, full_recount=True), "verify")
    # The source still has the bad rows: what it delivers again is what was repaired, not a correction of it.
    do(bad, "extract")
    assert do(bad, "load") == "nothing new has landed"
    with pytest.raises(RepairError, match="orders/2026-10/0001 was replaced by orders/2026-10/0003 after its rows"):
        list(command.replay(bad, half))
    load(bad.client, bad.paths, run_id="again", now=bad.environment.now(), full_refresh=True)
    assert raw(bad) == raw(sound)


HEADER = ["Nr", "SKU", "Text", "Pieces", "Day", "Price"]
LINES = [
    ["1", "A", 'Käse, "mild"', "2", "2026-10-30", "1,50"],
    ["2", "B", "zwei\nZeilen", "two", "2026-10-30", "2,00"],
    ["3", "A", "", "1", "2026-10-30", "1,50"],
    ["", "C", "Öl", "4", "2026-10-30", "3,00"],
    ["5", "C", "Öl", "1", "2026-10-31", "-3,00"],
]
REPAIRED = [LINES[0], [*LINES[1][:3], "3", *LINES[1][4:]], LINES[2], ["4", *LINES[3][1:]], [*LINES[4][:5], "3,00"]]


def as_csv(records: Sequence[Sequence[str]]) -> bytes:
    def quoted(value: str) -> str:
        return '"' + value.replace('"', '""') + '"' if {*'\n;"'} & {*value} else value

    lines = [";".join(map(quoted, record)) for record in [HEADER, *records]]
    return "\r\n".join([*lines[:3], "", *lines[3:]]).encode("cp1252") + b"\r\n"


def as_objects(records: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    return [dict(zip(HEADER, record, strict=True)) for record in records]


def as_parquet(records: Sequence[Sequence[str]]) -> bytes:
    sink = pa.BufferOutputStream()
    typed = [row | {"Day": date.fromisoformat(row["Day"])} for row in as_objects(records)]
    pq.write_table(pa.Table.from_pylist(typed), sink, row_group_size=2)
    return bytes(sink.getvalue())


FORMATS: dict[str, tuple[str, Callable[[Sequence[Sequence[str]]], bytes]]] = {
    "lines.csv": ("csv", as_csv),
    "lines.csv.gz": ("csv", lambda records: gzip.compress(as_csv(records))),
    "lines.jsonl": (
        "jsonl",
        lambda records: "\n\n".join(json.dumps(row, ensure_ascii=False) for row in as_objects(records)).encode(
            "cp1252"
        ),
    ),
    "lines.json": ("json", lambda records: json.dumps(as_objects(records)).encode("cp1252")),
    "lines.parquet": ("parquet", as_parquet),
}


def shop_of(name: str, folder: Path, **more: Any) -> Run:
    source = {
        "kind": "files", "path": str(folder / name), "format": FORMATS[name][0], "encoding": "cp1252", "delimiter": ";",
        "decimal": ",", "repeated_rows": "drop",
        "columns": dict(
            zip(("order_id", "product_id", "description", "quantity", "order_at", "unit_price"), HEADER, strict=True)
        ),
        **more,
    }  # fmt: skip
    fields = {"name": "Shop", "currency": "EUR", "time_zone": "Europe/Berlin", "ceilings": {"quarantined_share": 1}}
    client = Client.model_validate({"client": "shop", "sources": {"order_lines": source}, **fields})
    return run_of(client, folder / "data")


def deliver(run: Run, folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    do(run, "extract")
    do(run, "load")


@pytest.mark.parametrize("name", FORMATS)
def test_rows_of_a_shops_own_file_are_repaired_in_its_own_format(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = FORMATS[name][1]
    folders = tmp_path / "bad", tmp_path / "sound"
    bad, sound = (shop_of(name, folder) for folder in folders)
    deliver(bad, folders[0], name, content(LINES))
    deliver(sound, folders[1], name, content(REPAIRED))
    rows = written_out(bad, tmp_path / "rows.jsonl", monkeypatch)
    assert [row["record"]["Nr"] for row in rows] == ["2", "", "5"]
    rows[0]["record"]["Pieces"] = 3
    rows[1]["record"]["Nr"] = "4"
    rows[2]["record"]["Price"] = "3,00"
    said = list(command.replay(bad, save(tmp_path / "rows.jsonl", rows)))
    assert said == [f"order_lines/{name}/0002: 3 of 3 rows repaired", "5 rows of 1 new delivery"]
    assert raw(bad) == raw(sound)
    if FORMATS[name][0] == "csv":
        landed = bad.paths.landing / "order_lines" / name / "0002" / name
        unpack = gzip.decompress if name.endswith(".gz") else bytes
        assert unpack(landed.read_bytes()) == unpack(content(REPAIRED)), "what was not repaired keeps its bytes"
    do(replace(bad, full_recount=True), "verify")
    do(bad, "extract")
    assert do(bad, "load") == "nothing new has landed"
    deliver(bad, folders[0], name, content([*LINES, LINES[0]]))
    assert ask(bad, "select count(*) from raw.quarantine") == [(3,)], "another file is another delivery"


def test_a_record_with_too_many_fields_can_be_given_its_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = shop_of("lines.csv", tmp_path / "bad")
    deliver(bad, tmp_path / "bad", "lines.csv", as_csv([LINES[0], [*LINES[2], "oops"]]))
    (row,) = written_out(bad, tmp_path / "rows.jsonl", monkeypatch)
    assert row["record"] == [*LINES[2], "oops"]
    assert row["reason"].startswith("the record has 7 fields, expected 6: ';' within a text or an amount needs")
    row["record"] = as_objects([LINES[2]])[0]
    list(command.replay(bad, save(tmp_path / "rows.jsonl", [row])))
    landed = bad.paths.landing / "order_lines" / "lines.csv" / "0002" / "lines.csv"
    assert landed.read_bytes() == as_csv([LINES[0], LINES[2]])


def test_rows_made_of_parts_of_a_record_are_not_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    split = {"columns": ["SKU", "Pieces"], "at": "|"}
    bad = shop_of("lines.csv", tmp_path / "bad", split=split)
    deliver(bad, tmp_path / "bad", "lines.csv", as_csv([["1", "A|B", "Text", "1|many", *LINES[0][4:]]]))
    (row,) = written_out(bad, tmp_path / "rows.jsonl", monkeypatch)
    assert (row["line"], row["record"]["Pieces"]) == (2, "1|many")
    assert row["reason"].startswith("line 2 of the file, row 2 of it: quantity is 'many'")
    with pytest.raises(RepairError, match="are made of parts of its records"):
        list(command.replay(bad, save(tmp_path / "rows.jsonl", [row])))


def change(name: str, value: Any) -> Repairing:
    return lambda row: row | {name: value}


@pytest.mark.parametrize(
    ("repair", "message"),
    [
        (lambda row: row, r"every row in .* is as it was delivered; expected repaired ones"),
        (change("line", 99), "has line 99 of order_lines/lines.csv/0001; expected one of its 5 rows"),
        (change("delivery", "orders/x/0001"), "has rows of orders/x/0001, which .* does not have"),
        (change("record", {"Menge": "2"}), "line 4 has Menge; expected columns of the file: Nr, SKU, Text, Pieces"),
        (change("record", "2;B"), "line 4 is a str; expected its fields by the names of the header"),
        (change("record", {"Text": "日本"}), "'charmap' codec can't encode .* Correct the row and replay again"),
        (
            lambda _: {"record": {}},
            "line 1 of .* is no row .* expected a JSON object with delivery, line, reason, record",
        ),
    ],
)
def test_what_cannot_be_put_back_is_refused_and_lands_nothing(
    repair: Repairing, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = shop_of("lines.csv", tmp_path / "bad")
    deliver(bad, tmp_path / "bad", "lines.csv", as_csv(LINES))
    rows = written_out(bad, tmp_path / "rows.jsonl", monkeypatch)
    with pytest.raises(RepairError, match=message):
        list(command.replay(bad, save(tmp_path / "rows.jsonl", [repair(rows[0])])))
    assert len(list((bad.paths.landing / "order_lines" / "lines.csv").iterdir())) == 1
    with pytest.raises(RepairError, match="is there already; expected a new file"):
        written_out(bad, tmp_path / "rows.jsonl", monkeypatch)


def test_a_row_is_named_when_it_is_there_twice(tmp_path: Path) -> None:
    row = {"delivery": "orders/x/0001", "line": 1, "reason": "", "record": {}}
    file = save(tmp_path / "rows.jsonl", [row, row])
    with pytest.raises(RepairError, match=r"line 2 of .* is line 1 of orders/x/0001 again; expected each row once"):
        list(command.replay(run_of(load_client("demo", CHECKOUT / "clients", {}), tmp_path), file))

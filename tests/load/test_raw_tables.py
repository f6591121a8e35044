"""Raw as files that are only added to: what counts, what a kill leaves, and what damage says."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable

from load.errors import LoadError
from load.raw_tables import Part, RawTables, current
from load.verify_database import VerificationError
from tests.load.conftest import CUSTOMERS, Make, Shop, order

ORDERS = "select order_id, status, _delivery_id, is_current from raw.orders order by all"


@pytest.fixture
def sold(shop: Shop) -> Shop:
    shop.land_masters()
    shop.land("orders", [order("A1"), order("A2")])
    shop.load()
    return shop


def versions(shop: Shop, table: str = "orders") -> int:
    return DeltaTable(shop.paths.raw / table).version()


def test_a_load_is_one_commit_a_table_and_one_without_news_is_none(shop: Shop) -> None:
    shop.land_masters()
    for month in ("2026-08", "2026-09", "2026-10"):
        shop.land("orders", [order(f"{month}/1")], key=month)
    shop.load()
    assert {table: versions(shop, table) for table in ("customers", "orders", "order_items", "load_ledger")} == {
        "customers": 0, "orders": 0, "order_items": 0, "load_ledger": 0,
    }  # fmt: skip
    shop.load()
    assert versions(shop) == 0
    shop.land("orders", [order("2026-11/1")], key="2026-11")
    shop.load()
    assert versions(shop) == 1


def test_any_engine_reads_the_table_with_its_types(sold: Shop) -> None:
    table = DeltaTable(sold.paths.raw / "order_items")
    assert table.metadata().partition_columns == ["_delivery_id"]
    rows = table.to_pyarrow_table()
    assert {str(rows.schema.field(name).type) for name in ("unit_price", "order_date")} == {
        "decimal128(18, 4)", "date32[day]",
    }  # fmt: skip
    assert rows.num_rows == 4


def test_the_log_says_how_many_rows_a_file_has_and_no_value_of_one(sold: Shop) -> None:
    logs = "".join(path.read_text() for path in sold.paths.raw.glob("*/_delta_log/*.json"))
    found = {key for stats in re.findall(r'"stats":("(?:[^"\\]|\\.)*")', logs) for key in json.loads(json.loads(stats))}
    assert found == {"numRecords"}
    assert "Ann" not in logs
    assert "A1" not in logs


@pytest.mark.parametrize("key", ["a b", "100%", "x#1", "Übersicht 2026", "a%20b", "a+b&c=d"])
def test_a_key_of_any_characters_is_one_delivery(sold: Shop, key: str) -> None:
    sold.land("orders", [order("A3")], key=key)
    sold.load()
    assert sold.rows("select order_id from raw.orders order by all") == [("A1",), ("A2",), ("A3",)]
    delivery_id = f"orders/{key}/0001"
    assert sold.rows("select distinct _delivery_id from raw.orders where order_id = 'A3'") == [(delivery_id,)]
    assert delivery_id in {part.delivery_id for part in current(sold.paths).parts()["orders"]}
    sold.verify()


def test_a_replaced_attempt_counts_no_more_and_is_removed_by_the_next_load(sold: Shop) -> None:
    (before,) = current(sold.paths).parts()["orders"]
    sold.land("orders", [order("A1", status="cancelled")])
    sold.load()
    assert sold.rows(ORDERS) == [("A1", "cancelled", "orders/2026-10/0002", True)]
    assert before.file.exists(), "readers of the load before may still have it open"
    sold.load()
    assert not before.file.exists()
    assert [part.delivery_id for part in current(sold.paths).parts()["orders"]] == ["orders/2026-10/0002"]


KILLED = """
import os, signal
from datetime import UTC, datetime
from pathlib import Path
from contracts.client_file import Client
from contracts.paths import ClientPaths
from load import load_to_db, raw_tables

commit, number = raw_tables.RawTables._commit, 0

def killed(self, table, parts):
    global number
    if number == {after}:
        os.kill(os.getpid(), signal.SIGKILL)
    number += 1
    commit(self, table, parts)

raw_tables.RawTables._commit = killed
client = Client.model_validate_json({client!r})
load_to_db.load(client, ClientPaths(Path({data!r}), "shop"), run_id="killed", now=datetime(2026, 11, 3, tzinfo=UTC))
"""


def killed_load(shop: Shop, after: int) -> int:
    """Load in a process that dies before the commit of that number; its exit code."""
    program = KILLED.format(after=after, client=shop.client.model_dump_json(), data=str(shop.paths.data))
    return subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode


def test_killed_between_any_two_commits_the_next_load_gives_the_same(sold: Shop, make_shop: Make) -> None:
    sold.land("orders", [order("A1", status="cancelled"), order("A3")])
    sold.land("customers", [*CUSTOMERS, {**CUSTOMERS[0], "customer_id": "C2"}], key="2026-11")
    after, killed = 0, 0
    before = sold.rows(ORDERS)
    while (code := killed_load(sold, after)) == -signal.SIGKILL:
        assert sold.rows(ORDERS) == before, after
        killed, after = killed + 1, after + 1
    assert code == 0
    assert killed == 5, "customers, orders, items, payments and the ledger"
    assert sold.rows(ORDERS) == [
        ("A1", "cancelled", "orders/2026-10/0002", True), ("A3", "completed", "orders/2026-10/0002", True),
    ]  # fmt: skip
    assert sold.rows("select count(*) from raw.customers where is_current") == [(2,)]
    sold.verify(full=True)
    sold.load()
    files = {part.file for parts in current(sold.paths).parts().values() for part in parts}
    assert {*sold.paths.raw.glob("*/*.parquet")} == files, "what the killed loads wrote is gone"


def test_rows_that_no_line_of_the_ledger_counts_are_not_shown(sold: Shop) -> None:
    sold.land("orders", [order("A9")], key="2026-11")
    assert killed_load(sold, 3) == -signal.SIGKILL  # orders, items and payments are in, the ledger is not
    assert {part.delivery_id for part in current(sold.paths).parts()["orders"]} == {
        "orders/2026-10/0001", "orders/2026-11/0001",
    }  # fmt: skip
    with duckdb.connect(sold.paths.warehouse, read_only=True) as con:
        assert con.execute("select count(*) from raw.orders where order_id = 'A9'").fetchall() == [(0,)]
    sold.load()
    assert sold.rows("select count(*) from raw.orders where order_id = 'A9'") == [(1,)]


def missing(shop: Shop) -> None:
    current(shop.paths).parts()["orders"][0].file.unlink()


def shorter(shop: Shop) -> None:
    file = current(shop.paths).parts()["orders"][0].file
    os.truncate(file, file.stat().st_size - 1)


def bad_log(shop: Shop) -> None:
    (shop.paths.raw / "orders" / "_delta_log" / "00000000000000000000.json").write_text("{")


def newer_protocol(shop: Shop) -> None:
    log = shop.paths.raw / "orders" / "_delta_log" / "00000000000000000000.json"
    log.write_text(re.sub(r'"minReaderVersion":\d+', '"minReaderVersion":99', log.read_text()))


def no_rows(shop: Shop) -> None:
    """A ledger that names a delivery whose files are gone from their table."""
    tables = current(shop.paths)
    tables.remove(tables.parts()["orders"])


@pytest.mark.parametrize("damage", [missing, shorter, bad_log, newer_protocol])
def test_a_damaged_table_names_the_file_and_the_command_that_rebuilds(sold: Shop, damage: Callable) -> None:
    rows = sold.rows(ORDERS)
    damage(sold)
    with pytest.raises(LoadError, match=r"raw/orders.*sales load --full-refresh"):
        sold.load()
    sold.load(full_refresh=True)
    assert sold.rows(ORDERS) == rows
    sold.verify(full=True)


def no_table(shop: Shop) -> None:
    shutil.rmtree(shop.paths.raw / "orders")


def no_log(shop: Shop) -> None:
    shutil.rmtree(shop.paths.raw / "orders" / "_delta_log")


@pytest.mark.parametrize("damage", [no_rows, no_table, no_log])
def test_what_the_ledger_counts_and_no_table_has_is_found_by_verify(sold: Shop, damage: Callable) -> None:
    rows = sold.rows(ORDERS)
    damage(sold)
    sold.load()
    found = r"rows loaded of orders/2026-10/0001: expected 2, found 0(.|\n)*--full-refresh"
    with pytest.raises(VerificationError, match=found):
        sold.verify()
    sold.load(full_refresh=True)
    assert sold.rows(ORDERS) == rows
    sold.verify()


def test_a_file_with_other_bytes_of_the_same_size_stops_load_and_verify(sold: Shop) -> None:
    file = current(sold.paths).parts()["orders"][0].file
    file.write_bytes(bytes(file.stat().st_size))
    for step in (sold.load, sold.verify):
        with pytest.raises(LoadError, match=rf"{file.name}(.|\n)*--full-refresh"):
            step()
    sold.load(full_refresh=True)
    sold.verify(full=True)


def test_without_its_ledger_nothing_counts_and_all_is_loaded_again(sold: Shop) -> None:
    rows = sold.rows(ORDERS)
    shutil.rmtree(sold.paths.raw / "load_ledger")
    assert len(sold.load().deliveries) == 3
    assert sold.rows(ORDERS) == rows
    sold.verify()


def test_a_file_is_committed_once_and_only_if_it_is_there(sold: Shop, tmp_path: Path) -> None:
    tables = current(sold.paths)
    (part,) = tables.parts()["orders"]
    with pytest.raises(LoadError, match="is in the table already"):
        tables.add([part])
    gone = Part("orders", "orders/x/0001", tables.new_file("orders"), 1, 1)
    with pytest.raises(LoadError, match="does not exist"):
        tables.add([gone])
    assert versions(sold) == 0


def test_a_rebuild_that_was_killed_while_it_was_swapped_in_leaves_the_old_tables(sold: Shop) -> None:
    rows = sold.rows(ORDERS)
    sold.paths.raw.rename(sold.paths.raw.with_name("raw.replaced"))
    RawTables(sold.paths.raw.with_name("raw.rebuild")).new_file("orders")
    sold.load()
    assert sold.rows(ORDERS) == rows
    assert not sold.paths.raw.with_name("raw.replaced").exists()


def test_the_example_of_the_docs_finds_what_counts(sold: Shop) -> None:
    sold.land("orders", [order("A1", status="cancelled")])
    sold.load()
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "read-raw.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    found: dict[str, Any] = {}
    exec(lines.replace("data/demo/raw", str(sold.paths.raw)), found)  # noqa: S102 our own docs
    assert found["orders"]["status"].tolist() == ["cancelled"]


def test_raw_of_an_older_layout_is_made_again_and_said(sold: Shop) -> None:
    file = sold.paths.raw / "read_as.json"
    read_as = json.loads(file.read_text(encoding="utf-8"))
    del read_as["layout"]
    file.write_text(json.dumps(read_as), encoding="utf-8")
    result = sold.load()
    assert len(result.deliveries) == 3
    assert result.warnings == (
        "raw made again: an older version of this program wrote it; all of landing was loaded again",
    )
    assert sold.load().deliveries == ()
    sold.verify()

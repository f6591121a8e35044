"""The orders as a Delta table: raw once more, written by month, whole after every kill."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable, write_deltalake

from load import order_lake
from load.failure import LoadError
from load.order_lake import OrderLake, keep_orders
from tests.load.conftest import CUSTOMERS, Make, Shop, item, order, payment

PARTS = {
    "orders": """
        select
            order_id, customer_id, order_at, order_date, status, channel, country, discount_amount, tax_amount,
            shipping_amount
        from raw.orders where is_current order by order_id
    """,
    "items": """
        select order_id, line_number, product_id, quantity, unit_price, discount_amount
        from raw.order_items where is_current order by all
    """,
    "payments": """
        select order_id, payment_id, attempt_number, method, status, amount, paid_at
        from raw.payments where is_current order by all
    """,
}
KEPT = {
    "orders": "select order_id, customer_id, timezone('UTC', order_at), order_date, status, channel, country, "
    "discount_amount, tax_amount, shipping_amount from lake order by order_id",
    "items": "select order_id, unnest(items, recursive := true) from lake order by all",
    "payments": "select order_id, payment_id, attempt_number, method, status, amount, timezone('UTC', paid_at) "
    "from (select order_id, unnest(payments, recursive := true) from lake) order by all",
}


def lake(shop: Shop, query: str) -> list[tuple[Any, ...]]:
    """What another reader of Delta finds: deltalake to Arrow to a DuckDB that knows nothing of ours."""
    with duckdb.connect() as con:
        con.register("lake", DeltaTable(shop.paths.order_lake).to_pyarrow_table())
        return con.execute(query).fetchall()


def files(shop: Shop) -> dict[str, set[str]]:
    """The files of the newest version by month."""
    found: dict[str, set[str]] = {}
    for path in map(Path, DeltaTable(shop.paths.order_lake).file_uris()):
        found.setdefault("/".join(path.parts[-3:-1]), set()).add(path.name)
    return found


def land_month(shop: Shop, month: int, ids: range = range(3), **changes: Any) -> None:
    orders = [
        order(
            f"A{month:02}-{number}",
            order_at=f"2026-{month:02}-{number + 1:02}T16:20:05Z",
            tax_amount=f"{number}.0{month % 10}",
            items=[item(1, unit_price="0.3333", quantity=3), item(2, unit_price="12.10", discount_amount="0.10")],
            payments=[payment(f"A{month:02}-{number}-1", status="failed"), payment(f"A{month:02}-{number}-2")],
            **changes,
        )
        for number in ids
    ]
    shop.land("orders", orders, key=f"2026-{month:02}", day=date(2026, month, 28))


@pytest.fixture
def kept(shop: Shop) -> Shop:
    """Three months, loaded and kept."""
    shop.land_masters()
    for month in (8, 9, 10):
        land_month(shop, month)
    keep(shop)
    return shop


def keep(shop: Shop) -> OrderLake:
    shop.load()
    found = keep_orders(shop.paths)
    assert {name: lake(shop, query) for name, query in KEPT.items()} == {
        name: shop.rows(query) for name, query in PARTS.items()
    }
    return found


def test_the_table_has_the_current_orders_of_raw_to_the_cent(shop: Shop) -> None:
    shop.land_masters()
    land_month(shop, 9)
    shop.land("orders", [order("B1", order_at="2025-12-31T23:30:00Z", items=[], payments=[], customer_id=None)])
    assert keep(shop).months == ((2026, 1), (2026, 9))
    # Half past midnight in Berlin, so the next year.
    assert lake(shop, "select order_year, order_month, order_date, items from lake where order_id = 'B1'") == [
        (2026, 1, date(2026, 1, 1), [])
    ]
    numbers = "select distinct list_transform(items, lambda item: item.line_number) from lake where order_month = 9"
    assert lake(shop, numbers) == [([1, 2],)]
    types = {name: kind for name, kind, *_ in lake(shop, "describe lake")}
    assert {name: types[name] for name in ("discount_amount", "order_at", "order_year", "items")} == {
        "discount_amount": "DECIMAL(18,2)",
        "order_at": "TIMESTAMP WITH TIME ZONE",
        "order_year": "INTEGER",
        "items": "STRUCT(line_number INTEGER, product_id VARCHAR, quantity INTEGER, unit_price DECIMAL(18,4), "
        "discount_amount DECIMAL(18,2))[]",
    }


@pytest.mark.parametrize(
    ("most", "portions"),
    [
        (75, [(6, 7, 8, 9, 10)]),
        (30, [(6, 7), (8, 9), (10,)]),
        (10, [(month,) for month in (6, 6, 7, 7, 8, 8, 9, 9, 10, 10)]),  # each month in two parts
    ],
)
def test_many_orders_are_written_a_portion_at_a_time_by_one_commit(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, most: int, portions: list[tuple[int, ...]]
) -> None:
    """The lists of ten million items at once do not fit into the memory that DuckDB may have."""
    asked: list[str] = []
    query = order_lake._orders
    monkeypatch.setattr(order_lake, "_orders", lambda condition: asked.append(condition) or query(condition))
    monkeypatch.setattr(order_lake, "MOST_RECORDS", most)  # a month has 3 orders, 6 items and 6 payments
    shop.land_masters()
    for month in (6, 7, 8, 9, 10):
        land_month(shop, month)
    assert keep(shop).version == 0
    assert [tuple(map(int, re.findall(r"order_month = (\d+)", condition))) for condition in asked] == portions


def test_a_run_without_news_commits_nothing(kept: Shop) -> None:
    version = DeltaTable(kept.paths.order_lake).version()
    assert keep(kept) == OrderLake(version, ())
    kept.land("customers", [{**CUSTOMERS[0], "country": "DE"}], key="2026-11")
    assert keep(kept) == OrderLake(version, ())
    kept.load(full_refresh=True)
    assert keep_orders(kept.paths) == OrderLake(version, ())


def test_a_late_order_writes_its_month_only(kept: Shop) -> None:
    before = files(kept)
    kept.land("orders", [order("L1", order_at="2026-09-15T10:00:00Z")], key="2026-11-01")
    assert keep(kept) == OrderLake(1, ((2026, 9),))
    after = files(kept)
    assert {month for month in before if before[month] != after[month]} == {"order_year=2026/order_month=9"}
    # The version before can still be read.
    old = DeltaTable(kept.paths.order_lake, version=0).to_pyarrow_table()
    assert old.num_rows == 9


@pytest.mark.parametrize("table", ["items", "payments"])
def test_an_item_or_a_payment_that_changed_writes_its_month(kept: Shop, table: str) -> None:
    name, change = {"items": ("order_items", "quantity = 7"), "payments": ("payments", "method = 'cash'")}[table]
    kept.change(f"update raw.{name} set {change} where order_id = 'A08-1'")
    assert keep(kept).months == ((2026, 8),)


def test_a_corrected_delivery_takes_the_place_of_the_old_one(kept: Shop) -> None:
    land_month(kept, 9, range(1), status="cancelled")
    assert keep(kept).months == ((2026, 9),)
    assert lake(kept, "select status from lake where order_month = 9") == [("cancelled",)]


def test_a_month_that_has_no_order_any_more_goes(kept: Shop) -> None:
    moved = [order(f"A09-{number}", order_at="2026-10-15T10:00:00Z") for number in range(3)]
    kept.land("orders", moved, key="2026-11-01")
    assert keep(kept).months == ((2026, 9), (2026, 10))
    assert set(files(kept)) == {"order_year=2026/order_month=8", "order_year=2026/order_month=10"}


def test_a_shop_without_orders_has_an_empty_table(make_shop: Make) -> None:
    shop = make_shop()
    shop.land_masters()
    assert keep(shop) == OrderLake(0, ())
    assert keep(shop) == OrderLake(0, ())
    write_deltalake(shop.paths.order_lake, DeltaTable(shop.paths.order_lake).to_pyarrow_table(), mode="append")
    assert keep(shop) == OrderLake(2, ())
    land_month(shop, 9)
    assert keep(shop) == OrderLake(3, ((2026, 9),))


def test_what_another_program_committed_is_written_over(kept: Shop) -> None:
    DeltaTable(kept.paths.order_lake).delete("order_id = 'A08-1'")
    keep(kept)
    write_deltalake(kept.paths.order_lake, DeltaTable(kept.paths.order_lake).to_pyarrow_table(), mode="append")
    keep(kept)


@pytest.mark.parametrize("moment", ["in a file", "before the commit", "after the commit"])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_run_that_is_killed_is_mended_by_the_next(shop: Shop, moment: str, is_first: bool) -> None:
    shop.land_masters()
    land_month(shop, 8)
    shop.load()
    if not is_first:
        keep_orders(shop.paths)
    # Ids that cannot be compressed, so that the file of October is large.
    ids = [os.urandom(40).hex() for _ in range(1_000)]
    payments = [payment(f"{order_id}-1") for order_id in ids]
    orders = [order(order_id, payments=[paid]) for order_id, paid in zip(ids, payments, strict=True)]
    shop.land("orders", orders)
    shop.load()
    script = Path(__file__).with_name("killed_keep.py")
    command = [sys.executable, str(script), moment, str(shop.paths.data), "shop"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == -(signal.SIGXFSZ if moment == "in a file" else signal.SIGKILL), ended.stderr
    versions = len(list(shop.paths.order_lake.glob("_delta_log/*.json")))
    assert versions == (moment == "after the commit") + (not is_first)
    assert keep(shop).version == versions - (moment == "after the commit")
    assert lake(shop, "select count(*) from lake") == [(1_003,)]


def test_files_that_no_version_has_are_cleared_after_a_week(kept: Shop) -> None:
    folder = kept.paths.order_lake / "order_year=2026" / "order_month=9"
    left = {days: folder / f"part-00000-{days}.snappy.parquet" for days in (6, 8)}
    for days, path in left.items():
        path.write_bytes(b"half")
        os.utime(path, (time.time() - days * 86_400,) * 2)
    land_month(kept, 10, range(1))
    keep(kept)
    assert {days: path.exists() for days, path in left.items()} == {6: True, 8: False}
    version = DeltaTable(kept.paths.order_lake).version()
    assert keep(kept) == OrderLake(version, ())


def test_a_damaged_table_is_told_and_made_anew_when_deleted(kept: Shop) -> None:
    (log,) = kept.paths.order_lake.glob("_delta_log/*.json")
    log.write_text(log.read_text()[:-200])
    with pytest.raises(
        LoadError, match=r"orders cannot be brought up to date \(.+\); expected a Delta table\. It holds"
    ):
        keep_orders(kept.paths)
    shutil.rmtree(kept.paths.order_lake)
    assert keep(kept).version == 0


def test_the_lines_in_the_docs_read_a_month_and_the_version_before(kept: Shop) -> None:
    kept.land("orders", [order("L1", order_at="2026-09-15T10:00:00Z")], key="2026-11-01")
    keep(kept)
    text = (Path(__file__).parents[2] / "docs" / "lake.md").read_text()
    lines = text.partition("```python\n")[2].partition("```")[0]
    found: dict[str, Any] = {}
    exec(lines.replace("data/demo/lake/orders", str(kept.paths.order_lake)), found)  # noqa: S102 our own docs
    assert sorted(found["october"]["order_id"]) == ["A10-0", "A10-1", "A10-2"]
    assert (found["orders"].count(), found["before"].count()) == (10, 9)


def test_the_commit_says_what_it_was_made_of(kept: Shop) -> None:
    (commit,) = DeltaTable(kept.paths.order_lake).history(1)
    assert [month[:2] for month in json.loads(commit["sales.months.1"])] == [[2026, 8], [2026, 9], [2026, 10]]

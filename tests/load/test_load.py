"""Deliveries into raw: once, wholly or not at all, the newest attempt of each key."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from decimal import Decimal

import pytest

from contracts.deliveries import LandingError
from load import raw_tables
from load.errors import LoadError
from tests.load.conftest import DAY, NOW, PRODUCTS, Make, Shop, item, order


def current(shop: Shop) -> dict[str, list[tuple[object, ...]]]:
    """Every current row of raw, whenever it was loaded."""
    tables = ("customers", "products", "orders", "order_items", "payments", "returns")
    return {
        table: shop.rows(f"select * exclude (_loaded_at, _run_id) from raw.{table} where is_current order by all")
        for table in tables
    }


def test_a_nested_order_becomes_typed_rows_with_their_origin(shop: Shop) -> None:
    shop.land_masters()
    manifest = shop.land("orders", [order(discount_amount="1.50")], file="orders_2026_10.json")
    shop.load()
    told = "order_id, customer_id, order_at, order_date, status, channel, country, discount_amount, tax_amount"
    assert shop.rows(
        f"select {told}, shipping_amount, is_current, _delivery_id, _source_file, _line from raw.orders"
    ) == [
        (
            *("A1", "C1", NOW.replace(day=30, month=10, hour=16, minute=20, second=5, tzinfo=None)),
            *(DAY.replace(day=30), "completed", "web", "US", Decimal("1.50"), Decimal("0.00"), Decimal("0.00"), True),
            *("orders/2026-10/0001", "orders/2026-10/0001/orders_2026_10.json", 1),
        )
    ]
    assert shop.rows("select line_number, quantity, unit_price, order_date, _line from raw.order_items") == [
        (1, 2, Decimal("10.0000"), DAY.replace(day=30), 1),
        (2, 1, Decimal("5.0000"), DAY.replace(day=30), 1),
    ]
    assert shop.rows("select payment_id, order_id, amount, status from raw.payments") == [
        ("A1-1", "A1", Decimal("25.00"), "succeeded")
    ]
    ledger = "select * exclude (started_at, finished_at) from raw.load_ledger where dataset = 'orders'"
    assert shop.rows(ledger) == [
        (
            *(manifest.delivery_id, "orders", DAY, manifest.sha256, "demo", 1, 1, 1, 0, 0, 0),
            *(Decimal("25.0000"), Decimal("25.0000"), None, False, False, "run", None, None),
        )
    ]
    of_client = "select client, currency, time_zone, business_date, has_payments, has_returns from raw.client"
    assert shop.rows(of_client) == [("shop", "EUR", "Europe/Berlin", DAY, True, True)]


def test_masters_keep_what_was_delivered_and_its_date(shop: Shop) -> None:
    shop.land_masters()
    shop.load()
    assert shop.rows("select product_id, title, product_type, origin, valid_from from raw.products") == [
        ("P1", "Mug ", "product", "demo", DAY)
    ]
    assert shop.rows("select customer_id, first_name, valid_from, is_current from raw.customers") == [
        ("C1", "Ann", DAY, True)
    ]


def test_a_products_row_may_say_its_own_origin(shop: Shop) -> None:
    shop.land("products", [{**PRODUCTS[0], "origin": "last_answer"}], origin="api")
    shop.load()
    assert shop.rows("select origin from raw.products") == [("last_answer",)]


def test_loading_twice_is_loading_once(shop: Shop) -> None:
    shop.land_masters()
    shop.land("orders", [order()])
    assert len(shop.load().deliveries) == 3
    before = current(shop)
    again = shop.load()
    assert again.deliveries == ()
    assert again.tables["orders"] == 1
    assert current(shop) == before


def test_a_corrected_delivery_takes_the_place_of_the_first(shop: Shop) -> None:
    shop.land_masters()
    shop.land("orders", [order(), order("A2"), order("A3", items=[])])
    shop.load()
    shop.land("orders", [order(items=[item(1, unit_price="7.00")])])
    shop.load()
    assert shop.rows("select order_id, _delivery_id from raw.orders") == [("A1", "orders/2026-10/0002")]
    assert shop.rows("select unit_price from raw.order_items") == [(Decimal("7.0000"),)]
    assert shop.rows("select payment_id from raw.payments") == [("A1-1",)]
    assert shop.rows("select delivery_id, is_replaced from raw.load_ledger where dataset = 'orders' order by all") == [
        ("orders/2026-10/0001", True),
        ("orders/2026-10/0002", False),
    ]


def test_quarantine_goes_with_the_delivery_that_is_replaced(shop: Shop) -> None:
    shop.land("orders", [order(status="lost")])
    shop.load()
    assert len(shop.reasons()) == 1
    shop.land("orders", [order()])
    shop.load()
    assert shop.reasons() == []


def test_only_the_newest_attempt_is_loaded(shop: Shop) -> None:
    shop.land("orders", [order()])
    shop.land("orders", [order(status="shipped")])
    assert [loaded.manifest.attempt for loaded in shop.load().deliveries] == [2]


def test_the_later_delivery_of_an_order_counts_and_the_older_stays(shop: Shop) -> None:
    shop.land("orders", [order(status="placed"), order("A2")], key="2026-09", day=DAY.replace(month=9, day=30))
    shop.land("orders", [order(items=[item(1, unit_price="9.00")])], key="2026-10")
    shop.load()
    assert shop.rows("select order_id, status, is_current from raw.orders order by all") == [
        ("A1", "completed", True),
        ("A1", "placed", False),
        ("A2", "completed", True),
    ]
    assert shop.rows("select order_id, unit_price from raw.transactions order by all") == [
        ("A1", Decimal("9.0000")),
        ("A2", Decimal("5.0000")),
        ("A2", Decimal("10.0000")),
    ]
    assert shop.rows("select count(*) filter (where is_current), count(*) from raw.payments") == [(2, 3)]


def test_an_older_version_counts_again_when_the_newer_is_taken_back(shop: Shop) -> None:
    shop.land("orders", [order(status="placed")], key="2026-09", day=DAY.replace(month=9, day=30))
    shop.land("orders", [order(status="cancelled")], key="2026-10")
    shop.load()
    shop.land("orders", [order("A2")], key="2026-10")
    shop.load()
    assert shop.rows("select order_id, status from raw.orders where is_current order by all") == [
        ("A1", "placed"),
        ("A2", "completed"),
    ]
    assert shop.rows("select count(*) from raw.transactions") == [(4,)]


def test_an_older_delivery_that_comes_late_does_not_win(shop: Shop) -> None:
    shop.land("orders", [order(status="shipped")], key="2026-10")
    shop.load()
    shop.land("orders", [order(status="placed")], key="2026-09", day=DAY.replace(month=9, day=30))
    shop.load()
    assert shop.rows("select status from raw.orders where is_current") == [("shipped",)]
    assert shop.rows("select count(*) from raw.transactions") == [(2,)]


def test_the_date_decides_and_not_the_name_of_the_key(shop: Shop) -> None:
    shop.land("orders", [order(status="shipped")], key="a")
    shop.land("orders", [order(status="placed")], key="b", day=DAY.replace(day=30))
    shop.load()
    assert shop.rows("select status from raw.orders where is_current") == [("shipped",)]


def test_a_record_that_comes_twice_counts_once(shop: Shop) -> None:
    shop.land("orders", [order(), order("A2"), order()])
    counts = shop.load().deliveries[0].counts
    assert (counts.landed, counts.loaded, counts.quarantined, counts.duplicate) == (3, 2, 0, 1)
    assert (counts.amount_landed, counts.amount_loaded) == (Decimal(75), Decimal(50))
    assert shop.rows("select order_id, _line from raw.orders order by all") == [("A1", 3), ("A2", 2)]


def test_of_a_key_with_two_contents_the_last_counts_and_the_first_is_kept_aside(shop: Shop) -> None:
    shop.land("orders", [order(status="placed"), order(), order("A2")])
    counts = shop.load().deliveries[0].counts
    assert (counts.landed, counts.loaded, counts.quarantined, counts.duplicate) == (3, 2, 1, 0)
    assert shop.rows("select status from raw.orders where order_id = 'A1'") == [("completed",)]
    assert shop.reasons() == ["order_id A1 comes again in line 2 with other content; the last one counts"]


def test_an_interrupted_load_leaves_nothing_and_the_next_one_mends_it(shop: Shop) -> None:
    shop.land_masters()
    shop.land("orders", [order()])
    program = f"""
import os, signal
from datetime import datetime, UTC
from pathlib import Path
import load.load_to_db as program
from contracts.client_file import Client
from contracts.paths import ClientPaths
record = program.record
def die(con, loading, *rest):
    if loading.delivery.dataset == "orders":
        os.kill(os.getpid(), signal.SIGKILL)
    record(con, loading, *rest)
program.record = die
client = Client.model_validate_json({shop.client.model_dump_json()!r})
program.load(client, ClientPaths(Path({str(shop.paths.data)!r}), "shop"), run_id="killed", now=datetime.now(UTC))
"""
    killed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert raw_tables.current(shop.paths).parts() == {}
    assert [loaded.manifest.dataset for loaded in shop.load().deliveries] == ["customers", "products", "orders"]
    assert shop.rows("select count(*) from raw.transactions") == [(2,)]


def test_above_the_ceiling_nothing_of_the_delivery_is_recorded(make_shop: Make) -> None:
    shop = make_shop(ceilings={"quarantined_share": "0.4"})
    shop.land_masters()
    shop.land("orders", [order(), order("A2", status="lost")])
    with pytest.raises(LoadError) as caught:
        shop.load()
    message = str(caught.value)
    assert "orders/2026-10/0001/data.jsonl: 1 of 2 rows are bad (50.00%); the ceiling is 40.00%" in message
    assert "First reasons: line 2: status is 'lost'; expected one of placed, completed, shipped, cancelled" in message
    assert "Fix the source and extract again" in message
    assert shop.rows("select dataset from raw.load_ledger order by all") == [("customers",), ("products",)]
    assert shop.rows("select count(*) from raw.quarantine") == [(0,)]


def test_at_the_ceiling_the_rest_is_loaded(make_shop: Make) -> None:
    shop = make_shop(ceilings={"quarantined_share": "0.5"})
    shop.land("orders", [order(), order("A2", status="lost")])
    result = shop.load()
    assert result.tables["orders"] == 1
    (warning,) = result.warnings
    assert warning.startswith(
        "rows in quarantine: orders/2026-10/0001: 1 of 2 rows, for example line 2: status is 'lost'"
    )


def test_a_full_refresh_gives_the_same_current_rows_in_a_new_file(shop: Shop) -> None:
    shop.land_masters()
    shop.land("orders", [order(status="placed")], key="2026-09", day=DAY.replace(month=9, day=30))
    shop.land("orders", [order()])
    shop.load()
    before = current(shop)
    old = shop.paths.root / "old.duckdb"
    old.hardlink_to(shop.paths.warehouse)  # keeps its place on the disk from the new one
    shop.paths.build.write_bytes(b"built from the old one")
    shop.load(full_refresh=True)
    assert current(shop) == before
    assert not shop.paths.warehouse.samefile(old)
    left = {path.name for path in shop.paths.warehouse.parent.iterdir() if path.is_file()}
    assert left == {"warehouse.duckdb", "pseudonym.key"}


def test_a_full_refresh_that_fails_leaves_the_old_file(make_shop: Make) -> None:
    shop = make_shop(ceilings={"quarantined_share": 0})
    shop.land("orders", [order()])
    shop.load()
    shop.land("orders", [order(status="lost")])
    with pytest.raises(LoadError, match="1 of 1 rows are bad"):
        shop.load(full_refresh=True)
    assert shop.rows("select order_id from raw.orders") == [("A1",)]
    assert not shop.paths.warehouse.with_name("rebuild.duckdb").exists()


def test_a_missing_warehouse_is_made_again_from_landing(shop: Shop) -> None:
    shop.land("orders", [order()])
    shop.load()
    before = current(shop)
    shop.paths.warehouse.unlink()
    shop.paths.build.write_bytes(b"built from the one that is gone")
    shop.load()
    assert current(shop) == before
    assert not shop.paths.build.exists()


def test_a_corrupt_warehouse_is_refused_and_rebuilt_by_a_full_refresh(shop: Shop) -> None:
    shop.land("orders", [order()])
    shop.load()
    before = current(shop)
    shop.paths.warehouse.write_bytes(b"no database" * 1000)
    log = shop.paths.warehouse.with_name("warehouse.duckdb.wal")
    log.write_bytes(b"of the damaged file")
    with pytest.raises(LoadError, match=r"cannot be opened: .*--full-refresh rebuilds it from landing"):
        shop.load()
    shop.load(full_refresh=True)
    assert not log.exists()
    assert current(shop) == before


def test_a_warehouse_in_use_says_by_whom(shop: Shop) -> None:
    shop.land("orders", [order()])
    shop.load()
    code = f"import duckdb; con = duckdb.connect({str(shop.paths.warehouse)!r}); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        for full_refresh in (False, True):
            with pytest.raises(LoadError, match=rf"is open in another process \(.*PID {holder.pid}\).*run the command"):
                shop.load(full_refresh=full_refresh)
        holder.kill()


def test_landing_made_anew_is_noticed(shop: Shop) -> None:
    shop.land("orders", [order()])
    shop.land("orders", [order(status="shipped")])
    shop.load()
    for path in sorted(shop.paths.landing.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    shop.land("orders", [order(status="cancelled")])
    with pytest.raises(LoadError, match=r"Landing has orders/2026-10/0001 .* loaded orders/2026-10/0002 .* made again"):
        shop.load()
    shop.load(full_refresh=True)
    assert shop.rows("select status from raw.orders") == [("cancelled",)]


def test_rows_read_by_two_versions_of_the_client_file_do_not_mix(make_shop: Make) -> None:
    shop = make_shop()
    shop.land("orders", [order()])
    shop.load()
    moved = make_shop(time_zone="Asia/Tokyo")
    with pytest.raises(
        LoadError, match=r"has another time_zone than when raw was loaded.*--client shop --full-refresh"
    ):
        moved.load()
    moved.load(full_refresh=True)
    assert moved.rows("select order_date from raw.orders") == [(DAY,)]


def test_an_empty_landing_folder_is_an_error(shop: Shop) -> None:
    with pytest.raises(LoadError, match=r"has no delivery; expected at least one\. Run the extract steps first"):
        shop.load()


def test_a_delivery_that_no_source_explains_is_refused(make_shop: Make) -> None:
    shop = make_shop({"orders": {"kind": "demo"}})
    shop.land_masters()
    with pytest.raises(LoadError, match=r"has customers/2026-10/0001, but the client file has no sources\.customers"):
        shop.load()


def test_an_altered_file_is_refused(shop: Shop) -> None:
    manifest = shop.land("orders", [order()])
    manifest.data_file(shop.paths.landing).write_text("{}")
    with pytest.raises(LandingError, match="was altered after delivery"):
        shop.load()


@pytest.mark.parametrize("script", ["load_to_db.py", "verify_database.py"])
def test_the_scripts_run_by_hand(shop: Shop, script: str) -> None:
    shop.land_masters()
    shop.land("orders", [order()])
    shop.land("returns", [])
    clients = shop.paths.data / "clients"
    clients.mkdir()
    (clients / "shop.yml").write_text(shop.client.model_dump_json())
    if script == "verify_database.py":
        shop.load()
    environment = {
        **os.environ,
        "SALES_DATA_DIR": str(shop.paths.data),
        "SALES_CLIENTS_DIR": str(clients),
        "SALES_CODE_VERSION": "test",
    }
    folder = __file__.replace("tests/load/test_load.py", "load")
    done = subprocess.run(
        [sys.executable, script, "--client", "shop"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"raw\.order_items +2\n", done.stdout)
    following = {"load_to_db.py": "python verify_database.py", "verify_database.py": "dbt run && dbt test"}
    assert f"Next: {following[script]}" in done.stdout or following[script] in done.stdout
    failed = subprocess.run(
        [sys.executable, script, "--client", "nobody"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (failed.returncode, failed.stdout) == (1, "")
    assert "no client file" in failed.stderr

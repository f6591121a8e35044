"""Each defect that the demo shop can be given is caught by load or verify, and nothing else is."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.client_file import Client, load_client
from contracts.deliveries import Delivery
from contracts.paths import ClientPaths
from extract.sources.demo.extract import extract as generate
from load.load_result import LoadResult
from load.load_to_db import load
from load.verify_database import VerificationError, verify
from storage.landing import land, staged_file

CLIENTS = Path(__file__).parents[2] / "clients"
DAY = date(2026, 10, 31)
NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)


def shop_with(defects: dict[str, float], folder: Path, **ceilings: Any) -> tuple[Client, ClientPaths]:
    client = load_client("demo", CLIENTS, {})
    client = Client.model_validate(
        {
            **client.model_dump(mode="json"),
            "demo": {"start": "2026-10-01", "through": DAY, "customers": 50, "transactions": 400, "defects": defects},
            "ceilings": {"quarantined_share": 1, **ceilings},
        }
    )
    paths = ClientPaths(folder, "demo")
    generate(client, paths, DAY, extracted_at=NOW, code_version="test")
    delivery = Delivery("products", "2026-10-31", DAY, "products.jsonl", "api")
    with staged_file(paths.landing, delivery) as staged:
        rows = [
            {"product_id": str(number), "title": f"Product {number}", "list_price": "9.99"} for number in range(1, 21)
        ]
        staged.write_text("".join(json.dumps(row) + "\n" for row in rows))
        land(paths.landing, delivery, staged, rows=len(rows), extracted_at=NOW, code_version="test")
    return client, paths


def truth(paths: ClientPaths) -> list[dict[str, Any]]:
    return [
        defect
        for file in sorted(paths.truth.rglob("*.json"))
        for defect in json.loads(file.read_text()).get("defects", [])
    ]


def counted(result: LoadResult) -> Counter[str]:
    counts: Counter[str] = Counter()
    for delivery in result.deliveries:
        counts.update(quarantined=delivery.counts.quarantined, duplicate=delivery.counts.duplicate)
    return counts


def ask(paths: ClientPaths, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with duckdb.connect(paths.warehouse, read_only=True) as con:
        return con.execute(query, list(values)).fetchall()


def test_the_sound_demo_passes_whole(tmp_path: Path) -> None:
    client, paths = shop_with({}, tmp_path, quarantined_share=0)
    result = load(client, paths, run_id="r", now=NOW)
    assert result.tables["order_items"] == 400
    assert counted(result) == {"quarantined": 0, "duplicate": 0}
    verify(client, paths, DAY)


@pytest.mark.parametrize(
    ("defect", "reason"),
    [
        ("null_key", "order_id is null%"),
        ("bad_type", "item 1: quantity is '%'; expected a number above 0, up to 999,999,999.999"),
        ("negative_price", "item 1: unit_price is '-%'; expected an amount from 0 to 999,999,999,999.9999"),
    ],
)
def test_a_defect_in_a_row_puts_just_that_order_in_quarantine(tmp_path: Path, defect: str, reason: str) -> None:
    client, paths = shop_with({defect: 0.1}, tmp_path)
    result = load(client, paths, run_id="r", now=NOW)
    named = [one for one in truth(paths) if one["name"] == defect]
    assert len(named) > 3
    assert counted(result) == {"quarantined": len(named), "duplicate": 0}
    assert ask(paths, "select count(*) from raw.quarantine where reason like ?", reason) == [(len(named),)]
    ids = [one["order_id"] for one in named]
    assert ask(paths, "select count(*) from raw.orders where order_id in (select unnest(?))", ids) == [(0,)]
    verify(client, paths, DAY)


def test_a_line_that_comes_twice_counts_once(tmp_path: Path) -> None:
    client, paths = shop_with({"duplicate_delivery": 0.1}, tmp_path, quarantined_share=0)
    result = load(client, paths, run_id="r", now=NOW)
    assert counted(result) == {"quarantined": 0, "duplicate": len(truth(paths))}
    assert result.tables["order_items"] == 400
    verify(client, paths, DAY)


def test_a_late_row_is_on_its_own_day(tmp_path: Path) -> None:
    client, paths = shop_with({"late_row": 0.2}, tmp_path / "late", quarantined_share=0)
    sound, sound_paths = shop_with({}, tmp_path / "sound")
    for shop, place in ((client, paths), (sound, sound_paths)):
        load(shop, place, run_id="r", now=NOW)
        verify(shop, place, DAY)
    delivered = "select order_id, order_date from raw.orders order by all"
    late = set(ask(paths, delivered))
    assert late <= set(ask(sound_paths, delivered))
    assert len(late) > 100


def test_a_renamed_field_is_quarantine_and_a_new_one_is_not(tmp_path: Path) -> None:
    client, paths = shop_with({"schema_drift": 0.2}, tmp_path)
    result = load(client, paths, run_id="r", now=NOW)
    renamed = sum('"shipping_cost"' in line for line in orders_of(paths))
    assert 0 < renamed < len(truth(paths))
    assert counted(result) == {"quarantined": renamed, "duplicate": 0}
    assert ask(paths, "select distinct reason from raw.quarantine") == [
        ("shipping_amount is null; expected an amount up to 999,999,999,999.99",)
    ]
    verify(client, paths, DAY)


def orders_of(paths: ClientPaths) -> list[str]:
    return [line for file in sorted(paths.landing.glob("orders/*/*/orders*")) for line in file.read_text().splitlines()]


def test_orphans_fail_verify_above_the_ceiling_only(tmp_path: Path) -> None:
    client, paths = shop_with({"orphan": 0.1}, tmp_path)
    load(client, paths, run_id="r", now=NOW)
    with pytest.raises(VerificationError) as caught:
        verify(client, paths, DAY)
    assert {(finding.table, finding.what) for finding in caught.value.findings} == {
        ("raw.orders", "customer_id in raw.customers"),
        ("raw.order_items", "product_id in raw.products"),
    }
    lenient = client.model_copy(
        update={"ceilings": client.ceilings.model_copy(update={"orphan_share": Decimal("0.2")})}
    )
    verify(lenient, paths, DAY)


def test_the_demo_may_be_made_smaller_again(tmp_path: Path) -> None:
    client = load_client("demo", CLIENTS, {})
    month = client.demo.model_copy(update={"start": date(2026, 10, 1), "transactions": 100})
    ordinary = client.model_copy(update={"demo": month})
    larger = client.model_copy(update={"demo": month.model_copy(update={"transactions": 300})})
    paths = ClientPaths(tmp_path, "demo")
    delivery = Delivery("products", "2026-10-31", DAY, "products.jsonl", "api")
    with staged_file(paths.landing, delivery) as staged:
        rows = [json.dumps({"product_id": str(number), "list_price": "1.00"}) + "\n" for number in range(1, 21)]
        staged.write_text("".join(rows))
        land(paths.landing, delivery, staged, rows=20, extracted_at=NOW, code_version="test")
    items = []
    for sized in (ordinary, larger, ordinary):
        generate(sized, paths, DAY, extracted_at=NOW, code_version="test")
        load(sized, paths, run_id="test", now=NOW)
        items.append(verify(sized, paths, DAY).tables["order_items"])
    assert items[0] == items[2] < items[1]

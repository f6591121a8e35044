"""A shop's customers or products file that is overwritten day by day: what was sold before keeps its context."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from extract.sources.files.extract import extract as extract_files
from tests.load.conftest import NOW, Make, Shop

FIRST, SECOND = date(2026, 10, 10), date(2026, 10, 20)
ORDERS = "id,who,at\nA,1,2026-10-10\nB,1,2026-10-20\n"


def files(path: Path, **columns: str) -> dict[str, Any]:
    return {"kind": "files", "path": str(path), "format": "csv", "columns": columns}


def run(shop: Shop, day: date) -> None:
    extract_files(shop.client, shop.paths, day, extracted_at=NOW, code_version="test")
    shop.load()


def test_an_overwritten_file_is_a_version_and_changes_nothing_sold_before(make_shop: Make, tmp_path: Path) -> None:
    people, orders = tmp_path / "people.csv", tmp_path / "orders.csv"
    shop = make_shop(
        {
            "customers": files(people, customer_id="id", country="land"),
            "orders": files(orders, order_id="id", customer_id="who", order_at="at"),
        }
    )
    versions = "select customer_id, country, valid_from, is_current from raw.customers order by all"
    orders.write_text(ORDERS)
    people.write_text("id,land\n1,DE\n")
    run(shop, FIRST)
    people.write_text("id,land\n1,FR\n2,IT\n")
    run(shop, SECOND)
    assert shop.rows(versions) == [("1", "DE", FIRST, False), ("1", "FR", SECOND, True), ("2", "IT", SECOND, True)]
    people.write_text("id,land\n1,ES\n")
    run(shop, SECOND)  # a correction of that day
    assert shop.rows(versions) == [("1", "DE", FIRST, False), ("1", "ES", SECOND, True)]

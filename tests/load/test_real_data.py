"""Real shops' data, every line accounted for and their published totals met to the cent."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.client_file import load_client
from contracts.paths import ClientPaths
from extract.sources.files.extract import extract as extract_files
from load.load_result import LoadResult
from load.load_to_db import load
from load.verify_database import verify
from tests.load.conftest import Shop
from tests.machine import FAKE_STORE, JAFFLE_SHOP, ONLINE_RETAIL

pytestmark = [pytest.mark.xdist_group("real data"), pytest.mark.system]  # a million rows, loaded once
ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 2, tzinfo=UTC)
MONTHS = (
    "748957.02 560000.26 498062.65 683267.08 493207.12 723333.51 691123.12 681300.11 682680.51 1019687.62 1070704.67 "
    "1461756.25 433668.01"
)

of_online_retail = pytest.mark.needs("online retail")


def loaded(name: str, variable: str, place: Path, last: date, folder: Path) -> tuple[LoadResult, ClientPaths]:
    client = load_client(name, ROOT / "clients", {variable: str(place)})
    paths = ClientPaths(folder, name)
    extract_files(client, paths, last, extracted_at=NOW, code_version="test")
    result = load(client, paths, run_id="real", now=NOW)
    verify(client, paths, last)
    return result, paths


@pytest.fixture(scope="module")
def online_retail(tmp_path_factory: pytest.TempPathFactory) -> tuple[LoadResult, ClientPaths]:
    folder = tmp_path_factory.mktemp("retail")
    return loaded("online_retail", "ONLINE_RETAIL_PATH", ONLINE_RETAIL, date(2011, 12, 9), folder)


def ask(paths: ClientPaths, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(paths.warehouse, read_only=True) as con:
        return con.execute(query).fetchall()


@of_online_retail
def test_every_line_of_online_retail_is_accounted_for(online_retail: tuple[LoadResult, ClientPaths]) -> None:
    result, _ = online_retail
    counts = result.deliveries[0].counts
    assert (counts.landed, counts.loaded, counts.quarantined, counts.duplicate) == (541_909, 541_909, 0, 0)
    assert counts.amount_landed == counts.amount_loaded == Decimal("9747747.9340")
    assert {table: rows for table, rows in result.tables.items() if rows} == {"order_lines": 541_909}


@of_online_retail
def test_the_unfiltered_totals_of_online_retail_are_met_by_month(online_retail: tuple[LoadResult, ClientPaths]) -> None:
    months = ask(
        online_retail[1],
        """
        select strftime(order_date, '%Y-%m') as month, cast(round(sum(quantity * unit_price), 2) as decimal(18, 2))
        from raw.current_lines
        group by month
        order by month
        """,
    )
    assert [amount for _, amount in months] == [Decimal(text) for text in MONTHS.split()]
    # Four prices of 0.001 make the exact total end in .934.
    assert sum(amount for _, amount in months) == Decimal("9747747.93")


@of_online_retail
def test_the_filtered_totals_of_online_retail_are_met(online_retail: tuple[LoadResult, ClientPaths]) -> None:
    assert ask(
        online_retail[1],
        """
        select
            count(*), count(distinct order_id), count(distinct customer_id),
            cast(round(sum(quantity * unit_price), 2) as decimal(18, 2))
        from raw.current_lines
        where type = 'sale' and customer_id is not null and quantity > 0 and unit_price > 0
        """,
    ) == [(397_884, 18_532, 4_338, Decimal("8911407.90"))]


@of_online_retail
def test_what_is_no_sale_of_online_retail_is_classified(online_retail: tuple[LoadResult, ClientPaths]) -> None:
    _, paths = online_retail
    assert ask(paths, "select sum(refund_amount) from raw.current_refunds") == [(Decimal("896812.49"),)]
    assert ask(paths, "select type, count(*) from raw.current_lines group by type order by type") == [
        ("adjustment", 2_478),
        ("return", 9_288),
        ("sale", 530_143),
    ]


@pytest.mark.needs("jaffle shop")
def test_jaffle_shop_was_paid_1672(tmp_path: Path) -> None:
    result, paths = loaded("jaffle_shop", "JAFFLE_SHOP_PATH", JAFFLE_SHOP, date(2018, 4, 9), tmp_path)
    assert [one.counts.loaded for one in result.deliveries] == [100, 99, 113]
    assert ask(paths, "select sum(amount) from raw.payments") == [(Decimal("1672.00"),)]
    assert ask(paths, "select count(*), sum(quantity * unit_price) from raw.transactions") == [
        (99, Decimal("1672.0000"))
    ]


@pytest.mark.needs("fake store")
def test_the_fake_store_products_keep_price_rating_and_title(shop: Shop) -> None:
    rows = [
        {
            **{name: body[name] for name in ("title", "description", "category")},
            "product_id": body["id"],
            "list_price": body["price"],
            "rating": body["rating"]["rate"],
            "rating_count": body["rating"]["count"],
            "image_url": body["image"],
        }
        for body in json.loads(FAKE_STORE.read_text())
    ]
    shop.land("products", rows, origin="api")
    shop.load()
    assert shop.rows(
        "select count(*), sum(list_price), sum(rating_count), count(*) filter (where title <> trim(title)) "
        "from raw.products"
    ) == [(20, Decimal("3240.92"), 5_736, 5)]

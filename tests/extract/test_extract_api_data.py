"""Products to landing: what is landed when the API answers, and what when it does not."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tenacity import wait_none

from contracts.client_file import Client
from contracts.deliveries import Delivery, LandingError, Manifest
from contracts.paths import ClientPaths
from extract import web
from extract.errors import ExtractError
from extract.sources.fake_store_api.extract import extract as extract_products
from storage.landing import check_file, deliveries, land, staged_file
from storage.lock import pipeline_lock
from tests.machine import FAKE_STORE

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ANSWER = (HERE / "products_answer.json").read_bytes()
DAY = date(2026, 10, 31)
NOW = datetime(2026, 11, 1, 7, 0, tzinfo=UTC)
DOWN = (503, b"", {})


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "BACKOFF", wait_none())


@pytest.fixture
def paths(tmp_path: Path) -> ClientPaths:
    return ClientPaths(tmp_path, "shop")


def shop(url: str, **source: Any) -> Client:
    return Client.model_validate(
        {
            "client": "shop",
            "name": "Shop",
            "currency": "USD",
            "time_zone": "UTC",
            "sources": {
                "orders": {"kind": "demo"},
                "products": {"kind": "fake_store_api", "url": url, "attempts": 2, **source},
            },
        }
    )


def extract(client: Client, paths: ClientPaths, day: date = DAY) -> Manifest:
    (manifest,) = extract_products(client, paths, day, extracted_at=NOW, code_version="test")
    return manifest


def rows(paths: ClientPaths, manifest: Manifest) -> list[dict[str, Any]]:
    with check_file(paths.landing, manifest).open(encoding="utf-8") as lines:
        return [json.loads(line, parse_float=Decimal) for line in lines]


def renamed(title: str) -> tuple[int, bytes, dict[str, str]]:
    return 200, ANSWER.replace(b"Red Kettle", title.encode()), {}


def test_an_answer_is_landed_with_the_columns_of_raw_products(api: Any, paths: ClientPaths) -> None:
    manifest = extract(shop(api.url), paths)
    assert (manifest.delivery_id, manifest.origin, manifest.rows) == ("products/2026-10-31/0001", "api", 3)
    assert (manifest.logical_date, manifest.warnings) == (DAY, ())
    assert rows(paths, manifest) == [
        {
            "product_id": "1",
            "title": "Red Kettle",
            "description": "",
            "category": "kitchen",
            "list_price": "695",
            "rating": "4.1",
            "rating_count": 0,
            "image_url": "",
            "origin": "api",
        },
        {
            "product_id": "2",
            "title": "Blue Kettle",
            "description": "Boils “fast”.",
            "category": "kitchen",
            "list_price": "22.3",
            "rating": "3",
            "rating_count": 7,
            "image_url": "https://shop.example.com/2.jpg",
            "origin": "api",
        },
        {
            "product_id": "9007199254740993",
            "title": "Kettle Lid",
            "description": "Line\nbreak",
            "category": "kitchen",
            "list_price": "1234567890123.45",
            "rating": None,
            "rating_count": None,
            "image_url": "",
            "origin": "api",
        },
    ]


def test_the_same_products_in_another_order_are_the_same_delivery(api: Any, paths: ClientPaths) -> None:
    api.replies = [(200, ANSWER, {}), (200, json.dumps(json.loads(ANSWER)[::-1]).encode(), {})]
    assert extract(shop(api.url), paths) == extract(shop(api.url), paths)
    assert len(deliveries(paths.landing)) == 1


def test_a_changed_answer_is_the_next_attempt(api: Any, paths: ClientPaths) -> None:
    api.replies = [renamed("Old"), renamed("New")]
    extract(shop(api.url), paths)
    assert extract(shop(api.url), paths).delivery_id == "products/2026-10-31/0002"


def test_without_any_answer_the_bundled_catalogue_is_landed(
    api: Any, paths: ClientPaths, caplog: pytest.LogCaptureFixture
) -> None:
    api.replies = [DOWN]
    manifest = extract(shop(api.url), paths)
    assert (manifest.origin, manifest.rows) == ("bundled", 20)
    assert {row["origin"] for row in rows(paths, manifest)} == {"bundled"}
    warning = (
        "older products: "
        f"those for 2026-10-31 are the bundled catalogue of 20 products, because {api.url}/products answered "
        "503 Service Unavailable, expected 200 OK."
    )
    assert manifest.warnings == (warning,)
    assert (logging.WARNING, warning) in [(record.levelno, record.message) for record in caplog.records]


def test_nonsense_is_replaced_as_silence_is(api: Any, paths: ClientPaths) -> None:
    api.replies = [(200, b"null", {})]
    assert extract(shop(api.url), paths).origin == "bundled"


def test_an_earlier_answer_is_landed_again_before_the_bundled_catalogue(api: Any, paths: ClientPaths) -> None:
    api.replies = [renamed("Of the 28th"), renamed("Old 29th"), renamed("Of the 29th"), DOWN]
    extract(shop(api.url), paths, date(2026, 10, 28))
    extract(shop(api.url), paths, date(2026, 10, 29))
    extract(shop(api.url), paths, date(2026, 10, 29))
    manifest = extract(shop(api.url), paths)
    assert (manifest.delivery_id, manifest.origin, manifest.rows) == ("products/2026-10-31/0001", "last_answer", 3)
    assert {row["origin"] for row in rows(paths, manifest)} == {"last_answer"}
    assert [row["title"] for row in rows(paths, manifest)] == ["Of the 29th", "Blue Kettle", "Kettle Lid"]
    warning = (
        f"older products: those for 2026-10-31 are the API's answer of 2026-10-29, because {api.url}/products answered "
        "503 Service Unavailable, expected 200 OK."
    )
    assert manifest.warnings == (warning,)


def test_an_answer_is_not_taken_from_a_replacement(api: Any, paths: ClientPaths) -> None:
    api.replies = [renamed("Real"), DOWN]
    extract(shop(api.url), paths, date(2026, 10, 28))
    extract(shop(api.url), paths, date(2026, 10, 29))
    assert "the API's answer of 2026-10-28" in extract(shop(api.url), paths).warnings[0]


@pytest.mark.parametrize(
    ("days", "taken"),
    [
        (("2026-11-01", "2026-10-20"), "2026-10-20"),
        (("2026-10-30", "2026-10-29"), "2026-10-30"),
        (("2026-11-03", "2026-11-02"), "2026-11-02"),
    ],
)
def test_a_backfilled_day_prefers_the_nearest_answer_before_it(
    api: Any, paths: ClientPaths, days: tuple[str, str], taken: str
) -> None:
    api.replies = [renamed("First"), renamed("Second"), DOWN]
    for day in days:
        extract(shop(api.url), paths, date.fromisoformat(day))
    assert f"are the API's answer of {taken}," in extract(shop(api.url), paths).warnings[0]


def test_only_products_count_as_an_earlier_answer(api: Any, paths: ClientPaths) -> None:
    orders = Delivery("orders", "2026-10", date(2026, 10, 30), "orders.jsonl", "api")
    with staged_file(paths.landing, orders) as staged:
        staged.write_text("{}\n", encoding="utf-8")
        land(paths.landing, orders, staged, rows=1, extracted_at=NOW, code_version="test")
    api.replies = [DOWN]
    assert extract(shop(api.url), paths).origin == "bundled"


def test_prices_are_landed_as_plain_digits(api: Any, paths: ClientPaths) -> None:
    api.replies = [(200, ANSWER.replace(b"22.3", b"1.23E+3"), {})]
    assert rows(paths, extract(shop(api.url), paths))[1]["list_price"] == "1230"


def test_a_good_answer_for_the_date_is_not_replaced(
    api: Any, paths: ClientPaths, caplog: pytest.LogCaptureFixture
) -> None:
    api.replies = [(200, ANSWER, {}), DOWN]
    first = extract(shop(api.url), paths)
    assert extract(shop(api.url), paths) == first
    assert len(deliveries(paths.landing)) == 1
    assert caplog.messages[-1] == (
        f"{api.url}/products answered 503 Service Unavailable, expected 200 OK. "
        "The good answer already landed for 2026-10-31 stays."
    )


def test_a_good_answer_replaces_the_replacement(api: Any, paths: ClientPaths) -> None:
    api.replies = [DOWN, DOWN, (200, ANSWER, {})]
    assert extract(shop(api.url), paths).origin == "bundled"
    manifest = extract(shop(api.url), paths)
    assert (manifest.delivery_id, manifest.origin) == ("products/2026-10-31/0002", "api")


def test_a_damaged_earlier_answer_is_not_landed_again(api: Any, paths: ClientPaths) -> None:
    api.replies = [(200, ANSWER, {}), DOWN]
    damaged = extract(shop(api.url), paths, date(2026, 10, 30)).data_file(paths.landing)
    damaged.write_bytes(damaged.read_bytes()[:-20])
    with pytest.raises(LandingError, match="was altered after delivery"):
        extract(shop(api.url), paths)


def test_a_client_may_forbid_a_replacement(api: Any, paths: ClientPaths) -> None:
    api.replies = [(200, ANSWER, {}), DOWN]
    extract(shop(api.url), paths, date(2026, 10, 30))
    with pytest.raises(ExtractError) as caught:
        extract(shop(api.url, on_unreachable="fail"), paths)
    assert str(caught.value) == (
        f"No products for 2026-10-31: {api.url}/products answered 503 Service Unavailable, expected 200 OK. Client "
        "shop accepts no replacement (on_unreachable: fail). Check sources.products.url and the network and run the "
        "step again."
    )
    assert len(deliveries(paths.landing)) == 1


def test_a_client_without_an_api_is_told_so(api: Any, paths: ClientPaths) -> None:
    client = shop(api.url)
    without = client.model_copy(update={"sources": {"orders": client.sources["orders"]}})
    with pytest.raises(ExtractError, match=r"Client shop takes no products from an API; expected sources.products"):
        extract(without, paths)


def test_the_bundled_catalogue_prices_what_the_api_priced(api: Any, paths: ClientPaths) -> None:
    api.replies = [DOWN]
    bundled = rows(paths, extract(shop(api.url), paths))
    assert [row["product_id"] for row in bundled] == [str(number) for number in range(1, 21)]
    assert sum(Decimal(row["list_price"]) for row in bundled) == Decimal("3240.92")


@pytest.mark.needs("fake store")
def test_the_bundled_catalogue_has_the_ids_and_prices_of_the_api_and_other_words(api: Any, paths: ClientPaths) -> None:
    api.replies = [DOWN]
    bundled = rows(paths, extract(shop(api.url), paths))
    api.replies = [(200, FAKE_STORE.read_bytes(), {})]
    real = rows(paths, extract(shop(api.url), paths))
    for column in ("product_id", "category", "list_price"):
        assert [row[column] for row in bundled] == [row[column] for row in real]
    for column in ("title", "description", "image_url"):
        assert {row[column] for row in bundled} & {row[column] for row in real} == set()


def run_script(tmp_path: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (tmp_path / "shop.yml").write_text(
        "client: shop\nname: Shop\ncurrency: USD\ntime_zone: UTC\nsources:\n  orders: {kind: demo}\n"
        f"  products: {{kind: fake_store_api, url: '{url}', attempts: 1, on_unreachable: fail}}\n",
        encoding="utf-8",
    )
    return subprocess.run(
        [sys.executable, "extract_api_data.py", *arguments],
        cwd=ROOT / "extract",
        env={**os.environ, "SALES_DATA_DIR": str(tmp_path), "SALES_CLIENTS_DIR": str(tmp_path), "SALES_CLIENT": "shop"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_script_tells_what_was_landed_and_what_is_next(api: Any, tmp_path: Path) -> None:
    done = run_script(tmp_path, api.url, "--date", "2026-10-31")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Extracting for client shop, business date 2026-10-31 ...",
        "products 3 rows in 1 delivery (api)",
        f"In {tmp_path}/shop/landing. Next: cd ../load && python load_to_db.py --client shop",
    ]


def test_the_script_fails_with_the_message(api: Any, tmp_path: Path) -> None:
    api.replies = [DOWN]
    failed = run_script(tmp_path, api.url, "--date", "2026-10-31")
    assert failed.returncode == 1
    assert failed.stderr.startswith(
        f"Nothing more was landed: No products for 2026-10-31: {api.url}/products answered 503"
    )
    unknown = run_script(tmp_path, api.url, "--client", "nosuch")
    assert unknown.returncode == 1
    assert "nosuch.yml; clients here: shop." in unknown.stderr


def test_the_script_waits_for_no_other_run_of_the_client(api: Any, tmp_path: Path) -> None:
    with pipeline_lock(ClientPaths(tmp_path, "shop"), step="load", run_id="r1", now=NOW):
        blocked = run_script(tmp_path, api.url, "--date", "2026-10-31")
    assert blocked.returncode == 1
    assert "held by load of run r1" in blocked.stderr
    assert api.paths == []

"""A record of which nobody maps the customer is landed without what could say who it is, to the last digit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.datasets import DATASETS
from contracts.layout import Layout
from extract.errors import ExtractError
from extract.mapped_fields import MappedFields
from load.errors import LoadError
from tests.extract.rest.api import Api, serving
from tests.extract.rest.test_rest import CURSOR, Shop, order

ITEMS: dict[str, Any] = {
    "order_id": "id",
    "product_id": "lines.sku",
    "quantity": "lines.qty",
    "unit_price": "lines.price",
}


@pytest.fixture
def api() -> Iterator[Api]:
    with serving() as started:
        yield started


def kept(record: dict[str, Any], columns: dict[str, Any], **settings: Any) -> Any:
    layout = Layout(format="jsonl", columns=columns, **settings)
    return json.loads(MappedFields.of(layout, ["id"]).line(json.dumps(record).encode()))


def test_what_the_mapping_reaches_stays_and_all_else_is_null() -> None:
    record = {
        "id": 7, "email": "anna@example.com", "customer": {"id": 501, "name": "Anna"}, "note": ["Anna", {"a": 1}],
        "currency": "USD", "tags": ["vip"], "taxes": [{"amount": "1.10", "who": "Anna"}],
        "lines": [{"sku": "tea", "qty": 1, "price": "5.00", "engraving": "Anna", "total": "5.00"}],
    }  # fmt: skip
    price = {"sql": 'lines.price + "taxes[].amount"'}
    assert kept(record, ITEMS | {"unit_price": price}, records="lines", where="lines.kind = 'good' or tags = ''") == {
        "id": 7, "email": None, "customer": {"id": None, "name": None}, "note": None,
        "currency": "USD", "tags": ["vip"], "taxes": [{"amount": "1.10", "who": None}],
        "lines": [{"sku": "tea", "qty": 1, "price": "5.00", "engraving": None, "total": "5.00"}],
    }  # fmt: skip


def test_numbers_keep_their_digits() -> None:
    line = b'{"id": 12345678901234567890, "price": 10.10, "rate": 0.12345678901234567890}'
    layout = Layout(format="jsonl", columns={"product_id": "id", "list_price": "price", "unit_cost": "rate"})
    assert MappedFields.of(layout).line(line) == line.replace(b": ", b":").replace(b", ", b",") + b"\n"


@pytest.mark.parametrize("settings", [{}, CURSOR])
def test_a_customer_whom_nobody_maps_is_not_landed(api: Api, tmp_path: Path, settings: dict[str, Any]) -> None:
    api.orders = [order(1), order(2)]
    shop = Shop(tmp_path, api)
    source = {**shop.sources["orders"], **settings}
    shop.sources = {"orders": source, "order_items": {**source, "lines": "lines", "columns": ITEMS}}
    shop.client = shop._client()
    shop.extract()
    texts = {
        name: "".join(path.read_text() for path in (shop.paths.landing / name).rglob("*.jsonl"))
        for name in shop.sources
    }
    assert "Anna" in texts["orders"], "where it can be taken out again"
    assert not any(who in texts["order_items"] for who in ("Anna", "c1", "c2"))
    assert shop.raw("select order_id, product_id, quantity from raw.order_items order by all") == [
        *(("1", "cup", 1), ("1", "tea", 1), ("2", "cup", 2), ("2", "tea", 1))
    ]
    assert shop.new() == []
    if settings:
        shop.sources["order_items"]["columns"] = ITEMS | {"sku": "lines.sku", "discount_amount": "lines.off"}
        shop.client = shop._client()
        with pytest.raises(ExtractError, match=r"sources\.order_items has another fields than when"):
            shop.extract()


@pytest.mark.parametrize("dataset", ["order_items", "tax_lines", "discount_codes"])
def test_rows_of_orders_come_whole_orders_at_a_time(api: Api, tmp_path: Path, dataset: str) -> None:
    columns = {"order_id": "id", "product_id": "sku", "code": "sku", "quantity": "qty", "unit_price": "price"}
    columns |= {"amount": "price", "title": "sku"}
    known = {column.name for column in DATASETS[dataset].columns}
    shop = Shop(tmp_path, api)
    source = {
        **shop.sources["orders"],
        **CURSOR,
        "columns": {ours: one for ours, one in columns.items() if ours in known},
    }
    shop.sources[dataset] = source
    shop.client = shop._client()
    with pytest.raises(
        ExtractError, match=rf"sources\.{dataset} reads rows of orders by a cursor, and one that changed"
    ):
        shop.extract()


def test_what_would_change_figures_is_still_seen(api: Api, tmp_path: Path) -> None:
    api.orders = [order(1, currency="USD")]
    shop = Shop(tmp_path, api, columns={"order_id": "id", "order_at": "created_at"})
    shop.extract()
    with pytest.raises(LoadError, match="nobody maps the column currency, which is 'USD'"):
        shop.raw("select 1")

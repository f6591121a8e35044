"""A shop whose tables are in a database, and what one does to both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.client_file import Client
from contracts.deliveries import Manifest
from contracts.paths import ClientPaths
from extract import changes
from extract.sources.sql.extract import extract
from load.load_to_db import load
from load.verify_database import verify
from storage.landing import deliveries
from tests.extract.sql.databases import Database

DAY, NOW = date(2026, 10, 31), datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
ORDERS: dict[str, Any] = {
    "kind": "sql",
    "table": "orders",
    "key": ["id"],
    "cursor": "updated_at",
    "time_zone": "UTC",
    "columns": {"order_id": "id", "order_at": "created_at", "customer_id": "customer", "shipping_amount": "total"},
}
ITEMS: dict[str, Any] = {
    "kind": "sql",
    "query": "select i.*, o.updated_at from items i join orders o on o.id = i.order_id where ':x' = ':x' and 3 % 2 = 1",
    "key": ["id"],
    "cursor": "updated_at",
    "time_zone": "UTC",
    "columns": {
        "order_id": "order_id",
        "product_id": "sku",
        "line_number": "id",
        "quantity": "qty",
        "unit_price": "price",
    },
}
TYPES = {"postgresql": "timestamp(0)", "mariadb": "datetime", "sqlite": "text"}
KINDS = [
    pytest.param("postgresql", marks=[pytest.mark.needs("postgresql"), pytest.mark.xdist_group("postgresql")]),
    pytest.param("mariadb", marks=[pytest.mark.needs("mariadb"), pytest.mark.xdist_group("mariadb")]),
    "sqlite",
]
SERVERS = KINDS[:2]


class Shop:
    """A client whose tables are in a database."""

    def __init__(self, folder: Path, database: Database, **sources: dict[str, Any]) -> None:
        self.database, self.folder = database, folder
        self.paths = ClientPaths(folder / "data", "shop")
        self.say(**(sources or {"orders": ORDERS, "order_items": ITEMS}))

    def say(self, **sources: dict[str, Any]) -> None:
        self.fields = {
            "client": "shop",
            "name": "Shop",
            "currency": "EUR",
            "time_zone": "Europe/Berlin",
            "ceilings": {"shrink_share": 1},
            "sources": {name: {"url": self.database.reader, **source} for name, source in sources.items()},
        }
        self.client = Client.model_validate(self.fields)

    def extract(self, day: date = DAY, now: datetime = NOW) -> list[Manifest]:
        return extract(self.client, self.paths, day, extracted_at=now, code_version="test")

    def new(self, **options: Any) -> list[tuple[str, int]]:
        """Ids and rows of what a run adds to landing."""
        before = {one.delivery_id for one in deliveries(self.paths.landing)}
        self.extract(**options)
        return [(one.delivery_id, one.rows) for one in deliveries(self.paths.landing) if one.delivery_id not in before]

    def raw(self, query: str) -> list[tuple[Any, ...]]:
        load(self.client, self.paths, run_id="run", now=NOW)
        verify(self.client, self.paths, DAY)
        with duckdb.connect(self.paths.warehouse, read_only=True) as con:
            return con.execute(query).fetchall()

    def orders(self) -> list[tuple[Any, ...]]:
        return self.raw("select order_id, shipping_amount from raw.orders where is_current order by all")

    def lines(self) -> list[tuple[Any, ...]]:
        return self.raw("select order_id, product_id, quantity from raw.order_items where is_current order by all")


def order(number: int, total: str = "10.00", at: str = "2026-10-30 10:00:00", customer: str = "anna") -> str:
    return f"insert into orders values ({number}, '{customer}', '2026-10-30 09:00:00', '{at}', {total})"


def item(number: int, order_id: int, sku: str = "tea", qty: int = 1) -> str:
    return f"insert into items values ({number}, {order_id}, '{sku}', {qty}, 10.0000)"


def after_batches(monkeypatch: pytest.MonkeyPatch, batches: int, what: Callable[[], None]) -> None:
    """Do something once some batches are landed, in the middle of reading."""
    landed, count = changes.land, iter(range(batches))

    def land_and(*arguments: Any, **options: Any) -> Manifest:
        manifest = landed(*arguments, **options)
        if next(count, None) == batches - 1:
            what()
        return manifest

    monkeypatch.setattr(changes, "land", land_and)

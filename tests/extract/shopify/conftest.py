"""A client whose data is a shop of Shopify, and the server that plays it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tenacity import wait_none

from contracts.client_file import Client, client_of
from contracts.deliveries import Manifest
from contracts.paths import ClientPaths
from extract import web
from extract.sources.shopify.extract import extract
from load.load_to_db import load
from load.verify_database import VerifyReport, verify
from storage.landing import deliveries
from tests.extract.shopify.server import CLIENT_ID, CLIENT_SECRET, Shopify, serving

DAY, NOW = date(2026, 10, 31), datetime(2026, 11, 1, 6, 0, tzinfo=UTC)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shopify]:
    monkeypatch.setattr(web, "BACKOFF", wait_none())
    with serving() as started:
        yield started


class Shop:
    """A client of one block: the whole shop."""

    def __init__(self, folder: Path, server: Shopify, beside: dict[str, Any] | None = None, **settings: Any) -> None:
        self.paths = ClientPaths(folder / "data", "shop")
        self.server = server
        self.say(beside, **settings)

    def say(self, beside: dict[str, Any] | None = None, **settings: Any) -> None:
        shop = {
            "kind": "shopify", "store": self.server.url, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
            "since": "2026-09-01", "timeout_seconds": 10, "attempts": 2, **settings,
        }  # fmt: skip
        fields = {"client": "shop", "name": "Shop", "currency": "EUR", "time_zone": "Europe/Berlin"}
        rules = {"count_orders": "placed", "ceilings": {"shrink_share": 1}}
        self.client: Client = client_of({**fields, **rules, "sources": {"shop": shop, **(beside or {})}}, Path(), {})

    def extract(self, day: date = DAY, now: datetime = NOW) -> list[Manifest]:
        return extract(self.client, self.paths, day, extracted_at=now, code_version="test")

    def new(self, dataset: str = "orders") -> list[tuple[str, int]]:
        """What an extract landed of a dataset."""
        before = {one.delivery_id for one in deliveries(self.paths.landing)}
        self.extract()
        return [
            (one.delivery_id.partition("/")[2].partition("-")[2], one.rows)
            for one in deliveries(self.paths.landing)
            if one.delivery_id not in before and one.dataset == dataset
        ]

    def load(self) -> None:
        load(self.client, self.paths, run_id="run", now=NOW)

    def verified(self) -> VerifyReport:
        self.load()
        return verify(self.client, self.paths, DAY)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.paths.warehouse, read_only=True) as con:
            return con.execute(query).fetchall()

"""A client whose sources are read live, and what is landed and loaded of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.client_file import Client, client_of
from contracts.deliveries import Manifest
from contracts.paths import ClientPaths
from extract import changes
from load.load_to_db import load
from load.verify_database import VerifyReport, verify
from storage.landing import deliveries

DAY, NOW = date(2026, 10, 31), datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
RULES = {"count_orders": "placed", "amount_only_refunds": "goods", "ceilings": {"shrink_share": 1}}


class LiveClient:
    """A client with the sources; ``rules`` stand beside them."""

    def __init__(
        self, folder: Path, extract: Callable[..., list[Manifest]], sources: Mapping[str, Any], **rules: Any
    ) -> None:
        self.paths = ClientPaths(folder / "data", "shop")
        fields = {"client": "shop", "name": "Shop", "currency": "EUR", "time_zone": "Europe/Berlin"}
        self.client: Client = client_of({**fields, **RULES, **rules, "sources": sources}, Path(), {})
        self._extract = extract

    def extract(self, day: date = DAY, now: datetime = NOW) -> list[Manifest]:
        return self._extract(self.client, self.paths, day, extracted_at=now, code_version="test")

    def new(self, dataset: str = "orders") -> list[int]:
        """How many rows each delivery has that an extract landed of a dataset."""
        before = {one.delivery_id for one in deliveries(self.paths.landing)}
        self.extract()
        found = [one for one in deliveries(self.paths.landing) if one.dataset == dataset]
        return [one.rows for one in found if one.delivery_id not in before]

    def landed(self, dataset: str, also: bool = False) -> list[dict[str, Any]]:
        """What counts of a dataset, in all of its newest attempts."""
        newest = {one.key: one for one in deliveries(self.paths.landing) if one.dataset == dataset}
        return [
            json.loads(text)
            for key, one in newest.items()
            if ("-also" in key) == also
            for text in one.data_file(self.paths.landing).read_text().splitlines()
        ]

    def ids(self, dataset: str = "orders") -> list[Any]:
        return sorted(one["id"] for one in self.landed(dataset))

    def extract_killed(self) -> int:
        """Kill an extract before each of its deliveries, once after the other, until one ends; how many were killed."""
        land = changes.land
        for alive in range(100):
            left = iter(range(alive))

            def killed(*arguments: Any, left: Any = left, **options: Any) -> Manifest:
                if next(left, None) is None:
                    raise KeyboardInterrupt
                return land(*arguments, **options)

            with pytest.MonkeyPatch.context() as patch, suppress(KeyboardInterrupt):
                patch.setattr(changes, "land", killed)
                self.extract()
                return alive
        raise AssertionError("it never ends")

    def load(self) -> None:
        load(self.client, self.paths, run_id="run", now=NOW)

    def verified(self) -> VerifyReport:
        self.load()
        return verify(self.client, self.paths, DAY)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.paths.warehouse, read_only=True) as con:
            return con.execute(query).fetchall()

"""A shop with a landing folder and a warehouse of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contracts.client_file import Client
from contracts.deliveries import Delivery, Manifest
from contracts.paths import ClientPaths
from load.load_result import LoadResult
from load.load_to_db import load
from load.raw_tables import BOOKS, current
from load.raw_views import create_tables, show, shown_columns, stored_columns, write_part
from load.verify_database import VerifyReport, verify
from load.warehouse import open_warehouse
from storage.landing import land, staged_file

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
DAY = date(2026, 10, 31)
Rows = Sequence[Mapping[str, Any]]


def order(order_id: str = "A1", **changes: Any) -> dict[str, Any]:
    """A sound nested order of two items, 25.00 in all, paid at once."""
    return {
        "order_id": order_id,
        "order_at": "2026-10-30T16:20:05Z",
        "status": "completed",
        "channel": "web",
        "country": "US",
        "customer_id": "C1",
        "discount_amount": "0.00",
        "tax_amount": "0.00",
        "shipping_amount": "0.00",
        "items": [item(1, quantity=2, unit_price="10.00"), item(2, unit_price="5.00")],
        "payments": [payment(f"{order_id}-1")],
        **changes,
    }


def item(line_number: int, **changes: Any) -> dict[str, Any]:
    return {
        "line_number": line_number,
        "product_id": "P1",
        "quantity": 1,
        "unit_price": "1.00",
        "discount_amount": "0.00",
        **changes,
    }


def payment(payment_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "payment_id": payment_id,
        "attempt_number": 1,
        "method": "card",
        "status": "succeeded",
        "amount": "25.00",
        "paid_at": "2026-10-30T16:20:09Z",
        **changes,
    }


CUSTOMERS = [{"customer_id": "C1", "first_name": "Ann", "country": "US", "signup_at": "2026-01-01T10:00:00Z"}]
PRODUCTS = [{"product_id": "P1", "title": "Mug ", "category": "kitchen", "list_price": "10.00"}]


def as_bytes(rows: Rows | bytes | str) -> bytes:
    if isinstance(rows, bytes):
        return rows
    if isinstance(rows, str):
        return rows.encode()
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


@dataclass
class Shop:
    """One client, with what its steps need."""

    client: Client
    paths: ClientPaths

    def land(
        self,
        dataset: str,
        rows: Rows | bytes | str,
        *,
        key: str = "2026-10",
        day: date = DAY,
        file: str = "data.jsonl",
        count: int | None = None,
        origin: str = "demo",
        parameters: Mapping[str, Any] | None = None,
    ) -> Manifest:
        """Deliver rows, or the bytes of a file with ``count`` records."""
        delivery = Delivery(dataset, key, day, file, origin, parameters or {})
        with staged_file(self.paths.landing, delivery) as staged:
            staged.write_bytes(as_bytes(rows))
            size = count if count is not None else len(rows)
            return land(self.paths.landing, delivery, staged, rows=size, extracted_at=NOW, code_version="test")

    def land_masters(self) -> None:
        """Deliver the customer and the product that orders name."""
        self.land("customers", CUSTOMERS)
        self.land("products", PRODUCTS)

    def load(self, *, full_refresh: bool = False) -> LoadResult:
        return load(self.client, self.paths, run_id="run", now=NOW, full_refresh=full_refresh)

    def verify(self, *, full: bool = False) -> VerifyReport:
        return verify(self.client, self.paths, DAY, full=full)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds in the warehouse."""
        with duckdb.connect(self.paths.warehouse, read_only=True) as con:
            return con.execute(query).fetchall()

    def change(self, statement: str) -> None:
        """Do to the rows of one raw table what no load would: its files are written again."""
        (table,) = {*re.findall(r"raw\.(\w+)", statement)}
        tables = current(self.paths)
        parts = tables.parts()[table]
        with duckdb.connect() as con:
            create_tables(con)
            files = [str(part.file) for part in parts]
            derived = shown_columns()[table].keys() - stored_columns(table).keys()
            added = "".join(f", true as {name}" for name in derived)
            con.execute(f"insert into raw.{table} by name select *{added} from read_parquet($files)", {"files": files})
            con.execute(statement)
            own = "''" if table in BOOKS else "delivery_id" if table == "quarantine" else "_delivery_id"
            rows = f"select {', '.join(stored_columns(table))} from raw.{table} where {own} = "
            deliveries = {name for (name,) in con.execute(f"select distinct {own} from raw.{table}").fetchall()}
            changed = [write_part(con, tables, table, name, f"{rows}'{name}'") for name in sorted(deliveries)]
        tables.add(changed)
        tables.remove(parts)
        with open_warehouse(self.paths) as con:
            show(con, self.client, tables)

    def reasons(self) -> list[str]:
        return [reason for (reason,) in self.rows("select reason from raw.quarantine order by delivery_id, line")]


Make = Callable[..., Shop]
NESTED_SOURCES = {name: {"kind": "demo"} for name in ("customers", "products", "orders", "returns")}


@pytest.fixture
def make_shop(tmp_path: Path) -> Make:
    """Make a shop of given sources; further fields of the client file by keyword."""

    def make(sources: Mapping[str, Any] | None = None, **fields: Any) -> Shop:
        client = Client.model_validate(
            {
                "client": "shop",
                "name": "Shop",
                "currency": "EUR",
                "time_zone": "Europe/Berlin",
                "sources": sources or NESTED_SOURCES,
                "ceilings": {"quarantined_share": 1},
                **fields,
            }
        )
        return Shop(client, ClientPaths(tmp_path / "data", client.client))

    return make


@pytest.fixture
def shop(make_shop: Make) -> Shop:
    """A shop that delivers in our own layout and may have any share of bad rows."""
    return make_shop()

"""``python -m bench.nights``: what a night's load and the views over raw take after years of nightly deliveries."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

import typer

from bench.measure import Usage
from bench.report import runs_table
from bench.shop import FIRST_DAY, Shop
from contracts.deliveries import Delivery
from contracts.paths import ClientPaths
from storage.landing import land, staged_file

ORDERS = 20  # of a night
LAST_DAY = date.fromisoformat(FIRST_DAY)
SUMMED = """
select count(*), sum(items.quantity * items.unit_price)
from raw.orders as orders inner join raw.transactions as items using (order_id) where orders.is_current
"""


def measure_nights(folder: Path, nights: int) -> dict[str, Usage]:
    """Load the nights before the last at once, then that one, and query raw; each in a process of its own."""
    shop = Shop(folder, 1000)
    shop.write_client_file()
    paths = ClientPaths(folder / "data", "bench")
    _land_masters(paths)
    for age in range(nights, 0, -1):
        _land_night(paths, age)
    first = shop.run(["sales", "load"])
    _land_night(paths, 0)
    return {
        f"{nights:,} nights loaded at once": first,
        f"the night after {nights:,}": shop.run(["sales", "load"]),
        f"its orders and items joined, {nights:,}": shop.run(["sales", "query", SUMMED]),
    }


def _land_masters(paths: ClientPaths) -> None:
    customer = {"customer_id": "C1", "country": "US", "segment": "consumer", "signup_at": "2010-01-01T10:00:00Z"}
    product = {"product_id": "P1", "title": "Mug", "category": "kitchen", "list_price": "10.00"}
    for dataset, row in (("customers", customer), ("products", product)):
        _land(paths, dataset, "all", LAST_DAY, [row])


def _land_night(paths: ClientPaths, age: int) -> None:
    day = LAST_DAY - timedelta(days=age)
    item = {"line_number": 1, "product_id": "P1", "quantity": 2, "unit_price": "9.95", "discount_amount": "0.00"}
    payment = {"attempt_number": 1, "method": "card", "status": "succeeded", "amount": "19.90"}
    free = dict.fromkeys(("discount_amount", "tax_amount", "shipping_amount"), "0.00")
    orders: list[dict[str, object]] = [
        {
            "order_id": f"{day}-{number}",
            "customer_id": "C1",
            "order_at": f"{day}T16:00:00Z",
            "status": "completed",
            "channel": "web",
            "country": "US",
            **free,
            "items": [item],
            "payments": [{"payment_id": f"{day}-{number}-1", **payment, "paid_at": f"{day}T16:01:00Z"}],
        }
        for number in range(ORDERS)
    ]
    _land(paths, "orders", str(day), day, orders)


def _land(paths: ClientPaths, dataset: str, key: str, day: date, rows: Sequence[Mapping[str, object]]) -> None:
    delivery = Delivery(dataset, key, day, f"{dataset}.jsonl", "demo")
    with staged_file(paths.landing, delivery) as staged:
        staged.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        at = datetime.combine(day, time(23), UTC)
        land(paths.landing, delivery, staged, rows=len(rows), extracted_at=at, code_version="bench")


def main(nights: Annotated[str, typer.Option(help="Numbers of nights, comma-separated.")] = "30,3650") -> None:
    """Measure a night after few and after many, and print both."""
    work = Path(tempfile.mkdtemp(prefix="nights-"))
    try:
        usages: dict[str, Usage] = {}
        for number in map(int, nights.split(",")):
            usages |= measure_nights(work / str(number), number)
        typer.echo(runs_table(usages))
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    typer.run(main)

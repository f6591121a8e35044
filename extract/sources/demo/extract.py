"""Make what the demo shop delivers and land it, complete through a business date."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from contracts.client_file import Client, Dataset
from contracts.deliveries import Delivery, Manifest
from contracts.paths import ClientPaths
from extract.sources.demo import DemoError, DemoSource
from extract.sources.demo.advertising import ad_spend_lines
from extract.sources.demo.batches import customer_batches, order_batches, return_batches
from extract.sources.demo.defects import Defects
from extract.sources.demo.draws import Draws
from extract.sources.demo.events import event_lines
from extract.sources.demo.inventory import LOOK_AHEAD_DAYS, LOOK_BACK_DAYS, stock_lines
from extract.sources.demo.orders import Shop
from extract.sources.demo.sales import DailySales
from extract.sources.demo.spans import Span, due_snapshots, due_spans
from extract.sources.demo.subscriptions import subscription_lines
from extract.sources.demo.text import write_rows
from extract.sources.demo.truth import Truth
from extract.sources.demo.weather import weather_lines
from privacy.erased import Erased
from privacy.redaction import redact
from storage.landing import land, latest, staged_file

logger = logging.getLogger(__name__)

DATASETS: tuple[Dataset, ...] = (
    *("customers", "orders", "returns", "ad_spend", "inventory", "events", "subscriptions", "weather"),
)
SNAPSHOTS = ("customers", "subscriptions")
(ORIGIN,) = DemoSource.origins
# Raise it with any change of what is made for the same configuration: landed deliveries are then made again.
GENERATOR = 1

Batches = Callable[[Span, Truth], Iterator[pa.Array]]


def extract(
    client: Client, paths: ClientPaths, business_date: date, *, extracted_at: datetime, code_version: str
) -> list[Manifest]:
    """Makes the demo shop's customers, orders and returns through the business date; what is landed stays.

    The delivery that covers the date is always made, and those made with other parameters are made again, so that
    landing never mixes two configurations; the same bytes stay the same delivery. Only datasets whose source is of
    kind demo are made. Raises DemoError when the configuration has nothing for the date.
    """
    demo = client.demo
    if not demo.start <= min(business_date, demo.through):
        raise DemoError(
            f"the demo of client {client.client} has no day {business_date}: it starts {demo.start} and its totals "
            f"are met on {demo.through}. Choose a later date, or an earlier demo.start in the client file."
        )
    defects = Defects.of(Draws(demo.seed), demo.defects)
    plan = [
        (dataset, span)
        for dataset in DATASETS
        if isinstance(client.sources.get(dataset), DemoSource)
        for span in _due(client, paths.landing, dataset, business_date)
    ]
    last = max([business_date, *(span.last for _, span in plan)])
    shop = Shop.of(demo, client.time_zone, last + timedelta(days=LOOK_AHEAD_DAYS))
    first = min([business_date, *(span.first for _, span in plan)]) - timedelta(days=LOOK_BACK_DAYS)
    sales = cache(lambda: DailySales.of(shop, first, last + timedelta(days=LOOK_AHEAD_DAYS)))
    makers: Mapping[str, Batches] = {
        "customers": lambda span, _: customer_batches(shop, span),
        "orders": lambda span, truth: order_batches(shop, defects, span, truth),
        "returns": lambda span, truth: return_batches(shop, span, truth),
        "ad_spend": lambda span, truth: iter([ad_spend_lines(shop, span, truth)]),
        "inventory": lambda span, truth: iter([stock_lines(shop, sales(), span, truth)]),
        "events": lambda span, truth: iter([event_lines(shop, sales(), span, truth)]),
        "subscriptions": lambda span, truth: iter([subscription_lines(shop, span, truth)]),
        "weather": lambda span, truth: iter([weather_lines(shop, span, truth)]),
    }
    return [
        _deliver(
            paths,
            _delivery(client, dataset, span),
            makers[dataset],
            Truth(shop.timeline),
            extracted_at=extracted_at,
            code_version=code_version,
        )
        for dataset, span in plan
    ]


def _parameters(client: Client, dataset: str) -> dict[str, Any]:
    """Everything that decides the bytes of the dataset's deliveries."""
    ignored = set() if dataset == "orders" else {"defects"}
    return {
        "generator": GENERATOR,
        "time_zone": client.time_zone,
        **client.demo.model_dump(mode="json", exclude=ignored),
    }


def _due(client: Client, landing: Path, dataset: str, business_date: date) -> list[Span]:
    folder = landing / dataset
    newest = [latest(landing, dataset, path.name) for path in folder.iterdir()] if folder.is_dir() else []
    landed = {manifest.key: manifest.parameters for manifest in newest if manifest and manifest.origin == ORIGIN}
    parameters = _parameters(client, dataset)
    if dataset in SNAPSHOTS:
        return due_snapshots(landed, parameters, business_date)
    return due_spans(landed, parameters, client.demo.start, business_date)


def _delivery(client: Client, dataset: str, span: Span) -> Delivery:
    file = {
        **{name: f"{name}_{span.last:%Y_%m_%d}.jsonl" for name in SNAPSHOTS},
        "orders": f"orders_{span.last:%Y_%m}.json",
    }.get(dataset, f"{dataset}_{span.last:%Y_%m}.jsonl")
    return Delivery(
        dataset=dataset,
        key=span.key,
        logical_date=span.last,
        file=file,
        origin=ORIGIN,
        parameters=_parameters(client, dataset),
    )


def _deliver(
    paths: ClientPaths, delivery: Delivery, make: Batches, truth: Truth, *, extracted_at: datetime, code_version: str
) -> Manifest:
    rows = 0
    with staged_file(paths.landing, delivery) as staged:
        with staged.open("wb") as stream:
            for lines in make(Span.of(delivery.key), truth):
                write_rows(stream, lines)
                rows += len(lines)
        redact(staged, delivery.dataset, None, Erased.of(paths))
        # Before landing: a delivery that is landed is not made again, so its truth must already be there.
        truth.write(paths.truth / delivery.dataset / f"{delivery.key}.json")
        manifest = land(
            paths.landing, delivery, staged, rows=rows, extracted_at=extracted_at, code_version=code_version
        )
    logger.info("%s: %s rows, %s bytes", manifest.delivery_id, f"{manifest.rows:,}", f"{manifest.bytes:,}")
    return manifest

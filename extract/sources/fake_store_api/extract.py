"""Products of the Fake Store API to landing."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from contracts.client_file import Client
from contracts.deliveries import Delivery, Manifest
from contracts.paths import ClientPaths
from contracts.warning import Kind
from extract.errors import ExtractError
from extract.sources.fake_store_api import ApiSource
from extract.sources.fake_store_api.products_api import Number, Product, fetch_products, parse_products
from extract.web import AnswerError
from storage.landing import check_file, deliveries, land, latest, staged_file

logger = logging.getLogger(__name__)

CATALOGUE = Path(__file__).with_name("catalogue.json")
Row = Mapping[str, Any]


def extract(
    client: Client, paths: ClientPaths, business_date: date, *, extracted_at: datetime, code_version: str
) -> list[Manifest]:
    """Fetches the products from the API; unreachable, it takes what the client file allows and warns.

    When the API gives no answer to believe, a good answer already landed for the date stays; else, with a warning in
    the manifest, the answer nearest before the date is landed again (the nearest after it where none is before), else
    the bundled catalogue. ``origin``, of the manifest and of every row, says which. Raises ExtractError where the
    client forbids that (``on_unreachable: fail``) and when the client has no such source.
    """
    source = client.sources.get("products")
    if not isinstance(source, ApiSource):
        raise ExtractError(
            f"Client {client.client} takes no products from an API; expected sources.products of kind fake_store_api "
            f"in its client file. Add it, or leave this step out."
        )
    key = business_date.isoformat()
    warnings: tuple[str, ...] = ()
    try:
        rows, origin = _rows(fetch_products(source), "api"), "api"
    except AnswerError as error:
        if source.on_unreachable == "fail":
            raise ExtractError(
                f"No products for {key}: {error}. Client {client.client} accepts no replacement (on_unreachable: "
                "fail). Check sources.products.url and the network and run the step again."
            ) from error
        newest = latest(paths.landing, "products", key)
        if newest is not None and newest.origin == "api":
            logger.warning("%s. The good answer already landed for %s stays.", error, key)
            return [newest]
        rows, origin, replacement = _replacement(paths.landing, business_date)
        warnings = (Kind.OLDER_PRODUCTS.warning(f"those for {key} are {replacement}, because {error}."),)
        logger.warning(warnings[0])
    delivery = Delivery("products", key, business_date, "products.jsonl", origin, warnings=warnings)
    with staged_file(paths.landing, delivery) as staged:
        staged.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return [
            land(paths.landing, delivery, staged, rows=len(rows), extracted_at=extracted_at, code_version=code_version)
        ]


def _rows(products: Iterable[Product], origin: str) -> list[Row]:
    return [
        {
            "product_id": str(product.id),
            "title": product.title,
            "description": product.description,
            "category": product.category,
            "list_price": _digits(product.price),
            "rating": _digits(product.rating.rate) if product.rating else None,
            "rating_count": product.rating.count if product.rating else None,
            "image_url": product.image,
            "origin": origin,
        }
        for product in products
    ]


def _digits(number: Number) -> str:
    return f"{Decimal(number):f}"  # an int formatted so would gain six zeros, str() could give 1E+3


def _replacement(landing: Path, business_date: date) -> tuple[list[Row], str, str]:
    answers = [found for found in deliveries(landing) if found.dataset == "products" and found.origin == "api"]
    if not answers:
        catalogue = parse_products(CATALOGUE.read_text(encoding="utf-8"), str(CATALOGUE))
        return _rows(catalogue, "bundled"), "bundled", f"the bundled catalogue of {len(catalogue)} products"
    nearest = min(
        answers,
        key=lambda found: (
            found.logical_date > business_date,
            abs(found.logical_date - business_date),
            -found.attempt,
        ),
    )
    with check_file(landing, nearest).open(encoding="utf-8") as lines:
        rows: list[Row] = [{**json.loads(line), "origin": "last_answer"} for line in lines]
    return rows, "last_answer", f"the API's answer of {nearest.logical_date}"

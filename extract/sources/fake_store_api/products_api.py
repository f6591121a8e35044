"""The Fake Store API's products: one HTTP answer, fetched with patience and believed only when it fits the schema."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Annotated

import requests
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from contracts.printable import quoted
from extract.sources.fake_store_api import ApiSource
from extract.web import AnswerError, ask, get

Number = int | Decimal  # the API writes 695 and 109.95; a float never arises


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, str_strip_whitespace=True)


class Rating(_Answer):
    """The stars of a product and how many customers gave them."""

    rate: Annotated[Number, Field(ge=0, le=5)]
    count: Annotated[int, Field(ge=0, lt=2**31)]


class Product(_Answer):
    """One product as the API answers it; fields it adds later are ignored."""

    id: int
    title: Annotated[str, Field(min_length=1)]
    price: Annotated[Number, Field(ge=0, lt=10**16)]
    description: str
    category: Annotated[str, Field(min_length=1)]
    image: str
    rating: Rating | None = None


PRODUCTS = TypeAdapter(list[Product])


def parse_products(text: str | bytes, source: str) -> list[Product]:
    """Read the API's JSON into products ordered by id; prices are the digits of the text, exactly.

    Raises AnswerError, whose message begins with ``source``, when the text is not a list of products with distinct ids.
    """
    start = text.lstrip()[:1]
    if start in ("<", b"<"):
        raise AnswerError(f"{source} answered HTML or XML, expected a JSON list of products")
    try:
        content = json.loads(text, parse_float=Decimal)
    except ValueError as error:
        raise AnswerError(f"{source} answered {len(text)} bytes that are not complete JSON ({error})") from error
    try:
        products = PRODUCTS.validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the answer"
        raise AnswerError(
            f"{source} answered another schema, {error.error_count()} findings, the first at {place}: "
            f"{first['msg']}, found {quoted(str(first['input']))}"
        ) from error
    if not products:
        raise AnswerError(f"{source} answered an empty list, expected at least one product")
    ids = [product.id for product in products]
    if repeated := sorted({number for number in ids if ids.count(number) > 1}):
        raise AnswerError(f"{source} answered product ids more than once: {repeated[:5]}")
    return sorted(products, key=lambda product: product.id)


def fetch_products(source: ApiSource) -> list[Product]:
    """GET ``<url>/products``, again after passing failures, with growing and jittered waits.

    Passing is everything a second try may fix: no connection, a time-out, 408, 425, 429, any 5xx and every answer
    that is not a list of products. ``Retry-After`` is kept to up to 30 s. A name that does not resolve is not tried
    again, for the resolver has done so. Raises AnswerError with the last cause.
    """
    url = source.url.rstrip("/") + "/products"
    with requests.Session() as session:
        return ask(lambda: parse_products(get(session, url, source.timeout_seconds).body, url), source.attempts)

"""A shop of Shopify, read by its GraphQL Admin API."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from contracts.block import VARIABLE
from contracts.layout import Layout, Rows
from contracts.source import Source
from contracts.text_format import usable_path

FULL_BATCH = 10_000
BY_CURSOR = ("orders", "customers")  # of these what changed is asked for; the others are read as a whole
_HOST = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
_HERE = re.compile(r"http://(127\.0\.0\.1|localhost):\d+")
Path = Annotated[str, AfterValidator(usable_path)]


Object = Literal["orders", "customers", "products", "inventory"]


class FurtherRows(Rows):
    """More rows of a dataset, mapped in another way."""

    object: Object | None = None
    """What of Shopify their records are; unsaid, the same."""
    records: Path | None = None
    """The list within each record whose elements are these rows; unsaid, each record is one."""


class ShopifySource(Source, Rows):
    """Records of a Shopify shop; `sources.shop` of this kind stands for every dataset of `clients/presets/shopify.yml`,
    and a block of a dataset beside it says what is different there."""

    kind: Literal["shopify"]
    preset: str | None = None
    """A file of `presets`, without `.yml`, that says which of Shopify's fields is which of ours; unsaid `shopify`."""
    store: str
    """The shop's own address at Shopify: `example.myshopify.com`."""
    client_id: SecretStr
    """A `${VARIABLE}` with the client ID of your app, from its settings in Shopify's Dev Dashboard."""
    client_secret: SecretStr
    """A `${VARIABLE}` with the app's secret."""
    since: date
    """The first day to ask for. Orders older than 60 days need the right `read_all_orders`."""
    object: Object
    """What of Shopify the records are."""
    records: Path | None = None
    """The list within each record whose elements are the rows, such as `lineItems.nodes`; their fields are then
    `lineItems.nodes.sku`, beside those of the record."""
    also: FurtherRows | None = None
    """More rows of the dataset, by another mapping."""
    lag: int = Field(60, ge=0)
    """How many minutes before the newest change landed a run begins again, for what came late."""
    timeout_seconds: float = Field(60, gt=0)
    """How long an answer may take as a whole, in seconds."""
    attempts: int = Field(6, ge=1)
    """How many times to ask before the server counts as unreachable."""
    batch_size: int = Field(100_000, ge=1)
    """How many records are landed as one delivery at most."""

    step: ClassVar[str] = "extract_shopify"
    origins: ClassVar[tuple[str, ...]] = ("shopify", "shopify also")
    is_live: ClassVar[bool] = True
    secrets: ClassVar[tuple[str, ...]] = ("client_id", "client_secret")
    whole_shop: ClassVar[str | None] = "shopify"

    @field_validator("store")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        """Anything else would be sent the secret."""
        if not (_HOST.fullmatch(value) or _HERE.fullmatch(value) or VARIABLE.search(value)):
            raise ValueError("expected the shop's own address at Shopify, such as example.myshopify.com")
        return value

    @model_validator(mode="after")
    def _maps_its_key(self) -> Self:
        both: tuple[Rows, ...] = (self, self.also) if self.also else (self,)
        for rows in both:
            if "customer_id" in rows.given:
                rows.require_mapped(self.key)
        return self

    @property
    def key(self) -> tuple[str, ...]:
        """The field that tells two records apart."""
        return ("legacyResourceId",)

    @property
    def objects(self) -> tuple[Object, ...]:
        """What its records are, for each of its layouts."""
        return (self.object, self.also.object or self.object) if self.also else (self.object,)

    @property
    def layouts(self) -> tuple[Layout, ...]:
        """How what is landed is read, by origin: JSON Lines, a record as it came on each."""
        return tuple(
            Layout(format="jsonl", records=one.records, **{name: getattr(one, name) for name in Rows.model_fields})
            for one in (self, self.also)
            if one is not None
        )

    @property
    def layout(self) -> Layout:
        """Of its first rows."""
        return self.layouts[0]

    def layout_of(self, origin: str) -> Layout | None:
        """Of the rows that have the origin."""
        by_origin = dict(zip(self.origins, self.layouts, strict=False))
        return by_origin.get(origin, self.layout)

    @property
    def full_batch(self) -> int:
        """How many records changed since the last run is chance."""
        return FULL_BATCH if self.object in BY_CURSOR else 0


SOURCE = ShopifySource

"""A shop of Shopify, read by its GraphQL Admin API."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from pydantic import SecretStr, field_validator

from contracts.block import VARIABLE
from extract import shop_source

_HOST = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")
_HERE = re.compile(r"http://(127\.0\.0\.1|localhost):\d+")

Object = Literal["orders", "customers", "products", "inventory"]


class FurtherRows(shop_source.FurtherRows):
    """More rows of a dataset, mapped in another way."""

    object: Object | None = None
    """What of Shopify their records are; unsaid, the same."""


class ShopifySource(shop_source.ShopSource):
    """Records of a Shopify shop; `sources.shop` of this kind stands for every dataset of `clients/presets/shopify.yml`,
    and a block of a dataset beside it says what is different there. Orders older than 60 days need the right
    `read_all_orders`."""

    kind: Literal["shopify"]
    store: str
    """The shop's own address at Shopify: `example.myshopify.com`."""
    client_id: SecretStr
    """A `${VARIABLE}` with the client ID of your app, from its settings in Shopify's Dev Dashboard."""
    client_secret: SecretStr
    """A `${VARIABLE}` with the app's secret."""
    object: Object
    """What of Shopify the records are."""
    also: FurtherRows | None = None
    """More rows of the dataset, by another mapping."""

    step: ClassVar[str] = "extract_shopify"
    origins: ClassVar[tuple[str, ...]] = ("shopify", "shopify also")
    takes_variables: ClassVar[tuple[str, ...]] = ("store",)
    secrets: ClassVar[tuple[str, ...]] = ("client_id", "client_secret")
    whole_shop: ClassVar[str | None] = "shopify"
    asks_for_access: ClassVar[bool] = True
    by_changes: ClassVar[tuple[str, ...]] = ("orders", "customers")
    key: ClassVar[tuple[str, ...]] = ("legacyResourceId",)

    @field_validator("store")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        """Anything else would be sent the secret."""
        if not (_HOST.fullmatch(value) or _HERE.fullmatch(value) or VARIABLE.search(value)):
            raise ValueError("expected the shop's own address at Shopify, such as example.myshopify.com")
        return value

    @property
    def address(self) -> str:
        """Which shop it is."""
        return self.store


SOURCE = ShopifySource

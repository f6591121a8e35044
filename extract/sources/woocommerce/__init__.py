"""A shop of WooCommerce, read by its REST API."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from pydantic import Field, SecretStr, field_validator

from contracts.block import VARIABLE
from extract import shop_source

_SITE = re.compile(r"https://[A-Za-z0-9.-]+(:\d+)?(/[\w.~/-]*)?")
_HERE = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/[\w.~/-]*)?")

Object = Literal["orders", "refunds", "customers", "products"]


class FurtherRows(shop_source.FurtherRows):
    """More rows of a dataset, mapped in another way."""

    object: Object | None = None
    """What of WooCommerce their records are; unsaid, the same."""


class WooCommerceSource(shop_source.ShopSource):
    """Records of a WooCommerce shop; `sources.shop` of this kind stands for every dataset of
    `clients/presets/woocommerce.yml`, and a block of a dataset beside it says what is different there."""

    kind: Literal["woocommerce"]
    store: str
    """The shop's address, `https://shop.example.com`."""
    consumer_key: SecretStr
    """A `${VARIABLE}` with the consumer key, from WooCommerce > Settings > Advanced > REST API."""
    consumer_secret: SecretStr
    """A `${VARIABLE}` with its secret."""
    object: Object
    """What of WooCommerce the records are."""
    also: FurtherRows | None = None
    """More rows of the dataset, by another mapping."""
    compare_days: int = Field(90, ge=1)
    """Of how many days the orders and refunds of the shop are compared with those landed each night: one that the shop
    has no more is taken out, one that never came is asked for."""

    step: ClassVar[str] = "extract_woocommerce"
    origins: ClassVar[tuple[str, ...]] = ("woocommerce", "woocommerce also")
    takes_variables: ClassVar[tuple[str, ...]] = ("store",)
    secrets: ClassVar[tuple[str, ...]] = ("consumer_key", "consumer_secret")
    whole_shop: ClassVar[str | None] = "woocommerce"
    asks_for_access: ClassVar[bool] = True
    by_changes: ClassVar[tuple[str, ...]] = ("orders", "refunds")

    @field_validator("store")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        """Anything else would send the secret in the open."""
        if not (_SITE.fullmatch(value) or _HERE.fullmatch(value) or VARIABLE.search(value)):
            raise ValueError(
                "expected the shop's address with https://, such as https://shop.example.com, as everybody on the way "
                "could read the secret"
            )
        return value.rstrip("/")

    @property
    def address(self) -> str:
        """Which shop it is."""
        return self.store


SOURCE = WooCommerceSource

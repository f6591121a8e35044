"""An account of Stripe, read by its API."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

from pydantic import Field, SecretStr, field_validator

from contracts.block import VARIABLE
from extract import shop_source

STRIPE = "https://api.stripe.com"
_HERE = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\]):\d+")

Object = Literal["charges", "refunds", "subscriptions"]


class FurtherRows(shop_source.FurtherRows):
    """More rows of a dataset, mapped in another way."""

    object: Object | None = None
    """What of Stripe their records are; unsaid, the same."""


class StripeSource(shop_source.ShopSource):
    """Records of a Stripe account; `sources.shop` of this kind stands for every dataset of
    `clients/presets/stripe.yml`, and a block of a dataset beside it says what is different there."""

    kind: Literal["stripe"]
    secret_key: SecretStr
    """A `${VARIABLE}` with a restricted key that may read, or with the secret key of the account."""
    server: str = STRIPE
    """Where Stripe is; another one only to try it out on this machine."""
    object: Object
    """What of Stripe the records are."""
    also: FurtherRows | None = None
    """More rows of the dataset, by another mapping."""
    lag: int = Field(43_200, ge=0)
    """How many minutes before the newest charge or refund landed a run begins again: 30 days, as Stripe says of none
    when it last changed; until then one may be captured, fail or be paid back."""

    step: ClassVar[str] = "extract_stripe"
    origins: ClassVar[tuple[str, ...]] = ("stripe", "stripe also")
    takes_variables: ClassVar[tuple[str, ...]] = ("server",)
    secrets: ClassVar[tuple[str, ...]] = ("secret_key",)
    whole_shop: ClassVar[str | None] = "stripe"
    asks_for_access: ClassVar[bool] = True
    by_changes: ClassVar[tuple[str, ...]] = ("charges", "refunds")

    @field_validator("server")
    @classmethod
    def _is_stripe(cls, value: str) -> str:
        """Anything else would be sent the key."""
        if not (value == STRIPE or _HERE.fullmatch(value) or VARIABLE.search(value)):
            raise ValueError(f"expected {STRIPE}, or a server on this machine to try it out")
        return value

    @property
    def address(self) -> str:
        """Which account it is: a client file has one."""
        return self.server


SOURCE = StripeSource

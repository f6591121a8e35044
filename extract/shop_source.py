"""What the blocks of shop systems have in common: one of them stands for every dataset of the system's preset."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from contracts.layout import Layout, Rows
from contracts.source import Source
from contracts.text_format import usable_path

FULL_BATCH = 10_000
Path = Annotated[str, AfterValidator(usable_path)]


class FurtherRows(Rows):
    """More rows of a dataset, mapped in another way."""

    object: str | None = None
    """What of the shop system their records are; unsaid, the same."""
    records: Path | None = None
    """The list within each record whose elements are these rows; unsaid, each record is one."""


class ShopSource(Source, Rows):
    """Records of a shop system, each landed for every dataset that is made of it."""

    preset: str | None = None
    """A file of `presets`, without `.yml`, that says which of the system's fields is which of ours; unsaid, the one
    that has the name of the kind."""
    since: date
    """The first day to ask for."""
    object: str
    """What of the shop system the records are."""
    records: Path | None = None
    """The list within each record whose elements are the rows, such as `line_items`; their fields are then
    `line_items.sku`, beside those of the record."""
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

    is_live: ClassVar[bool] = True
    by_changes: ClassVar[tuple[str, ...]] = ()
    """Of which objects what changed is asked for; the others are read as a whole."""
    key: ClassVar[tuple[str, ...]] = ("id",)
    """The field that tells two records apart."""

    @model_validator(mode="after")
    def _maps_its_key(self) -> Self:
        both: tuple[Rows, ...] = (self, self.also) if self.also else (self,)
        for rows in both:
            if "customer_id" in rows.given:
                rows.require_mapped(self.key)
        return self

    @property
    def address(self) -> str:
        """Which shop it is."""
        raise NotImplementedError

    @property
    def objects(self) -> tuple[str, ...]:
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
        return FULL_BATCH if self.object in self.by_changes else 0

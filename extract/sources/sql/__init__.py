"""A table or a query of an SQL database."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr, model_validator

from contracts.layout import Layout, Rows
from contracts.source import Source

FULL_BATCH = 10_000


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError) as error:
        raise ValueError("unknown time zone; expected an IANA name such as UTC or Europe/London") from error
    return value


class SqlSource(Source, Rows):
    """Rows of a table or a query, mapped like the columns of a file: all of them, or by a cursor what has changed."""

    kind: Literal["sql"]
    url: SecretStr
    """A `${VARIABLE}` that has SQLAlchemy's address, such as `postgresql://reader:password@host/shop`,
    `mysql://reader:password@host/shop` or `sqlite:////path/to/shop.db`."""
    table: str | None = Field(None, min_length=1)
    """The table or view, with its schema where it needs one: `sales.orders`."""
    query: str | None = Field(None, min_length=1)
    """In place of a table: a `select` whose columns are then those of the source."""
    key: tuple[str, ...] = Field(min_length=1)
    """The columns that tell two rows apart, such as `[id]`; those of the mapping."""
    cursor: str | None = None
    """The column that says when a row last changed, or a number that grows with each change. Without it the whole is
    read each time, and what it has no more is gone."""
    lag: int = Field(60, ge=0)
    """How far behind the newest row landed a run begins again, for rows that were committed late: minutes where the
    cursor is a moment or a day, units where it is a number."""
    deletions: Literal["compare", "never"] = "compare"
    """With a cursor. `compare`: each run compares the keys of all rows with those landed, takes out what was deleted
    and fetches what was missed. `never`: the shop deletes no rows."""
    time_zone: Annotated[str, AfterValidator(_known_zone)] | None = None
    """The zone of timestamps that have none, often `UTC`; needed where one of them is mapped."""
    batch_size: int = Field(100_000, ge=1)
    """With a cursor: how many rows are landed as one delivery at most."""

    step: ClassVar[str] = "extract_tables"
    origins: ClassVar[tuple[str, ...]] = ("sql",)
    is_live: ClassVar[bool] = True
    secrets: ClassVar[tuple[str, ...]] = ("url",)

    @model_validator(mode="after")
    def _has_one_relation(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("expected either table: or query:, such as table: orders")
        return self

    @model_validator(mode="after")
    def _maps_its_key(self) -> Self:
        self.require_mapped(self.key)
        return self

    @property
    def layout(self) -> Layout:
        """What is landed is JSON Lines."""
        return Layout(format="jsonl", **{name: getattr(self, name) for name in Rows.model_fields})

    @property
    def full_batch(self) -> int:
        """With a cursor: how many rows changed since the last run is chance."""
        return FULL_BATCH if self.cursor else 0


SOURCE = SqlSource

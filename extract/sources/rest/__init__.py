"""Records of any REST API that answers in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from contracts.block import Block
from contracts.layout import Layout, Rows
from contracts.source import Source
from contracts.text_format import usable_path

Path = Annotated[str, AfterValidator(usable_path)]
FULL_BATCH = 10_000


class Access(Block):
    """How the server knows who asks: a token, a name with a password, or OAuth 2.0 client credentials."""

    token: SecretStr | None = None
    """A `${VARIABLE}` with a token, which is sent as `Authorization: Bearer ...`."""
    header: str | None = None
    """Another header to send the token in, as it is: `X-Api-Key`."""
    parameter: str | None = None
    """A parameter to send the token in, where the server takes no header: `api_key`."""
    user: SecretStr | None = None
    """A `${VARIABLE}` with the name that goes with `password`."""
    password: SecretStr | None = None
    """A `${VARIABLE}` with the password, sent as HTTP basic authentication."""
    token_url: str | None = None
    """Where a token is had for `client_id` and `client_secret`."""
    client_id: SecretStr | None = None
    """A `${VARIABLE}` with the name of this program at the server."""
    client_secret: SecretStr | None = None
    """A `${VARIABLE}` with its secret."""
    scope: str | None = None
    """The rights to ask for, where the server wants them named."""

    @model_validator(mode="after")
    def _is_one_way(self) -> Self:
        basic, oauth = (self.user, self.password), (self.token_url, self.client_id, self.client_secret)
        ways = [self.token is not None, None not in basic, None not in oauth]
        if sum(ways) != 1 or (any(basic) and not ways[1]) or (any(oauth) and not ways[2]):
            raise ValueError(
                "expected one way: token:, or user: and password:, or token_url:, client_id: and client_secret:"
            )
        return self


class Pages(Block):
    """How the server divides its records into pages."""

    by: Literal["page", "offset", "cursor", "last", "link", "next_url"]
    """`page` counts pages and `offset` records, in a parameter; `cursor` sends what the last body has at `next`, `last`
    the key of its last record while it says at `next` that there are more; `link` follows the `Link` header,
    `next_url` the address at `next`."""
    parameter: str | None = None
    """The parameter that says which page: `page`, `offset`, `cursor`."""
    first: int = 1
    """The number of the first page; offsets begin at 0."""
    next: Path | None = None
    """Where the body has what leads to the next page: `paging.next`."""

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if self.by in ("page", "offset", "cursor", "last") and not self.parameter:
            raise ValueError(f"by: {self.by} needs parameter:, the one that says which page is asked for")
        if self.by in ("cursor", "last", "next_url") and not self.next:
            raise ValueError(f"by: {self.by} needs next:, where the body has what leads to the next page")
        return self


class RestSource(Source, Rows):
    """Records of an API, mapped like those of a file: all of them, or by a cursor what has changed."""

    kind: Literal["rest"]
    url: str = Field(min_length=1)
    """The address of the records, `https://api.example.com/v1/orders`; a `${VARIABLE}` may be in it."""
    access: Access | None = None
    """How the server knows who asks."""
    parameters: Mapping[str, str] = Field(default_factory=dict)
    """What is sent with each question: `{status: any, per_page: "100"}`."""
    headers: Mapping[str, str] = Field(default_factory=dict)
    """Headers sent with each question; for secrets there is `access`."""
    records: Path | None = None
    """Where the body has the list of records: `data.orders`; unsaid, it is the list."""
    lines: Path | None = None
    """The list within each record whose elements are the rows; their fields are then `line_items.sku`, beside those of
    the record."""
    pages: Pages | None = None
    """How the records are divided; unsaid, one answer has them all."""
    total: Path | None = None
    """Where the body promises how many records there are: `meta.total`."""
    total_header: str | None = None
    """The header that promises it: `X-WP-Total`."""
    key: tuple[Path, ...] = Field(min_length=1)
    """The fields that tell two records apart, such as `[id]`."""
    cursor: Path | None = None
    """The field that says when a record last changed, or a number that grows with each change. Without it everything is
    read each time, and what is not there any more is gone."""
    cursor_parameter: str | None = None
    """The parameter that asks for what changed since: `updated_after`."""
    until_parameter: str | None = None
    """The parameter that asks for what changed before: `updated_before`. With `since` the first reading is then by
    months, each landed before the next, so that it can be stopped and goes on."""
    since: date | None = None
    """The first day of the first reading; unsaid, all that there is."""
    deletions: Literal["marked"] | None = None
    """With a cursor `marked`: the server delivers a deleted record once more, with a status that the mapping knows, or
    none is ever deleted."""
    lag: int = Field(60, ge=0)
    """How far behind the newest record landed a run begins again, for what came late: minutes where the cursor is a
    moment, units where it is a number."""
    timeout_seconds: float = Field(60, gt=0)
    """How long an answer may take as a whole, in seconds."""
    attempts: int = Field(6, ge=1)
    """How many times to ask before the server counts as unreachable."""
    batch_size: int = Field(100_000, ge=1)
    """With a cursor: how many records are landed as one delivery at most."""

    step: ClassVar[str] = "extract_rest"
    origins: ClassVar[tuple[str, ...]] = ("rest",)
    is_live: ClassVar[bool] = True
    takes_variables: ClassVar[tuple[str, ...]] = ("url", "access")
    secrets: ClassVar[tuple[str, ...]] = tuple(
        f"access.{name}" for name in ("token", "user", "password", "client_id", "client_secret")
    )

    @model_validator(mode="after")
    def _reads_by_cursor_wholly(self) -> Self:
        if (self.cursor is None) != (self.cursor_parameter is None):
            raise ValueError("cursor: and cursor_parameter: belong together: the field, and what asks for it")
        if (self.until_parameter or self.since) and not self.cursor:
            raise ValueError("since: and until_parameter: are for a reading by cursor:")
        if self.until_parameter and not self.since:
            raise ValueError("until_parameter: needs since:, the first day to ask for, as the months begin there")
        if self.cursor and self.deletions is None:
            raise ValueError(
                "with a cursor nobody sees a record that was deleted without a word; expected deletions: marked, where "
                "the server delivers it once more with a status that the mapping knows or none is ever deleted, or no "
                "cursor: everything is then read each time"
            )
        return self

    @model_validator(mode="after")
    def _maps_its_key(self) -> Self:
        self.require_mapped(self.key)
        return self

    @property
    def layout(self) -> Layout:
        """What is landed is JSON Lines, a record as it came on each."""
        return Layout(format="jsonl", records=self.lines, **{name: getattr(self, name) for name in Rows.model_fields})

    @property
    def full_batch(self) -> int:
        """With a cursor: how many records changed since the last run is chance."""
        return FULL_BATCH if self.cursor else 0


SOURCE = RestSource

"""The client file: one shop's sources, column mapping, currency, time zone, schedule and ceilings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from contracts.block import VARIABLE, Block
from contracts.datasets import DATASETS
from contracts.source import AnySource

if TYPE_CHECKING:
    Dataset = str
else:
    Dataset = Literal[tuple(DATASETS)]
SECRET = re.compile(r"(password|passphrase|secret|\.pem|\.config)$")


class ClientError(Exception):
    """A client file is missing or wrong; the message says where, what was expected and what to do."""


class Demo(Block):
    """Size and span of the demo shop: totals over ``start`` to ``through``, both included."""

    seed: int = 20261031
    """Another seed makes another shop."""
    start: date = date(2024, 11, 1)
    """The first day of its data."""
    through: date = date(2026, 10, 31)
    """The last day of its data, and the business date of a run that names none."""
    customers: int = Field(200, ge=1)
    """How many customers."""
    transactions: int = Field(1_000, ge=0)
    """How many order items."""
    defects: Mapping[str, float] = Field(default_factory=dict)
    """Faults to make on purpose: name of the defect: share of the records that have it."""

    @model_validator(mode="after")
    def _starts_before_it_ends(self) -> Demo:
        if self.start > self.through:
            raise ValueError(
                f"start {self.start} is after through {self.through}; expected the first and the last day of the "
                f"demo's data, for example start: {self.through.replace(year=self.through.year - 1, day=1)}"
            )
        return self


class Ceilings(Block):
    """How much of a table may be bad before the run stops; shares from 0 to 1."""

    quarantined_share: Decimal = Field(Decimal("0.01"), ge=0, le=1)
    """Rows of a delivery in quarantine."""
    orphan_share: Decimal = Field(Decimal(0), ge=0, le=1)
    """Rows that name a customer, product or order which nobody delivered."""
    shrink_share: Decimal = Field(Decimal("0.10"), ge=0, le=1)
    """Rows that a table has fewer than when verify last passed."""
    age_days: Mapping[Dataset, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """Dataset: how many days before the business date its newest data may be."""
    volume_factor: Mapping[Dataset, Annotated[Decimal, Field(gt=1)]] = Field(default_factory=dict)
    """Dataset: by how many times the rows of a day, or of a snapshot, may differ from the usual number."""


class Exports(Block):
    """The files that are written beside the published database, for readers that open none."""

    formats: tuple[Literal["parquet", "csv"], ...] = ("parquet", "csv")
    """Which to write; `[]` for none."""
    csv_bom: bool = False
    """Begin each CSV with a byte order mark: older Excel takes it for UTF-8 only then."""


class Client(Block):
    """One shop, as its file describes it."""

    client: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """The name of the file without `.yml`, of the folder below `data/`, and of the shop in commands."""
    name: str
    """What people read on pages and in messages."""
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    """The ISO 4217 code of all amounts."""
    time_zone: str
    """The IANA name of the zone that days are cut in, such as `Europe/London`."""
    schedule: str = "0 2 * * *"
    """When Airflow starts the nightly run: a cron expression, in the client's time zone."""
    sources: Mapping[Dataset, AnySource]
    """Dataset: where it comes from. `orders` or `order_lines` has to be there."""
    demo: Demo = Demo()
    """Size and span of the data that sources of kind `demo` make."""
    order_value: Literal["items", "payments"] = "items"
    """What an order is worth: its items, or what was paid for it where nobody delivers items."""
    personal_data: Literal["pseudonyms", "plain"] = "pseudonyms"
    """`pseudonyms`: nothing past raw has a name, street or postal code, and e-mails and phones are keyed hashes, which
    still tell customers apart. `plain`: as delivered."""
    ceilings: Ceilings = Ceilings()
    """How much may be bad before a run stops."""
    notify_variable: str = "SALES_NOTIFY_URLS"
    """The environment variable that has the Apprise URLs to notify."""
    keep_versions: int = Field(7, ge=1)
    """How many published versions stay."""
    exports: Exports = Exports()
    """The files beside the published database."""

    @field_validator("time_zone")
    @classmethod
    def _known_time_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError) as error:
            raise ValueError(f"unknown time zone {value!r}; expected an IANA name such as Europe/London") from error
        return value

    @model_validator(mode="after")
    def _has_sales(self) -> Client:
        if not {"orders", "order_lines"} & set(self.sources):
            raise ValueError("no source of sales; expected sources.orders or sources.order_lines")
        return self

    @model_validator(mode="after")
    def _sources_deliver_their_datasets(self) -> Client:
        for dataset, source in self.sources.items():
            if source.datasets is not None and dataset not in source.datasets:
                raise ValueError(
                    f"sources.{dataset} is of kind {source.kind}; expected that of "
                    f"{', '.join(f'sources.{name}' for name in source.datasets)} only"
                )
        return self

    @model_validator(mode="after")
    def _ceilings_are_of_sources(self) -> Client:
        if unknown := sorted({*self.ceilings.age_days, *self.ceilings.volume_factor} - {*self.sources}):
            raise ValueError(f"ceilings name {', '.join(unknown)}; expected some of sources: {', '.join(self.sources)}")
        return self

    @property
    def has_payments(self) -> bool:
        """Whether payments are delivered; without them every order that is not cancelled counts as paid."""
        orders = self.sources.get("orders")
        return "payments" in self.sources or (orders is not None and orders.nests_payments)

    @property
    def is_demo(self) -> bool:
        """Whether any of its data is made by the demo generator; it then ends with ``demo.through``."""
        return any(source.is_demo for source in self.sources.values())

    def default_date(self, now: datetime) -> date:
        """The day a run is for when nobody names one: the last of a demo's data, else the last complete day."""
        return self.demo.through if self.is_demo else last_complete_day(now, self.time_zone)

    def with_demo_sizes(self, **sizes: int | None) -> Client:
        """The client with other ``customers`` and ``transactions``; raises ClientError where there is no demo."""
        given = {name: size for name, size in sizes.items() if size is not None}
        if given and not self.is_demo:
            raise ClientError(
                f"client {self.client} has no demo source, so {' and '.join(given)} cannot be chosen; "
                "expected a client whose file has one. Leave them out."
            )
        return self.model_copy(update={"demo": self.demo.model_copy(update=given)}) if given else self


def last_complete_day(now: datetime, time_zone: str) -> date:
    """Yesterday in the time zone."""
    local = now.astimezone(ZoneInfo(time_zone))  # a date of pendulum's: their difference is no timedelta
    return date(local.year, local.month, local.day) - timedelta(days=1)


def client_names(folder: Path) -> list[str]:
    """The clients that have a file in the folder, in alphabetical order."""
    return sorted(path.stem for path in folder.glob("*.yml"))


def load_client(name: str, folder: Path, variables: Mapping[str, str]) -> Client:
    """Read and validate ``<folder>/<name>.yml``; ``${NAME}`` is replaced from ``variables``.

    A relative path of files becomes one from the folder. An unset variable stays as it is, so that the file can be
    listed without it; reading the source then fails. Raises ClientError when the file is missing or breaks the model.
    """
    path = folder / f"{name}.yml"
    if not path.is_file():
        raise ClientError(
            f"no client file {path}; clients here: {', '.join(client_names(folder)) or 'none'}. "
            f"Copy clients/demo.yml to {path.name} and edit it."
        )
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        filled = _substitute_variables(content, variables)
        client = Client.model_validate(filled, context={"folder": folder.absolute()})
    except yaml.YAMLError as error:
        raise ClientError(f"{path} is not a valid client file: {error}") from error
    except PlaintextSecretError as error:
        raise ClientError(
            f"{path} has the secret {error} written out; expected a variable, so that nobody finds it in a file: "
            "${SHOP_KAFKA_PASSWORD}, say. Set that where the step runs, and change the secret if the file was shared."
        ) from error
    except ValidationError as error:
        raise ClientError(f"{path} is not a valid client file:{_format_errors(error)}") from error
    if client.client != name:
        raise ClientError(f"{path} says client: {client.client}; expected {name}, the name of the file.")
    return client


class PlaintextSecretError(Exception):
    """A secret stands in the client file."""


def _substitute_variables(content: Any, variables: Mapping[str, str], *place: str) -> Any:
    """The content with its variables filled in, after parsing, so that a password may have any character."""
    if isinstance(content, Mapping):
        return {name: _substitute_variables(value, variables, *place, str(name)) for name, value in content.items()}
    if isinstance(content, list):
        return [_substitute_variables(value, variables, *place) for value in content]
    if place[-2:-1] == ("security",) and SECRET.search(place[-1]) and not VARIABLE.fullmatch(str(content)):
        raise PlaintextSecretError(".".join(place))
    if not isinstance(content, str):
        return content
    return VARIABLE.sub(lambda match: variables.get(match[1], match[0]), content)


def _format_errors(error: ValidationError) -> str:
    """Each finding on a line: the place in the file, the value there and what was expected."""
    findings = []
    for finding in error.errors():
        place = [str(part) for part in finding["loc"]]
        value = finding["input"]
        found = "" if isinstance(value, Mapping) or finding["type"] == "missing" else f" is {value!r}"
        is_unknown = finding["type"] == "extra_forbidden"
        message = "there is no such setting" if is_unknown else finding["msg"].removeprefix("Value error, ")
        findings.append(f"\n  - {'.'.join(place) or 'the whole'}{found}: {message}")
    return "".join(findings)

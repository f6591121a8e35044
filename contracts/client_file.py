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
from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from contracts.analysis import Analysis
from contracts.block import Block
from contracts.currencies import usable_currency
from contracts.datasets import DATASETS
from contracts.demo import Demo
from contracts.engine import AnyEngine, Engine
from contracts.known_totals import KnownTotals
from contracts.look_ups import problems_of_look_ups
from contracts.presets import PresetError, by_dataset, with_preset
from contracts.printable import SafeLinesError
from contracts.source import AnySource
from contracts.variables import PlaintextSecretError, VariableError, filled, hidden, refuse_plaintext_secrets
from contracts.yaml_text import read_yaml

if TYPE_CHECKING:
    Dataset = str
else:
    Dataset = Literal[tuple(DATASETS)]
# What YAML takes the first sign of a value for.
NAME = r"^[a-z][a-z0-9_]*$"
SIGNS = {
    "*": "an alias",
    "&": "an anchor",
    "!": "a tag",
    "%": "a directive",
    "@": "a sign of its own",
    "`": "a sign of its own",
    "[": "a list",
    "{": "a mapping",
}
SIGN = re.compile(r"(\s*-\s+|\s*)(?P<name>[\w.-]+):\s+(?P<text>(?P<sign>[*&!%@`\[{])[^\"]*)$")


class ClientError(SafeLinesError):
    """A client file is missing or wrong; the message says where, what was expected and what to do."""


class Ceilings(Block):
    """How much of a table may be bad before the run stops; shares from 0 to 1."""

    quarantined_share: Decimal = Field(Decimal("0.01"), ge=0, le=1)
    """Rows of a delivery in quarantine."""
    orphan_share: Decimal = Field(Decimal(0), ge=0, le=1)
    """Rows that name a customer, product or order which nobody delivered."""
    different_orders_share: Decimal = Field(Decimal("0.01"), ge=0, le=1)
    """Orders whose total differs from the source's own by more than rounding; of `known_totals` orders and units."""
    different_money_share: Decimal = Field(Decimal("0.001"), ge=0, le=1)
    """Money by which they differ, of all that the source's own totals come to; so may money of `known_totals`."""
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

    client: str = Field(pattern=NAME)
    """The name of the file without `.yml`, of the folder below `data/`, and of the shop in commands."""
    name: str
    """What people read on pages and in messages."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$"), AfterValidator(usable_currency)]
    """The ISO 4217 code of all amounts; one of two decimals at most."""
    time_zone: str
    """The IANA name of the zone that days are cut in, such as `Europe/London`."""
    schedule: str = "0 2 * * *"
    """When Airflow starts the nightly run: a cron expression, in the client's time zone."""
    sources: Mapping[Dataset, AnySource]
    """Dataset: where it comes from. One of `orders`, `order_lines` and `subscriptions` has to be there."""
    demo: Demo = Demo()
    """Size and span of the data that sources of kind `demo` make."""
    tax: Literal["inside", "on_top"] | None = None
    """Whether the amounts that files deliver contain the tax; needed where any tax is delivered, unless the orders say
    it for themselves (`tax_inside`)."""
    tax_rates: tuple[Annotated[Decimal, Field(gt=0, lt=1)], ...] = ()
    """The rates, such as `[0.19, 0.07]`, by which an order's single tax amount inside its prices is split over its
    lines: all of them have the one that gives the amount to the cent."""
    history_from: date | None = None
    """The first day that the shop has data of; unsaid, 20 years before a delivery. Rows of before are set aside."""
    order_value: Literal["items", "payments"] = "items"
    """What an order is worth: its items, or what was paid for it where nobody delivers items."""
    count_orders: Literal["placed", "paid"] | None = None
    """Which orders count. `placed`: all that are neither cancelled nor tests, as in Shopify's reports. `paid`: of these
    not the unpaid, of which nothing was captured although something is due. Unsaid `paid` where payments are delivered,
    else `placed`."""
    order_day: Literal["created", "processed", "paid", "completed"] = "created"
    """The day that an order counts on: that of `order_at`, or of its `processed_at`, `paid_at` or `completed_at`;
    without that date it is not counted yet."""
    cancelled: Literal["excluded", "reversed"] = "excluded"
    """What a cancelled order is. `excluded`: no sale. `reversed`: a sale on its day, and on the day of `cancelled_at`
    what refunds have not taken of its goods yet comes off net sales."""
    amount_only_refunds: Literal["split", "goods"] = "split"
    """What a refund without an item and without parts is of. `split`: of goods, tax and shipping, by what the order
    still has of each. `goods`: of goods as far as the order has some left, as WooCommerce counts it."""
    personal_data: Literal["pseudonyms", "plain"] = "pseudonyms"
    """`pseudonyms`: nothing past raw has a name, street or postal code, and e-mails and phones are keyed hashes, which
    still tell customers apart. `plain`: as delivered."""
    customer_ids: Literal["contacts", "all", "plain"] = "contacts"
    """Which customers' ids are keyed hashes past raw where personal data are pseudonyms. `contacts`: those that are
    e-mail addresses or telephone numbers. `all`: every one, as where a number is digits alone. `plain`: none."""
    engine: AnyEngine = Engine()
    """What builds the models: `duckdb`, or `spark` with its `master`. The figures are the same."""
    published_for: Literal["owner", "everyone"] = "owner"
    """Which users of this machine may read the published folder: who runs the program alone, or all of them. All else
    of a client is its owner's alone."""
    analysis: Analysis = Analysis()
    """Where a figure needs a judgement: margins, limits of statuses and tiers, segments, rules of review."""
    ceilings: Ceilings = Ceilings()
    """How much may be bad before a run stops."""
    known_totals: tuple[KnownTotals, ...] = ()
    """What the shop's own reports say of a month, which every run compares with what it is about to publish."""
    notify_variable: str = "SALES_NOTIFY_URLS"
    """The environment variable that has the Apprise URLs to notify."""
    keep_versions: int = Field(7, ge=1)
    """How many published versions stay."""
    exports: Exports = Exports()
    """The files beside the published database."""
    questions: tuple[str, ...] = ()
    """What is still open, as `sales new` asks it. Nothing runs until each is answered by its setting and deleted."""

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
        if not {"orders", "order_lines", "subscriptions"} & set(self.sources):
            raise ValueError(
                "no source of sales; expected sources.orders, sources.order_lines or sources.subscriptions. A shop "
                "that has payments alone maps their file as orders, too, and says order_value: payments"
            )
        return self

    @model_validator(mode="after")
    def _has_refunds_once(self) -> Client:
        if {"refunds", "returns"} <= set(self.sources):
            raise ValueError(
                "sources.returns and sources.refunds are both there, and each says all that is paid back: what is in "
                "both would count twice; expected one of them. Deliver the returns as refunds with their product_id "
                "and quantity"
            )
        return self

    @model_validator(mode="after")
    def _knows_what_is_paid(self) -> Client:
        if self.count_orders == "paid" and not self.has_payments:
            raise ValueError(
                "count_orders is paid, and no payments are delivered, so that no order could be told from one that was "
                "not paid; expected sources.payments, or count_orders: placed"
            )
        return self

    @model_validator(mode="after")
    def _knows_the_day_of_orders(self) -> Client:
        if self.order_day == "created":
            return self
        moment = f"{self.order_day}_at"
        for dataset in ("orders", "order_lines"):
            source = self.sources.get(dataset)
            if source and source.layout and moment not in source.layout.given:
                raise ValueError(
                    f"order_day is {self.order_day}, and sources.{dataset} does not map {moment}, so that no order of "
                    f"it would ever count; expected {moment} under its columns, or order_day: created"
                )
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
    def _look_ups_are_possible(self) -> Client:
        layouts = {dataset: source.layout for dataset, source in self.sources.items() if source.layout}
        orders = self.sources.get("orders")
        nested = () if orders is None or orders.layout else ("order_items",)
        if problems := [*problems_of_look_ups(layouts, frozenset({*self.sources, *nested}))]:
            raise ValueError("; ".join(problems))
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

    def check_answered(self) -> None:
        """Raise ClientError where a question is still open, naming each."""
        if self.questions:
            open_ones = "".join(f"\n  - {question}" for question in self.questions)
            how_many = "1 question" if len(self.questions) == 1 else f"{len(self.questions)} questions"
            raise ClientError(
                f"The client file of {self.client} has {how_many} that nobody answered:{open_ones}\n"
                "Say each setting in the file and delete its line under questions:, then run the command again."
            )

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


def check_name(name: str) -> None:
    """Raise ClientError for what cannot be a client's name, as a path to somewhere else."""
    if not re.fullmatch(NAME.strip("^$"), name):
        raise ClientError(
            f"{name!r} is no name of a client; expected a small letter, then small letters, digits and _, as its file "
            "is called without .yml. `sales clients` lists them."
        )


def load_client(name: str, folder: Path, variables: Mapping[str, str]) -> Client:
    """Read and validate ``<folder>/<name>.yml``; ``${NAME}`` is replaced from ``variables`` where it may stand.

    A relative path of files becomes one from the folder. An unset variable stays as it is, so that the file can be
    listed without it; reading the source then fails. Raises ClientError when the file is missing or breaks the model.
    """
    check_name(name)
    path = folder / f"{name}.yml"
    if not path.is_file():
        raise ClientError(
            f"no client file {path}; clients here: {', '.join(client_names(folder)) or 'none'}. "
            f"`sales new {name} FOLDER` proposes one from the shop's files."
        )
    try:
        content: Any = read_yaml(path.read_text(encoding="utf-8"))
        refuse_plaintext_secrets(content)
        client = client_of(content, folder, variables)
    except (UnicodeDecodeError, RecursionError) as error:
        raise ClientError(f"{path} is no YAML in UTF-8 ({type(error).__name__}). Save it as UTF-8 text.") from error
    except yaml.YAMLError as error:
        hint = _unquoted(path, error)
        raise ClientError(f"{path} is not a valid client file: {hint or error}") from error
    except (PresetError, VariableError) as error:
        raise ClientError(f"{path} is not a valid client file:{error}") from error
    except PlaintextSecretError as error:
        raise ClientError(
            f"{path} has the secret {error} written out; expected a variable, so that nobody finds it in a file: "
            "${SHOP_KAFKA_PASSWORD}, say. Set that where the step runs, and change the secret if the file was shared."
        ) from error
    except ValidationError as error:
        findings = hidden(_format_errors(error), content, variables)
        raise ClientError(f"{path} is not a valid client file:{findings}") from error
    if client.client != name:
        raise ClientError(f"{path} says client: {client.client}; expected {name}, the name of the file.")
    return client


def client_of(content: Any, folder: Path, variables: Mapping[str, str]) -> Client:
    """The client that the content of a file in the folder is.

    Raises PresetError, VariableError, PlaintextSecretError and ValidationError.
    """
    whole = filled(_with_presets(content, folder), variables)
    return Client.model_validate(whole, context={"folder": folder.absolute()})


def _with_presets(content: Any, folder: Path) -> Any:
    """The content with its presets filled in; raises PresetError with all that cannot be."""
    if not isinstance(content, Mapping) or not isinstance(content.get("sources"), Mapping):
        return content
    sources: dict[str, Any] = {}
    problems = ""
    for dataset, block in by_dataset(content["sources"], folder).items():
        try:
            sources[dataset] = with_preset(dataset, block, folder) if isinstance(block, Mapping) else block
        except PresetError as error:
            problems += f"\n  - sources.{dataset} {error}"
    if problems:
        raise PresetError(problems)
    return {**content, "sources": sources}


def _unquoted(path: Path, error: yaml.YAMLError) -> str | None:
    """What to say where a value begins with a sign that YAML takes for one of its own; None for other faults."""
    mark = getattr(error, "problem_mark", None)
    lines = path.read_text(encoding="utf-8").splitlines()
    if mark is None or mark.line >= len(lines):
        return None
    found = SIGN.match(lines[mark.line])
    if found is None:
        return None
    text, sign = found["text"].rstrip(), found["sign"]
    return (
        f"line {mark.line + 1}, {found['name']}: {text} must stand in quotation marks, as YAML reads {sign} as "
        f'{SIGNS[sign]}; write {found["name"]}: "{text}"'
    )


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

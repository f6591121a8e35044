"""However the deliveries of all datasets come, late, twice, corrected, in any order: the warehouse is the same."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.client_file import Client
from contracts.datasets import DATASETS
from contracts.deliveries import Delivery, Manifest
from storage.landing import deliveries, land, staged_file

if TYPE_CHECKING:
    from tests.integration.conftest import Platform

pytestmark = [pytest.mark.xdist_group("integration-any-order"), pytest.mark.system]
# A leap day, days on which New York's clocks change, the end of a month; the nights between are made up for.
DAYS = [date(2024, 2, 29), date(2024, 3, 10), date(2024, 3, 31), date(2024, 11, 4)]
YEAR = [date(2024, 2, 1) + timedelta(days=number) for number in range(366)]
# Every other model is made again by each run, so that only its last run matters. What Python computes takes most of a
# run, and follows from core alone.
INCREMENTS = (
    *("run", "--select", "path:models/staging", "int_customer_spans", "int_product_spans", "int_day_signatures"),
    *("int_charge_products", "int_foreign_orders", "int_refund_amounts", "int_refunds", "int_later_contributions"),
    "config.materialized:incremental",
)
BUILD = ("run", "--exclude", "path:models/analytics+")
New = Callable[[], "Platform"]


@pytest.fixture(scope="module")
def new(small_demo: Client, platform_of: Callable[[Client], "Platform"]) -> New:
    """Makes a very small shop whose orders may be late and delivered twice; its pseudonyms are always the same."""
    ceilings = small_demo.ceilings.model_copy(update={"quarantined_share": Decimal(1)})
    sizes = {"start": date(2024, 2, 1), "through": date(2025, 1, 31), "customers": 30, "transactions": 250}
    demo = small_demo.demo.model_copy(update={**sizes, "defects": {"late_row": 0.2, "duplicate_delivery": 0.1}})

    def make() -> "Platform":
        platform = platform_of(small_demo.model_copy(update={"demo": demo, "ceilings": ceilings}))
        platform.paths.pseudonym_key.parent.mkdir(parents=True)
        platform.paths.pseudonym_key.write_text("1" * 64)
        return platform

    return make


def with_landing(platform: "Platform", landing: "Platform") -> "Platform":
    shutil.copytree(landing.paths.landing, platform.paths.landing)
    return platform


def day_by_day(platform: "Platform", days: Sequence[date]) -> "Platform":
    for day in days:
        platform.run(day, "extract", "load")
        platform.dbt(*INCREMENTS)
    platform.dbt(*BUILD)
    return platform


@pytest.fixture(scope="module")
def daily(new: New) -> Iterator["Platform"]:
    """The shop run on each of the days; a test only reads it."""
    platform = day_by_day(new(), DAYS)
    yield platform
    shutil.rmtree(platform.environment.data_dir)


@pytest.fixture(scope="module")
def at_once(new: New, daily: "Platform") -> Iterator["Platform"]:
    """All that has landed on these days, loaded and built in one run, as a backfill of a range does."""
    platform = with_landing(new(), daily)
    platform.run(DAYS[-1], "load")
    platform.dbt(*BUILD, "--full-refresh")
    yield platform
    shutil.rmtree(platform.environment.data_dir)


def test_the_shop_has_every_dataset_and_a_day_without_a_sale(daily: "Platform") -> None:
    landed = {manifest.dataset for manifest in deliveries(daily.paths.landing)}
    elsewhere = {"order_lines", "order_items", "payments", "refunds"}  # in the orders, and as returns
    # The demo sells goods alone, in its own currency, and says no more of it than it must.
    unsaid = {"exchange_rates", "discount_codes", "tax_lines", "balance_transactions", "shipping_costs"}
    unsaid |= {"targets", "annotations"}
    assert landed == {*DATASETS} - elsewhere - unsaid
    assert {name for name, rows in daily.tables().items() if not rows} == {
        *("core.dim_annotations", "core.dim_targets", "core.fct_balance_transactions"),
        *("core.fct_order_charges", "core.fct_order_discounts", "core.fct_order_taxes"),
    }
    empty = "select count(*) > 0 from marts.mart_daily_sales where order_count = 0"
    assert daily.warehouse(empty) == [(True,)]


def test_day_by_day_is_one_backfill_is_one_full_refresh(daily: "Platform", at_once: "Platform") -> None:
    """What is loaded and built at once in a new warehouse is a full refresh, too."""
    assert daily.tables() == at_once.tables()


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
def test_a_year_day_by_day_is_one_backfill_is_one_full_refresh(new: New) -> None:
    daily = day_by_day(new(), YEAR)
    daily.dbt("run")
    built = daily.tables()
    backfill = with_landing(new(), daily)
    backfill.run(YEAR[-1], "load", "verify")
    backfill.dbt("run")
    assert backfill.tables() == built
    daily.dbt("run", "--full-refresh")
    assert daily.tables() == built


def deliver(platform: "Platform", manifest: Manifest, content: bytes, key: str) -> None:
    delivery = Delivery(manifest.dataset, key, manifest.logical_date, manifest.file, manifest.origin)
    with staged_file(platform.paths.landing, delivery) as staged:
        staged.write_bytes(content)
        rows = content.count(b"\n")
        land(platform.paths.landing, delivery, staged, rows=rows, extracted_at=manifest.extracted_at, code_version="t")


def wrong(data: st.DataObject, content: bytes) -> bytes:
    """Every other record, one column of which has another record's value, and every fourth a year too early.

    So keys, amounts and whole days come that the correction does not have.
    """
    records = [json.loads(line) for line in content.splitlines()]
    if not records:
        return content
    column = data.draw(st.sampled_from(sorted(records[0])))
    values = [record[column] for record in records]
    moved = [record | {column: value} for record, value in zip(records, values[1:] + values[:1], strict=True)]
    lines = [json.dumps(record) + "\n" for record in moved[::2]]
    early = [line.replace('"2024-', '"2023-') if number % 2 else line for number, line in enumerate(lines)]
    return "".join(early).encode()


def arrive(data: st.DataObject, platform: "Platform", source: "Platform", runs: int) -> None:
    """Let the other platform's deliveries arrive in any order, some wrong at first, some twice, with runs between."""
    manifests = deliveries(source.paths.landing)
    some = st.sets(st.sampled_from(range(len(manifests))), min_size=10, max_size=20)
    corrected, twice = data.draw(some), data.draw(some)
    order = data.draw(st.permutations([*range(len(manifests)), *corrected]))
    cuts = data.draw(st.sets(st.integers(len(order) // 2, len(order)), min_size=runs, max_size=runs))
    for arrived, number in enumerate(order, 1):
        manifest = manifests[number]
        content = manifest.data_file(source.paths.landing).read_bytes()
        if number in order[arrived:]:
            deliver(platform, manifest, wrong(data, content), manifest.key)
        else:
            deliver(platform, manifest, content, manifest.key)
        if number in twice and number not in order[arrived:]:
            deliver(platform, manifest, content, f"{manifest.key}-again")
        if arrived in cuts:
            platform.run(DAYS[-1], "load")
            platform.dbt(*INCREMENTS)
    platform.run(DAYS[-1], "load", "verify")
    platform.dbt(*BUILD)


@settings(max_examples=1, deadline=None, derandomize=True, database=None, suppress_health_check=[*HealthCheck])
@given(data=st.data())
def test_any_order_of_arrival_gives_the_same_warehouse(
    data: st.DataObject, new: New, daily: "Platform", at_once: "Platform"
) -> None:
    platform = new()
    arrive(data, platform, daily, runs=2)
    assert platform.tables() == at_once.tables()
    shutil.rmtree(platform.environment.data_dir)


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
@settings(max_examples=25, deadline=None, database=None, suppress_health_check=[*HealthCheck])
@given(data=st.data())
def test_any_order_of_arrival_gives_the_same_warehouse_many_times(
    data: st.DataObject, new: New, daily: "Platform", at_once: "Platform"
) -> None:
    platform = new()
    arrive(data, platform, daily, runs=4)
    assert platform.tables() == at_once.tables()
    shutil.rmtree(platform.environment.data_dir)

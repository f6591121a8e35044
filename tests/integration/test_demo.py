"""The demo from source to published file: to the cent, again, day by day, in another order, corrected, and broken."""

import json
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from deltalake import DeltaTable

from contracts.client_file import Client
from contracts.deliveries import Delivery
from contracts.environment import IN_CLIENT_FOLDER
from pipeline.dbt import PROJECT, BuildError
from powerbi.generate import FOLDER
from powerbi.model import data_type
from publish.errors import PublishError
from serve.summary import summarise
from storage.landing import land, latest, staged_file
from tests.exported_files import csv_rows, current, parquet_rows

if TYPE_CHECKING:
    from tests.integration.conftest import Platform

pytestmark = [pytest.mark.xdist_group("integration-demo"), pytest.mark.system]
LAST_DAY = date(2026, 10, 31)
MEASURES = ("sales", "gross", "discount", "net")


def truth(platform: "Platform", dataset: str) -> Counter[str]:
    """What the generator says it made, in all; money in cents."""
    totals: Counter[str] = Counter()
    for path in (platform.paths.truth / dataset).glob("*.json"):
        for day in json.loads(path.read_text(encoding="utf-8"))["days"].values():
            totals.update(day)
    return totals


def cents(amount: object) -> int:
    return int(Decimal(str(amount)) * 100)


def test_source_raw_core_mart_and_published_file_agree_to_the_cent(demo: "Platform") -> None:
    made, returned = truth(demo, "orders"), truth(demo, "returns")
    expected = (made["sales"], made["gross"], made["discount"], made["net"], returned["refunds"])
    assert made["items"] == 300
    assert all(expected)
    measures = {
        **dict(zip(("order_count", "gross", "discount", "net"), expected, strict=False)),
        "paid_back": returned["paid_back"],
    }
    for measure, amount in measures.items():
        factor = 1 if measure == "order_count" else 100
        ((raw, core, mart),) = demo.published(
            f"select raw, core, mart from _meta_reconciliation where measure = '{measure}'"
        )
        layers = (raw, core) if measure == "paid_back" else (raw, core, mart)
        assert {int(Decimal(str(layer)) * factor) for layer in layers} == {amount}, measure
    assert demo.published(
        """select sum(order_count), sum(gross) * 100, sum(discount) * 100, sum(net) * 100, sum(refunds) * 100
        from marts.mart_daily_sales"""
    ) == [expected]
    assert (
        demo.published("select count(*), sum(gross) * 100 from core.fct_transactions where is_sale")[0][1]
        == made["gross"]
    )
    assert demo.published("select count(*) from core.fct_orders") == [(made["orders"],)]
    assert DeltaTable(demo.paths.raw / "orders").count() == made["orders"]


def test_every_day_agrees_with_what_was_made(demo: "Platform") -> None:
    days = {}
    for path in (demo.paths.truth / "orders").glob("*.json"):
        days |= json.loads(path.read_text(encoding="utf-8"))["days"]
    expected = sorted((day, *(made[name] for name in MEASURES)) for day, made in days.items() if made["sales"])
    found = demo.published(
        """select
            calendar_date::varchar, order_count, (gross * 100)::bigint, (discount * 100)::bigint, (net * 100)::bigint
        from marts.mart_daily_sales where order_count > 0 order by 1"""
    )
    assert len(expected) > 50
    assert found == expected


def test_the_published_file_holds_the_warehouse_and_its_description(demo: "Platform") -> None:
    summary = summarise(demo.paths)
    built = demo.tables()
    assert summary.row_counts == {table: len(rows) for table, rows in built.items()}
    assert (summary.data_through, summary.run_id, summary.code_version) == (LAST_DAY, "run-2026-10-31", "0.1.0+test")
    manifest = json.loads((demo.paths.root / "dbt" / "manifest.json").read_text(encoding="utf-8"))
    assert summary.tests_passed == sum(node["resource_type"] == "test" for node in manifest["nodes"].values())
    assert summary.tests_passed > 31
    assert "older products: 20 products come from the bundled catalogue, not from the API of today" in summary.warnings


def test_the_exports_hold_the_published_file_cell_by_cell(demo: "Platform") -> None:
    manifest = current(demo.paths.exports)
    files: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for file in manifest["files"]:
        files.setdefault((file["table"], file["format"]), []).append(file)
    assert list(files) == [(table, kind) for table in demo.tables() for kind in ("parquet", "csv")]
    for (table, kind), parts in files.items():
        types = {str(name): str(sql_type) for name, sql_type, *_ in demo.published(f"describe {table}")}
        read = parquet_rows if kind == "parquet" else csv_rows
        months = [read(demo.paths.exports / part["path"], types) for part in parts]
        assert [len(rows) for rows in months] == [part["rows"] for part in parts]
        assert Counter(row for rows in months for row in rows) == Counter(demo.published(f"from {table}"))
        assert (parts[0]["month"] is not None) == table.startswith("core.fct_")


def test_power_bi_expects_the_columns_and_types_that_are_published(demo: "Platform") -> None:
    compared = 0
    for path in FOLDER.glob("*.SemanticModel/definition/tables/*.tmdl"):
        text = path.read_text(encoding="utf-8")
        if source := re.search(r'ReadTable\("(\w+)", "(\w+)"\)', text):
            published = demo.published(f"describe {'.'.join(source.groups())}")
            types = {name: data_type(str(kind).replace("VARCHAR", "string")) for name, kind, *_ in published}
            columns = dict(re.findall(r"^\tcolumn (\w+)\n\t\tdataType: (\w+)$", text, re.MULTILINE))
            assert columns.items() <= types.items()
            assert path.stem == "publication" or columns == types
            compared += 1
    assert compared == 10


def test_a_rerun_publishes_the_same_data(demo: "Platform", tmp_path: Path) -> None:
    again = demo.copy_to(tmp_path / "data")
    assert again.run(LAST_DAY, "extract", "load", "verify")[1] == "nothing new has landed"
    again.dbt("build")
    again.run(LAST_DAY, "publish")
    assert again.published("select version from _meta") == [(2,)]
    fingerprint = "select data_fingerprint from _meta"
    assert again.published(fingerprint) == demo.published(fingerprint)


def test_days_in_any_order_give_the_warehouse_of_one_run(
    demo: "Platform", small_demo: Client, platform_of: Callable[[Client], "Platform"]
) -> None:
    """A month is landed whole or by days, and days early or late; increments must come out the same."""
    forward, late = platform_of(small_demo), platform_of(small_demo)
    for platform in (forward, late):
        platform.paths.pseudonym_key.parent.mkdir(parents=True)
        shutil.copy(demo.paths.pseudonym_key, platform.paths.pseudonym_key)
    days = [date(2026, 9, 29), date(2026, 9, 30), date(2026, 10, 2), LAST_DAY]
    for day in days:
        forward.run(day, "extract", "load", "verify")
        forward.dbt("run")
    for day in [days[2], days[0], days[3], days[1]]:
        late.run(day, "extract", "load", "verify")
        if day in {days[2], days[1]}:
            late.dbt("run")
    assert forward.tables() == late.tables()
    # One run has one snapshot of the customers; daily runs know that some were in another segment before.
    built, at_once = (platform.tables("customer_segment", "customer_country") for platform in (forward, demo))
    assert [name for name in at_once if built[name] != at_once[name]] in ([], ["core.dim_customers_history"])
    built = forward.tables()
    forward.dbt("run", "--full-refresh")
    assert forward.tables() == built, "a full refresh gives what the increments gave"
    for platform in (forward, late):
        shutil.rmtree(platform.environment.data_dir)


def correct_an_order(platform: "Platform") -> int:
    """Deliver the last month again with one piece more in one sale, paid for; the cents that this adds."""
    landing = platform.paths.landing
    newest = latest(landing, "orders", "2026-10")
    assert newest is not None
    orders = [json.loads(line) for line in newest.data_file(landing).read_text(encoding="utf-8").splitlines()]
    order = next(
        order for order in orders if order["status"] == "completed" and order["payments"][-1]["status"] == "succeeded"
    )
    item, payment = order["items"][0], order["payments"][-1]
    item["quantity"] += 1
    payment["amount"] = str(Decimal(payment["amount"]) + Decimal(item["unit_price"]))
    delivery = Delivery("orders", "2026-10", LAST_DAY, newest.file, newest.origin, parameters=newest.parameters)
    with staged_file(landing, delivery) as staged:
        staged.write_text("".join(json.dumps(order) + "\n" for order in orders), encoding="utf-8")
        now = platform.environment.now()
        land(landing, delivery, staged, rows=len(orders), extracted_at=now, code_version="0.1.0+test")
    return cents(item["unit_price"])


def test_a_corrected_delivery_replaces_the_old_one_and_back(demo: "Platform", tmp_path: Path) -> None:
    corrected = demo.copy_to(tmp_path / "data")
    before = cents(summarise(demo.paths).revenue)
    added = correct_an_order(corrected)
    corrected.run(LAST_DAY, "load", "verify")
    corrected.dbt("build")
    corrected.run(LAST_DAY, "publish")
    assert cents(summarise(corrected.paths).revenue) == before + added
    # The source still has the old order: the next extraction delivers it again, as a correction of the correction.
    corrected.run(LAST_DAY, "extract", "load", "verify")
    corrected.dbt("run")
    assert corrected.tables() == demo.tables()


def test_a_failing_test_is_named_and_nothing_is_published(demo: "Platform", tmp_path: Path) -> None:
    broken = demo.copy_to(tmp_path / "data")
    broken.warehouse(
        "update core.fct_transactions set gross = gross + 1, net = net + 1 where line_number = 1 and is_sale"
    )
    with pytest.raises(
        BuildError, match=r"\d+ of \d+ models and tests failed; expected none:\n(.*\n)*  - reconcile_orders: Got"
    ):
        broken.run(LAST_DAY, "build")
    with pytest.raises(PublishError, match=r"not fit to publish: .*ended as (fail|skipped)"):
        broken.run(LAST_DAY, "publish")
    assert summarise(broken.paths).version == 1


def test_after_a_killed_dbt_nothing_is_published(demo: "Platform", tmp_path: Path) -> None:
    killed = demo.copy_to(tmp_path / "data")
    target = killed.paths.root / "dbt"
    with subprocess.Popen(
        [
            *(Path(sys.executable).with_name("dbt"), "run", "--project-dir", PROJECT, "--profiles-dir", PROJECT),
            *("--target-path", target, "--log-path", target / "logs"),
        ],
        cwd=killed.paths.root,
        env=IN_CLIENT_FOLDER,
        stdout=subprocess.PIPE,
        text=True,
    ) as dbt:
        assert dbt.stdout is not None
        assert any("START sql table model core.dim_date" in line for line in dbt.stdout)
        dbt.send_signal(signal.SIGKILL)
    with pytest.raises(PublishError, match="was run before a dbt run that did not finish"):
        killed.run(LAST_DAY, "publish")
    assert summarise(killed.paths).version == 1


def test_a_load_after_the_build_must_be_built_before_it_is_published(demo: "Platform", tmp_path: Path) -> None:
    stale = demo.copy_to(tmp_path / "data")
    correct_an_order(stale)
    stale.run(LAST_DAY, "load")
    with pytest.raises(PublishError, match="1 deliveries were loaded and not verified, orders/2026-10/0002 among them"):
        stale.run(LAST_DAY, "publish")
    stale.run(LAST_DAY, "verify")
    with pytest.raises(PublishError, match="was run before the last load"):
        stale.run(LAST_DAY, "publish")

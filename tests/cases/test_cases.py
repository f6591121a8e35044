"""Small shops from public bug reports, each with the right figures by month worked out by hand beside it.

They lie outside the project (`CASES_PATH`). What a case's client file must say beyond what it says is in said.yml.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from contracts.paths import ClientPaths
from tests.machine import CASES

pytestmark = [pytest.mark.cases, pytest.mark.needs("cases")]
SAID: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("said.yml").read_text(encoding="utf-8"))
FOLDERS = sorted(folder for folder in CASES.glob("*/") if (folder / "expected.yml").is_file())
BY_MONTH = """
with orders as (
    select
        strftime(order_date, '%Y-%m') as month, count(*) filter (where is_sale) as orders,
        count(distinct customer_id) filter (where is_sale and customer_id <> 'unknown') as customers,
        sum(gross) filter (where is_sale) as gross, sum(discount) filter (where is_sale) as discount,
        sum(net) filter (where is_sale) as net, sum(tax) filter (where is_sale) as tax,
        sum(shipping) filter (where is_sale) as shipping,
        sum(total) filter (where is_sale or is_sale_without_goods) as total
    from core.fct_orders group by 1
),
refunds as (
    select strftime(returned_date, '%Y-%m') as month, sum(refund) as refunded_goods from core.fct_returns group by 1
)
select
    month, coalesce(orders, 0) as orders, coalesce(customers, 0) as customers, coalesce(gross, 0) as gross,
    coalesce(discount, 0) as discount, coalesce(net, 0) as net, coalesce(tax, 0) as tax,
    coalesce(shipping, 0) as shipping, coalesce(total, 0) as total, coalesce(refunded_goods, 0) as refunded_goods,
    coalesce(net, 0) - coalesce(refunded_goods, 0) as net_sales
from orders full join refunds using (month) order by month
"""


def merged(base: Any, more: Any) -> Any:
    """The settings with others put over them; null takes one away."""
    if not isinstance(base, Mapping) or not isinstance(more, Mapping):
        return more
    both = {
        name: merged(base[name], more[name]) if name in base and name in more else more.get(name, base.get(name))
        for name in {**base, **more}
    }
    return {name: value for name, value in both.items() if not (name in more and more[name] is None)}


def run(case: Path, clients: Path, data: Path, date: str) -> subprocess.CompletedProcess[str]:
    """The steps of a night up to the published file."""
    variables = {"SALES_CLIENTS_DIR": str(clients), "SALES_DATA_DIR": str(data), "SALES_CLIENT": "client"}
    command = [sys.executable, "-m", "tests.cases.night", date]
    return subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=False)


def prepared(case: Path, folder: Path, said: Mapping[str, Any] | None) -> Path:
    """The case's folder, with a client file that says this too."""
    shutil.copytree(case, folder)
    if said is not None:
        file = folder / "client.yml"
        text = file.read_text(encoding="utf-8").replace("path: **/lines.csv", 'path: "**/lines.csv"')
        file.write_text(yaml.safe_dump(merged(yaml.safe_load(text), said), allow_unicode=True))
    return folder


@pytest.mark.parametrize("case", FOLDERS, ids=lambda folder: folder.name)
def test_figures_are_right_or_refused(
    case: Path, tmp_path: Path, give_parsed_project: Callable[[ClientPaths], None]
) -> None:
    expected = yaml.safe_load((case / "expected.yml").read_text(encoding="utf-8"))
    said = SAID.get(case.name)
    give_parsed_project(ClientPaths(tmp_path / "data", "client"))
    night = run(case, prepared(case, tmp_path / "clients", said), tmp_path / "data", str(expected["business_date"]))
    output = night.stdout + night.stderr
    if expected["outcome"] == "refused" or (
        said is None and expected["outcome"] == "figures_or_refused" and night.returncode
    ):
        assert night.returncode == 1, output
        assert "Traceback" not in output
        print(output, expected.get("must_say"))
        return
    assert night.returncode == 0, f"{output}\nsettings: {expected['settings']}"
    print(output, expected.get("must_say"))
    with duckdb.connect(str(ClientPaths(tmp_path / "data", "client").published_file), read_only=True) as published:
        cursor = published.execute(BY_MONTH)
        names = [name for name, *_ in cursor.description]
        found = {
            row[0]: {name: float(value) for name, value in zip(names[1:], row[1:], strict=True)}
            for row in cursor.fetchall()
        }
    with duckdb.connect(str(ClientPaths(tmp_path / "data", "client").warehouse), read_only=True) as warehouse:
        quarantined = warehouse.execute("select count(*) from raw.quarantine").fetchall()
    assert quarantined == [(expected.get("quarantined_rows", 0),)], output
    nothing = dict.fromkeys(names[1:], 0.0)
    right = {
        month: nothing | {name: float(value) for name, value in figures.items()}
        for month, figures in expected["by_month"].items()
    }
    assert {month: found.get(month, nothing) for month in {*right, *found}} == {
        month: right.get(month, nothing) for month in {*right, *found}
    }, output

"""`sales erase`: nothing tells who the customer was, no total changes, and later deliveries do not bring it back."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable

from contracts.paths import ClientPaths

Sales = Callable[..., subprocess.CompletedProcess[str]]
SHOP = """
client: shop
name: The Shop
currency: EUR
time_zone: Europe/Berlin
personal_data: plain
sources: {customers: {kind: demo}, orders: {kind: demo}, returns: {kind: demo}}
demo: {start: 2026-10-01, through: 2026-10-31, customers: 20, transactions: 60, defects: {bad_type: 0.2}}
ceilings: {quarantined_share: 1, orphan_share: 1}
"""
TOTALS = """
select count(*), sum(order_count), sum(net), sum(refunds), sum(estimated_profit) from marts.mart_daily_sales
where calendar_date <= date '2026-10-30'
"""

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]


@pytest.fixture
def sales(tmp_path: Path, give_parsed_project: Callable[[ClientPaths], None]) -> Sales:
    """Runs the command as a person does, in a data folder of its own."""
    (tmp_path / "clients").mkdir()
    (tmp_path / "clients" / "shop.yml").write_text(SHOP)
    give_parsed_project(ClientPaths(tmp_path / "data", "shop"))
    folders = {"SALES_DATA_DIR": str(tmp_path / "data"), "SALES_CLIENTS_DIR": str(tmp_path / "clients")}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("sales")), *arguments, "--client", "shop"]
        return subprocess.run(command, env=os.environ | folders, capture_output=True, text=True, check=False)

    return run


def published(tmp_path: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(tmp_path / "data/shop/published/sales_analytics.duckdb", read_only=True) as con:
        return con.execute(query).fetchall()


def everything(folder: Path) -> str:
    """All that is in the folder: files as they are, and every row of every DuckDB and Parquet file."""
    said: list[str] = []
    for path in folder.rglob("*"):
        if path.suffix == ".duckdb":
            with duckdb.connect(path, read_only=True) as con:
                for schema, table in con.execute("select schema_name, table_name from duckdb_tables()").fetchall():
                    said += map(str, con.execute(f"from {schema}.{table}").fetchall())
        if path.suffix == ".parquet":
            said += map(str, duckdb.sql(f"from read_parquet('{path}')").fetchall())
        if path.is_file():
            said.append(path.read_bytes().decode("latin-1"))
    return "\n".join(said)


def customers_of_raw(folder: Path) -> list[str]:
    return DeltaTable(folder / "raw" / "orders").to_pyarrow_table().column("customer_id").to_pylist()


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def repair_everything(sales: Sales, rows: Path) -> None:
    assert sales("quarantine", "--to", str(rows)).returncode == 0
    rows.write_text(rows.read_text().replace('"quantity": "two"', '"quantity": 1'))
    assert " rows repaired\n" in sales("replay", str(rows)).stdout
    rows.unlink()
    assert "Nothing is in quarantine." in sales("quarantine").stdout


def test_an_erased_customer_is_nowhere_and_no_total_changes(sales: Sales, tmp_path: Path) -> None:
    folder = tmp_path / "data" / "shop"
    for step in (["extract", "--date", "2026-10-30"], ["load"]):
        assert sales(*step).returncode == 0
    repair_everything(sales, tmp_path / "rows.jsonl")
    assert sales("run", "--date", "2026-10-31").returncode == 0
    buyer = "select customer_id, email, phone from core.dim_customers where total_orders > 0 and email is not null"
    ((customer, email, phone),) = published(tmp_path, f"{buyer} order by total_orders desc limit 1")
    before = published(tmp_path, TOTALS)
    orders = published(tmp_path, f"select count(*) from core.fct_orders where customer_id = '{customer}'")
    told = (email, phone, f'"customer_id":"{customer}"', f"'{customer}'")
    note = written(folder / "note.txt", f"called {email} back")
    copy = written(folder / "published" / "exports" / "mine.csv", f"customer_id,comment\n{customer},x\n")
    (folder / "spark").mkdir()
    written(folder / "spark" / "part.csv", f"{customer},{email}\n")
    said = everything(folder)
    assert [text for text in told if text not in said] == []
    assert customer in customers_of_raw(folder)
    assert len(list((folder / "raw" / "orders" / "_delta_log").glob("*.json"))) > 1

    found = sales("erase", customer, "--yes")
    assert f"error: the customer is still in {note}: 1; expected no trace." in found.stderr
    assert published(tmp_path, "select version from _meta") == [(1,)], "proved before anything is published"
    other = sales("erase", "C0000002", "--yes")
    assert f"the erasure of customer '{customer}' has not ended" in other.stderr
    note.unlink()
    assert f"error: the customer is still in {copy}: 1; expected no trace." in sales("publish").stderr
    copy.unlink()
    erased = sales("publish")  # whatever runs next finishes it

    assert erased.returncode == 0, erased.stdout + erased.stderr
    said = everything(folder)
    assert [text for text in told if text in said] == []
    (kept,) = (folder / "published" / "versions").glob("*.duckdb")
    for file in (folder / "warehouse" / "build.duckdb", folder / "published" / "sales_analytics.duckdb", kept):
        assert [text for text in (email, phone, customer) if text.encode() in file.read_bytes()] == [], file
    assert published(tmp_path, TOTALS) == before
    exports = folder / "published" / "exports"
    assert sorted(path.name for path in exports.iterdir()) == ["000003", "current.json"]
    cells = (exports / "000003/core/dim_customers.csv").read_text()
    assert f"{customer}," not in cells
    assert "C0000002," in cells
    assert f"{customer}\\" not in said
    (label,) = re.findall(r"no trace in .* under (\S+)", erased.stdout)
    assert published(tmp_path, f"select count(*) from core.fct_orders where customer_id = '{label}'") == orders
    assert customers_of_raw(folder).count(label) == orders[0][0]
    person = f"select first_name, email, phone from core.dim_customers where customer_id = '{label}'"
    assert published(tmp_path, person) == [(None, None, None)]
    assert len(list((folder / "published" / "versions").glob("*.duckdb"))) == 1

    assert sales("extract", "--date", "2026-10-30").returncode == 0
    assert "nothing new has landed\n" in sales("load").stdout, "what was repaired stays so"
    for step in (["extract", "--date", "2026-11-01"], ["load"], ["verify", "--full"]):
        later = sales(*step)
        assert later.returncode == 0, later.stdout + later.stderr
    said = everything(folder)
    assert [text for text in told if text in said] == []


def test_an_unknown_customer_is_refused(sales: Sales) -> None:
    for step in ("extract", "load"):
        assert sales(step).returncode == 0
    refused = sales("erase", "nobody", "--yes")
    assert refused.returncode == 1
    assert "knows no customer 'nobody'; expected a customer_id as in core.dim_customers." in refused.stderr

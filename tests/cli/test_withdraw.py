"""`sales withdraw`: a file that was delivered by mistake counts no more, and does not come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from cli.withdraw import found, take_out
from contracts.client_file import Client
from contracts.deliveries import LandingError
from contracts.environment import CHECKOUT, Environment
from pipeline.run import Run
from pipeline.steps import do

DAY = date(2026, 10, 31)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "in").mkdir()
    orders = {
        "kind": "files",
        "path": str(tmp_path / "in" / "o_*.csv"),
        "format": "csv",
        "columns": {"order_id": "id", "order_at": "at"},
    }
    shop = {"client": "shop", "name": "Shop", "currency": "EUR", "time_zone": "UTC", "sources": {"orders": orders}}
    environment = Environment("shop", tmp_path / "data", CHECKOUT / "clients", "test")
    return Run(environment, Client.model_validate(shop), (DAY,), "run", environment.now(), 0)


def put(tmp_path: Path, name: str, *orders: str) -> None:
    rows = "".join(f"{order},2026-10-30\n" for order in orders)
    (tmp_path / "in" / name).write_text(f"id,at\n{rows}")


def ids(run: Run) -> list[str]:
    do(run, "extract")
    do(run, "load")
    with duckdb.connect(run.paths.warehouse, read_only=True) as con:
        rows = con.execute("select order_id from raw.orders where is_current order by 1").fetchall()
    return [name for (name,) in rows]


def test_a_file_that_was_taken_out_does_not_come_back(tmp_path: Path, run: Run) -> None:
    put(tmp_path, "o_1.csv", "1")
    put(tmp_path, "o_2.csv", "2", "3")
    assert ids(run) == ["1", "2", "3"]
    said = take_out(run, found(run, "orders/o_2.csv/0001"))
    assert said.startswith("orders/o_2.csv/0001 is taken out, 2 rows; nothing replaces it\n1 row of 1 new delivery")
    assert ids(run) == ["1"]
    do(run, "verify")
    put(tmp_path, "o_2.csv", "2")
    assert ids(run) == ["1", "2"]


def test_what_a_file_replaced_counts_again(tmp_path: Path, run: Run) -> None:
    for order in ("1", "2"):
        put(tmp_path, "o_1.csv", order)
        assert ids(run) == [order]
    said = take_out(run, found(run, "orders/o_1.csv/0002"))
    assert said.startswith("orders/o_1.csv/0002 is taken out, 1 row; orders/o_1.csv/0001 counts again")
    assert ids(run) == ["1"]


def test_the_only_delivery_may_go(tmp_path: Path, run: Run) -> None:
    put(tmp_path, "o_1.csv", "1")
    assert ids(run) == ["1"]
    assert take_out(run, found(run, "orders/o_1.csv/0001")).endswith("nothing is left to load")


def test_an_unknown_delivery_is_named_with_those_there_are(tmp_path: Path, run: Run) -> None:
    put(tmp_path, "o_1.csv", "1")
    do(run, "extract")
    with pytest.raises(
        LandingError, match=r"has no delivery orders/o_1 of a shop's own file; .*such as orders/o_1\.csv"
    ):
        found(replace(run), "orders/o_1")

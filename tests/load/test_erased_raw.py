"""An erased customer leaves no byte in landing, raw, its logs and the warehouse, also when the load is killed."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from deltalake import DeltaTable

from load import raw_tables
from load.raw_tables import current
from pipeline import erasure, steps
from pipeline.run import Run
from pipeline.steps import load_to_database
from privacy.erased import EraseError
from tests.load.conftest import CUSTOMERS, DAY, NOW, PRODUCTS, Shop, order

EMAIL, PHONE = "ann.miller@example.com", "+1 555 0199"
ANN = {**CUSTOMERS[0], "customer_id": "C-ann", "email": EMAIL, "phone": PHONE}
TRACES = [text.encode() for text in (EMAIL, PHONE, "C-ann")]
TOTALS = "select count(*), sum(quantity), sum(quantity * unit_price) from raw.transactions"


class KilledError(BaseException):
    """What nothing catches, as a signal."""


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """Two attempts of a month with the customer's orders, one of them in quarantine, and two snapshots."""
    shop.land("products", PRODUCTS)
    for key in ("2026-10-30", "2026-10-31"):
        shop.land("customers", [*CUSTOMERS, {**ANN, "segment": key}], key=key)
    shop.land("orders", [order("A1", customer_id="C-ann")])
    shop.load()
    lost = order("A3", customer_id="C-ann", status="lost")
    shop.land("orders", [order("A1", customer_id="C-ann"), order("A2"), lost])
    shop.load()
    shop.verify()
    return shop


def run_of(shop: Shop) -> Run:
    environment: Any = SimpleNamespace(paths=lambda: shop.paths, now=lambda: NOW, code_version="test")
    return Run(environment, shop.client, (DAY,), "erasing", NOW)


def places(shop: Shop) -> list[Path]:
    """The files that say who it was, Parquet also where it is compressed."""
    files = [path for path in shop.paths.root.rglob("*") if path.is_file() and path.name != "erasing.json"]
    found = [path for path in files if any(text in path.read_bytes() for text in TRACES)]
    rows = {path: str(duckdb.sql(f"from read_parquet('{path}')").fetchall()) for path in files if is_parquet(path)}
    return found + [path for path, text in rows.items() if any(each.decode() in text for each in TRACES)]


def is_parquet(path: Path) -> bool:
    return path.read_bytes()[:4] == b"PAR1"


def test_no_file_says_who_it_was_and_every_total_stays(sold: Shop) -> None:
    before, current_orders = sold.rows(TOTALS), sold.rows("select count(*) from raw.orders where is_current")
    kept = current(sold.paths).parts()["products"]
    assert {path.parent.name for path in places(sold)} >= {"orders", "customers", "quarantine"}
    erasure.begin(sold.paths, "C-ann")
    said = load_to_database(run_of(sold), {}).text
    assert re.match(r"landing: 4 records in 3 files say nothing of the customer any more; \d+ rows of 3 new", said)
    assert places(sold) == []
    person = erasure.unfinished(sold.paths)
    assert person is not None
    assert erasure.search(sold.paths, person, published=False) > 20
    assert sold.rows(TOTALS) == before
    assert sold.rows("select count(*) from raw.orders where is_current") == current_orders
    assert current(sold.paths).parts()["products"] == kept, "what says nothing of the customer is not written again"
    ids = DeltaTable(sold.paths.raw / "orders").to_pyarrow_table().column("customer_id").to_pylist()
    assert sorted(re.sub(r"-\w+", "-", name) for name in ids) == ["C1", "erased-"]
    sold.verify(full=True)


def test_a_trace_that_is_left_is_named_and_ends_nothing(sold: Shop) -> None:
    erasure.begin(sold.paths, "C-ann")
    load_to_database(run_of(sold), {})
    note = sold.paths.root / "note.txt"
    note.write_text(f"called {EMAIL} back")
    person = erasure.unfinished(sold.paths)
    assert person is not None
    with pytest.raises(EraseError, match=rf"still in {note}: 1; expected no trace\..*sales erase C-ann --client shop"):
        erasure.search(sold.paths, person, published=False)
    with pytest.raises(EraseError, match="the erasure of customer 'C-ann' has not ended"):
        erasure.begin(sold.paths, "C1")


@pytest.mark.parametrize("step", ["_commit", "remove", "swap", "landing"])
def test_killed_at_any_commit_it_is_finished_by_the_next_load(
    sold: Shop, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before = sold.rows(TOTALS)
    owner: Any = {"swap": steps, "landing": erasure}.get(step, raw_tables.RawTables)
    name = {"swap": "remove_warehouse", "landing": "_deliver_without"}.get(step, step)
    done, kills, calls = getattr(owner, name), 0, 0

    def killed(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > kills:
            raise KilledError
        return done(*arguments)

    erasure.begin(sold.paths, "C-ann")
    monkeypatch.setattr(owner, name, killed)
    while True:
        calls = 0
        try:
            load_to_database(run_of(sold), {})
        except KilledError:
            kills += 1
        else:
            break
    monkeypatch.undo()
    assert kills > 0
    assert places(sold) == []
    assert sold.rows(TOTALS) == before
    sold.verify(full=True)

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
from tests.load.conftest import CUSTOMERS, DAY, NOW, PRODUCTS, Make, Shop, order
from tests.load.test_shop_files import ORDERS, files

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


@pytest.mark.parametrize("written", ["C-ann ", " C-ann", "C-ann"])
def test_a_blank_around_an_id_keeps_nobody_from_erasing_it(shop: Shop, written: str) -> None:
    shop.land("products", PRODUCTS)
    shop.land("customers", [*CUSTOMERS, {**ANN, "customer_id": written}])
    shop.land("orders", [order("A1", customer_id=written), order("A2")])
    shop.load()
    erasure.begin(shop.paths, written)
    load_to_database(run_of(shop), {})
    assert places(shop) == []
    person = erasure.unfinished(shop.paths)
    assert person is not None
    erasure.search(shop.paths, person, published=False)


def test_an_erasure_that_cannot_end_names_a_command_that_can_be_typed_and_can_be_given_up(shop: Shop) -> None:
    odd = "C ann; $(reboot)"
    shop.land("customers", [*CUSTOMERS, {**ANN, "customer_id": odd}])
    shop.load()
    erasure.begin(shop.paths, odd)
    with pytest.raises(EraseError, match=re.escape(f"Run: sales erase '{odd}' --client {shop.paths.client}, or give")):
        erasure.begin(shop.paths, "C1")
    with pytest.raises(EraseError, match="no erasure of customer 'C1' is open"):
        erasure.give_up(shop.paths, "C1")
    erasure.give_up(shop.paths, odd)
    assert erasure.unfinished(shop.paths) is None
    erasure.begin(shop.paths, "C1")
    dashed = erasure.Person("-x", frozenset())
    assert erasure.command(dashed, shop.paths) == f"sales erase --client {shop.paths.client} -- -x"


@pytest.mark.parametrize("recorded", [{}, {"fold_id_case": True}])
def test_capitals_keep_no_id_that_load_folds(make_shop: Make, recorded: dict[str, Any]) -> None:
    """Also in what landed before manifests said so: ids are compared as load compares them now."""
    shop = make_shop({"orders": files(ORDERS, format="jsonl", fold_id_case=True)})
    how = {"path": "o.jsonl", "format": "jsonl", "columns": ORDERS, **recorded}
    lines = ['{"id": "1", "who": "C-ANN", "when": "2026-10-30"}', '{"id": "2", "who": "bob", "when": "2026-10-30"}', ""]
    shop.land("orders", "\n".join(lines), file="o.jsonl", count=2, origin="files", parameters=how)
    shop.load()
    with pytest.raises(EraseError, match="knows no customer 'C-Ann'"):
        erasure.begin(shop.paths, "C-Ann")
    erasure.begin(shop.paths, "C-Ann", fold_case=True)
    load_to_database(run_of(shop), {})
    assert [path for path in shop.paths.root.rglob("*") if path.is_file() and b"C-ANN" in path.read_bytes()] == []
    customers = [name for (name,) in shop.rows("select customer_id from raw.orders where is_current order by 1")]
    assert (customers[0], customers[1][:7]) == ("bob", "erased-")


def test_an_id_that_the_client_file_translates_is_erased(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS, format="jsonl", values={"customer_id": {"old no 7": "C-ann"}})})
    how = {"path": "o.jsonl", "format": "jsonl", "columns": ORDERS}
    line = '{"id": "1", "who": "old no 7", "when": "2026-10-30"}\n'
    shop.land("orders", line, file="o.jsonl", count=1, origin="files", parameters=how)
    shop.load()
    erasure.begin(shop.paths, "C-ann")
    load_to_database(run_of(shop), {})
    assert [path for path in shop.paths.landing.rglob("*.jsonl") if b"old no 7" in path.read_bytes()] == []

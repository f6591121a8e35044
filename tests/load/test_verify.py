"""Verify: every clause fails on its defect, naming table, expected and found; and passes on what has landed."""

from __future__ import annotations

import shutil
from datetime import date
from typing import Any

import pytest

from contracts.deliveries import LandingError
from load.errors import LoadError
from load.verify_database import VerificationError
from tests.load.conftest import CUSTOMERS, DAY, PRODUCTS, Make, Shop, item, order, payment

RETURN = {
    "return_id": "R1",
    "order_id": "A1",
    "line_number": 1,
    "product_id": "P1",
    "customer_id": "C1",
    "quantity": 1,
    "refund_amount": "10.00",
    "returned_at": "2026-10-31T10:00:00Z",
}


def land_all(shop: Shop) -> None:
    shop.land_masters()
    rows = [order(), order("A2", customer_id=None), order("A3", status="lost"), order()]
    shop.land("orders", rows)
    shop.land("returns", [RETURN])


@pytest.fixture
def loaded(shop: Shop) -> Shop:
    """A shop with a sound, a bad and a repeated order, loaded and not yet verified."""
    land_all(shop)
    shop.load()
    return shop


def findings(shop: Shop, **options: Any) -> list[str]:
    with pytest.raises(VerificationError) as caught:
        shop.verify(**options)
    assert all(str(finding) in str(caught.value) for finding in caught.value.findings)
    assert "Nothing may be built or published from it" in str(caught.value)
    return [str(finding) for finding in caught.value.findings]


def test_what_has_landed_passes_and_is_remembered(loaded: Shop) -> None:
    report = loaded.verify()
    assert report.recounted == tuple(f"{name}/2026-10/0001" for name in ("customers", "orders", "products", "returns"))
    assert report.tables["orders"] == 2
    assert report.data_through == DAY
    assert loaded.rows("select distinct is_verified from raw.load_ledger") == [(True,)]
    assert loaded.rows("select business_date, row_count from raw.verified_rows where table_name = 'order_items'") == [
        (DAY, 4)
    ]
    assert loaded.verify().recounted == ()
    assert len(loaded.verify(full=True).recounted) == 4


UNVERIFIED = {
    "a lost row": (
        "delete from raw.orders where order_id = 'A2'",
        [
            "raw: rows loaded of orders/2026-10/0001: expected 2, found 1",
            "raw: paid of orders/2026-10/0001 on 2026-10-30: expected 50.0000 by the file, found 25.0000",
            (
                "raw.order_items: order_id in raw.orders: expected at most 0.00% without (orphan_share), "
                "found 2 of 4 without one (50.00%), for example A2"
            ),
            (
                "raw.payments: order_id in raw.orders: expected at most 0.00% without (orphan_share), "
                "found 1 of 2 without one (50.00%), for example A2"
            ),
        ],
    ),
    "a lost quarantine": (
        "delete from raw.quarantine",
        [
            "raw.quarantine: rows of orders/2026-10/0001: expected 1, found 0",
            "raw: gross of orders/2026-10/0001 on 2026-10-30: expected 75.0000 by the file, found 50.0000",
            "raw: paid of orders/2026-10/0001 on 2026-10-30: expected 75.0000 by the file, found 50.0000",
        ],
    ),
    "a ledger that does not add up": (
        "update raw.load_ledger set rows_duplicate = 0 where dataset = 'orders'",
        [
            (
                "raw.load_ledger: rows of orders/2026-10/0001: expected 4 landed, "
                "found 2 loaded + 1 in quarantine + 0 repeated"
            )
        ],
    ),
    "a ledger of fewer rows than the file": (
        "update raw.load_ledger set rows_landed = 3, rows_duplicate = 0 where dataset = 'orders'",
        ["raw.load_ledger: rows landed of orders/2026-10/0001: expected 4 by the file, found 3"],
    ),
    "a ledger of fewer records than the file": (
        "update raw.load_ledger set records_in_file = 3 where dataset = 'orders'",
        ["raw.load_ledger: records in the file of orders/2026-10/0001: expected 4 by the file, found 3"],
    ),
    "rows of no delivery": (
        (
            "insert into raw.customers by name "
            "select * replace ('customers/x/0001' as _delivery_id, 'C9' as customer_id) from raw.customers"
        ),
        [
            (
                "raw: rows of customers/x/0001: expected none, as the ledger does not count it "
                "(the next load removes them), found 1"
            )
        ],
    ),
    "a changed price": (
        "update raw.order_items set unit_price = 10.01 where order_id = 'A1' and line_number = 1",
        [
            "raw: money loaded of orders/2026-10/0001: expected 50.0000, found 50.0200",
            "raw: gross of orders/2026-10/0001 on 2026-10-30: expected 50.0000 by the file, found 50.0200",
        ],
    ),
    "a changed payment": (
        "update raw.payments set amount = 24.99 where order_id = 'A1'",
        ["raw: paid of orders/2026-10/0001 on 2026-10-30: expected 50.0000 by the file, found 49.9900"],
    ),
    "a changed refund": (
        "update raw.returns set refund_amount = 9",
        [
            "raw: money loaded of returns/2026-10/0001: expected 10.0000, found 9.0000",
            "raw: gross of returns/2026-10/0001 on 2026-10-31: expected 10.0000 by the file, found 9.0000",
        ],
    ),
    "a sale on another day": (
        "update raw.order_items set order_date = date '2026-10-29' where order_id = 'A1'",
        [
            "raw: gross of orders/2026-10/0001 on 2026-10-29: expected 0.0000 by the file, found 25.0000",
            "raw: gross of orders/2026-10/0001 on 2026-10-30: expected 50.0000 by the file, found 25.0000",
        ],
    ),
    "a missing key": (
        "alter table raw.customers alter customer_id drop not null; update raw.customers set customer_id = null",
        [
            "raw.customers: rows without customer_id: expected none, found 1",
            (
                "raw.orders: customer_id in raw.customers: expected at most 0.00% without (orphan_share), "
                "found 1 of 1 without one (100.00%), for example C1"
            ),
            (
                "raw.returns: customer_id in raw.customers: expected at most 0.00% without (orphan_share), "
                "found 1 of 1 without one (100.00%), for example C1"
            ),
        ],
    ),
    "a repeated key": (
        "update raw.order_items set line_number = 1 where order_id = 'A1'",
        [
            (
                "raw.order_items: current rows per order_id, line_number: expected one, "
                "found 1 keys with more, for example A1, 1 with 2"
            )
        ],
    ),
    "a sale in the future": (
        "update raw.orders set order_date = date '2026-11-05' where order_id = 'A1'",
        [
            "raw: paid of orders/2026-10/0001 on 2026-10-30: expected 50.0000 by the file, found 25.0000",
            "raw: paid of orders/2026-10/0001 on 2026-11-05: expected 0.0000 by the file, found 25.0000",
            (
                "raw.orders: order_date: expected no day after 2026-11-02, found 1 later ones, "
                "the last 2026-11-05 (order_id A1)"
            ),
        ],
    ),
}


@pytest.mark.parametrize(("statement", "expected"), UNVERIFIED.values(), ids=UNVERIFIED)
def test_a_defect_in_raw_is_found(loaded: Shop, statement: str, expected: list[str]) -> None:
    loaded.change(statement)
    assert findings(loaded) == expected
    assert loaded.rows("select distinct is_verified from raw.load_ledger") == [(False,)]
    assert loaded.rows("select count(*) from raw.verified_rows") == [(0,)]


def test_the_files_of_verified_deliveries_are_still_held_to_the_ledger_and_their_money_when_asked(loaded: Shop) -> None:
    loaded.verify()
    loaded.change("update raw.order_items set quantity = 3 where order_id = 'A1' and line_number = 2")
    loaded.verify()
    assert len(findings(loaded, full=True)) == 2
    loaded.change("delete from raw.orders where order_id = 'A2'")
    assert "raw: rows loaded of orders/2026-10/0001: expected 2, found 1" in findings(loaded)


def test_a_delivery_that_was_not_loaded_is_found(loaded: Shop) -> None:
    loaded.land("orders", [order("A9")], key="2026-11")
    assert findings(loaded) == [
        (
            "raw.load_ledger: deliveries: expected those in landing, "
            "found 1 in landing only, for example orders/2026-11/0001"
        )
    ]


def test_a_delivery_that_is_no_longer_in_landing_is_found(loaded: Shop) -> None:
    shutil.rmtree(loaded.paths.landing / "orders")
    (finding,) = findings(loaded)
    assert finding.endswith("expected those in landing, found 1 in the ledger only, for example orders/2026-10/0001")


def test_a_manifest_of_other_rows_than_its_file_is_found(shop: Shop) -> None:
    land_all(shop)
    shop.land("products", PRODUCTS, key="2026-11", count=2)
    shop.load()
    (finding,) = findings(shop)
    assert "products/2026-11/0001/data.jsonl: expected 2 by its manifest, found 1" in finding


def test_an_altered_file_is_refused(loaded: Shop) -> None:
    (loaded.paths.landing / "orders/2026-10/0001/data.jsonl").write_text("{}")
    with pytest.raises(LandingError, match="was altered after delivery"):
        loaded.verify()


@pytest.mark.parametrize("dataset", ["customers", "products"])
def test_an_empty_table_is_found(shop: Shop, dataset: str) -> None:
    land_all(shop)
    shop.land(dataset, [])
    shop.load()
    assert f"raw.{dataset}: current rows: expected at least 1, found 0" in findings(shop)


def test_a_table_that_shrank_is_found_also_after_a_full_refresh(make_shop: Make) -> None:
    shop = make_shop(ceilings={"shrink_share": "0.4", "quarantined_share": 1})
    shop.land_masters()
    shop.land("orders", [order(name) for name in ("A1", "A2", "A3")])
    shop.load()
    shop.verify()
    shop.land("orders", [order(name) for name in ("A1", "A2")])
    shop.load()
    shop.verify()
    shop.land("orders", [order("A1", payments=[payment("1"), payment("2")])])
    expected = [
        "raw.order_items: current rows: expected at least 2, after 4 in the run before (shrink_share 0.4), found 2",
        "raw.orders: current rows: expected at least 1, after 2 in the run before (shrink_share 0.4), found 1",
    ]
    for full_refresh in (False, True):
        shop.load(full_refresh=full_refresh)
        assert sorted(findings(shop)) == expected


def test_orphans_up_to_the_ceiling_pass(make_shop: Make) -> None:
    shop = make_shop(ceilings={"orphan_share": "0.5"})
    shop.land_masters()
    shop.land("orders", [order(), order("A2", customer_id="C9")])
    shop.load()
    shop.verify()
    shop.land("orders", [order("A3", customer_id="C8")], key="2026-11")
    shop.load()
    assert findings(shop) == [
        (
            "raw.orders: customer_id in raw.customers: expected at most 50.00% without (orphan_share), "
            "found 2 of 3 without one (66.67%), for example C8"
        )
    ]


def test_a_date_after_the_last_day_is_found(shop: Shop) -> None:
    land_all(shop)
    # Midnight in Berlin is 23:00 in UTC.
    shop.land("customers", [{**CUSTOMERS[0], "signup_at": "2026-10-31T23:00:00Z"}], key="2026-11")
    shop.load()
    (finding,) = findings(shop)
    assert finding.startswith(
        "raw.customers: signup_at: expected no day after 2026-10-31, found 1 later ones, the last 2026-1"
    )


@pytest.mark.parametrize(
    ("dataset", "rows"),
    [
        ("orders", [order("Z", order_at="2026-10-31T23:00:00Z")]),
        ("orders", [order("Z", payments=[payment("Z", paid_at="2026-10-31T23:00:00Z")])]),
        ("returns", [{**RETURN, "return_id": "Z", "returned_at": "2026-11-01T00:00:00Z"}]),
    ],
)
def test_a_row_of_the_day_that_has_begun_waits(shop: Shop, dataset: str, rows: list[Any]) -> None:
    land_all(shop)
    counted = "select (select count(*) from raw.order_totals), (select count(*) from raw.current_refunds)"
    shop.load()
    before = shop.rows(counted)
    shop.land(dataset, rows, key="2026-11")
    shop.load()
    shop.verify()
    is_paid_later = "payments" in rows[0] and rows[0]["order_at"] < "2026-10-31T23"
    orders, refunds = before[0]
    assert shop.rows(counted) == [(orders + is_paid_later, refunds)]


def test_an_earlier_business_date_does_not_make_later_data_wrong(shop: Shop) -> None:
    land_all(shop)
    shop.land("orders", [order("Z", order_at="2026-11-05T12:00:00Z")], key="2026-11", day=date(2026, 11, 5))
    shop.load()
    assert shop.verify().data_through == date(2026, 11, 5)


def test_every_finding_is_told_at_once(loaded: Shop) -> None:
    loaded.change("update raw.returns set refund_amount = 1, product_id = 'P9', returned_date = date '2027-01-01'")
    assert {finding.split(":")[0] for finding in findings(loaded)} == {"raw", "raw.returns"}
    assert len(findings(loaded)) == 5


def test_items_that_nobody_ordered_are_found(loaded: Shop) -> None:
    loaded.land("orders", [order("A4", items=[item(1, product_id="P9")])], key="2026-11")
    loaded.load()
    assert findings(loaded) == [
        (
            "raw.order_items: product_id in raw.products: expected at most 0.00% without (orphan_share), "
            "found 1 of 5 without one (20.00%), for example P9"
        )
    ]


def test_without_a_warehouse_there_is_nothing_to_verify(shop: Shop) -> None:
    with pytest.raises(LoadError, match=r"There is no warehouse .*Run load_to_db\.py first"):
        shop.verify()

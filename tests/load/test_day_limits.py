"""Rows dated after their delivery or long before it, and deliveries of which every row is bad."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from load.errors import LoadError
from tests.load.conftest import Make, Shop, order, payment
from tests.load.test_shop_files import files

# What the test shop delivers is read in the night to 2 November 2026, Berlin time.
EARLY = "before 2006-11-02; if the shop goes back that far, say history_from: in the client file, the first day it has"
ORDERS = {"order_id": "id", "order_at": "at"}


def land_orders(shop: Shop, *moments: str) -> None:
    rows = [f"{number},{moment}" for number, moment in enumerate(moments, 1)]
    shop.land("orders", "\n".join(["id,at", *rows, ""]), file="o.csv", count=len(rows))


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        ("2026-11-02T23:59:59", None),
        ("2026-11-03T00:00:00", "order_at is 2026-11-02 23:00:00Z, after 2026-11-02, the day it was delivered"),
        ("2062-10-30T10:00:00Z", "order_at is 2062-10-30 10:00:00Z, after 2026-11-02, the day it was delivered"),
        ("2006-11-02T00:00:00", None),
        (
            "2006-11-01T23:59:59",
            f"order_at is 2006-11-01 22:59:59Z, {EARLY}",
        ),
        (
            "1970-01-01",
            f"order_at is 1969-12-31 23:00:00Z, {EARLY}",
        ),
    ],
)
def test_days_that_cannot_be(make_shop: Make, moment: str, reason: str | None) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    land_orders(shop, moment, "2026-10-01")
    shop.load()
    assert shop.reasons() == ([reason] if reason else [])
    assert len(shop.rows("select * from raw.orders")) == 2 - len(shop.reasons())


def test_a_shop_says_how_far_it_goes_back(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS)}, history_from=date(1998, 5, 1))
    land_orders(shop, "1998-05-01", "1998-04-30", "2026-10-01")
    shop.load()
    assert shop.rows("select min(order_at) from raw.orders") == [(datetime(1998, 4, 30, 22),)]  # noqa: DTZ001
    assert len(shop.reasons()) == 1


def test_an_order_goes_with_a_payment_that_cannot_be(shop: Shop) -> None:
    late = payment("P", paid_at="2027-01-01T00:00:00Z")
    shop.land("orders", [order("A1", payments=[late]), order("A2")])
    shop.load()
    assert shop.reasons() == ["paid_at is 2027-01-01 00:00:00Z, after 2026-11-02, the day it was delivered"]


@pytest.mark.parametrize(
    ("dataset", "columns", "row", "is_bad"),
    [
        ("ad_spend", ("spend_date", "channel", "spend_amount"), "2026-11-03,web,1", True),
        ("ad_spend", ("spend_date", "channel", "spend_amount"), "2006-11-01,web,1", True),
        ("events", ("event_at", "event_type"), "2026-11-03,view", True),
        (
            "subscriptions",
            ("started_date", "subscription_id", "customer_id", "monthly_amount"),
            "2027-01-01,1,1,1",
            False,
        ),
        (
            "subscriptions",
            ("started_date", "subscription_id", "customer_id", "monthly_amount"),
            "1970-01-01,1,1,1",
            True,
        ),
        ("targets", ("target_month", "metric", "target_amount"), "2046-11-01,net_sales,1", False),
        ("targets", ("target_month", "metric", "target_amount"), "2046-12-01,net_sales,1", True),
        ("annotations", ("annotated_date", "text"), "2206-11-01,Fair", True),
    ],
)
def test_what_happened_and_what_is_planned(
    make_shop: Make, dataset: str, columns: tuple[str, ...], row: str, *, is_bad: bool
) -> None:
    shop = make_shop({"orders": files(ORDERS), dataset: files({name: name for name in columns})})
    good = ",".join(["2026-10-01", *row.split(",")[1:]])
    shop.land(dataset, "\n".join([",".join(columns), row, good, ""]), file="d.csv", count=2)
    shop.load()
    assert len(shop.reasons()) == is_bad


def test_a_plan_too_far_ahead_says_how_far_it_may_lie(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS), "annotations": files({"annotated_date": "day", "text": "text"})})
    shop.land("annotations", "day,text\n2206-11-01,Fair\n2026-12-01,Sale\n", file="a.csv", count=2)
    shop.load()
    assert shop.reasons() == ["annotated_date is 2206-11-01, after 2046-11-02, 20 years from the day it was delivered"]


def test_a_delivery_of_bad_rows_alone_stops_whatever_the_ceiling(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    land_orders(shop, "10.09.2026", "11.09.2026")
    with pytest.raises(LoadError, match=r"not one of its 2 rows can be loaded.*line 2: order_at is '10\.09\.2026'"):
        shop.load()

"""Files that hold the same records: which of one date is newer, and what a file that was written again holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from contracts.deliveries import Delivery
from load.errors import LoadError
from storage.landing import land, staged_file
from tests.load.conftest import DAY, NOW, Make, Shop
from tests.load.test_opened_files import HEADER, LINES
from tests.load.test_shop_files import files

ORDERS = {"order_id": "id", "status": "status", "order_at": "at"}
NEXT = date(2026, 11, 1)


def put(shop: Shop, dataset: str, name: str, content: str, *, key: str = "", day: date = DAY, **more: Any) -> None:
    """Deliver a file as extract does."""
    parameters: Mapping[str, Any] = {"path": f"/in/{name}", "name": name, **more}
    delivery = Delivery(dataset, key or name.replace("/", "_"), day, name.rpartition("/")[2], "file", parameters)
    with staged_file(shop.paths.landing, delivery) as staged:
        staged.write_text(content)
        land(shop.paths.landing, delivery, staged, rows=content.count("\n") - 1, extracted_at=NOW, code_version="test")


def orders(*rows: str) -> str:
    return "id,status,at\n" + "".join(f"{row}\n" for row in rows)


def orders_of(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.rows("select order_id, status from raw.orders where is_current order by 1")


@pytest.mark.parametrize(
    ("older", "newer"), [("o_9.csv", "o_10.csv"), ("o_Sep.csv", "o_Oct.csv"), ("o_31.12.2025.csv", "o_15.01.2026.csv")]
)
def test_the_newer_name_of_one_date_counts_and_is_told(make_shop: Make, older: str, newer: str) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    put(shop, "orders", newer, orders("1,cancelled,2026-10-30", "2,completed,2026-10-30"))
    put(shop, "orders", older, orders("1,placed,2026-10-30", "2,completed,2026-10-30"))
    warnings = shop.load().warnings
    assert orders_of(shop) == [("1", "cancelled"), ("2", "completed")]
    shop.verify()
    (warning,) = warnings
    assert warning == (
        f"files in another order: orders/{newer}/0001: 1 record was delivered twice on one date with other content, "
        f"for example order_id 1 in {older} and {newer}; by its name {newer} is newer and counts. If it is not, say "
        "newest: modified for sources.orders, by when files were written"
    )
    assert shop.rows(f"select warnings from raw.load_ledger where delivery_id = 'orders/{newer}/0001'") == [
        ([*warnings],)
    ]
    assert shop.load().warnings == ()


def test_a_name_that_says_nothing_stops_the_load_where_records_differ(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    put(shop, "orders", "north.csv", orders("1,placed,2026-10-30", "2,completed,2026-10-30"))
    put(shop, "orders", "south.csv", orders("1,cancelled,2026-10-30", "2,completed,2026-10-30"))
    with pytest.raises(LoadError) as caught:
        shop.load()
    assert str(caught.value) == (
        "sources.orders: 1 record of north.csv and south.csv, for example order_id 1: they have other content, and "
        "neither the date of the files nor the numbers, dates and months in their names say which is newer. Nothing of "
        "this load was recorded. Say newest: modified in the client file, and the file that was written last counts; "
        "or newest: name, and the name that sorts last does; or name the files by date."
    )
    shop = make_shop({"orders": files(ORDERS, newest="name")})
    assert len(shop.load().warnings) == 1
    assert orders_of(shop) == [("1", "cancelled"), ("2", "completed")]


def test_files_that_agree_need_no_order(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    put(shop, "orders", "north.csv", orders("1,placed,2026-10-30"))
    put(shop, "orders", "south.csv", orders("1,placed,2026-10-30", "2,completed,2026-10-30"))
    assert shop.load().warnings == ()
    assert orders_of(shop) == [("1", "placed"), ("2", "completed")]


def test_a_later_date_is_newer_whatever_the_names(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    put(shop, "orders", "south.csv", orders("1,placed,2026-10-30"))
    put(shop, "orders", "north.csv", orders("1,cancelled,2026-10-30"), day=NEXT)
    assert shop.load().warnings == ()
    assert orders_of(shop) == [("1", "cancelled")]


def test_a_file_of_a_load_before_is_compared_too(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    put(shop, "orders", "north.csv", orders("1,placed,2026-10-30"))
    shop.load()
    put(shop, "orders", "south.csv", orders("1,cancelled,2026-10-30"))
    with pytest.raises(LoadError, match=r"1 record of north\.csv and south\.csv, for example order_id 1"):
        shop.load()
    assert orders_of(shop) == [("1", "placed")]


def test_the_file_that_was_written_last_counts_where_that_is_said(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS, newest="modified")})
    put(shop, "orders", "a_10.csv", orders("1,placed,2026-10-30"), modified="2026-10-30T10:00:00.000000+00:00")
    put(shop, "orders", "a_9.csv", orders("1,cancelled,2026-10-30"), modified="2026-10-30T10:00:00.000001+00:00")
    (warning,) = shop.load().warnings
    assert "by when it was written a_9.csv is newer and counts" in warning
    assert orders_of(shop) == [("1", "cancelled")]


def test_files_written_at_once_stop_the_load(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS, newest="modified")})
    for name, status in (("a_9.csv", "placed"), ("a_10.csv", "cancelled")):
        put(shop, "orders", name, orders(f"1,{status},2026-10-30"), modified="2026-10-30T10:00:00.000000+00:00")
    with pytest.raises(LoadError, match="order_id 1: they have other content"):
        shop.load()


def test_a_late_file_of_lines_takes_the_place_of_the_dated_one(make_shop: Make) -> None:
    shop = make_shop({"order_lines": files(LINES)})
    put(shop, "order_lines", "lines_2026-10-30.csv", f"{HEADER}\nA2,MUG,Mug,1,2026-10-30T10:00:00,10.00,c2\n")
    put(shop, "order_lines", "lines_late.csv", f"{HEADER}\nA2,MUG,Mug,2,2026-10-30T10:00:00,10.00,c2\n")
    (warning,) = shop.load().warnings
    assert "order_id A2 in lines_2026-10-30.csv and lines_late.csv; by its name lines_late.csv is newer" in warning
    assert shop.rows("select quantity from raw.order_lines where is_current") == [(2,)]


def window(first: int, last: int) -> str:
    return orders(*(f"{day},completed,2026-10-{day:02d}" for day in range(first, last + 1)))


STOP = (
    "/in/o.csv had rows of 2026-10-01 to 2026-10-10 and now has those of 2026-10-02 to 2026-10-11, without 2026-10-01: "
    "what it lacks may be gone from the shop, or only from the file. Nothing of this delivery was loaded. Say for "
    "sources.orders of the client file contents: everything, and what the file has no more is gone; or contents: "
    "changes, and rows stay until a newer one with their key comes."
)


@pytest.mark.parametrize("full_refresh", [False, True])
def test_a_file_that_no_longer_covers_its_days_stops_the_load(make_shop: Make, full_refresh: bool) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    put(shop, "orders", "o.csv", window(1, 10))
    shop.load()
    put(shop, "orders", "o.csv", window(2, 11), day=NEXT)
    for _ in range(2):
        with pytest.raises(LoadError) as caught:
            shop.load(full_refresh=full_refresh)
        assert str(caught.value) == STOP
    assert len(orders_of(shop)) == 10
    said = make_shop({"orders": files(ORDERS, contents="everything")})
    said.load()
    assert [name for name, _ in orders_of(said)] == sorted(map(str, range(2, 12)))
    assert said.load().deliveries == ()


def test_landing_alone_says_that_a_file_lost_days(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    put(shop, "orders", "o.csv", window(1, 10))
    put(shop, "orders", "o.csv", window(2, 11), day=NEXT)
    with pytest.raises(LoadError) as caught:
        shop.load()
    assert str(caught.value) == STOP


@pytest.mark.parametrize(
    "content", [window(1, 11), orders("1,completed,2026-10-01", "7,cancelled,2026-10-02", *("9,completed,2026-10-03",))]
)
def test_a_file_that_covers_its_days_is_its_next_attempt(make_shop: Make, content: str) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    put(shop, "orders", "o.csv", window(1, 3))
    shop.load()
    put(shop, "orders", "o.csv", content, day=NEXT)
    shop.load()
    assert len(orders_of(shop)) == content.count("\n") - 1


def test_a_day_in_the_middle_is_missed_too(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    put(shop, "orders", "o.csv", window(1, 3))
    shop.load()
    put(shop, "orders", "o.csv", orders("1,completed,2026-10-01", "3,completed,2026-10-03"), day=NEXT)
    with pytest.raises(LoadError, match="2026-10-01 to 2026-10-03, without 2026-10-02: what it lacks"):
        shop.load()


def test_a_window_of_changes_keeps_every_day(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS, contents="changes")})
    for number, day in enumerate((DAY, NEXT, date(2026, 11, 2))):
        put(shop, "orders", "o.csv", window(1 + number, 10 + number), key=f"o.csv-{day}", day=day)
        shop.load()
        shop.verify()
    assert len(orders_of(shop)) == 12


def test_a_repair_may_leave_a_day(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    put(shop, "orders", "o.csv", window(1, 3))
    shop.load()
    delivery = Delivery("orders", "o.csv", DAY, "o.csv", "file", {"path": "/in/o.csv"}, repaired_from="x")
    with staged_file(shop.paths.landing, delivery) as staged:
        staged.write_text(window(2, 3))
        land(shop.paths.landing, delivery, staged, rows=2, extracted_at=NOW, code_version="test")
    shop.load()
    assert len(orders_of(shop)) == 2


ITEMS = {"order_id": "order", "line_number": "line", "product_id": "sku", "quantity": "qty", "unit_price": "price"}


def items(*orders: int) -> str:
    return "order,line,sku,qty,price\n" + "".join(f"{order},1,MUG,1,10\n" for order in orders)


def test_items_without_a_day_cover_the_orders_that_they_had(make_shop: Make) -> None:
    sources = {"orders": files(ORDERS, contents="changes"), "order_items": files(ITEMS)}
    shop = make_shop(sources)
    put(shop, "orders", "o.csv", window(1, 4))
    put(shop, "order_items", "i.csv", items(1, 2, 3))
    shop.load()
    put(shop, "order_items", "i.csv", items(1, 2, 3, 4))
    shop.load()
    put(shop, "order_items", "i.csv", items(3, 4))
    with pytest.raises(
        LoadError, match=r"/in/i\.csv had rows of 2 orders that it has no more, 1 and 1 more: what it lacks"
    ):
        shop.load()
    said = make_shop({**sources, "order_items": files(ITEMS, contents="everything")})
    said.load()
    assert said.rows("select order_id from raw.order_items where is_current order by 1") == [("3",), ("4",)]

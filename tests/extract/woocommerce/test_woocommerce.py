"""Records of a WooCommerce shop to landing: each once, however long, tied, changing, deleted, limited or faulty."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts.paths import ClientPaths
from extract.errors import ExtractError
from privacy.erased import Erased
from tests.extract.live_client import DAY, NOW
from tests.extract.woocommerce.conftest import Client
from tests.extract.woocommerce.server import KEY, SECRET, Handler, Shop
from tests.extract.woocommerce.shop import PRIVATE, customer, line, order, product, refund, refund_line

ORDERS_ALONE: dict[str, Any] = dict.fromkeys(("customers", "products", "payments", "refunds"))
AT = "2026-10-30T10:00:00"


def small(number: int, at: str = AT, /, **others: Any) -> dict[str, Any]:
    return order(number, [line(number * 10, 1, "5.00")], at, **others)


def filled(server: Shop) -> None:
    server.records["customers"] = [customer(501, "Anna")]
    server.records["products"] = [product(1, "Tea")]


def test_what_changed_comes_once(server: Shop, tmp_path: Path) -> None:
    server.orders[:] = [small(number) for number in range(1, 220)]  # all of one second, on several pages
    shop = Client(tmp_path, server, ORDERS_ALONE)
    assert shop.new() == [219]
    assert shop.ids() == [*range(1, 220)]
    server.asked.clear()
    assert shop.new() == []
    windows = {
        (asked.get("modified_after"), asked.get("modified_before"))
        for _, asked in server.asked
        if "modified_after" in asked
    }
    assert windows == {("2026-10-30T08:59:59", "2026-11-01T00:00:00"), ("2026-10-31T23:59:59", None)}
    # The same second, twice, and back; one that came late, and one of the far future, which hides nothing.
    for name in ("5a", "5b", "5a"):
        server.orders[4] = small(5, number=name)
        assert shop.new() == [1]
    server.orders.append(small(300, "2026-10-30T09:30:00"))
    assert shop.new() == [1]
    server.orders.append(small(301, date_modified_gmt="2099-01-01T00:00:00"))
    assert shop.new() == [1]
    server.orders.append(small(302, "2026-10-30T10:30:00"))
    assert shop.new() == [1]
    shop.load()
    assert shop.rows("select count(*), count(distinct order_id) from raw.orders where is_current") == [(222, 222)]


def test_one_that_came_later_than_the_lag_is_found_by_its_id(server: Shop, tmp_path: Path) -> None:
    server.orders[:] = [small(1), small(2)]
    shop = Client(tmp_path, server, ORDERS_ALONE, lag=0)
    shop.extract()
    server.orders.append(small(3, "2026-10-12T10:00:00"))
    assert shop.new() == [1]
    assert shop.new() == []


def test_what_was_deleted_is_taken_out_everywhere_and_comes_back(server: Shop, tmp_path: Path) -> None:
    filled(server)
    lines = [line(10, 1, "5.00")]
    server.orders[:] = [order(1, lines), small(2), small(3, "2026-09-02T10:00:00")]
    server.refunds[:] = [
        refund(91, 1, "5.00", at=AT, lines=[refund_line(911, lines[0], 1, "5.00")]),
        refund(92, 1, "1.00", at=AT),
    ]
    shop = Client(tmp_path, server, compare_days=30)
    shop.extract()
    assert (shop.ids(), shop.ids("refunds")) == ([1, 2, 3], [91, 92])
    server.orders[1]["status"] = "trash"
    trashed = server.orders.pop(2)  # older than what is compared
    server.refunds.pop(1)
    shop.extract()
    for dataset in ("orders", "order_items", "payments"):
        assert shop.ids(dataset) == [1, 3], dataset
    assert shop.ids("refunds") == [91]
    assert [one["id"] for one in shop.landed("refunds", also=True)] == [91]
    shop.verified()
    server.orders[1]["status"] = "processing"  # out of the trash, where it was not changed
    server.orders.append(trashed)
    shop.extract()
    assert shop.ids() == [1, 2, 3]
    shop.verified()
    assert shop.rows("select order_id from raw.orders where is_current order by 1") == [("1",), ("2",), ("3",)]
    assert shop.rows("select refund_id, goods_amount from raw.refunds where is_current") == [("91-911", 5)]


def test_an_order_whose_status_no_plugin_has_any_more_is_not_deleted(
    server: Shop, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    filled(server)
    server.orders[:] = [small(number, status="packed" if number > 3 else "processing") for number in range(1, 7)]
    shop = Client(tmp_path, server, {"orders": {"values": {"status": {"packed": "shipped"}}}, "refunds": None})
    shop.extract()
    server.hidden = ("packed",)  # the plugin is switched off
    server.orders[0]["status"] = "trash"
    del server.orders[5], server.orders[1]
    shop.extract()
    for dataset in ("orders", "order_items", "payments"):
        assert shop.ids(dataset) == [3, 4, 5], dataset
    warnings = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "2 of orders are in no list of the shop's and still exist" in warnings[0]
    server.hidden = ()
    assert shop.new() == []
    server.orders[2]["status"] = "trash"
    server.hidden = ("packed",)
    shop.extract()
    assert shop.ids() == [3, 5]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"code": "rest_no_route", "message": "No route was found."}),
        (404, {}),
        (403, {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot view this resource."}),
        (500, {}),
        (200, {"id": 1}),
        (200, []),
    ],
)
def test_an_answer_that_does_not_say_that_the_order_is_gone_takes_nothing_out(
    server: Shop, tmp_path: Path, status: int, body: Any
) -> None:
    server.orders[:] = [small(1), small(2)]
    shop = Client(tmp_path, server, ORDERS_ALONE)
    shop.extract()
    del server.orders[0]

    def refuse(handler: Handler) -> bool:
        server.faults.append(refuse)
        if is_one := "/orders/1?" in handler.path:
            handler.answer(body, status)
        return is_one

    server.faults.append(refuse)
    with pytest.raises(ExtractError, match="of client shop was not read"):
        shop.extract()
    assert shop.ids() == [1, 2]


def test_an_id_that_only_slipped_over_a_page_is_not_taken_for_deleted(server: Shop, tmp_path: Path) -> None:
    server.orders[:] = [small(number) for number in range(1, 5)]
    shop = Client(tmp_path, server, ORDERS_ALONE)
    shop.extract()

    def hide(_: int) -> None:
        asked = server.asked[-1][1]
        is_compared = asked["_fields"] == "id" and "include" not in asked
        server.orders[0]["status"] = "trash" if is_compared else "processing"

    server.before = hide
    shop.extract()
    assert shop.ids() == [1, 2, 3, 4]


@pytest.mark.parametrize("at_question", range(2, 12))
def test_no_record_is_missed_that_changes_while_pages_are_read(server: Shop, tmp_path: Path, at_question: int) -> None:
    server.orders[:] = [small(number, f"2026-10-{10 + number // 20}T10:00:00") for number in range(1, 300)]

    def change(number: int) -> None:
        if number == at_question:
            for place in (0, 70, 198):
                server.orders[place] = small(place + 1, number="changed", date_modified_gmt="2026-10-31T12:00:00")
            del server.orders[59]  # one that is on a page that was read or will be

    server.before = change
    shop = Client(tmp_path, server, ORDERS_ALONE)
    shop.extract()
    server.before = lambda _: None
    shop.extract()
    assert sorted({*shop.ids()}) == [number for number in range(1, 300) if number != 60]
    newest = {one["id"]: one["number"] for one in shop.landed("orders")}
    assert {newest[number] for number in (1, 71, 199)} == {"changed"}


def test_a_run_that_is_killed_anywhere_loses_and_doubles_nothing(server: Shop, tmp_path: Path) -> None:
    filled(server)
    server.orders[:] = [small(number, f"2026-{10 - number % 2:02}-15T10:00:{number:02}") for number in range(1, 21)]
    server.refunds[:] = [refund(900 + number, number, "1.00", at="2026-10-20T10:00:00") for number in range(1, 5)]
    shop = Client(tmp_path, server, batch_size=6, lag=0)
    assert shop.extract_killed() > 2
    server.orders[:] = [one for one in server.orders if one["id"] != 7]
    assert shop.extract_killed() == 3, "of orders, their items and payments"
    shop.load()
    for table in ("orders", "order_items", "payments"):
        assert shop.rows(f"select count(*), count(distinct order_id) from raw.{table} where is_current") == [(19, 19)]
    assert shop.rows("select count(*), count(distinct refund_id) from raw.refunds where is_current") == [(4, 4)]


def test_a_first_reading_goes_by_months_and_goes_on_where_it_was_stopped(server: Shop, tmp_path: Path) -> None:
    days = ("07-01", "07-31", "08-01", "10-15")
    server.orders[:] = [small(at, f"2026-{day}T00:00:00") for at, day in enumerate(days, 1)]

    def stop(_: int) -> None:
        if server.asked[-1][1].get("modified_after", "").startswith("2026-08-31"):
            raise ConnectionResetError

    server.before = stop
    shop = Client(tmp_path, server, ORDERS_ALONE, since="2026-07-01")
    with pytest.raises(ExtractError, match="was not reached"):
        shop.extract()
    assert shop.ids() == [1, 2, 3]
    server.before = lambda _: None
    shop.extract()
    assert shop.ids() == [1, 2, 3, 4]


def test_nothing_of_a_person_is_landed_that_cannot_be_taken_out_again(server: Shop, tmp_path: Path) -> None:
    server.orders[:] = [small(1), small(2, customer_id=0)]
    server.refunds[:] = [refund(91, 1, "1.00", at=AT)]
    server.records["customers"] = [customer(501, "Anna"), customer(502, "Berta")]
    server.records["products"] = [product(1, "Tea")]
    shop = Client(tmp_path, server)
    shop.extract()
    assert shop.landed("orders")[0]["customer_id"] == 501
    assert not any("customer_id" in one for name in ("order_items", "payments") for one in shop.landed(name))
    for name in ("orders", "order_items", "payments"):
        assert {field for one in shop.landed(name) for field in (*one["billing"], *one["shipping"])} == {"country"}
    texts = "".join(path.read_text() for path in shop.paths.landing.rglob("*.jsonl"))
    for secret in (PRIVATE, "203.0.113.7", "Secret", "wc_order_x", KEY, SECRET):
        assert secret not in texts
    assert SECRET not in "".join(path.read_text() for path in shop.paths.landing.rglob("manifest.json"))
    shop.paths = ClientPaths(tmp_path / "again", "shop")
    shop.paths.root.mkdir(parents=True)
    Erased.of(shop.paths).with_customer("501").save(shop.paths)
    shop.extract()
    texts = "".join(path.read_text() for path in shop.paths.landing.rglob("*.jsonl"))
    assert "Anna" not in texts
    assert "Berta" in texts
    assert "501" not in {str(one["customer_id"]) for one in shop.landed("orders")}
    assert shop.landed("orders")[0]["total"] == "5.00", "the totals stay"


def test_products_and_customers_come_as_a_whole(server: Shop, tmp_path: Path) -> None:
    filled(server)
    server.orders[:] = [small(1)]
    server.records["products"].append(product(2, "Cup", status="trash", regular_price="", categories=[], images=[]))
    shop = Client(tmp_path, server, {"payments": None, "refunds": None})
    shop.extract()
    shop.extract(DAY.replace(month=11, day=1), NOW.replace(day=2))
    shop.verified()
    columns = "product_id, title, category, list_price, rating, image_url"
    assert shop.rows(f"select {columns} from raw.products where is_current order by 1") == [
        ("1", "Tea", "Tea", 10, 4.5, "https://shop.example/tea.png"),
        ("2", "Cup", None, 10, 4.5, None),
    ]
    assert shop.rows("select customer_id, first_name, street from raw.customers") == [("501", "Anna", "Street 1")]


def test_a_block_of_a_dataset_says_what_is_different_there(server: Shop, tmp_path: Path) -> None:
    filled(server)
    server.orders[:] = [small(1, status="packed")]
    beside = {"orders": {"values": {"status": {"packed": "shipped"}}, "columns": {"channel": "payment_method"}}}
    shop = Client(tmp_path, server, beside)
    shop.extract()
    shop.verified()
    assert shop.rows("select order_id, status, channel from raw.orders") == [("1", "shipped", "stripe")]

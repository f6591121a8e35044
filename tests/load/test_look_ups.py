"""Values that another source has of a row: a price from the products file, a channel from the session."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from load.verify_database import VerificationError
from tests.load.conftest import DAY, Make, Shop
from tests.load.test_shop_files import files

LINES = {"order_id": "Order", "order_at": "Date", "product_id": "SKU", "quantity": "Qty"}
PRICE = {"look_up": "products.list_price", "by": {"product_id": "SKU"}}
HEAD = "Order,Date,SKU,Qty\n"
CATALOGUE = {"product_id": "Article", "list_price": "Price"}
NEXT = date(2026, 11, 1)


def shop_of(make_shop: Make, price: Any = PRICE, *, catalogue: Any = None, **fields: Any) -> Shop:
    return make_shop(
        {
            "order_lines": files({**LINES, "unit_price": price, **fields.pop("also", {})}, repeated_rows="keep"),
            "products": files({**CATALOGUE, **(catalogue or {})}),
        },
        **fields,
    )


def deliver(shop: Shop, lines: str, *prices: str, key: str = "2026-10", day: date = DAY) -> None:
    if lines:
        shop.land("order_lines", HEAD + lines, count=lines.count("\n"), file="o.csv")
    if prices:
        text = "Article,Price\n" + "".join(f"{price}\n" for price in prices)
        shop.land("products", text, count=len(prices), file="p.csv", key=key, day=day)
    shop.load()


def prices(shop: Shop) -> list[tuple[str, str]]:
    rows = shop.rows("select order_id, unit_price from raw.order_lines where is_current order by order_id")
    return [(order, str(price)) for order, price in rows]


def findings(shop: Shop) -> str:
    with pytest.raises(VerificationError) as stopped:
        shop.verify()
    return str(stopped.value)


def test_a_price_of_the_products_file(make_shop: Make) -> None:
    shop = shop_of(make_shop)
    deliver(shop, "A,2026-10-30,x,2\nB,2026-10-30, x ,1\n", "x,2.50", "y,9")
    assert prices(shop) == [("A", "2.5000"), ("B", "2.5000")]
    assert shop.verify().warnings == ()
    assert shop.rows("select sum(gross) from raw.order_totals") == [(7.5,)]


def test_a_product_that_comes_later_counts_as_if_it_had_been_there(make_shop: Make) -> None:
    shop = shop_of(make_shop)
    deliver(shop, "A,2026-10-30,x,2\nB,2026-10-30,y,1\n", "x,2.50")
    text = findings(shop)
    assert "sources.order_lines.columns.unit_price: rows whose key no row of products has" in text
    assert "1 of 2: product_id y (order_lines/2026-10/0001/o.csv line 3)" in text
    assert "say missing: there" in text
    deliver(shop, "", "x,2.50", "y,4", key="later", day=NEXT)
    assert prices(shop) == [("A", "2.5000"), ("B", "4.0000")]
    shop.verify()


def test_a_price_is_that_of_the_day_of_the_row(make_shop: Make) -> None:
    shop = shop_of(make_shop)
    deliver(shop, "A,2026-10-30,x,1\nB,2026-10-31,x,1\n", "x,2.50", day=date(2026, 10, 29))
    deliver(shop, "", "x,3", key="new", day=DAY)
    assert prices(shop) == [("A", "2.5000"), ("B", "3.0000")]
    deliver(shop, "", "x,2.75", key="2026-10", day=date(2026, 10, 29))
    assert prices(shop) == [("A", "2.7500"), ("B", "3.0000")]
    shop.verify()


def test_a_product_without_a_price_has_none(make_shop: Make) -> None:
    shop = shop_of(make_shop)
    deliver(shop, "A,2026-10-30,x,1\n", "x,")
    assert "has without list_price" in findings(shop)


def test_what_a_row_has_whose_key_nobody_knows_can_be_said(make_shop: Make) -> None:
    shop = shop_of(make_shop, {**PRICE, "missing": "0"})
    deliver(shop, "A,2026-10-30,x,2\nB,2026-10-30,z,1\n", "x,2.50")
    text = findings(shop)  # z is no product, which is said of every id
    assert "product_id in raw.products" in text
    assert "unit_price" not in text
    shop = shop_of(make_shop, {**PRICE, "missing": "0"}, ceilings={"quarantined_share": 1, "orphan_share": 1})
    deliver(shop, "A,2026-10-30,x,2\nB,2026-10-30,z,1\n", "x,2.50")
    assert prices(shop) == [("A", "2.5000"), ("B", "0.0000")]
    assert [warning for warning in shop.verify().warnings if "1 unit_price of order_lines have '0'" in warning]


def test_an_empty_key_of_a_column_that_rows_need_is_quarantined(make_shop: Make) -> None:
    by_name = {"look_up": "products.list_price", "by": {"title": "Name"}}
    shop = shop_of(make_shop, by_name, catalogue={"title": "Title"})
    shop.land("order_lines", HEAD.replace("\n", ",Name\n") + "A,2026-10-30,x,1,Mug\nB,2026-10-30,x,1, \n", count=2)
    shop.land("products", "Article,Price,Title\nx,5,Mug\n", count=1)
    shop.load()
    assert prices(shop) == [("A", "5.0000")]
    assert shop.reasons() == ["unit_price is looked up by title, of which the row has none; expected the whole key"]


def test_a_key_of_two_rows_with_two_values_stops_naming_both(make_shop: Make) -> None:
    by_name = {"look_up": "products.list_price", "by": {"title": "SKU"}}
    shop = shop_of(make_shop, by_name, catalogue={"title": "Title"})
    shop.land("order_lines", HEAD + "A,2026-10-30,Mug,1\nB,2026-10-30,Cup,1\nC,2026-10-30,Tin,1\n", count=3)
    catalogue = "Article,Price,Title\nMug,5,Mug\ny,6,Mug\nCup,7,Cup\nz,7,Cup\nTin,8,Tin\n"
    shop.land("products", catalogue, count=5, file="p.csv")
    shop.load()
    text = findings(shop)
    assert (
        "sources.order_lines.columns.unit_price of title Mug, which order_lines/2026-10/0001/data.jsonl line 2" in text
    )
    assert "5.00 (products/2026-10/0001/p.csv line 2) and 6.00 (products/2026-10/0001/p.csv line 3)" in text
    assert "leave one out by where: of sources.products, or say more columns of the key under by:" in text
    assert len(shop.rows("select 1 from raw.order_lines")) == 3  # two rows of one value are no two lines
    assert shop.rows("select unit_price from raw.order_lines where order_id = 'B'") == [(7,)]


def shop_of_orders(make_shop: Make, orders: Any, more: Any, **fields: Any) -> Shop:
    columns = {"order_id": "id", "order_at": "when", **orders}
    return make_shop({"orders": files(columns), **more}, **fields)


SESSIONS = {
    "events": files({"event_id": "session", "event_at": "at", "channel": "source"}, constants={"event_type": "session"})
}
CHANNEL = {"look_up": "events.channel", "by": {"event_id": {"sql": "'s-' || nullif(visit, '')"}}}


def test_the_channel_of_a_session_by_an_expression(make_shop: Make) -> None:
    """A row without a key is none that is missed; one that is missed is empty, and counted."""
    shop = shop_of_orders(make_shop, {"channel": CHANNEL}, SESSIONS, ceilings={"orphan_share": "0.5"})
    orders = "id,when,visit\nA,2026-10-30,1.0\nB,2026-10-30,\nC,2026-10-30,3\nD,2026-10-30,2\n"
    shop.land("orders", orders, count=4)
    shop.land("events", "session,at,source\ns-1.0,2026-10-30,google\ns-2,2026-10-30,mail\n", count=2)
    shop.load()
    channels = shop.rows("select order_id, channel from raw.orders order by order_id")
    assert channels == [("A", "google"), ("B", None), ("C", None), ("D", "mail")]
    (warning,) = (one for one in shop.verify().warnings if one.startswith("keys that"))
    assert "1 channel of orders are empty, as events.channel is not there of event_id s-3 (orders/" in warning


def test_more_missing_keys_than_allowed_stop(make_shop: Make) -> None:
    shop = shop_of_orders(make_shop, {"channel": CHANNEL}, SESSIONS)
    shop.land("orders", "id,when,visit\nA,2026-10-30,1\nB,2026-10-30,2\n", count=2)
    shop.land("events", "session,at,source\ns-1,2026-10-30,google\n", count=1)
    shop.load()
    assert "at most 0.00% (orphan_share); deliver what is missing" in findings(shop)


ITEMS = {"order_id": "order", "line_number": "line", "product_id": "sku", "quantity": "qty", "unit_price": "price"}
REFUNDS = {"refund_id": "id", "refunded_at": "when", "refund_amount": "amount", "order_id": "order"}
PRODUCT = {"look_up": "order_items.product_id", "by": {"order_id": "order", "line_number": "line"}}


def test_the_product_of_a_refund_follows_a_newer_version_of_its_line(make_shop: Make) -> None:
    more = {
        "order_items": files(ITEMS, contents="changes"),
        "refunds": files({**REFUNDS, "product_id": PRODUCT}, contents="changes"),
    }
    shop = shop_of_orders(make_shop, {}, more)
    shop.land("orders", "id,when\nA,2026-10-30\n", count=1)
    shop.land("order_items", "order,line,sku,qty,price\nA,1,x,1,5\nA,2,y,1,6\n", count=2)
    shop.land("refunds", "id,when,amount,order,line\nR,2026-10-31,6,A,2\nS,2026-10-31,1,A,\n", count=2)
    shop.load()
    assert shop.rows("select refund_id, product_id from raw.refunds order by 1") == [("R", "y"), ("S", None)]
    shop.verify()
    shop.land("order_items", "order,line,sku,qty,price\nA,1,x,1,5\nA,2,z,1,6\n", count=2, key="newer", day=NEXT)
    shop.load()
    assert shop.rows("select refund_id, product_id from raw.refunds order by 1") == [("R", "z"), ("S", None)]


def test_a_key_that_has_lost_digits_is_quarantined(make_shop: Make) -> None:
    shop = shop_of_orders(make_shop, {"channel": {**CHANNEL, "by": {"event_id": "visit"}}}, SESSIONS)
    shop.land("orders", "id,when,visit\nA,2026-10-30,1.2E+15\nB,2026-10-30,2\n", count=2)
    shop.load()
    (reason,) = shop.reasons()
    assert reason.startswith("channel is looked up, and its event_id is '1.2E+15'; expected all digits of the id")


def test_a_share_of_a_price_that_is_looked_up(make_shop: Make) -> None:
    shop = shop_of(make_shop, also={"discount_rate": "Off"})
    shop.land("order_lines", HEAD.replace("\n", ",Off\n") + "A,2026-10-30,x,2,0.10\n", count=1)
    shop.land("products", "Article,Price\nx,5\n", count=1)
    shop.load()
    assert [str(one) for one in shop.rows("select unit_price, discount_amount from raw.order_lines")[0]] == [
        "5.0000",
        "1.00",
    ]
    shop.verify()


@pytest.mark.parametrize(
    ("price", "said"),
    [
        ({"look_up": "products.price", "by": {"product_id": "SKU"}}, "names price, which products do not have"),
        (
            {"look_up": "customers.country", "by": {"customer_id": "C"}},
            "looks into customers, which the client does not",
        ),
        ({"look_up": "products.title", "by": {"product_id": "SKU"}}, "products.title is a text; expected an amount"),
        ({"look_up": "products.list_price", "by": {}}, "should have at least 1 item"),
        ({**PRICE, "missing": "none"}, "missing: is 'none'; expected a number"),
    ],
)
def test_a_look_up_that_cannot_be_is_refused(make_shop: Make, price: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        shop_of(make_shop, price)


def test_a_column_that_decides_how_its_row_is_read_is_not_looked_up(make_shop: Make) -> None:
    look_up = {"look_up": "products.title", "by": {"product_id": "SKU"}}
    with pytest.raises(ValidationError, match="order_id: cannot be looked up, as it decides how its row is read"):
        shop_of(make_shop, also={"order_id": look_up})


def test_customers_are_looked_up_by_what_erasure_knows_them_by(make_shop: Make) -> None:
    customers = {"customers": files({"customer_id": "id", "email": "mail", "country": "land"})}
    by_mail = {"country": {"look_up": "customers.country", "by": {"email": "mail"}}}
    with pytest.raises(ValidationError, match="by: expected customer_id: the source's own column of the customer"):
        shop_of_orders(make_shop, by_mail, customers)
    mail = {"channel": {"look_up": "customers.email", "by": {"customer_id": "who"}}}
    with pytest.raises(ValidationError, match=r"takes customers\.email, which is personal; expected country or"):
        shop_of_orders(make_shop, mail, customers)

"""The histories of customers and products: every span, and what no delivery may do to them."""

from __future__ import annotations

import itertools
from datetime import date, datetime, time
from decimal import Decimal

import pytest

from tests.dbt.conftest import Warehouse
from tests.dbt.oracle_history import customers_history, products_history
from tests.dbt.shops import Row, Shop, hand_made, made_at_random, version
from tests.dbt.test_figures import assert_equal_rows

pytestmark = pytest.mark.xdist_group("dbt history_figures")
SPANS = "select * from core.dim_customers_history order by customer_id, valid_from"


def assert_histories(warehouse: Warehouse, shop: Shop) -> None:
    for table, key, expected in (
        ("core.dim_customers_history", "customer_id", customers_history(shop)),
        ("core.dim_products_history", "product_id", products_history(shop)),
    ):
        found = warehouse.rows(f"select * from {table}")
        assert_equal_rows(found, expected, (key, "valid_from"))
        assert [list(row) for row in found[:1]] == [list(row) for row in expected[:1]], "columns or their order"


@pytest.mark.parametrize("shop", [hand_made(), made_at_random(1), made_at_random(2)], ids=["hand-made", "1", "2"])
def test_every_cell(warehouse: Warehouse, shop: Shop) -> None:
    warehouse.build(shop)
    assert_histories(warehouse, shop)


def moving_shop() -> Shop:
    """One customer who buys before and after moving, and one product whose price rises between two of its orders."""
    shop = Shop()
    day, later = date(2028, 1, 10), date(2028, 3, 1)
    shop.customers.append(version("customer:1", day, 1, True, city="Leeds", country="GB", segment="consumer"))
    shop.products.append(version("product:1", day, 1, True, category="cables", list_price=Decimal("5.00")))
    for name, at in (("before", day), ("after", later)):
        shop.add_order(name, at, "1", items=[("1", 1, "5", "0")], payments=[("succeeded", "5.00")])
    return shop


def test_a_move_leaves_the_orders_before_it_as_they_were(warehouse: Warehouse) -> None:
    shop = moving_shop()
    warehouse.build(shop)
    shop.customers[0]["is_current"] = False
    shop.customers.append(version("customer:1", date(2028, 2, 1), 2, True, city="Köln", country="DE", segment="vip"))
    shop.products[0]["is_current"] = False
    shop.products.append(version("product:1", date(2028, 2, 1), 2, True, category="wires", list_price=Decimal("6.00")))
    warehouse.write(shop)
    warehouse.run()
    assert_histories(warehouse, shop)
    context = "order_id, customer_country, customer_segment, category"
    assert warehouse.rows(f"select {context} from core.fct_transactions order by order_at") == [
        {"order_id": "before", "customer_country": "GB", "customer_segment": "consumer", "category": "cables"},
        {"order_id": "after", "customer_country": "DE", "customer_segment": "vip", "category": "wires"},
    ]
    query = """
        select orders.order_id, history.city
        from core.fct_orders as orders
        inner join core.dim_customers_history as history
            on orders.customer_id = history.customer_id
            and orders.order_date >= history.valid_from and orders.order_date < history.valid_to
        order by orders.order_at
    """
    assert warehouse.rows(query) == [
        {"order_id": "before", "city": "Leeds"},
        {"order_id": "after", "city": "Köln"},
    ]


def deliveries(shop: str) -> list[list[Row]]:
    """Three days' deliveries: everyone; a part, without customer 2; and the first day again, with a correction."""

    def of(customer: str, day: int, attempt: int, city: str) -> Row:
        row = version(f"customer:{shop}.{customer}", date(2028, 1, day), attempt, False, city=city)
        return row | {"_delivery_id": f"customers/{shop}-2028-01-{day:02}/{attempt:04d}"}

    return [
        [of("1", 1, 1, "Leeds"), of("2", 1, 1, "Bath")],
        [of("1", 9, 1, "York")],
        [of("1", 5, 1, "Hull"), of("2", 5, 1, "Bath")],
    ]


def with_current_marked(rows: list[Row]) -> list[Row]:
    newest: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (row["valid_from"], row["_delivery_id"])):
        newest[row["customer_id"]] = row
    return [row | {"is_current": newest[row["customer_id"]] is row} for row in rows]


def test_parts_and_old_days_close_no_live_row_in_any_order(warehouse: Warehouse) -> None:
    """Customers of six names, each of whose deliveries come in another order."""
    shop, delivered = Shop(), []
    orders = list(itertools.permutations(range(3)))
    for step in range(3):
        for number, order in enumerate(orders):
            delivered += deliveries(str(number))[order[step]]
        shop.customers = with_current_marked(delivered)
        warehouse.write(shop)
        warehouse.run("--select", "+dim_customers_history")
        current = warehouse.rows("select distinct customer_id from core.dim_customers_history where is_current")
        known = {row["customer_id"] for row in delivered} | {"unknown"}
        assert {row["customer_id"] for row in current} == known
    found = warehouse.rows(f"select customer_id, valid_from, valid_to, city from ({SPANS}) where not is_inferred")
    assert [tuple(row.values()) for row in found] == [
        (f"{number}.{customer}", *span)
        for number in range(len(orders))
        for customer, *span in (
            ("1", date(1900, 1, 1), date(2028, 1, 5), "Leeds"),
            ("1", date(2028, 1, 5), date(2028, 1, 9), "Hull"),
            ("1", date(2028, 1, 9), date(9999, 12, 31), "York"),
            ("2", date(1900, 1, 1), date(9999, 12, 31), "Bath"),
        )
    ]


def test_pseudonyms_hold_in_the_history(warehouse: Warehouse) -> None:
    shop = Shop()
    shop.client[0] |= {"pseudonym_inner_pad": "36" * 64, "pseudonym_outer_pad": "5c" * 64}
    private = {"first_name": "Zoë", "last_name": "O'Hara", "street": "High Street 1", "postal_code": "LS1 1AA"}
    for day, email, name in ((1, "a@b.c", "Zoë"), (5, "a@b.c", "Zoe"), (9, "new@b.c", "Zoe")):
        row = version("customer:1", date(2028, 1, day), day, day == 9, email=email, phone="0113", city="Leeds")
        shop.customers.append(row | private | {"first_name": name, "signup_at": datetime.combine(date.min, time())})
    warehouse.write(shop)
    warehouse.run("--select", "+dim_customers_history")
    spans = warehouse.rows(f"select * from ({SPANS}) where customer_id = '1'")
    assert [row["valid_from"] for row in spans] == [date(1900, 1, 1), date(2028, 1, 9)]
    assert {row[column] for row in spans for column in ("first_name", "last_name", "postal_code")} == {None}
    assert len({row["email"] for row in spans}) == 2
    assert {len(row[column]) for row in spans for column in ("email", "phone")} == {64}
    assert [row["email"] for row in spans[-1:]] == [
        row["email"] for row in warehouse.rows("select email from core.dim_customers where customer_id = '1'")
    ]

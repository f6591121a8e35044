"""The cases that sales figures most often get wrong, each with values worked out by hand.

The days on which clocks change are cut in tests/load/test_values.py, where the shop's day is decided.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.dbt.conftest import Warehouse
from tests.dbt.shops import Row, Shop, version

pytestmark = pytest.mark.xdist_group("dbt cases")
JANUARY, FEBRUARY, MARCH, APRIL = (date(2028, month, 1) for month in range(1, 5))


def add_sale(
    shop: Shop, order_id: str, day: date, customer: str, *items: tuple[str, int, str], **order: object
) -> None:
    """A sale that is paid at once."""
    paid = str(sum((Decimal(price) * quantity for _, quantity, price in items), Decimal(0)))
    order = {"payments": [("succeeded", paid)]} | order
    shop.add_order(order_id, day, customer, items=[(*item, "0") for item in items], **order)


def shop_of_cases() -> Shop:
    """Sales from the first of January to the tenth of April 2028."""
    shop = Shop()
    shop.client[0]["business_date"] = date(2028, 4, 10)
    shop.customers = [
        version(f"customer:{name}", JANUARY, 1, True)
        for name in ("once", "returning", "loyal", "never", "kept", "merged")
    ]
    shop.products = [
        version("product:mug", JANUARY, 1, False, category="kitchen"),
        version("product:mug", FEBRUARY, 2, True, category="home"),
        version("product:cup", JANUARY, 1, True, category="toys"),
        version("product:pen", JANUARY, 1, True, category="books"),
    ]
    mug = ("mug", 1, "10.00")
    add_sale(shop, "fully refunded", JANUARY, "once", mug)
    shop.add_return("full", date(2028, 1, 20), "mug", "10.00", customer_id="once", order_id="fully refunded")
    add_sale(shop, "partly refunded", date(2028, 1, 10), "returning", ("mug", 4, "10.00"))
    shop.add_return("part", date(2028, 2, 3), "mug", "10.00", order_id="partly refunded")
    add_sale(shop, "free item", date(2028, 1, 11), "loyal", ("pen", 1, "5.00"), ("cup", 1, "0"))
    add_sale(shop, "before the price", date(2028, 1, 12), "loyal", ("pen", 1, "5.00"))
    add_sale(shop, "after the price", date(2028, 1, 12), "loyal", ("pen", 1, "6.00"))
    add_sale(shop, "tie", date(2028, 1, 15), "loyal", ("pen", 1, "6.00"), ("mug", 1, "6.00"), ("cup", 2, "3.00"))
    add_sale(shop, "cancelled", date(2028, 1, 16), "loyal", mug, status="cancelled", payments=[])
    add_sale(shop, "placed again", date(2028, 1, 16), "loyal", mug)
    attempts = [("failed", "10.00"), ("failed", "10.00"), ("succeeded", "10.00")]
    add_sale(shop, "third attempt", date(2028, 1, 17), "loyal", mug, payments=attempts)
    # The source has put one customer into another and delivered the order again under who is left.
    add_sale(shop, "of the merged", date(2028, 1, 18), "kept", mug)
    shop.orders.append(shop.orders[-1] | {"customer_id": "merged", "is_current": False})
    add_sale(shop, "february", date(2028, 2, 10), "loyal", mug)
    for name, day, customer, pieces in (("a", 5, "loyal", 3), ("b", 6, "returning", 1)):
        add_sale(shop, f"march {name}", date(2028, 3, day), customer, ("mug", pieces, "10.00"))
        row = {"customer_id": customer, "order_id": f"march {name}", "quantity": pieces}
        shop.add_return(name, date(2028, 3, 20), "mug", f"{pieces}0.00", **row)
    add_sale(shop, "april", date(2028, 4, 10), "loyal", mug)
    return shop


@pytest.fixture(scope="module")
def built(session_warehouse: Warehouse) -> Warehouse:
    session_warehouse.clear()
    session_warehouse.build(shop_of_cases())
    return session_warehouse


def row(built: Warehouse, table: str, columns: str, **where: object) -> tuple[object, ...]:
    """The named columns of the one row there is."""
    tests = " and ".join(f"{name} = ?" for name in where)
    (found,) = built.rows(f"select {columns} from {table} where {tests}", [*where.values()])
    return tuple(as_text(value) for value in found.values())


def as_text(value: object) -> object:
    return str(value) if isinstance(value, Decimal | date) else value


def by(built: Warehouse, table: str, columns: str, order: str) -> list[tuple[object, ...]]:
    rows: list[Row] = built.rows(f"select {columns} from {table} order by {order}")
    return [tuple(as_text(value) for value in found.values()) for found in rows]


def test_a_fully_refunded_order_stays_a_sale_and_is_worth_nothing(built: Warehouse) -> None:
    assert row(built, "core.fct_orders", "is_sale, net", order_id="fully refunded") == (True, "10.00")
    assert row(built, "core.dim_customers", "total_orders, lifetime_value", customer_id="once") == (1, "0.00")
    refunded = row(
        built, "marts.mart_daily_sales", "order_count, net, refunds, net_sales, avg_order_value",
        calendar_date=date(2028, 1, 20),
    )  # fmt: skip
    assert refunded == (0, "0.00", "10.00", "-10.00", None)


def test_a_partial_refund_counts_in_the_month_it_was_paid(built: Warehouse) -> None:
    columns = "month_start_date, order_count, net, refunds, net_sales"
    assert by(built, "marts.mart_monthly_revenue", columns, "1") == [
        ("2028-01-01", 9, "114.00", "10.00", "104.00"),
        ("2028-02-01", 1, "10.00", "10.00", "0.00"),
        ("2028-03-01", 2, "40.00", "40.00", "0.00"),
        ("2028-04-01", 1, "10.00", "0.00", "10.00"),
    ]


def test_an_order_with_a_free_item_sells_the_item_for_nothing(built: Warehouse) -> None:
    items = "select line_number, quantity, gross, discount, net from core.fct_transactions where order_id = 'free item'"
    assert [tuple(map(str, found.values())) for found in built.rows(f"{items} order by 1")] == [
        ("1", "1.000", "5.00", "0.00", "5.00"),
        ("2", "1.000", "0.00", "0.00", "0.00"),
    ]
    assert row(built, "marts.mart_daily_sales", "units_sold, net", calendar_date=date(2028, 1, 11)) == ("2.000", "5.00")


def test_an_order_cancelled_and_placed_again_is_one_sale(built: Warehouse) -> None:
    assert row(built, "core.fct_orders", "is_sale, payment_state", order_id="cancelled") == (False, "unpaid")
    assert row(built, "core.fct_orders", "is_sale, payment_state", order_id="placed again") == (True, "paid")
    assert row(built, "marts.mart_daily_sales", "order_count, net", calendar_date=date(2028, 1, 16)) == (1, "10.00")


def test_a_payment_that_fails_twice_and_succeeds_is_captured_once(built: Warehouse) -> None:
    assert row(built, "core.fct_orders", "payment_state, captured", order_id="third attempt") == ("paid", "10.00")
    columns = "attempt_count, succeeded_count, success_rate, captured, order_count, net"
    found = row(built, "marts.mart_payment_methods", columns, payment_method="card")
    assert found == (15, 13, pytest.approx(13 / 15), "174.00", 13, "174.00")


@pytest.mark.parametrize(
    ("customer", "expected"),
    [
        ("never", ("prospect", 0, "0.00", None, None, None)),
        ("once", ("at_risk", 1, "0.00", "10.00", "2028-01-01", "2028-01-01")),
        ("returning", ("active", 2, "30.00", "25.00", "2028-01-10", "2028-03-06")),
    ],
)
def test_who_never_bought_bought_once_and_came_back(built: Warehouse, customer: str, expected: object) -> None:
    columns = "customer_status, total_orders, lifetime_value, avg_order_value, first_order_date, last_order_date"
    assert row(built, "core.dim_customers", columns, customer_id=customer) == expected


def test_a_refund_that_names_its_order_alone_is_one_of_the_orders_customer(built: Warehouse) -> None:
    assert row(built, "core.fct_returns", "customer_id, refund", return_id="part") == ("returning", "10.00")
    assert row(built, "core.dim_customers", "lifetime_value", customer_id="returning") == ("30.00",)
    assert row(built, "core.dim_customers", "lifetime_value", customer_id="unknown") == ("0.00",)


def test_who_churned_and_came_back_is_reactivated(built: Warehouse) -> None:
    columns = (
        "month_start_date, active_customers, new_customers, retained_customers, reactivated_customers, "
        "churned_customers, churn_rate, is_complete_month"
    )
    assert by(built, "marts.mart_monthly_churn", columns, "1") == [
        ("2028-01-01", 4, 4, 0, 0, 0, None, True),
        ("2028-02-01", 1, 0, 1, 0, 3, 0.75, True),
        ("2028-03-01", 2, 0, 1, 1, 0, 0.0, True),
        ("2028-04-01", 1, 0, 1, 0, 1, 0.5, False),
    ]


def test_two_prices_on_one_day_are_both_kept(built: Warehouse) -> None:
    assert row(built, "core.fct_orders", "gross", order_id="before the price") == ("5.00",)
    assert row(built, "core.fct_orders", "gross", order_id="after the price") == ("6.00",)
    sold = row(built, "marts.mart_top_skus", "units_sold, net", calendar_date=date(2028, 1, 12), product_id="pen")
    assert sold == ("2.000", "11.00")


def test_a_day_without_sales_is_a_row(built: Warehouse) -> None:
    columns = "order_count, units_sold, net, avg_order_value"
    assert row(built, "marts.mart_daily_sales", columns, calendar_date=date(2028, 1, 6)) == (0, "0.000", "0.00", None)
    assert len(by(built, "marts.mart_daily_sales", "calendar_date", "1")) == 101


def test_the_current_month_is_not_complete_and_grows_by_nothing_yet(built: Warehouse) -> None:
    columns = "month_start_date, is_complete_month, previous_month_net, net_change, net_growth_rate"
    assert by(built, "marts.mart_revenue_mom", columns, "1") == [
        ("2028-01-01", True, None, None, None),
        ("2028-02-01", True, "114.00", "-104.00", pytest.approx(-104 / 114)),
        ("2028-03-01", True, "10.00", "30.00", 3.0),
        ("2028-04-01", False, "40.00", None, None),
    ]


def test_a_renamed_category_keeps_its_sales_under_the_name_of_then(built: Warehouse) -> None:
    columns = "month_start_date, category, net, net_share, previous_month_net, net_growth_rate"
    found = by(built, "marts.mart_category_sales_monthly", columns, "1, 2")
    assert [one for one in found if one[1] in ("home", "kitchen")][:6] == [
        ("2028-01-01", "home", "0.00", 0.0, None, None),
        ("2028-01-01", "kitchen", "86.00", pytest.approx(86 / 114), None, None),
        ("2028-02-01", "home", "10.00", 1.0, "0.00", None),
        ("2028-02-01", "kitchen", "0.00", 0.0, "86.00", -1.0),
        ("2028-03-01", "home", "40.00", 1.0, "10.00", 3.0),
        ("2028-03-01", "kitchen", "0.00", 0.0, "0.00", None),
    ]


def test_a_month_in_which_everything_came_back_sold_nothing_net(built: Warehouse) -> None:
    columns = "order_count, net, refunds, net_sales, avg_order_value"
    found = row(built, "marts.mart_monthly_revenue", columns, month_start_date=MARCH)
    assert found == (2, "40.00", "40.00", "0.00", "20.00")
    columns = "return_count, returned_units, refunds, return_rate, return_rate_28_days"
    found = row(built, "marts.mart_returns_summary", columns, calendar_date=date(2028, 3, 20))
    assert found == (2, "4.000", "40.00", None, 1.0)


def test_ties_are_broken_as_the_tables_say(built: Warehouse) -> None:
    where = "marts.mart_top_skus where calendar_date = date '2028-01-15'"
    assert by(built, where, "product_id, units_sold, net, net_rank, units_rank", "net_rank") == [
        ("cup", "2.000", "6.00", 1, 1),
        ("mug", "1.000", "6.00", 2, 2),
        ("pen", "1.000", "6.00", 3, 3),
    ]


def test_no_ratio_is_divided_by_zero(built: Warehouse) -> None:
    columns = built.rows(
        "select schema_name || '.' || table_name as table_name, column_name from duckdb_columns() "
        "where schema_name in ('core', 'marts') and data_type = 'DOUBLE'"
    )
    assert len(columns) > 30
    broken = [
        column
        for column in columns
        if built.rows(f"select 1 from {column['table_name']} where not isfinite({column['column_name']})")
    ]
    assert broken == []


def test_a_merged_customer_keeps_no_sale_and_the_other_has_it(built: Warehouse) -> None:
    columns = "customer_status, total_orders, lifetime_value"
    assert row(built, "core.dim_customers", columns, customer_id="merged") == ("prospect", 0, "0.00")
    assert row(built, "core.dim_customers", columns, customer_id="kept") == ("active", 1, "10.00")
    assert row(built, "core.fct_orders", "customer_id", order_id="of the merged") == ("kept",)

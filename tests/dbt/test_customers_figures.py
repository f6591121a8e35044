"""Every cell of the marts of customers against an independent reckoning."""

from __future__ import annotations

from datetime import date

import pytest

from contracts.analysis import Analysis, Segment
from tests.dbt.conftest import CLIENT, Warehouse
from tests.dbt.oracle import Oracle
from tests.dbt.oracle_customers import CustomerOracle
from tests.dbt.shops import Shop, hand_made, made_at_random
from tests.dbt.test_figures import assert_equal_rows

pytestmark = pytest.mark.xdist_group("dbt customers_figures")


def gone_and_back() -> Shop:
    """Fifteen months: one who leaves and comes back, months in which nobody buys, and an end within a month."""
    shop = Shop()
    for number, (customer, day) in enumerate(
        [
            ("back", date(2027, 1, 31)),
            ("back", date(2027, 2, 1)),
            ("back", date(2027, 12, 31)),
            ("once", date(2027, 2, 28)),
            ("stays", date(2027, 12, 1)),
            ("stays", date(2028, 1, 1)),
            ("stays", date(2028, 3, 30)),
            (None, date(2027, 6, 1)),
        ]
    ):
        country = "GB" if number % 2 else "US"
        shop.add_order(f"order {number}", day, customer, country=country, items=[("1", 1, "5", "0")],
                       payments=[("succeeded", "5.00")])  # fmt: skip
    return shop


@pytest.mark.parametrize(
    "shop",
    [hand_made(), gone_and_back(), made_at_random(1), made_at_random(2)],
    ids=["hand-made", "gone and back", "1", "2"],
)
def test_every_cell(warehouse: Warehouse, shop: Shop) -> None:
    warehouse.build(shop)
    oracle = CustomerOracle(Oracle(shop))
    for table, expected, keys in (
        ("mart_monthly_churn", oracle.monthly_churn(), ("month_start_date",)),
        ("mart_monthly_active_customers", oracle.monthly_active_customers(), ("month_start_date", "country")),
        ("mart_cohort_retention", oracle.cohort_retention(), ("cohort_month", "months_since_first")),
        ("mart_customer_segments", oracle.customer_segments(), ("customer_id",)),
        (
            "mart_segment_transitions",
            oracle.segment_transitions(),
            ("month_start_date", "from_segment", "to_segment"),
        ),
    ):
        found = warehouse.rows(f"select * from marts.{table}")
        assert_equal_rows(found, expected, keys)
        assert [list(row) for row in found[:1]] == [list(row) for row in expected[:1]], "columns or their order"


@pytest.mark.parametrize(
    ("months", "run_for"), [(2, date(2028, 3, 31)), (5, date(2028, 6, 5)), (12, date(2028, 3, 30))]
)
def test_segments_compare_the_sales_of_the_last_months(warehouse: Warehouse, months: int, run_for: date) -> None:
    shop = gone_and_back()
    shop.add_return("of long ago", date(2027, 12, 31), "1", "3.00", order_id="order 1", order_line_number=1)
    warehouse.build(shop)
    analysis = CLIENT.analysis.model_copy(update={"segment_months": months})
    shop.client[0] |= {"business_date": run_for, "analysis": analysis.model_dump_json()}
    warehouse.write(shop)
    marts = ("mart_customer_segments", "mart_segment_transitions")
    warehouse.run("--select", "dim_date", *marts)
    oracle = CustomerOracle(Oracle(shop), months)
    assert "lapsed" in {row["rfm_segment"] for row in oracle.customer_segments()}
    assert_equal_rows(warehouse.rows(f"select * from marts.{marts[0]}"), oracle.customer_segments(), ("customer_id",))
    assert_equal_rows(
        warehouse.rows(f"select * from marts.{marts[1]}"),
        oracle.segment_transitions(),
        ("month_start_date", "from_segment", "to_segment"),
    )
    tests = warehouse.dbt("test", "--select", *marts, "--exclude-resource-type", "unit_test")
    assert {result.status for result in tests.values()} == {"success", "pass"}  # the hooks, and the tests


def test_a_month_is_over_with_its_last_day(warehouse: Warehouse) -> None:
    """That of the run: who sells nothing on it has no other month."""
    last, before = date(2028, 2, 29), date(2028, 2, 28)
    for day, run_for, is_over in ((before, before, False), (last, last, True), (before, date(2028, 3, 9), True)):
        shop = Shop()
        shop.client[0]["business_date"] = run_for
        shop.add_order("one", day, "1", items=[("1", 1, "5", "0")], payments=[("succeeded", "5.00")])
        warehouse.write(shop)
        warehouse.run("--full-refresh", "--select", "+mart_monthly_churn")
        assert warehouse.rows("select is_complete_month from marts.mart_monthly_churn") == [
            {"is_complete_month": is_over}
        ]


def test_statuses_and_segments_are_those_of_the_client_file(warehouse: Warehouse) -> None:
    shop = hand_made()
    regulars = Segment(name="Who's back", recency=(1, 5), frequency=(2, 5), monetary=(1, 5))
    own = CLIENT.analysis.model_copy(update={"segments": (regulars,), "active_days": 1, "at_risk_days": 3000})
    shop.client[0]["analysis"] = own.model_dump_json()
    warehouse.build(shop)
    found = warehouse.rows(
        "select rfm_segment, min(frequency_score) as least, max(frequency_score) as most "
        "from marts.mart_customer_segments where total_orders > 0 group by 1 order by 1"
    )
    (others, back) = found
    assert (others["rfm_segment"], others["most"]) == ("Others", 1)
    assert back["rfm_segment"] == "Who's back"
    assert back["least"] >= 2
    statuses = warehouse.rows(
        "select distinct customer_status from core.dim_customers where total_orders > 0 and customer_id <> 'unknown'"
    )
    assert {row["customer_status"] for row in statuses} == {"at_risk", "new"}


def test_a_client_file_that_names_no_category_and_no_segment_builds(warehouse: Warehouse) -> None:
    shop = hand_made()
    shop.client[0]["analysis"] = Analysis(segments=()).model_dump_json()
    warehouse.build(shop)
    rows = warehouse.rows("select distinct category from core.dim_products order by 1")
    assert "jewelery" in {row["category"] for row in rows}  # as delivered
    (profit,) = warehouse.rows(
        "select sum(estimated_profit) as profit from core.fct_transactions where order_id = 'thirds' and is_product"
    )
    assert profit["profit"] is None  # which nobody can know without a cost or a margin
    segments = warehouse.rows("select distinct rfm_segment from marts.mart_customer_segments where total_orders > 0")
    assert segments == [{"rfm_segment": "Others"}]

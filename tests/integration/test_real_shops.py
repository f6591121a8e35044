"""Real data through the whole pipeline, against totals that others published of it."""

import shutil
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contracts.client_file import Client, load_client
from contracts.environment import CHECKOUT
from tests.machine import JAFFLE_SHOP, ONLINE_RETAIL

if TYPE_CHECKING:
    from tests.integration.conftest import Platform

# quantity x price of every line, by month from 2010-12 on.
RETAIL_MONTHS = """
748957.02 560000.26 498062.65 683267.08 493207.12 723333.51 691123.12 681300.11 682680.51 1019687.62 1070704.67
1461756.25 433668.01
"""


def run_shop(name: str, day: date, platform_of: Callable[[Client], "Platform"], **variables: Path) -> "Platform":
    client = load_client(name, CHECKOUT / "clients", {key: str(path) for key, path in variables.items()})
    platform = platform_of(client)
    platform.run(day)
    return platform


@pytest.mark.system
@pytest.mark.xdist_group("integration-online-retail")
@pytest.mark.needs("online retail")
def test_online_retail_gives_its_published_totals(platform_of: Callable[[Client], "Platform"]) -> None:
    platform = run_shop("online_retail", date(2011, 12, 9), platform_of, ONLINE_RETAIL_PATH=ONLINE_RETAIL)
    # Filtered: with a customer, a quantity above 0 (else it is a return or an adjustment) and a price above 0.
    assert platform.published(
        """select count(*), count(distinct order_id), count(distinct customer_id), sum(gross)
        from (
            select order_id, customer_id, gross from core.fct_transactions where unit_price > 0
            union all
            select order_id, customer_id, amount
            from core.fct_order_charges inner join core.fct_orders using (order_id) -- one bank charge of 0.001 is 0.00
        )
        where customer_id <> 'unknown'"""
    ) == [(397_884, 18_532, 4_338, Decimal("8911407.90"))]
    # Unfiltered: sales less cancelled invoices are published; bad debt and stock corrections are not.
    published = dict(
        platform.published(
            # With postage and the like, sold and paid back, which are no goods.
            """select strftime(day, '%Y-%m'), sum(amount)
            from (
                select calendar_date as day, net_sales as amount from marts.mart_daily_sales
                union all
                select order_date, if(charge_type = 'discount', -amount, amount) from core.fct_order_charges
                union all
                select refunded_date, -refund_amount from core.fct_refunds
                union all
                select returned_date, refund from core.fct_returns
            )
            group by 1 order by 1"""
        )
    )
    adjusted = dict(
        platform.warehouse(
            """select strftime(invoice_date, '%Y-%m'), sum(quantity * unit_price)
            from intermediate.int_order_lines where line_type = 'adjustment' group by 1"""
        )
    )
    found = [total + adjusted.get(month, Decimal(0)) for month, total in published.items()]
    assert found == [Decimal(total) for total in RETAIL_MONTHS.split()]
    assert sum(found) == Decimal("9747747.93")
    assert platform.warehouse(
        """select sum(rows_landed), sum(rows_landed - rows_loaded - rows_quarantined - rows_duplicate)
        from raw.load_ledger"""
    ) == [(541_909, 0)]
    shutil.rmtree(platform.environment.data_dir)


@pytest.mark.system
@pytest.mark.xdist_group("integration-jaffle-shop")
@pytest.mark.needs("jaffle shop")
def test_jaffle_shop_gives_what_was_paid(platform_of: Callable[[Client], "Platform"]) -> None:
    platform = run_shop("jaffle_shop", date(2018, 4, 9), platform_of, JAFFLE_SHOP_PATH=JAFFLE_SHOP)
    assert platform.published("select sum(net), sum(order_count) from marts.mart_daily_sales") == [
        (Decimal("1672.00"), 99)
    ]
    assert platform.published("select sum(captured) from core.fct_orders") == [(Decimal("1672.00"),)]
    assert platform.published("select count(*) from core.dim_customers where customer_id <> 'unknown'") == [(100,)]
    shutil.rmtree(platform.environment.data_dir)

"""What the shop's own reports say is compared with what is about to be published, every run.

The shop of conftest.py has one sale on 31 October 2026, the day that it was run for: 111.98 less 5.00, with tax 1.00,
shipping 2.00 and 109.98 in all. 55.99 were paid back that day.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest

from contracts.client_file import Ceilings
from contracts.known_totals import KnownTotals
from publish.errors import PublishError
from publish.known_totals import compare
from publish.version_file import attached_files
from serve.control_totals import known_totals, source_totals
from serve.published import reading, rows_of
from serve.summary import summarise

if TYPE_CHECKING:
    from tests.publish.conftest import Shop

DAY = {"source": "Finances", "start": "2026-10-31", "through": "2026-10-31"}


def known(*entries: dict[str, object]) -> tuple[KnownTotals, ...]:
    return tuple(KnownTotals.model_validate({**DAY, **entry}) for entry in entries)


def test_every_measure_is_that_of_the_days(shop: Shop) -> None:
    shop.sql(
        "insert into marts.mart_daily_sales select '2026-10-30', 9, 9, 9, 0, 9, -9, 9, 9",
        "insert into core.fct_orders select 'o0', '2026-10-30', true, 9, 9, 9, 9, 9, 9, 9",
        "insert into core.fct_refunds select 't0', 9, '2026-10-30'",
    )
    figures = {
        "order_count": 1,
        "units_sold": 2,
        "gross": "111.98",
        "discount": "5.00",
        "net": "106.98",
        "returned_units": 0,
        "refunds": 0,
        "net_sales": "106.98",
        "tax": "1.00",
        "shipping": "2.00",
        "fees": "0.50",
        "tips": "0.25",
        "duties": "0.75",
        "total": "109.98",
        "refund_amount": "55.99",
    }
    client = shop.client.model_copy(update={"known_totals": known(figures)})
    with attached_files(shop.paths.warehouse, shop.paths.build, shop.paths.root / "spill") as connection:
        found = list(compare(connection, client))
    assert {one.measure: one.ours for one in found} == {name: Decimal(value) for name, value in figures.items()}
    assert {one.outcome for one in found} == {"equal"}


def test_equal_figures_are_listed_where_people_look(shop: Shop) -> None:
    shop.publish(known_totals=known({"net_sales": "106.98", "order_count": 1}))
    columns = "measure, source, theirs, ours, difference, allowed, outcome"
    listed = [
        ("order_count", "Finances", Decimal(1), Decimal(1), Decimal(0), Decimal("0.01"), "equal"),
        ("net_sales", "Finances", *[Decimal("106.98")] * 2, Decimal(0), Decimal("0.106"), "equal"),
    ]
    assert shop.published(f"select {columns} from _meta_known_totals") == listed
    assert shop.sql(f"select {columns} from audit.reconciled_known_totals where run_id = 'run-0703'") == listed
    summary = summarise(shop.paths)
    assert summary.control_totals == ("known totals of the client file: 2 equal",)
    lines = summary.text().splitlines()
    assert "Compared    known totals of the client file: 2 equal" in lines
    said = "2026-10-31 to 2026-10-31 net_sales: 106.98 in Finances, 106.98 here: equal"
    assert f"Known       {said}" in lines
    assert summary.warnings == ()


def test_a_difference_is_refused_with_every_figure_and_kept_in_the_books(shop: Shop) -> None:
    shop.publish()
    with pytest.raises(PublishError) as refusal:
        shop.publish(known_totals=known({"net_sales": "107.09", "order_count": 2, "gross": "111.98"}))
    assert str(refusal.value).startswith(
        "known_totals of the client file are not what the build has: "
        "2026-10-31 to 2026-10-31 order_count: 2 in Finances, 1 here, 1 less: different; "
        "2026-10-31 to 2026-10-31 net_sales: 107.09 in Finances, 106.98 here, 0.11 less: different; expected at most "
        "1.00% of orders and units (ceilings.different_orders_share) and 0.10% of money different "
        "(ceilings.different_money_share)"
    )
    assert summarise(shop.paths).version == 1
    assert shop.sql("select outcome, count(*) from audit.reconciled_known_totals group by 1 order by 1") == [
        ("different", 2),
        ("equal", 1),
    ]


def test_what_differs_by_less_than_the_ceiling_warns(shop: Shop) -> None:
    ceilings = Ceilings(different_money_share=Decimal("0.002"))
    version = shop.publish(known_totals=known({"net_sales": "107.09"}), ceilings=ceilings)
    said = "2026-10-31 to 2026-10-31 net_sales: 107.09 in Finances, 106.98 here, 0.11 less: different"
    assert version.warnings == (f"known totals that differ: {said}",)
    assert summarise(shop.paths).warnings == version.warnings
    with pytest.raises(PublishError, match=r"107\.20 in Finances"):
        shop.publish(known_totals=known({"net_sales": "107.20"}), ceilings=ceilings)


def test_half_a_cent_for_each_amount_is_rounding(shop: Shop) -> None:
    # One line: half a cent, so no cent. Two lines would round to one.
    shop.sql("update core.fct_orders set item_count = 2 where is_sale")
    ceilings = Ceilings(different_money_share=Decimal(0))
    assert shop.publish(known_totals=known({"gross": "111.99"}), ceilings=ceilings).warnings == ()
    assert summarise(shop.paths).control_totals == ("known totals of the client file: 1 equal but for rounding",)
    with pytest.raises(PublishError, match=r"gross: 112\.00 in Finances, 111\.98 here, 0\.02 less"):
        shop.publish(known_totals=known({"gross": "112.00"}), ceilings=ceilings)
    with pytest.raises(PublishError, match="order_count: 2 in Finances, 1 here"):  # what is counted is never rounded
        shop.publish(known_totals=known({"order_count": 2}))


def test_days_that_are_not_all_there_are_never_compared(shop: Shop) -> None:
    later = {"start": "2026-10-31", "through": "2026-11-01", "net_sales": "50.99"}
    earlier = {"start": "2026-10-30", "through": "2026-10-31", "net_sales": "106.98"}
    before = {"start": "2020-01-01", "through": "2020-01-31", "net_sales": 0}
    shop.publish(known_totals=known(later, earlier, before))
    assert shop.published("select ours, difference, outcome from _meta_known_totals order by first_date") == [
        (None, None, "not compared, as the data begin later"),
        (None, None, "not compared, as the data begin later"),
        (None, None, "not compared, as not all its days are over"),
    ]
    (said,) = summarise(shop.paths).control_totals
    assert said.endswith(": 1 not compared, as not all its days are over, 2 not compared, as the data begin later")


def test_a_shop_that_says_when_it_began_has_its_first_month(shop: Shop) -> None:
    shop.publish(known_totals=known({"start": "2026-10-01", "net_sales": "106.98"}), history_from=date(2026, 10, 1))
    assert shop.published("select outcome from _meta_known_totals") == [("equal",)]


def test_counts_of_the_source_s_own_totals_are_published(shop: Shop) -> None:
    shop.sql(
        """create table warehouse.audit.source_totals as select 1200 as compared, 1190 as equal, 7 as rounded,
        3 as different, 9000.5 as source_total, 1.5 as difference"""
    )
    shop.publish()
    counts = (1200, 1190, 7, 3, Decimal("9000.50"), Decimal("1.50"), "orders")
    assert shop.published("from _meta_source_totals") == [counts]
    assert shop.sql("select * exclude (recorded_at) from audit.reconciled_source_totals") == [("run-0703", *counts)]
    said = "1,200 orders compared with the source's own total: 1,190 equal, 7 but for rounding, 3 different"
    assert summarise(shop.paths).control_totals == (said,)
    assert f"Compared    {said}" in summarise(shop.paths).text().splitlines()


def test_a_version_of_an_earlier_edition_compares_nothing(shop: Shop) -> None:
    shop.publish(known_totals=known({"net_sales": "106.98"}))
    earlier = shop.paths.root / "earlier.duckdb"
    earlier.write_bytes(shop.paths.published_file.read_bytes())
    with duckdb.connect(str(earlier)) as connection:
        connection.execute("drop table _meta_known_totals; drop table _meta_source_totals")
    with reading(earlier) as connection:
        assert known_totals(lambda query: rows_of(connection, query)) == ()
        assert source_totals(lambda query: rows_of(connection, query)) == ()

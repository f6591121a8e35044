"""What is planned, and what people should know of a day: neither has happened yet."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.load.conftest import Make, order
from tests.load.test_shop_files import files

COLUMNS = {"target_month": {"sql": "Month || '-01'"}, "metric": "Measure", "target_amount": "Plan"}
TARGETS = {"kind": "files", "path": "x", "format": "csv", "columns": COLUMNS}
NOTES = files({"annotated_date": "day", "text": "what", "kind": "kind"})


def test_plans_and_notes_may_lie_ahead(make_shop: Make) -> None:
    shop = make_shop({"orders": {"kind": "demo"}, "targets": TARGETS, "annotations": NOTES})
    shop.land("orders", [order()])
    plans = "Month,Measure,Plan\n2027-01,net_sales,1000.50\n2026-10,order_count,7\n2026-10,visits,9\n"
    shop.land("targets", plans, file="plan.csv", count=3, origin="files")
    notes = "day,what,kind\n2027-05-01,Labour day,holiday\n2026-10-30,,outage\n"
    shop.land("annotations", notes, file="notes.csv", count=2, origin="files")
    shop.load()
    shop.verify()
    assert shop.rows("select target_month, metric, target_amount from raw.targets order by all") == [
        (date(2026, 10, 1), "order_count", Decimal("7.00")),
        (date(2027, 1, 1), "net_sales", Decimal("1000.50")),
    ]
    assert shop.rows("select annotated_date, text from raw.annotations") == [(date(2027, 5, 1), "Labour day")]
    what_is_wrong = [reason.partition(";")[0] for reason in shop.reasons()]
    assert what_is_wrong == ["text is ''", "metric is 'visits'"]


def test_a_target_is_of_a_whole_month(make_shop: Make) -> None:
    by_day = files({"target_month": "Month", "metric": "Measure", "target_amount": "Plan"})
    shop = make_shop({"orders": {"kind": "demo"}, "targets": by_day})
    shop.land("orders", [order()])
    plans = "Month,Measure,Plan\n2026-10-15,net_sales,1000.50\n2026-10-01,net_sales,7\n"
    shop.land("targets", plans, file="plan.csv", count=2, origin="files")
    shop.load()
    assert shop.reasons() == ["target_month is 2026-10-15; expected the first of a month"]

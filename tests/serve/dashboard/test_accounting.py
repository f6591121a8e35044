"""The tables for the accountant, worked out again from the facts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from streamlit.testing.v1 import AppTest

from tests.serve.dashboard.conftest import CHECKOUT, Shop, captions, day
from tests.serve.dashboard.oracle import Facts, cents, month_of

TurnTo = Callable[..., AppTest]
pytestmark = pytest.mark.xdist_group("dashboard")
OCTOBER = day("2026-10-01")


def test_the_close_of_a_month_adds_up_to_all_the_money(facts: Facts, turn_to: TurnTo) -> None:
    close = turn_to("operations", period="all").dataframe[3].value.set_index("Month")
    parts = [name for name in close.columns if name not in ("Net sales (USD)", "Total (USD)")]
    expected: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in facts.orders:
        month = expected[month_of(row["order_date"])]
        for name, amount in (("Gross", "gross"), ("Tax", "tax"), ("Shipping", "shipping"), ("Total", "total")):
            month[f"{name} (USD)"] += cents([row[amount]])
        month["Discounts (USD)"] -= cents([row["discount"]])
    for row in facts.rows("fct_refunds"):
        if row["is_counted"]:
            month = expected[month_of(row["refunded_date"])]
            for name, amount in (
                *(("Refunded goods", "goods_amount"), ("Tax", "tax_amount"), ("Shipping", "shipping_amount")),
                *(("Other", "other_amount"), ("Total", "refund_amount")),
            ):
                month[f"{name} (USD)"] -= cents([row[amount]])
    assert set(close.index) == set(expected)
    for month, amounts in expected.items():
        shown = {name: cents([value]) for name, value in close.loc[month].items()}
        assert {name: shown[name] for name in amounts} == amounts
        assert sum(shown[name] for name in parts) == shown["Total (USD)"]
        goods = ("Gross (USD)", "Discounts (USD)", "Refunded goods (USD)")
        assert shown["Net sales (USD)"] == sum(shown[name] for name in goods)


def test_the_page_about_closing_a_month_has_the_sql_of_its_lines(facts: Facts, turn_to: TurnTo) -> None:
    page = (CHECKOUT / "docs" / "how-to" / "reconcile.md").read_text(encoding="utf-8")
    (sql,) = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    sold, back = (list(facts.ask(query)[0].values()) for query in sql.strip().rstrip(";").split(";"))
    (*_, close) = turn_to("operations").dataframe[3].value.to_dict("records")
    gross, discount, net, shipping, tax, total = sold
    goods, tax_back, shipping_back, other, paid_back = back
    assert (close["Gross (USD)"], close["Discounts (USD)"]) == (gross, -discount)
    assert close["Net sales (USD)"] == net - goods
    assert (close["Shipping (USD)"], close["Tax (USD)"]) == (shipping - shipping_back, tax - tax_back)
    assert (close["Other (USD)"], close["Total (USD)"]) == (-other, total - paid_back)


def test_taxes_codes_and_payouts(facts: Facts, turn_to: TurnTo, other_shop: Shop) -> None:
    first, second = [row for row in facts.orders if row["customer_id"] != "unknown"][-2:]
    tax = (
        "insert into core.fct_order_taxes by name select '{}' as order_id, {} as tax_number, date '{}' as order_date, "
    )
    code = "insert into core.fct_order_discounts by name select '{}' as order_id, 1 as discount_number, "
    moved = (
        "insert into core.fct_balance_transactions by name select '{}' as balance_transaction_id, date '2026-10-{}' as "
        "occurred_date, timestamp '2026-10-{} 12:00:00' as occurred_at, '{}' as transaction_kind, {} as amount, "
        "{} as fee, {} as net"
    )
    of_shop = "'DE' as jurisdiction, 'VAT' as tax_title, 0.19 as tax_rate, 'shop' as collected_by, true as is_sale, "
    other_shop.publish(
        8,
        *(
            tax.format(row["order_id"], number, row["order_date"])
            + of_shop
            + f"{amount} as amount, 10 as taxable_amount"
            for row, number, amount in ((first, 1, "1.90"), (second, 1, "0.10"), (second, 2, "0.05"))
        ),
        *(
            code.format(row["order_id"])
            + f"date '{row['order_date']}' as order_date, 'SPRING' as discount_code, 'fixed' as discount_kind, "
            + f"{amount} as amount, {is_sale} as is_sale"
            for row, amount, is_sale in (
                (first, "2.50", True),
                (second, "0.75", True),
                (facts.orders[-3], "9.00", False),
            )
        ),
        moved.format("a", "01", "01", "charge", "100.00", "3.00", "97.00"),
        moved.format("b", "02", "02", "refund", "-20.00", "0.00", "-20.00"),
        moved.format("c", "03", "03", "fee", "-5.00", "0.00", "-5.00"),
        moved.format("d", "04", "04", "payout", "-60.00", "0.00", "-60.00"),
        moved.format("e", "05", "05", "charge", "1.00", "null", "null"),
    )
    app = turn_to("operations", other_shop)
    *_, taxes, codes, payouts, _, _ = (table.value for table in app.dataframe)
    assert taxes.values.tolist() == [["DE", "VAT", Decimal("0.190000"), "shop", 2, Decimal("30.00"), Decimal("2.05")]]
    new = sum(facts.first_sales[row["customer_id"]]["order_date"] == row["order_date"] for row in (first, second))
    assert codes.values.tolist() == [["SPRING", 2, new, Decimal("3.25"), first["net"] + second["net"]]]
    amounts = [Decimal(amount) for amount in ("101.00", "-20.00", "0", "0", "-8.00", "72.00", "-60.00")]
    assert payouts.values.tolist() == [[OCTOBER, *amounts]]
    assert "Of 1 movements nobody says the fee." in captions(app)
    assert "map the dataset tax_lines" in " ".join(element.value for element in turn_to("operations").info)

"""A fee or postage below zero is a credit of its order; nothing else sold is below zero."""

from __future__ import annotations

from decimal import Decimal

from tests.load.conftest import Make
from tests.load.test_order_lines import COLUMNS, HEADER, RULES
from tests.load.test_shop_files import files

CHARGED = {
    "line_rules": [RULES[1]],
    "product_rules": [{"type": "fee", "pattern": "FEE.*"}, {"type": "shipping", "pattern": "POST.*"}],
}


def test_a_charge_below_zero_is_a_credit_of_its_order(make_shop: Make) -> None:
    shop = make_shop({"order_lines": files(COLUMNS, **CHARGED)})
    rows = (
        "1,a,Mug,2,2026-10-30 10:00,5.00,7,DE",
        "1,FEE1,round down,1,2026-10-30 10:00,-0.03,7,DE",
        "1,FEE2,loyalty,-1,2026-10-30 10:00,1.00,7,DE",
        "1,POST,postage,1,2026-10-30 10:00,4.90,7,DE",
        "1,POST2,postage back,1,2026-10-30 10:00,-4.90,7,DE",
    )
    shop.land("order_lines", HEADER + "".join(row + "\n" for row in rows), file="lines.csv", count=len(rows))
    shop.load()
    assert shop.reasons() == []
    shop.verify()
    assert shop.rows("select gross, charges, total from raw.order_totals") == [
        (Decimal("10.00"), Decimal("-1.03"), Decimal("8.97"))
    ]


def test_a_charge_that_is_neither_is_rejected_and_goods_below_zero_stay_so(make_shop: Make) -> None:
    columns = COLUMNS | {"discount_amount": "off"}
    shop = make_shop({"order_lines": files(columns, **CHARGED)})
    rows = (
        "1,a,Mug,1,2026-10-30 10:00,5.00,7,DE,0",
        "1,a,Mug,1,2026-10-30 10:00,-5.00,7,DE,0",
        "1,FEE1,fee,0,2026-10-30 10:00,5.00,7,DE,0",
        "1,FEE1,fee,-1,2026-10-30 10:00,-5.00,7,DE,0",
        "1,POST,postage,1,2026-10-30 10:00,-5.00,7,DE,1.00",
        "1,POST,postage,1,2026-10-30 10:00,5.00,7,DE,6.00",
    )
    header = HEADER.replace("land", "land,off")
    shop.land("order_lines", header + "".join(row + "\n" for row in rows), file="lines.csv", count=len(rows))
    shop.load()
    assert shop.reasons() == [
        "quantity 1 at unit_price -5.0000 is no sale, and no line rule makes it a return or an adjustment",
        (
            "quantity 0 at unit_price 5.0000 of a fee is neither a charge nor a credit; expected one of them below 0 "
            "for a credit"
        ),
        (
            "quantity -1 at unit_price -5.0000 of a fee is neither a charge nor a credit; expected one of them below 0 "
            "for a credit"
        ),
        "discount_amount 1.00 of a credit of -5.00; expected none",
        (
            "discount_amount 6.00 is above the line's 5.00; is it the order's, order_discount_amount with "
            "order_values: first_row"
        ),
    ]

"""What an order's amounts may be taken to mean: nothing is assumed of tax, currencies and what stands where."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from load.errors import LoadError
from load.verify_database import VerificationError
from tests.load.conftest import Make, Shop, item, order
from tests.load.test_shop_files import files

ORDERS = {"order_id": "id", "order_at": "at", "tax_amount": "tax"}
LINES = {"order_id": "order", "product_id": "sku", "quantity": "qty", "order_at": "at", "unit_price": "price"}
AT = "2026-10-30T10:00:00"


def lines(shop: Shop, header: str, *rows: str) -> Shop:
    shop.land("order_lines", "\n".join([header, *rows]) + "\n", file="lines.csv", count=len(rows))
    return shop


def of_lines(make_shop: Make, columns: dict[str, str], options: dict[str, Any] | None = None, **client: Any) -> Shop:
    return make_shop({"order_lines": files(LINES | columns, **(options or {}))}, **client)


@pytest.mark.parametrize("tax", ["inside", "on_top"])
def test_tax_in_a_file_needs_the_word_of_the_client_file(make_shop: Make, tax: str) -> None:
    rows = f"id,at,tax\n1,{AT},0\n2,{AT},19.00\n3,{AT},7.00\n"
    unsaid = make_shop({"orders": files(ORDERS)})
    unsaid.land("orders", rows, file="o.csv", count=3)
    with pytest.raises(
        LoadError, match=r"tax_amount is not 0 in 2 rows \(line 3: 19\.00, line 4: 7\.00\).*tax: inside .*tax: on_top"
    ):
        unsaid.load()
    said = make_shop({"orders": files(ORDERS)}, tax=tax)
    said.load()
    assert said.rows("select tax_inside, sum(tax_amount) from raw.current_orders group by 1") == [
        (tax == "inside", Decimal("26.00"))
    ]


def test_a_tax_of_0_needs_no_word_and_an_order_may_say_it_itself(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    shop.land("orders", f"id,at,tax\n1,{AT},0\n", file="o.csv", count=1)
    shop.load()
    itself = make_shop({"orders": files(ORDERS | {"tax_inside": "gross"})})
    itself.land("orders", f"id,at,tax,gross\n1,{AT},19.00,Yes\n2,{AT},1.00,0\n", file="o.csv", count=2)
    itself.load(full_refresh=True)
    assert itself.rows("select order_id, tax_inside from raw.orders order by 1") == [("1", True), ("2", False)]


def test_the_tax_of_a_line_is_tax_too(make_shop: Make) -> None:
    shop = lines(of_lines(make_shop, {"line_tax_amount": "vat"}), "order,sku,qty,at,price,vat", f"1,a,1,{AT},119,19")
    with pytest.raises(LoadError, match=r"line_tax_amount is not 0 in 1 rows \(line 2: 19\.00\)"):
        shop.load()


def test_orders_in_another_currency_wait_whole(make_shop: Make) -> None:
    shop = of_lines(make_shop, {"currency": "cur"})
    lines(
        shop, "order,sku,qty,at,price,cur",
        f"1,a,1,{AT},20,eur", f"2,a,1,{AT},230,SEK", f"2,b,1,{AT},10,SEK", f"3,a,1,{AT},5,", f"4,a,1,{AT},5,kronor",
    )  # fmt: skip
    shop.load()
    assert shop.rows("select order_id, currency from raw.order_lines order by 1") == [("1", "EUR"), ("3", None)]
    reason = "currency is SEK, the client's is EUR, and no rate of it is delivered; deliver exchange_rates, or leave"
    first, second, third = shop.reasons()
    assert first == second
    assert first.startswith(reason)
    assert third == "currency is 'kronor'; expected an ISO 4217 code, such as EUR"


def test_with_rates_they_are_loaded_and_converted_at_the_last_one(make_shop: Make) -> None:
    rates = files({"rate_date": "day", "currency": "cur", "rate": "rate"})
    shop = make_shop({"order_lines": files(LINES | {"currency": "cur"}), "exchange_rates": rates})
    shop.land("exchange_rates", "day,cur,rate\n2026-10-29,SEK,0.0912\n2026-10-01,USD,0.9\n", file="r.csv", count=2)
    lines(
        shop, "order,sku,qty,at,price,cur", f"1,a,1,{AT},20,EUR", f"2,a,2.5,{AT},99.99,SEK", f"3,a,1,{AT},10,USD",
    )  # fmt: skip
    shop.load()
    totals = "select order_id, gross, total from raw.order_totals order by 1"
    assert shop.rows(totals) == [  # the rate of the third is 29 days old
        ("1", Decimal("20.00"), Decimal("20.00")),
        ("2", Decimal("22.80"), Decimal("22.80")),
    ]


def test_a_return_has_the_rate_of_its_sale_or_none(make_shop: Make) -> None:
    rates = files({"rate_date": "day", "currency": "cur", "rate": "rate"})
    rules = [{"type": "return", "reason": "returned", "when": "quantity < 0"}]
    sales = files(LINES | {"currency": "cur"}, line_rules=rules)
    shop = make_shop({"order_lines": sales, "exchange_rates": rates})
    shop.land("exchange_rates", "day,cur,rate\n2026-10-29,SEK,0.0912\n", file="r.csv", count=1)
    lines(
        shop, "order,sku,qty,at,price,cur",
        f"1,a,2,{AT},100,SEK", f"1,a,-1,{AT},100,SEK", f"2,a,-1,{AT},100,SEK", f"3,a,-1,{AT},5,EUR",
    )  # fmt: skip
    shop.load()
    assert shop.reasons() == [
        (
            "currency is SEK of a return, and the sale whose rate it has is not in this file; deliver returns in other "
            "currencies as refunds"
        )
    ]


def test_what_an_order_has_once_needs_a_place(make_shop: Make) -> None:
    columns = {"order_discount_amount": "off", "shipping_amount": "post"}
    header, rows = "order,sku,qty,at,price,off,post", (f"1,a,1,{AT},10,2.00,4.90", f"1,b,1,{AT},90,0.00,")
    unsaid = lines(of_lines(make_shop, columns), header, *rows)
    with pytest.raises(LoadError, match=r"maps order_discount_amount, shipping_amount, which an order has once.*first"):
        unsaid.load()
    said = of_lines(make_shop, columns, {"order_values": "first_row"})
    said.load()
    assert said.rows("select discount_amount, shipping_amount from raw.current_orders") == [
        (Decimal("2.00"), Decimal("4.90"))
    ]
    every = of_lines(make_shop, columns, {"order_values": "every_row"})
    every.load(full_refresh=True)
    assert every.reasons() == ["order_discount_amount is 0.00, and the order has 2.00 by line 2"]


def test_what_an_order_is_charged_may_be_a_credit(make_shop: Make) -> None:
    columns = {"fee_amount": "fee", "shipping_amount": "post", "total_amount": "total"}
    shop = of_lines(make_shop, columns, {"order_values": "first_row"})
    lines(
        shop, "order,sku,qty,at,price,fee,post,total", f"1,a,1,{AT},10,-0.03,4.90,19.87", f"1,b,1,{AT},5,,,",
        f"2,a,1,{AT},10,2.00,-3.00,9.00",
    )  # fmt: skip
    shop.load()
    assert shop.reasons() == []
    found = shop.rows("select order_id, charges, total from raw.order_totals order by 1")
    assert found == [("1", Decimal("4.87"), Decimal("19.87")), ("2", Decimal("-1.00"), Decimal("9.00"))]


def test_a_discount_above_its_line_is_asked_about(make_shop: Make) -> None:
    shop = lines(
        of_lines(make_shop, {"discount_amount": "off"}), "order,sku,qty,at,price,off", f"1,a,1,{AT},10,20.00",
        f"2,a,1,{AT},10,10.00",
    )  # fmt: skip
    shop.load()
    assert shop.reasons() == [
        (
            "discount_amount 20.00 is above the line's 10.00; is it the order's, order_discount_amount with "
            "order_values: first_row"
        )
    ]


def test_a_line_total_stands_for_the_price(make_shop: Make) -> None:
    columns = {name: theirs for name, theirs in LINES.items() if name != "unit_price"} | {"line_total": "total"}
    shop = make_shop({"order_lines": files(columns)})
    lines(shop, "order,sku,qty,at,total", f"1,a,3,{AT},10.00")
    shop.load()
    assert shop.rows("select unit_price, line_total from raw.order_lines") == [(Decimal("3.3333"), Decimal("10.00"))]
    assert shop.rows("select gross from raw.order_totals") == [(Decimal("10.00"),)]


def test_a_line_total_has_to_agree_with_a_price(make_shop: Make) -> None:
    shop = of_lines(make_shop, {"line_total": "total"})
    lines(shop, "order,sku,qty,at,price,total", f"1,a,3,{AT},3.3333,10.00", f"2,a,3,{AT},30,30.00")
    shop.load()
    assert shop.reasons() == ["quantity 3 at unit_price 30.0000 is not the line_total 30.00"]


def test_a_discount_may_be_a_share(make_shop: Make) -> None:
    shop = of_lines(make_shop, {"discount_rate": "rate"})
    lines(shop, "order,sku,qty,at,price,rate", f"1,a,3,{AT},9.99,0.15", f"2,a,1,{AT},10,15", f"3,a,1,{AT},10,")
    shop.load()
    assert shop.rows("select order_id, discount_amount from raw.order_lines order by 1") == [
        ("1", Decimal("4.50")),
        ("3", Decimal("0.00")),
    ]
    assert shop.reasons() == ["discount_rate is '15'; expected a share from 0 to 1"]


def test_a_single_tax_inside_several_prices_needs_a_rate(make_shop: Make) -> None:
    columns = {"tax_amount": "tax"}
    header = "order,sku,qty,at,price,tax"
    rows = (f"1,a,1,{AT},119.00,26.00", f"1,b,1,{AT},107.00,", f"2,a,1,{AT},119.00,19.00")
    shop = lines(of_lines(make_shop, columns, {"order_values": "first_row"}, tax="inside"), header, *rows)
    shop.load()
    with pytest.raises(VerificationError, match=r"1 orders whose tax cannot be told apart, for example 26\.00 in 226"):
        shop.verify()
    alike = of_lines(make_shop, columns, {"order_values": "first_row"}, tax="inside", tax_rates=["0.19"])
    alike.land("order_lines", "\n".join([header, f"1,a,1,{AT},119.00,38.00", f"1,b,1,{AT},119.00,"]), file="lines.csv",
               count=2)  # fmt: skip
    alike.load()
    alike.verify()


def test_the_source_s_own_totals_are_compared(make_shop: Make) -> None:
    def shop_with(totals: dict[str, str], **ceilings: str) -> Shop:
        shop = make_shop(ceilings={"quarantined_share": 1, **ceilings})
        shop.land_masters()
        shop.land("orders", [order(name, total_amount=total) for name, total in totals.items()])
        shop.land("returns", [])
        shop.load()
        return shop

    found = shop_with({"A1": "25.00", "A2": "25.03", "A3": "26.00", "A4": ""}, different_orders_share="0.4",
                      different_money_share="0.1").verify().source_totals[0]  # fmt: skip
    counts = found.counts
    assert (counts.compared, counts.equal, counts.rounded, counts.different) == (3, 1, 1, 1)
    assert (counts.source_total, counts.difference) == (Decimal("76.03"), Decimal("1.00"))
    assert found.warnings()[0].endswith("by 1.00 in all: order A3 is 26.00 there and 25.00 here")


def test_more_differences_than_allowed_stop_the_run(shop: Shop) -> None:
    shop.land_masters()
    shop.land("orders", [order("A1", total_amount="26.00", items=[item(1, quantity="2.5", unit_price="10.00")])])
    shop.load()
    with pytest.raises(VerificationError, match=r"at most 1\.00% of the orders different .*order A1 is 26\.00 there"):
        shop.verify()


def test_a_total_without_decimals_or_signs_is_no_total(make_shop: Make) -> None:
    shop = make_shop({"orders": files({"order_id": "id", "order_at": "at", "total_amount": "total"})})
    shop.land("orders", f"id,at,total\n1,{AT},\n2,{AT},about 20\n", file="o.csv", count=2)
    shop.load()
    assert shop.rows("select order_id, total_amount from raw.orders") == [("1", None)]

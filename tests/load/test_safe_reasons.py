"""Reasons, warnings and errors of a load quote nothing that says who somebody is, and forge no line."""

from __future__ import annotations

from typing import Any

import pytest

from load.errors import LoadError
from tests.load.conftest import Make, Shop, order

NAMES = {"customer_id": "id", "first_name": "first", "email": "mail", "street": "street", "postal_code": "zip"}
ORDERS = {"order_id": "id", "customer_id": "who", "order_at": "when"}
PERSON = ("Annegret", "annegret@example.com", "Rosenweg 7", "04711")


def files(columns: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"kind": "files", "path": "x", "format": "csv", "columns": columns, **options}


def said_by(shop: Shop) -> str:
    try:
        result = shop.load()
    except LoadError as error:
        return "\n".join([str(error), *map(str, error.args)])
    return "\n".join([*shop.reasons(), *result.warnings])


def shop_of_customers(make_shop: Make, **columns: Any) -> Shop:
    return make_shop(
        {"orders": files(ORDERS), "customers": files({**NAMES, **columns})}, ceilings={"quarantined_share": "1"}
    )


@pytest.mark.parametrize(
    ("column", "sql"),
    [
        ("first_name", "cast(cast(first as integer) as varchar)"),
        ("postal_code", "cast(cast(street as integer) as varchar)"),
        ("email", "cast(cast(mail as integer) as varchar)"),
    ],
)
def test_an_expression_that_fails_quotes_no_personal_column(make_shop: Make, column: str, sql: str) -> None:
    shop = shop_of_customers(make_shop, **{column: {"sql": sql}})
    shop.land("customers", f"id,first,mail,street,zip\n1,{','.join(PERSON)}\n2,B,b,1,1\n", file="c.csv", count=2)
    said = said_by(shop)
    assert "cannot be made of" in said
    assert not [value for value in PERSON if value in said]
    assert "characters, which is not shown" in said


@pytest.mark.parametrize("who", ["annegret@example.com", "+49 170 1234567", "0170/1234567"])
def test_an_id_that_is_an_address_or_a_number_is_quoted_nowhere(make_shop: Make, who: str) -> None:
    shop = make_shop({"orders": files(ORDERS)}, ceilings={"quarantined_share": "1"})
    shop.land("orders", f"id,who,when\n{who},1,2026-10-30\n1,2,{who}\n", file="o.csv", count=2)
    assert who not in said_by(shop)


def test_a_customer_that_nobody_delivered_is_quoted_nowhere(make_shop: Make) -> None:
    shop = shop_of_customers(make_shop)
    shop.land("orders", "id,who,when\n1,annegret@example.com,2026-10-30\n", file="o.csv", count=1)
    shop.land("customers", "id,first,mail,street,zip\n1,B,b,1,1\n", file="c.csv", count=1)
    shop.load()
    with pytest.raises(Exception, match=r"for example \(address removed\)") as caught:
        shop.verify()
    assert "annegret" not in str(caught.value)


def test_a_row_where_a_header_should_be_is_not_shown(make_shop: Make) -> None:
    shop = shop_of_customers(make_shop)
    shop.land("customers", f"1,{','.join(PERSON)}\n2,B,b,1,1\n", file="c.csv", count=1)
    said = said_by(shop)
    assert "5 values and no header" in said
    assert not [value for value in PERSON if value in said]


FORGED = "1\nerror: all is well\r\x1b[2J\u202e\x07"


@pytest.mark.parametrize("column", ["order_at", "status", "order_id", "customer_id"])
def test_no_value_forges_a_line_of_a_reason(shop: Shop, column: str) -> None:
    shop.land_masters()
    shop.land("orders", [order("A1"), {**order("A2", order_at="x"), column: FORGED}])
    shop.client = shop.client.model_copy(
        update={"ceilings": shop.client.ceilings.model_copy(update={"quarantined_share": 1})}
    )
    reasons = said_by(shop).split("\n")
    assert reasons
    assert all(reason.isprintable() for reason in reasons)
    assert not any(reason.startswith("error: all is well") for reason in reasons)


def test_a_long_value_is_cut(shop: Shop) -> None:
    shop.land_masters()
    shop.land("orders", [order("A1"), order("A2", order_at="x" * 10_000)])
    shop.client = shop.client.model_copy(
        update={"ceilings": shop.client.ceilings.model_copy(update={"quarantined_share": 1})}
    )
    assert max(map(len, said_by(shop).split("\n"))) < 400


@pytest.mark.parametrize("name", ["o\nerror: all is well.csv", "o\x1b[2J.csv"])
def test_no_name_of_a_column_forges_a_line(make_shop: Make, name: str) -> None:
    shop = make_shop({"orders": files(ORDERS, new_columns="fail")})
    shop.land("orders", f'id,who,when,"{name}"\n1,2,2026-10-30,3\n', file="o.csv", count=1)
    said = said_by(shop)
    assert "o" in said
    assert all(line.isprintable() for line in said.split("\n"))
    assert not any(line.startswith("error: all is well") for line in said.split("\n"))

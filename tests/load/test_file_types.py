"""Typed files of a shop: what Parquet and JSON types become, and what a float cannot hold."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from load.errors import LoadError
from tests.load.conftest import Make
from tests.load.test_shop_files import ORDERS, PAYMENTS, files, parquet, payments_of, shop_of_payments


def test_parquet_types_lose_nothing(make_shop: Make) -> None:
    shop = make_shop(
        {
            "orders": files(ORDERS, format="parquet", date_format="%d.%m.%Y"),
            "payments": files({**PAYMENTS, "paid_at": "at"}, format="parquet", constants={"status": "succeeded"}),
        }
    )
    when = datetime.fromisoformat("2026-07-01T00:30")
    shop.land(
        "orders",
        # pandas makes floats of whole numbers where one is missing.
        parquet(id=[1, 2**60 + 1], who=pa.array([17850.0, float("nan")]), when=[when, when]),
        file="o.parquet",
        count=2,
    )
    shop.land(
        "payments",
        parquet(
            id=[1, 2],
            order=[1, 2**60 + 1],
            amount=pa.array([Decimal("0.10"), Decimal("12345.60")], pa.decimal128(20, 4)),
            at=pa.array([when.replace(tzinfo=UTC)] * 2),
        ),
        file="p.parquet",
        count=2,
    )
    shop.load()
    assert shop.rows("select order_id, customer_id, order_at from raw.orders order by _line") == [
        ("1", "17850", datetime.fromisoformat("2026-06-30T22:30")),
        (str(2**60 + 1), None, datetime.fromisoformat("2026-06-30T22:30")),
    ]
    assert payments_of(shop) == [("1", Decimal("0.10")), ("2", Decimal("12345.60"))]
    assert shop.rows("select distinct paid_at from raw.payments") == [(when,)]


@pytest.mark.parametrize("layout", ["parquet", "jsonl"])
def test_an_id_that_a_float_cannot_hold_is_told_and_any_other_is_whole(make_shop: Make, layout: str) -> None:
    # 2^53 + 1 arrives as 2^53; pandas writes 17850.0 where another customer is missing.
    floats = [17850.0, 2.0**53 - 1, 2.0**53, 1.5]
    shop = make_shop({"orders": files(ORDERS), "customers": files({"customer_id": "id"}, format=layout)})
    rows = "".join(f'{{"id": {number!r}}}\n' for number in floats) + '{"id": 36893488147419103233}\n{"id": "1.0"}\n'
    if layout == "parquet":
        shop.land("customers", parquet(id=floats), file="c.parquet", count=4)
    else:
        shop.land("customers", rows, file="c.jsonl", count=6)
    shop.load()
    ids = [name for (name,) in shop.rows("select customer_id from raw.customers order by _line")]
    assert ids[:2] == ["17850", "9007199254740991"]
    assert ids[2:] == ([] if layout == "parquet" else ["36893488147419103233", "1"])
    assert shop.reasons() == [
        "customer_id is '9007199254740992.0 as a float'; expected an id",
        "customer_id is '1.5 as a float'; expected an id",
    ]


def test_a_float_is_money_to_four_decimals_and_no_id_beyond_what_it_holds(make_shop: Make) -> None:
    shop = shop_of_payments(make_shop, format="parquet")
    ids = pa.array([1.0, 2.0**60, 3.5, 4.0])
    amounts = pa.array([0.1 + 0.2, 1.0, 1.0, 0.333])
    shop.land("payments", parquet(id=ids, order=["1"] * 4, amount=amounts), file="p.parquet", count=4)
    shop.load()
    assert payments_of(shop) == [("1", Decimal("0.30"))]
    assert shop.reasons() == [
        "payment_id is '1.152921504606847e+18 as a float'; expected an id",
        "payment_id is '3.5 as a float'; expected an id",
        "amount is '0.333', which has too many decimals; expected at most 2, or rounded: [amount]",
    ]


def test_a_column_that_changed_its_type_is_read_or_told(make_shop: Make) -> None:
    shop = shop_of_payments(make_shop, format="parquet")
    shop.land("payments", parquet(id=1, order=1, amount=5), key="a", file="a.parquet", count=1)
    shop.land("payments", parquet(id=2, order=1, amount="5.50"), key="b", file="b.parquet", count=1)
    shop.land("payments", parquet(id=3, order=1, amount=date(2026, 1, 1)), key="c", file="c.parquet", count=1)
    with pytest.raises(LoadError, match=r"amount is '2026-01-01'; expected an amount"):
        shop.load()
    assert payments_of(shop) == [("1", Decimal("5.00")), ("2", Decimal("5.50"))]

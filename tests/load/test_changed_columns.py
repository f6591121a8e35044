"""Columns of a shop's own files that are new, gone or of another type than in the delivery before."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from load.errors import LoadError
from tests.load.conftest import Make, Shop
from tests.load.test_shop_files import ORDERS, files, parquet

ROW = {"id": "1", "who": "C1", "when": "2026-10-30"}
MAPPED = ("id", "who", "when")


def land(shop: Shop, day: int, *more: str, key: str | None = None) -> None:
    """Deliver the CSV file of a day in October, with these columns beside the mapped ones."""
    header, values = ",".join([*MAPPED, *more]), ",".join([str(day), "C1", f"2026-10-{day}", *("secret" for _ in more)])
    name = key or f"{day}.csv"
    shop.land("orders", f"{header}\n{values}\n", key=name, day=date(2026, 10, day), file="o.csv", count=1)


@pytest.fixture
def shop(make_shop: Make) -> Shop:
    return make_shop({"orders": files(ORDERS)})


def test_a_first_delivery_and_the_same_columns_say_nothing(shop: Shop) -> None:
    land(shop, 10, "note")
    land(shop, 11, "note")
    assert shop.load().warnings == ()
    assert shop.rows("select distinct map_keys(file_columns) from raw.load_ledger") == [([*MAPPED, "note"],)]


def test_a_new_column_is_told_once(shop: Shop) -> None:
    land(shop, 10)
    shop.load()
    land(shop, 11, "coupon")
    assert shop.load().warnings == (
        (
            "changed columns: "
            "orders/11.csv/0001: the column coupon is new, compared with orders/10.csv/0001; map under columns: of "
            "sources.orders in the client file what is of use, or say new_columns: quarantine or fail there"
        ),
    )
    land(shop, 12, "coupon")
    assert shop.load().warnings == ()


def test_columns_that_are_gone_are_told_once(shop: Shop) -> None:
    land(shop, 10, "note", "gift")
    land(shop, 11)
    land(shop, 12)
    assert shop.load().warnings == (
        "changed columns: orders/11.csv/0001: the columns gift, note are gone, compared with orders/10.csv/0001",
    )


def test_a_day_that_comes_late_is_compared_with_the_one_before_it(shop: Shop) -> None:
    land(shop, 10)
    land(shop, 20, "coupon")
    assert len(shop.load().warnings) == 1
    land(shop, 15)
    assert shop.load().warnings == ()
    land(shop, 16, "gift")
    assert [text.split(";")[0] for text in shop.load().warnings] == [
        "changed columns: orders/16.csv/0001: the column gift is new, compared with orders/15.csv/0001"
    ]


def test_a_delivery_is_compared_with_the_one_that_it_replaces(shop: Shop) -> None:
    land(shop, 10, key="o.csv")
    shop.load()
    land(shop, 11, "other", key="z.csv")
    shop.load()
    # The file of a shop that always writes over it; its date is that of the newest export.
    land(shop, 12, key="o.csv")
    assert shop.load().warnings == ()
    land(shop, 13, "coupon", key="o.csv")
    assert [text.split(";")[0] for text in shop.load().warnings] == [
        "changed columns: orders/o.csv/0003: the column coupon is new, compared with orders/o.csv/0002"
    ]


def test_a_replaced_delivery_is_not_one_to_compare_with(shop: Shop) -> None:
    land(shop, 10, "coupon", key="o.csv")
    shop.load()
    land(shop, 20, "coupon", key="o.csv")
    shop.load()
    land(shop, 15)
    assert shop.load().warnings == ()


def test_a_column_of_a_parquet_file_that_changed_its_type_is_told(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS, format="parquet")})
    for day, price in ((10, 1.5), (11, "secret"), (12, "secret")):
        shop.land("orders", parquet(**ROW, price=price), key=f"{day}", day=date(2026, 10, day), count=1)
    assert shop.load().warnings == (
        (
            "changed columns: "
            "orders/11/0001: the column price was DOUBLE and is VARCHAR, compared with orders/10/0001; to stop at "
            "that, say retyped_columns: fail for sources.orders in the client file"
        ),
    )


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (1, 1.5, None),
        (1.5, "1.5", "was NUMBER and is VARCHAR"),
        ("x", None, None),
        (True, {"a": 1}, "was BOOLEAN and is OBJECT"),
        ([1], 2, "was ARRAY and is NUMBER"),
    ],
)
@pytest.mark.parametrize("layout", ["json", "jsonl"])
def test_a_field_of_json_that_changed_its_type_is_told(
    make_shop: Make, layout: str, before: Any, after: Any, told: str | None
) -> None:
    shop = make_shop({"orders": files(ORDERS, format=layout)})
    for day, value in ((10, before), (11, after)):
        text = json.dumps({**ROW, "a/b~c": value})
        content = f"[{text}]" if layout == "json" else text
        shop.land("orders", content, key=f"{day}", day=date(2026, 10, day), file="o", count=1)
    warnings = [text.split(", compared")[0] for text in shop.load().warnings]
    assert warnings == ([f"changed columns: orders/11/0001: the column a/b~c {told}"] if told else [])


def test_a_bad_row_is_no_change_of_the_column(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS, format="json")})
    for day, values in ((10, ["1", "2", "3"]), (11, ["1", 2, "3"]), (12, [1, 2, "3"])):
        rows = [{**ROW, "id": f"{day}{number}", "price": value} for number, value in enumerate(values)]
        shop.land("orders", json.dumps(rows), key=f"{day}", day=date(2026, 10, day), file="o", count=3)
    assert [text.split(", compared")[0] for text in shop.load().warnings] == [
        "changed columns: orders/12/0001: the column price was VARCHAR and is NUMBER"
    ]


def test_an_empty_file_has_no_columns_to_miss(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS, format="json")})
    for day, rows in ((10, [ROW]), (11, []), (12, [{**ROW, "gift": 1}])):
        shop.land("orders", json.dumps(rows), key=f"{day}", day=date(2026, 10, day), file="o", count=len(rows))
    assert [text.split(";")[0] for text in shop.load().warnings] == [
        "changed columns: orders/12/0001: the column gift is new, compared with orders/10/0001"
    ]


def test_a_changed_type_stops_the_load_where_the_client_file_says_so(make_shop: Make) -> None:
    shop, lenient = (
        make_shop({"orders": files(ORDERS, format="parquet", retyped_columns=policy)}) for policy in ("fail", "accept")
    )
    shop.land("orders", parquet(**ROW, price=1.5), key="10", day=date(2026, 10, 10), count=1)
    shop.load()
    shop.land("orders", parquet(**ROW, price="secret"), key="11", day=date(2026, 10, 11), count=1)
    with pytest.raises(LoadError, match=r"price was DOUBLE and is VARCHAR.*says retyped_columns: fail\. Nothing"):
        shop.load()
    assert shop.rows("select delivery_id from raw.load_ledger") == [("orders/10/0001",)]
    # The setting says nothing of how rows are read, so the loaded ones stay.
    assert len(lenient.load().deliveries) == 1


def test_a_name_from_the_file_is_one_short_line_and_no_value_is_told(shop: Shop) -> None:
    land(shop, 10)
    shop.load()
    land(shop, 11, '"a\nb\x1b[0m"', "B" * 5_000, "", "c", "d", "e", "f")
    (warning,) = shop.load().warnings
    assert f"the columns {'B' * 40}, a b [0m, c, d, e and 1 more are new" in warning
    assert len(warning) < 400
    assert warning.isprintable()
    assert "secret" not in warning

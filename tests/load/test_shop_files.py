"""A shop's own files: formats, encodings, dialects and the client file's say on columns and values."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from string import ascii_letters
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contracts.text_format import DIRECTIVE
from load.errors import LoadError
from tests.load.conftest import Make, Shop

ORDERS = {"order_id": "id", "customer_id": "who", "order_at": "when"}
PAYMENTS = {"payment_id": "id", "order_id": "order", "amount": "amount"}


def files(columns: Mapping[str, str], **options: Any) -> dict[str, Any]:
    return {"kind": "files", "path": "x", "format": "csv", "columns": dict(columns), **options}


def parquet(**columns: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(
        pa.table({name: value if isinstance(value, (list, pa.Array)) else [value] for name, value in columns.items()}),
        sink,
    )
    return bytes(sink.getvalue())


def payments_of(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.rows("select payment_id, amount from raw.payments order by _line, payment_id")


def shop_of_payments(make_shop: Make, **options: Any) -> Shop:
    constants = {"status": "succeeded"}
    return make_shop({"orders": files(ORDERS), "payments": files(PAYMENTS, constants=constants, **options)})


def test_csv_orders_get_defaults_and_the_line_they_end_in(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    shop.land("orders", 'id,who,when\n\n1,"a ""b""\nc",2026-10-30 10:00\n2,,2026-10-30\n', file="o.csv", count=2)
    shop.load()
    rows = shop.rows("select order_id, customer_id, status, discount_amount, _line from raw.orders order by _line")
    assert rows == [
        ("1", 'a "b"\nc', "completed", Decimal(0), 4),
        ("2", None, "completed", Decimal(0), 5),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16", "cp1250"])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_csv_in_any_encoding(make_shop: Make, encoding: str, suffix: str) -> None:
    named = encoding.removesuffix("-sig")
    shop = make_shop(
        {"orders": files(ORDERS), "customers": files({"customer_id": "Größe", "first_name": "name"}, encoding=named)}
    )
    data = "Größe;name\n007;Zoë\n".replace("ë", "ö").replace(";", ",").encode(encoding)
    shop.land("customers", gzip.compress(data) if suffix else data, file=f"c.csv{suffix}", count=1)
    shop.load()
    assert shop.rows("select customer_id, first_name from raw.customers") == [("007", "Zoö")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("layout", ["json", "jsonl"])
def test_json_in_any_encoding(make_shop: Make, encoding: str, layout: str) -> None:
    shop = make_shop(
        {
            "orders": files(ORDERS),
            "customers": files(
                {"customer_id": 'n°/"1"', "first_name": "name"}, format=layout, encoding=encoding.removesuffix("-sig")
            ),
        }
    )
    row = {'n°/"1"': 9007199254740993, "name": "Zoö"}
    text = json.dumps([row], ensure_ascii=False) if layout == "json" else json.dumps(row, ensure_ascii=False) + "\n"
    shop.land("customers", text.encode(encoding), file=f"c.{layout}", count=1)
    shop.load()
    assert shop.rows("select customer_id, first_name from raw.customers") == [("9007199254740993", "Zoö")]
    assert [path.name for path in (shop.paths.warehouse.parent / "spill").glob("*")] == []


@pytest.mark.parametrize("layout", ["csv", "json", "jsonl"])
def test_a_wrong_encoding_is_told(make_shop: Make, layout: str) -> None:
    shop = make_shop(
        {"orders": files(ORDERS), "customers": files({"customer_id": "id"}, format=layout, encoding="ascii")}
    )
    data = {"csv": "id\nZoë\n", "json": '[{"id": "Zoë"}]', "jsonl": '{"id": "Zoë"}\n'}[layout]
    shop.land("customers", data.encode(), file=f"c.{layout}", count=1)
    with pytest.raises(LoadError, match=r"is not ascii: line [12] has the byte 0xc3 .*\. State the encoding it has"):
        shop.load()


@pytest.mark.parametrize(
    ("decimal", "text", "amount"),
    [
        (",", "1.234,56", "1234.56"),
        (",", "1234,5", "1234.50"),
        (",", "1.234", "1234.00"),
        (",", "12.345.678,90", "12345678.90"),
        (",", " 7 ", "7.00"),
        (".", "1,234.56", "1234.56"),
        (".", "1234.5", "1234.50"),
    ],
)
def test_amounts_with_either_decimal_sign(make_shop: Make, decimal: str, text: str, amount: str) -> None:
    shop = shop_of_payments(make_shop, decimal=decimal, delimiter=";")
    shop.land("payments", f"id;order;amount\n1;1;{text}\n", file="p.csv", count=1)
    shop.load()
    assert payments_of(shop) == [("1", Decimal(amount))]


@pytest.mark.parametrize(
    ("decimal", "text"),
    [
        (",", "1234.56"),
        (",", "1.23,4"),
        (",", "1,234,5"),
        (".", "1.234,56"),
        (".", "12,34"),
        (".", "€5"),
        (".", "1,23"),
    ],
)
def test_amounts_of_the_other_decimal_sign_are_not_guessed_at(make_shop: Make, decimal: str, text: str) -> None:
    shop = shop_of_payments(make_shop, decimal=decimal, delimiter=";")
    shop.land("payments", f"id;order;amount\n1;1;{text}\n2;1;7\n", file="p.csv", count=2)
    shop.load()
    (reason,) = shop.reasons()
    assert reason.startswith(f"amount is '{text}'; expected an amount from 0 to 999,999,999,999.99")


def test_json_numbers_have_a_point_whatever_the_decimal_sign(make_shop: Make) -> None:
    shop = shop_of_payments(make_shop, decimal=",", format="jsonl")
    rows = [{"id": 1, "order": 1, "amount": 12.5}, {"id": 2, "order": 1, "amount": "1.012,50"}]
    shop.land("payments", rows, count=2)
    shop.load()
    assert payments_of(shop) == [("1", Decimal("12.50")), ("2", Decimal("1012.50"))]


def test_minor_units_are_hundredths_and_whole(make_shop: Make) -> None:
    shop = shop_of_payments(make_shop, minor_units=["amount"])
    shop.land("payments", "id,order,amount\n1,1,1999\n2,1,5\n3,1,19.99\n", file="p.csv", count=3)
    shop.load()
    assert payments_of(shop) == [("1", Decimal("19.99")), ("2", Decimal("0.05"))]
    assert shop.reasons() == ["amount is '19.99'; expected an amount from 0 to 999,999,999,999.99"]


@pytest.mark.parametrize(
    ("date_format", "text", "moment"),
    [
        ("%d.%m.%Y", "29.02.2024", datetime.fromisoformat("2024-02-28T23:00")),
        ("%d/%m/%Y %H:%M", "01/07/2026 00:30", datetime.fromisoformat("2026-06-30T22:30")),
        ("%d/%m/%Y %H:%M %z", "01/07/2026 00:30 +0000", datetime.fromisoformat("2026-07-01T00:30")),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-07-01T00:30:00Z", datetime.fromisoformat("2026-07-01T00:30")),
        ("%Y-%m-%dT%H:%M:%S%z", "2026-07-01T00:30:00+02:00", datetime.fromisoformat("2026-06-30T22:30")),
        (None, "2026-07-01T00:30:00+00:00", datetime.fromisoformat("2026-07-01T00:30")),
        (None, "2026-06-30 24:00", datetime.fromisoformat("2026-06-30T22:00")),
    ],
)
def test_dates_in_the_stated_format(make_shop: Make, date_format: str | None, text: str, moment: datetime) -> None:
    columns = {"order_id": "id", "product_id": "id", "quantity": "id", "unit_price": "id", "order_at": "when"}
    shop = make_shop({"order_lines": files(columns, date_format=date_format)})
    shop.land("order_lines", f"id,when\n1,{text}\n", file="o.csv", count=1)
    shop.load()
    assert shop.rows("select order_at from raw.order_lines") == [(moment,)]
    shop.verify()


def test_every_part_of_a_date_that_a_client_file_may_name_is_known_to_duckdb() -> None:
    parts = [f"%{sign}{letter}" for sign in ("", "-") for letter in f"{ascii_letters}%"]
    accepted = [part for part in parts if DIRECTIVE.fullmatch(part)]
    assert len(accepted) == 24
    for part in accepted:
        duckdb.sql(f"select try_strptime('', '{part}')")  # an unknown one raises


def test_a_day_that_does_not_exist_goes_to_quarantine(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS, date_format="%d.%m.%Y")})
    shop.land("orders", "id,who,when\n1,2,29.02.2026\n2,2,28.02.2026\n", file="o.csv", count=2)
    shop.load()
    reason = (
        "order_at is '29.02.2026'; expected a date or timestamp from 1900 on, written as %d.%m.%Y; date_format may be "
        "a list of several"
    )
    assert shop.rows("select line, raw_text, reason from raw.quarantine") == [
        (2, '{"id":"1","who":"2","when":"29.02.2026"}', reason)
    ]


def test_values_and_constants_are_put_in(make_shop: Make) -> None:
    columns = {**ORDERS, "status": "state", "discount_amount": "off"}
    options = {"values": {"status": {"geliefert": "completed"}}, "constants": {"country": "DE"}}
    shop = make_shop({"orders": files(columns, **options)})
    shop.land("orders", "id,who,when,state,off\n1,2,2026-10-30,geliefert,\n3,2,2026-10-30,offen,\n", file="o", count=2)
    shop.load()
    assert shop.rows("select status, country, discount_amount from raw.orders") == [("completed", "DE", Decimal(0))]
    assert shop.reasons() == ["status is 'offen'; expected one of placed, completed, shipped, cancelled"]


FEW = "a line break within a text needs quotation marks around the field"
MANY = "',' within a text or an amount needs quotation marks around the field, or another delimiter"


def test_records_of_another_width_go_to_quarantine(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    shop.land("orders", "id,who,when\n1,2\n1,2,2026-10-30,4\n1,2,2026-10-30\n", file="o.csv", count=3)
    shop.load()
    assert shop.rows("select line, raw_text, reason from raw.quarantine order by line") == [
        (2, '["1", "2"]', f"the record has 2 fields, expected 3: {FEW}"),
        (3, '["1", "2", "2026-10-30", "4"]', f"the record has 4 fields, expected 3: {MANY}"),
    ]
    assert shop.rows("select order_id from raw.orders") == [("1",)]


@pytest.mark.parametrize("header", ["id,who,when,", "id,who,when,,", "id,who,when,n,N"])
def test_a_bad_record_of_a_file_with_nameless_or_alike_columns_is_kept(make_shop: Make, header: str) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    rest = "," * (header.count(",") - 3)
    shop.land("orders", f"{header}\n1,a,2026-10-30,{rest}\n2,b,never,{rest}\n", file="o.csv", count=2)
    shop.load()
    assert shop.rows("select order_id from raw.orders") == [("1",)]
    ((text,),) = shop.rows("select raw_text from raw.quarantine")
    assert json.loads(text)["when"] == "never"


def test_records_that_differ_in_one_of_two_columns_of_a_name_are_two(make_shop: Make) -> None:
    line = {"order_id": "id", "product_id": "sku", "quantity": "n", "unit_price": "each", "order_at": "when"}
    shop = make_shop({"order_lines": files(line)})
    rows = "id,sku,n,each,when,x,x\n1,a,1,1,2026-10-30,red,-\n1,a,1,1,2026-10-30,blue,-\n"
    shop.land("order_lines", rows, file="l.csv", count=2)
    shop.load()
    assert shop.rows("select count(*) from raw.order_lines") == [(2,)]


def test_an_open_quotation_mark_is_told_with_its_line(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS)})
    shop.land("orders", 'id,who,when\n1,"2,2026-10-30\n', file="o.csv", count=1)
    with pytest.raises(LoadError, match=r"^/\S+o\.csv is not CSV at line 2: unexpected end of data\. A quotation mark"):
        shop.load()


def test_json_that_is_html_is_told(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS, format="json")})
    shop.land("orders", "<html>", file="o.json", count=0)
    with pytest.raises(LoadError, match=r"o\.json cannot be read as json: .*first character is '<'.*Check format:"):
        shop.load()


def test_an_empty_json_list_is_a_delivery_of_nothing(make_shop: Make) -> None:
    shop = make_shop({"orders": files(ORDERS, format="json")})
    shop.land("orders", "[]", file="o.json", count=0)
    assert shop.load().deliveries[0].counts.landed == 0


@pytest.mark.parametrize("layout", ["csv", "jsonl", "parquet"])
def test_a_missing_column_is_told_with_those_that_are_new(make_shop: Make, layout: str, tmp_path: Path) -> None:
    shop = make_shop({"orders": files(ORDERS, format=layout)})
    row = {"id": "1", "customer": "2", "when": "2026-10-30"}
    data = {"csv": b"id,customer,when\n1,2,2026-10-30\n", "jsonl": json.dumps(row).encode(), "parquet": parquet(**row)}
    shop.land("orders", data[layout], file=f"o.{layout}", count=1)
    with pytest.raises(LoadError, match=r"has no column who, which .*nobody maps: customer\. Was one renamed\?"):
        shop.load()


@pytest.mark.parametrize("layout", ["csv", "jsonl", "parquet"])
def test_a_new_column_as_the_client_file_says(make_shop: Make, layout: str) -> None:
    row = {"id": "1", "who": "2", "when": "2026-10-30", "gift": "yes"}
    data = {
        "csv": b"id,who,when,gift\n1,2,2026-10-30,yes\n5,2,2026-10-30,\n",
        "jsonl": (json.dumps(row) + "\n" + json.dumps({**row, "id": "5", "gift": None})).encode(),
        "parquet": parquet(id=["1", "5"], who=["2", "2"], when=["2026-10-30"] * 2, gift=["yes", None]),
    }[layout]
    accepting, refusing, sorting = (
        make_shop({"orders": files(ORDERS, format=layout, new_columns=policy)})
        for policy in ("accept", "fail", "quarantine")
    )
    accepting.land("orders", data, file=f"o.{layout}", count=2)
    assert accepting.load().deliveries[0].counts.loaded == 2
    with pytest.raises(LoadError, match=r"has the new column gift and .* says new_columns: fail"):
        refusing.load(full_refresh=True)
    assert sorting.load(full_refresh=True).deliveries[0].counts.loaded == 1
    assert sorting.reasons() == ["the column gift is new"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            files({**ORDERS, "colour": "c"}),
            "maps colour, which orders do not have; expected some of order_id, customer_id",
        ),
        (files({"order_id": "id"}), "does not say where order_at comes from; expected it under columns: or constants:"),
    ],
)
def test_a_mapping_that_cannot_be_is_told(make_shop: Make, source: dict[str, Any], message: str) -> None:
    shop = make_shop({"orders": source})
    shop.land("orders", "id,who,when\n", file="o.csv", count=0)
    with pytest.raises(LoadError, match=message):
        shop.load()


def test_items_in_a_file_of_their_own_follow_their_order(make_shop: Make) -> None:
    shop = make_shop(
        {
            "orders": files(ORDERS),
            "order_items": files({"order_id": "id", "product_id": "sku", "quantity": "n", "unit_price": "each"}),
        }
    )
    shop.land("order_items", "id,sku,n,each\n1,a,2,1.50\n2,b,1,9.99\n1,b,1,9.99\n", file="i.csv", count=3)
    shop.load()
    items = "select order_id, line_number, product_id, order_date from raw.order_items where is_current order by all"
    assert shop.rows(items) == [("1", 1, "a", None), ("1", 2, "b", None), ("2", 1, "b", None)]
    shop.land("orders", "id,who,when\n1,c,2026-10-30\n2,c,2026-10-31\n", file="o.csv", count=2)
    shop.load()
    first, second = date(2026, 10, 30), date(2026, 10, 31)
    assert shop.rows(items) == [("1", 1, "a", first), ("1", 2, "b", first), ("2", 1, "b", second)]
    shop.verify()


def test_orders_worth_what_was_paid_have_one_item_in_any_order_of_arrival(make_shop: Make) -> None:
    shop = make_shop(
        {
            "orders": files(ORDERS),
            "payments": files({**PAYMENTS, "status": "state"}, values={"status": {"ok": "succeeded", "no": "failed"}}),
        },
        order_value="payments",
        ceilings={"shrink_share": 1},
    )
    shop.land("payments", "id,order,amount,state\n1,1,5,ok\n2,1,6.50,ok\n3,1,9,no\n4,2,9,no\n", file="p", count=4)
    shop.load()
    assert shop.rows("select count(*) from raw.transactions") == [(0,)]
    shop.land("orders", "id,who,when\n1,c,2026-10-30\n2,c,2026-10-31\n", file="o.csv", count=2)
    shop.load()
    shop.verify()
    item = "select order_id, product_id, quantity, unit_price, order_date from raw.transactions"
    assert shop.rows(item) == [("1", "unspecified", 1, Decimal("11.5000"), date(2026, 10, 30))]
    shop.land("payments", "id,order,amount,state\n1,1,5,ok\n4,2,9,ok\n", file="p", count=2)
    shop.load()
    shop.verify()
    assert shop.rows("select order_id, unit_price from raw.transactions order by all") == [
        ("1", Decimal("5.0000")),
        ("2", Decimal("9.0000")),
    ]

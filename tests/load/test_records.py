"""Records within JSON bodies and within records, fields by path, and who was erased in them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from contracts.data_file import FormatError, data_file
from contracts.layout import Layout
from contracts.paths import ClientPaths
from load.errors import LoadError
from privacy.erased import Erased
from privacy.redaction import redact
from tests.load.conftest import Make, Shop
from tests.load.test_shop_files import files, parquet

LINES = {
    "order_id": "id",
    "customer_id": "customer.id",
    "order_at": "created_at",
    "product_id": "line_items.sku",
    "quantity": "line_items.quantity",
    "unit_price": "line_items.price",
}


def line(sku: str, quantity: int = 1, price: str = "10.00") -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity, "price": price, "vendor": None}


ORDERS = [
    {
        "id": 1,
        "created_at": "2026-09-10T10:00:00Z",
        "customer": {"id": 7, "email": "ann@example.com"},
        "line_items": [line("MUG"), line("PEN", 2, "2.50")],
    },
    {"id": 2, "created_at": "2026-09-11T10:00:00Z", "customer": None, "line_items": [line("MUG", 3)]},
    {"id": 3, "created_at": "2026-09-11T10:00:00Z", "customer": None, "line_items": []},
]


def body_of(shape: str) -> tuple[str, dict[str, Any]]:
    """The orders as one body, a list or lines, with what a client file says of it."""
    if shape == "body":
        return json.dumps({"page": 1, "orders": ORDERS}), {"format": "json", "records": "orders.line_items"}
    if shape == "list":
        return json.dumps(ORDERS), {"format": "json", "records": "line_items"}
    lines = "".join(json.dumps(order) + "\n" for order in ORDERS)
    return lines, {"format": "jsonl", "records": "line_items"}


@pytest.mark.parametrize("shape", ["body", "list", "lines"])
def test_lines_within_orders_are_records_beside_their_order(make_shop: Make, shape: str) -> None:
    text, said = body_of(shape)
    shop = make_shop({"order_lines": files(LINES, **said)})
    shop.land("order_lines", text, file="orders.json", count=3)
    shop.load()
    rows = shop.rows(
        "select order_id, customer_id, product_id, quantity, unit_price from raw.order_lines order by _line"
    )
    assert rows == [
        ("1", "7", "MUG", 1, Decimal(10)),
        ("1", "7", "PEN", 2, Decimal("2.5")),
        ("2", None, "MUG", 3, Decimal(10)),
    ]
    shop.verify()


@pytest.mark.parametrize("shape", ["body", "list", "lines"])
def test_both_readings_count_the_same_records(tmp_path: Path, shape: str) -> None:
    text, said = body_of(shape)
    file = tmp_path / "orders.json"
    file.write_text(text)
    found = data_file(file, Layout(columns=LINES, **said))
    assert (found.check(), found.count()) == (3, 3)


def test_one_body_holds_orders_and_their_lines_of_several_levels(make_shop: Make) -> None:
    body = {"data": {"orders": {"edges": [{"node": order} for order in ORDERS]}}}
    columns = {"order_id": "orders.edges.node.id", "order_at": "orders.edges.node.created_at"}
    shop = make_shop({"orders": files(columns, format="json", records="data.orders.edges")})
    shop.land("orders", json.dumps(body), file="orders.json", count=3)
    shop.load()
    assert shop.rows("select order_id from raw.orders order by 1") == [("1",), ("2",), ("3",)]
    shop.verify()


def test_a_single_object_is_a_list_of_one(make_shop: Make) -> None:
    shop = make_shop({"order_lines": files(LINES, format="json", records="order.line_items")})
    shop.land("order_lines", json.dumps({"order": ORDERS[0]}), file="order.json", count=2)
    shop.load()
    assert shop.rows("select order_id, product_id from raw.order_lines order by 2") == [("1", "MUG"), ("1", "PEN")]


def test_a_bad_record_is_shown_with_its_order_and_others_stay(make_shop: Make) -> None:
    orders = [{**ORDERS[0], "line_items": [line("MUG"), line("PEN", 0)]}]
    shop = make_shop({"order_lines": files(LINES, format="json", records="orders.line_items")})
    shop.land("order_lines", json.dumps({"orders": orders}), file="orders.json", count=2)
    shop.load()
    ((number, text),) = shop.rows("select line, raw_text from raw.quarantine")
    assert number == 2
    record = json.loads(text)
    assert (record["id"], record["line_items"]["sku"], record["line_items"]["quantity"]) == (1, "PEN", 0)


@pytest.mark.parametrize("shape", ["body", "list", "lines"])
def test_a_path_that_no_record_has_is_missing(make_shop: Make, shape: str) -> None:
    text, said = body_of(shape)
    shop = make_shop({"order_lines": files({**LINES, "customer_id": "customer.number"}, **said)})
    shop.land("order_lines", text, file="orders.json", count=3)
    with pytest.raises(LoadError, match=r"has no column customer\.number, which sources\.order_lines"):
        shop.load()


@pytest.mark.parametrize("shape", ["body", "list", "lines"])
def test_what_an_order_says_is_no_column_of_its_items(make_shop: Make, shape: str) -> None:
    """Its tax is for the source of orders; a tax of the item itself is for the items."""
    text, said = body_of(shape)
    text = text.replace('"created_at"', '"total_tax": "1.90", "created_at"')
    items = {name: theirs for name, theirs in LINES.items() if name not in ("customer_id", "order_at")}
    shop = make_shop({"orders": files({"order_id": "id"}), "order_items": files(items, **said)})
    shop.land("order_items", text, file="orders.json", count=3)
    shop.load()
    shop.land("order_items", text.replace('"sku"', '"tax": "0.90", "sku"'), file="orders.json", count=3)
    with pytest.raises(LoadError, match=r"nobody maps the column line_items.tax, which is '0.90'"):
        shop.load()


def test_a_parent_that_is_null_everywhere_says_nothing_of_its_fields(make_shop: Make) -> None:
    shop = make_shop({"order_lines": files(LINES, format="json", records="orders.line_items")})
    shop.land("order_lines", json.dumps({"orders": ORDERS[1:]}), file="orders.json", count=1)
    shop.load()
    assert shop.rows("select order_id, customer_id from raw.order_lines") == [("2", None)]


def test_an_expression_takes_paths(make_shop: Make) -> None:
    columns = {**LINES, "order_id": {"sql": "'A' || id"}, "discount_amount": {"sql": "line_items.price * 0.1"}}
    text, said = body_of("body")
    shop = make_shop({"order_lines": files(columns, **said, where="customer.id is not null")})
    shop.land("order_lines", text, file="orders.json", count=3)
    counts = shop.load().deliveries[0].counts
    assert (counts.loaded, counts.left_out) == (2, 1)
    assert shop.rows("select order_id, discount_amount from raw.order_lines order by 2") == [
        ("A1", Decimal("0.25")),
        ("A1", Decimal(1)),
    ]
    shop.verify()


def test_names_with_a_point_stay_names(make_shop: Make) -> None:
    shop = make_shop(
        {"customers": files({"customer_id": "customer.id"}), "orders": files({"order_id": "o", "order_at": "o"})}
    )
    shop.land("customers", "customer.id\nC1\n", file="c.csv", count=1)
    shop.load()
    assert shop.rows("select customer_id from raw.customers") == [("C1",)]


def test_fields_of_structs_in_parquet(make_shop: Make) -> None:
    columns = {"order_id": "id", "customer_id": "customer.id", "order_at": "when.created at"}
    shop = make_shop({"orders": files(columns, format="parquet")})
    kind = pa.struct([("id", pa.int64()), ("a, b", pa.string())])
    customers = pa.array([{"id": 7, "a, b": "x"}, None], kind)
    times = pa.array([{"created at": "2026-09-10"}] * 2, pa.struct([("created at", pa.string())]))
    shop.land("orders", parquet(id=["1", "2"], customer=customers, when=times), file="o.parquet", count=2)
    shop.load()
    assert shop.rows("select order_id, customer_id from raw.orders order by 1") == [("1", "7"), ("2", None)]
    shop.verify()


@pytest.mark.parametrize(
    ("text", "records", "message"),
    [
        (json.dumps({"orders": ORDERS}), None, r"lie in it at orders \(3\), orders\.line_items \(2\).*records: orders"),
        (json.dumps({"orders": ORDERS}), "order", r"has no order, where records: says.*orders \(3\)"),
        (json.dumps({"orders": [1]}), "orders", "has a int as record 1 of records: orders"),
        ('{"orders": [', "orders", "is not a whole JSON list of objects: Expecting"),
        (json.dumps({"error": "login"}), None, "lie in it at nowhere"),
    ],
)
def test_a_body_whose_records_are_not_where_they_should_be(
    tmp_path: Path, text: str, records: str | None, message: str
) -> None:
    file = tmp_path / "orders.json"
    file.write_text(text)
    with pytest.raises(FormatError, match=message):
        data_file(file, Layout(format="json", records=records, columns={"order_id": "id"})).check()


@pytest.mark.parametrize("shape", ["body", "list", "lines"])
def test_an_erased_customer_is_in_no_record(tmp_path: Path, shape: str) -> None:
    text, said = body_of(shape)
    file = tmp_path / "orders.json"
    file.write_text(text)
    layout = Layout(columns={**LINES, "channel": {"sql": "coalesce(source_name, 'web')"}}, **said)
    erased = Erased.of(ClientPaths(tmp_path, "shop")).with_customer("7")
    assert redact(file, "order_lines", layout, erased) == 2
    left = file.read_text()
    assert "ann@example.com" not in left
    label = erased.label("7")
    assert label is not None
    assert left.count(label) == 1
    assert all(kept in left for kept in ("MUG", "PEN", "2.50", "2026-09-10"))
    assert data_file(file, layout).count() == 3


def test_columns_that_an_expression_names_stay_of_an_erased_customer(tmp_path: Path) -> None:
    file = tmp_path / "o.csv"
    file.write_text('who,no,"till no",mail,note\n7,1,3,a@b.de,hello\n8,2,3,c@d.de,hi\n')
    columns: dict[str, Any] = {
        "customer_id": "who",
        "order_id": {"sql": "\"till no\" || '-' || no"},
        "first_name": {"sql": "mail"},
    }
    erased = Erased.of(ClientPaths(tmp_path, "shop")).with_customer("7")
    redact(file, "orders", Layout(format="csv", columns=columns), erased)
    assert file.read_text().splitlines()[1] == f"{erased.label('7')},1,3,,"


def test_shops_bodies_by_mapping_alone(make_shop: Make) -> None:
    shop: Shop = make_shop({"order_lines": files(LINES, format="json", records="orders.line_items")})
    shop.land("order_lines", json.dumps({"orders": []}), file="orders.json", count=0)
    shop.load()
    assert shop.rows("select count(*) from raw.order_lines") == [(0,)]


@pytest.mark.parametrize("shape", ["body", "list", "lines"])
def test_the_sum_over_a_list_within_a_record(make_shop: Make, shape: str) -> None:
    """Exact, 0 of none, unknown where one of them is, and never a number where one of them is no number."""
    taxes: list[Any] = [
        [{"price": {"amount": "0.10"}}, {"price": {"amount": 0.2}}],
        [],
        [{"price": {"amount": "1.00"}}, {"price": None}],
        None,
    ]
    orders = [{**ORDERS[0], "id": at, "line_items": [{**line("MUG"), "taxes": one}]} for at, one in enumerate(taxes, 1)]
    said = {
        "body": {"format": "json", "records": "orders.line_items"},
        "list": {"format": "json"},
        "lines": {"format": "jsonl"},
    }[shape]
    text = {"body": json.dumps({"orders": orders}), "list": json.dumps(orders)}.get(shape) or "".join(
        json.dumps(one) + "\n" for one in orders
    )
    columns = LINES | {
        "line_tax_amount": "line_items.taxes[].price.amount",
        "unit_cost": {"sql": '2 * "line_items.taxes[].price.amount"'},
    }
    shop = make_shop({"order_lines": files(columns, **{"records": "line_items", **said})}, tax="inside")
    shop.land("order_lines", text, file="orders.json", count=4)
    shop.load()
    rows = shop.rows("select order_id, line_tax_amount, unit_cost from raw.order_lines order by order_id")
    assert rows == [
        ("1", Decimal("0.30"), Decimal("0.60")),
        ("2", Decimal(0), Decimal(0)),
        ("3", None, None),
        ("4", None, None),
    ]


def test_a_list_with_a_text_among_its_numbers_and_one_that_is_nowhere(make_shop: Make) -> None:
    orders = [{**ORDERS[0], "taxes": [{"amount": "1.00"}, {"amount": "many"}]}]
    columns = LINES | {"line_tax_amount": "taxes[].amount"}
    shop = make_shop({"order_lines": files(columns, format="json", records="line_items")}, tax="inside")
    shop.land("order_lines", json.dumps(orders), file="orders.json", count=2)
    with pytest.raises(LoadError, match=r"line_tax_amount is '\[1\.00, many\]'"):
        shop.load()
    columns["line_tax_amount"] = "fees[].amount"
    shop = make_shop({"order_lines": files(columns, format="json", records="line_items")}, tax="inside")
    with pytest.raises(LoadError, match=r"has no column fees\[\]\.amount"):
        shop.load()


def test_of_an_erased_customer_a_list_keeps_what_is_added_up(tmp_path: Path) -> None:
    columns = {"order_id": "id", "customer_id": "customer.id", "order_at": "created_at", "tax_amount": "taxes[].amount"}
    layout = Layout(format="jsonl", columns={**columns, "tip_amount": {"sql": '1 * "tips[].amount"'}})
    record = {
        "id": 1, "customer": {"id": 7}, "created_at": "2026-09-10", "notes": [{"amount": "Ann"}],
        "taxes": [{"amount": "1.00", "payer": "Ann"}, "Ann"], "tips": [{"amount": "2.00", "payer": "Ann"}],
    }  # fmt: skip
    path = tmp_path / "orders.jsonl"
    path.write_text(json.dumps(record) + "\n")
    paths = ClientPaths(tmp_path, "shop")
    paths.root.mkdir()
    erased = Erased.of(paths).with_customer("7")
    assert redact(path, "orders", layout, erased) == 1
    kept = json.loads(path.read_text())
    assert kept["taxes"] == [{"amount": "1.00", "payer": None}, None]
    assert kept["tips"] == [{"amount": "2.00", "payer": None}]
    assert "Ann" not in path.read_text()


@pytest.mark.parametrize(
    ("bad", "lines"),
    [
        (
            '{"id": 2, "id": 3, "created_at": "2026-09-10", "line_items": [{"sku": "a"}, {"sku": "b"}]}',
            2,
        ),
        ('{"id": 2, "created_at": "2026-09-10", "line_items": [{"sku": "a"}, {"sku": "b", "sku": "c"}]}', 1),
    ],
)
def test_a_name_that_comes_twice_above_or_in_a_record_is_quarantined(make_shop: Make, bad: str, lines: int) -> None:
    shop = make_shop({"order_lines": files(LINES, format="jsonl", records="line_items")})
    good = {"id": 1, "created_at": "2026-09-10", "customer": {"id": 7}, "line_items": [line("x"), line("y")]}
    text = f"{json.dumps(good)}\n{bad}\n"
    path = shop.paths.root / "orders.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    count = data_file(path, Layout(format="jsonl", columns=LINES, records="line_items")).check()
    assert count == 4
    shop.land("order_lines", text, count=count)
    shop.load()
    assert shop.rows("select product_id from raw.order_lines where order_id = '1' order by _line") == [("x",), ("y",)]
    twice = [reason for reason in shop.reasons() if reason.startswith("a name comes twice in the record")]
    assert len(twice) == lines
    shop.verify()

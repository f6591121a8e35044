"""An erased customer's records stay in a delivered file and say nothing of the customer, in every format."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from xlsxwriter import Workbook

from contracts.data_file import data_file
from contracts.layout import Layout
from contracts.paths import ClientPaths
from pipeline.erasure import Person, search
from privacy.erased import Erased, EraseError
from privacy.redaction import redact

ERASED = Erased(b"key", frozenset()).with_customer("007")
LABEL = ERASED.label("007")
COLUMNS = {"customer_id": "Id", "first_name": "Name", "email": "Mail", "country": "Country"}


def source(layout: str, **more: Any) -> Layout:
    return Layout.model_validate({"format": layout, "columns": COLUMNS} | more)


def test_the_register_knows_whom_it_is_asked_for_and_nobody_else(tmp_path: Path) -> None:
    paths = ClientPaths(tmp_path, "shop")
    paths.root.mkdir()
    Erased.of(paths).with_customer("Zoë").save(paths)
    assert "Zo" not in paths.erased.read_text()
    assert paths.erased.stat().st_mode & 0o777 == 0o600
    register = Erased.of(paths)
    assert register.label("Zoë") is not None
    assert (register.label("Zoe"), register.label("")) == (None, None)


def test_our_own_customers_keep_what_totals_need(tmp_path: Path) -> None:
    file = tmp_path / "customers.jsonl"
    person = {"customer_id": "007", "first_name": "Zoë", "email": "z@x.y", "country": "US", "segment": "business"}
    other = '{"customer_id": "7", "first_name":"Ann"}\n'
    file.write_text(json.dumps(person) + "\n" + other + "not JSON\n")
    assert redact(file, "customers", None, ERASED) == 1
    first, *rest = file.read_text().splitlines(keepends=True)
    kept = {"customer_id": LABEL, "first_name": None, "email": None, "country": "US", "segment": "business"}
    assert json.loads(first) == kept
    assert rest == [other, "not JSON\n"]


def test_our_own_orders_keep_everything_but_the_person(tmp_path: Path) -> None:
    file = tmp_path / "orders.json"
    order = {"order_id": "1", "customer_id": "007", "items": [{"unit_price": "1.10"}], "region": "Bavaria"}
    person = {"city": "Fürth", "postal_code": "90762", "landing_page": "/?mail=z@x.y", "note": "Zoë"}
    file.write_text(json.dumps(order | person) + "\n")
    assert redact(file, "orders", None, ERASED) == 1
    assert json.loads(file.read_text()) == order | {"customer_id": LABEL} | dict.fromkeys(person)


def test_a_flat_file_keeps_no_place_of_an_erased_customer(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text("No,Id,Town,Zip,From,State\n1,007,Fürth,90762,/?mail=z@x.y,Bavaria\n")
    columns = {"customer_id": "Id", "order_id": "No", "city": "Town", "postal_code": "Zip", "landing_page": "From"}
    layout = Layout.model_validate({"format": "csv", "columns": columns | {"region": "State"}})
    assert redact(file, "order_lines", layout, ERASED) == 1
    assert file.read_text() == f"No,Id,Town,Zip,From,State\n1,{LABEL},,,,Bavaria\n"


@pytest.mark.parametrize("name", ["sales.csv", "sales.csv.gz"])
def test_csv_keeps_order_fields_encoding_and_the_bytes_of_other_records(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    text = 'Id;Name;Mail;Country;Note\n007;Zoë;z@x.y;US;"call\nher"\r\n\n'
    text += '"8";"a;""b""";;DE;x\n007;too;many;US;fields;here\n'
    content = text.encode("cp1252")
    file.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    assert redact(file, "customers", source("csv", delimiter=";", encoding="cp1252"), ERASED) == 2
    content = gzip.decompress(file.read_bytes()) if name.endswith("gz") else file.read_bytes()
    expected = f'Id;Name;Mail;Country;Note\n{LABEL};;;US;\r\n\n"8";"a;""b""";;DE;x\n{LABEL};;;US;;\n'
    assert content.decode("cp1252") == expected


@pytest.mark.parametrize("layout", ["json", "jsonl"])
def test_json_keeps_other_records(tmp_path: Path, layout: str) -> None:
    file = tmp_path / "customers"
    records = [
        {"Id": 7, "Name": "Ann", "big": 9007199254740993, "price": 12.5},
        {"Id": "007", "Name": "Zoë", "Mail": "z@x.y", "Country": "US", "Address": {"Street": "Elm"}},
    ]
    file.write_text(json.dumps(records) if layout == "json" else "\n".join(map(json.dumps, records)) + "\n")
    assert redact(file, "customers", source(layout), ERASED) == 1
    text = file.read_text()
    found = json.loads(text) if layout == "json" else [json.loads(line) for line in text.splitlines()]
    assert found == [records[0], {"Id": LABEL, "Name": None, "Mail": None, "Country": "US", "Address": None}]


@pytest.mark.parametrize(("ids", "erased"), [(["007", "8"], "007"), ([17, 8], "17"), ([17.0, None], "17")])
def test_parquet_finds_the_id_whatever_its_type(tmp_path: Path, ids: list[Any], erased: str) -> None:
    file = tmp_path / "sales.parquet"
    table = pa.table(
        {"Id": ids, "Name": ["Zoë", "Ann"], "price": [Decimal("1.10"), Decimal("2.20")], "Mail": ["m", None]}
    )
    pq.write_table(table.append_column("Country", [["US", "DE"]]), file)
    register = Erased(b"key", frozenset()).with_customer(erased)
    mapped = source("parquet", columns=COLUMNS | {"unit_price": "price"})
    assert redact(file, "order_lines", mapped, register) == 1
    first, second = pq.read_table(file).to_pylist()
    kept = {"Id": register.label(erased), "Name": None, "price": Decimal("1.10"), "Mail": None, "Country": "US"}
    assert first == kept
    other = str(ids[1]) if ids[1] is not None else None
    assert second == {"Id": other, "Name": "Ann", "price": Decimal("2.20"), "Mail": None, "Country": "DE"}


def test_a_file_without_the_customer_keeps_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes(b'Id,Name,Mail,Country\r\n"8","Ann",,"DE"')
    before = file.read_bytes()
    assert redact(file, "customers", source("csv"), ERASED) == 0
    assert redact(file, "products", source("csv", columns={"product_id": "Id"}), ERASED) == 0
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["customers.csv"]


def packed(path: Path, content: bytes) -> Path:
    with ZipFile(path, "w") as archive:
        archive.writestr("out/people.csv", content)
    return path


def test_a_zip_stays_one(tmp_path: Path) -> None:
    file = packed(
        tmp_path / "sales.zip", b"\xef\xbb\xbfsep=;\nId ; Name;Mail;Country\n007;Zo\xc3\xab;z@x.y;US\n\n8;Ann;;\n"
    )
    assert redact(file, "order_lines", source("csv"), ERASED) == 1
    with ZipFile(file) as archive:
        assert archive.read("out/people.csv").decode() == f"sep=;\nId ; Name;Mail;Country\n{LABEL};;;US\n\n8;Ann;;\n"


def test_a_sheet_says_nothing_of_an_erased_customer(tmp_path: Path) -> None:
    file = tmp_path / "people.xlsx"
    with Workbook(file) as book:
        sheet = book.add_worksheet("People")
        for number, row in enumerate(
            [["Report"], [*COLUMNS.values()], [7, "Ann", "", "DE"], ["007", "Zoë", "z@x.y", "US"]]
        ):
            sheet.write_row(number, 0, row)
    how = source("excel", header_line=2)
    assert redact(file, "order_lines", how, ERASED) == 1
    with duckdb.connect() as con:
        relation = data_file(file, how).relation(lambda sql: con.execute(sql).fetchall(), tmp_path / "spare")
        con.register("batches", relation.batches)
        assert con.execute(f"select c0, c1, c2, c3, line from ({relation.rows})").fetchall() == [
            ("7", "Ann", "", "DE", 3),
            (LABEL, "", "", "US", 4),
        ]


def test_what_a_row_continues_is_known_for_an_erased_customer(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("Id,Name,Mail,Country,Note\n007,Zoë,,US,a\n,,,,her b\n8,Ann,,DE,c\n,,,,d\n")
    assert redact(file, "order_lines", source("csv", fill_down=["Id", "Country"]), ERASED) == 2
    assert file.read_text() == f"Id,Name,Mail,Country,Note\n{LABEL},,,US,\n{LABEL},,,,\n8,Ann,,DE,c\n,,,,d\n"


def test_numbered_columns_keep_what_totals_need(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("Id,Note,SKU 1,Engraving 1,SKU 2,Engraving 2\n007,hers,x,For Zoë,y,Zoë\n")
    how = source("csv", columns={"customer_id": "Id", "sku": "sku"}, unpivot={"sku": "SKU {}"})
    assert redact(file, "order_lines", how, ERASED) == 1
    assert file.read_text().splitlines()[1] == f"{LABEL},,x,,y,"


@pytest.mark.parametrize("name", ["a.zip", "a.xlsx", "a.csv"])
def test_the_search_for_an_erased_customer_looks_into_packings(tmp_path: Path, name: str) -> None:
    paths = ClientPaths(tmp_path, "shop")
    paths.root.mkdir()
    if name.endswith("zip"):
        packed(paths.root / name, b"Id\nz&y@x.y\n" * 99)
    elif name.endswith("csv"):
        (paths.root / name).write_text("Id\nz&y@x.y\n", encoding="utf-16")
    else:
        with Workbook(paths.root / name) as book:
            book.add_worksheet().write(0, 0, "z&y@x.y")
    with pytest.raises(EraseError, match=rf"still in .*{name}: "):
        search(paths, Person("007", frozenset({"z&y@x.y"})), published=False)
    assert search(paths, Person("007", frozenset({"y&z@x.y"})), published=False) == 1


@pytest.mark.parametrize(
    "line",
    [
        '{"Id": "007", "Name": "Zoë", "Mail": "z@x.y",}',
        '{"Id": "007", "Id": "8", "Name": "Zoë", "Mail": "z@x.y"}',
        '{"Id": "007", "Name": "Zoë", "Mail": "z@x.y", "Size": ' + "9" * 5_000 + "}",
        '{"Id": "007", "Name": "Zoë", "Mail": "z@x.y", "Size": nan}',
        '{"Id": "007", "Name": "Zo\\ud800", "Mail": "z@x.y"}',
        '{"Id": " 007 ", "Name": "Zoë", "Mail": "z@x.y"}',
        '{"Id": "007", "Name": "Zoë", "Mail": "z@x.y"',
        "{'Id': '007', 'Name': 'Zoë'} z@x.y, 007",
        'Zoë 007 "z@x.y',
    ],
)
def test_no_writing_of_a_record_keeps_an_erased_customer(tmp_path: Path, line: str) -> None:
    file = tmp_path / "people.jsonl"
    other = '{"Id": "7", "Name": "Ann",}\nno JSON of 0078\n'
    file.write_text(f"{line}\n{other}", encoding="utf-8")
    assert redact(file, "customers", source("jsonl"), ERASED) == 1
    text = file.read_text(encoding="utf-8")
    assert text.endswith(other)
    assert len(text.splitlines()) == 3
    assert LABEL is not None
    assert LABEL in text
    assert not any(told in text for told in ("Zo", "z@x.y", '"007"', "'007'"))

"""`sales new` says what files are, asks what they cannot say with both figures, and never guesses in silence."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import yaml

from contracts.presets import OURS, presets

EXPORTS = Path(__file__).parents[1] / "presets"
SALES = Path(sys.executable).with_name("sales")
# 23.80 + 10.70 + 11.90 sold with 3.80 + 0.70 + 1.90 of tax; one mug back.
RECEIPTS = (
    "Receipt Number;Date;Customer;SKU;Item;Qty;Price;Tax;Store\n"
    "R1;02/03/2026 10:15;C-17;MUG-1;Becher;2;11,90;3,80;Mitte\n"
    "R1;02/03/2026 10:15;C-17;TEA-5;Tee;1;10,70;0,70;Mitte\n"
    "R2;05/03/2026 18:40;C-21;MUG-1;Becher;1;11,90;1,90;Mitte\n"
    "R3;06/03/2026 12:30;C-21;MUG-1;Becher;-1;11,90;0,00;Mitte\n"
)


class Shop:
    """A folder of files, and the command over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = folder / "files"
        self.files.mkdir()
        (folder / "clients").mkdir()
        self.environment = {
            **os.environ,
            "SALES_DATA_DIR": str(folder / "data"),
            "SALES_CLIENTS_DIR": str(folder / "clients"),
        }

    def put(self, name: str, content: str | bytes) -> Path:
        file = self.files / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def sales(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [SALES, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def new(self, *more: str) -> subprocess.CompletedProcess[str]:
        return self.sales("new", "shop", str(self.files), *more)

    @property
    def written(self) -> dict[str, Any]:
        content: dict[str, Any] = yaml.safe_load((self.folder / "clients" / "shop.yml").read_text(encoding="utf-8"))
        return content


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def answers(**said: str) -> Sequence[str]:
    given = {setting.replace("__", "."): answer for setting, answer in said.items()}
    return [part for setting, answer in given.items() for part in ("--answer", f"{setting}={answer}")]


def test_a_till_in_its_countrys_spelling(shop: Shop) -> None:
    shop.put("receipts.csv", RECEIPTS.encode("cp1252").replace(b"Tee", b"Gr\xfcner Tee"))
    said = shop.new()
    assert said.returncode == 0, said.stderr
    source = shop.written["sources"]["order_lines"]
    assert source["path"] == "../files/receipts.csv"
    how = {name: source[name] for name in ("format", "delimiter", "encoding", "decimal", "date_format")}
    assert how == {
        "format": "csv",
        "delimiter": ";",
        "encoding": "cp1252",
        "decimal": ",",
        "date_format": "%d/%m/%Y %H:%M",
    }
    assert source["columns"] == {
        "order_id": "Receipt Number",
        "order_at": "Date",
        "customer_id": "Customer",
        "product_id": "SKU",
        "description": "Item",
        "quantity": "Qty",
        "unit_price": "Price",
        "line_tax_amount": "Tax",
        "channel": "Store",
    }
    questions = shop.written["questions"]
    assert [one.split(":")[0] for one in questions] == [
        "currency",
        "time_zone",
        "tax",
        "sources.order_lines.date_format",
        "sources.order_lines.line_rules",
        "sources.order_lines.contents",
    ]
    # 46.40 sold, 6.40 of it tax.
    assert questions[2] == "tax: Do prices contain the tax? inside: net 40.00; on_top: net 46.40"
    # The day first: March, 46.40 - 11.90; the month first: February, May and June.
    assert "(%d/%m/%Y %H:%M): 34.50 in 2 orders (2026-03 34.50)" in questions[3]
    assert "(%m/%d/%Y %H:%M): 34.50 in 2 orders (2026-02 34.50, 2026-05 11.90, 2026-06 -11.90)" in questions[3]
    assert "returns: 34.50" in questions[4]
    assert "corrections that do not count: 46.40" in questions[4]
    assert "read: order_id R1, order_at 2026-03-02 10:15:00, customer_id C-17, product_id MUG-1" in said.stdout
    assert said.stdout.endswith("Next: sales check shop\n")


def test_what_nobody_answered_is_refused_and_what_was_is_not(shop: Shop) -> None:
    shop.put("receipts.csv", RECEIPTS)
    shop.new()
    refused = shop.sales("run", "--client", "shop")
    assert refused.returncode == 1
    assert "6 questions that nobody answered" in refused.stderr
    assert shop.sales("check", "shop").stdout.count("open question: ") == 6
    (shop.folder / "clients" / "shop.yml").unlink()
    given = answers(
        currency="EUR",
        time_zone="Europe/Berlin",
        tax="inside",
        sources__order_lines__date_format="2",
        sources__order_lines__line_rules="returns",
        sources__order_lines__contents="changes",
    )
    said = shop.new(*given)
    assert said.returncode == 0, said.stderr
    assert "questions" not in shop.written
    assert (shop.written["tax"], shop.written["time_zone"]) == ("inside", "Europe/Berlin")
    source = shop.written["sources"]["order_lines"]
    assert source["date_format"] == "%m/%d/%Y %H:%M"
    assert source["contents"] == "changes"
    checked = shop.sales("check", "shop", "--date", "2026-06-30")
    assert checked.returncode == 0, checked.stdout
    assert "it would load 4 rows" in checked.stdout


def test_a_person_at_a_terminal_is_asked(shop: Shop) -> None:
    shop.put("receipts.csv", RECEIPTS)
    ours, theirs = pty.openpty()
    os.write(ours, b"EUR\nEurope/Berlin\n7\n2\n1\n\n\n")
    said = subprocess.run(
        [SALES, "new", "shop", str(shop.files)],
        env=shop.environment,
        stdin=theirs,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    os.close(ours)
    os.close(theirs)
    assert "  1  inside: net 40.00\n  2  on_top: net 46.40\n" in said
    assert "expected a number from 1 to 2" in said
    assert shop.written["currency"] == "EUR"
    assert shop.written["tax"] == "on_top"
    assert shop.written["sources"]["order_lines"]["date_format"] == "%d/%m/%Y %H:%M"
    assert [one.split(":")[0] for one in shop.written["questions"]] == [
        "sources.order_lines.line_rules",
        "sources.order_lines.contents",
    ]


@pytest.mark.parametrize("name", [name for name, preset in presets(OURS).items() if preset.header])
def test_an_export_is_known_by_its_header(shop: Shop, name: str) -> None:
    shop.put("export.csv", (EXPORTS / f"{name}.csv").read_bytes())
    said = shop.new("--yes")
    assert said.returncode == 0, said.stderr
    known = presets(OURS)[name]
    assert {dataset: block["preset"] for dataset, block in shop.written["sources"].items()} == dict.fromkeys(
        known.sources, name
    )
    assert {setting: shop.written[setting] for setting in known.client} == dict(known.client)


def test_the_own_totals_of_orders_say_how_tax_is_meant(shop: Shop) -> None:
    shop.put("export.csv", (EXPORTS / "shopify_orders.csv").read_bytes())
    said = shop.new("--yes")
    assert shop.written["tax"] == "on_top"  # 80 + 5 + 16.15 is the total, 101.15
    assert shop.written["currency"] == "EUR"
    back = next(one for one in shop.written["questions"] if one.startswith("sources.refunds: "))
    assert "there: 90.00 in 2 orders (2026-10 90.00), less 5.95 paid back" in back
    assert "nowhere: 90.00 in 2 orders (2026-10 90.00)" in back
    assert "2026-10       2            90.00           5.00        18.05" in said.stdout


def test_a_workbook_called_csv_is_read_as_what_it_is(shop: Shop) -> None:
    with xlsxwriter.Workbook(str(shop.files / "sales.csv")) as workbook:
        sheet = workbook.add_worksheet("Sales")
        rows = [["Order", "Date", "SKU", "Qty", "Price"], ["1", "2026-02-03", "A", 2, 12.5]]
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)
    assert shop.new().returncode == 0
    assert shop.written["sources"]["order_lines"]["format"] == "excel"


LINES = "Order,Date,SKU,Qty,Price\n1,2026-02-03,A,1,2.00\n2,2026-02-04,B,3,2.50\n"


@pytest.mark.parametrize(
    ("content", "how"),
    [
        (LINES.encode("utf-16"), {}),
        (LINES.encode("utf-16-le"), {"encoding": "utf-16-le"}),
        (("Report\nof 2026\n\n" + LINES).encode(), {"header_line": 4}),
        (LINES.strip().encode(), {"ends_with_newline": False}),
        (LINES.replace(",", "\t").encode(), {"delimiter": "\t"}),
        (LINES.replace("2026-02-0", "17699904").encode(), None),
        (
            LINES.replace("2026-02-03", "1769990400").replace("2026-02-04", "1770076800").encode(),
            {"date_format": "epoch_seconds"},
        ),
        (LINES.replace("2026-02-03", "46056").replace("2026-02-04", "46057").encode(), {"date_format": "excel_serial"}),
        (
            LINES.replace("2026-02-03", '"Feb 3, 2026, 10:15 PM"')
            .replace("2026-02-04", '"Feb 4, 2026, 1:15 AM"')
            .encode(),
            {"date_format": "%b %d, %Y, %I:%M %p"},
        ),
        (LINES.replace("2.00", "2.00 kr").replace("2.50", "2.50 kr").encode(), {"currency_signs": True}),
    ],
)
def test_how_a_file_is_written_is_found(shop: Shop, content: bytes, how: dict[str, Any] | None) -> None:
    shop.put("x.csv", content)
    said = shop.new()
    if how is None:  # eight digits and one are no date
        assert said.returncode == 1
        assert "Its rows have no date that can be read" in said.stderr
        return
    assert said.returncode == 0, said.stderr
    source = shop.written["sources"]["order_lines"]
    assert {name: value for name, value in source.items() if name not in ("kind", "path", "format", "columns")} == how
    assert "2026-02       2             9.50           0.00         0.00" in said.stdout


def test_a_comma_that_may_be_either_sign_is_asked_with_both_sums(shop: Shop) -> None:
    shop.put("x.csv", LINES.replace("2.00", '"1,200"').replace("2.50", '"3,500"'))
    shop.new()
    asked = next(one for one in shop.written["questions"] if one.startswith("sources.order_lines.decimal"))
    assert "the decimal sign: 11.70 in 2 orders" in asked
    assert "a thousands sign: 11,700.00 in 2 orders" in asked


def test_a_total_of_the_line_says_nothing_and_one_of_the_order_is_compared(shop: Shop) -> None:
    shop.put(
        "x.csv",
        "Order,Date,SKU,Qty,Price,Total,Order Total\n"
        "1,2026-02-03,A,2,2.00,4.00,7.00\n1,2026-02-03,B,1,3.00,3.00,7.00\n",
    )
    shop.new()
    source = shop.written["sources"]["order_lines"]
    assert source["ignored_columns"] == ["Total"]
    assert source["columns"]["total_amount"] == "Order Total"


def test_lines_that_lack_something_are_no_orders_and_no_products(shop: Shop) -> None:
    shop.put("x.csv", "Order,Date,SKU,Qty\n1,2026-02-03,A,2\n")
    refused = shop.new()
    assert refused.returncode == 1
    assert "for lines of orders it lacks unit_price or line_total" in refused.stderr


def test_what_stops_the_draft_is_said_at_once(shop: Shop) -> None:
    shop.put(
        "x.csv", LINES.replace("Price", "Price,Livemode").replace(".00\n", ".00,false\n").replace(".50\n", ".50,true\n")
    )
    said = shop.new()
    assert said.returncode == 0
    assert "stops as it stands: " in said.stdout
    assert "files/x.csv: nobody maps the column Livemode, which is 'false' in line 2" in said.stdout


def test_files_of_one_header_are_one_source(shop: Shop) -> None:
    for month, receipt in (("01", "R1"), ("02", "R2")):
        shop.put(f"sales-2026-{month}.csv", f"Order,Date,SKU,Qty,Price\n{receipt},2026-{month}-03,A,1,2.00\n")
    shop.put("products.csv", "SKU,Name,Cost\nA,Mug,1.00\n")
    said = shop.new()
    assert said.returncode == 0, said.stderr
    assert shop.written["sources"]["order_lines"]["path"] == "../files/sales-2026-0*.csv"
    assert shop.written["sources"]["products"]["columns"] == {"product_id": "SKU", "title": "Name", "unit_cost": "Cost"}
    assert "2026-01       1             2.00" in said.stdout
    assert "2026-02       1             2.00" in said.stdout


def test_an_amount_of_the_order_is_not_taken_for_one_of_the_line(shop: Shop) -> None:
    shop.put(
        "sales.csv",
        "Order,Date,SKU,Qty,Price,Shipping,Tax\n1,2026-02-03,A,1,10.00,5.00,2.85\n1,2026-02-03,B,2,5.00,5.00,2.85\n"
        "2,2026-02-04,A,1,10.00,0.00,1.90\n",
    )
    said = shop.new()
    source = shop.written["sources"]["order_lines"]
    assert source["order_values"] == "every_row"
    assert source["columns"]["shipping_amount"] == "Shipping"
    assert source["columns"]["tax_amount"] == "Tax"
    assert "2026-02       2            30.00           5.00         4.75" in said.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty (0 bytes)"),
        (bytes(range(128, 256)) * 40, "files/x.csv"),
        (b"<html><body>login</body></html>", "is HTML"),
        (b"Order,Date,SKU,Qty,Price\n", "has no rows"),
        (b"a\n1\n", "has the one column 'a'"),
        (b"SKU,Name\nA,Mug\n", "No file is of orders or of their lines, only of products"),
        (b'Order,Date,SKU,Qty,Price\n1,2026-02-03,"A,1,2.00\n', "is not CSV at line 2"),
        (b"x,y\n1,2\n", "lacks order_id, order_at, product_id, quantity, unit_price or line_total; it has x, y"),
        (b'Order,Date,SKU,Qty,Price\n1,2026-02-03,A,1,"12,50"\n2,2026-02-03,B,1,12.50\n', "two decimal signs, '12,50'"),
        (b"Order,Date,SKU,Qty,Price\n1,02/13/2026,A,1,2.00\n2,13/02/2026,B,1,2.00\n", "no one form"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_one_message(shop: Shop, content: bytes, said: str) -> None:
    shop.put("x.csv", content)
    refused = shop.new()
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert refused.stderr.count("error:") == 1
    assert "x.csv" in refused.stderr or "only of products" in refused.stderr
    assert said in refused.stderr
    assert not (shop.folder / "clients" / "shop.yml").exists()


def test_a_bad_file_beside_a_good_one_is_named_and_left_out(shop: Shop) -> None:
    shop.put("receipts.csv", RECEIPTS)
    shop.put("broken.csv", b'Order,Date,SKU,Qty,Price\n1,2026-02-03,A,1,"12,50"\n2,2026-02-03,B,1,12.50\n')
    said = shop.new()
    assert said.returncode == 0
    assert "left out: " in said.stdout
    assert "broken.csv: its numbers are written with two decimal signs" in said.stdout
    assert shop.written["sources"]["order_lines"]["path"] == "../files/receipts.csv"


def test_what_is_there_is_never_overwritten(shop: Shop) -> None:
    shop.put("receipts.csv", RECEIPTS)
    mine = shop.folder / "clients" / "shop.yml"
    mine.write_text("client: shop\n")
    refused = shop.new()
    assert refused.returncode == 1
    assert "is there already, and stays as it is" in refused.stderr
    assert mine.read_text() == "client: shop\n"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (answers(tax="both"), "--answer tax=both is none of inside: net 40.00; on_top: net 46.40"),
        (answers(taxes="inside"), "--answer names taxes, which is no question here"),
        (["--answer", "tax"], "--answer tax says nothing of it"),
    ],
)
def test_an_answer_to_nothing_is_refused(shop: Shop, more: Sequence[str], said: str) -> None:
    shop.put("receipts.csv", RECEIPTS)
    refused = shop.new(*more)
    assert refused.returncode == 1
    assert said in refused.stderr
    assert not (shop.folder / "clients" / "shop.yml").exists()


def test_a_name_that_cannot_be_and_a_path_that_is_not_there(shop: Shop) -> None:
    assert "cannot be the name of a client" in shop.sales("new", "My-Shop", str(shop.files)).stderr
    assert "is not there; expected a file or a folder" in shop.sales("new", "shop", "nowhere").stderr
    assert "holds no file" in shop.new().stderr

"""`sales check` names all that would stop a run at once, loads nothing, and refuses what is still open."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Sales = Callable[..., subprocess.CompletedProcess[str]]
COLUMNS = (
    "{order_id: Order, order_at: Date, customer_id: Customer, product_id: SKU, quantity: Qty, unit_price: Price, "
    "tax_amount: Tax}"
)
CLIENT = """
client: shop
name: The Shop
currency: EUR
time_zone: Europe/Berlin
{top}
sources:
  order_lines:
    kind: files
    path: ../orders.csv
    format: csv
    columns: {columns}
    {more}
"""
HEADER = "Order,Date,Customer,SKU,Qty,Price,Tax\n"
SOUND = HEADER + "1,2026-11-02,C1,MUG,2,12.50,4.75\n2,2026-11-03,C2,TEA,1,8.00,1.52\n"
STARTING = ("extract", "load", "verify", "build", "publish", "rollback", "run", "docs", "query", "erase", "withdraw")


class Shop:
    """A folder of one shop, and the command over it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "clients").mkdir()

    def put(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def client(self, top: str = "", more: str = "", columns: str = COLUMNS) -> None:
        self.put("clients/shop.yml", CLIENT.format(top=top, more=more, columns=columns))

    def sales(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        places = {"SALES_DATA_DIR": str(self.folder / "data"), "SALES_CLIENTS_DIR": str(self.folder / "clients")}
        return subprocess.run(
            [Path(sys.executable).with_name("sales"), *arguments],
            env={**os.environ, **places, "SALES_CLIENT": "shop"},
            capture_output=True,
            text=True,
            check=False,
        )

    def check(self) -> subprocess.CompletedProcess[str]:
        return self.sales("check", "shop", "--date", "2026-11-05")

    @property
    def kept(self) -> set[str]:
        """What is in the client's data folder, without the lock."""
        return {path.name for path in (self.folder / "data" / "shop").iterdir()} - {"pipeline.lock"}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_all_findings_are_said_at_once(shop: Shop) -> None:
    shop.put("more.csv", "id,title\n1,x\n")
    shop.put(
        "orders.csv",
        HEADER
        + "1,2026-11-02,C1,MUG,2,12.50,4.75\n1,2026-11-02,C1,TEA,two,8.00,\n2,2026-11-03,,TEA,3,8.00,\n" * 1
        + "2,2026-11-03,,TEA,3,8.00,\n3,2026-11-04,C1,POT,1,39.00,\n3,2026-11-05,C1,POT,1,39.00,\n",
    )
    products = "products: {kind: files, path: ../more.csv, format: csv, columns: {product_id: id, title: name}}"
    shop.client(top="questions: ['currency: is it EUR?']", more=f"\n  {products}")
    seen = shop.check()
    assert seen.returncode == 1
    findings = [line for line in seen.stdout.splitlines() if line.startswith("  - ")]
    file = str(shop.folder / "clients" / ".." / "orders.csv")
    for said in (
        ("open question: currency: is it EUR?",),
        ("more.csv", "lacks name"),
        ("tax_amount", "order_values: first_row"),
        (file, "1 of 6 rows are bad", "line 3: quantity is 'two'", "ceilings.quarantined_share"),
        (file, "tax_amount is not 0 in 1 rows (line 2: 4.75)", "tax: inside"),
        (file, "worth 24.00 EUR", "lines 4 and 5", "repeated_rows"),
        (file, "order 3 in line 6 (2026-11-04, 39.00) and line 7 (2026-11-05, 39.00)", "orders_over_days"),
    ):
        assert [one for one in findings if all(text in one for text in said)], said
    assert len(findings) == 7, findings
    assert "error: 7 findings would stop a run of shop" in seen.stderr
    assert "Traceback" not in seen.stderr
    assert shop.kept == set()


def test_a_sound_shop_passes_and_nothing_is_loaded(shop: Shop) -> None:
    shop.put("orders.csv", SOUND)
    shop.client(top="tax: on_top", more="order_values: every_row")
    seen = shop.check()
    assert seen.returncode == 0, seen.stdout + seen.stderr
    assert "2 rows, 2 to load" in seen.stdout
    assert seen.stdout.endswith("it would load 2 rows.\nNext: sales run --client shop\n")
    assert shop.kept == set()


def test_rows_for_quarantine_and_left_out_are_said_though_they_stop_nothing(shop: Shop) -> None:
    shop.put("orders.csv", SOUND + "3,soon,C2,TEA,1,8.00,0\n4,2026-11-03,C2,TEST,1,8.00,0\n")
    shop.client(
        top="tax: on_top\nceilings: {quarantined_share: 0.5}",
        more="order_values: every_row\n    where: \"SKU <> 'TEST'\"",
    )
    seen = shop.check()
    assert seen.returncode == 0, seen.stdout
    assert "4 rows, 2 to load, 1 left out by where, 1 for quarantine" in seen.stdout
    assert "line 4: order_at is 'soon'" in seen.stdout


def test_what_verify_finds_stops_a_check(shop: Shop) -> None:
    shop.put("orders.csv", "Order,Date,Customer,SKU,Qty,Price,Tax,Total\n1,2026-11-02,C1,MUG,2,12.50,4.75,92.50\n")
    shop.client(
        top="tax: on_top", more="order_values: every_row", columns=COLUMNS.replace("Tax}", "Tax, total_amount: Total}")
    )
    seen = shop.check()
    assert seen.returncode == 1
    assert "92.50" in seen.stdout, seen.stdout


def test_a_check_sees_what_was_delivered_before(shop: Shop) -> None:
    shop.put("orders.csv", SOUND)
    shop.client(top="tax: on_top", more="order_values: every_row")
    assert shop.sales("extract", "--date", "2026-11-04").returncode == 0
    assert shop.sales("load").returncode == 0
    before = shop.kept
    shop.put("orders.csv", HEADER + "2,2026-11-03,C2,TEA,1,8.00,1.52\n")
    shop.client(top="tax: inside", more="order_values: every_row\n    fold_id_case: true")
    seen = shop.check()
    assert "had rows of 2026-11-02 to 2026-11-03 and now has those of 2026-11-03" in seen.stdout
    assert "contents: everything" in seen.stdout
    assert "--full-refresh reads all of landing by the new one" in seen.stdout
    assert "error: 2 findings" in seen.stderr
    assert shop.kept == before
    attempts = [*(shop.folder / "data" / "shop" / "landing" / "order_lines" / "orders.csv").iterdir()]
    assert [path.name for path in attempts] == ["0001"]


@pytest.mark.parametrize("verb", STARTING)
def test_a_client_with_open_questions_is_refused_by_all_that_runs(shop: Shop, verb: str) -> None:
    shop.put("orders.csv", SOUND)
    shop.client(top="questions: ['tax: inside or on_top?', 'currency: is it EUR?']")
    more = {"erase": ("C1",), "withdraw": ("x/y/0001",), "query": ("select 1",)}.get(verb, ())
    refused = shop.sales(verb, *more)
    assert refused.returncode == 1
    assert "2 questions that nobody answered:\n  - tax: inside or on_top?\n  - currency: is it EUR?" in refused.stderr


def test_a_source_that_is_no_file_is_not_asked(shop: Shop) -> None:
    shop.put("orders.csv", SOUND)
    nobody = "{kind: fake_store_api, url: 'http://127.0.0.1:9', on_unreachable: fail}"
    shop.client(top="tax: on_top", more=f"order_values: every_row\n  products: {nobody}")
    seen = shop.check()
    assert seen.returncode == 0, seen.stdout + seen.stderr
    assert "warning: sources.products was not looked at" in seen.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (bytes(range(256)) * 20, "orders.csv"),
        (b"PK\x03\x04" + bytes(100), "not a whole zip"),
        (b"Order,Date\n1,2026-11-02\n", "lacks Customer"),
        (b"\xff\xfe" + SOUND.encode("utf-8"), "orders.csv"),
    ],
)
def test_a_hostile_file_is_one_finding_without_a_traceback(shop: Shop, content: bytes, said: str) -> None:
    (shop.folder / "orders.csv").write_bytes(content)
    shop.client(top="tax: on_top", more="order_values: every_row")
    seen = shop.check()
    assert seen.returncode == 1
    assert "Traceback" not in seen.stderr
    assert seen.stdout.count("  - ") == 1, seen.stdout
    assert said in seen.stdout

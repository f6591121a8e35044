"""A kind of source is one folder: what is made up here comes from the client file to raw, and nothing else knows it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.client_file import ClientError, load_client
from contracts.source import kinds

BLOCK = '''
from typing import ClassVar, Literal

from contracts.layout import Layout
from contracts.source import Source


class TillSource(Source):
    """The till of a market stall."""

    kind: Literal["till"]
    stall: int
    step: ClassVar[str] = "empty_the_till"
    origins: ClassVar[tuple[str, ...]] = ("till",)

    @property
    def layout(self) -> Layout:
        """As it prints."""
        return Layout(format="csv", delimiter=";", columns={"order_id": "receipt", "order_at": "time"})


SOURCE = TillSource
'''
EXTRACT = '''
from contracts.deliveries import Delivery
from storage.landing import land, staged_file


def extract(client, paths, business_date, *, extracted_at, code_version):
    """Prints the receipts of the day."""
    stall = client.sources["orders"].stall
    delivery = Delivery("orders", str(business_date), business_date, "receipts.csv", "till")
    with staged_file(paths.landing, delivery) as staged:
        staged.write_text(f"receipt;time\\n{stall}-1;2026-10-31T08:15:00Z\\n")
        return [land(paths.landing, delivery, staged, rows=1, extracted_at=extracted_at, code_version=code_version)]
'''
# Registers the folder, then does what its other arguments say, as `sales` does.
SALES = """
import sys
import extract.sources
extract.sources.__path__.append(sys.argv.pop(1))
from cli.main import app
app()
"""
CLIENT = """
client: market
name: Market
currency: EUR
time_zone: Europe/Paris
sources: {orders: {kind: till, stall: 7}}
"""


@pytest.fixture
def kind_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "kinds"
    (folder / "till").mkdir(parents=True)
    (folder / "till" / "__init__.py").write_text(BLOCK)
    (folder / "till" / "extract.py").write_text(EXTRACT)
    return folder


def test_a_made_up_kind_is_one_folder(tmp_path: Path, kind_folder: Path) -> None:
    (tmp_path / "clients").mkdir()
    (tmp_path / "clients" / "market.yml").write_text(CLIENT)
    variables = {
        "SALES_DATA_DIR": str(tmp_path / "data"),
        "SALES_CLIENTS_DIR": str(tmp_path / "clients"),
        "SALES_CLIENT": "market",
    }

    def sales(*words: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", SALES, str(kind_folder), *words],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert "1 row in 1 delivery, through 2026-10-31" in sales("extract", "--date", "2026-10-31")
    sales("load")
    assert "7-1" in sales("query", "select order_id, order_at from raw.orders")


def test_the_registry_finds_the_folders_and_says_which_there_are(tmp_path: Path) -> None:
    known = ["demo", "fake_store_api", "files", "kafka", "rest", "shopify", "sql", "stripe", "woocommerce"]
    assert list(kinds()) == known
    (tmp_path / "market.yml").write_text(CLIENT)
    with pytest.raises(
        ClientError,
        match=rf"orders: its kind is 'till'; expected one of {', '.join(known)}",
    ):
        load_client("market", tmp_path, {})


def test_what_is_wrong_in_the_frame_and_in_the_blocks_is_said_at_once(tmp_path: Path) -> None:
    wrong = "sources: {orders: {kind: files, format: pdf}, products: {kind: fake_store_api, attempts: 0}}"
    text = CLIENT.replace("EUR", "euro").replace("sources: {orders: {kind: till, stall: 7}}", wrong)
    (tmp_path / "market.yml").write_text(text)
    with pytest.raises(ClientError) as refused:
        load_client("market", tmp_path, {})
    said = str(refused.value)
    assert [line.split(" ")[3].rstrip(":") for line in said.splitlines()[1:]] == [
        *("currency", "sources.orders.columns", "sources.orders.format", "sources.orders.path"),
        "sources.products.attempts",
    ]

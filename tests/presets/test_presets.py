"""Each preset reads an export of its layout to the cent; the files are made up, the figures added up by hand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from contracts.client_file import ClientError, load_client
from contracts.datasets import DATASETS
from contracts.paths import ClientPaths
from contracts.presets import OURS, presets, recognised
from extract.sources.files import FileSource

HERE = Path(__file__).parent
KNOWN = presets(OURS)
READ = [name for name, preset in KNOWN.items() if preset.header]
TOP = "client: shop\nname: Shop\ncurrency: {currency}\ntime_zone: {zone}\n{more}\nsources:\n"
# What only a person can say of each export, as `sales new` asks it; an answer to something else is refused.
ANSWERS = {
    "shopify_orders": ("time_zone=Europe/Berlin", "tax=on_top", "sources.refunds=there"),
    "woocommerce_items": ("time_zone=Europe/Berlin", "sources.refunds=there"),
    "woocommerce_analytics": ("currency=EUR", "time_zone=Europe/Berlin"),
    "square_items": ("currency=USD", "time_zone=America/New_York", "tax=on_top"),
    "stripe_balance": ("time_zone=Europe/Berlin",),
    "amazon_settlement": ("time_zone=UTC", "tax=on_top"),
    "woocommerce_orders": ("time_zone=Europe/Berlin", "sources.refunds=there"),
}
# By month: orders, gross, discount, tax, postage, goods paid back.
FIGURES: Mapping[str, Mapping[str, tuple[int, str, str, str, str, str]]] = {
    # 10 + 90 - 20, 5 of postage, 16.15 of tax; 10 with 1.90 of tax, half of both paid back: 5.95 is 5.00 and 0.95.
    "shopify_orders": {"2026-10": (2, "110.00", "20.00", "18.05", "5.00", "5.00")},
    # The same order; then 2 x 10 of which one came back; an order that failed is none.
    "woocommerce_items": {
        "2026-10": (1, "100.00", "20.00", "16.15", "5.00", "0.00"),
        "2026-11": (1, "20.00", "0.00", "3.80", "0.00", "10.00"),
    },
    "woocommerce_orders": {
        "2026-10": (1, "100.00", "20.00", "16.15", "5.00", "0.00"),
        "2026-11": (1, "20.00", "0.00", "3.80", "0.00", "10.00"),
    },
    # 40 - 4 and 10 with 3.20, 0.80 and, of 5 of postage that a promotion takes off, 0.40 of tax; 20; the 10 paid back.
    "amazon_settlement": {
        "2026-10": (1, "50.00", "4.00", "4.40", "0.00", "0.00"),
        "2026-11": (1, "20.00", "0.00", "1.60", "0.00", "10.00"),
    },
    # The net revenue of the same orders is all that Analytics says.
    "woocommerce_analytics": {
        "2026-10": (1, "80.00", "0.00", "0.00", "0.00", "0.00"),
        "2026-11": (1, "20.00", "0.00", "0.00", "0.00", "0.00"),
    },
    # 36 - 3 and 1,012 with 2.64 and 80.96 of tax; 18 sold late on the first of November and paid back on the second.
    "square_items": {
        "2026-10": (1, "1048.00", "3.00", "83.60", "0.00", "0.00"),
        "2026-11": (1, "18.00", "0.00", "1.44", "0.00", "18.00"),
    },
    # 97 at 23:30 UTC on the last of October, which is November in Berlin, and 30; 10 paid back.
    "stripe_balance": {"2026-11": (2, "127.00", "0.00", "0.00", "0.00", "10.00")},
}
BY_MONTH = """
with days as (
    select strftime(order_date, '%Y-%m') as month, 1 as orders, gross, discount, tax, shipping, 0 as refund
    from core.fct_orders where is_sale
    union all
    select strftime(returned_date, '%Y-%m'), 0, 0, 0, 0, 0, refund from core.fct_returns
)
select month, sum(orders), sum(gross), sum(discount), sum(tax), sum(shipping), sum(refund) from days group by 1
"""


@pytest.mark.system
@pytest.mark.xdist_group("presets")
@pytest.mark.parametrize("name", READ)
def test_an_export_is_published_to_the_cent(
    name: str, tmp_path: Path, give_parsed_project: Callable[[ClientPaths], None]
) -> None:
    (tmp_path / "clients").mkdir()
    give_parsed_project(ClientPaths(tmp_path / "data", "shop"))
    places = {"SALES_DATA_DIR": str(tmp_path / "data"), "SALES_CLIENTS_DIR": str(tmp_path / "clients")}
    main = "orders" if "orders" in KNOWN[name].sources else "order_lines"
    answers = [f"--answer={answer}" for answer in (*ANSWERS[name], f"sources.{main}.contents=everything")]
    sales = Path(sys.executable).with_name("sales")
    for command in (
        [sales, "new", "shop", HERE / f"{name}.csv", *answers],
        [sales, "check", "shop", "--date", "2026-11-05"],
        [sys.executable, "-m", "tests.cases.night", "2026-11-05"],
    ):
        subprocess.run(
            command,
            cwd=HERE.parents[1],
            env={**os.environ, **places, "SALES_CLIENT": "shop"},
            stdin=subprocess.DEVNULL,
            check=True,
            capture_output=True,
        )
    with duckdb.connect(
        str(tmp_path / "data" / "shop" / "published" / "sales_analytics.duckdb"), read_only=True
    ) as con:
        found = {month: tuple(values) for month, *values in con.execute(BY_MONTH).fetchall()}
    wanted = {month: (orders, *map(Decimal, amounts)) for month, (orders, *amounts) in FIGURES[name].items()}
    assert found == wanted


def test_every_preset_that_reads_has_an_export_to_try_it_on() -> None:
    assert {*FIGURES} == {*READ}


@pytest.mark.parametrize("name", READ)
def test_a_preset_is_known_by_its_export_and_names_only_columns_of_its_header(name: str) -> None:
    first = (HERE / f"{name}.csv").read_text().splitlines()[0]
    header = first.replace('"', "").split("\t" if "\t" in first else ",")
    assert recognised(header, KNOWN) == name
    for dataset, said in KNOWN[name].sources.items():
        block = FileSource.model_validate({**said, "path": "x"})
        assert {*block.given} <= {column.name for column in DATASETS[dataset].columns}
        texts = [*block.expressions.values(), block.where or ""]
        made = {*block.sums.amounts} if block.sums else set()
        texts += [amount.when for amount in block.sums.amounts.values()] if block.sums else []
        quoted = {column for text in texts for column in re.findall(r'"([^"]+)"', text)}
        assert {*block.header, *block.named.values(), *quoted} - made <= {*KNOWN[name].header}


def test_a_part_of_a_header_is_no_preset() -> None:
    header = KNOWN["shopify_orders"].header
    assert recognised(header[1:], KNOWN) is None
    assert recognised([*header, "Another"], KNOWN) == "shopify_orders"


def shop(folder: Path, sources: str) -> None:
    (folder / "shop.yml").write_text(TOP.format(currency="EUR", zone="UTC", more="") + sources)


def test_a_block_beside_a_preset_counts_before_it(tmp_path: Path) -> None:
    more = "columns: {customer_id: null, country: Shipping Country}, repeated_rows: drop"
    shop(tmp_path, f"  order_lines: {{preset: shopify_orders, path: x.csv, {more}}}\n")
    source = load_client("shop", tmp_path, {}).sources["order_lines"]
    assert isinstance(source, FileSource)
    assert source.columns["country"] == "Shipping Country"
    assert "customer_id" not in source.columns
    assert source.columns["order_id"] == "Name"
    assert source.repeated_rows == "drop"
    assert source.order_values == "first_row"


def test_a_preset_beside_the_client_files_stands_for_ours(tmp_path: Path) -> None:
    (tmp_path / "presets").mkdir()
    mine = (OURS / "shopify_orders.yml").read_text().replace("order_id: Name", "order_id: Id")
    (tmp_path / "presets" / "shopify_orders.yml").write_text(mine)
    shop(tmp_path, "  order_lines: {preset: shopify_orders, path: x.csv}\n")
    source = load_client("shop", tmp_path, {}).sources["order_lines"]
    assert isinstance(source, FileSource)
    assert source.columns["order_id"] == "Id"


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("order_lines: {preset: nope, path: x}", "sources.order_lines names the preset 'nope'; expected one of amazon"),
        ("orders: {preset: shopify_orders, path: x}", "which has order_lines, refunds and no orders"),
        ("order_lines: {preset: shopify_orders, path: x, colums: {}}", "order_lines.colums"),
        ("order_lines: {preset: shopify_orders}", "order_lines.path"),
        ("order_lines: {preset: [a], path: x}", "names the preset ['a']"),
    ],
)
def test_what_cannot_be_a_preset_is_named(tmp_path: Path, block: str, said: str) -> None:
    shop(tmp_path, f"  {block}\n")
    with pytest.raises(ClientError) as refused:
        load_client("shop", tmp_path, {})
    assert said in str(refused.value)


def test_a_preset_that_is_wrong_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "mine.yml").write_text("name: Mine\nheader: []\n")
    shop(tmp_path, "  order_lines: {preset: mine, path: x}\n")
    with pytest.raises(ClientError, match=r"presets/mine\.yml"):
        load_client("shop", tmp_path, {})

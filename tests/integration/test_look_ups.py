"""Figures follow a source that others look into: what it delivers later counts, back to the day it is valid from."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from contracts.environment import CHECKOUT
from contracts.paths import ClientPaths

CLIENT = """\
client: shop
name: Shop
currency: EUR
time_zone: UTC
sources:
  order_lines:
    kind: files
    path: lines.csv
    format: csv
    contents: everything
    repeated_rows: keep
    columns:
      order_id: Order
      order_at: Date
      product_id: SKU
      quantity: Qty
      unit_price: {look_up: products.list_price, by: {product_id: SKU}}
  products:
    kind: files
    path: products.csv
    format: csv
    columns: {product_id: SKU, title: Name, list_price: {sql: "Cents / 100"}}
"""
LINES = "Order,Date,SKU,Qty\nA,2026-10-01,mug,2\nB,2026-10-02,cup,1\n"
GROSS = "select strftime(order_date, '%d'), sum(gross) from core.fct_orders where is_sale group by 1"


@pytest.mark.system
@pytest.mark.xdist_group("presets")
def test_a_newer_price_list_changes_the_figures(
    tmp_path: Path, give_parsed_project: Callable[[ClientPaths], None]
) -> None:
    give_parsed_project(ClientPaths(tmp_path / "data", "shop"))
    (tmp_path / "shop.yml").write_text(CLIENT)
    (tmp_path / "lines.csv").write_text(LINES)
    figures = []
    for day, catalogue in (
        ("2026-10-05", "SKU,Name,Cents\nmug,Mug,1000\ncup,Cup,450\n"),
        ("2026-10-05", "SKU,Name,Cents\nmug,Mug,1050\ncup,Cup,450\n"),  # of that day again, corrected
        ("2026-10-06", "SKU,Name,Cents\nmug,Mug,9900\ncup,Cup,450\n"),  # dearer from then on, which these sales are not
    ):
        (tmp_path / "products.csv").write_text(catalogue)
        done = subprocess.run(
            [sys.executable, "-m", "tests.cases.night", day],
            cwd=CHECKOUT,
            env={
                **os.environ,
                "SALES_DATA_DIR": str(tmp_path / "data"),
                "SALES_CLIENTS_DIR": str(tmp_path),
                "SALES_CLIENT": "shop",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        published = tmp_path / "data" / "shop" / "published" / "sales_analytics.duckdb"
        with duckdb.connect(str(published), read_only=True) as con:
            figures.append(dict(con.execute(GROSS).fetchall()))
    assert figures == [
        {"01": Decimal("20.00"), "02": Decimal("4.50")},
        {"01": Decimal("21.00"), "02": Decimal("4.50")},
        {"01": Decimal("21.00"), "02": Decimal("4.50")},
    ]

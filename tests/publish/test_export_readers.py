"""The examples of docs/explanation/publishing.md read the exports as they are written there."""

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.machine import lacks

if TYPE_CHECKING:
    from tests.publish.conftest import Shop

PAGE = (Path(__file__).parents[2] / "docs" / "explanation" / "publishing.md").read_text(encoding="utf-8")
EXAMPLES: list[str] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
FIND, *READERS = EXAMPLES
SHAPE = "3 10 order_id order_date is_sale total item_count tax shipping fees tips duties"
ROWS = "\nprint(*orders.shape, *orders.columns)"


def read(shop: "Shop", example: str, *path: str) -> str:
    """What the example finds of orders of two months, with the packages of the path."""
    shop.sql("update core.fct_orders set order_date = '2026-09-30' where order_id = 'o1'")
    shop.publish()
    found = FIND.replace('"data/demo/published/exports"', repr(str(shop.paths.exports)))
    assert found != FIND
    program = f"import sys\nsys.path[:0] = {path!r}\n{found}{example}{ROWS}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def example(library: str) -> str:
    (found,) = [text for text in READERS if f"import {library}\n" in text]
    return found


@pytest.mark.parametrize("library", ["pandas", "duckdb"])
def test_the_example_reads_every_month(shop: "Shop", library: str) -> None:
    assert read(shop, example(library)) == SHAPE


@pytest.mark.slow
def test_the_example_of_polars_reads_every_month(shop: "Shop", tmp_path: Path) -> None:
    client = str(tmp_path / "client")
    install = ["uv", "pip", "install", "--quiet", "--target", client, "polars"]
    installed = subprocess.run(install, capture_output=True, text=True, check=False)
    if installed.returncode:
        lacks("package index")
    assert read(shop, example("polars"), client) == SHAPE


def test_the_pattern_of_sql_reads_every_month(shop: "Shop") -> None:
    (pattern,) = re.findall(r"`from 'data/demo/published/exports/(\S+)'`", PAGE)
    sql = f"import duckdb\norders = duckdb.sql(f\"from '{{exports}}/{pattern.replace('000007', '000001')}'\")"
    assert read(shop, sql) == SHAPE


def test_every_example_is_run() -> None:
    assert len(READERS) == 3

"""The PDF says what the marts say, and can be read by a screen reader."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from pypdf import PdfReader

from serve.report.document import write_report
from serve.report.errors import ReportError
from serve.report.figures import Line, read_month
from tests.serve.report.conftest import SHOP


def text_of(pdf: Path) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(pdf).pages).split())


def test_without_a_month_it_is_the_last_complete_one(published_file: Path) -> None:
    pdf = write_report(published_file)
    assert pdf == published_file.parent / "reports" / "2026-10.pdf"
    assert [path.name for path in pdf.parent.iterdir()] == ["2026-10.pdf"]


def test_it_says_the_figures_of_the_marts(published_file: Path) -> None:
    text = text_of(write_report(published_file))
    assert f"{SHOP}: October 2026" in text
    for row in (
        "Revenue €5,060.00 €4,000.00 +26.5 %",
        "Net sales, after refunds €4,553.50 €4,000.00 +13.8 %",
        "Orders 44 40 +10.0 %",
        "Average order value €115.00 €100.00 +15.0 %",
        "Discounts €25.00 €12.50 +100.0 %",
        "Refunds €506.50 €0.00 –",
        "Active customers 24 21 +14.3 %",
        "New customers 7 21 -66.7 %",
        "shoes 20 €3,000.00 59.3 %",
        "bags 9 €2,060.00 40.7 %",
        "Boot 20 €3,000.00",
        "Bag 9 €2,060.00",
        "web 20 €3,000.00",
        "app 9 €2,060.00",
        "Revenue rose 26.5 % to €5,060.00",
        "data through 2026-11-01 · version 7 of run run 1",
    ):
        assert row in text, row
    assert "hats" not in text
    assert "store" not in text


def test_a_month_that_is_not_over_says_so(published_file: Path) -> None:
    text = text_of(write_report(published_file, date(2026, 11, 1)))
    assert "November 2026 is not over: the data reaches through 2026-11-01." in text
    assert "Revenue €19.99 €5,060.00 –" in text
    assert "Nothing was sold." in text  # no category, and one product


def test_the_first_month_has_no_column_of_changes(published_file: Path) -> None:
    assert "Revenue €4,000.00 Net sales" in text_of(write_report(published_file, date(2026, 9, 1)))


def test_after_a_month_that_began_before_the_data_there_are_no_changes(published_file: Path) -> None:
    with duckdb.connect(published_file) as connection:
        connection.execute("update core.dim_date set is_in_sales_span = false where calendar_date < '2026-09-20'")
    text = text_of(write_report(published_file))
    assert "Revenue €5,060.00 €4,000.00 – Net sales" in text
    assert "the data begins within September 2026" in text


def test_what_brought_money_but_no_units_is_a_line(published_file: Path) -> None:
    with duckdb.connect(published_file) as connection:
        connection.execute("insert into marts.mart_category_sales_monthly values ('2026-10-01', 'post', 0, 4.99, 0, 0)")
        connection.execute("insert into marts.mart_channel_sales values ('2026-10-02', 'phone', 0, 4.99)")
    figures = read_month(published_file)
    assert [line.name for line in figures.categories] == ["shoes", "bags", "post"]
    assert [line.name for line in figures.channels] == ["web", "app", "phone"]


def test_a_month_of_refunds_alone_is_a_month(published_file: Path) -> None:
    with duckdb.connect(published_file) as connection:
        connection.execute("delete from marts.mart_monthly_churn where month_start_date = '2026-11-01'")
    month = read_month(published_file, date(2026, 11, 1)).month
    assert (month.net, month.new_customers, month.churned_customers, month.churn_rate) == (Decimal("19.99"), 0, 0, None)


def test_a_character_that_no_font_has_is_a_box(published_file: Path) -> None:
    with duckdb.connect(published_file) as connection:
        connection.execute(
            "update core.dim_products set title = 'Tasche für Ωmega 日本 😀' || chr(7) where product_id = '2'"
        )
    assert "Tasche für Ωmega □□ □□ 9 €2,060.00" in text_of(write_report(published_file))


def test_it_is_tagged_and_its_pictures_have_words(published_file: Path) -> None:
    pdf = PdfReader(write_report(published_file))
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert pdf.metadata is not None
    assert pdf.metadata.title == f"{SHOP}: October 2026"
    words = []

    def visit(node: object) -> None:
        found = node.get_object()
        if isinstance(found, list):
            for child in found:
                visit(child)
        elif isinstance(found, dict):
            if found.get("/S") == "/Figure":
                words.append(found["/Alt"])
            if "/K" in found:
                visit(found["/K"])

    visit(root["/StructTreeRoot"])
    assert words == [
        "Bars of revenue by month: September 2026 €4,000.00; October 2026 €5,060.00",
        "Stacked bars of active customers by month: September 2026 21; October 2026 24",
    ]
    for number, page in enumerate(pdf.pages, start=1):
        assert f"Page {number} of {len(pdf.pages)}" in page.extract_text()


def test_the_same_version_gives_the_same_bytes(published_file: Path, tmp_path: Path) -> None:
    first = write_report(published_file, target=tmp_path / "first.pdf").read_bytes()
    assert write_report(published_file, target=tmp_path / "second.pdf").read_bytes() == first


def test_a_product_that_is_nowhere_described_keeps_its_id(published_file: Path) -> None:
    with duckdb.connect(published_file) as connection:
        connection.execute("delete from core.dim_products where product_id = '2'")
    assert read_month(published_file).products[1] == Line("2", 9, Decimal("2060.00"), None, None)


@pytest.mark.parametrize(
    ("month", "message"),
    [(date(2026, 8, 1), "2026-08 has no data; expected a month from 2026-09 to 2026-11")],
)
def test_a_month_without_data_is_refused(published_file: Path, month: date, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        write_report(published_file, month)
    assert not (published_file.parent / "reports").exists()


def test_the_command(published_file: Path, tmp_path: Path) -> None:
    def sales(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "cli.main", "report", *words],
            env={**os.environ, "SALES_DATA_DIR": str(tmp_path), "SALES_CLIENT": "demo"},
            capture_output=True,
            text=True,
            check=False,
        )

    refused = sales()
    assert refused.returncode == 1
    assert re.fullmatch(
        r"error: there is no \S+; expected a published version\. Next: sales run or make run\n", refused.stderr
    )
    (tmp_path / "demo").mkdir()
    published_file.parent.rename(tmp_path / "demo" / "published")
    made = sales("--month", "2026-09", "--to", str(tmp_path / "month.pdf"))
    assert (made.returncode, made.stdout) == (0, f"{tmp_path / 'month.pdf'}\n")
    assert "September 2026" in text_of(tmp_path / "month.pdf")

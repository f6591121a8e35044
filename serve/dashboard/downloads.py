"""Tables as files that a spreadsheet opens and does not execute."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO, StringIO

from xlsxwriter import Workbook

from contracts.formula_injection import escape_formula
from serve.dashboard.page_data import Rows
from serve.wording import Kind, Money


@dataclass(frozen=True)
class Column:
    """One column of a table: its name in the rows, its heading, and what it holds."""

    name: str
    label: str
    kind: Kind = "text"

    def heading(self, money: Money) -> str:
        """The heading with the unit."""
        return f"{self.label} ({money.currency})" if self.kind == "money" else self.label


def as_csv(rows: Rows, columns: Sequence[Column], money: Money) -> bytes:
    """UTF-8 with a byte order mark, without which Excel takes it for Latin 1."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.heading(money) for column in columns])
    writer.writerows([[escape_formula(row[column.name]) for column in columns] for row in rows])
    return text.getvalue().encode("utf-8-sig")


def as_excel(rows: Rows, columns: Sequence[Column], money: Money) -> bytes:
    """One sheet with a frozen heading; numbers stay numbers and days stay days."""
    stream = BytesIO()
    with Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("table")
        formats = {
            "money": book.add_format({"num_format": "#,##0." + "0" * money.decimals if money.decimals else "#,##0"}),
            "share": book.add_format({"num_format": "0.0%"}),
            "ratio": book.add_format({"num_format": "#,##0.00"}),
            "count": book.add_format({"num_format": "#,##0"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "month": book.add_format({"num_format": "yyyy-mm"}),
        }
        bold = book.add_format({"bold": True})
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column.heading(money), bold)
            sheet.set_column(place, place, max(12, len(column.heading(money)) + 2))
            for line, row in enumerate(rows, start=1):
                value = row[column.name]
                if isinstance(value, date):
                    sheet.write_datetime(
                        line, place, value, formats["day"] if column.kind == "text" else formats[column.kind]
                    )
                else:
                    sheet.write(line, place, escape_formula(value), formats.get(column.kind))
        sheet.freeze_panes(1, 0)
    return stream.getvalue()

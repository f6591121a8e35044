"""The PDF: figures, sentences and pictures set by Typst, tagged for screen readers (PDF/UA-1)."""

from __future__ import annotations

import json
import tempfile
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import typst

from serve.report.charts import pictures
from serve.report.commentary import comment
from serve.report.figures import Line, MonthFigures, read_month
from serve.wording import count, growth, month_name, share, signed

TEMPLATE = Path(__file__).with_name("month.typ")
FOLDER = "reports"
NO_GLYPH = "□"


def write_report(published_file: Path, month: date | None = None, target: Path | None = None) -> Path:
    """Write the PDF of a month, without one of the last complete month, and return where it is.

    Without a target it is ``reports/<year-month>.pdf`` beside the published file. It is replaced in one step, and the
    same published version always gives the same bytes. Raises ReportError.
    """
    figures = read_month(published_file, month)
    file = target or published_file.parent / FOLDER / f"{figures.month.month:%Y-%m}.pdf"
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.new")
    new.write_bytes(_pdf(figures))
    new.replace(file)
    return file


def _pdf(figures: MonthFigures) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report = _content(figures)
        for number, picture in enumerate(pictures(figures)):
            (folder / f"{number}.svg").write_text(picture.svg, encoding="utf-8")
            report["pictures"].append({"title": picture.title, "text": picture.text, "file": f"{number}.svg"})
        (folder / "report.json").write_text(json.dumps(_displayable(report)), encoding="utf-8")
        (folder / "month.typ").write_bytes(TEMPLATE.read_bytes())
        pdf: bytes = typst.compile(
            folder / "month.typ",
            root=folder,
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"report": "report.json"},
            pdf_standards="ua-1",
            timestamp=figures.published.published_at.replace(microsecond=0),
        )
        return pdf


def _displayable(content: Any) -> Any:
    """The content with a box for each character that the fonts lack: PDF/UA has no text that is not displayed."""
    if isinstance(content, dict):
        return {name: _displayable(value) for name, value in content.items()}
    if isinstance(content, list):
        return [_displayable(value) for value in content]
    if not isinstance(content, str):
        return content
    return "".join(
        character if (character.isascii() and character.isprintable()) or _has_glyph(character) else NO_GLYPH
        for character in content
    )


@cache
def _has_glyph(character: str) -> bool:
    """Whether Typst's own fonts, which have no Chinese and no emoji, have the character; it takes 4 ms to ask."""
    try:
        typst.compile(
            b'#set document(title: "one")\n#sys.inputs.character',
            format="pdf",
            ignore_system_fonts=True,
            sys_inputs={"character": character},
            pdf_standards="ua-1",
        )
    except typst.TypstError:
        return False
    return True


def _content(figures: MonthFigures) -> dict[str, Any]:
    """What the template shows, as text."""
    month, published = figures.month, figures.published
    name = month_name(month.month)
    return {
        "title": f"{published.shop_name}: {name}",
        "shop_name": published.shop_name,
        "note": None
        if month.is_complete
        else f"{name} is not over: the data reaches through {published.data_through}.",
        "footer": f"{published.shop_name} · data through {published.data_through} · version {published.version} "
        f"of run {published.run_id}",
        "commentary": comment(figures),
        "key_columns": ["", name, month_name(figures.previous.month) if figures.previous else "", "Change"],
        "key_figures": _key_figures(figures),
        "pictures": [],
        "sections": [
            _section("Categories", figures.categories, figures, with_share=True),
            _section("Products with the most revenue", figures.products, figures),
            _section("Channels", figures.channels, figures),
        ],
    }


def _key_figures(figures: MonthFigures) -> list[list[str]]:
    amount = figures.money.text
    rows = {
        "Revenue": ("net", amount),
        "Net sales, after refunds": ("net_sales", amount),
        "Orders": ("order_count", count),
        "Average order value": ("avg_order_value", amount),
        "Discounts": ("discount", amount),
        "Refunds": ("refunds", amount),
        "Active customers": ("active_customers", count),
        "New customers": ("new_customers", count),
    }
    return [[label, *_compared(column, text, figures)] for label, (column, text) in rows.items()]


def _compared(column: str, text: Any, figures: MonthFigures) -> tuple[str, str, str]:
    now = getattr(figures.month, column)
    if figures.previous is None:
        return text(now), "", ""
    before = getattr(figures.previous, column)
    grown = growth(now, before) if figures.comparable else None
    return text(now), text(before), signed(grown)


def _section(title: str, lines: list[Line], figures: MonthFigures, *, with_share: bool = False) -> dict[str, Any]:
    shares = ["Share"] if with_share else []
    return {
        "title": title,
        "columns": ["", "Units", f"Revenue ({figures.money.currency})", *shares],
        "rows": [
            [
                line.name,
                count(line.units),
                figures.money.text(line.net),
                *([share(line.net_share)] if with_share else []),
            ]
            for line in lines
        ],
    }

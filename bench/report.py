"""Measurements as tables, for the terminal and for docs/explanation/performance.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from bench.measure import Usage, total
from bench.shop import STEPS, Measurement

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
PIPELINE = ("load", "dbt", "publish")
HEADER = ("", "CPU s", "wall s", "peak MiB", "one day more: CPU s", "wall s", "peak MiB")

Row = tuple[str, ...]


def steps_table(measurements: Iterable[Measurement]) -> str:
    """What each step took at each size, of the first build and of one day more, and how that compares."""
    rows: list[Row] = [HEADER]
    for size in measurements:
        rows.append((f"**{size.transactions:,} transactions**", *[""] * 6))
        rows += [(step, *_cells(size.first[step]), *_cells(size.next_day[step])) for step in STEPS]
        pipeline = total(size.first[step] for step in PIPELINE)
        rows.append((" + ".join(PIPELINE), *_cells(pipeline), *_cells(total(size.next_day[step] for step in PIPELINE))))
        rows.append(("the floor", *_cells(size.floor), "", "", ""))
        rows.append(("times the floor", *_ratios(pipeline, size.floor), "", "", "", ""))
        everything, day = (total(steps.values()) for steps in (size.first, size.next_day))
        rows.append(("all steps", *_cells(everything), *_cells(day)))
        rows.append(("one day's share", "", "", "", *_shares(day, everything), ""))
        places = ("landed", size.landing_mb), ("raw", size.raw_mb), ("warehouse", size.warehouse_mb)
        sizes = [f"{megabytes:,.0f} MB {place}" for place, megabytes in (*places, ("published", size.published_mb))]
        rows.append((", ".join(sizes), *[""] * 6))
    return _markdown(rows)


def runs_table(runs: Mapping[str, Usage]) -> str:
    """What whole runs took."""
    return _markdown([HEADER[:4], *((name, *_cells(usage)) for name, usage in runs.items())])


def into_page(page: Path, tables: str) -> None:
    """Put the tables between the page's two marks; raises SystemExit when it lacks one."""
    head, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{page} lacks a line {END if begin else BEGIN}; expected both, with the tables between them.")
    page.write_text(f"{head}{BEGIN}\n{tables}\n{END}{tail}", encoding="utf-8")


def _cells(usage: Usage) -> tuple[str, str, str]:
    return f"{usage.cpu:,.1f}", f"{usage.wall:,.1f}", f"{usage.peak:,.0f}"


def _ratios(usage: Usage, floor: Usage) -> tuple[str, str]:
    return f"{usage.cpu / floor.cpu:.1f}", f"{usage.wall / floor.wall:.1f}"


def _shares(part: Usage, whole: Usage) -> tuple[str, str]:
    return f"{part.cpu / whole.cpu:.1%}", f"{part.wall / whole.wall:.1%}"


def _markdown(rows: list[Row]) -> str:
    """A Markdown table that can be read as it is; the first row is the header."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rule = tuple("-" * width if column == 0 else "-" * (width - 1) + ":" for column, width in enumerate(widths))
    return "\n".join(
        "| " + " | ".join(cell.rjust(width) if column else cell.ljust(width) for column, (cell, width) in cells) + " |"
        for row in (rows[0], rule, *rows[1:])
        for cells in [list(enumerate(zip(row, widths, strict=True)))]
    )

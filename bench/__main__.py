"""``python -m bench``: the pipeline step by step, beside the floor, at several sizes."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from bench.airflow_run import demo_runs
from bench.report import into_page, runs_table, steps_table
from bench.shop import ROOT, measure_shop

PAGE = ROOT / "docs" / "explanation" / "performance.md"


def main(
    sizes: Annotated[str, typer.Option(help="Numbers of transactions, comma-separated.")] = "1000,1000000,10000000",
    folder: Annotated[
        Path | None, typer.Option(help="Where to work; 10 million need 8 GB. Default: the system's temporary folder.")
    ] = None,
    airflow: Annotated[bool, typer.Option(help="Also run the demo under Airflow and without it.")] = True,
    write: Annotated[bool, typer.Option(help="Put the tables into docs/explanation/performance.md.")] = False,
) -> None:
    """Measure every step in a process of its own and print what it took."""
    work = Path(tempfile.mkdtemp(prefix="bench-", dir=folder))
    tables = [f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}."]
    try:
        measurements = []
        for transactions in (int(size.replace("_", "")) for size in sizes.split(",")):
            typer.echo(f"{transactions:,} transactions ...", err=True)
            measurements.append(measure_shop(work / str(transactions), transactions))
            typer.echo(steps_table(measurements[-1:]), err=True)
            shutil.rmtree(work / str(transactions))
        tables.append(steps_table(measurements))
        if airflow:
            typer.echo("The demo under Airflow ...", err=True)
            tables.append(runs_table(demo_runs(work)))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    typer.echo("\n\n".join(tables))
    if write:
        into_page(PAGE, "\n\n".join(tables))


if __name__ == "__main__":
    typer.run(main)

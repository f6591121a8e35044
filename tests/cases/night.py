"""``python -m tests.cases.night DATE``: the steps of a night up to the published file, for SALES_CLIENT."""

import sys
from datetime import date

import typer

from cli.steps import EXPECTED, run_of
from pipeline.steps import PUBLISH, run_all, steps_of

if __name__ == "__main__":
    try:
        whole = run_of(None, date.fromisoformat(sys.argv[1]), {})
        steps = steps_of(whole.client)
        run_all(whole, 60, typer.echo, steps[: [step.name for step in steps].index(PUBLISH.name) + 1])
    except EXPECTED as error:
        sys.exit(f"error: {error}")

"""The demo's DAG under the embedded Airflow, beside the same steps without it."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.measure import Usage, measured
from bench.shop import ROOT

WITHOUT = ("sales", "run")
# Not the default port, so that `make up` may run meanwhile.
UNDER_AIRFLOW = (sys.executable, "airflow/embedded.py", "run", "--port", "28190")


def demo_runs(folder: Path) -> dict[str, Usage]:
    """The demo's first run and its rerun, each without Airflow and under it; Airflow's home is prepared before."""
    _run(UNDER_AIRFLOW, folder / "prepared")
    return {
        f"{run}, {name}": _run(command, folder / name)
        for name, command in (("without Airflow", WITHOUT), ("under Airflow", UNDER_AIRFLOW))
        for run in ("first run", "rerun")
    }


def _run(command: tuple[str, ...], data: Path) -> Usage:
    return measured(command, cwd=ROOT, variables={"SALES_CLIENT": "demo", "SALES_DATA_DIR": str(data)})

"""A copy of the checkout for tests of Airflow's services: every layer, and of the marts the daily sales."""

from __future__ import annotations

import shutil
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
PARTS = ["airflow", "analytics", "clients", "dbt_project", "extract", "landing", "load", "notify", "publish"]
MART = "mart_daily_sales"


def copy_to(root: Path) -> None:
    """Copy what runs, without the other marts and what reads them: they are half of a run's tasks."""
    for part in PARTS:
        left_out = shutil.ignore_patterns("__pycache__", "target", "logs")
        shutil.copytree(CHECKOUT / part, root / part, ignore=left_out)
    project = root / "dbt_project"
    marts = [path for path in (project / "models" / "marts").rglob("*.*") if path.stem != MART]
    fits = list((project / "models" / "analytics").glob("*.*"))
    gone = {f"ref('{path.stem}')" for path in (*marts, *fits)}
    readers = [path for path in (project / "tests").glob("*.sql") if any(name in path.read_text() for name in gone)]
    for path in (*marts, *fits, *readers, project / "models" / "exposures.yml"):
        path.unlink()

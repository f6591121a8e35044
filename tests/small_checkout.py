"""A copy of the checkout for tests of Airflow's services: every layer, and the marts that a run itself reads."""

from __future__ import annotations

import shutil
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
PARTS = [
    *("airflow", "analytics", "clients", "contracts", "dbt_project", "extract", "formats", "load"),
    *("notify", "pipeline", "privacy", "publish", "serve", "storage"),
]
MARTS = {
    "mart_daily_sales",  # the notification
    *("mart_monthly_revenue", "mart_monthly_churn", "mart_category_sales_monthly", "mart_top_skus"),  # the report
    "mart_channel_sales",
}


def copy_to(root: Path) -> None:
    """Copy what runs, without the other marts and what reads them: they are a third of a run's tasks."""
    for part in PARTS:
        left_out = shutil.ignore_patterns("__pycache__", "target", "logs")
        shutil.copytree(CHECKOUT / part, root / part, ignore=left_out)
    project = root / "dbt_project"
    marts = [path for path in (project / "models" / "marts").rglob("*.*") if path.stem not in MARTS]
    fits = list((project / "models" / "analytics").glob("*.*"))
    gone = {f"ref('{path.stem}')" for path in (*marts, *fits)}
    readers = [path for path in (project / "tests").glob("*.sql") if any(name in path.read_text() for name in gone)]
    for path in (*marts, *fits, *readers, project / "models" / "exposures.yml"):
        path.unlink()

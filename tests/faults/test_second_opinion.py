"""The published tables, made a second time by one hand-written script: no fault of a model hides in its own tests."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def floor(command: str, folder: Path, target: Path, *more: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "bench.floor", command, folder, target, *more]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_hand_written_script_makes_the_published_tables(history, tmp_path: Path) -> None:
    shop, target = history.after("first run"), tmp_path / "floor.duckdb"
    assert floor("build", shop.folder, target, "America/New_York").stderr == ""
    assert floor("compare", shop.folder, target).stderr == ""


def test_a_difference_is_named(history, tmp_path: Path) -> None:
    # In another time zone the day ends at another hour.
    shop, target = history.after("first run"), tmp_path / "floor.duckdb"
    assert floor("build", shop.folder, target, "Asia/Tokyo").stderr == ""
    assert "order_date" in floor("compare", shop.folder, target).stderr

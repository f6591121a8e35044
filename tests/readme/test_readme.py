"""The README says what the program does: its figures, its commands, its files."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.paths import ClientPaths

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.system
def test_the_figures_are_those_of_a_run(tmp_path: Path, give_parsed_project: Callable[[ClientPaths], None]) -> None:
    give_parsed_project(ClientPaths(tmp_path, "demo"))
    demo_shop = (ROOT / "docs" / "explanation" / "demo-shop.md").read_text(encoding="utf-8")
    totals = README.split("holds them against the program -->\n```text\n")[1].split("```")[0]
    figures = demo_shop.split("## What `make run` prints")[1].split("```text\n")[1].split("```")[0]
    assert figures.endswith(totals)
    finished = subprocess.run(
        [sys.executable, "-m", "cli.main", "run", "--client", "demo"],
        cwd=ROOT,
        env={**os.environ, "SALES_DATA_DIR": str(tmp_path), "SALES_CLIENTS_DIR": str(ROOT / "clients")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2_000:]
    assert figures in finished.stdout


def test_every_make_target_it_names_exists() -> None:
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)\b", README))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {"run", "test", "up", "down"} <= named
    assert named <= targets


def test_every_sales_command_it_names_exists() -> None:
    named = set(re.findall(r"\bsales ([a-z]+)`", README))
    listed = subprocess.run(
        [sys.executable, "-m", "cli.main", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {"rollback", "quarantine"} <= named
    assert named <= set(re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE))


def test_every_file_it_names_exists() -> None:
    named = set(re.findall(r"`((?:docs|clients|powerbi|tests|cli)/[A-Za-z0-9_./-]*)`", README))
    assert len(named) > 2
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []

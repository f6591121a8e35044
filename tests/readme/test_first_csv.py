"""The first page that a newcomer types does what it says, to the cent."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.paths import ClientPaths
from tests.readme.typed import typed

pytestmark = pytest.mark.system
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "start" / "first-csv.md").read_text(encoding="utf-8")
SETUP, FILE, CLIENT, RUN, LOOK = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def test_the_first_csv_gives_the_figures_of_the_page(
    tmp_path: Path, give_parsed_project: Callable[[ClientPaths], None]
) -> None:
    give_parsed_project(ClientPaths(tmp_path / "data", "my_shop"))
    (tmp_path / "clients").mkdir()
    said = typed(FILE + CLIENT + RUN, tmp_path)
    figures = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    assert len(figures) == 1
    assert figures[0] in said
    assert re.search(r" (\d+) of \1 models and tests passed", said)


def test_the_other_commands_of_the_page_are_ours() -> None:
    assert SETUP.splitlines() == ["make setup", "source .venv/bin/activate"]
    assert LOOK.startswith("make dashboard CLIENT=my_shop ")

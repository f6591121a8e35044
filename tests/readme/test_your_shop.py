"""The page from a folder of exports to the dashboard does what it says, to the cent."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.paths import ClientPaths
from tests.readme.typed import typed

pytestmark = pytest.mark.system
ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "start" / "your-shop.md").read_text(encoding="utf-8")
SETUP, FILES, NEW, ANSWERED, CHECK, RUN, LOOK = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
QUESTIONS, CHECKED, FIGURES = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)


def test_a_folder_of_exports_gives_the_figures_of_the_page(
    tmp_path: Path, give_parsed_project: Callable[[ClientPaths], None]
) -> None:
    give_parsed_project(ClientPaths(tmp_path / "data", "my_shop"))
    (tmp_path / "clients").mkdir()
    typed(FILES + NEW, tmp_path)
    assert QUESTIONS in (tmp_path / "clients" / "my_shop.yml").read_text(encoding="utf-8")
    typed(ANSWERED, tmp_path)
    assert CHECKED in typed(CHECK, tmp_path)
    said = typed(RUN, tmp_path)
    assert FIGURES in said
    assert re.search(r" (\d+) of \1 models and tests passed", said)


def test_the_other_commands_of_the_page_are_ours() -> None:
    assert SETUP.splitlines() == ["make setup", "source .venv/bin/activate"]
    assert LOOK.startswith("make dashboard CLIENT=my_shop ")

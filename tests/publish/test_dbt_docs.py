"""The page of the data model: of the models there are, and made once for them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.paths import ClientPaths
from publish import dbt_docs
from publish.dbt_docs import write_data_model
from publish.errors import PublishError

pytestmark = pytest.mark.xdist_group("dbt docs")


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory, give_parsed_project: Callable[[ClientPaths], None]) -> ClientPaths:
    paths = ClientPaths(tmp_path_factory.mktemp("data"), "demo")
    paths.warehouse.parent.mkdir(parents=True)
    give_parsed_project(paths)
    return paths


@pytest.fixture(scope="module")
def page(paths: ClientPaths) -> str:
    return write_data_model(paths, os.environ, lock=sys.stdout.fileno()).read_text(encoding="utf-8")


def dbt(monkeypatch: pytest.MonkeyPatch, code: int, said: str = "") -> list[Any]:
    """Ends with the code instead of running; the calls are in the list."""
    calls: list[Any] = []

    def run(command: list[Any], **_: Any) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        return subprocess.CompletedProcess(command, code, said, "")

    monkeypatch.setattr(dbt_docs.subprocess, "run", run)
    return calls


def test_every_model_is_on_the_page_with_lineage_and_no_place_of_this_machine(paths: ClientPaths, page: str) -> None:
    for path in (dbt_docs.PROJECT / "models").rglob("*.sql"):
        assert f"model.sales_analytics.{path.stem}" in page
    assert "parent_map" in page
    assert "Every figure has one definition" in page
    assert str(paths.data) not in page


def test_it_is_made_once_for_the_same_models(paths: ClientPaths, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = dbt(monkeypatch, 1)
    assert write_data_model(paths, os.environ, lock=0).read_text(encoding="utf-8") == page
    assert calls == []


def test_a_changed_model_makes_it_anew_and_what_dbt_says_is_told(
    paths: ClientPaths, page: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    model = tmp_path / "models" / "one.sql"
    model.parent.mkdir()
    model.write_text("select 1")
    monkeypatch.setattr(dbt_docs, "PROJECT", tmp_path)
    calls = dbt(monkeypatch, 2, "Compilation Error\n  one is wrong")
    with pytest.raises(PublishError, match="describe the models: Compilation Error one is wrong; expected a b"):
        write_data_model(paths, os.environ, lock=0)
    assert len(calls) == 1
    assert paths.data_model.read_text(encoding="utf-8") == page, "readers keep the page they had"

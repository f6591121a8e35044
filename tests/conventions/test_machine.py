"""What a machine lacks: a test is skipped before its fixtures, and the last lines say which and how to have it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.machine import CHECKOUT, NEEDS, what_is_missing

TESTS = CHECKOUT / "tests"
SUITE = """
import pytest
from tests.machine import lacks

@pytest.fixture
def dear():
    raise AssertionError("made for a test that cannot run")

@pytest.mark.needs("chromium")
def test_browser(dear): ...

@pytest.mark.needs("chromium")
@pytest.mark.parametrize("page", [1, 2])
def test_page(page): ...

def test_trial():
    lacks("package index")

def test_everywhere(): ...
"""


def run(folder: Path, *arguments: str) -> tuple[int, list[str]]:
    """Exit code and lines of a suite with the conftest of these tests, on a machine without a program on its path."""
    (folder / "tests").mkdir()
    for name in ("conftest.py", "machine.py"):
        (folder / "tests" / name).write_text((TESTS / name).read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "tests" / "test_suite.py").write_text(SUITE, encoding="utf-8")
    (folder / "pytest.ini").write_text(
        "[pytest]\naddopts = --import-mode=importlib --strict-markers\nmarkers = needs\n"
    )
    inherited = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "xdist", *arguments],
        cwd=folder,
        env=inherited | {"PATH": "/nowhere", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout.splitlines()


@pytest.mark.parametrize("arguments", [[], ["-n", "2"]], ids=["in one process", "in two"])
def test_the_last_lines_say_which_tests_were_skipped_and_what_to_type(tmp_path: Path, arguments: list[str]) -> None:
    code, lines = run(tmp_path, *arguments)
    assert code == 0, lines
    assert "1 passed, 4 skipped" in lines[-3]
    assert lines[-2:] == [
        f"3 tests of tests/test_suite.py skipped: Chromium is not here; to have it: {NEEDS['chromium'].how}",
        f"1 test of tests/test_suite.py skipped: {NEEDS['package index'].reason}",
    ]


def test_a_run_that_skipped_every_test_is_no_success(tmp_path: Path) -> None:
    code, lines = run(tmp_path, "-k", "browser or page")
    assert code == pytest.ExitCode.NO_TESTS_COLLECTED, lines
    assert lines[-1].startswith("3 tests of tests/test_suite.py skipped: Chromium is not here")


def test_tests_of_several_files_that_lack_one_thing_have_one_line() -> None:
    skipped = [("tests/b.py::x", "no node"), ("tests/a.py::y", "no node"), ("tests/a.py::z[1]", "no node")]
    assert what_is_missing(skipped) == ["3 tests of tests/a.py, tests/b.py skipped: no node"]
    assert what_is_missing([]) == []


def _skips_by_itself(path: Path) -> bool:
    """Whether a file names pytest's own ways to skip."""
    names = {node.attr for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Attribute)}
    return bool(names & {"skip", "skipif", "importorskip", "skipTest"})


def test_no_test_is_skipped_in_another_way() -> None:
    assert [path.name for path in TESTS.rglob("*.py") if _skips_by_itself(path)] == ["machine.py"]


def test_every_need_that_a_test_names_is_known_and_every_known_one_is_named() -> None:
    named = set()
    for path in TESTS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if called in ("needs", "lacks") and path.name != "conftest.py":
                    named |= {argument.value for argument in node.args if isinstance(argument, ast.Constant)}
    assert named == set(NEEDS)

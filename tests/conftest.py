"""A test that needs what this machine lacks is skipped, and the last lines of a run say which, and how to have it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

import pytest

from contracts.paths import ClientPaths
from tests.machine import is_here, lacks, what_is_missing

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest


# The groups of pytest-xdist that take longest: begun last, one worker would wait for the other.
LONGEST = ("airflow", "runbook", "faults", "integration-any-order", "integration-demo", "dashboard", "dbt tests")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest groups first, tests that are no group's last: their short ones let both workers end together."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    mark = item.get_closest_marker("xdist_group")
    group = (mark.args or [mark.kwargs.get("name")])[0] if mark else None
    return LONGEST.index(group) if group in LONGEST else len(LONGEST) + (group is None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before any fixture: none is made for a test that cannot run."""
    for mark in item.iter_markers("needs"):
        for name in mark.args:
            if not is_here(name):
                lacks(name)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None]:
    """After the line that counts the tests. Where every test was skipped nothing is proved: not a success."""
    yield
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:  # a worker of xdist, whose results the first process prints
        return
    skipped = reporter.stats.get("skipped", [])
    if skipped and not reporter.stats.get("passed") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
    why = [(report.nodeid, report.longrepr[2].removeprefix("Skipped: ")) for report in skipped]
    for line in what_is_missing(why):
        reporter.write_line(line, yellow=True)


@pytest.fixture(scope="session")
def parsed_project(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """The dbt project as dbt has parsed it: that takes longer than running the models of a small shop."""
    from tests.shared import parsed_project  # noqa: PLC0415 imports dbt, which most tests do not need

    return parsed_project(tmp_path_factory)


@pytest.fixture(scope="session")
def give_parsed_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[ClientPaths], None]:
    """Lets a shop's first `sales build` find the project parsed, as every later one does."""
    from tests.shared import give_parsed_project  # noqa: PLC0415 imports dbt

    return lambda paths: give_parsed_project(tmp_path_factory, paths)

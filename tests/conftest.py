"""A test that needs what this machine lacks is skipped, and the last lines of a run say which, and how to have it."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.machine import is_here, lacks, what_is_missing


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

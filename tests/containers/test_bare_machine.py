"""`make test` on a machine with Python, git and make alone: the script of `make test-bare`, for a few of the tests."""

import os
import subprocess

import pytest

from tests.containers.conftest import ROOT, engine
from tests.machine import NEEDS

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1800), pytest.mark.needs("engine")]
FEW = "tests/conventions tests/storage tests/dag/test_airflow_ui.py tests/publish/test_publish.py"


def test_what_can_run_passes_and_the_last_lines_say_what_is_missing() -> None:
    done = subprocess.run(
        ["bash", ROOT / "tests" / "containers" / "make_test_bare.sh"],
        env={**os.environ, **engine(), "PYTEST_ADDOPTS": FEW},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    passed, *missing = done.stdout.splitlines()[-3:]
    assert " passed" in passed
    assert "tests/dag/test_airflow_ui.py skipped: Chromium is not here" in missing[0]
    assert missing[1].endswith(NEEDS["mount"].reason)

"""The pipeline lock: one holder, named to the others, never left behind by a killed process."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.paths import ClientPaths
from storage.lock import LockHeldError, pipeline_lock

NOW = datetime(2026, 11, 1, 7, 30, tzinfo=UTC)
HOLD = """
import subprocess, sys, time
from datetime import datetime, UTC
from pathlib import Path
from storage.lock import pipeline_lock
from contracts.paths import ClientPaths
with pipeline_lock(ClientPaths(Path(sys.argv[1]), "shop"), step="load", run_id="night",
                   now=datetime(2026, 11, 1, 7, tzinfo=UTC)) as descriptor:
    if sys.argv[2] == "child":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=[descriptor])
        print(child.pid, flush=True)
    else:
        print("held", flush=True)
    time.sleep(60)
"""


@contextmanager
def holder(data: Path, mode: str = "alone") -> Iterator[tuple[subprocess.Popen[str], str]]:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(data), mode], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline().strip()
        assert said
        yield process, said
        process.kill()


def take(data: Path, wait_seconds: float = 0) -> None:
    paths = ClientPaths(data, "shop")
    with pipeline_lock(paths, step="publish", run_id="day", now=NOW, wait_seconds=wait_seconds):
        pass


def test_the_second_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    with holder(tmp_path) as (process, _), pytest.raises(LockHeldError) as refusal:
        take(tmp_path, wait_seconds=0.3)
    assert f"load of run night (process {process.pid} on " in str(refusal.value)
    assert "since 2026-11-01T07:00:00+00:00)" in str(refusal.value)
    assert "waited 0.3 s for" in str(refusal.value)


def test_the_second_gets_the_lock_when_the_first_ends_in_time(tmp_path: Path) -> None:
    with holder(tmp_path) as (process, _):
        process.kill()
        take(tmp_path, wait_seconds=30)


def test_clients_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with (
        pipeline_lock(ClientPaths(tmp_path, "one"), step="load", run_id="a", now=NOW),
        pipeline_lock(ClientPaths(tmp_path, "two"), step="load", run_id="b", now=NOW),
    ):
        pass


def test_the_lock_is_free_after_the_block_even_when_it_fails(tmp_path: Path) -> None:
    for _ in range(2):
        with (
            pytest.raises(RuntimeError),
            pipeline_lock(ClientPaths(tmp_path, "shop"), step="load", run_id="a", now=NOW),
        ):
            raise RuntimeError
    assert (tmp_path / "shop" / "pipeline.lock").read_text() == ""


def test_a_child_that_was_handed_the_lock_keeps_it_after_its_parent_was_killed(tmp_path: Path) -> None:
    with holder(tmp_path, "child") as (process, child):
        process.kill()
        process.wait()
        with pytest.raises(LockHeldError):
            take(tmp_path)
        os.kill(int(child), signal.SIGKILL)
        for _ in range(100):
            try:
                take(tmp_path)
            except LockHeldError:
                time.sleep(0.05)
            else:
                break
        take(tmp_path)

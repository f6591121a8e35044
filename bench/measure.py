"""One command in its own process: CPU, wall time and peak memory."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Usage:
    """What a command took: CPU seconds of it and its children, wall seconds, peak MiB of its largest process."""

    cpu: float
    wall: float
    peak: float


def measured(command: Sequence[str | Path], *, cwd: Path, variables: Mapping[str, str]) -> Usage:
    """Run a command to its end; raises SystemExit with the end of its output when it fails.

    The peak cannot be less than this process's own memory at the time (Linux carries it over the fork), so keep this
    process small: nothing here imports DuckDB.
    """
    with tempfile.TemporaryFile() as output:
        begin = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 our own commands, no shell
            command, cwd=cwd, env={**os.environ, **variables}, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            tail = output.read()[-4_000:].decode(errors="replace")
            raise SystemExit(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{tail}")
    return Usage(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def beyond(whole: Usage, part: Usage) -> Usage:
    """What a command takes beyond another that does a part of it; the peak is the whole one's."""
    return Usage(whole.cpu - part.cpu, whole.wall - part.wall, whole.peak)


def total(usages: Iterable[Usage]) -> Usage:
    """Steps one after the other: their times added, the highest of their peaks."""
    steps = list(usages)
    return Usage(sum(step.cpu for step in steps), sum(step.wall for step in steps), max(step.peak for step in steps))

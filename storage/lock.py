"""One step of one client at a time: a file lock that says who holds it.

The operating system drops the lock with the last process that holds it, so a killed run never blocks the next one.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from contracts.paths import ClientPaths
from contracts.printable import SafeError
from storage.permissions import private_files

POLL_SECONDS = 0.2


class LockHeldError(SafeError):
    """Another run works on the client; the message says which and since when."""


@dataclass(frozen=True)
class Holder:
    """Who holds the lock; ``since`` is ISO 8601 in UTC."""

    step: str
    run_id: str
    pid: int
    host: str
    since: str

    def __str__(self) -> str:
        return f"{self.step} of run {self.run_id} (process {self.pid} on {self.host}, since {self.since})"


@contextmanager
def pipeline_lock(
    paths: ClientPaths, *, step: str, run_id: str, now: datetime, wait_seconds: float = 0
) -> Iterator[int]:
    """Hold the client's lock for the block; every step that writes the client's folder runs inside one.

    What is written in it is for its owner's eyes only.

    Yields the lock's descriptor: hand it to a child process (``pass_fds``) that writes the warehouse, and the lock
    stays held until the child has ended too, even when this process is killed. Raises LockHeldError when
    another process still holds it after ``wait_seconds``.
    """
    path = paths.root / "pipeline.lock"
    paths.data.mkdir(parents=True, exist_ok=True)
    with private_files(), _opened(path) as stream:
        _acquire(stream, path, wait_seconds)
        stream.truncate(0)
        since = now.isoformat(timespec="seconds")
        json.dump(asdict(Holder(step, run_id, os.getpid(), socket.gethostname(), since)), stream)
        stream.flush()
        try:
            yield stream.fileno()
        finally:
            stream.truncate(0)


def _opened(path: Path) -> IO[str]:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    return path.open("a+", encoding="utf-8")


def _acquire(stream: IO[str], path: Path, wait_seconds: float) -> None:
    for _ in range(int(wait_seconds / POLL_SECONDS)):
        if _taken(stream):
            return
        time.sleep(POLL_SECONDS)
    if not _taken(stream):
        raise LockHeldError(
            f"waited {wait_seconds:g} s for {path}, held by {_holder(stream)}; expected it to be free. "
            "Let that run end, or stop its process, and repeat the command."
        )


def _taken(stream: IO[str]) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(stream: IO[str]) -> Holder | str:
    stream.seek(0)
    try:
        return Holder(**json.load(stream))
    except (ValueError, TypeError):  # the holder is between taking the lock and writing its name
        return "a run that has only just started"

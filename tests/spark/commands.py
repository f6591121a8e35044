"""Commands of a shop as a person types them, some of them killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest


def sales(*arguments: str) -> subprocess.Popen[str]:
    """A command of a shell of its own, so that all that it starts can be killed."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(["sales", *arguments], text=True, start_new_session=True, **pipes)  # type: ignore[call-overload,no-any-return]


def done(*arguments: str, code: int = 0) -> str:
    """What a command that ends with the code says."""
    process = sales(*arguments)
    said, _ = process.communicate()
    assert process.returncode == code, said[-3000:]
    return said


def kill_when(process: subprocess.Popen[str], word: str) -> None:
    """Kill a command and all that it started, at once, when it says the word."""
    assert process.stdout is not None
    for line in process.stdout:
        if word in line:
            break
    else:
        pytest.fail(f"it ended without {word}")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(1)  # Spark's own process follows its driver

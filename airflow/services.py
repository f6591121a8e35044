"""Airflow's processes for ``make up``: started together, watched by one parent, stopped together."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import psutil

from embedded_home import CHECKOUT, EmbeddedError, Home

# The log servers would listen on every address; the API server reads the log files itself.
COMPONENTS = (
    ("api-server",),
    ("scheduler", "--skip-serve-logs"),
    ("dag-processor",),
    ("triggerer", "--skip-serve-logs"),
)
MARK = "SALES_AIRFLOW_UP"  # in the environment of every process that `make up` starts, and of their children
START_SECONDS, STOP_SECONDS = 300, 20


def start(home: Home) -> None:
    """Start Airflow in the background and return when it is healthy.

    Raises EmbeddedError when the port is taken or a process ends while it starts.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", home.port))
        except OSError as error:
            raise EmbeddedError(
                f"port {home.port} of 127.0.0.1 is taken ({error.strerror}); expected it to be free. "
                "Stop what listens there, or choose another port: AIRFLOW_PORT=8081 make up."
            ) from error
    with home.log.open("w") as log:
        serving = subprocess.Popen(  # noqa: S603 our own module, no shell
            [sys.executable, str(Path(__file__).with_name("embedded.py")), "serve", "--port", str(home.port)],
            cwd=CHECKOUT,
            env=home.environment() | {MARK: str(home.folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    for _ in range(START_SECONDS * 2):
        if serving.poll() is not None:
            tail = "\n".join(f"  | {line}" for line in home.log.read_text(errors="replace").splitlines()[-15:])
            raise EmbeddedError(f"Airflow ended while it started. The end of {home.log}:\n{tail}")
        if _is_healthy(home):
            return
        time.sleep(0.5)
    stop(home)
    raise EmbeddedError(
        f"Airflow was not healthy after {START_SECONDS} s and was stopped. Its output is in {home.log}."
    )


def serve(home: Home) -> None:
    """Run the processes until one of them ends or this one is told to stop, then stop the others."""
    with home.held_by("make up") as held:
        signal.signal(signal.SIGTERM, _raise_stop)
        signal.signal(signal.SIGINT, _raise_stop)
        components: list[subprocess.Popen[bytes]] = []
        try:
            for component in COMPONENTS:
                command = [sys.executable, "-m", "airflow", *component]
                components.append(subprocess.Popen(command, pass_fds=(held,)))  # noqa: S603 constants, no shell
            while all(component.poll() is None for component in components):
                time.sleep(0.5)
        except KeyboardInterrupt:
            pass
        finally:
            api_server, *others = components
            _end(others)  # first: a task that ends while they stop tells the API server
            _end([api_server])


def stop(home: Home) -> int:
    """Stop every process that ``make up`` started, and those they started; returns how many there were."""
    found = _processes(home)
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):  # a task's process, and it has ended
            if process.cmdline()[2:3] == ["serve"]:
                process.terminate()
    psutil.wait_procs(found, timeout=STOP_SECONDS * 2)
    left = _processes(home)
    for process in left:
        process.kill()
    psutil.wait_procs(left, timeout=STOP_SECONDS)
    return len(found)


def _raise_stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end(components: Sequence[subprocess.Popen[bytes]]) -> None:
    for component in components:
        component.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    while any(component.poll() is None for component in components) and time.monotonic() < deadline:
        time.sleep(0.1)
    for component in components:
        component.kill()
        component.wait()


def _processes(home: Home) -> list[psutil.Process]:
    """Every process of this home, whoever its parent is by now."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and _is_ours(process, home):
                found.append(process)
        except psutil.Error:  # it has ended, or it is somebody else's
            continue
    return found


def _is_ours(process: psutil.Process, home: Home) -> bool:
    """Whether `make up` started it: by its mark or, where it wrote its title over that, by the lock it inherited."""
    if process.environ().get(MARK) == str(home.folder):
        return True
    held = any(Path(file.path) == home.lock for file in process.open_files())
    return held and home.lock.read_text() == "make up"


def _is_healthy(home: Home) -> bool:
    try:
        with urllib.request.urlopen(f"{home.url}/api/v2/monitor/health", timeout=5) as answer:  # noqa: S310 our own URL
            health = json.load(answer)
    except OSError:
        return False
    return all(
        health[component]["status"] == "healthy"
        for component in ("metadatabase", "scheduler", "dag_processor", "triggerer")
    )

"""One run of a client's DAG in this process, without a scheduler: what ``make run`` does.

The DAG file, its tasks and the metadata are Airflow's own; only what starts the next task is a loop instead of the
scheduler, whose processes take longer to start and stop than the run (docs/decisions/0001-one-run-in-one-process.md).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from pluggy import HookimplMarker

from embedded_home import CHECKOUT, EmbeddedError, Home

DAG_FILE = CHECKOUT / "airflow" / "dags" / "sales_pipeline_dag.py"
LOG_TAIL = 15
hookimpl = HookimplMarker("airflow")


class RunFailedError(Exception):
    """The run failed; the message names the task, the cause, the end of its log and how to go on."""


def run_once(home: Home, dag_id: str, conf: Mapping[str, object], terminal: TextIO) -> None:
    """Run the DAG once with the values of its form, telling the terminal of each task; raises RunFailedError.

    Every task has one attempt: the person at the terminal decides what to do. This process becomes part of the
    home's Airflow, and its output goes to Airflow's logs from here on.
    """
    os.environ.update(home.environment())
    sys.path[:0] = [str(CHECKOUT / "airflow" / "config"), str(CHECKOUT)]
    logs = home.folder / "logs"
    logs.mkdir(exist_ok=True)
    with (logs / "make_run.log").open("w") as run_log, _output_to(run_log.fileno()):
        progress = Progress(terminal, logs, run_log.fileno())
        failed = _run(dag_id, conf, progress)
    if failed:
        raise RunFailedError(progress.report(failed, logs / "make_run.log"))


def _run(dag_id: str, conf: Mapping[str, object], progress: Progress) -> list[str]:
    """The ids of the tasks that failed; empty when the run succeeded."""
    from airflow.dag_processing.dagbag import BundleDagBag  # noqa: PLC0415 reads its settings on import
    from airflow.sdk.listener import get_listener_manager  # noqa: PLC0415
    from airflow.utils.state import DagRunState, TaskInstanceState  # noqa: PLC0415

    os.environ["_AIRFLOW_PARSING_CONTEXT_DAG_ID"] = dag_id  # no other client's DAG is needed
    bag = BundleDagBag(dag_folder=DAG_FILE, bundle_path=DAG_FILE.parent, bundle_name="dags-folder")
    if dag_id not in bag.dags:
        raise EmbeddedError(f"{DAG_FILE} has no DAG {dag_id}: {bag.import_errors or 'no such client'}")
    dag = bag.dags[dag_id]
    for task in dag.tasks:
        task.retries = 0
    _end_killed_runs(dag_id)
    get_listener_manager().pm.register(progress)
    # A logical date of its own: without one the runs before it would be cleared.
    run = dag.test(logical_date=datetime.now(UTC), run_conf=dict(conf))
    if run.state == DagRunState.SUCCESS:
        return []
    return [ti.task_id for ti in run.get_task_instances(state=[TaskInstanceState.FAILED])]


def _end_killed_runs(dag_id: str) -> None:
    """Mark runs that were killed as failed, so that Airflow does not take them for running and wait for them."""
    from airflow.models.dagrun import DagRun  # noqa: PLC0415 reads its settings on import
    from airflow.utils.session import create_session  # noqa: PLC0415
    from airflow.utils.state import DagRunState  # noqa: PLC0415
    from airflow.utils.types import DagRunTriggeredByType  # noqa: PLC0415

    with create_session() as session:
        for run in DagRun.find(dag_id=dag_id, state=DagRunState.RUNNING, session=session):
            if run.triggered_by == DagRunTriggeredByType.TEST:
                run.set_state(DagRunState.FAILED)
                session.merge(run)


@dataclass(eq=False)
class Progress:
    """An Airflow listener: tells the terminal of each task, and keeps its output where Airflow's UI shows it."""

    terminal: TextIO
    logs: Path
    run_log: int
    shown: str | None = None
    began: float = 0.0
    failures: dict[str, tuple[str, Path]] = field(default_factory=dict)

    @hookimpl
    def on_task_instance_running(self, task_instance: Any) -> None:
        """A task starts, or goes on after it was deferred."""
        if self.shown != task_instance.task_id:
            self._end("waits")
            self.shown, self.began = task_instance.task_id, time.monotonic()
            self.terminal.write(f"  {task_instance.task_id:<52.52} ")
            self.terminal.flush()
        log = self._log(task_instance)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as stream:
            _send_output_to(stream.fileno())

    @hookimpl
    def on_task_instance_success(self) -> None:
        """The task ended well."""
        self._end("ok")

    @hookimpl
    def on_task_instance_skipped(self) -> None:
        """The task skipped itself."""
        self._end("skipped")

    @hookimpl
    def on_task_instance_failed(self, task_instance: Any, error: Any) -> None:
        """The task failed."""
        self.failures[task_instance.task_id] = (str(error), self._log(task_instance))
        self._end("FAILED")

    def report(self, failed: list[str], run_log: Path) -> str:
        """Why the run failed: the first task that did, its cause and the end of its log."""
        task = next((task for task in self.failures if task in failed), None)
        if task is None:
            return f"the run failed before a task did. Its output is in {run_log}."
        cause, log = self.failures[task]
        log = log if log.exists() else run_log  # a task that could not even start has none
        tail = "\n".join(f"  | {line[:300]}" for line in log.read_text(errors="replace").splitlines()[-LOG_TAIL:])
        others = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        return f"task {task}{others} failed: {cause}\n\nThe end of {log}:\n{tail}"

    def _end(self, outcome: str) -> None:
        if self.shown is not None:
            self.terminal.write(f"{outcome:<7} {time.monotonic() - self.began:6.1f} s\n")
            self.terminal.flush()
            self.shown = None
            _send_output_to(self.run_log)

    def _log(self, ti: Any) -> Path:
        """Where Airflow keeps the log of a try, by its default ``log_filename_template``."""
        folder = self.logs / f"dag_id={ti.dag_id}" / f"run_id={ti.run_id}" / f"task_id={ti.task_id}"
        return folder / f"attempt={ti.try_number}.log"


@contextmanager
def _output_to(descriptor: int) -> Iterator[None]:
    """Send what this process and its children print to the file for the block."""
    sys.stdout.flush()
    before = os.dup(1), os.dup(2)
    _send_output_to(descriptor)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, saved in enumerate(before, start=1):
            os.dup2(saved, number)
            os.close(saved)


def _send_output_to(descriptor: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)

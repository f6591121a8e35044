"""What a run is, and what one of its steps is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path

from contracts.client_file import Client
from contracts.environment import Environment
from contracts.paths import ClientPaths
from storage.lock import pipeline_lock
from storage.permissions import set_readers


@dataclass(frozen=True)
class Run:
    """For whom and for which days a run is. ``business_dates`` are in order; it is complete through the last."""

    environment: Environment
    client: Client
    business_dates: tuple[date, ...]
    run_id: str
    started_at: datetime
    lock: int = -1  # the descriptor, for child processes; -1 while the run does not hold it
    full_refresh: bool = False
    full_recount: bool = False
    manifest: Path | None = None  # dbt's of the build; None: of the newest dbt run

    @property
    def paths(self) -> ClientPaths:
        """Where the client's files live."""
        return self.environment.paths()

    @property
    def business_date(self) -> date:
        """The day that the run brings the warehouse through."""
        return self.business_dates[-1]

    @contextmanager
    def locked(self, step: str, wait_seconds: float) -> Iterator[Run]:
        """The run while it holds its client's lock; raises LockHeldError."""
        now = self.environment.now()
        with pipeline_lock(self.paths, step=step, run_id=self.run_id, now=now, wait_seconds=wait_seconds) as lock:
            everyone = self.client.published_for == "everyone"
            set_readers(self.paths, everyone=everyone)
            try:
                yield replace(self, lock=lock)
            finally:
                set_readers(self.paths, everyone=everyone)


@dataclass(frozen=True)
class Outcome:
    """What a step did: a line for people, what they should know, and the file it wrote where others need it."""

    text: str
    warnings: Sequence[str] = ()
    file: str | None = None

    def lines(self) -> str:
        """For the terminal, the warnings below."""
        return "\n".join([self.text, *(f"warning: {warning}" for warning in self.warnings)])


class Failure(Enum):
    """What it means that a step failed for good; the value says it to people."""

    NOTHING_PUBLISHED = "What was published before is still what readers see."
    PUBLISHED = "Readers see the new version."
    PUBLISHED_UNNOTIFIED = "Readers see the new version; only the message was not delivered."


@dataclass(frozen=True)
class Step:
    """One step: its task in the DAG has the name, its command is `sales <verb>`.

    It is done for clients with a source of ``source_kind`` (None: for all), with ``on_spark`` for those whose engine
    Spark is, after the steps that it ``needs``, whose outcomes it is given. With ``writes`` it holds the client's lock.
    Airflow keeps the time limit and retries; at a terminal a step has one attempt, as somebody sees it fail.
    """

    name: str
    verb: str | None
    function: Callable[[Run, Mapping[str, Outcome]], Outcome]
    needs: tuple[str, ...] = ()
    source_kind: str | None = None
    on_spark: bool = False
    writes: bool = True
    time_limit: timedelta = timedelta(hours=2)
    retries: int = 2
    failure: Failure = Failure.NOTHING_PUBLISHED

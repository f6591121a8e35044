"""What one DAG run is for: its business dates and its client, from Airflow's context and the trigger form."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException

from clients.config import Client
from clients.environment import Environment
from clients.lock import pipeline_lock
from clients.paths import ClientPaths

LOCK_WAIT_SECONDS = 300  # a step that somebody runs by hand takes minutes, not hours


@dataclass(frozen=True)
class RunInputs:
    """The inputs of every step of a run. ``business_dates`` are in order; the run is complete through the last."""

    client: Client
    paths: ClientPaths
    business_dates: tuple[date, ...]
    run_id: str
    started_at: datetime
    now: datetime
    code_version: str
    notify_urls: tuple[str, ...]
    full_refresh: bool

    @property
    def business_date(self) -> date:
        """The day that the run brings the warehouse through."""
        return self.business_dates[-1]

    def lock(self, step: str) -> AbstractContextManager[int]:
        """Hold the client's folder for the step, so that a step run by hand does not write it at the same time."""
        return pipeline_lock(self.paths, step=step, run_id=self.run_id, now=self.now, wait_seconds=LOCK_WAIT_SECONDS)


def current_inputs(client_name: str) -> RunInputs:
    """The inputs of the task that is running now.

    Raises AirflowFailException, which is not retried, when the trigger form contradicts itself.
    """
    return inputs_of(client_name, get_current_context())


def inputs_of(client_name: str, context: Mapping[str, Any]) -> RunInputs:
    """The inputs of the task whose context this is."""
    environment = Environment.from_process(client_name)
    client, params, run = environment.client(), context["params"], context["dag_run"]
    try:
        dates = business_dates(run.logical_date or run.run_after, client.time_zone, params)
    except ValueError as error:
        raise AirflowFailException(str(error)) from error
    return RunInputs(
        client=with_sizes(client, params),
        paths=environment.paths(),
        business_dates=dates,
        run_id=run.run_id,
        started_at=run.start_date,
        now=environment.now(),
        code_version=environment.code_version,
        notify_urls=environment.notify_urls(client),
        full_refresh=bool(params.get("full_refresh")),
    )


def business_dates(moment: datetime, time_zone: str, params: Mapping[str, Any]) -> tuple[date, ...]:
    """The days that a run is for: those of its form, else the last complete day of the client at ``moment``.

    The run of 02:00 on day X is for X - 1, in the client's time zone, however long the night was. Raises ValueError
    when the form gives a day and a range, half a range, or a range that ends before it begins.
    """
    day, first, last = (params.get(name) for name in ("date", "date_from", "date_to"))
    if day and (first or last):
        raise ValueError(
            f"the form gives both date={day} and a range from {first} to {last}; expected one of them. "
            "Trigger again with date, or with date_from and date_to."
        )
    if day:
        return (date.fromisoformat(day),)
    if not (first or last):
        local = moment.astimezone(ZoneInfo(time_zone))  # a date of pendulum's: their difference is no timedelta
        return (date(local.year, local.month, local.day) - timedelta(days=1),)
    if not (first and last) or date.fromisoformat(first) > date.fromisoformat(last):
        raise ValueError(
            f"the form gives a range from {first} to {last}; expected both days, the first not after the last. "
            "Trigger again with date_from and date_to."
        )
    begin = date.fromisoformat(first)
    return tuple(begin + timedelta(days=offset) for offset in range((date.fromisoformat(last) - begin).days + 1))


def with_sizes(client: Client, params: Mapping[str, Any]) -> Client:
    """The client with the sizes of the demo shop that the form asks for."""
    sizes = {name: params[name] for name in ("customers", "transactions") if params.get(name) is not None}
    return client.model_copy(update={"demo": client.demo.model_copy(update=sizes)}) if sizes else client

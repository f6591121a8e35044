"""The run of a DAG run: its business dates and its client, from Airflow's context and the trigger form."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException

from contracts.client_file import last_complete_day
from contracts.environment import Environment
from pipeline.run import Run

DAYS = ("date", "date_from", "date_to")  # of the form


def current_run(client_name: str) -> Run:
    """The run of the task that is running now.

    Raises AirflowFailException, which is not retried, when the trigger form contradicts itself.
    """
    return inputs_of(client_name, get_current_context())


def inputs_of(client_name: str, context: Mapping[str, Any]) -> Run:
    """The run of the task whose context this is."""
    environment = Environment.from_process(client_name)
    client, params, run = environment.client(), context["params"], context["dag_run"]
    try:
        dates = business_dates(run.logical_date or run.run_after, client.time_zone, params)
        if run.logical_date is None and not any(params.get(name) for name in DAYS):
            dates = (client.default_date(run.run_after),)  # triggered by hand, its form left as it was
    except ValueError as error:
        raise AirflowFailException(str(error)) from error
    return Run(
        environment,
        client.with_demo_sizes(customers=params.get("customers"), transactions=params.get("transactions")),
        dates,
        run.run_id,
        run.start_date,
        full_refresh=bool(params.get("full_refresh")),
    )


def business_dates(moment: datetime, time_zone: str, params: Mapping[str, Any]) -> tuple[date, ...]:
    """The days that a run is for: those of its form, else the last complete day of the client at ``moment``.

    The run of 02:00 on day X is for X - 1, in the client's time zone, however long the night was. Raises ValueError
    when the form gives a day and a range, half a range, or a range that ends before it begins.
    """
    day, first, last = (params.get(name) for name in DAYS)
    if day and (first or last):
        raise ValueError(
            f"the form gives both date={day} and a range from {first} to {last}; expected one of them. "
            "Trigger again with date, or with date_from and date_to."
        )
    if day:
        return (date.fromisoformat(day),)
    if not (first or last):
        return (last_complete_day(moment, time_zone),)
    if not (first and last) or date.fromisoformat(first) > date.fromisoformat(last):
        raise ValueError(
            f"the form gives a range from {first} to {last}; expected both days, the first not after the last. "
            "Trigger again with date_from and date_to."
        )
    begin = date.fromisoformat(first)
    return tuple(begin + timedelta(days=offset) for offset in range((date.fromisoformat(last) - begin).days + 1))

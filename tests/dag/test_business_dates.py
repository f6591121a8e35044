"""Which days a run is for, and for which shop."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from airflow.sdk.exceptions import AirflowFailException
from airflow.timetables.base import TimeRestriction
from airflow.timetables.trigger import CronTriggerTimetable

from contracts.environment import Environment
from run_inputs import business_dates, inputs_of

NIGHT = datetime(2026, 11, 1, 7, tzinfo=UTC)  # 02:00 in New York, one hour after the clocks went back


def nights(time_zone: str, first: datetime, last: datetime) -> list[datetime]:
    """The moments at which Airflow runs a DAG of ``0 2 * * *``."""
    import pendulum  # noqa: PLC0415 comes with Airflow

    timetable = CronTriggerTimetable("0 2 * * *", timezone=time_zone)
    restriction = TimeRestriction(pendulum.instance(first), pendulum.instance(last), catchup=True)
    moments, interval = [], None
    while info := timetable.next_dagrun_info(last_automated_data_interval=interval, restriction=restriction):
        moments.append(info.logical_date)
        interval = info.data_interval
    return moments


def test_the_run_of_two_in_the_morning_is_for_the_day_before_in_the_clients_time_zone() -> None:
    moment = datetime(2026, 7, 2, 2, 0, tzinfo=ZoneInfo("America/New_York"))
    assert business_dates(moment.astimezone(UTC), "America/New_York", {}) == (date(2026, 7, 1),)
    assert business_dates(datetime(2026, 7, 2, 2, 0, tzinfo=UTC), "America/New_York", {}) == (date(2026, 6, 30),)
    assert business_dates(datetime(2026, 7, 1, 20, 0, tzinfo=UTC), "Asia/Tokyo", {}) == (date(2026, 7, 1),)


@pytest.mark.parametrize("time_zone", ["America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe"])
def test_every_day_of_a_year_is_the_day_of_exactly_one_nightly_run(time_zone: str) -> None:
    zone = ZoneInfo(time_zone)
    first, last = datetime(2026, 1, 1, tzinfo=zone), datetime(2027, 1, 1, 12, tzinfo=zone)
    days = [day for moment in nights(time_zone, first, last) for day in business_dates(moment, time_zone, {})]
    assert days[0] == date(2025, 12, 31)
    assert days[-1] == date(2026, 12, 31)
    assert {later - earlier for earlier, later in pairwise(days)} == {timedelta(days=1)}


def test_the_form_names_a_day_or_a_range() -> None:
    assert business_dates(NIGHT, "UTC", {"date": "2024-02-29"}) == (date(2024, 2, 29),)
    leap = {"date_from": "2024-02-28", "date_to": "2024-03-01"}
    assert business_dates(NIGHT, "UTC", leap) == (date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1))
    empty = {"date": None, "date_from": None, "date_to": None}
    assert business_dates(NIGHT, "UTC", empty) == (date(2026, 10, 31),)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"date": "2026-01-01", "date_to": "2026-01-02"}, "both date=2026-01-01 and a range from None to 2026-01-02"),
        ({"date_from": "2026-01-02"}, "a range from 2026-01-02 to None; expected both days"),
        ({"date_from": "2026-01-02", "date_to": "2026-01-01"}, "expected both days, the first not after the last"),
    ],
)
def test_a_form_that_contradicts_itself_fails_at_once_and_is_not_retried(params: dict[str, Any], message: str) -> None:
    run = SimpleNamespace(logical_date=None, run_after=NIGHT, run_id="manual__1", start_date=NIGHT)
    with pytest.raises(AirflowFailException, match=message):
        inputs_of("demo", {"params": params, "dag_run": run})


def test_a_run_by_hand_has_no_logical_date_and_goes_by_when_it_was_wanted() -> None:
    run = SimpleNamespace(logical_date=None, run_after=NIGHT, run_id="manual__1", start_date=NIGHT)
    inputs = inputs_of("demo", {"params": {"full_refresh": True}, "dag_run": run})
    assert inputs.business_date == date(2026, 10, 31)
    assert inputs.full_refresh
    run.run_after = NIGHT + timedelta(days=30)
    assert inputs_of("demo", {"params": {}, "dag_run": run}).business_date == date(2026, 10, 31), "the demo's last day"
    assert inputs_of("jaffle_shop", {"params": {}, "dag_run": run}).business_date == date(2026, 11, 30)
    run.logical_date = NIGHT - timedelta(days=30)
    assert inputs_of("demo", {"params": {}, "dag_run": run}).business_date == date(2026, 10, 1)


def test_the_sizes_of_the_form_replace_those_of_the_client_file() -> None:
    client = Environment.from_process("demo").client()
    assert client.with_demo_sizes(customers=None, transactions=None) == client
    sized = client.with_demo_sizes(customers=7, transactions=0)
    assert (sized.demo.customers, sized.demo.transactions) == (7, 0)
    assert sized.demo.seed == client.demo.seed

"""The declaration of the steps, and what a run makes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.main import app
from contracts.client_file import load_client
from contracts.environment import CHECKOUT, Environment
from contracts.warning import Kind
from pipeline import steps
from pipeline.run import Failure, Outcome, Run, Step
from pipeline.steps import PUBLISH, REPORT, STEPS, VERIFY, do, run_all, steps_of


@pytest.fixture
def run(tmp_path: Path) -> Run:
    environment = Environment("demo", tmp_path, CHECKOUT / "clients", "test")
    now = datetime(2026, 11, 1, tzinfo=UTC)
    return Run(environment, load_client("demo", CHECKOUT / "clients", {}), (date(2026, 10, 31),), "run-1", now)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(steps, "send_failed", lambda *_, **message: messages.append(message))
    return messages


def does(text: str, *warnings: str) -> Callable[..., Outcome]:
    return lambda *_: Outcome(text, warnings)


def fails(*_: object) -> Outcome:
    raise ValueError("the disk is full")


def test_each_step_comes_after_what_it_needs() -> None:
    names = [step.name for step in STEPS]
    assert len(set(names)) == len(names)
    for number, step in enumerate(STEPS):
        assert {*step.needs} <= {*names[:number]}, step.name


def test_readers_see_the_last_version_until_publishing_is_done() -> None:
    published = STEPS.index(PUBLISH)
    assert {step.failure for step in STEPS[: published + 1]} == {Failure.NOTHING_PUBLISHED}
    assert Failure.NOTHING_PUBLISHED not in {step.failure for step in STEPS[published + 1 :]}


def test_the_help_of_the_command_names_the_verbs_in_the_order_of_the_steps() -> None:
    verbs = list(dict.fromkeys(step.verb for step in STEPS if step.verb))
    assert {*verbs} <= {command.name or command.callback.__name__ for command in app.registered_commands}
    assert f"The steps in their order: {', '.join(verbs)};" in app.info.epilog


def test_a_client_has_the_extracts_of_its_kinds_of_source(run: Run) -> None:
    demo, files = steps_of(run.client), steps_of(load_client("jaffle_shop", CHECKOUT / "clients", {}))
    assert [step.name for step in demo[:3]] == ["generate_customers", "extract_api_data", "load_to_database"]
    assert demo[2].needs == ("generate_customers", "extract_api_data")
    assert [step.name for step in files[:2]] == ["extract_files", "load_to_database"]


def test_a_step_gets_the_outcomes_of_what_it_needs_and_no_warning_is_said_twice(run: Run) -> None:
    given: list[object] = []

    def collects(_: Run, outcomes: object) -> Outcome:
        given.append(outcomes)
        return Outcome("2", ("late",))

    said: list[str] = []
    declared = (Step("one", "extract", does("1", "late")), Step("two", "load", collects, needs=("one",)))
    run_all(run, 0, said.append, declared)
    assert given == [{"one": Outcome("1", ("late",))}]
    counted = "1 warning: 1 of other kinds; `sales status --client demo` shows them once they are published"
    assert said == [f"{'one':<18} 1 (0.0 s)\nwarning: late", f"{'two':<18} 2 (0.0 s)", counted]


def test_a_run_that_fails_ends_with_its_warnings_counted_too(run: Run, sent: list[dict[str, Any]]) -> None:
    said: list[str] = []
    lines, rows = Kind.UNCOUNTED_LINES.warning("a"), Kind.REPEATED_ROWS.warning("b")
    warns = Step("one", "extract", does("1", lines, rows, Kind.UNCOUNTED_LINES.warning("c")))
    with pytest.raises(ValueError, match="the disk is full"):
        run_all(run, 0, said.append, (warns, Step("two", "load", fails)))
    assert said[-1].startswith("3 warnings: 2 of lines that are not counted, 1 of repeated rows; `sales status")
    assert len(sent) == 1


def test_a_command_ends_with_its_warnings_counted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    row = Kind.REPEATED_ROWS.warning("a.csv")
    declared = (Step("one", "load", does("1", row)), Step("two", "load", does("2")), Step("three", "verify", fails))
    monkeypatch.setattr(steps, "steps_of", lambda _: declared)
    assert do(run, "load").splitlines() == [
        "1",
        "warning: repeated rows: a.csv",
        "2",
        "1 warning: 1 of repeated rows; `sales status --client demo` shows them once they are published",
    ]


@pytest.mark.parametrize("step", [VERIFY, REPORT])
def test_a_failed_step_is_sent_with_what_readers_see_and_nothing_follows(
    run: Run, sent: list[dict[str, Any]], step: Step
) -> None:
    said: list[str] = []
    declared = (Step(step.name, step.verb, fails, failure=step.failure), Step("next", None, does("done")))
    with pytest.raises(ValueError, match="the disk is full"):
        run_all(run, 0, said.append, declared)
    assert said == []
    again = "Fix the cause, then run the day again: sales run --client demo --date 2026-10-31"
    message = {"run_id": "run-1", "cause": "the disk is full", "next_step": again}
    assert sent == [{"task": step.name, "failure": step.failure, **message}]


def test_a_run_that_was_published_has_not_failed_when_the_message_cannot_be_sent(
    run: Run, sent: list[dict[str, Any]]
) -> None:
    said: list[str] = []
    run_all(run, 0, said.append, (Step("notify", None, fails, failure=Failure.PUBLISHED_UNNOTIFIED),))
    assert sent == []
    assert "only the message was not delivered" in said[0]
    assert said[0].endswith("\nwarning: notifications not delivered: the disk is full")

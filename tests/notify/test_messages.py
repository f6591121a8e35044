"""The texts that the team reads."""

from __future__ import annotations

from datetime import date, timedelta

from notify.messages import LONGEST_CAUSE, failed, succeeded


def published(warnings: tuple[str, ...] = ()) -> dict[str, object]:
    return {
        "client": "Demo Shop",
        "data_through": date(2026, 10, 31),
        "sales": "123,456.70 USD in 1,620 orders",
        "rows": {"core.fct_orders": 1620, "marts.mart_daily_sales": 730},
        "books": (
            "Balance: 5 records landed = 4 loaded + 1 in quarantine + 0 repeated",
            "Compared: 2 orders compared with the source's own total: 2 equal",
        ),
        "report": "2026-10.pdf",
        "duration": timedelta(seconds=91.6),
        "warnings": warnings,
    }


def test_success_says_revenue_orders_rows_duration_and_date() -> None:
    message = succeeded(**published())
    assert message.title == "Demo Shop: published through 2026-10-31"
    assert message.body.splitlines() == [
        "Revenue 123,456.70 USD in 1,620 orders.",
        "2,350 rows in 2 tables, data through 2026-10-31.",
        "Balance: 5 records landed = 4 loaded + 1 in quarantine + 0 repeated.",
        "Compared: 2 orders compared with the source's own total: 2 equal.",
        "The report is 2026-10.pdf.",
        "The run took 1 min 32 s.",
    ]


def test_success_without_a_report_says_why() -> None:
    body = succeeded(**published() | {"report": None}).body
    assert "There is no report, as there is no order yet." in body.splitlines()


def test_success_lists_every_warning_and_counts_them_in_the_title() -> None:
    message = succeeded(**published(("Products are the bundled catalogue.", "3 rows of orders are in quarantine.")))
    assert message.title.endswith("with 2 warnings")
    assert "2 warnings: 2 of other kinds." in message.body.splitlines()
    assert "Warning: Products are the bundled catalogue." in message.body
    assert "Warning: 3 rows of orders are in quarantine." in message.body


def test_failure_says_client_task_cause_and_next_step() -> None:
    message = failed(
        client="Demo Shop",
        task="verify_database",
        run="scheduled__2026-11-01",
        cause="3 rows of orders are missing\n  expected 40, found 37",
        next_step="Mend it and clear the task: http://127.0.0.1:8080/x",
        readers="Readers see the new version.",
    )
    assert message.title == "Demo Shop: verify_database failed"
    assert message.body.splitlines() == [
        "Cause: 3 rows of orders are missing expected 40, found 37",
        "Next step: Mend it and clear the task: http://127.0.0.1:8080/x",
        "Run: scheduled__2026-11-01. Readers see the new version.",
    ]


def test_addresses_and_credentials_never_reach_a_message() -> None:
    message = failed(
        client="Demo Shop",
        task="load_to_database",
        run="r",
        cause="line 7: 'jane.doe@example.com' is no date; cannot reach https://user:secret@shop.example/api",
        next_step="n",
        readers="r",
    )
    assert "jane" not in message.body
    assert "secret" not in message.body
    assert "line 7: '(address removed)' is no date" in message.body


def test_a_long_cause_is_cut() -> None:
    message = failed(client="c", task="t", run="r", cause="x" * 5000, next_step="n", readers="r")
    assert message.body.splitlines()[0] == f"Cause: {'x' * (LONGEST_CAUSE - 3)}..."

"""The day a step is for when nobody names one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from clients.config import Client
from clients.environment import Environment
from extract.by_hand import default_date


@pytest.mark.parametrize(("name", "expected"), [("demo", date(2026, 10, 31)), ("shop", date(2027, 1, 4))])
def test_the_demo_has_a_fixed_day_and_others_the_last_complete_one(
    monkeypatch: pytest.MonkeyPatch, name: str, expected: date
) -> None:
    monkeypatch.setattr(Environment, "now", lambda _: datetime(2027, 1, 6, 3, 0, tzinfo=UTC))
    client = Client.model_validate(
        {
            "client": name,
            "name": "Shop",
            "currency": "USD",
            "time_zone": "America/New_York",
            "sources": {"orders": {"kind": "demo"}},
        }
    )
    environment = Environment(client_name=name, data_dir=Path(), clients_dir=Path(), code_version="test")
    assert default_date(environment, client) == expected

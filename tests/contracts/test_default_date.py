"""The day a run is for when nobody names one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from contracts.client_file import Client, ClientError


def shop(name: str, source: dict[str, Any]) -> Client:
    about = {"client": name, "name": "Shop", "currency": "USD", "time_zone": "America/New_York"}
    return Client.model_validate({**about, "sources": {"orders": source}})


DEMO = {"kind": "demo"}
FILES = {"kind": "files", "path": "orders.csv", "format": "csv", "columns": {"order_id": "id", "order_at": "at"}}


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        ("demo", DEMO, date(2026, 10, 31)),
        ("copy", DEMO, date(2026, 10, 31)),
        ("copy", FILES, date(2027, 1, 4)),
        ("demo", FILES, date(2027, 1, 4)),  # the name says nothing
    ],
)
def test_a_demo_ends_with_its_data_and_every_other_shop_yesterday(
    name: str, source: dict[str, Any], expected: date
) -> None:
    assert shop(name, source).default_date(datetime(2027, 1, 6, 3, 0, tzinfo=UTC)) == expected


def test_only_a_demo_has_sizes_to_choose() -> None:
    with pytest.raises(ClientError, match="client copy has no demo source, so customers cannot be chosen"):
        shop("copy", FILES).with_demo_sizes(customers=7, transactions=None)

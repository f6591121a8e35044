"""A shop that sells nothing but subscriptions: a whole run without an order, and what its readers see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contracts.client_file import Client
from tests.serve.dashboard.conftest import app_over

if TYPE_CHECKING:
    from tests.integration.conftest import Platform

pytestmark = pytest.mark.system
CONTRACTS = """id,who,plan,from,to,amount
S1,C1,Basic,2026-08-01,,10.00
S2,C2,Pro,2026-08-15,2026-10-15,25.00
S3,C1,Pro,2026-09-01,,25.00
"""
COLUMNS = {
    "subscription_id": "id",
    "customer_id": "who",
    "plan": "plan",
    "started_date": "from",
    "ended_date": "to",
    "monthly_amount": "amount",
}


def test_a_shop_of_subscriptions_alone_is_published(
    tmp_path: Path, platform_of: Callable[[Client], Platform], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "contracts.csv").write_text(CONTRACTS)
    source = {"kind": "files", "path": str(tmp_path / "contracts.csv"), "format": "csv", "columns": COLUMNS}
    shop = {"client": "club", "name": "Club", "currency": "EUR", "time_zone": "Europe/Berlin"}
    platform = platform_of(Client.model_validate({**shop, "sources": {"subscriptions": source}}))
    *_, report = platform.run(date(2026, 11, 15), "extract", "load", "verify", "build", "publish", "report")
    assert report == "none, as there is no order yet"
    closing = platform.published("select closing_mrr from marts.mart_subscriptions order by month_start_date")
    # C2 leaves in October; the last month is measured on the day of the run.
    assert closing == [(Decimal(amount),) for amount in ("35.00", "60.00", "35.00", "35.00")]
    app = app_over(platform.environment.data_dir, monkeypatch, client="club")
    assert not app.exception
    assert [title.value for title in app.title] == ["Growth"]

"""A client whose data is an account of Stripe, and the server that plays it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tenacity import wait_none

from extract import web
from extract.sources.stripe.extract import extract
from tests.extract.live_client import LiveClient
from tests.extract.stripe.server import KEY, Account, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setattr(web, "BACKOFF", wait_none())
    with serving() as started:
        yield started


class Client(LiveClient):
    """A client of one block: the whole account."""

    def __init__(
        self,
        folder: Path,
        server: Account,
        beside: dict[str, Any] | None = None,
        currency: str = "EUR",
        **settings: Any,
    ) -> None:
        shop = {
            "kind": "stripe", "server": server.url, "secret_key": KEY, "since": "2026-09-01", "timeout_seconds": 10,
            "attempts": 2, **settings,
        }  # fmt: skip
        rules = {"order_value": "payments", "currency": currency}
        super().__init__(folder, extract, {"shop": shop, **(beside or {})}, **rules)

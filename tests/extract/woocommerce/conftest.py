"""A client whose data is a shop of WooCommerce, and the server that plays it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tenacity import wait_none

from extract import web
from extract.sources.woocommerce.extract import extract
from tests.extract.live_client import LiveClient
from tests.extract.woocommerce.server import KEY, SECRET, Shop, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setattr(web, "BACKOFF", wait_none())
    with serving() as started:
        yield started


class Client(LiveClient):
    """A client of one block: the whole shop."""

    def __init__(self, folder: Path, server: Shop, beside: dict[str, Any] | None = None, **settings: Any) -> None:
        shop = {
            "kind": "woocommerce", "store": server.url, "consumer_key": KEY, "consumer_secret": SECRET,
            "since": "2026-09-01", "timeout_seconds": 10, "attempts": 2, **settings,
        }  # fmt: skip
        super().__init__(folder, extract, {"shop": shop, **(beside or {})})

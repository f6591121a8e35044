"""A page shows one version, the newest one at its beginning, and says in words what it has not."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from serve.dashboard.filters import SPAN
from serve.dashboard.page_data import open_published
from serve.dashboard.status import staleness
from serve.published import NotPublishedError
from tests.serve.dashboard.conftest import CHECKOUT, LAST_DAY, Shop, cards
from tests.serve.dashboard.oracle import cents, dollars

Draw = Callable[..., AppTest]
pytestmark = pytest.mark.xdist_group("dashboard")

DOUBLED = [
    f"update {table} set net = net * 2"
    for table in ("core.fct_orders", "marts.mart_sales_mix", "marts.mart_commerce_summary")
]


@pytest.fixture
def versions(shop: Shop, tmp_path: Path) -> tuple[Shop, Path, Path]:
    """A shop of one's own, its version 1, and a version 2 in which everything was sold twice."""
    platform = shop.platform.copy_to(tmp_path / "data")
    copied = Shop(platform)
    second = copied.publish(2, *DOUBLED, file=tmp_path / "second.duckdb")
    first = Path(shutil.copyfile(copied.paths.published_file, tmp_path / "first.duckdb"))
    return copied, first, second


def switch(shop: Shop, version: Path) -> None:
    """In one rename, as the publisher does."""
    fresh = shop.paths.published / f".{threading.get_ident()}"
    shutil.copyfile(version, fresh)
    fresh.replace(shop.paths.published_file)


def said(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption).replace("\\", "")


def test_a_new_version_shows_without_a_restart(versions: tuple[Shop, Path, Path], draw: Draw) -> None:
    shop, first, second = versions
    switch(shop, first)
    app = draw(shop.platform.environment.data_dir)
    assert "version 1" in said(app)
    assert "run-1" not in said(app)  # that is on Operations
    before = cards(app)["Revenue"]
    switch(shop, second)
    app.run()
    assert "version 2" in said(app)
    assert cards(app)["Revenue"] != before
    switch(shop, first)
    app.run()
    assert cards(app)["Revenue"] == before


def test_a_page_that_is_being_drawn_keeps_no_other_from_the_new_version(versions: tuple[Shop, Path, Path]) -> None:
    shop, first, second = versions
    switch(shop, first)
    net = "select sum(net) as net from core.fct_orders"
    with open_published(shop.paths.published_file) as begun:
        before = begun.row(net)["net"]
        switch(shop, second)
        with open_published(shop.paths.published_file) as next_one:
            assert (begun.version.version, next_one.version.version) == (1, 2)
            assert next_one.row(net)["net"] == before * 2
        assert begun.row("select sum(net) as sum from core.fct_orders")["sum"] == before


def test_no_page_ever_mixes_two_versions(versions: tuple[Shop, Path, Path], draw: Draw) -> None:
    shop, *files = versions
    stop = threading.Event()

    def publish_again_and_again() -> None:
        while not stop.is_set():
            for file in files:
                switch(shop, file)

    publisher = threading.Thread(target=publish_again_and_again)
    publisher.start()
    try:
        app = draw(shop.platform.environment.data_dir)
        seen: set[str] = set()
        for number in itertools.count():
            if number >= 10 and len(seen) == 2:
                break
            # Other days each time, as an answer that is remembered asks no file.
            app.query_params["period"] = "custom"
            app.query_params["start"] = str(date(2025, 12, 1) + timedelta(days=number))
            app.run()
            by_category = app.dataframe[1].value
            assert cards(app)["Revenue"][0] == dollars(cents(by_category["Revenue (USD)"]))
            version = re.search(r"version (\d+)", said(app))
            assert version
            seen.add(version[1])
    finally:
        stop.set()
        publisher.join()


def test_without_a_published_file_the_page_says_what_to_do(draw: Draw, tmp_path: Path) -> None:
    app = draw(tmp_path)
    assert not app.exception
    assert "make run" in app.info[0].value.replace("\\", "")


def test_without_a_published_file_the_command_says_what_to_do(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "serve.dashboard"],
        cwd=CHECKOUT,
        env={**os.environ, "SALES_DATA_DIR": str(tmp_path), "SALES_CLIENT": "demo"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1
    assert "error: there is no" in finished.stderr
    assert "expected a published version" in finished.stderr
    assert "make run" in finished.stderr


def test_an_empty_shop_says_so(other_shop: Shop, draw: Draw) -> None:
    other_shop.publish(3, "delete from marts.mart_daily_sales", "delete from marts.mart_subscriptions")
    app = draw(other_shop.platform.environment.data_dir)
    assert not app.exception
    assert "no day with a sale" in app.info[0].value


def test_the_file_is_closed_after_the_page(shop: Shop) -> None:
    with open_published(shop.paths.published_file) as published:
        published.rows(SPAN)
        assert str(shop.paths.published_file) in open_files()
    assert str(shop.paths.published_file) not in open_files()


def open_files() -> set[str]:
    return {str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()}


def test_a_missing_file_is_an_error_that_says_where(tmp_path: Path) -> None:
    with pytest.raises(NotPublishedError, match=r"there is no .*x\.duckdb; expected a published version"):
        open_published(tmp_path / "x.duckdb").__enter__()


@pytest.mark.parametrize(
    ("last_day", "now", "expected"),
    [
        (None, datetime(2026, 11, 2, 4, tzinfo=UTC), None),
        (None, datetime(2026, 11, 3, 4, tzinfo=UTC), None),  # still 2 November in New York
        (None, datetime(2026, 11, 3, 6, tzinfo=UTC), "The newest day of this data is 31 Oct 2026, 3 days ago."),
        (LAST_DAY, datetime(2026, 11, 21, 6, tzinfo=UTC), "The demo shop's data ends on 31 Oct 2026, 21 days ago"),
    ],
)
def test_old_data_is_told(shop: Shop, last_day: date | None, now: datetime, expected: str | None) -> None:
    with open_published(shop.paths.published_file) as published:
        version = published.version
    assert version.data_through == LAST_DAY
    told = staleness(version, now, last_day)
    assert told is None if expected is None else str(told).startswith(expected)

"""A small published file and the real server in front of it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
import requests

ROOT = Path(__file__).parents[3]
TOKEN = "t" * 32
ROWS = [
    ("2026-10-30", "=cmd()", "1234567890123456.78", 9007199254740993, 0.25, True, "2026-10-30 23:30:00"),
    ("2026-10-31", 'Ünïcode, "quoted"\n🙂', "-0.10", None, None, False, "2026-10-31 00:00:00.5"),
    ("2026-11-01", None, "19.99", 3, 1.0, None, None),
]


def write_version(file: Path, version: int, rows: list[tuple[object, ...]] = ROWS) -> None:
    """Switch in a published file as the publisher does: written beside, then renamed."""
    new = file.with_name(f".{version}.duckdb")
    with duckdb.connect(new) as connection:
        connection.execute("""
            create schema core;
            create schema marts;
            create table marts.mart_daily_sales (
                calendar_date date, label varchar, net_sales decimal(18, 2), quantity bigint, share double,
                is_good boolean, seen_at timestamp
            );
            comment on table marts.mart_daily_sales is 'A day.';
            comment on column marts.mart_daily_sales.net_sales is 'Net less refunds.';
            create table core."odd ""name" ("a ""b" integer);
            create table _meta (
                version integer, client varchar, shop_name varchar, currency varchar, time_zone varchar, run_id varchar,
                data_through date, published_at timestamp
            );
            create table _meta_tables (schema_name varchar, table_name varchar, row_count bigint);
        """)
        if rows:
            connection.executemany("insert into marts.mart_daily_sales values (?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute(
            "insert into _meta values (?, 'demo', 'Demo Shop', 'USD', 'UTC', 'run', '2026-11-01', '2026-11-02 03:00')",
            [version],
        )
        connection.execute(
            "insert into _meta_tables values ('marts', 'mart_daily_sales', ?), ('core', 'odd \"name', 0)", [len(rows)]
        )
    new.replace(file)


@dataclass(frozen=True)
class Server:
    """The running API and the file that it serves."""

    url: str
    file: Path

    def get(self, path: str, token: str = TOKEN, **params: object) -> requests.Response:
        return requests.get(self.url + path, params=params, headers={"Authorization": f"Bearer {token}"}, timeout=60)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("data")
    file = data / "demo" / "published" / "sales_analytics.duckdb"
    file.parent.mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "SALES_DATA_DIR": str(data), "SALES_CLIENT": "demo", "SALES_API_TOKEN": TOKEN}
    process = subprocess.Popen([sys.executable, "-m", "serve.api", "--port", str(port)], cwd=ROOT, env=environment)
    server = Server(f"http://127.0.0.1:{port}", file)
    try:
        while True:
            assert process.poll() is None, "the server ended while it started"
            try:
                requests.get(f"{server.url}/health", timeout=60)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture
def published(server: Server) -> Server:
    """The server with version 1 of the small file."""
    write_version(server.file, 1)
    return server

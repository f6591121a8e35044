"""The servers, and a shop with two tables in a new database of one."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.extract.sql import databases
from tests.extract.sql.databases import Database, Server
from tests.extract.sql.shop import TYPES, Shop


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    if request.param == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield Server("sqlite", folder, folder)
        return
    with getattr(databases, request.param)() as started:
        yield started


@pytest.fixture
def database(server: Server) -> Database:
    new = server.new_database()
    kind = TYPES[server.kind]
    new.do(
        f"create table orders (id integer primary key, customer varchar(50), created_at {kind} not null, "
        f"updated_at {kind} not null, total decimal(12, 2))",
        "create table items (id integer primary key, order_id integer, sku varchar(20), qty integer, "
        "price decimal(12, 4))",
    )
    return new


@pytest.fixture
def shop(tmp_path: Path, database: Database) -> Shop:
    return Shop(tmp_path, database)

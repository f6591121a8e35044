"""Databases that are written while they are read, break, refuse or are said wrongly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.client_file import ClientError, load_client
from contracts.paths import ClientPaths
from extract.errors import ExtractError
from storage.landing import deliveries
from tests.extract.sql.databases import IN_AN_ADDRESS, PASSWORD, Database
from tests.extract.sql.shop import ITEMS, KINDS, ORDERS, SERVERS, Shop, after_batches, item, order


@pytest.mark.parametrize("server", KINDS, indirect=True)
def test_rows_that_come_while_it_is_read_are_of_the_next_run(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.say(orders=ORDERS | {"batch_size": 2}, order_items=ITEMS)
    shop.database.do(*(order(number) for number in range(1, 6)), *(item(number * 10, number) for number in range(1, 6)))

    def after(batches: int, what: Callable[[], None]) -> None:
        after_batches(monkeypatch, batches, what)

    if shop.database.kind != "sqlite":  # which lets nobody write while it is read
        after(
            1, lambda: shop.database.do(order(6), item(60, 6), order(0), item(1, 0), "delete from orders where id = 5")
        )
    assert [rows for _, rows in shop.new()] == [5, 2, 2, 1]
    monkeypatch.undo()
    if shop.database.kind == "sqlite":
        shop.database.do(order(6), item(60, 6), order(0), item(1, 0), "delete from orders where id = 5")
    shop.database.do("delete from items where id = 50")
    assert [rows for _, rows in shop.new()] == [4, 2, 0, 2]
    assert [number for number, _ in shop.orders()] == ["0", "1", "2", "3", "4", "6"]


KILLED = """
import os, signal, sys
import storage.landing
left = int(sys.argv.pop(1))
sync = storage.landing.sync
def killing(path):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    sync(path)
storage.landing.sync = killing
from cli.main import app
app()
"""


@pytest.mark.parametrize("server", KINDS, indirect=True)
def test_a_run_that_is_killed_loses_and_doubles_nothing(shop: Shop) -> None:
    shop.database.do(*(order(number, at=f"2026-10-{number + 9} 10:00:00") for number in range(1, 10)))
    (shop.folder / "clients").mkdir()
    source = ORDERS | {"url": "${SHOP_DB}", "batch_size": 2, "lag": 0}
    (shop.folder / "clients" / "shop.yml").write_text(yaml.safe_dump(shop.fields | {"sources": {"orders": source}}))
    variables = {
        "SHOP_DB": shop.database.reader,
        "SALES_DATA_DIR": str(shop.folder / "data"),
        "SALES_CLIENTS_DIR": str(shop.folder / "clients"),
    }
    command = [sys.executable, "-c", KILLED]
    arguments = ["extract", "--client", "shop", "--date", "2026-10-31"]
    for syncs in (1, 9):
        done = subprocess.run(
            [*command, str(syncs), *arguments], env={**os.environ, **variables}, check=False, capture_output=True
        )
        assert done.returncode == -signal.SIGKILL
    subprocess.run([*command, "1000", *arguments], env={**os.environ, **variables}, check=True, capture_output=True)
    shop.say(orders=source | {"url": shop.database.reader})
    assert sum(one.rows for one in deliveries(shop.paths.landing)) == 9
    assert [number for number, _ in shop.orders()] == [*map(str, range(1, 10))]
    text = "".join(path.read_text() for path in shop.paths.root.rglob("manifest.json"))
    assert text
    assert PASSWORD not in text
    assert IN_AN_ADDRESS not in text


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_what_cannot_be_read_is_said_in_one_line_without_the_password(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reader = shop.database.reader
    shop.database.do(*(order(number) for number in range(20)))

    def refused(expected: str, **settings: Any) -> None:
        shop.database.reader = settings.pop("url", reader)
        shop.say(orders={**ORDERS, **settings})
        with pytest.raises(ExtractError) as error:
            shop.extract()
        assert expected in str(error.value)
        for secret in (PASSWORD, IN_AN_ADDRESS, "n0t-right"):
            assert secret not in str(error.value) + caplog.text
        assert "\n" not in str(error.value)
        assert error.value.__cause__ is None

    refused("reader", url=reader.replace(IN_AN_ADDRESS, "n0t-right"))
    refused("orders.url of client shop was not read", url=reader.replace("127.0.0.1:", "127.0.0.1:1"))
    refused("nowhere", url=reader.rpartition("/")[0] + "/nowhere")
    refused("is no address of a database", url=f"127.0.0.1 {PASSWORD}")
    refused("needs SHOP_DB, which is not set", url="${SHOP_DB}")
    refused("absent", table="absent")
    refused("has no column changed_at, which the client file names; it has id, customer", cursor="changed_at")
    refused("20 rows without nothing", table=None, query="select o.*, null as nothing from orders o", cursor="nothing")
    noted = {"query": "select o.*, null as note from orders o", "columns": {**ORDERS["columns"], "country": "note"}}
    refused("20 rows without id or note, which tell rows", table=None, key=["id", "note"], **noted)
    refused("several rows of customer = anna", key=["customer"])
    refused("is 'anna'; expected a moment", cursor="customer")
    twice = "column id twice" if shop.database.kind == "postgresql" else "Duplicate column name 'id'"
    refused(twice, table=None, query="select o.id, o.* from orders o")

    def kill_connections() -> None:
        if shop.database.kind == "postgresql":
            shop.database.do("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'reader'")
            return
        for (number,) in shop.database.rows("select id from information_schema.processlist where user = 'reader'"):
            shop.database.do(f"kill {number}")

    after_batches(monkeypatch, 1, kill_connections)
    monkeypatch.setattr("extract.sources.sql.database.FETCHED_ROWS", 2)
    refused("was not read", batch_size=2)
    monkeypatch.undo()
    shop.database.reader = reader
    shop.say(orders=ORDERS)
    shop.extract()
    assert len(shop.orders()) == 20


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    shop = Shop(tmp_path, Database("sqlite", "", f"sqlite:///{tmp_path}/none.db"))
    with pytest.raises(ExtractError, match=r"none\.db, which is not there"):
        shop.extract()
    assert not (tmp_path / "none.db").exists()
    shop = Shop(tmp_path, Database("oracle", "", "oracle://a:b@127.0.0.1/x"))
    with pytest.raises(ExtractError, match="driver for oracle that is not installed"):
        shop.extract()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"url": "postgresql://reader:s3cret@host/shop"}, "has the secret sources.orders.url written out"),
        ({"url": "postgresql://reader:${PASSWORD}@host/shop"}, "has the secret sources.orders.url written out"),
        ({"query": "select 1"}, "either table: or query:"),
        ({"key": []}, "sources.orders.key"),
        ({"key": ["other"]}, "names other, which columns: does not map"),
        ({"time_zone": "Mars"}, "unknown time zone"),
        ({"format": "csv"}, "there is no such setting"),
    ],
)
def test_what_a_client_file_may_not_say(tmp_path: Path, changed: dict[str, Any], expected: str) -> None:
    fields = {"client": "shop", "name": "Shop", "currency": "EUR", "time_zone": "Europe/Berlin"}
    orders = ORDERS | {"url": "${SHOP_DB}"} | changed
    (tmp_path / "shop.yml").write_text(yaml.safe_dump(fields | {"sources": {"orders": orders}}))
    with pytest.raises(ClientError) as refused:
        load_client("shop", tmp_path, {"PASSWORD": "s3cret"})
    assert expected in str(refused.value)
    assert "s3cret" not in str(refused.value)


FILL = {
    "postgresql": "insert into orders select g, 'anna', '2026-10-30', timestamp '2026-01-01' + g * interval '1 second'"
    ", 1 from generate_series(1, {0}) g",
    "mariadb": "insert into orders select seq, 'anna', '2026-10-30', '2026-01-01' + interval seq second, 1 "
    "from seq_1_to_{0}",
}
MEASURED = """
import resource, sys
from datetime import UTC, date, datetime
from pathlib import Path
from contracts.client_file import load_client
from contracts.paths import ClientPaths
from extract.sources.sql.extract import extract
folder = Path(sys.argv[1])
client = load_client("shop", folder, {"SHOP_DB": sys.argv[2]})
now = datetime(2026, 11, 1, tzinfo=UTC)
extract(client, ClientPaths(folder / sys.argv[3], "shop"), date(2026, 10, 31), extracted_at=now, code_version="test")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_memory_does_not_grow_with_the_rows(shop: Shop) -> None:
    (shop.folder / "shop.yml").write_text(
        yaml.safe_dump(shop.fields | {"sources": {"orders": ORDERS | {"url": "${SHOP_DB}", "batch_size": 10_000}}})
    )
    peaks = []
    for rows in (10_000, 150_000):
        shop.database.do("delete from orders", FILL[shop.database.kind].format(rows))
        command = [sys.executable, "-c", MEASURED, str(shop.folder), shop.database.reader, str(rows)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert sum(one.rows for one in deliveries(ClientPaths(shop.folder / str(rows), "shop").landing)) == rows
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] + 16, "a list of 150,000 rows takes 60 MiB"

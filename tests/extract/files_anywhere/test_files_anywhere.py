"""Files of servers to raw: new and changed ones come, each once, from servers that are known."""

from __future__ import annotations

import logging
import shutil
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from tenacity import wait_none

from contracts.client_file import Client, ClientError, load_client
from contracts.deliveries import Manifest
from contracts.paths import ClientPaths
from extract import web
from extract.errors import ExtractError
from extract.sources.files import remote
from extract.sources.files.extract import extract
from load.load_to_db import load
from load.verify_database import verify
from storage.landing import deliveries
from tests.extract.files_anywhere import servers
from tests.extract.files_anywhere.servers import SECRET, FileServer

NOW = datetime.now(UTC) + timedelta(hours=2)  # after all that a test puts there, however long it waits for its turn
DAY = NOW.date()
CSV = {"kind": "files", "format": "csv", "columns": {"order_id": "id", "order_at": "at", "shipping_amount": "paid"}}
SERVERS = ["s3", pytest.param("sftp", marks=pytest.mark.needs("sshd"))]


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[FileServer]:
    with getattr(servers, request.param)() as started:
        yield started


class Shop:
    """A client whose orders are in files on a server."""

    def __init__(self, folder: Path, path: str, access: dict[str, Any] | None = None) -> None:
        self.paths = ClientPaths(folder / "data", "shop")
        self.say(path, access)

    def say(self, path: str, access: dict[str, Any] | None = None) -> None:
        orders = {**CSV, "path": path, "contents": "everything", **({"access": access} if access else {})}
        fields = {
            "client": "shop",
            "name": "Shop",
            "currency": "EUR",
            "time_zone": "UTC",
            "sources": {"orders": orders},
        }
        self.client = Client.model_validate(fields, context={"folder": Path("/nowhere")})

    def extract(self) -> list[Manifest]:
        return extract(self.client, self.paths, DAY, extracted_at=NOW, code_version="test")

    def new(self) -> list[str]:
        before = {one.delivery_id for one in deliveries(self.paths.landing)}
        self.extract()
        return [one.delivery_id for one in deliveries(self.paths.landing) if one.delivery_id not in before]

    def orders(self) -> list[str]:
        load(self.client, self.paths, run_id="run", now=NOW)
        verify(self.client, self.paths, DAY)
        with duckdb.connect(self.paths.warehouse, read_only=True) as con:
            query = "select order_id || ' ' || shipping_amount from raw.orders where is_current order by all"
            return [text for (text,) in con.execute(query).fetchall()]


def rows(*numbers: int, paid: str = "1.00") -> str:
    return "id,at,paid\n" + "".join(f"{number},2026-10-30 10:00:00,{paid}\n" for number in numbers)


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_new_and_changed_files_come_and_no_other_is_fetched(
    server: FileServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="extract.sources.files.extract")
    server.put("2026/09.csv", rows(1))
    server.put("2026/10.csv", rows(2, 3))
    server.put("2026/.hidden.csv", "no file yet")
    server.put("2026/notes.txt", "not one of them")
    server.put("2026/deep/11.csv", rows(4))
    shop = Shop(tmp_path, f"{server.address}/2026/*.csv", server.access)
    assert shop.new() == ["orders/09.csv/0001", "orders/10.csv/0001"]
    assert caplog.text.count("fetching") == 2
    caplog.clear()
    assert shop.new() == []
    assert "fetching" not in caplog.text
    # The same size, and on a server that has whole seconds another one of them.
    server.put("2026/10.csv", rows(2, 3, paid="2.00"), written=time.time() - 3600)
    server.put("2026/12.csv", rows(5))
    assert shop.new() == ["orders/10.csv/0002", "orders/12.csv/0001"]
    assert caplog.text.count("fetching") == 2
    assert shop.orders() == ["1 1.00", "2 2.00", "3 2.00", "5 1.00"]
    server.delete("2026/09.csv")
    warnings = [text for one in shop.extract() for text in one.warnings]
    assert [text for text in warnings if "09.csv" in text and "removed since" in text]
    assert len(warnings) == 1
    shop = Shop(tmp_path / "deep", f"{server.address}/**/*.csv", server.access)
    assert [one.parameters["name"] for one in shop.extract()] == ["2026/10.csv", "2026/12.csv", "2026/deep/11.csv"]
    text = "".join(path.read_text() for path in tmp_path.rglob("*.json"))
    assert "10.csv" in text
    assert SECRET not in text


@pytest.mark.needs("sshd")
@pytest.mark.parametrize("server", ["sftp"], indirect=True)
def test_a_file_written_again_in_the_second_in_which_it_was_fetched_is_seen(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    just_now = NOW.timestamp() - 5
    server.put("a.csv", rows(1), written=just_now)
    shop = Shop(tmp_path, f"{server.address}/a.csv", server.access)
    assert shop.new() == ["orders/a.csv/0001"]
    server.put("a.csv", rows(2), written=just_now)
    assert shop.new() == ["orders/a.csv/0002"]


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_a_file_that_changes_while_it_is_fetched_is_none(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put("a.csv", rows(1))
    shop = Shop(tmp_path, f"{server.address}/a*.csv", server.access)
    listed = remote.listing

    def changing(*arguments: Any) -> Any:
        found = listed(*arguments)
        files = found.__enter__()
        server.put("a.csv", rows(1, 2), written=time.time())

        class Listed:
            def __enter__(self) -> Any:
                return files

            def __exit__(self, *error: object) -> None:
                found.__exit__(None, None, None)

        return Listed()

    monkeypatch.setattr(remote, "listing", changing)
    with pytest.raises(ExtractError, match=r"changed while it was fetched|PreconditionError"):
        shop.extract()
    assert deliveries(shop.paths.landing) == []


@pytest.mark.parametrize("server", SERVERS, indirect=True)
def test_what_cannot_be_read_is_said_without_secrets(server: FileServer, tmp_path: Path) -> None:
    server.put("a.csv", rows(1))
    good, access = f"{server.address}/*.csv", server.access

    def refused(expected: str, path: str = good, **changed: Any) -> None:
        with pytest.raises(ExtractError) as error:
            Shop(tmp_path, path, {**access, **changed}).extract()
        assert expected in str(error.value)
        assert SECRET not in str(error.value)
        assert "\n" not in str(error.value)

    refused("names no file; expected at least one", f"{server.address}/*.json")
    refused("needs NOBODY, which is not set", region="${NOBODY}")
    refused("has a password in path:", "sftp://shop:s3cret@127.0.0.1/*.csv")
    refused("names ftp://; expected s3://", "ftp://127.0.0.1/*.csv")
    if server.folder is None:
        refused("was not read from s3://absent", "s3://absent/*.csv")
        return
    refused("was not read from sftp://", good.replace("/*.csv", "/none.csv"))
    refused("Permission denied", key_file=str(server.folder.parent / "stranger"))
    strange = tmp_path / "strange"
    strange.write_text("")
    refused("Host key is not trusted", known_hosts=str(strange))
    known = Path(access["known_hosts"]).read_text().split()
    strange.write_text(f"{known[0]} {(server.folder.parent / 'stranger.pub').read_text()}")
    refused("Host key is not trusted", known_hosts=str(strange))
    refused("was not read from sftp://", good.replace("127.0.0.1:", "127.0.0.1:1"))
    refused("was not read from sftp://", "sftp://127.0.0.1:1/*.csv")
    shutil.rmtree(server.folder)
    refused("names no file")


def test_a_file_of_a_web_server_comes_when_it_is_another(
    api: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "BACKOFF", wait_none())
    api.replies = [(200, rows(1).encode(), {})]
    shop = Shop(tmp_path, f"{api.url}/export/orders.csv?format=csv&key=of-the-link")
    assert shop.new() == ["orders/orders.csv/0001"]
    assert api.paths == ["/export/orders.csv?format=csv&key=of-the-link"]
    assert shop.new() == []
    api.replies = [(500, b"", {}), (200, rows(1, 2).encode(), {})]
    assert shop.new() == ["orders/orders.csv/0002"]
    assert shop.orders() == ["1 1.00", "2 1.00"]
    assert "of-the-link" not in "".join(path.read_text() for path in tmp_path.rglob("*.json"))

    def cut(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(rows(1).encode())
        handler.connection.shutdown(socket.SHUT_WR)

    def cut_chunks(handler: BaseHTTPRequestHandler) -> None:
        handler.protocol_version = "HTTP/1.1"
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        text = rows(1).encode()
        handler.wfile.write(f"{len(text):x}\r\n".encode() + text + b"\r\n")
        handler.connection.shutdown(socket.SHUT_WR)

    for reply, expected in (
        ((404, b"", {}), "answered 404 Not Found"),
        ((200, b"<html><body>Log in", {}), "HTML"),
        (cut, "broke off after 38 of 1000 bytes"),
        (cut_chunks, "could not be read|was not reached"),
    ):
        api.replies = [reply]
        with pytest.raises(ExtractError, match=expected) as refused:
            shop.extract()
        assert "of-the-link" not in str(refused.value)
    assert len(deliveries(shop.paths.landing)) == 2
    shop.say("http://shop.example/orders.csv")
    with pytest.raises(ExtractError, match="expected https://"):
        shop.extract()


def test_a_secret_in_a_client_file_is_refused(tmp_path: Path) -> None:
    fields = {"client": "shop", "name": "Shop", "currency": "EUR", "time_zone": "UTC"}
    orders = {**CSV, "path": "s3://bucket/*.csv", "access": {"secret_access_key": SECRET}}
    (tmp_path / "shop.yml").write_text(yaml.safe_dump(fields | {"sources": {"orders": orders}}))
    with pytest.raises(ClientError, match=r"has the secret sources\.orders\.access\.secret_access_key written out"):
        load_client("shop", tmp_path, {})

"""Who asks nothing, slowly or too much keeps nobody else from an answer."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import duckdb
import pytest
import requests
import uvicorn

from serve.api import app as api
from serve.api import connections, work
from tests.serve.api.conftest import TOKEN, Server, write_version


def _connected(url: str, sent: bytes = b"") -> socket.socket:
    host, port = url.removeprefix("http://").split(":")
    connection = socket.create_connection((host, int(port)), timeout=20)
    connection.sendall(sent)
    return connection


@contextmanager
def _serving(file: Path) -> Iterator[str]:
    """The app in this process, so that a test can shorten its times."""
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        api.create_app(file, TOKEN, url), http=connections.BoundedConnection, ws="none", log_level="error"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
    thread.start()
    try:
        yield url
    finally:
        server.should_exit = True
        thread.join(30)
        listening.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_version(tmp_path / "file.duckdb", 1)
    return tmp_path / "file.duckdb"


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /version HTTP/1.1\r\nHost: x\r\n",
        b"POST /version HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nx",
        b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["silent", "half a header", "half a body", "answered"],
)
def test_idle_connections_stop_nobody(published: Server, sent: bytes) -> None:
    with ExitStack() as open_ones:
        for _ in range(300):
            open_ones.enter_context(_connected(published.url, sent))
        began = time.monotonic()
        assert requests.get(f"{published.url}/health", timeout=10).status_code == 200
        assert published.get("/version").status_code == 200
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (b"", b""),
        (b"GET /health HTTP/1.1\r\n", b"X"),
        (b"POST /version HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n", b"x"),
        (b"POST /version HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", b"G"),
    ],
    ids=["silent", "slow header", "slow body", "slow chunks", "slow second request"],
)
def test_a_request_that_does_not_end_is_ended(
    file: Path, monkeypatch: pytest.MonkeyPatch, first: bytes, then: bytes
) -> None:
    monkeypatch.setattr(connections, "SECONDS_TO_ASK", 1.0)
    with _serving(file) as url, _connected(url, first) as connection:
        began = time.monotonic()
        connection.settimeout(0.1)
        ended = False
        while not ended and time.monotonic() - began < 10:
            try:
                connection.sendall(then)
                ended = not connection.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                ended = True
        assert ended
        assert 0.8 < time.monotonic() - began < 5


def test_a_reader_that_takes_nothing_is_ended(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "SECONDS_TO_ASK", 1.0)
    monkeypatch.setattr(connections, "SECONDS_TO_ANSWER", 2.0)
    with duckdb.connect(file) as connection:
        connection.execute(
            "insert into marts.mart_daily_sales "
            "select '2026-01-01', repeat('x', 2000), 1, 0, 0.0, true, null from range(9000)"
        )
    asked = (
        f"GET /tables/marts.mart_daily_sales?limit=10000 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    )
    with _serving(file) as url, _connected(url, asked.encode() * 3) as connection:
        time.sleep(6)
        connection.settimeout(5)
        taken = 0
        with suppress(ConnectionResetError):
            while chunk := connection.recv(1 << 20):
                taken += len(chunk)
        assert taken < 18_000_000  # not even one of the three answers


def test_more_work_than_there_is_room_for_is_told_to_come_again(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "MOST_AT_WORK", 2)
    monkeypatch.setattr(work, "MOST_WAITING", 3)
    monkeypatch.setattr(work, "SECONDS_TO_WAIT", 1.0)
    go_on = threading.Event()
    monkeypatch.setattr(api, "_read", lambda *_: go_on.wait(30) and [])
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with _serving(file) as url, ThreadPoolExecutor(8) as readers:
        answers = [readers.submit(requests.get, f"{url}/tables", headers=headers, timeout=60) for _ in range(8)]
        time.sleep(2)
        assert requests.get(f"{url}/health", timeout=5).status_code == 200
        refused = [answer.result() for answer in answers if answer.done()]
        assert [answer.status_code for answer in refused] == [503] * 6  # three at once, three after their second
        assert {answer.headers["Retry-After"] for answer in refused} == {"5"}
        assert refused[0].json() == {"detail": "too many requests at once; ask again in 5 seconds"}
        go_on.set()
        assert sorted(answer.result().status_code for answer in answers)[:2] == [200, 200]


def test_wrong_tokens_are_slow_and_hold_nobody_up(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "SECONDS_PER_WRONG_TOKEN", 2.0)
    wrong = {"Authorization": "Bearer wrong"}
    with _serving(file) as url, ThreadPoolExecutor(60) as guessers:
        began = time.monotonic()
        guesses = [guessers.submit(requests.get, f"{url}/version", headers=wrong, timeout=60) for _ in range(60)]
        time.sleep(0.5)
        right = requests.get(f"{url}/version", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10)
        assert right.status_code == 200
        assert time.monotonic() - began < 2
        assert {guess.result().status_code for guess in guesses} == {401}
        assert time.monotonic() - began >= 2

"""The API's answers: what is believed, what is tried again and what is refused."""

from __future__ import annotations

import contextlib
import gzip
import json
import logging
import socket
import struct
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from tenacity import RetryCallState, Retrying, wait_fixed

from extract import web
from extract.sources.fake_store_api import ApiSource
from extract.sources.fake_store_api.products_api import fetch_products, parse_products
from extract.web import AnswerError
from tests.machine import FAKE_STORE

HERE = Path(__file__).parent
ANSWER = (HERE / "products_answer.json").read_bytes()


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "BACKOFF", wait_fixed(0.02))


def source(url: str, attempts: int = 2, timeout: float = 5) -> ApiSource:
    return ApiSource(kind="fake_store_api", url=url, attempts=attempts, timeout_seconds=timeout)


def status(code: int, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    return code, b"", {name.replace("_", "-"): value for name, value in headers.items()}


def content(data: bytes, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    return 200, data, {name.replace("_", "-"): value for name, value in headers.items()}


def reset(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def silence(handler: BaseHTTPRequestHandler) -> None:
    handler.server.closing.wait(30)


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.closing.wait(0.02):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def product(**changes: Any) -> bytes:
    good = {"id": 1, "title": "Kettle", "price": 5, "description": "", "category": "kitchen", "image": ""}
    return json.dumps([good | changes]).encode()


def test_an_answer_is_read_to_the_digit(api: Any) -> None:
    products = fetch_products(source(api.url + "/v1/"))
    assert api.paths == ["/v1/products"]
    assert [(found.id, found.title, str(found.price)) for found in products] == [
        (1, "Red Kettle", "695"),
        (2, "Blue Kettle", "22.3"),
        (9007199254740993, "Kettle Lid", "1234567890123.45"),
    ]
    assert [found.rating and (str(found.rating.rate), found.rating.count) for found in products] == [
        ("4.1", 0),
        ("3", 7),
        None,
    ]


@pytest.mark.needs("fake store")
def test_the_real_bodies_are_read_to_the_cent(api: Any) -> None:
    api.replies = [content(FAKE_STORE.read_bytes())]
    products = fetch_products(source(api.url))
    assert len(products) == 20
    assert sum(Decimal(found.price) for found in products) == Decimal("3240.92")
    assert sum(found.rating.count for found in products if found.rating) == 5736
    assert [found.title for found in products if found.title != found.title.strip()] == []


def test_a_compressed_answer_is_read(api: Any) -> None:
    api.replies = [content(gzip.compress(ANSWER), Content_Encoding="gzip")]
    assert len(fetch_products(source(api.url))) == 3


BAD = {
    "500": (status(500), "answered 500 Internal Server Error, expected 200 OK"),
    "429": (status(429, Retry_After="0"), "answered 429 Too Many Requests, expected 200 OK"),
    "reset": (reset, "was not reached: [Errno 104] Connection reset by peer"),
    "truncated body": (
        content(ANSWER[:200], Content_Length=str(len(ANSWER))),
        f"broke off after 200 of {len(ANSWER)} bytes",
    ),
    "truncated JSON": (content(ANSWER[:-3]), "that are not complete JSON (Expecting"),
    "damaged gzip": (content(ANSWER, Content_Encoding="gzip"), "could not be read: "),
    "not UTF-8": (content(b'["caf\xe9"]'), "that are not complete JSON ('utf-8' codec can't decode byte 0xe9"),
    "HTML": (
        content(b"\n<!DOCTYPE html><html>Sign in</html>"),
        "answered HTML or XML, expected a JSON list of products",
    ),
    "no body": (content(b""), "answered 0 bytes that are not complete JSON"),
    "null": (content(b"null"), "the first at the answer: Input should be a valid list, found 'None'"),
    "object": (content(b'{"error": "busy"}'), "Input should be a valid list, found \"{'error': 'busy'}\""),
    "null product": (content(b"[null]"), "the first at 0: Input should be"),
    "empty list": (content(b"[]"), "answered an empty list, expected at least one product"),
    "no price": (content(product(price=None)), "the first at 0.price"),
    "price as text": (content(product(price="5.00")), "the first at 0.price"),
    "negative price": (content(product(price=-1)), "greater than or equal to 0, found '-1'"),
    "not a number": (content(product(price=float("nan"))), "the first at 0.price"),
    "huge price": (content(product(price=10**16)), "less than 10000000000000000"),
    "true as price": (content(product(price=True)), "the first at 0.price"),
    "id as text": (content(product(id="1")), "the first at 0.id: Input should be a valid integer, found '1'"),
    "blank title": (content(product(title="  ")), "the first at 0.title: String should have at least 1 character"),
    "renamed field": (content(product().replace(b"title", b"name")), "the first at 0.title: Field required"),
    "rating as number": (content(product(rating=4.5)), "the first at 0.rating: Input should be"),
    "two findings": (content(product(title=1, image=2)), "answered another schema, 2 findings, the first at 0.title"),
    "id twice": (
        content(b"[" + product()[1:-1] + b"," + product()[1:-1] + b"]"),
        "answered product ids more than once: [1]",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_is_refused_after_all_attempts(api: Any, name: str) -> None:
    reply, message = BAD[name]
    api.replies = [reply]
    with pytest.raises(AnswerError) as caught:
        fetch_products(source(api.url))
    assert str(caught.value).startswith(f"{api.url}/products ")
    assert message in str(caught.value)
    assert len(api.paths) == 2


@pytest.mark.parametrize("name", ["500", "429", "reset", "truncated body", "HTML", "null", "empty list"])
def test_a_passing_failure_is_tried_again(api: Any, name: str) -> None:
    api.replies = [BAD[name][0], content(ANSWER)]
    assert len(fetch_products(source(api.url))) == 3
    assert len(api.paths) == 2


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410])
def test_a_lasting_failure_is_not_tried_again(api: Any, code: int) -> None:
    api.replies = [status(code)]
    with pytest.raises(AnswerError, match=f"answered {code} .*, expected 200 OK"):
        fetch_products(source(api.url))
    assert len(api.paths) == 1


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("0.2", "0.1"),
        ("0", "0.0"),
        ("3600", "0.3"),
        ("Thu, 01 Jan 1970 00:00:00 GMT", "0.0"),
        ("Fri, 31 Dec 2100 00:00:00 GMT", "0.3"),
        ("soon", "0.1"),
    ],
)
def test_retry_after_is_kept_and_capped(
    api: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, header: str, wait: str
) -> None:
    monkeypatch.setattr(web, "RETRY_AFTER_SECONDS", 0.3)
    monkeypatch.setattr(web, "BACKOFF", wait_fixed(0.1))
    api.replies = [status(429, Retry_After=header), content(ANSWER)]
    with caplog.at_level(logging.WARNING):
        fetch_products(source(api.url))
    assert caplog.messages == [
        f"attempt 1 of 2 failed, next in {wait} s: {api.url}/products answered 429 Too Many Requests, expected 200 OK"
    ]


def test_waits_grow_are_jittered_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()

    def wait(attempt: int) -> float:
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = attempt
        return web.BACKOFF(state)

    for attempt, base in {1: 0.5, 2: 1, 3: 2, 4: 4}.items():
        waits = {wait(attempt) for _ in range(20)}
        assert len(waits) > 1
        assert base <= min(waits) <= max(waits) <= base + 0.5
    assert wait(50) == 8


@pytest.mark.parametrize(
    ("reply", "message"),
    [(silence, "did not answer within 0.2 s"), (drip, r"did not end its answer within 0\.2 s, \d+ bytes came")],
)
def test_a_slow_answer_is_given_up(api: Any, reply: Any, message: str) -> None:
    api.replies = [reply]
    with pytest.raises(AnswerError, match=message):
        fetch_products(source(api.url, timeout=0.2))
    assert len(api.paths) == 2


def test_an_answer_that_stops_halfway_is_given_up(api: Any) -> None:
    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(ANSWER)))
        handler.end_headers()
        handler.wfile.write(ANSWER[:100])
        silence(handler)

    api.replies = [half]
    with pytest.raises(AnswerError, match=r"did not answer within 0\.2 s"):
        fetch_products(source(api.url, timeout=0.2))


def closed_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.parametrize(("budget", "tries"), [(10, 3), (0, 1)])
def test_without_a_connection_the_attempts_end_within_their_budget(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, budget: int, tries: int
) -> None:
    monkeypatch.setattr(web, "UNREACHABLE_SECONDS", budget)
    with pytest.raises(AnswerError, match=r"was not reached: .*Connection refused"):
        fetch_products(source(f"http://127.0.0.1:{closed_port()}", attempts=3))
    assert len(caplog.messages) == tries - 1


def test_a_connection_that_does_not_come_about_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, contextlib.ExitStack() as clients:
        for _ in range(3):
            waiting = clients.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        with pytest.raises(AnswerError, match=r"was not reached: Connection to 127\.0\.0\.1 timed out"):
            fetch_products(source(f"http://127.0.0.1:{full.getsockname()[1]}", attempts=1))


def test_the_budget_is_for_connections_alone(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "UNREACHABLE_SECONDS", 0)
    api.replies = [status(500), status(500), content(ANSWER)]
    assert len(fetch_products(source(api.url, attempts=3))) == 3


def test_a_name_that_does_not_resolve_is_not_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(AnswerError, match="was not reached: its host name does not resolve"):
        fetch_products(source("http://shop.invalid"))
    assert caplog.messages == []


def test_an_impossible_url_is_not_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(
        AnswerError, match="could not be read: No connection adapters were found for 'htp://shop/products'"
    ):
        fetch_products(source("htp://shop"))
    assert caplog.messages == []


def test_text_is_parsed_as_bytes_are() -> None:
    assert parse_products(ANSWER.decode(), "the test") == parse_products(ANSWER, "the test")

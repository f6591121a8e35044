"""Stripe's API, played by its documentation: lists the newest first, rights, limits, faults and changing data."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "rk_live_s3cret"
Record = dict[str, Any]
Fault = Callable[[BaseHTTPRequestHandler], bool]


class Account(ThreadingHTTPServer):
    """An account whose records tests change; ``before`` is called before a question is answered, with its number."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.records: dict[str, list[Record]] = {name: [] for name in ("charges", "refunds", "subscriptions")}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.faults: list[Fault] = []
        self.before: Callable[[int], None] = lambda _: None
        self.refused: tuple[str, ...] = ()
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up early are part of these tests."""

    def page(self, name: str, asked: dict[str, str]) -> Record:
        """A list object; a parameter that is not known is a mistake here."""
        assert {*asked} <= {"limit", "starting_after", "created[gte]", "created[lt]", "expand[]", "status"}, asked
        found = [
            one
            for one in self.records[name]
            if int(asked.get("created[gte]", 0)) <= one["created"] < int(asked.get("created[lt]", 1 << 40))
        ]
        found = sorted(found, key=lambda one: (one["created"], one["id"]), reverse=True)
        if name == "subscriptions":
            assert asked["status"] == "all", "those that ended come only when they are asked for"
        if after := asked.get("starting_after"):
            found = found[[one["id"] for one in found].index(after) + 1 :]
        size = int(asked["limit"])
        page = found[:size]
        if asked.get("expand[]") != "data.balance_transaction":
            page = [one | {"balance_transaction": "txn"} if "balance_transaction" in one else one for one in page]
        return {"object": "list", "url": f"/v1/{name}", "has_more": len(found) > size, "data": page}


class Handler(BaseHTTPRequestHandler):
    server: Account
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each body waits 40 ms for the receipt of its headers

    def do_GET(self) -> None:
        account, place = self.server, urlsplit(self.path)
        name, asked = place.path.removeprefix("/v1/"), dict(parse_qsl(place.query))
        account.asked.append((name, asked))
        assert self.headers["Stripe-Version"] == "2024-06-20"
        if account.faults and account.faults.pop(0)(self):
            return
        if self.headers["Authorization"] != f"Bearer {KEY}":
            self.refuse(401, "Invalid API Key provided: rk_live_*******ret")
        elif name in account.refused:
            right = f"rak_{name.removesuffix('s')}_read"
            said = "The provided key 'rk_live_*******ret' does not have the required permissions for this endpoint. "
            self.refuse(403, f"{said}Having the '{right}' permission would allow this request to continue.")
        else:
            account.before(len(account.asked))
            self.answer(account.page(name, asked))

    def refuse(self, status: int, message: str) -> None:
        self.answer({"error": {"message": message, "type": "invalid_request_error"}}, status)

    def answer(self, body: Any, status: int = 200) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name in http.server
        """Keep the test's output readable."""


@contextmanager
def serving() -> Iterator[Account]:
    account = Account()
    thread = threading.Thread(target=account.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield account
    finally:
        account.closing.set()
        account.shutdown()
        thread.join()
        account.server_close()

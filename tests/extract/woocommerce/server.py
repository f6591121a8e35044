"""WooCommerce's REST API, played by its documentation and source: pages, windows, rights, faults and shifting data."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY, SECRET = "ck_0a1b2c3d", "cs_s3cret"
Record = dict[str, Any]
Fault = Callable[[BaseHTTPRequestHandler], bool]
CANNOT = {"code": "woocommerce_rest_cannot_view", "message": "Sorry, you cannot list resources."}


class Shop(ThreadingHTTPServer):
    """A shop whose records tests change; ``before`` is called before a question is answered, with its number."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.records: dict[str, list[Record]] = {name: [] for name in ("orders", "refunds", "customers", "products")}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.faults: list[Fault] = []
        self.before: Callable[[int], None] = lambda _: None
        self.count: Callable[[int], int] = lambda number: number
        self.refused: tuple[str, ...] = ()
        self.has_refunds = True
        self.hidden: tuple[str, ...] = ()
        """Statuses that no plugin registers any more: \"any\" leaves them out."""
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def orders(self) -> list[Record]:
        return self.records["orders"]

    @property
    def refunds(self) -> list[Record]:
        return self.records["refunds"]

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up early are part of these tests."""

    def found(self, name: str, asked: dict[str, str]) -> list[Record]:
        """What a question finds, in the order that it asks for; a parameter that is not known is a mistake here."""
        known = {"status", "dp", "role", "per_page", "offset", "orderby", "order", "_fields", "include"}
        known |= {"dates_are_gmt", "after", "before", "modified_after", "modified_before"}
        assert {*asked} <= known, asked
        assert (asked["orderby"], asked["order"]) == ("id", "asc"), "dates tie"
        found = self.records[name]
        if name in ("orders", "products"):
            status = asked["status"]
            found = [one for one in found if (one["status"] == "trash") == (status == "trash")]
            found = [one for one in found if one["status"] not in self.hidden]
        if "include" in asked:
            found = [one for one in found if str(one["id"]) in asked["include"].split(",")]
        for parameter, field in (("", "date_created"), ("modified_", "date_modified")):
            for name_, sign in (("after", 1), ("before", -1)):
                if said := asked.get(f"{parameter}{name_}"):
                    assert asked["dates_are_gmt"] == "true"
                    # WordPress makes a moment with a zone one of its own zone, and compares that with GMT.
                    assert datetime.fromisoformat(said).tzinfo is None
                    at = f"{field}_gmt"
                    found = [one for one in found if (one[at] > said) - (one[at] < said) == sign]
        return sorted(found, key=lambda one: one["id"])


class Handler(BaseHTTPRequestHandler):
    server: Shop
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each body waits 40 ms for the receipt of its headers

    def do_GET(self) -> None:
        shop, place = self.server, urlsplit(self.path)
        asked = dict(parse_qsl(place.query))
        name = place.path.removeprefix("/wp-json/wc/v3/")
        shop.asked.append((name, asked))
        if shop.faults and shop.faults.pop(0)(self):
            return
        name, _, number = name.partition("/")
        if name not in shop.records or (number and name != "orders") or (name == "refunds" and not shop.has_refunds):
            said = "No route was found matching the URL and request method."
            self.answer({"code": "rest_no_route", "message": said, "data": {"status": 404}}, 404)
            return
        given = base64.b64decode((self.headers["Authorization"] or "Basic ").removeprefix("Basic ")).decode()
        if given != f"{KEY}:{SECRET}":
            which = "secret" if given.startswith(KEY) else "key"
            said = f"Consumer {which} is invalid."
            self.answer({"code": "woocommerce_rest_authentication_error", "message": said}, 401)
            return
        if name in shop.refused:
            self.answer(CANNOT, 403)
            return
        shop.before(len(shop.asked))
        if number:
            self.answer_one(number, asked)
            return
        found = shop.found(name, asked)
        begin, size = int(asked.get("offset", 0)), int(asked["per_page"])
        fields = asked["_fields"].split(",")
        page = [{field: one[field] for field in fields if field in one} for one in found[begin : begin + size]]
        total = shop.count(len(found))
        self.answer(page, headers={"X-WP-Total": str(total), "X-WP-TotalPages": str(-(-total // size))})

    def answer_one(self, number: str, asked: dict[str, str]) -> None:
        """An order by itself, whatever its status."""
        for one in self.server.orders:
            if str(one["id"]) == number:
                self.answer({field: one[field] for field in asked["_fields"].split(",")})
                return
        said = {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}
        self.answer(said, 404)

    def answer(self, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name in http.server
        """Keep the test's output readable."""


@contextmanager
def serving() -> Iterator[Shop]:
    shop = Shop()
    thread = threading.Thread(target=shop.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield shop
    finally:
        shop.closing.set()
        shop.shutdown()
        thread.join()
        shop.server_close()

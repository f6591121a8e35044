"""A shop's API that is played: every kind of pages, access, limits and faults."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

TOKEN, USER, PASSWORD = "t0ken-of-the-shop", "shop", "pa:ss&wörd"
Fault = Callable[[BaseHTTPRequestHandler], bool]


class Api(ThreadingHTTPServer):
    """Orders in a list, which tests change; ``before_page`` is called before a page is made, with its number."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.orders: list[dict[str, Any]] = []
        self.size = 2
        self.asked: list[dict[str, str]] = []
        self.faults: list[Fault] = []
        self.before_page: Callable[[int], None] = lambda _: None
        self.promise: Callable[[int], int] = lambda number: number
        self.pretty = False
        self.access = ""
        self.tokens = 0
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up early are part of these tests."""


class Handler(BaseHTTPRequestHandler):
    server: Api
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each body waits 40 ms for the receipt of its headers

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        asked = dict(parse_qsl(self.rfile.read(length).decode()))
        is_known = self.headers["Authorization"] == _basic("client", "s3cret-of-client")
        if asked.get("grant_type") != "client_credentials" or not is_known:
            self.answer({"error": "invalid_client"}, status=401)
            return
        self.server.tokens += 1
        self.server.access = f"Bearer {TOKEN}{self.server.tokens}"
        self.answer({"access_token": f"{TOKEN}{self.server.tokens}", "expires_in": 86400})

    def do_GET(self) -> None:
        api, place = self.server, urlsplit(self.path)
        asked = dict(parse_qsl(place.query))
        api.asked.append(asked)
        if api.faults and api.faults.pop(0)(self):
            return
        if api.access and api.access not in (
            self.headers["Authorization"],
            self.headers["X-Api-Key"],
            asked.get("key"),
        ):
            self.answer({"error": "who is it?"}, status=401)
            return
        api.before_page(len(api.asked))
        found = [
            one for one in api.orders if asked.get("since", "") <= str(one["updated_at"]) < asked.get("until", "9999")
        ]
        how = place.path.strip("/")
        begin = {
            "page": (int(asked.get("page", 1)) - 1) * api.size,
            "offset": int(asked.get("offset", 0)),
            "link": int(asked.get("at", 0)),
            "next_url": int(asked.get("at", 0)),
        }.get(how, 0)
        if how in ("cursor", "last"):  # the id of the last one, as a server does it well
            found = sorted(
                (one for one in found if one["id"] > int(asked.get("after") or 0)), key=lambda one: one["id"]
            )
        page = found if how == "all" else found[begin : begin + api.size]
        more = begin + len(page) < len(found)
        others = {"since": asked["since"]} if "since" in asked else {}
        following = f"/{how}?{urlencode({**others, 'at': begin + api.size})}"
        body: Any = {"data": {"orders": page}, "meta": {"total": api.promise(len(found)), "next": None, "more": more}}
        if more:
            body["meta"]["next"] = page[-1]["id"] if how == "cursor" else following
        link = {"Link": f'<{api.url}{following}>; rel="next"'} if more and how == "link" else {}
        self.answer(body, headers={"X-Total": str(api.promise(len(found))), **link})

    def answer(self, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        text = json.dumps(body, indent=2 if self.server.pretty else None, ensure_ascii=False)
        content = text.replace('"10.10"', "10.10").encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name in http.server
        """Keep the test's output readable."""


def _basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def status(code: int, **headers: str) -> Fault:
    """An answer without records."""

    def fault(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(code)
        for name, value in {"Content-Length": "0", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        return True

    return fault


def body(content: bytes) -> Fault:
    """An answer of 200 OK with other content."""

    def fault(handler: BaseHTTPRequestHandler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)
        return True

    return fault


def drip(handler: BaseHTTPRequestHandler) -> bool:
    """An answer that never ends."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.closing.wait(0.02):  # type: ignore[attr-defined]
        handler.wfile.write(b" ")
        handler.wfile.flush()
    return True


@contextmanager
def serving() -> Iterator[Api]:
    api = Api()
    thread = threading.Thread(target=api.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield api
    finally:
        api.closing.set()
        api.shutdown()
        thread.join()
        api.server_close()

"""A real HTTP server on a free port that answers as it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ANSWER = (Path(__file__).parent / "products_answer.json").read_bytes()
Reply = Callable[[BaseHTTPRequestHandler], None] | tuple[int, bytes, dict[str, str]]


class Api(ThreadingHTTPServer):
    """Answers each request with the next reply, the last one again and again."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.replies: list[Reply] = [(200, ANSWER, {})]
        self.paths: list[str] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up early are part of these tests."""


class Handler(BaseHTTPRequestHandler):
    server: Api

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        reply = self.server.replies.pop(0) if len(self.server.replies) > 1 else self.server.replies[0]
        if callable(reply):
            reply(self)
            return
        status, content, headers = reply
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the name in http.server
        """Keep the test's output readable."""


@pytest.fixture
def api() -> Iterator[Api]:
    server = Api()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()

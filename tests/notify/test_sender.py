"""Messages reach real HTTP and SMTP servers on this machine."""

from __future__ import annotations

import email
import json
import logging
import socket
import threading
from collections.abc import Iterator
from email import policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from notify.sender import NotifyError, send

TITLE, BODY = "Demo Shop: published through 2026-10-31", "Revenue 1.00 USD in 1 orders.\nThe run took 3 s."


@pytest.fixture
def http_sink() -> Iterator[tuple[int, list[dict[str, Any]], list[int]]]:
    """Port of a server that keeps every JSON body it is sent, and the status it answers with."""
    received: list[dict[str, Any]] = []
    status = [200]

    class Sink(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status[0])
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class's name
            pass

    server = HTTPServer(("127.0.0.1", 0), Sink)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, received, status
    server.shutdown()
    thread.join()
    server.server_close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_message_reaches_a_web_hook(http_sink: tuple[int, list[dict[str, Any]], list[int]]) -> None:
    port, received, _ = http_sink
    send([f"json://127.0.0.1:{port}"], TITLE, BODY)
    assert [(body["title"], body["message"]) for body in received] == [(TITLE, BODY)]


def test_a_message_reaches_a_mailbox_with_its_attachment(tmp_path: Path) -> None:
    report = tmp_path / "2026-10.pdf"
    report.write_bytes(b"%PDF-")
    mails = []

    class Sink:
        async def handle_DATA(self, *arguments: Any) -> str:  # noqa: N802 aiosmtpd's name
            *_, envelope = arguments
            mails.append(email.message_from_bytes(envelope.content, policy=policy.default))
            return "250 OK"

    controller = Controller(Sink(), hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        send(
            [f"mailto://127.0.0.1:{controller.port}?from=sales@shop.example&to=team@shop.example"], TITLE, BODY, report
        )
    finally:
        controller.stop()
    assert [mail["Subject"] for mail in mails] == [TITLE]
    assert mails[0]["To"] == "team@shop.example"
    assert "The run took 3 s." in mails[0].get_body(("plain",)).get_content()
    attached = [(part.get_filename(), part.get_content()) for part in mails[0].iter_attachments()]
    assert attached == [("2026-10.pdf", b"%PDF-")]


def test_without_a_url_the_message_goes_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "notify.sender"):
        send([], TITLE, BODY)
    assert caplog.messages == [TITLE, *BODY.split("\n")]


def test_one_dead_service_does_not_keep_the_message_from_the_others_and_no_secret_is_told(
    http_sink: tuple[int, list[dict[str, Any]], list[int]], caplog: pytest.LogCaptureFixture
) -> None:
    port, received, _ = http_sink
    dead = f"json://user:hunter2@127.0.0.1:{free_port()}"
    with caplog.at_level(logging.DEBUG), pytest.raises(NotifyError) as caught:
        send([dead, f"json://127.0.0.1:{port}", "carrier-pigeon://hunter2"], TITLE, BODY)
    assert len(received) == 1
    assert str(caught.value) == (
        f"the message {TITLE!r} was not delivered: the json service did not accept it; a URL of scheme "
        "carrier-pigeon cannot be read by Apprise; expected for example mailtos:// or slack://. "
        "Check the URLs in the client's notification variable and send it again."
    )
    assert "hunter2" not in caplog.text


def test_a_service_that_answers_with_an_error_is_an_error(
    http_sink: tuple[int, list[dict[str, Any]], list[int]],
) -> None:
    port, _, status = http_sink
    status[0] = 500
    with pytest.raises(NotifyError, match="the json service did not accept it"):
        send([f"json://127.0.0.1:{port}"], TITLE, BODY)

"""Sends a message through Apprise: e-mail, Slack, Teams or whatever else its URL names."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from apprise import Apprise, NotifyFormat

from contracts.printable import SafeError

logger = logging.getLogger(__name__)


class NotifyError(SafeError):
    """A notification was not delivered; the message says through which service, never the URL: it holds secrets."""


def send(urls: Sequence[str], title: str, body: str, attachment: Path | None = None) -> None:
    """Deliver the message to every URL, with the file where the service takes one; without any URL, to the log.

    One that fails does not keep the message from the others. Raises NotifyError naming those that failed.
    """
    if not urls:
        for line in (title, *body.split("\n")):
            logger.info("%s", line)
        return
    problems = [problem for url in urls if (problem := _problem(url, title, body, attachment))]
    if problems:
        raise NotifyError(
            f"the message {title!r} was not delivered: {'; '.join(problems)}. "
            "Check the URLs in the client's notification variable and send it again."
        )


def _problem(url: str, title: str, body: str, attachment: Path | None) -> str | None:
    service = Apprise()
    scheme = urlsplit(url).scheme or "no scheme"
    apprise_log = logging.getLogger("apprise")
    apprise_log.disabled = True  # it writes a URL that it cannot read to the log, secrets and all
    try:
        is_known = service.add(url)
    finally:
        apprise_log.disabled = False
    if not is_known:
        return f"a URL of scheme {scheme} cannot be read by Apprise; expected for example mailtos:// or slack://"
    if not service.notify(
        title=title, body=body, body_format=NotifyFormat.TEXT, attach=str(attachment) if attachment else None
    ):
        return f"the {scheme} service did not accept it"
    return None

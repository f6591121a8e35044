"""Files on servers: what is there, with its version, and how it is fetched."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncssh
import obstore
import requests
from obstore.exceptions import BaseError
from obstore.store import S3Store

from contracts.block import VARIABLE
from extract.errors import ExtractError
from extract.sources.files import FileAccess, FileSource
from extract.web import AnswerError, ask, download

CONNECT_SECONDS = 15
FETCH_SECONDS = 3_600  # for one file
ATTEMPTS = 4
MAGIC = re.compile(r"[*?[]")
CHUNK = 8 << 20


@dataclass(frozen=True)
class RemoteFile:
    """A file on a server; ``version`` is another one when its content is."""

    place: str
    name: str
    version: str | None
    modified: datetime | None
    fetch: Callable[[Path], None]


@contextmanager
def listing(source: FileSource, named: str) -> Iterator[list[RemoteFile]]:
    """The files that the path of a source names, which can be fetched within the block.

    ``named`` is how messages name the source. Raises ExtractError, without secrets, when its server cannot be read.
    """
    access = source.access or FileAccess()
    secrets = [one.get_secret_value() for one in access.model_dump().values() if hasattr(one, "get_secret_value")]
    for text in (source.path, access.key_file, access.known_hosts, access.region, access.endpoint, *secrets):
        if unset := VARIABLE.search(text or ""):
            raise ExtractError(f"{named} needs {unset[1]}, which is not set; expected it where the step runs. Set it.")
    scheme = source.path.partition("://")[0]
    host, _ = _parts(source.path)
    if ":" in host.rpartition("@")[0]:
        raise ExtractError(f"{named} has a password in path:; expected it under access:, as path: is in manifests.")
    kinds = {"s3": _s3, "sftp": _sftp, "https": _https, "http": _https}
    if scheme not in kinds:
        raise ExtractError(f"{named} names {scheme}://; expected s3://, sftp:// or https://.")
    if scheme == "http" and host.partition(":")[0] not in ("localhost", "127.0.0.1"):
        raise ExtractError(
            f"{named} names http://{host}; expected https://, as anybody on the way could change the file."
        )
    explained = partial(_explained, named, f"{scheme}://{host}", secrets)
    with ExitStack() as opened:
        with explained():
            files = opened.enter_context(kinds[scheme](access, source.path))
        yield [replace(one, fetch=explained()(one.fetch)) for one in sorted(files, key=lambda one: one.name)]


@contextmanager
def _explained(named: str, server: str, secrets: Sequence[str]) -> Iterator[None]:
    """Say what goes wrong with a server, without secrets."""
    try:
        yield
    except (BaseError, asyncssh.Error, AnswerError, OSError, ValueError) as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        for secret in filter(None, secrets):
            said = said.replace(secret, "***")
        raise ExtractError(
            f"{named} was not read from {server}: {said}. What was landed stays. Check path: and access:, and the "
            "right to list and to read; then run the step again."
        ) from None


@contextmanager
def _s3(access: FileAccess, address: str) -> Iterator[list[RemoteFile]]:
    host, path = _parts(address)
    settings: dict[str, Any] = {
        name: value.get_secret_value() if hasattr(value, "get_secret_value") else value
        for name in ("access_key_id", "secret_access_key", "region", "endpoint")
        if (value := getattr(access, name))
    }
    is_open = bool(access.endpoint and access.endpoint.startswith("http://"))
    store = S3Store(host, client_options={"allow_http": is_open, "timeout": f"{FETCH_SECONDS}s"}, **settings)

    def fetch(key: str, tag: str | None, target: Path) -> None:
        found = obstore.get(store, key, options={"if_match": tag} if tag else {})
        with target.open("wb") as out:
            for chunk in found.stream(min_chunk_size=CHUNK):
                out.write(chunk)

    wanted = _pattern(path)
    listed = (one for batch in obstore.list(store, prefix=_fixed(path) or None) for one in batch)
    found = [one for one in listed if wanted.fullmatch(one["path"]) and not _is_hidden(_name(one["path"], path))]
    yield [
        RemoteFile(
            f"s3://{host}/{one['path']}",
            _name(one["path"], path),
            one["e_tag"],
            one["last_modified"],
            partial(fetch, one["path"], one["e_tag"]),
        )
        for one in found
    ]


@contextmanager
def _sftp(access: FileAccess, address: str) -> Iterator[list[RemoteFile]]:
    host, path = _parts(address)
    place = urlsplit(f"sftp://{host}")
    name = place.username or (access.user.get_secret_value() if access.user else None)
    options: dict[str, Any] = {
        "port": place.port or 22,
        "username": unquote(name) if name else (),
        "password": access.password.get_secret_value() if access.password else None,
        "passphrase": access.passphrase.get_secret_value() if access.passphrase else None,
        "client_keys": [access.key_file] if access.key_file else None if access.password else (),
        "known_hosts": access.known_hosts or str(Path.home() / ".ssh" / "known_hosts"),
        "config": None,
        "connect_timeout": CONNECT_SECONDS,
        "keepalive_interval": CONNECT_SECONDS,
    }
    loop = asyncio.new_event_loop()
    thread = ThreadPoolExecutor(1)  # the thread that calls may have a loop of its own that runs

    def wait(what: Any, seconds: float = FETCH_SECONDS) -> Any:
        async def within() -> Any:
            return await asyncio.wait_for(what, seconds)

        return thread.submit(loop.run_until_complete, within()).result()

    async def connected() -> tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient]:
        connection = await asyncssh.connect(str(place.hostname), **options)
        return connection, await connection.start_sftp_client()

    def fetch(remote: str, version: str, target: Path) -> None:
        wait(client.get(remote, str(target)))
        if _version(wait(client.stat(remote))) != version:
            raise ExtractError(f"{remote} changed while it was fetched, expected a finished file. Run the step again.")

    connection = None
    try:
        connection, client = wait(connected(), 2 * CONNECT_SECONDS)
        try:
            found = [str(one) for one in wait(client.glob(f"/{path}"))] if MAGIC.search(path) else [f"/{path}"]
        except asyncssh.SFTPNoSuchFile:
            found = []
        stats = [(one, wait(client.stat(one))) for one in found if not _is_hidden(_name(one.lstrip("/"), path))]
        yield [
            RemoteFile(
                f"sftp://{host}{one}",
                _name(one.lstrip("/"), path),
                _version(stat),
                datetime.fromtimestamp(stat.mtime, UTC),
                partial(fetch, one, _version(stat)),
            )
            for one, stat in stats
            if stat.type != asyncssh.FILEXFER_TYPE_DIRECTORY
        ]
    finally:
        if connection:
            connection.abort()
            wait(connection.wait_closed())
        thread.shutdown()
        loop.close()


@contextmanager
def _https(access: FileAccess, address: str) -> Iterator[list[RemoteFile]]:
    options: dict[str, Any] = {}
    if access.token:
        options["headers"] = {"Authorization": f"Bearer {access.token.get_secret_value()}"}
    if access.user and access.password:
        options["auth"] = (access.user.get_secret_value().encode(), access.password.get_secret_value().encode())
    with requests.Session() as session:

        def fetch(target: Path) -> None:
            ask(lambda: download(session, address, target, FETCH_SECONDS, **options), ATTEMPTS)

        place = address.partition("?")[0]
        yield [RemoteFile(place, unquote(place.rpartition("/")[2]) or "file", None, None, fetch)]


def _parts(address: str) -> tuple[str, str]:
    """The server of an address, or the bucket, and the path there."""
    host, _, path = address.partition("://")[2].partition("/")
    return host, path


def _version(stat: asyncssh.SFTPAttrs) -> str:
    return f"{stat.size}-{stat.mtime}"


def _fixed(path: str) -> str:
    """The folders of a path before its first wildcard."""
    return "/".join(takewhile(lambda part: not MAGIC.search(part), path.split("/")[:-1]))


def _name(found: str, path: str) -> str:
    """The place of a file below the part of the path without wildcards."""
    fixed = _fixed(path) if MAGIC.search(path) else path.rpartition("/")[0]
    return found.removeprefix(f"{fixed}/") if fixed else found


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") for part in name.split("/"))


def _pattern(path: str) -> re.Pattern[str]:
    """A glob as a pattern: `*` and `?` stay within a folder, `**` is any depth."""
    signs = {"**/": r"(?:[^/]+/)*", "*": r"[^/]*", "?": r"[^/]"}
    parts = re.split(r"(\*\*/|\*|\?|\[[^\]]+\])", path)
    return re.compile("".join(signs.get(part, part if part.startswith("[") else re.escape(part)) for part in parts))

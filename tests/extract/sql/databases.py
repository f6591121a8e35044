"""Debian's PostgreSQL and MariaDB, each in a folder of its own, and SQLite: started for tests, gone with them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

PASSWORD = "pa:ss@w%rd"  # noqa: S105 with the signs that an address has for itself
IN_AN_ADDRESS = "pa%3Ass%40w%25rd"


def program(name: str) -> str:
    """A server's program, on the path or where Debian has it."""
    folders = ["/usr/sbin", *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))]
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *folders])) or name


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Server:
    """A database server: ``address`` has {} for the database and is the administrator's."""

    kind: str
    address: str
    reader: str
    process: subprocess.Popen[bytes] | None = None
    first: str = ""

    def new_database(self) -> Database:
        """An empty database, and the addresses of one who may write and one who may read it."""
        name = f"shop_{uuid.uuid4().hex[:8]}"
        if self.kind == "sqlite":
            path = f"{self.address}/{name}.db"
            sa.create_engine(f"sqlite:///{path}").connect().close()
            Path(path).touch()
            return Database(self.kind, f"sqlite:///{path}", f"sqlite:///{path}")
        with sa.create_engine(self.address.format(self.first), isolation_level="AUTOCOMMIT").connect() as con:
            con.exec_driver_sql(f"create database {name}")
            if self.kind == "mariadb":
                con.exec_driver_sql(f"grant select on {name}.* to 'reader'@'127.0.0.1'")
            else:
                con.exec_driver_sql(
                    f"grant pg_read_all_data to reader; alter database {name} set time zone 'Asia/Tokyo'"
                )
        return Database(self.kind, self.address.format(name), self.reader.format(name))

    def stop(self) -> None:
        """End it as a machine that fails does."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass
class Database:
    """A database of a shop."""

    kind: str
    writer: str
    reader: str

    def do(self, *statements: str) -> None:
        with self.connect() as con, con.begin():
            for statement in statements:
                con.exec_driver_sql(statement)

    @contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        engine = sa.create_engine(self.writer, poolclass=NullPool)
        with engine.connect() as con:
            yield con

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.connect() as con:
            return [tuple(row) for row in con.exec_driver_sql(query)]


def _as(user: str, folder: Path, *command: str) -> list[str]:
    """The command as the server's own user, as neither runs as root."""
    if os.geteuid() != 0:
        return [*command]
    shutil.chown(folder, user, user)
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *command]


@contextmanager
def postgresql() -> Iterator[Server]:
    folder, port = Path(tempfile.mkdtemp(prefix="pg-")), free_port()
    password = folder / "password"
    password.write_text(PASSWORD)
    password.chmod(0o644)
    data = folder / "data"
    options = ["--username=shop", f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"]
    subprocess.run(
        _as("postgres", folder, program("initdb"), *options, "-D", str(data)),
        check=True,
        capture_output=True,
        cwd=folder,
    )
    settings = [f"port={port}", f"unix_socket_directories={folder}", "listen_addresses=127.0.0.1", "fsync=off"]
    command = [program("postgres"), "-D", str(data), *(part for one in settings for part in ("-c", one))]
    with _running(_as("postgres", folder, *command), folder) as process:
        server = Server(
            "postgresql",
            f"postgresql+psycopg://shop:{IN_AN_ADDRESS}@127.0.0.1:{port}/{{}}",
            f"postgresql://reader:{IN_AN_ADDRESS}@127.0.0.1:{port}/{{}}",
            process,
            "postgres",
        )
        with _answering(server.address.format("postgres")) as con:
            con.exec_driver_sql(f"create role reader login password '{PASSWORD.replace('%', '%%')}'")
        yield server


@contextmanager
def mariadb() -> Iterator[Server]:
    folder, port = Path(tempfile.mkdtemp(prefix="my-")), free_port()
    data = folder / "data"
    login = "--auth-root-authentication-method=normal"
    subprocess.run(
        _as("mysql", folder, program("mariadb-install-db"), "--no-defaults", login, f"--datadir={data}"),
        check=True,
        capture_output=True,
        cwd=folder,
    )
    command = [
        *(program("mariadbd"), "--no-defaults", f"--datadir={data}", f"--socket={folder}/socket"),
        *(f"--port={port}", "--bind-address=127.0.0.1", f"--pid-file={folder}/pid", "--default-time-zone=+09:00"),
        *("--innodb-flush-log-at-trx-commit=0", "--character-set-server=utf8mb4"),
    ]
    with _running(_as("mysql", folder, *command), folder) as process:
        server = Server(
            "mariadb",
            f"mysql+pymysql://root@127.0.0.1:{port}/{{}}",
            f"mysql://reader:{IN_AN_ADDRESS}@127.0.0.1:{port}/{{}}",
            process,
        )
        with _answering(server.address.format("")) as con:
            secret = PASSWORD.replace("%", "%%")
            con.exec_driver_sql(f"create user 'reader'@'127.0.0.1' identified by '{secret}'")
        yield server


@contextmanager
def _running(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, start_new_session=True)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _answering(address: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(address, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    for attempt in range(200):
        try:
            connection = engine.connect()
            break
        except sa.exc.OperationalError:
            if attempt == 199:
                raise
            time.sleep(0.05)
    with connection:
        yield connection

"""The Airflow that lives in ``.airflow/`` of the checkout: SQLite metadata, generated secrets, one user.

Nothing here imports Airflow: that takes seconds, and its settings are read from the environment on import.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from contracts.client_file import client_names
from contracts.environment import Environment
from contracts.paths import ClientPaths

CHECKOUT = Path(__file__).resolve().parent.parent
PROJECT = CHECKOUT / "dbt_project"
MANIFEST = PROJECT / "target" / "manifest.json"
DRAWING = CHECKOUT / "airflow" / "dags" / "dbt_manifest.py"
USER = "admin"


class EmbeddedError(Exception):
    """The embedded Airflow cannot do what was asked; the message says why and what to do."""


@dataclass(frozen=True)
class Home:
    """The folder of the embedded Airflow and the port of its UI."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """Where the UI is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def password(self) -> str:
        """The password of the one user, made with the home."""
        return str(json.loads(self._passwords.read_text())[USER])

    @property
    def lock(self) -> Path:
        """Says who uses the home; its processes inherit it open."""
        return self.folder / "lock"

    @property
    def log(self) -> Path:
        """What the processes of ``make up`` write."""
        return self.folder / "airflow.log"

    @property
    def _passwords(self) -> Path:
        return self.folder / "passwords.json"

    def environment(self) -> dict[str, str]:
        """The variables that make a process part of this Airflow, on top of those of this process."""
        keys = json.loads((self.folder / "keys.json").read_text())
        python_path = [str(CHECKOUT / "airflow" / "config"), str(CHECKOUT), os.environ.get("PYTHONPATH")]
        return os.environ | {
            "AIRFLOW_HOME": str(self.folder),
            "PYTHONPATH": os.pathsep.join(filter(None, python_path)),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__SECRET_KEY": keys["session"],
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__API_AUTH__JWT_SECRET": keys["token"],
            "AIRFLOW__CORE__DAGS_FOLDER": str(CHECKOUT / "airflow" / "dags"),
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__FERNET_KEY": keys["fernet"],
            "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
            # The pools allow one task a client; a worker whose task has ended waits up to a heartbeat for its pipes.
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(CHECKOUT / "airflow" / "plugins"),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self._passwords),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "AIRFLOW__COSMOS__CACHE_DIR": str(self.folder / "cosmos"),
            "AIRFLOW__COSMOS__ENABLE_TELEMETRY": "false",
            "AIRFLOW__COSMOS__ENABLE_WATCHER_RELIABLE_RETRY": "false",  # a retry builds again, see dbt_groups.py
            # Five processes share the file; at the driver's 5 s a busy machine ended the DAG processor.
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.folder / 'airflow.db'}?timeout=60",
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.05",  # 42 -> 35 s for a run of 20 tasks
            "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",  # at 5 s every fourth task waited 4 s for a free worker
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }

    def prepare(self, paths: ClientPaths) -> None:
        """Make whatever is missing: keys, password, metadata, pools, dbt's manifest. Takes no time the second time."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        _write_once(self.folder / "keys.json", dict(zip(("session", "token", "fernet"), _keys(), strict=True)))
        _write_once(self._passwords, {USER: secrets.token_urlsafe(12)})
        self._migrate()
        parse_models(self.folder, paths)

    def _migrate(self) -> None:
        """Bring the metadata to the installed Airflow and the clients there are; 8 s, so only when they changed."""
        clients = client_names(Environment.from_process().clients_dir)
        wanted = json.dumps({"airflow": version("apache-airflow"), "clients": clients})
        done = self.folder / "prepared.json"
        if (self.folder / "airflow.db").exists() and done.exists() and done.read_text() == wanted:
            return
        pools = self.folder / "pools.json"
        pools.write_text(json.dumps(warehouse_pools(clients)))
        for command in (["db", "migrate"], ["pools", "import", str(pools)]):
            _call([sys.executable, "-m", "airflow", *command], self.environment(), self.folder / "prepare.log")
        done.write_text(wanted)

    @contextmanager
    def held_by(self, holder: str) -> Iterator[int]:
        """Hold the home for the block and the child processes that inherit the yielded descriptor.

        Raises EmbeddedError when another process has it: two would run the same tasks.
        """
        self.folder.mkdir(mode=0o700, exist_ok=True)
        with self.lock.open("a+") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                stream.seek(0)
                raise EmbeddedError(
                    f"`{stream.read() or 'another command'}` is using {self.folder}; expected it to be free. "
                    "Let a run end, or stop the Airflow of `make up` with `make down`."
                ) from None
            stream.truncate(0)
            stream.write(holder)
            stream.flush()
            yield stream.fileno()


def warehouse_pools(clients: list[str]) -> dict[str, dict[str, object]]:
    """The pools of the DAGs, as ``airflow pools import`` reads them: one slot a client, for one writer a warehouse."""
    return {
        f"warehouse_{client}": {"slots": 1, "description": f"The one writer of {client}", "include_deferred": False}
        for client in clients
    }


def _keys() -> list[str]:
    return [secrets.token_urlsafe(64), secrets.token_urlsafe(64), _fernet_key()]


def _fernet_key() -> str:
    """32 random bytes as URL-safe base64 with its padding, which is what Fernet takes."""
    return f"{secrets.token_urlsafe(32)}="


def _write_once(path: Path, content: dict[str, str]) -> None:
    """Write the file, readable by its owner alone, unless it exists."""
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            json.dump(content, stream)


def parse_models(folder: Path, paths: ClientPaths) -> None:
    """Let dbt write its manifest, from which Airflow draws the DAGs, when a file of the project is not as it was.

    It parses for the client's warehouse, as the DAG's dbt will: another path would make that parse everything again.
    """
    sources = sorted(path for path in PROJECT.rglob("*") if path.suffix in (".sql", ".yml", ".csv"))
    digest = hashlib.sha256(DRAWING.read_bytes())
    for path in sources:
        if MANIFEST.parent not in path.parents:
            digest.update(f"{path.relative_to(PROJECT)}\0".encode() + path.read_bytes())
    made_of = MANIFEST.with_name("manifest.made_of")
    if MANIFEST.exists() and made_of.exists() and made_of.read_text() == digest.hexdigest():
        return
    where = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    target = ["--profile", "sales_analytics", "--target", "duckdb", "--target-path", str(MANIFEST.parent)]
    log = ["--log-path", str(folder / "logs" / "dbt")]
    command = [sys.executable, "-m", "dbt.cli.main", "parse", *where, *target, *log]
    client = {"SALES_CLIENT": paths.client, "SALES_DATA_DIR": str(paths.data)}
    _call(command, os.environ | client, folder / "prepare.log")
    _call([sys.executable, str(DRAWING)], dict(os.environ), folder / "prepare.log")
    made_of.write_text(digest.hexdigest())


def _call(command: list[str], environment: dict[str, str], log: Path) -> None:
    with log.open("a") as stream:
        finished = subprocess.run(command, env=environment, stdout=stream, stderr=stream, check=False)  # noqa: S603 no shell
    if finished.returncode:
        raise EmbeddedError(
            f"`{' '.join(command[1:4])}` ended with exit code {finished.returncode}; expected 0. "
            f"Its output is in {log}."
        )

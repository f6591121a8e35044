"""The one reader of the process environment and the clock."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from contracts.client_file import Client, check_name, load_client
from contracts.paths import ClientPaths

CHECKOUT = Path(__file__).resolve().parent.parent
DEFAULT_CLIENT = "demo"
# For a dbt that runs in the client's folder. By paths that name no place the parsed project of one shop is that of all,
# also where a folder was moved; with any other path dbt parses everything again, half of the time of a small build.
IN_CLIENT_FOLDER = {"SALES_DATA_DIR": ".", "SALES_CLIENT": "."}
SHORTEST_TOKEN = 32


@dataclass(frozen=True)
class Environment:
    """What a step needs to know of the process it runs in."""

    client_name: str
    data_dir: Path
    clients_dir: Path
    code_version: str

    @classmethod
    def from_process(cls, client: str | None = None) -> Environment:
        """Read SALES_CLIENT, SALES_DATA_DIR and SALES_CLIENTS_DIR; an explicit client wins."""
        return cls(
            client_name=client or os.environ.get("SALES_CLIENT", DEFAULT_CLIENT),
            data_dir=Path(os.environ.get("SALES_DATA_DIR", CHECKOUT / "data")).resolve(),
            clients_dir=Path(os.environ.get("SALES_CLIENTS_DIR", CHECKOUT / "clients")).resolve(),
            code_version=os.environ.get("SALES_CODE_VERSION") or _code_version(),
        )

    def client(self) -> Client:
        """The client's file, all of it answered; raises ClientError when missing, wrong or with open questions."""
        client = self.client_as_far_as_said()
        client.check_answered()
        return client

    def client_as_far_as_said(self) -> Client:
        """The client's file with its variables filled in, some of its questions open perhaps; raises ClientError."""
        return load_client(self.client_name, self.clients_dir, os.environ)

    def paths(self) -> ClientPaths:
        """Where the client's files live; raises ClientError for what is no name, as a path to somewhere else."""
        check_name(self.client_name)
        return ClientPaths(self.data_dir, self.client_name)

    def notify_urls(self, client: Client) -> tuple[str, ...]:
        """The Apprise URLs of the client's variable; empty means: to the log."""
        return tuple(os.environ.get(client.notify_variable, "").split())

    def now(self) -> datetime:
        """The time now, in UTC."""
        return datetime.now(UTC)

    def variables(self) -> dict[str, str]:
        """The variables for a child process."""
        return dict(os.environ)


def _code_version() -> str:
    """The package version and, in a checkout, the commit: ``0.1.0+1a2b3c4``."""
    package = version("sales-analytics-platform")
    if not (CHECKOUT / ".git").exists():
        return package
    commit = subprocess.run(  # noqa: S603 constant arguments
        ["git", "-C", str(CHECKOUT), "rev-parse", "--short", "HEAD"],  # noqa: S607 git is found on the PATH
        capture_output=True,
        text=True,
        check=False,
    )
    return f"{package}+{commit.stdout.strip()}" if commit.returncode == 0 else package


class ShortTokenError(Exception):
    """SALES_API_TOKEN is missing or too short; the message says how to make one."""


def api_token() -> str:
    """The token of SALES_API_TOKEN. Raises ShortTokenError."""
    token = os.environ.get("SALES_API_TOKEN", "")
    if len(token) < SHORTEST_TOKEN:
        raise ShortTokenError(
            f"SALES_API_TOKEN has {len(token)} characters; expected a secret of at least {SHORTEST_TOKEN}. "
            "Next: export SALES_API_TOKEN=$(openssl rand -hex 32)"
        )
    return token

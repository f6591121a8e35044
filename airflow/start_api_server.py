"""Starts the containers' API server: passwords, metadata and pools first, then the server in this process.

Only this container gets the passwords. They arrive as variables and are handed to Airflow in the file it reads them
from, on a tmpfs. The other Airflow services wait until this one is healthy, so the database is migrated once.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from contracts.client_file import client_names
from contracts.environment import Environment
from embedded_home import warehouse_pools

USERS = ("admin", "analyst")


def main() -> None:
    """Write the password file, migrate the database, make the pools and become the API server."""
    passwords = Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    passwords.touch(mode=0o600)
    passwords.write_text(json.dumps({user: os.environ.pop(f"{user.upper()}_PASSWORD") for user in USERS}))
    pools = Path("/tmp/pools.json")  # noqa: S108 a tmpfs of this container
    pools.write_text(json.dumps(warehouse_pools(client_names(Environment.from_process().clients_dir))))
    for command in (["db", "migrate"], ["pools", "import", str(pools)]):
        subprocess.run(["airflow", *command], check=True)  # noqa: S603, S607 the image's PATH
    os.execvp("airflow", ["airflow", "api-server", "--workers", "1"])  # noqa: S606, S607 the image's PATH


if __name__ == "__main__":
    main()

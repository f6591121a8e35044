"""Writes what the containers need to start: secrets into ``.env``, and the folders that they share with this machine.

Nothing that exists is changed: a secret that ``.env`` already has stays, so the command can be repeated.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
UNPRIVILEGED_USER = 50_000


def _password() -> str:
    return secrets.token_urlsafe(18)


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _signing_key() -> str:
    return secrets.token_urlsafe(64)  # bytes: RFC 7518 wants as many as the SHA-512 that it signs with


def container_user() -> int:
    """The user that the containers run as: whoever owns data/ here, but never root."""
    return os.getuid() or UNPRIVILEGED_USER


SETTINGS: dict[str, Callable[[], object]] = {
    "SALES_UID": container_user,
    "POSTGRES_PASSWORD": _password,
    "AIRFLOW_ADMIN_PASSWORD": _password,
    "AIRFLOW_ANALYST_PASSWORD": _password,
    "AIRFLOW_FERNET_KEY": _fernet_key,
    "AIRFLOW_JWT_SECRET": _signing_key,
    "AIRFLOW_SESSION_SECRET": _signing_key,
    "SALES_API_TOKEN": _signing_key,
}


def complete_env(path: Path) -> list[str]:
    """Add the missing settings to the file, readable by its owner only, and return their names.

    The file is replaced in one step; lines that are already there, comments too, stay as they are.
    """
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    present = {line.partition("=")[0].strip() for line in lines if line.partition("=")[2].strip()}
    missing = [name for name in SETTINGS if name not in present]
    temporary = path.with_name(f"{path.name}.new")
    temporary.unlink(missing_ok=True)
    temporary.touch(mode=0o600)
    temporary.write_text("\n".join([*lines, *(f"{name}={SETTINGS[name]()}" for name in missing), ""]), encoding="utf-8")
    temporary.replace(path)
    return missing


def make_folders(data: Path, clients: Iterable[str]) -> None:
    """Make the folders that are mounted from here; when root runs this, hand them to the containers' user.

    Docker would make a missing one too, but as root's, and no container could write it.
    """
    (data / "files").mkdir(parents=True, exist_ok=True)
    for client in clients:
        published = data / client / "published"
        published.mkdir(parents=True, exist_ok=True)
        for path in (published, *published.rglob("*")):
            if os.getuid() == 0:
                os.chown(path, container_user(), -1, follow_symlinks=False)


def main() -> None:
    """Prepare the checkout and say what was done."""
    env = CHECKOUT / ".env"
    added = complete_env(env)
    make_folders(CHECKOUT / "data", [path.stem for path in (CHECKOUT / "clients").glob("*.yml")])
    print(f"{env}: {'wrote ' + ', '.join(added) if added else 'complete, nothing changed'}")
    print("Next: docker compose up -d --wait, then http://127.0.0.1:8080 as admin or analyst (passwords in .env).")


if __name__ == "__main__":
    main()

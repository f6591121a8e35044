import re
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from containers import make_env

ROOT = Path(__file__).resolve().parents[2]
SECRETS = set(make_env.SETTINGS) - {"SALES_UID"}


def read(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line and line[0] != "#")


def test_every_secret_is_long_random_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for path in (first, second):
        assert make_env.complete_env(path) == list(make_env.SETTINGS)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    values = [read(path)[name] for path in (first, second) for name in SECRETS]
    assert len(set(values)) == len(values)
    assert min(map(len, values)) >= 24
    assert all(re.fullmatch(r"[\w=-]+", value) for value in values), "a value that a shell, a URL or YAML would change"
    Fernet(read(first)["AIRFLOW_FERNET_KEY"])
    assert len(read(first)["AIRFLOW_JWT_SECRET"]) >= 64


def test_what_is_there_stays_and_what_is_missing_or_empty_is_added(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("# my own\nPOSTGRES_PASSWORD=kept\nAIRFLOW_PORT=9000\nAIRFLOW_JWT_SECRET=")
    path.chmod(0o644)
    added = make_env.complete_env(path)
    assert "POSTGRES_PASSWORD" not in added
    assert "AIRFLOW_JWT_SECRET" in added
    assert path.read_text().startswith("# my own\nPOSTGRES_PASSWORD=kept\nAIRFLOW_PORT=9000\n")
    assert len(read(path)["AIRFLOW_JWT_SECRET"]) >= 24
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    before = path.read_text()
    assert make_env.complete_env(path) == []
    assert path.read_text() == before


def test_the_containers_never_run_as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getuid", lambda: 0)
    assert make_env.container_user() == make_env.UNPRIVILEGED_USER
    monkeypatch.setattr("os.getuid", lambda: 1234)
    assert make_env.container_user() == 1234


def test_the_mounted_folders_belong_to_the_containers_user(tmp_path: Path) -> None:
    published = tmp_path / "demo" / "published"
    published.mkdir(parents=True)
    (published / "yesterday").touch()
    make_env.make_folders(tmp_path, ["demo", "other"])
    for path in (published, published / "yesterday", tmp_path / "other" / "published"):
        assert path.stat().st_uid == make_env.container_user()
    assert (tmp_path / "files").is_dir()


def test_git_ignores_the_secrets() -> None:
    for path in (".env", ".env.new", "serve/dashboard/.streamlit/secrets.toml", "data/demo/published/exports.csv"):
        subprocess.run(["git", "check-ignore", "--quiet", path], cwd=ROOT, check=True)

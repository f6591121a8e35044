"""What the repository holds of itself: sizes, names, layers and secrets."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TRACKED = [
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    if (ROOT / name).is_file()
]
TEXT = [path for path in TRACKED if path.suffix not in {".png", ".parquet", ".gz", ".xz"}]


def matching(pattern: str) -> list[str]:
    expression = re.compile(pattern)
    return [
        str(path.relative_to(ROOT))
        for path in TEXT
        if path != Path(__file__) and expression.search(path.read_text(encoding="utf-8"))
    ]


def test_there_is_something_to_check() -> None:
    assert len(TRACKED) > 30


@pytest.mark.parametrize("suffix", [".py", ".sql"])
def test_no_file_passes_400_lines(suffix: str) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in TRACKED
        if path.suffix == suffix and (lines := path.read_text(encoding="utf-8").count("\n")) > 400
    }
    assert long == {}


def test_no_module_is_named_for_leftovers() -> None:
    assert [path.name for path in TRACKED if path.stem in {"utils", "helpers", "common", "misc"}] == []


def test_clients_hold_client_files_only() -> None:
    assert {path.suffix for path in TRACKED if path.is_relative_to(ROOT / "clients")} == {".yml"}


def test_airflow_folder_does_not_shadow_the_package() -> None:
    assert list((ROOT / "airflow").rglob("__init__.py")) == []


def test_environment_and_clock_are_read_only_at_the_edges() -> None:
    edges = {"contracts/environment.py", "serve/dashboard/__main__.py", "serve/api/__main__.py"}
    folders = {
        *("contracts", "extract", "formats", "load", "notify", "pipeline", "privacy", "propose", "publish", "serve"),
        "storage",
    }
    readers = {
        name
        for name in matching(r"os\.environ|os\.getenv|datetime\.now\(|date\.today\(|time\.time\(\)")
        if name.split("/")[0] in folders and name.endswith(".py")
    }
    assert readers <= edges


def test_no_registry_host_and_no_secret_is_in_git() -> None:
    hosts = [r"pypi\." + "org", r"pythonhosted\." + "org", r"registry\.npmjs\." + "org", r"deb\.debian\." + "org"]
    assert matching("|".join(hosts)) == []
    assert matching(r"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}") == []
    assert [path.name for path in TRACKED if path.name == ".env" or path.suffix in {".duckdb", ".wal"}] == []


def test_large_files_stay_out_of_git() -> None:
    assert [path.name for path in TRACKED if path.stat().st_size > 1_000_000] == []

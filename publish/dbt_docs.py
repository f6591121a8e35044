"""The models, their columns, tests and lineage on one page, as dbt describes them."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from contracts.environment import CHECKOUT, IN_CLIENT_FOLDER
from contracts.paths import ClientPaths
from publish.errors import PublishError
from storage.durable import write_text

PROJECT = CHECKOUT / "dbt_project"
DESCRIBED = frozenset({".sql", ".yml", ".csv", ".py", ".md"})


def write_data_model(paths: ClientPaths, environment: Mapping[str, str], *, lock: int) -> Path:
    """Write the page beside the published file unless it is of these models already, and return where it is.

    One file that asks no other machine for anything; names, types and descriptions, no row of any table. dbt's process
    inherits the environment and the client's lock. Raises PublishError with what dbt said.
    """
    mark = f"<!-- of {_digest()} -->"
    if paths.data_model.is_file() and paths.data_model.read_text(encoding="utf-8").endswith(mark):
        return paths.data_model
    target = paths.root / "dbt_docs"
    parsed = paths.root / "dbt" / "partial_parse.msgpack"  # of the build: dbt parses again only what changed since
    if parsed.is_file():
        target.mkdir(exist_ok=True)
        shutil.copy(parsed, target)
    finished = subprocess.run(  # noqa: S603 our own arguments, no shell
        [
            *(Path(sys.executable).with_name("dbt"), "docs", "generate", "--static", "--quiet", "--no-use-colors"),
            *("--project-dir", PROJECT, "--profiles-dir", PROJECT),
            *("--target-path", target, "--log-path", target / "logs"),
        ],
        cwd=paths.root,
        env={**environment, **IN_CLIENT_FOLDER},
        pass_fds=[lock],
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise PublishError(
            f"dbt could not describe the models: {' '.join(finished.stdout.split())[-500:]}",
            expected="a built warehouse and models that parse",
            next_step="Run `sales build`, then `sales docs`.",
        )
    paths.published.mkdir(parents=True, exist_ok=True)
    page = (target / "static_index.html").read_text(encoding="utf-8").replace(f"{target}/", "")  # no place of ours
    write_text(paths.data_model, page + mark)
    return paths.data_model


def _digest() -> str:
    """What the page is made of: dbt and every file of the project."""
    digest = hashlib.sha256(version("dbt-core").encode())
    for path in sorted(PROJECT.rglob("*")):
        if path.suffix in DESCRIBED and not {"target", "logs"} & {*path.relative_to(PROJECT).parts}:
            digest.update(f"\0{path.relative_to(PROJECT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()

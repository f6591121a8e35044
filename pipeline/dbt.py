"""dbt in a process of its own, for one client."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from shutil import which

from contracts.engine import Engine
from contracts.environment import CHECKOUT, IN_CLIENT_FOLDER, Environment
from contracts.paths import ClientPaths
from contracts.printable import SafeLinesError
from publish.build_file import start_build
from publish.failing_rows import failing_keys

PROJECT = CHECKOUT / "dbt_project"
BAD = frozenset({"error", "fail", "runtime error"})
SHOWN = 10


class BuildError(SafeLinesError):
    """dbt did not build and test everything; the message names what failed."""


def build(environment: Environment, paths: ClientPaths, engine: Engine, *, lock: int, full_refresh: bool) -> str:
    """Run ``dbt build`` for the client; return dbt's counts. A full refresh makes a new file.

    Without the unit tests: they need no data, so ``make test`` runs them, and they are a quarter of the time. Tables
    that Spark has built are taken from there, all of them into a new file. Raises BuildError naming the failures.
    """
    start_build(paths, engine.kind, full_refresh=full_refresh)
    arguments = ["build", "--exclude-resource-type", "unit_test"]
    arguments += ["--full-refresh"] if full_refresh or engine.is_spark else []
    return f"{_run(environment, paths, engine, arguments, paths.root / 'dbt', lock)} models and tests passed"


def run_on_spark(environment: Environment, paths: ClientPaths, engine: Engine, *, lock: int, full_refresh: bool) -> str:
    """Run the client's models on Spark, those days that changed; return dbt's counts.

    DuckDB tests what it takes from there. Raises BuildError naming the failures, and what this machine lacks for Spark.
    """
    needed = {"Java": which("java"), "pyspark": find_spec("pyspark")}
    if lacking := [name for name, found in needed.items() if not found]:
        raise BuildError(
            f"engine is spark, and this machine has no {' and no '.join(lacking)}; expected both where the step runs. "
            "docs/how-to/spark.md says how to have them."
        )
    arguments = ["run", "--target", "spark", *(["--full-refresh"] if full_refresh else [])]
    return f"{_run(environment, paths, engine, arguments, paths.spark / 'dbt', lock)} models built"


def _run(
    environment: Environment, paths: ClientPaths, engine: Engine, arguments: Sequence[str], target: Path, lock: int
) -> str:
    """Run dbt, its output going to ours; return how many nodes succeeded, of all.

    Each client has a target folder of its own, so that two clients can build at once, and the child inherits the
    pipeline lock, so that it keeps the lock should this process be killed.
    """
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    finished = subprocess.run(  # noqa: S603 our own arguments, no shell
        [
            Path(sys.executable).with_name("dbt"),
            *arguments,
            *("--project-dir", PROJECT, "--profiles-dir", PROJECT),
            *("--target-path", target, "--log-path", target / "logs"),
        ],
        cwd=paths.root,
        env={**environment.variables(), **IN_CLIENT_FOLDER, **engine.variables()},
        pass_fds=[lock],
        check=False,
    )
    outcomes = _outcomes(results)
    if finished.returncode:
        raise BuildError(_failure(finished.returncode, outcomes, target, paths.warehouse))
    passed = sum(status in {"pass", "success"} for _, status, _ in outcomes)
    return f"{passed:,} of {len(outcomes):,}"


def newest_manifest(paths: ClientPaths) -> Path:
    """The manifest of the last dbt run: of `sales build`, or of dbt by hand in its project."""
    places = [paths.root / "dbt" / "manifest.json", PROJECT / "target" / "manifest.json"]
    return max(
        (place for place in places if place.exists()), key=lambda place: place.stat().st_mtime, default=places[0]
    )


def _outcomes(results: Path) -> Sequence[tuple[str, str, str]]:
    """Unique id, status and message of every model and test; none when dbt did not get as far as running them."""
    if not results.exists():
        return []
    return [
        (result["unique_id"], result["status"], " ".join((result["message"] or "").split()))
        for result in json.loads(results.read_text(encoding="utf-8"))["results"]
        if not result["unique_id"].startswith("exposure.")  # which dbt lists and does not run
    ]


def _failure(code: int, outcomes: Sequence[tuple[str, str, str]], target: Path, warehouse: Path) -> str:
    failed = [(unique_id, message) for unique_id, status, message in outcomes if status in BAD]
    log = f"The whole output is in {target / 'logs' / 'dbt.log'}."
    if not failed:
        return f"dbt ended with {code} before it built anything; expected 0. {log}"
    rows = failing_keys(warehouse, [unique_id for unique_id, _ in failed])
    lines = [
        f"\n  - {unique_id.split('.')[2]}: {message}"
        + (f", for example {rows[unique_id]}" if unique_id in rows else "")
        for unique_id, message in failed[:SHOWN]
    ]
    more = f"\n  - and {len(failed) - SHOWN} more" if len(failed) > SHOWN else ""
    return (
        f"{len(failed)} of {len(outcomes)} models and tests failed; expected none:{''.join(lines)}{more}\n"
        f"Fix the data or the model and build again; readers keep the last version. {log}"
    )

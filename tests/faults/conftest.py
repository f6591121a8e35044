"""A small shop in its second run, kept at every step, so that a fault can be put anywhere and repaired from there."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import duckdb
import pytest

from contracts.paths import ClientPaths

ROOT = Path(__file__).parents[2]
SEED = int(os.environ.get("FAULTS_SEED", "20261031"))
CLIENT = "demo"
FIRST_RUN, SECOND_RUN = "2026-10-24", "2026-10-31"  # so far apart that the second has orders and returns

STEPS = ("load", "verify", "build", "publish")
PUBLISHED_SCHEMAS = ("core", "marts")
# Where a row came from, not what it says: a day loaded again after a fault has another number.
LINEAGE = ("change_number",)

Contents = dict[str, list[tuple[object, ...]]]


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker for all of them: they break one shop in turn."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("faults"))
            item.add_marker(pytest.mark.system)


@dataclass(frozen=True)
class Shop:
    """One shop's folder and the commands on it, each a process of its own."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / "data" / CLIENT

    @property
    def landing(self) -> Path:
        return self.folder / "landing"

    @property
    def warehouse(self) -> Path:
        return self.folder / "warehouse" / "warehouse.duckdb"

    @property
    def build(self) -> Path:
        return self.folder / "warehouse" / "build.duckdb"

    @property
    def published_file(self) -> Path:
        return self.folder / "published" / "sales_analytics.duckdb"

    def start(self, *words: str, variables: dict[str, str] | None = None, before: tuple[str, ...] = ()) -> Step:
        environment = {
            **os.environ,
            "SALES_CLIENT": CLIENT,
            "SALES_DATA_DIR": str(self.root / "data"),
            "SALES_CLIENTS_DIR": str(self.root / "clients"),
            **(variables or {}),
        }
        log = tempfile.TemporaryFile()  # noqa: SIM115 the step reads it when the process has ended
        process = subprocess.Popen(
            [*before, "sales", *words], cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        return Step(process, log, self)

    def run(self, *words: str, variables: dict[str, str] | None = None, before: tuple[str, ...] = ()) -> str:
        """Run a step that must succeed; returns what it said."""
        step = self.start(*words, variables=variables, before=before)
        output = step.output()
        assert step.process.returncode == 0, f"sales {' '.join(words)} ended with {step.process.returncode}:\n{output}"
        return output

    def refused(self, *words: str) -> str:
        """Run a step that must fail with a message of ours; returns what it said."""
        step = self.start(*words)
        output = step.output()
        assert step.process.returncode == 1, f"sales {' '.join(words)} ended with {step.process.returncode}:\n{output}"
        # dbt logs its own.
        assert words[0] == "build" or "Traceback" not in output, output
        assert "error: " in output
        return output

    def finish(
        self, begin: str = "load", *, variables: dict[str, str] | None = None, before: tuple[str, ...] = ()
    ) -> None:
        """Do a step and those after it."""
        for step in STEPS[STEPS.index(begin) :]:
            self.run(step, variables=variables, before=before)

    def published(self) -> Contents | None:
        """What readers see; None before the first publication."""
        return contents(self.published_file) if self.published_file.exists() else None


@dataclass
class Step:
    """A running command and the processes that it starts."""

    process: subprocess.Popen[bytes]
    log: IO[bytes]
    shop: Shop

    def output(self, timeout: float = 300) -> str:
        """Wait for its end and return what it said."""
        try:
            self.process.wait(timeout)
        finally:
            self.kill()
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def wait_until_working(self) -> bool:
        """Wait until it holds the client's lock; False when it ended before."""
        lock = self.shop.folder / "pipeline.lock"
        while self.process.poll() is None:
            if lock.is_file() and f'"pid": {self.process.pid},' in lock.read_text():
                return True
            time.sleep(0.002)
        return False

    def kill(self) -> None:
        """`kill -9` to the command and every process that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def contents(file: Path) -> Contents:
    """Every row of core and marts, lineage aside, in an order that depends on the rows alone."""
    with duckdb.connect(file, read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where list_contains(?, schema_name) order by all",
            [PUBLISHED_SCHEMAS],
        ).fetchall()
        return {
            f"{schema}.{table}": connection.execute(
                f"select columns(name -> not list_contains({list(LINEAGE)}, name)) from {schema}.{table} order by all"
            ).fetchall()
            for schema, table in tables
        }


@dataclass(frozen=True)
class History:
    """The shop's second run, as it was after each step when nothing went wrong, and how long each step worked.

    The shop always lies in the same place: dbt parses its whole project again when the warehouse has another path.
    """

    kept: Path
    place: Path
    seconds: dict[str, float]

    def after(self, step: str) -> Shop:
        """The shop after the `first run`, after `extract` of the second or one of its STEPS; for a test to break."""
        for entry in self.place.iterdir():
            shutil.rmtree(entry)
        shutil.copytree(self.kept / step, self.place, dirs_exist_ok=True)
        return Shop(self.place)

    def before(self, step: str) -> Shop:
        steps = ("extract", *STEPS)
        return self.after(steps[steps.index(step) - 1])

    def files_after(self, step: str) -> tuple[Path, Path]:
        """The warehouse and the build."""
        shop = Shop(self.kept / step)
        return shop.warehouse, shop.build

    @property
    def old(self) -> Contents:
        """What readers see before the second run publishes."""
        return contents(Shop(self.kept / "extract").published_file)

    @property
    def new(self) -> Contents:
        """What readers see after the second run."""
        return contents(Shop(self.kept / "publish").published_file)


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory, give_parsed_project: Callable[[ClientPaths], None]) -> History:
    """Run once, then a second time step by step, keeping a copy of the shop after each."""
    root = tmp_path_factory.mktemp("faults")
    history = History(root / "kept", root / "shop", {})
    shop = Shop(history.place)
    (shop.root / "clients").mkdir(parents=True)
    text = (ROOT / "clients" / f"{CLIENT}.yml").read_text()
    text = text.replace("customers: 200", "customers: 50").replace("transactions: 1000", "transactions: 300")
    # The bundled catalogue at once, without the network.
    text = text.replace("https://fakestoreapi.com", "http://127.0.0.1:9\n    attempts: 1")
    (shop.root / "clients" / f"{CLIENT}.yml").write_text(text)
    give_parsed_project(ClientPaths(shop.root / "data", CLIENT))
    shop.run("run", "--date", FIRST_RUN)
    shutil.copytree(shop.root, history.kept / "first run")
    shop.run("extract", "--date", SECOND_RUN)
    shutil.copytree(shop.root, history.kept / "extract")
    for name in STEPS:
        step = shop.start(name)
        step.wait_until_working()
        begin = time.monotonic()
        output = step.output()
        history.seconds[name] = time.monotonic() - begin
        assert step.process.returncode == 0, output
        shutil.copytree(shop.root, history.kept / name)
    return history


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Random numbers of this test alone; FAULTS_SEED repeats or varies them."""
    print(f"FAULTS_SEED={SEED}")
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture
def small_disk(history: History) -> Iterator[Callable[[int], None]]:
    """Put a tmpfs of so many MiB where the shop lies; a test that asks for one needs "mount"."""
    mounted: list[Path] = []

    def mount(megabytes: int) -> None:
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(history.place)]
        subprocess.run(command, check=True)
        mounted.append(history.place)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)

"""What the workers of pytest-xdist make once for all of them: the first that asks makes it, the others wait."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import CompiledNode

from contracts.environment import IN_CLIENT_FOLDER
from contracts.paths import ClientPaths
from pipeline.dbt import PROJECT

PARSED = "partial_parse.msgpack"


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The session's folder of this name, filled by ``make``; its place stays, as warehouses name files by theirs."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with folder.with_suffix(".lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if lock.read() != "made":
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            lock.write("made")
    return folder


def parsed_project(factory: pytest.TempPathFactory) -> Manifest:
    """The dbt project as dbt has parsed it; the first worker takes 9 CPU-s for it, the others 1."""
    return parse(made_once(factory, "parsed_project", parse))


def parse(folder: Path) -> Manifest:
    """Let dbt parse what has changed since ``folder`` was written, and keep it there."""
    folders = ["--project-dir", PROJECT, "--profiles-dir", PROJECT, "--target-path", folder, "--log-path", folder]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in IN_CLIENT_FOLDER.items():
            patch.setenv(name, value)
        outcome = dbtRunner().invoke(["parse", "--quiet", "--no-write-json", *map(str, folders)])
    assert isinstance(outcome.result, Manifest), outcome.exception
    return outcome.result


def uncompiled(manifest: Manifest) -> Manifest:
    """The manifest without what a run leaves in it: the next one would take its ephemeral models for injected.

    A copy would do as well and takes a third of a second.
    """
    for node in manifest.nodes.values():
        if isinstance(node, CompiledNode):
            node.compiled, node.compiled_code = False, None
            node.extra_ctes, node.extra_ctes_injected = [], False
    return manifest


def give_parsed_project(factory: pytest.TempPathFactory, paths: ClientPaths) -> None:
    """Let a shop's first `sales build` find the project parsed, as every later one does."""
    parsed = made_once(factory, "parsed_project", parse) / PARSED
    (paths.root / "dbt").mkdir(parents=True, exist_ok=True)
    shutil.copy(parsed, paths.root / "dbt" / PARSED)

"""A client's folder is its owner's alone; the published folder is everyone's where the client file says so."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.paths import ClientPaths
from storage.lock import pipeline_lock
from storage.permissions import set_readers

SHOP = """
client: shop
name: The Shop
currency: EUR
time_zone: Europe/Berlin
sources: {customers: {kind: demo}, orders: {kind: demo}, returns: {kind: demo}}
demo: {start: 2026-10-01, through: 2026-10-31, customers: 5, transactions: 10}
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def readable_by_others(root: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in [root, *root.rglob("*")] if mode(path) & 0o077]


@pytest.fixture
def paths(tmp_path: Path) -> ClientPaths:
    """A client of before, readable by everyone."""
    paths = ClientPaths(tmp_path, "shop")
    for file in (paths.warehouse, paths.landing / "orders" / "data.csv", paths.published / "exports" / "a.csv"):
        file.parent.mkdir(parents=True)
        file.write_text("x")
    paths.erased.write_text("x")
    for path in [paths.root, *paths.root.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return paths


def test_what_was_open_is_shut(paths: ClientPaths) -> None:
    set_readers(paths, everyone=False)
    assert mode(paths.root) == 0o700, "nobody passes it, so nothing below can be read"
    assert {mode(paths.warehouse.parent), mode(paths.landing), mode(paths.erased)} == {0o700, 0o600}


def test_the_published_folder_alone_is_opened_and_shut_again(paths: ClientPaths) -> None:
    paths.published.chmod(0o700)
    (paths.published / "exports" / "a.csv").chmod(0o400)
    (paths.published / "elsewhere").symlink_to(paths.warehouse)
    set_readers(paths, everyone=True)
    assert mode(paths.root) == 0o711
    assert {mode(paths.published), mode(paths.published / "exports")} == {0o755}
    assert mode(paths.published / "exports" / "a.csv") == 0o444
    assert {mode(paths.warehouse.parent), mode(paths.landing)} == {0o700}
    assert mode(paths.warehouse) == 0o644, "a link is not followed"
    set_readers(paths, everyone=False)
    assert mode(paths.root) == 0o700


def test_all_that_is_written_under_the_lock_is_private(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        paths = ClientPaths(tmp_path / "data", "shop")
        with pipeline_lock(paths, step="load", run_id="run", now=datetime.now(UTC)):
            (paths.root / "folder").mkdir()
            (paths.root / "folder" / "file").write_text("x")
            subprocess.run([sys.executable, "-c", f"open({str(paths.root / 'child')!r}, 'w')"], check=True)
        assert readable_by_others(paths.root) == []
        (tmp_path / "after").touch()
        assert mode(tmp_path / "after") == 0o644
        assert mode(tmp_path / "data") == 0o755
    finally:
        os.umask(before)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("command", [["sales", "extract"], ["generate"]])
def test_no_command_leaves_a_file_that_others_can_read(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "clients").mkdir()
    (tmp_path / "clients" / "shop.yml").write_text(SHOP)
    folders = {"SALES_DATA_DIR": str(tmp_path / "data"), "SALES_CLIENTS_DIR": str(tmp_path / "clients")}
    scripts = {
        "sales": [str(Path(sys.executable).with_name("sales")), *command[1:]],
        "generate": [sys.executable, str(Path(__file__).parents[2] / "extract" / "generate_customer_data.py")],
    }
    subprocess.run([*scripts[command[0]], "--client", "shop"], env=os.environ | folders, check=True, umask=0o022)
    if command[0] == "sales":
        load = [str(Path(sys.executable).with_name("sales")), "load", "--client", "shop"]
        subprocess.run(load, env=os.environ | folders, check=True, umask=0o022)
        assert (tmp_path / "data" / "shop" / "warehouse" / "warehouse.duckdb").exists()
    assert readable_by_others(tmp_path / "data" / "shop") == []

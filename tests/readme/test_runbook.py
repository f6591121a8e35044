"""The runbook's commands do what its sections promise, typed as they stand, on a small shop."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from contracts.paths import ClientPaths

pytestmark = [pytest.mark.xdist_group("runbook"), pytest.mark.system]  # they copy one shop

ROOT = Path(__file__).parents[2]
RUNBOOK = (ROOT / "docs" / "how-to" / "runbook.md").read_text(encoding="utf-8")
SECTIONS = {
    title: re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    for title, text in re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", RUNBOOK, re.DOTALL | re.MULTILINE)
}
# Of the checkout itself, which a test must leave alone; .ci/run begins with the second.
NOT_HERE = ("git pull --ff-only\n", "make setup\n")


def blocks(title: str, number: int) -> list[str]:
    assert len(SECTIONS[title]) == number
    return SECTIONS[title]


@dataclass
class Shop:
    """A folder like the checkout's, with a small demo shop."""

    root: Path

    @property
    def data(self) -> Path:
        return self.root / "data" / "demo"

    def type(self, commands: str, *, fails: bool = False) -> str:
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "SALES_DATA_DIR": str(self.root / "data"),
            "SALES_CLIENTS_DIR": str(self.root / "clients"),
            "SALES_CLIENT": "demo",
        }
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stdout
        return done.stdout

    def figures(self) -> list[str]:
        """The lines of the summary that do not name a version or a run."""
        lines = self.type("sales status").splitlines()
        return [line for line in lines if not line.startswith(("Version", "Code", "File", "Balance", "Next"))]

    def published_version(self) -> int:
        marked = next(line for line in self.type("sales versions").splitlines() if line.startswith("* "))
        return int(marked.split()[1])


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, give_parsed_project: Callable[[ClientPaths], None]) -> Shop:
    """Published through 2026-10-30, then 2026-10-31, by the runbook's own loop."""
    root = tmp_path_factory.mktemp("runbook")
    (root / "clients").mkdir()
    text = (ROOT / "clients" / "demo.yml").read_text()
    text = text.replace("customers: 200", "customers: 40").replace("transactions: 1000", "transactions: 200")
    text = text.replace("https://fakestoreapi.com", "http://127.0.0.1:9\n    attempts: 1")
    (root / "clients" / "demo.yml").write_text(text)
    shop = Shop(root)
    give_parsed_project(ClientPaths(root / "data", "demo"))
    shop.type(*blocks("Days were missed, or have to be run again", 1))
    return shop


@pytest.fixture
def shop(published: Shop, tmp_path: Path) -> Shop:
    """A copy, which a section may change."""
    shutil.copytree(published.root, tmp_path / "shop")
    return Shop(tmp_path / "shop")


def test_a_run_failed(shop: Shop) -> None:
    before = shop.figures()
    look, again = blocks("A run failed", 2)
    file = shop.root / "clients" / "demo.yml"
    right = file.read_text()
    file.write_text(right.replace("currency: USD", "currency: dollars"))
    assert "currency" in shop.type(again, fails=True)
    file.write_text(right)
    assert "Nothing is in quarantine." in shop.type(look)
    shop.type(again)
    assert shop.figures() == before


def test_rollback(shop: Shop) -> None:
    newest = shop.published_version()
    shop.type(*blocks("The published figures are wrong", 1))
    assert shop.published_version() == newest - 1


def test_the_warehouse_is_lost(shop: Shop) -> None:
    before = shop.figures()
    (shop.data / "warehouse" / "warehouse.duckdb").write_bytes(b"damaged")
    shop.type(*blocks("The warehouse is lost or damaged", 1))
    assert shop.figures() == before


def test_the_machine_is_lost(shop: Shop) -> None:
    before = shop.figures()
    back_up, restore = blocks("The machine is lost", 2)
    shop.type(back_up)
    shutil.rmtree(shop.root / "data")
    shutil.rmtree(shop.root / "clients")
    shop.type(restore)
    assert shop.figures() == before


def test_the_disk_was_full(shop: Shop) -> None:
    before = shop.published_version()
    shop.type(*blocks("The disk is full", 1))
    assert shop.published_version() == before + 1


def test_rows_were_refused(shop: Shop) -> None:
    """How rows are repaired is a test of its own; here nothing was refused, and both commands say so."""
    write_out, replay = blocks("Rows were refused", 1)[0].splitlines()
    assert "No row is to be repaired." in shop.type(write_out)
    assert "rows.jsonl" in shop.type(replay, fails=True)


def test_a_new_version(shop: Shop) -> None:
    before = shop.figures()
    commands = blocks("A new version of this program", 1)[0]
    for command in NOT_HERE:
        assert command in commands
        commands = commands.replace(command, "")
    shop.type(commands)
    assert shop.figures() == before


def test_a_new_shop(shop: Shop, give_parsed_project: Callable[[ClientPaths], None]) -> None:
    give_parsed_project(ClientPaths(shop.root / "data", "my_shop"))
    said = shop.type(*blocks("A new shop", 1))
    assert "My Shop, USD, America/New_York" in said
    assert "My Shop: rows per table" in said
    assert (shop.root / "data" / "my_shop" / "published" / "sales_analytics.duckdb").exists()


def test_no_section_was_left_out() -> None:
    tested = re.findall(r'blocks\("(.+?)", \d\)', Path(__file__).read_text(encoding="utf-8"))
    assert {title for title, commands in SECTIONS.items() if commands} == set(tested)

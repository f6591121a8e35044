"""No setting is dropped in silence, and no name of a client leads out of its folders."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from contracts.client_file import ClientError, load_client
from contracts.environment import Environment
from contracts.yaml_text import read_yaml

SHOP = """client: shop
name: The Shop
currency: EUR
time_zone: Europe/Berlin
sources:
  customers: {kind: demo}
"""
COMMANDS = [
    *(["sales", verb] for verb in ("extract", "load", "verify", "build", "publish", "rollback", "check", "run")),
    *(["sales", verb] for verb in ("status", "versions", "docs", "report", "quarantine")),
    ["sales", "erase", "C1", "--yes"],
    ["sales", "query", "net_sales"],
    ["-m", "serve.dashboard"],
    ["-m", "serve.api"],
]


@pytest.mark.parametrize(
    ("text", "name", "lines"),
    [
        (SHOP + "currency: USD\n", "currency", (3, 7)),
        (SHOP + "  customers: {kind: files}\n", "customers", (6, 7)),
        (SHOP + "analysis: {margins: {a: 1,\n a: 2}}\n", "a", (7, 8)),
        (SHOP + "known_totals:\n- month: 2026-10\n  net: 1\n  'net': 2\n", "net", (9, 10)),
    ],
)
def test_a_setting_that_is_said_twice_is_refused(tmp_path: Path, text: str, name: str, lines: tuple[int, int]) -> None:
    (tmp_path / "shop.yml").write_text(text)
    with pytest.raises(ClientError, match=f"{name}: is said twice, in line {lines[0]} and in line {lines[1]}"):
        load_client("shop", tmp_path, {})


def test_what_yaml_merges_is_no_repetition() -> None:
    text = "base: &base {a: 1, b: 2}\nother: {<<: *base, a: 3}\nlist: [{a: 1}, {a: 2}]\n"
    assert read_yaml(text) == yaml.safe_load(text)


@pytest.mark.parametrize(
    "name", ["../shop", "/etc/shop", "..", "", "Shop", "a-b", "shop.yml", "shop/..", "shop\n", "1a"]
)
def test_a_name_that_is_none_leads_nowhere(tmp_path: Path, name: str) -> None:
    (tmp_path / "clients").mkdir()
    (tmp_path / "shop.yml").write_text(SHOP)
    with pytest.raises(ClientError, match="is no name of a client"):
        load_client(name, tmp_path / "clients", {})
    if name:
        with pytest.raises(ClientError, match="is no name of a client"):
            Environment(name, tmp_path, tmp_path, "test").paths()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_checks_the_name(tmp_path: Path, command: list[str]) -> None:
    (tmp_path / "clients").mkdir()
    (tmp_path / "shop.yml").write_text(SHOP)
    folders = {"SALES_DATA_DIR": str(tmp_path / "data"), "SALES_CLIENTS_DIR": str(tmp_path / "clients")}
    program = [sys.executable] if command[0] == "-m" else [str(Path(sys.executable).with_name("sales"))]
    done = subprocess.run(
        [*program, *command[command[0] == "sales" :], "--client", "../shop"],
        env=os.environ | folders | {"SALES_API_TOKEN": "t" * 32},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("error: '../shop' is no name of a client") == 1
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clients", "shop.yml"]

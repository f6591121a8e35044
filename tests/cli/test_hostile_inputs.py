"""Whatever a command is given, it ends with 0, 1 or 2, says one thing, and shows no traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from click.testing import Result
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli.main import app
from contracts.paths import ClientPaths

SHOP = """
client: shop
name: The Shop
currency: EUR
time_zone: UTC
sources:
  orders:
    {kind: files, path: "../files/orders*.csv", format: csv, columns: {order_id: id, customer_id: who, order_at: at}}
"""
ORDERS = b"id,who,at\n1,ann@example.com,2026-10-30\n2,C2,2026-10-30\n"
FEW = settings(
    max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
COMMANDS = [
    ["status"],
    ["versions"],
    ["quarantine"],
    ["query", "from raw.orders"],
    ["report"],
    ["rollback"],
    ["verify", "--date", "2026-10-31"],
    ["load"],
    ["check", "--date", "2026-10-31"],
    ["extract", "--date", "2026-10-31"],
    ["erase", "C2", "--yes"],
    ["withdraw", "orders/x/0001", "--yes"],
    ["publish"],
]
pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]
by_command = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])


class World:
    """A shop that was loaded, and the commands on it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.paths = folder, ClientPaths(folder / "data", "shop")
        self.client_file, self.orders = folder / "clients" / "shop.yml", folder / "files" / "orders.csv"
        for file, content in ((self.client_file, SHOP.encode()), (self.orders, ORDERS)):
            file.parent.mkdir()
            file.write_bytes(content)
        monkeypatch.setenv("SALES_DATA_DIR", str(folder / "data"))
        monkeypatch.setenv("SALES_CLIENTS_DIR", str(folder / "clients"))
        monkeypatch.setenv("SALES_CLIENT", "shop")

    def sales(self, *command: str) -> Result:
        return CliRunner().invoke(app, [*command, *(["--wait", "0"] if command[0] in WAITING else [])])

    def ends_well(self, *command: str) -> str:
        """What a command said that ended as one must."""
        result = self.sales(*command)
        said = result.output
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        assert result.exit_code in {0, 1, 2}, said
        assert "Traceback" not in said
        assert result.exit_code == 0 or sum(line.startswith(("error:", "Error:")) for line in said.split("\n")) <= 1
        assert result.exit_code == 0 or said.strip()
        return said


WAITING = {"extract", "load", "verify", "publish", "rollback", "erase", "withdraw", "replay", "docs"}


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(tmp_path, monkeypatch)
    for step in (["extract", "--date", "2026-10-31"], ["load"]):
        assert made.sales(*step).exit_code == 0
    return made


@contextmanager
def held(file: Path) -> Iterator[None]:
    """The file open for writing in another process."""
    code = f"import duckdb; con = duckdb.connect({str(file)!r}); print('open', flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        try:
            yield
        finally:
            process.kill()


@by_command
def test_a_command_beside_a_writer_says_who_writes(world: World, command: list[str]) -> None:
    world.paths.published.mkdir(parents=True, exist_ok=True)
    duckdb.connect(world.paths.published_file).close()
    with held(world.paths.warehouse), held(world.paths.published_file):
        world.ends_well(*command)


DAMAGES: dict[str, Callable[[World], Path]] = {
    "warehouse": lambda world: world.paths.warehouse,
    "published": lambda world: world.paths.published_file,
    "version": lambda world: world.paths.published / "versions" / "000001.json",
    "erased": lambda world: world.paths.erased,
    "erasing": lambda world: world.paths.root / "erasing.json",
    "manifest": lambda world: next(world.paths.landing.rglob("manifest.json")),
    "landed file": lambda world: next(world.paths.landing.rglob("*/0001/orders.csv")),
    "business date": lambda world: world.paths.landing / "business_date",
    "how raw was read": lambda world: world.paths.raw / "read_as.json",
    "delta log": lambda world: next(world.paths.raw.rglob("_delta_log/*.json")),
    "rows of raw": lambda world: next(world.paths.raw.rglob("*.parquet")),
    "pseudonym key": lambda world: world.paths.pseudonym_key,
    "pseudonym check": lambda world: world.paths.pseudonym_check,
    "client file": lambda world: world.client_file,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_ends_every_command_with_a_message(world: World, damage: str) -> None:
    file = DAMAGES[damage](world)
    for content in (b"\xff\x00{", b'{"a": 1}'):
        file.parent.mkdir(parents=True, exist_ok=True)
        for command in COMMANDS:
            file.unlink(missing_ok=True)
            file.write_bytes(content)
            world.ends_well(*command)


ANY_TEXT = st.text(max_size=60)
ANY_BYTES = st.binary(max_size=200) | ANY_TEXT.map(lambda text: text.encode("utf-8", "surrogatepass"))


@FEW
@given(ANY_BYTES)
@example(b"id,who,at\n1," + b"x" * 140_000 + b",2026-10-30\n")
@example(b'id,who,at\n1,"' + b"x" * 5_000_000 + b",2026-10-30\n")
@example(b"id,who,at\r1,2\r\n\x00\n")
@example(b"\x1f\x8b\x08\x00")
@example(b"PK\x03\x04")
def test_any_file_of_orders(world: World, content: bytes) -> None:
    world.orders.write_bytes(content)
    for command in (["check", "--date", "2026-10-31"], ["extract", "--date", "2026-10-31"], ["load"]):
        world.ends_well(*command)


@FEW
@given(ANY_BYTES)
@example(b"client: shop\nsources: [1]")
@example(b"client: *x")
@example(b"? {a: b}\n: c")
@example(b"client: !!python/object:os.system x")
@example(b"[" * 3_000)
@example(SHOP.encode().replace(b"orders*", b"orders[*"))
@example(SHOP.encode().replace(b"columns:", b'where: "(((", columns:'))
@example(SHOP.encode().replace(b"UTC", b"../../etc/passwd"))
@example(SHOP.encode().replace(b"EUR", b"\x00\x1b"))
def test_any_client_file(world: World, content: bytes) -> None:
    world.client_file.write_bytes(content)
    for command in (["check", "--date", "2026-10-31"], ["clients"], ["status"], ["quarantine"], ["load"]):
        world.ends_well(*command)


@FEW
@given(ANY_TEXT)
@example("select")
@example("copy raw.orders to '/tmp/x.csv'")
@example("select read_text('/etc/passwd')")
@example("select 1; select 2")
@example("select repeat('x', 1000000000000)")
@example("\x00")
def test_any_query(world: World, sql: str) -> None:
    world.ends_well("query", "--", sql)


@FEW
@given(ANY_BYTES)
@example(b"[" * 100_000)
@example(json.dumps({"delivery": "orders/orders.csv/0001", "line": 10**30, "record": {}, "reason": ""}).encode())
@example(json.dumps({"delivery": "../../x", "line": 1, "record": None, "reason": ""}).encode())
@example(b'{"delivery": "x", "line": 1e400, "record": 1}')
def test_any_file_of_repaired_rows(world: World, content: bytes) -> None:
    rows = world.folder / "rows.jsonl"
    rows.write_bytes(content)
    world.ends_well("replay", str(rows))


@FEW
@given(ANY_TEXT)
@example("../../../etc/passwd")
@example("-- --yes")
@example("\x1b[2J")
@example("x" * 5_000)
def test_any_name_and_id(world: World, text: str) -> None:
    for command in (["erase", "--yes", "--", text], ["withdraw", "--yes", "--", text], ["check", "--", text]):
        world.ends_well(*command)
    for verb in ("status", "versions", "quarantine", "load"):
        world.ends_well(verb, f"--client={text}")


@pytest.mark.parametrize("path", ["orders*.csv", "orders.csv", "**/*.csv"])
def test_a_link_out_of_the_folder_of_the_source_is_not_followed(world: World, path: str) -> None:
    world.client_file.write_text(SHOP.replace("orders*.csv", path))
    secret = world.folder / "elsewhere.csv"
    secret.write_text("root:hunter2,b,c\n")
    world.orders.unlink()
    world.orders.symlink_to(secret)
    said = world.ends_well("extract", "--date", "2026-10-31")
    assert "hunter2" not in said
    assert "is a link to a file outside of" in said

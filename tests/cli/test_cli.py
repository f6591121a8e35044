"""The command teaches, does one step per verb, and says plainly what went wrong."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from contracts.paths import ClientPaths
from storage.lock import pipeline_lock

VERBS = (
    *("extract", "load", "verify", "build", "publish", "rollback", "run", "status", "versions", "clients"),
    *("quarantine", "replay", "erase", "withdraw", "check", "new"),
)
Sales = Callable[..., subprocess.CompletedProcess[str]]
SHOP = """
client: shop
name: The Shop
currency: EUR
time_zone: Europe/Berlin
sources: {customers: {kind: demo}, orders: {kind: demo}, returns: {kind: demo}}
demo: {start: 2026-10-01, through: 2026-10-31, customers: 20, transactions: 60, defects: {bad_type: 0.2}}
ceilings: {quarantined_share: 1, orphan_share: 1}
"""


@pytest.fixture
def sales(tmp_path: Path) -> Sales:
    """Runs the command as a person does, in a data folder of its own."""
    folder = tmp_path / "clients"
    folder.mkdir()
    (folder / "shop.yml").write_text(SHOP)
    environment = {
        **os.environ,
        "SALES_DATA_DIR": str(tmp_path / "data"),
        "SALES_CLIENTS_DIR": str(folder),
        "SALES_CLIENT": "shop",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = Path(sys.executable).with_name("sales")
        return subprocess.run([command, *arguments], env=environment, capture_output=True, text=True, check=False)

    return run


def test_help_names_every_verb_and_their_order(sales: Sales) -> None:
    shown = sales("--help").stdout
    for verb in VERBS:
        assert f"\n  {verb} " in shown
    assert "...\n" not in shown.partition("Commands:")[2], "a verb is cut off"
    assert "The steps in their order: extract, load, verify, build, publish" in shown


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(sales: Sales, verb: str) -> None:
    shown = sales(verb, "--help")
    assert shown.returncode == 0
    assert verb in ("clients", "new") or "--client" in shown.stdout


def test_help_does_not_wait_for_the_libraries_of_the_steps() -> None:
    heavy = "{'duckdb', 'pyarrow', 'requests', 'pydantic', 'dbt'}"
    script = f"import cli.main, sys; print(sorted({heavy} & sys.modules.keys()))"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"


def test_the_steps_up_to_dbt_lead_from_one_to_the_next(sales: Sales) -> None:
    extracted = sales("extract", "--date", "2026-10-31")
    assert extracted.returncode == 0, extracted.stderr
    assert "rows in 3 deliveries, through 2026-10-31" in extracted.stdout
    assert extracted.stdout.endswith("Next: sales load --client shop\n")
    loaded = sales("load")
    assert "more in quarantine: see sales quarantine --client shop\n" in loaded.stdout
    assert loaded.stdout.endswith("Next: sales verify --client shop\n")
    assert "nothing new has landed\n" in sales("load").stdout
    verified = sales("verify", "--date", "2026-10-31")
    assert verified.stdout.startswith("raw is what has landed: ")
    assert " current rows, 3 files counted again\nNext: sales build --client shop\n" in verified.stdout
    quarantined = sales("quarantine").stdout
    assert "orders: " in quarantined
    assert "/orders_2026_10.json line " in quarantined
    assert "Next: repair them with sales quarantine --to rows.jsonl, or have the source corrected" in quarantined
    assert quarantined.endswith(", then sales extract and sales load\n")
    named = sales("quarantine", "--client", "shop").stdout
    assert named.endswith("then sales extract --client shop and sales load --client shop\n")


def test_sizes_of_the_demo_can_be_named(sales: Sales) -> None:
    assert "customers/2026-10-31/0001: 7 rows" in sales("extract", "--date", "2026-10-31", "--customers", "7").stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--client", "nobody"], "error: no client file "),
        (["load"], "error: "),
        (["verify"], "error: There is no warehouse "),
        (["publish"], "error: there is no warehouse "),
        (["rollback"], "error: no version is kept in "),
        (["status"], "error: there is no "),
        (["quarantine"], "error: There is no warehouse "),
        (["extract", "--date", "2020-01-01"], "error: the demo of client shop has no day 2020-01-01"),
    ],
)
def test_what_a_person_can_mend_is_one_message_without_a_traceback(
    sales: Sales, arguments: list[str], message: str
) -> None:
    finished = sales(*arguments)
    assert finished.returncode == 1
    assert finished.stderr.startswith(message)
    assert "Traceback" not in finished.stderr
    assert "Next:" not in finished.stdout


def test_load_says_which_columns_of_a_shops_file_are_new(sales: Sales, tmp_path: Path) -> None:
    source = "orders: {kind: files, path: o.csv, format: csv, columns: {order_id: id, order_at: at}}"
    shop = SHOP.replace("sources: {customers: {kind: demo}, orders: {kind: demo}, returns: {kind: demo}}", "")
    (tmp_path / "clients" / "shop.yml").write_text(f"{shop}\nsources: {{{source}}}\n")
    for content in ("id,at\n1,2026-10-30\n", "id,at,coupon\n1,2026-10-30,secret\n"):
        (tmp_path / "clients" / "o.csv").write_text(content)
        assert sales("extract", "--date", "2026-10-31").returncode == 0
        loaded = sales("load").stdout
        assert ("\nwarning: changed columns: orders/o.csv/0002: the column coupon is new" in loaded) == (
            "coupon" in content
        )
        assert "secret" not in loaded


def test_the_second_run_is_told_who_works_on_the_client(sales: Sales, tmp_path: Path) -> None:
    paths = ClientPaths(tmp_path / "data", "shop")
    with pipeline_lock(paths, step="load", run_id="night", now=datetime(2026, 11, 1, tzinfo=UTC)):
        finished = sales("load", "--wait", "0.4")
    assert finished.returncode == 1
    assert f"held by load of run night (process {os.getpid()} on " in finished.stderr


def test_clients_lists_every_file_also_a_broken_one(sales: Sales, tmp_path: Path) -> None:
    (tmp_path / "clients" / "broken.yml").write_text("client: broken\n")
    shown = sales("clients").stdout
    assert "shop                 The Shop, EUR, Europe/Berlin: customers (demo), orders (demo), returns (demo)" in shown
    assert "broken.yml is not a valid client file" in shown


def test_versions_says_when_nothing_was_published(sales: Sales) -> None:
    assert sales("versions").stdout.startswith("No version is kept in ")


def test_the_next_step_is_for_the_client_that_was_named(sales: Sales) -> None:
    assert sales("versions", "--client", "shop").stdout.endswith("with sales rollback --client shop\n")
    assert sales("versions").stdout.endswith("with sales rollback\n")

"""The exports: every published table as Parquet and CSV, of one version at a time, that no spreadsheet executes."""

import csv
import json
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contracts.client_file import ClientError, Exports, load_client
from publish import exports, versions
from publish.errors import PublishError
from publish.publisher import rollback
from tests.exported_files import csv_rows, current, parquet_rows

if TYPE_CHECKING:
    from tests.publish.conftest import Shop

TABLES = [
    *("core.fct_ad_spend", "core.fct_balance_transactions", "core.fct_events", "core.fct_inventory_daily"),
    *("core.fct_order_charges", "core.fct_order_discounts", "core.fct_order_taxes"),
    *("core.fct_orders", "core.fct_payments", "core.fct_refunds", "core.fct_returns", "core.fct_subscriptions"),
    *("core.fct_transactions", "core.fct_weather"),
    "marts.mart_daily_sales",
]
FACTS_WITH_A_DAY = {"core.fct_orders", "core.fct_refunds", "core.fct_transactions"}  # in this shop of a few columns
# Publishes and kills itself between the switch of the database and that of the exports.
KILLED_IN_BETWEEN = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from contracts.client_file import Client
from contracts.paths import ClientPaths
from publish import exports, publisher

exports._switch = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
publisher.publish(Client.model_validate_json(sys.argv[3]), ClientPaths(Path(sys.argv[1]), "shop"), run_id="killed",
                  now=datetime(2026, 11, 1, 9, tzinfo=UTC), code_version="0.1.0+test", manifest=Path(sys.argv[2]))
"""


def types(shop: "Shop", table: str) -> dict[str, str]:
    return {name: kind for name, kind, *_ in shop.published(f"describe {table}")}  # type: ignore[misc]


def folders(shop: "Shop") -> list[str]:
    return sorted(path.name for path in shop.paths.exports.iterdir())


def annotate(shop: "Shop", *texts: str) -> None:
    """Give every order these texts, a column each."""
    columns = "".join(f", '{text}' as note_{number}" for number, text in enumerate(texts))
    shop.sql(
        f"""create or replace table core.fct_orders as
        select order_id, order_date, order_id = 'o1' as is_sale{columns}, 109.98 as total from raw.orders"""
    )


def test_every_table_is_there_in_both_formats_row_for_row(shop: "Shop") -> None:
    shop.sql("update core.fct_orders set order_id = null where order_id = 'o3'")
    version = shop.publish()
    manifest = current(shop.paths.exports)
    described = ("table", "format", "month", "path", "rows")
    found = [tuple(entry[name] for name in described) for entry in manifest.pop("files")]
    assert found == [
        (table, kind, month, f"000001/{table.replace('.', '/')}{below}.{kind}", version.row_counts[table])
        for table in TABLES
        for month, below in [("2026-10", "/2026-10") if table in FACTS_WITH_A_DAY else (None, "")]
        for kind in ("parquet", "csv")
    ]
    assert manifest == {
        "version": 1,
        "client": "shop",
        "run_id": version.run_id,
        "data_through": "2026-10-31",
        "published_at": version.published_at.isoformat(),
        "data_fingerprint": version.data_fingerprint,
    }
    for table, kind, _, path, _ in found:
        read = parquet_rows if kind == "parquet" else csv_rows
        assert read(shop.paths.exports / path, types(shop, table)) == shop.published(f"from {table}")
        assert stat.S_IMODE((shop.paths.exports / path).stat().st_mode) == 0o444


def test_they_are_of_the_published_file_and_not_of_the_warehouse(shop: "Shop") -> None:
    shop.publish()
    second = shop.publish()
    shop.sql("delete from core.fct_orders")
    for number in ("000001", "000002"):
        exports._remove(shop.paths.exports / number)
    assert rollback(shop.client, shop.paths).number == 1
    manifest = current(shop.paths.exports)
    assert (manifest["version"], manifest["data_fingerprint"]) == (1, second.data_fingerprint)
    assert len(csv_rows(shop.paths.exports / "000001/core/fct_orders/2026-10.csv", types(shop, "core.fct_orders"))) == 3


def test_what_a_spreadsheet_would_execute_is_a_text_in_csv_alone(shop: "Shop") -> None:
    formulas = [f'{sign}HYPERLINK("http://127.0.0.1";"a,b")' for sign in "=+-@\t\r\n＝＋－＠"]
    harmless = [f"a{formula}" for formula in formulas]
    annotate(shop, *formulas, *harmless)
    shop.publish()
    folder = shop.paths.exports / "000001/core"
    with (folder / "fct_orders" / "2026-10.csv").open(encoding="utf-8", newline="") as stream:
        _, cells, *_ = csv.reader(stream)
    assert cells[3:-1] == [*(f"'{formula}" for formula in formulas), *harmless]
    row, *_ = parquet_rows(folder / "fct_orders" / "2026-10.parquet", types(shop, "core.fct_orders"))
    assert row[3:-1] == (*formulas, *harmless)


def test_a_negative_amount_stays_a_number(shop: "Shop") -> None:
    shop.publish()
    text = (shop.paths.exports / "000001/marts/mart_daily_sales.csv").read_text(encoding="utf-8")
    assert text.splitlines()[2].endswith(",55.99,-55.99,0.000,1.500")


@pytest.mark.parametrize("csv_bom", [False, True])
def test_a_byte_order_mark_only_where_the_client_wants_one(shop: "Shop", csv_bom: bool) -> None:
    annotate(shop, "Größe")
    shop.publish(exports=Exports(csv_bom=csv_bom))
    start = b"\xef\xbb\xbforder_id,order_date" if csv_bom else b"order_id,order_date"
    path = shop.paths.exports / "000001/core/fct_orders/2026-10.csv"
    assert path.read_bytes().startswith(start)
    assert csv_rows(path, types(shop, "core.fct_orders"))[0][3] == "Größe"


def test_only_the_formats_that_the_client_wants(shop: "Shop") -> None:
    shop.publish(exports=Exports(formats=("csv",)))
    assert {entry["format"] for entry in current(shop.paths.exports)["files"]} == {"csv"}
    assert {path.suffix for path in shop.paths.exports.rglob("*.*")} == {".csv", ".json"}
    shop.publish(exports=Exports(formats=()))
    assert folders(shop) == ["000001"], "for whoever was reading it"
    shop.publish(exports=Exports(formats=()))
    assert folders(shop) == []


def test_the_client_file_names_an_unknown_format(tmp_path: Path) -> None:
    (tmp_path / "shop.yml").write_text(
        "{client: shop, name: S, currency: EUR, time_zone: Europe/Berlin, sources: {orders: {kind: demo}},"
        " exports: {formats: [xlsx]}}"
    )
    with pytest.raises(ClientError, match=r"exports\.formats\.0 is 'xlsx': Input should be 'parquet' or 'csv'"):
        load_client("shop", tmp_path, {})


def test_the_files_of_the_version_before_stay_for_whoever_reads_them(shop: "Shop") -> None:
    for _ in range(3):
        shop.publish()
    assert folders(shop) == ["000002", "000003", "current.json"]
    assert json.loads((shop.paths.exports / "000002/manifest.json").read_text())["version"] == 2
    shop.publish(keep_versions=1)
    assert folders(shop) == ["000004", "current.json"], "no file outlives its version"


def test_rollback_takes_the_exports_back_too(shop: "Shop") -> None:
    for day in ("2026-10-29", "2026-10-30", "2026-10-31"):
        shop.sql(f"update core.fct_orders set order_date = '{day}'")
        shop.publish()
    for number, day in ((2, "2026-10-30"), (1, "2026-10-29")):
        assert rollback(shop.client, shop.paths).number == number
        assert current(shop.paths.exports)["version"] == number
        path = shop.paths.exports / f"00000{number}/core/fct_orders/2026-10.csv"
        assert path.read_text().splitlines()[1].startswith(f"o1,{day},true,109.98,")
    assert shop.publish().number == current(shop.paths.exports)["version"] == 4


def test_a_refused_rollback_leaves_the_exports(shop: "Shop") -> None:
    for _ in range(3):
        shop.publish()
    kept = versions.version_file(shop.paths, 2)
    kept.chmod(0o644)
    with kept.open("ab") as stream:
        stream.write(b"more")
    exports._remove(shop.paths.exports / "000002")
    with pytest.raises(PublishError, match=r"000002\.duckdb was altered"):
        rollback(shop.client, shop.paths)
    assert folders(shop) == ["000003", "current.json"]
    assert current(shop.paths.exports)["version"] == 3


def test_a_publication_killed_between_the_two_switches_is_finished_by_the_next(shop: "Shop") -> None:
    shop.publish()
    shop.sql("update core.fct_orders set order_date = '2026-10-30'")
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_IN_BETWEEN, shop.paths.data, shop.manifest, shop.client.model_dump_json()],
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert shop.published("select version from _meta") == [(2,)]
    assert current(shop.paths.exports)["version"] == 1
    assert shop.publish().number == current(shop.paths.exports)["version"] == 3
    assert folders(shop) == ["000002", "000003", "current.json"]


@pytest.mark.needs("mount")
def test_a_disk_that_fills_up_while_exporting_leaves_the_old_version(shop: "Shop") -> None:
    folder = shop.paths.exports
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=True)
    try:
        shop.publish()
        files = shop.files()
        shop.sql(
            """create or replace table core.fct_returns as
            select 55.99::decimal(18, 2) as refund, string_agg(md5(i::varchar)) as x from range(50000) as t(i)"""
        )
        with pytest.raises(PublishError, match=r"the disk is full .*and their exports"):
            shop.publish()
        assert shop.published("select version from _meta") == [(1,)]
        assert current(folder)["version"] == 1
        assert folders(shop) == ["000001", "current.json"]
        assert shop.files() == files
    finally:
        subprocess.run(["umount", folder], check=True)


def test_who_follows_the_pointer_never_reads_two_versions(shop: "Shop") -> None:
    days = [f"2026-10-{day}" for day in range(10, 17)]
    stop = threading.Event()
    seen: list[set[str]] = []

    def read_again_and_again() -> None:
        while not stop.wait(0.02):
            manifest = current(shop.paths.exports)
            wanted = [
                entry
                for entry in manifest["files"]
                if entry["table"] in ("core.fct_orders", "core.fct_transactions") and entry["format"] == "csv"
            ]
            texts = [(shop.paths.exports / entry["path"]).read_text() for entry in wanted]
            seen.append({line.split(",")[1] for text in texts for line in text.splitlines()[1:]})

    def publish(day: str) -> None:
        shop.sql(*(f"update core.{table} set order_date = '{day}'" for table in ("fct_orders", "fct_transactions")))
        shop.publish()

    publish(days[0])
    reader = threading.Thread(target=read_again_and_again)
    reader.start()
    try:
        for day in days[1:]:
            publish(day)
    finally:
        stop.set()
        reader.join()
    assert {len(found) for found in seen} == {1}
    assert len({day for found in seen for day in found}) > len(days) / 2, "too few versions to prove anything"

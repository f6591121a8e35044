"""The exports by month: what changed is written, what did not is taken over, and only as it was written."""

import json
import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow.parquet as pq
import pytest
import yaml

from contracts.client_file import Exports
from publish import export_files, exports
from publish.errors import PublishError
from publish.publisher import rollback
from publish.table_profile import TableProfile, day_column, profile_tables
from tests.exported_files import csv_rows, current, parquet_rows

if TYPE_CHECKING:
    from tests.publish.conftest import Shop

MODELS = Path(__file__).parents[2] / "dbt_project" / "models" / "core"
ORDERS, NEXT = "core/fct_orders", "core/fct_transactions"


def date_orders(shop: "Shop", **dates: str | None) -> None:
    for order, day in dates.items():
        shop.sql(
            f"update core.fct_orders set order_date = {'null' if day is None else repr(day)} where order_id = '{order}'"
        )


def inodes(shop: "Shop", number: int) -> dict[str, int]:
    """Which file on the disk each exported file of a version is."""
    folder = shop.paths.exports / f"{number:06d}"
    return {
        path.relative_to(folder).as_posix(): path.stat().st_ino
        for path in folder.rglob("*.*")
        if path.suffix != ".json"
    }


def written_again(shop: "Shop", number: int) -> set[str]:
    """What of a version was not taken over from the one before."""
    before, after = inodes(shop, number - 1), inodes(shop, number)
    return {name for name, inode in after.items() if before.get(name) != inode}


def both(*names: str) -> set[str]:
    return {f"{name}.{kind}" for name in names for kind in ("parquet", "csv")}


def alter(path: Path) -> None:
    """Another byte at its end."""
    content = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


@pytest.fixture
def months(shop: "Shop") -> "Shop":
    """Orders in September, in October and without a day; published once."""
    date_orders(shop, o1="2026-09-30", o2="2026-10-01", o3=None)
    shop.publish()
    return shop


def test_a_fact_is_a_file_a_month_and_loses_no_row(shop: "Shop") -> None:
    date_orders(shop, o1="2026-09-30", o2="infinity", o3=None)
    version = shop.publish(exports=Exports(csv_bom=True))
    entries = [entry for entry in current(shop.paths.exports)["files"] if entry["table"] == "core.fct_orders"]
    assert [(entry["format"], entry["month"], entry["path"], entry["rows"]) for entry in entries] == [
        (kind, month, f"000001/core/fct_orders/{month}.{kind}", rows)
        for kind in ("parquet", "csv")
        for month, rows in (("2026-09", 1), ("undated", 2))
    ]
    folder = shop.paths.exports / "000001" / ORDERS
    assert duckdb.sql(f"select count(*) from '{folder}/*.parquet'").fetchall() == [
        (version.row_counts["core.fct_orders"],)
    ]
    assert len({str(pq.read_schema(path)) for path in folder.glob("*.parquet")}) == 1
    starts = {path.read_bytes().splitlines()[0] for path in folder.glob("*.csv")}
    assert starts == {b"\xef\xbb\xbforder_id,order_date,is_sale,total,item_count,tax,shipping,fees,tips,duties"}


def test_every_month_has_its_own_rows(months: "Shop") -> None:
    types = {str(name): str(kind) for name, kind, *_ in months.published("describe core.fct_orders")}
    folder = months.paths.exports / "000001" / ORDERS
    for month, order in (("2026-09", "o1"), ("2026-10", "o2"), ("undated", "o3")):
        for read, kind in ((parquet_rows, "parquet"), (csv_rows, "csv")):
            expected = months.published(f"from core.fct_orders where order_id = '{order}'")
            assert read(folder / f"{month}.{kind}", types) == expected


def test_only_the_month_that_changed_is_written(months: "Shop") -> None:
    months.publish()
    assert written_again(months, 2) == set()
    date_orders(months, o2="2026-10-02")
    months.publish()
    assert written_again(months, 3) == both(f"{ORDERS}/2026-10")
    assert not (months.paths.exports / "000001").exists(), "and what was taken over outlives it"
    assert current(months.paths.exports)["version"] == 3
    months.sql("insert into marts.mart_daily_sales select '2026-10-01', 0, 0, 0, 0, 0, 0, 0, 0")
    months.publish()
    assert written_again(months, 4) == both("marts/mart_daily_sales")


def test_a_month_that_is_empty_now_is_gone(months: "Shop") -> None:
    date_orders(months, o2="2026-09-01", o3="2026-12-24")
    months.publish()
    assert written_again(months, 2) == both(f"{ORDERS}/2026-09", f"{ORDERS}/2026-12")
    assert {name for name in inodes(months, 2) if name.startswith(ORDERS)} == both(
        f"{ORDERS}/2026-09", f"{ORDERS}/2026-12"
    )
    assert {entry["month"] for entry in current(months.paths.exports)["files"]} == {
        "2026-09",
        "2026-10",
        "2026-12",
        None,
    }


def test_a_table_without_rows_is_measured() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema marts; create table marts.empty (day date, net decimal(18, 2))")
        facts = profile_tables(connection, "memory", ["marts.empty"])["marts.empty"]
    assert facts == TableProfile({"day": "DATE", "net": "DECIMAL(18,2)"}, 0, {"net": "None"}, "0")


def test_values_that_change_places_within_a_month_are_seen() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema core")
        months = []
        for nets in ((1, 2, 3), (2, 1, 3)):
            rows = ", ".join(f"('o{at}', date '2026-0{1 + at // 2}-01', {net})" for at, net in enumerate(nets))
            columns = "o(order_id, order_date, net)"
            connection.execute(f"create or replace table core.fct_orders as from (values {rows}) as {columns}")
            facts = profile_tables(connection, "memory", ["core.fct_orders"])["core.fct_orders"]
            months.append(facts.months)
    assert months[0]["2026-01"] != months[1]["2026-01"]
    assert months[0]["2026-02"] == months[1]["2026-02"]
    assert sum(int(month.split()[0]) for month in months[0].values()) == facts.row_count == 3


def test_a_fact_without_rows_is_a_file_with_its_columns(shop: "Shop") -> None:
    shop.sql(
        "delete from raw.ad_spend",
        "create or replace table core.fct_ad_spend (spend_date date, spend decimal(18, 2))",
    )
    shop.publish()
    folder = shop.paths.exports / "000001" / "core" / "fct_ad_spend"
    assert sorted(path.name for path in folder.iterdir()) == ["undated.csv", "undated.parquet"]
    assert (folder / "undated.csv").read_text() == "spend_date,spend\n"
    assert pq.read_schema(folder / "undated.parquet").names == ["spend_date", "spend"]


@pytest.mark.parametrize("columns", ["*, 'x' as order_note", "* replace (if(is_sale, 1, 0) as is_sale)"])
def test_every_month_of_a_table_has_its_columns_of_today(months: "Shop", columns: str) -> None:
    months.sql(f"create or replace table core.fct_orders as select {columns} from core.fct_orders")
    months.publish()
    assert written_again(months, 2) == both(f"{ORDERS}/2026-09", f"{ORDERS}/2026-10", f"{ORDERS}/undated")
    folder = months.paths.exports / "000002" / ORDERS
    assert len({str(pq.read_schema(path)) for path in folder.glob("*.parquet")}) == 1


def test_another_setting_for_csv_writes_every_csv(months: "Shop") -> None:
    months.publish(exports=Exports(csv_bom=True))
    names = inodes(months, 2)
    assert written_again(months, 2) == {name for name in names if name.endswith(".csv")}
    months.publish(exports=Exports(formats=("parquet",)))
    assert written_again(months, 3) == set()
    assert {Path(name).suffix for name in inodes(months, 3)} == {".parquet"}
    months.publish()
    assert written_again(months, 4) == {name for name in names if name.endswith(".csv")}


def test_another_duckdb_writes_every_file(months: "Shop", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb, "__version__", "9.0.0")
    months.publish()
    assert written_again(months, 2) == set(inodes(months, 2))


@pytest.mark.parametrize("damage", [alter, Path.unlink, lambda path: os.truncate(path, 1)])
def test_a_file_that_was_altered_is_written_again(
    months: "Shop", damage: object, caplog: pytest.LogCaptureFixture
) -> None:
    for number, name in ((1, f"{ORDERS}/2026-09.csv"), (2, f"{ORDERS}/2026-10.parquet")):
        damage(months.paths.exports / f"{number:06d}" / name)  # type: ignore[operator]
        with caplog.at_level(logging.WARNING):
            months.publish()
        assert f"{number:06d}/{name} is not as it was written; core.fct_orders is written again" in caplog.text
        assert current(months.paths.exports)["version"] == number + 1
        assert written_again(months, number + 1) == {name}


def test_damage_that_leaves_size_and_time_alone_is_found_in_time(
    months: "Shop", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_files, "READ_WHOLE_EVERY", 3)
    for name in both(f"{ORDERS}/2026-09", "marts/mart_daily_sales"):
        path = months.paths.exports / "000001" / name
        changed = path.stat().st_mtime_ns
        alter(path)
        os.utime(path, ns=(changed, changed))
    for _ in range(3):
        months.publish()
    assert current(months.paths.exports)["version"] == 4


def test_a_touched_file_that_is_whole_is_taken_over(months: "Shop") -> None:
    (months.paths.exports / "000001" / ORDERS / "2026-09.csv").touch()
    months.publish()
    assert written_again(months, 2) == set()


def test_where_links_are_impossible_files_are_copied(
    months: "Shop", monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(export_files, "READ_WHOLE_EVERY", 10**80)
    damaged = months.paths.exports / "000001" / ORDERS / "2026-09.csv"
    changed = damaged.stat().st_mtime_ns
    alter(damaged)
    os.utime(damaged, ns=(changed, changed))
    wrote: list[str] = []
    write = export_files._copy

    def noted(connection: duckdb.DuckDBPyConnection, query: str, target: Path, file_format: str) -> int:
        wrote.append(target.name)
        return write(connection, query, target, file_format)

    monkeypatch.setattr(export_files, "_copy", noted)
    months.publish()
    assert wrote == ["2026-09.csv"], "the others were copied"
    assert written_again(months, 2) == set(inodes(months, 2))
    assert current(months.paths.exports)["version"] == 2
    assert {path.stat().st_mode & 0o777 for path in (months.paths.exports / "000002").glob("*/*/*.*")} == {0o444}


@pytest.mark.parametrize("text", ["", "[]", '{"files": [{"table": "core.fct_orders", "fingerprint": "x"}]}', "\udcff"])
def test_a_manifest_that_cannot_be_read_hinders_nothing(
    months: "Shop", text: str, caplog: pytest.LogCaptureFixture
) -> None:
    manifest = months.paths.exports / "000001" / "manifest.json"
    manifest.write_bytes(text.encode(errors="surrogateescape"))
    months.publish()
    assert f"{manifest} is not readable" in caplog.text
    assert written_again(months, 2) == set(inodes(months, 2))
    months.publish()
    assert written_again(months, 3) == set()


def test_the_layout_of_the_first_edition_is_left_to_who_reads_it(
    months: "Shop", caplog: pytest.LogCaptureFixture
) -> None:
    """It had one file a table, and its manifest neither month nor fingerprint."""
    folder = months.paths.exports / "000001"
    manifest = json.loads((folder / "manifest.json").read_text())
    for entry in manifest["files"]:
        del entry["month"], entry["fingerprint"]
    manifest["files"] = [entry for entry in manifest["files"] if "2026-09" not in entry["path"]]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / f"{ORDERS}.csv").write_text("order_id\n")
    months.publish()
    assert written_again(months, 2) == set(inodes(months, 2))
    assert (folder / f"{ORDERS}.csv").exists()
    assert caplog.text == ""
    months.publish()
    assert not folder.exists()


def test_a_rollback_writes_lost_months_and_takes_over_the_others(months: "Shop") -> None:
    date_orders(months, o2="2026-10-02")
    months.publish()
    exports._remove(months.paths.exports / "000001")
    assert rollback(months.client, months.paths).number == current(months.paths.exports)["version"] == 1
    changed = {name for name, inode in inodes(months, 1).items() if inodes(months, 2)[name] != inode}
    assert changed == both(f"{ORDERS}/2026-10")
    day = (months.paths.exports / "000001" / ORDERS / "2026-10.csv").read_text().splitlines()[1]
    assert day.startswith("o2,2026-10-01,false,109.98,")


def test_a_row_that_no_file_has_stops_the_publication(months: "Shop", monkeypatch: pytest.MonkeyPatch) -> None:
    whole = export_files._of_month
    monkeypatch.setattr(export_files, "_of_month", lambda *of: "where false" if of[-1] == "undated" else whole(*of))
    with pytest.raises(PublishError, match=r"2 rows of core\.fct_orders are in its parquet files.*the 3 of the table"):
        months.publish()
    assert current(months.paths.exports)["version"] == 1
    assert sorted(path.name for path in months.paths.exports.iterdir()) == ["000001", "current.json"]


def test_the_first_date_of_every_fact_is_the_day_that_its_model_replaces() -> None:
    models = sorted(MODELS.glob("fct_*.yml"))
    assert len(models) > 8
    for path in models:
        (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        columns = {column["name"]: column["data_type"].upper() for column in model["columns"]}
        day = day_column(f"core.{model['name']}", columns)
        assert day, f"{model['name']} has no DATE: its exports would be written whole every night"
        replaced = re.findall(r"unique_key='(\w+)'", path.with_suffix(".sql").read_text(encoding="utf-8"))
        assert replaced in ([], [day])

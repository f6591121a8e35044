"""The published file opens, read-only, in DuckDB of other versions and languages; each is installed for the test."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.machine import lacks

if TYPE_CHECKING:
    from tests.publish.conftest import Shop

pytestmark = pytest.mark.slow
PYTHON = """
import json, sys, duckdb
assert duckdb.__version__ == sys.argv[2]
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    tables = connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
    for (table,) in tables:
        connection.execute(f"select * from {table}").fetchall()
    print(json.dumps(connection.execute(sys.argv[3]).fetchall()))
"""
ADBC = """
import json, sys, adbc_driver_duckdb, adbc_driver_manager
from adbc_driver_manager import dbapi
database = adbc_driver_manager.AdbcDatabase(
    driver=adbc_driver_duckdb.driver_path(), entrypoint="duckdb_adbc_init", path=sys.argv[1], access_mode="READ_ONLY"
)
with dbapi.Connection(database, adbc_driver_manager.AdbcConnection(database)) as connection:
    cursor = connection.cursor()
    try:
        cursor.execute("create table main.written as select 1")
    except dbapi.Error:
        connection.rollback()
        cursor.execute(sys.argv[3])
        print(json.dumps(cursor.fetchall()))
"""
NODE = """
const {DuckDBInstance} = require("@duckdb/node-api");
(async () => {
  const instance = await DuckDBInstance.create(process.argv[1], {access_mode: "READ_ONLY"});
  const connection = await instance.connect();
  console.log(JSON.stringify((await connection.runAndReadAll(process.argv[3])).getRowsJson()));
})();
"""
FIGURES = "select cast(version as varchar), cast((select sum(net) from marts.mart_daily_sales) as varchar) from _meta"


def answer(shop: "Shop", install: list[str], command: list[str], **variables: str) -> object:
    """What the client says to FIGURES; skips where it cannot be installed."""
    installed = subprocess.run(install, capture_output=True, text=True, check=False)
    if installed.returncode:
        lacks("package index")
    version = install[-1].partition("==")[2]
    asked = subprocess.run(
        [*command, str(shop.paths.published_file), version, FIGURES],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout)


@pytest.mark.parametrize("version", ["1.0.0", "1.1.3", "1.2.2", "1.3.2", "1.4.4"])
def test_older_duckdb_reads_every_table(shop: "Shop", tmp_path: Path, version: str) -> None:
    shop.publish()
    install = ["uv", "pip", "install", "--quiet", "--target", str(tmp_path / "client"), f"duckdb=={version}"]
    found = answer(shop, install, [sys.executable, "-c", PYTHON], PYTHONPATH=str(tmp_path / "client"))
    assert found == [["1", "106.98"]]


def test_adbc_reads_and_may_not_write(shop: "Shop", tmp_path: Path) -> None:
    shop.publish()
    install = ["uv", "pip", "install", "--quiet", "--target", str(tmp_path / "client"), "adbc-driver-manager"]
    found = answer(shop, install, [sys.executable, "-c", ADBC], PYTHONPATH=str(tmp_path / "client"))
    assert found == [["1", "106.98"]]


@pytest.mark.needs("node")
def test_node_reads(shop: "Shop", tmp_path: Path) -> None:
    shop.publish()
    install = ["npm", "install", "--silent", "--prefix", str(tmp_path), "@duckdb/node-api"]
    found = answer(shop, install, ["node", "-e", NODE], NODE_PATH=str(tmp_path / "node_modules"))
    assert found == [["1", "106.98"]]

"""Sessions of dbt-spark that see raw, run Python models in this process, and fail where Spark would write null.

The only module that changes dbt-spark from outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from threading import Lock
from typing import Any

import duckdb
import pyarrow as pa
from dbt.adapters.base.impl import PythonJobHelper
from dbt.adapters.contracts.connection import Connection
from dbt.adapters.spark.connections import SparkConnectionManager
from dbt.adapters.spark.impl import SparkAdapter
from pyspark.sql import SparkSession

from contracts.paths import ClientPaths
from dbt_on_spark.tables import remove_unfinished, table_rows
from load.raw_on_spark import show_on_spark

METHOD = "this process"
ANSI = "spark.sql.ansi.enabled"  # dbt-spark turns it off, and a sum that overflows would be null
_open = SparkConnectionManager.open.__func__  # type: ignore[attr-defined]
_first = Lock()


def extend() -> None:
    """Change dbt-spark in this process; twice is once."""
    SparkConnectionManager.open = classmethod(_open_with_raw)  # type: ignore[method-assign, assignment]
    SparkAdapter.python_submission_helpers = property(lambda _: {METHOD: ModelRun})  # type: ignore[assignment]
    SparkAdapter.default_python_submission_method = property(lambda _: METHOD)  # type: ignore[assignment]


def session(parameters: Mapping[str, str]) -> SparkSession:
    """The session that dbt-spark uses with the parameters of the profile."""
    builder = SparkSession.builder.enableHiveSupport()
    for name, value in parameters.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def client_paths(parameters: Mapping[str, str]) -> ClientPaths:
    """Whose tables the profile names."""
    root = Path(parameters["spark.sql.warehouse.dir"]).resolve().parents[1]
    return ClientPaths(root.parent, root.name)


def _open_with_raw(cls: type[SparkConnectionManager], connection: Connection) -> Connection:
    """Open a connection; the first of an invocation of dbt clears up after a killed one and shows raw as it is now."""
    parameters = connection.credentials.server_side_parameters
    with _first:
        if parameters[ANSI] == "false":
            paths, spark = client_paths(parameters), session(parameters)
            remove_unfinished(paths, _known_tables(spark))
            show_on_spark(paths, spark.sql)
            parameters[ANSI] = "true"
    opened: Connection = _open(cls, connection)
    return opened


def _known_tables(spark: SparkSession) -> set[str]:
    schemas = [row[0] for row in spark.sql("show schemas").collect()]
    return {
        f"{schema}.{row.tableName}" for schema in schemas for row in spark.sql(f"show tables in {schema}").collect()
    }


class ModelRun(PythonJobHelper):
    """A Python model, which gets and gives what it does on DuckDB: the tables are files that DuckDB reads."""

    def __init__(self, parsed_model: Mapping[str, Any], credential: Any) -> None:  # noqa: ARG002 dbt's
        self._spark = session(credential.server_side_parameters)
        self._paths = client_paths(credential.server_side_parameters)

    def submit(self, compiled_code: str) -> None:
        """Run what the macro spark__create_table_as made of the model."""
        exec(dedent(compiled_code), {"spark": self})  # noqa: S102 dbt's own way with Python models

    def read(self, relation: str) -> duckdb.DuckDBPyRelation:
        """The rows of a table; those of raw are in other files, and Spark knows in which."""
        schema, table = relation.replace("`", "").split(".")
        if schema == "raw":
            return duckdb.connect().from_arrow(self._spark.table(f"{schema}.{table}").toArrow())
        return duckdb.connect().sql(table_rows(self._paths, schema, table))

    def write(self, rows: pa.Table, relation: str) -> None:
        """Let the rows be a table."""
        self._spark.createDataFrame(rows).write.mode("overwrite").format("parquet").saveAsTable(relation)

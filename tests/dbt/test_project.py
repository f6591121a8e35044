"""Rules that hold for every model: layers, contracts, descriptions, types, and SQL that another engine can read."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import sqlglot
from dbt.contracts.graph.nodes import GenericTestNode, ModelNode

from tests.dbt.conftest import PROJECT, Warehouse
from tests.dbt.shops import hand_made

pytestmark = pytest.mark.xdist_group("dbt project")
READS = {
    "staging": {"raw"},
    "core": {"staging", "core", "intermediate"},
    "intermediate": {"core", "intermediate"},
    "analytics": {"core"},
    "marts": {"core", "intermediate", "analytics"},
}
PREFIXES = {
    "staging": ("stg_",),
    "core": ("dim_", "fct_"),
    "intermediate": ("int_",),
    "analytics": ("fit_",),
    "marts": ("mart_",),
}
SAFE_TYPE = re.compile(r"INTEGER|BIGINT|DOUBLE|DECIMAL\(18,\d+\)|VARCHAR|DATE|TIMESTAMP|BOOLEAN")


@pytest.fixture
def models(session_warehouse: Warehouse) -> list[ModelNode]:
    return [node for node in session_warehouse.manifest.nodes.values() if isinstance(node, ModelNode)]


@pytest.fixture
def sql_models(models: list[ModelNode]) -> list[ModelNode]:
    return [model for model in models if model.language == "sql"]


@pytest.fixture(scope="module")
def built(session_warehouse: Warehouse) -> Warehouse:
    session_warehouse.clear()
    session_warehouse.write(hand_made())
    session_warehouse.run()
    return session_warehouse


def test_each_layer_reads_the_one_before(session_warehouse: Warehouse, models: list[ModelNode]) -> None:
    manifest = session_warehouse.manifest
    schemas = {key: node.schema for key, node in (*manifest.nodes.items(), *manifest.sources.items())}
    wrong = [
        f"{model.schema}.{model.name} reads {parent}"
        for model in models
        for parent in model.depends_on.nodes
        if schemas[parent] not in READS[model.schema]
    ]
    assert not wrong


def test_every_model_and_column_is_described(models: list[ModelNode]) -> None:
    assert [model.name for model in models if not model.description.startswith("One row per ")] == []
    assert [
        f"{model.name}.{column.name}"
        for model in models
        for column in model.columns.values()
        if not column.description.endswith(".")
    ] == []


def test_each_model_has_one_yml_beside_it(models: list[ModelNode]) -> None:
    for model in models:
        assert model.patch_path == f"sales_analytics://{model.original_file_path.rpartition('.')[0]}.yml"


def test_core_and_marts_have_contracts(models: list[ModelNode]) -> None:
    assert [m.name for m in models if m.schema in ("core", "marts") and not m.contract.enforced] == []
    assert [m.name for m in models if m.schema == "analytics" and m.language != "python"] == []


def test_the_tests_are_those_that_a_project_is_expected_to_have(session_warehouse: Warehouse) -> None:
    nodes = session_warehouse.manifest.nodes.values()
    kinds = Counter(node.test_metadata.name for node in nodes if isinstance(node, GenericTestNode))
    assert kinds["not_null"] >= 16
    assert kinds["unique"] >= 6
    assert min(kinds["accepted_values"], kinds["accepted_range"], kinds["relationships"]) >= 5


def test_columns_are_as_described_and_of_safe_types(built: Warehouse, models: list[ModelNode]) -> None:
    for model in models:
        if model.config.materialized == "ephemeral":
            continue
        described = built.rows(f"describe {model.schema}.{model.name}")
        assert [row["column_name"] for row in described] == list(model.columns), model.name
        if model.schema != "staging":
            assert [row for row in described if not SAFE_TYPE.fullmatch(row["column_type"])] == [], model.name


def test_compiled_models_parse_and_have_a_spark_form(built: Warehouse, sql_models: list[ModelNode]) -> None:
    for model in sql_models:
        compiled = (built.target / "compiled" / "sales_analytics" / model.original_file_path).read_text("utf-8")
        (statement,) = sqlglot.parse(compiled, dialect="duckdb")
        assert statement is not None
        assert sqlglot.transpile(compiled, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)


def test_every_output_column_of_core_and_marts_is_cast(built: Warehouse, sql_models: list[ModelNode]) -> None:
    for model in sql_models:
        compiled = (built.target / "compiled" / "sales_analytics" / model.original_file_path).read_text("utf-8")
        select = sqlglot.parse_one(compiled, dialect="duckdb", into=sqlglot.exp.Select)
        uncast = [column.sql() for column in select.selects if not isinstance(column.unalias(), sqlglot.exp.Cast)]
        assert not uncast, model.name


def test_all_models_are_found_where_their_layer_says(models: list[ModelNode]) -> None:
    for model in models:
        assert model.original_file_path.startswith(f"models/{model.schema}/")
        assert model.name.startswith(PREFIXES[model.schema])
    assert len(models) == len([*PROJECT.glob("models/**/*.sql"), *PROJECT.glob("models/**/*.py")])

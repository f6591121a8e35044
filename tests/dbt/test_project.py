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
    "staging": {"raw", "delivered", "staging", "intermediate"},
    "core": {"staging", "core", "intermediate"},
    "intermediate": {"raw", "delivered", "staging", "core", "intermediate"},
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
    session_warehouse.build(hand_made())
    return session_warehouse


def test_each_layer_reads_the_one_before(session_warehouse: Warehouse, models: list[ModelNode]) -> None:
    manifest = session_warehouse.manifest
    schemas = {key: node.schema for key, node in (*manifest.nodes.items(), *manifest.sources.items())}
    client = "source.sales_analytics.raw.client"  # a model in Python cannot read int_client, which is no table
    wrong = [
        f"{model.schema}.{model.name} reads {parent}"
        for model in models
        for parent in model.depends_on.nodes
        if schemas[parent] not in READS[model.schema] and (model.schema, parent) != ("analytics", client)
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


def test_a_description_of_more_than_two_columns_is_written_once(models: list[ModelNode]) -> None:
    columns = [column for model in models for column in model.columns.values()]
    uses = Counter(column.description for column in columns)
    assert max(uses.values()) > 2
    assert {one.description for one in columns if uses[one.description] > 2 and not one.doc_blocks} == set()


def test_each_model_has_one_yml_beside_it(models: list[ModelNode]) -> None:
    for model in models:
        assert model.patch_path == f"sales_analytics://{model.original_file_path.rpartition('.')[0]}.yml"


def test_core_and_marts_have_contracts(models: list[ModelNode]) -> None:
    assert [m.name for m in models if m.schema in ("core", "marts") and not m.contract.enforced] == []
    assert [m.name for m in models if m.schema == "analytics" and m.language != "python"] == []


def test_every_model_has_one_test_of_all_its_rules(session_warehouse: Warehouse, models: list[ModelNode]) -> None:
    tests = [node for node in session_warehouse.manifest.nodes.values() if isinstance(node, GenericTestNode)]
    rules = {test.attached_node: test for test in tests if test.test_metadata.name == "rules"}
    with_rules = {model.unique_id for model in models for column in model.columns.values() if "rules" in column.meta}
    assert with_rules <= rules.keys()
    assert len(rules) == sum(test.test_metadata.name == "rules" for test in tests)
    assert {test.test_metadata.name for test in tests} <= {"rules", "references", "reconciles", "follows_dimension"}
    for test in tests:
        if test.test_metadata.name in ("rules", "references"):
            assert test.name == f"{str(test.attached_node).rpartition('.')[2]}_{test.test_metadata.name}"
    without = {
        *("stg_client", "int_client", "stg_customer_versions", "stg_product_versions"),  # rows of raw as they are
        *("stg_exchange_rates", "stg_order_lines", "stg_order_charges"),  # what reads them has rules
        *("stg_order_discounts", "stg_order_taxes", "stg_balance_transactions", "stg_targets", "stg_annotations"),
        *("stg_orders", "stg_transactions", "stg_payments", "stg_refunds", "stg_shipping_costs"),
        *("stg_ad_spend", "stg_inventory", "stg_subscriptions", "stg_weather", "int_refunds"),
    }
    assert {model.name for model in models if model.unique_id not in rules} == without


def test_no_rule_repeats_a_constraint_or_has_an_unknown_word(models: list[ModelNode]) -> None:
    kinds: Counter[str] = Counter()
    for model in models:
        for column in model.columns.values():
            rules = column.meta.get("rules", {})
            kinds.update(list(rules))
            is_required = model.contract.enforced and any(one.type == "not_null" for one in column.constraints)
            assert not (is_required and "not_null" in rules), f"{model.name}.{column.name}"
    of_rows, of_tables = (
        {"not_null", "accepted_values", "accepted_range"},
        {"unique", "no_day_missing", "no_month_missing"},
    )
    assert set(kinds) == of_rows | of_tables
    assert min(kinds["unique"], kinds["accepted_values"], kinds["accepted_range"]) >= 15
    assert kinds["not_null"] >= 5  # where no contract says it


def test_the_rules_of_what_a_model_is_made_from_read_it_alone(session_warehouse: Warehouse) -> None:
    """Else dbt would build what follows the model without waiting for them, and Airflow would show them apart."""
    manifest = session_warehouse.manifest
    read = {
        parent for node in manifest.nodes.values() if isinstance(node, ModelNode) for parent in node.depends_on.nodes
    }
    tests = [node for node in manifest.nodes.values() if isinstance(node, GenericTestNode)]
    rules = [test for test in tests if test.test_metadata.name == "rules" and test.attached_node in read]
    assert len(rules) >= 30
    for test in rules:
        assert test.depends_on.nodes == [test.attached_node]


def test_a_build_has_few_nodes(session_warehouse: Warehouse) -> None:
    nodes = session_warehouse.manifest.nodes.values()
    kinds = Counter(node.resource_type for node in nodes if node.config.materialized != "ephemeral")
    assert kinds["model"] + kinds["test"] <= 210


def test_columns_are_as_described_and_of_safe_types(built: Warehouse, models: list[ModelNode]) -> None:
    for model in models:
        if model.config.materialized == "ephemeral":
            continue
        described = built.rows(f"describe {model.schema}.{model.name}")
        assert [row["column_name"] for row in described] == list(model.columns), model.name
        if model.schema not in ("staging", "intermediate"):  # which no reader opens
            assert [row for row in described if not SAFE_TYPE.fullmatch(row["column_type"])] == [], model.name


def test_every_output_column_of_core_and_marts_is_cast(built: Warehouse, sql_models: list[ModelNode]) -> None:
    compiled = {node.name: node.compiled_code for node in built.compiled("--select", "resource_type:model")}
    for model in sql_models:
        select = sqlglot.parse_one(str(compiled[model.name]), dialect="duckdb", into=sqlglot.exp.Select)
        uncast = [column.sql() for column in select.selects if not isinstance(column.unalias(), sqlglot.exp.Cast)]
        assert not uncast, model.name


def test_all_models_are_found_where_their_layer_says(models: list[ModelNode]) -> None:
    for model in models:
        assert model.original_file_path.startswith(f"models/{model.schema}/")
        assert model.name.startswith(PREFIXES[model.schema])
    assert len(models) == len([*PROJECT.glob("models/**/*.sql"), *PROJECT.glob("models/**/*.py")])

"""Each rule of each model, and each reconciliation, fails when what it guards is broken."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from dbt.contracts.graph.nodes import GenericTestNode, ModelNode, SingularTestNode
from dbt_common.exceptions import DbtRuntimeError

from tests.dbt import broken_customers, broken_finance, broken_sales, broken_sources
from tests.dbt.conftest import Warehouse
from tests.dbt.shops import hand_made, made_at_random
from tests.warehouse_files import opened

pytestmark = pytest.mark.xdist_group("dbt tests")
# For the expressions that are true in every row: a change of a row that makes one false.
FALSE = {
    "dim_customers_first_sale_before_last": "first_order_date = date '2030-01-01', last_order_date = date '2029-01-01'",
    "fct_orders_amounts_add_up": "total = total + 0.01",
    "int_adjusted_lines_net_adds_up": "net = net + 0.01",
    "fct_transactions_net_adds_up": "net = net + 0.01",
    "mart_daily_sales_amounts_add_up": "net_sales = null",
    **broken_customers.FALSE,
    **broken_finance.FALSE,
    **broken_sales.FALSE,
    **broken_sources.FALSE,
}
# One cent, one row or one day wrong in one place of the built tables.
BROKEN = {
    "reconcile_transactions": [
        "update core.fct_transactions set quantity = quantity + 1 where order_id = 'thirds' and line_number = 1",
        "delete from core.fct_transactions where order_id = 'free item' and line_number = 1",
        "update core.fct_transactions set order_date = order_date + 1 where order_id = 'thirds'",
    ],
    "reconcile_orders": [
        "update core.fct_transactions set discount = discount + 0.01 where order_id = 'thirds' and line_number = 1",
        "update core.fct_orders set is_tax_inside = not is_tax_inside where order_id = 'thirds'",
        "update core.fct_orders set captured = captured + 0.01 where order_id = 'thirds'",
        "delete from core.fct_orders where order_id = 'without items'",
        "update core.fct_orders set net = net + 0.01 where order_id = 'free'",
    ],
    "reconcile_refunds": [
        "update core.fct_refunds set refund_amount = refund_amount + 0.01 where refund_id = 'postage'",
        "update core.fct_refunds set refunded_date = refunded_date + 1 where refund_id = 'postage'",
        "update core.fct_refunds set quantity = 2 where refund_id = 'postage'",
        "delete from core.fct_refunds where refund_id = 'postage'",
    ],
    "reconcile_returns": [
        "update core.fct_returns set refund = refund + 0.01 where return_id = 'postage'",
        "update core.fct_returns set returned_date = returned_date + 1 where return_id = 'postage'",
    ],
    "reconcile_daily_sales": [
        "update marts.mart_daily_sales set net = net + 0.01 where calendar_date = date '2028-02-29'",
        "update marts.mart_daily_sales set refunds = refunds + 0.01 where calendar_date = date '2028-09-01'",
        "update marts.mart_daily_sales set units_sold = units_sold + 1 where calendar_date = date '2028-02-29'",
        "update marts.mart_daily_sales set returned_units = 0 where calendar_date = date '2028-09-01'",
        "update core.fct_transactions set estimated_profit = estimated_profit - 0.01 where order_id = 'thirds'",
    ],
    "reconcile_dimensions": [
        "update core.dim_customers set lifetime_value = lifetime_value + 0.01 where customer_id = '007'",
        "update core.dim_products set total_revenue = total_revenue + 0.01 where product_id = '1'",
    ],
    **broken_customers.BROKEN,
    **broken_finance.BROKEN,
    **broken_sales.BROKEN,
    **broken_sources.BROKEN,
}  # fmt: skip

# For the rules of days and spans of days: what tears or overlays them.
OUT_OF_TIME = {
    "no_day_missing": "delete from {table} where {column} = (select min({column}) + 1 from {table})",
    "no_month_missing": "delete from {table} where {column} = (select min({column}) + interval 1 month from {table})",
    "no_gap_in_time": "update {table} set valid_to = valid_to - 1 where is_current",
    "no_overlap_in_time": "insert into {table} select * replace (valid_from + 1 as valid_from) from {row}",
    "one_current": "insert into {table} select * replace (not is_current as is_current) from {table}",
}
Rule = tuple[str, str | None]


def breaking(model: ModelNode, tests: list[GenericTestNode]) -> Iterator[tuple[Rule, str]]:
    """Each rule of a model, by name and column, with a statement that changes its rows so that one breaks the rule."""
    yield from breaking_columns(model)
    table = f"{model.schema}.{model.name}"
    row = f"(select * from {table} order by all limit 1)"
    for arguments in (test.test_metadata.kwargs for test in tests):
        if "grain" in arguments:
            yield ("unique", ", ".join(arguments["grain"])), f"insert into {table} from {row}"
        for name in arguments.get("expressions", {}):
            change = FALSE[f"{model.name}_{name}"]
            yield (name, None), f"update {table} set {change} where rowid = (select min(rowid) from {table})"
        for column in arguments.get("references", {}):
            (value,) = unwanted(column, "references", None)
            yield ("references", column), f"insert into {table} select * replace ({value} as {column}) from {row}"
        if "spans_of" in arguments:
            for rule in ("no_gap_in_time", "no_overlap_in_time", "one_current"):
                yield (rule, arguments["spans_of"]), OUT_OF_TIME[rule].format(table=table, row=row)


def breaking_columns(model: ModelNode) -> Iterator[tuple[Rule, str]]:
    """The same for the rules of its columns."""
    table = f"{model.schema}.{model.name}"
    row = f"(select * from {table} order by all limit 1)"
    for column in model.columns.values():
        for rule, argument in column.meta.get("rules", {}).items():
            for value in unwanted(column.name, rule, argument):
                yield (rule, column.name), f"insert into {table} select * replace ({value} as {column.name}) from {row}"
            if rule == "unique":
                yield (rule, column.name), f"insert into {table} from {row}"
            if rule in OUT_OF_TIME:
                yield (rule, column.name), OUT_OF_TIME[rule].format(table=table, column=column.name)


def unwanted(column: str, rule: str, argument: Any) -> list[str]:
    """Values, as SQL, that a column may not have by the rule."""
    if rule == "not_null":
        return ["null"]
    if rule in ("accepted_values", "references"):
        return ["date '1999-01-01'" if column.endswith(("_date", "_month")) else "'broken'"]
    if rule == "accepted_range":
        return [str(argument[end] + step) for end, step in (("min_value", -1), ("max_value", 1)) if end in argument]
    return []


@pytest.fixture(scope="module")
def compiled(session_warehouse: Warehouse) -> dict[str, Any]:
    """The nodes of all tests by name, compiled: to execute their SQL takes a thirtieth of what `dbt test` does.

    Copies: the next run of dbt leaves none of this one in the manifest.
    """
    session_warehouse.clear()
    session_warehouse.write(made_at_random(5))
    results = session_warehouse.dbt("compile", "--select", "test_type:data")
    return {name: copy.deepcopy(result.node) for name, result in results.items()}


def test_every_rule_holds_and_then_fails_on_broken_rows(warehouse: Warehouse, compiled: dict[str, Any]) -> None:
    warehouse.write(made_at_random(5))
    built = {result.status for result in warehouse.dbt("build", "--exclude-resource-type", "test").values()}
    assert built == {"success", "pass", "no-op"}  # models, unit tests, and exposures, which are not run
    tables = warehouse.rows(
        "select table_schema || '.' || table_name as name, table_type as type from information_schema.tables "
        "where table_schema in ('staging', 'core', 'intermediate', 'analytics', 'marts')"
    )
    # Views and contracts would keep broken rows out, so each relation becomes a table without constraints.
    for table in tables:
        kind = "view" if table["type"] == "VIEW" else "table"
        warehouse.execute(
            f"create table main.copied as from {table['name']}",
            f"drop {kind} {table['name']} cascade",
            f"create table {table['name']} as from main.copied",
            "drop table main.copied",
        )
    warehouse.execute(*broken_customers.FIRST_ROWS)
    unbroken = []
    with opened(warehouse.paths) as con:
        for name, node in compiled.items():
            assert is_reconciliation(node) or con.execute(node.compiled_code).fetchall() == [], name
        for model in (node for node in warehouse.manifest.nodes.values() if isinstance(node, ModelNode)):
            tests = [
                node
                for node in compiled.values()
                if not is_reconciliation(node) and node.attached_node == model.unique_id
            ]
            for rule, statement in breaking(model, tests):
                con.execute("begin")
                con.execute(statement)
                found = {row[:2] for test in tests for row in con.execute(test.compiled_code).fetchall()}
                con.execute("rollback")
                unbroken += [(model.name, rule, statement)] if rule not in found else []
    assert unbroken == []


def test_what_a_join_keeps_together_has_no_orphans(warehouse: Warehouse) -> None:
    shop = hand_made()
    shop.payments.append(dict(shop.payments[0]) | {"payment_id": "not arrived", "order_id": "not arrived"})
    warehouse.write(shop)  # with an item and a payment that wait for their order
    parts = ("+fct_order_charges", "+fct_order_discounts", "+fct_order_taxes")
    warehouse.run("--select", "+fct_transactions", *parts, "+fct_payments", "+dim_customers")
    joined = {
        (model.name, column.name): column.meta["joined"].split(".")
        for model in warehouse.manifest.nodes.values()
        if isinstance(model, ModelNode)
        for column in model.columns.values()
        if "joined" in column.meta
    }
    assert joined
    for (name, column), (parent, field) in joined.items():
        orphans = f"select {column} from core.{name} where {column} not in (select {field} from core.{parent})"
        assert warehouse.rows(orphans) == [], (name, column)


def test_a_row_is_reported_for_each_rule_that_it_breaks(warehouse: Warehouse, compiled: dict[str, Any]) -> None:
    warehouse.write(hand_made())
    warehouse.run("--select", "+fct_orders")
    warehouse.execute("update core.fct_orders set item_count = -1, captured = -2 where order_id = 'thirds'")
    rows = warehouse.rows(compiled["fct_orders_rules"].compiled_code)
    assert {(row["rule_name"], row["tested_column"]) for row in rows} == {
        ("accepted_range", "item_count"),
        ("accepted_range", "captured"),
    }
    assert all('"order_id":"thirds"' in row["row_content"] for row in rows)


def test_a_rule_of_no_known_word_stops_the_test(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = warehouse.manifest.deepcopy()  # type: ignore[no-untyped-call]
    manifest.nodes["model.sales_analytics.stg_products"].columns["list_price"].meta = {"rules": {"not_negative": True}}
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    monkeypatch.setattr(warehouse, "manifest", manifest)
    warehouse.write(hand_made())
    with pytest.raises(
        DbtRuntimeError, match=r"stg_products\.list_price has the rule not_negative; expected not_null, accepted_"
    ):
        warehouse.dbt("compile", "--select", "stg_products_rules")


def is_reconciliation(node: GenericTestNode | SingularTestNode) -> bool:
    """Whether it compares two tables, and is broken by hand."""
    return isinstance(node, SingularTestNode) or node.test_metadata.name in ("reconciles", "follows_dimension")


def test_a_reconciliation_sees_one_cent_and_one_row(warehouse: Warehouse, compiled: dict[str, Any]) -> None:
    warehouse.build(hand_made())
    with opened(warehouse.paths) as con:
        for name, statements in BROKEN.items():
            assert con.execute(compiled[name].compiled_code).fetchall() == [], name
            for statement in statements:
                con.execute("begin")
                con.execute(statement)
                assert con.execute(compiled[name].compiled_code).fetchall(), statement
                con.execute("rollback")


def test_no_reconciliation_is_forgotten(compiled: dict[str, Any]) -> None:
    assert {name for name, node in compiled.items() if is_reconciliation(node)} == set(BROKEN)

"""Each of the project's data tests fails when what it guards is broken."""

from __future__ import annotations

import duckdb
import pytest
from dbt.contracts.graph.nodes import GenericTestNode, SingularTestNode

from tests.dbt import broken_customers, broken_finance, broken_sales, broken_sources
from tests.dbt.conftest import Warehouse
from tests.dbt.shops import hand_made, made_at_random

pytestmark = pytest.mark.xdist_group("dbt tests")
SCHEMAS = {"stg": "staging", "dim": "core", "fct": "core", "int": "intermediate", "fit": "analytics", "mart": "marts"}
# For the tests of an expression: a change of a row that makes it false.
FALSE = {
    "dim_customers_first_sale_before_last": "first_order_date = date '2030-01-01', last_order_date = date '2029-01-01'",
    "fct_orders_amounts_add_up": "total = total + 0.01",
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
        "update core.fct_transactions set discount = discount + 0.01 where order_id = 'thirds' and line_number = 1",
        "delete from core.fct_transactions where order_id = 'free item' and line_number = 1",
        "update core.fct_transactions set order_date = order_date + 1 where order_id = 'thirds'",
    ],
    "reconcile_orders": [
        "update core.fct_orders set captured = captured + 0.01 where order_id = 'thirds'",
        "delete from core.fct_orders where order_id = 'without items'",
        "update core.fct_orders set net = net + 0.01 where order_id = 'free'",
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
    "facts_follow_the_variables": [
        "update core.fct_transactions set estimated_profit = estimated_profit - 0.01 where order_id = 'thirds'",
        "update core.fct_transactions set category = 'jewelery' where order_id = 'remainders' and line_number = 2",
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

# For the tests of days and spans of days: what tears or overlays them.
OUT_OF_TIME = {
    "no_day_missing": "delete from {table} where {column} = (select min({column}) + 1 from {table})",
    "no_month_missing": "delete from {table} where {column} = (select min({column}) + interval 1 month from {table})",
    "no_gap_in_time": "update {table} set valid_to = valid_to - 1 where is_current",
    "no_overlap_in_time": "insert into {table} select * replace (valid_from + 1 as valid_from) from {row}",
    "one_current": "insert into {table} select * replace (not is_current as is_current) from {table}",
}


def breaking(test: GenericTestNode) -> list[str]:
    """Statements that change the rows of the tested table so that the test must find one."""
    relation = str(test.attached_node).rpartition(".")[2]
    table = f"{SCHEMAS[relation.split('_')[0]]}.{relation}"
    column, arguments = test.column_name, test.test_metadata.kwargs
    row = f"(select * from {table} order by all limit 1)"

    def copy_with(value: str) -> str:
        return f"insert into {table} select * replace ({value} as {column}) from {row}"

    match test.test_metadata.name:
        case "not_null":
            return [copy_with("null")]
        case "unique" | "unique_combination":
            return [f"insert into {table} from {row}"]
        case "accepted_values" | "relationships":
            is_day = str(column).endswith(("_date", "_month"))
            return [copy_with("date '1999-01-01'" if is_day else "'broken'")]
        case "accepted_range":
            beyond = [arguments[end] + step for end, step in (("min_value", -1), ("max_value", 1)) if end in arguments]
            return [copy_with(str(value)) for value in beyond]
        case name if name in OUT_OF_TIME:
            return [OUT_OF_TIME[name].format(table=table, column=column, row=row)]
        case "expression_is_true":
            return [f"update {table} set {FALSE[test.name]} where rowid = (select min(rowid) from {table})"]
    raise AssertionError(f"no way known to break {test.name}")


def test_every_data_test_passes_and_then_fails_on_broken_rows(warehouse: Warehouse) -> None:
    shop = made_at_random(5)
    warehouse.write(shop)
    built = {result.status for result in warehouse.dbt("build", "--exclude-resource-type", "test").values()}
    assert built == {"success", "pass", "no-op"}  # models, unit tests, and exposures, which are not run
    tests = {n.name: n for n in warehouse.manifest.nodes.values() if isinstance(n, GenericTestNode)}
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
    passed = warehouse.dbt("test", "--exclude-resource-type", "unit_test")
    assert [name for name in tests if passed[name].status != "pass"] == []
    warehouse.execute(*(statement for test in tests.values() for statement in breaking(test)))
    results = warehouse.dbt("test", "--exclude-resource-type", "unit_test")
    assert [name for name in tests if results[name].status != "fail"] == []


def test_a_reconciliation_sees_one_cent_and_one_row(warehouse: Warehouse) -> None:
    warehouse.write(hand_made())
    warehouse.run()
    results = warehouse.dbt("test", "--select", *BROKEN)
    assert {results[name].status for name in BROKEN} == {"pass"}
    with duckdb.connect(str(warehouse.path)) as con:
        for name, statements in BROKEN.items():
            for statement in statements:
                con.execute("begin")
                con.execute(statement)
                assert con.execute(results[name].node.compiled_code).fetchall(), statement
                con.execute("rollback")


def test_no_singular_test_is_forgotten(session_warehouse: Warehouse) -> None:
    nodes = session_warehouse.manifest.nodes.values()
    assert {node.name for node in nodes if isinstance(node, SingularTestNode)} == set(BROKEN)

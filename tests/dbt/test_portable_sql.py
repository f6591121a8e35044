"""The rules that let the same models run on Spark, as far as the text of a model can tell."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import sqlglot
from dbt.contracts.graph.nodes import ModelNode
from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from tests.dbt.conftest import Warehouse
from tests.dbt.shops import hand_made

pytestmark = pytest.mark.xdist_group("dbt project")
# What ends an order so that no two rows are equal in it, partition and all.
UNIQUE = ("_id", "_date", "line_number", "line_in_file", "payment_method", "channel")
# Another name or another result on Spark; dispatched macros of macros/dialect/ are where they belong.
OWN_TO_DUCKDB = {
    "list_sort",
    "list_transform",
    "time_to_str",
    "epoch",
    "md5_number",
    "regexp_extract",
    "regexp_replace",
}


class NullsAreSmall(DuckDB):
    """DuckDB's SQL where an order that does not say it has nulls first."""

    NULL_ORDERING = "nulls_are_small"


class NullsAreLarge(DuckDB):
    """The same with nulls last, but first in a descending order."""

    NULL_ORDERING = "nulls_are_large"


def faults(sql: str) -> Iterator[str]:
    """What a model does that Spark does otherwise, or that has no one answer."""
    model = sqlglot.parse_one(sql, dialect=DuckDB)
    yield from _divisions(model)
    yield from _orders(sql)
    for window in model.find_all(exp.Window):
        if isinstance(window.this, exp.RowNumber) and not _has_one_order(window):
            yield f"ties are broken by chance in {window.sql(DuckDB)}"
    for star in model.find_all(exp.Star):
        if not isinstance(star.parent, exp.Count):
            yield "select * names no column"
    for function in model.find_all(exp.Func):
        name = function.name if isinstance(function, exp.Anonymous) else function.sql_name()
        if isinstance(function, exp.Ntile) or name.lower() in OWN_TO_DUCKDB:
            yield f"{name} is not the same on Spark"
        if isinstance(function, exp.Avg) and not _is_double(function.this):
            yield f"{function.sql(DuckDB)} has another scale on Spark"


def _divisions(model: exp.Expression) -> Iterator[str]:
    for division in model.find_all(exp.Div, exp.IntDiv):
        above, below = division.this, division.expression.unnest()
        if isinstance(division, exp.Div) and not _is_double(above):
            yield f"{division.sql(DuckDB)} divides what is no double"
        if not isinstance(below, exp.Literal | exp.Nullif):
            yield f"{division.sql(DuckDB)} may divide by zero"


def _orders(sql: str) -> Iterator[str]:
    """An order that says where nulls go means the same whatever they are by default."""
    dialects = (DuckDB, NullsAreSmall, NullsAreLarge)
    for orders in zip(*(_ordered(sql, dialect) for dialect in dialects), strict=True):
        if len({order.args["nulls_first"] for order in orders}) > 1:
            yield f"{orders[0].this.sql(DuckDB)} is ordered without nulls first or last"


def _ordered(sql: str, dialect: type[DuckDB]) -> list[exp.Ordered]:
    """Every key of an order but those of percentiles, which leave nulls out."""
    found = sqlglot.parse_one(sql, dialect=dialect).find_all(exp.Ordered)
    return [order for order in found if not order.find_ancestor(exp.WithinGroup, exp.PercentileCont)]


def _has_one_order(window: exp.Window) -> bool:
    return window.args["order"].expressions[-1].this.name.endswith(UNIQUE)


def _is_double(expression: exp.Expression) -> bool:
    """Cast to one, or computed from one."""
    if isinstance(expression, exp.Cast):
        return expression.to.is_type(exp.DataType.Type.DOUBLE)
    computed = isinstance(expression, exp.Binary | exp.Paren | exp.Round | exp.Sqrt)
    return computed and any(_is_double(part) for part in expression.iter_expressions())


@pytest.fixture(scope="module")
def compiled(session_warehouse: Warehouse) -> dict[str, str]:
    session_warehouse.clear()
    session_warehouse.build(hand_made())
    root = session_warehouse.target / "compiled" / "sales_analytics"
    models = [node for node in session_warehouse.manifest.nodes.values() if isinstance(node, ModelNode)]
    return {
        model.name: (root / model.original_file_path).read_text("utf-8") for model in models if model.language == "sql"
    }


def test_no_model_breaks_a_rule(compiled: dict[str, str]) -> None:
    assert len(compiled) > 50
    found = {name: sorted(set(faults(sql))) for name, sql in compiled.items()}
    assert {name: told for name, told in found.items() if told} == {}


def test_no_model_hashes_but_by_the_dispatched_macro(session_warehouse: Warehouse) -> None:
    """Compiled, the macro is DuckDB's function, which Spark has under another name."""
    models = [node for node in session_warehouse.manifest.nodes.values() if isinstance(node, ModelNode)]
    assert any("row_hash(" in model.raw_code for model in models)
    assert [model.name for model in models if re.search(r"\b(hash|xxhash64|md5)\s*\(", model.raw_code)] == []


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("select cast(a as double) / b from t", "may divide by zero"),
        ("select a / nullif(b, 0) from t", "divides what is no double"),
        ("select sum(a) over (order by b asc) from t", "ordered without nulls first or last"),
        ("select sum(a) over (order by b desc) from t", "ordered without nulls first or last"),
        ("select row_number() over (order by net desc nulls last) from t", "ties are broken by chance"),
        ("select * from t", "names no column"),
        ("select ntile(5) over (order by product_id asc nulls last) from t", "ntile is not the same"),
        ("select strftime(a, '%Y') from t", "time_to_str is not the same on Spark"),
        ("select avg(a) from t", "another scale"),
    ],
)
def test_a_model_that_breaks_a_rule_is_told(sql: str, told: str) -> None:
    (fault,) = faults(sql)
    assert told.lower() in fault.lower()


def test_what_keeps_the_rules_is_let_through() -> None:
    kept = """
    select
        count(*),
        avg(cast(a as double)),
        cast(a as double) / nullif(b, 0),
        cast(a as double) / 7,
        row_number() over (partition by d order by net desc nulls last, product_id asc nulls first),
        percentile_cont(0.5) within group (order by cast(a as double) asc)
    from t
    """
    assert list(faults(kept)) == []

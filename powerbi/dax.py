"""The measures of dbt's semantic models as DAX."""

from __future__ import annotations

import sqlglot
from sqlglot import expressions as sql

OPERATORS: dict[type[sql.Binary], str] = {sql.And: "&&", sql.EQ: "=", sql.NEQ: "<>"}
ARITHMETIC: dict[type[sql.Binary], str] = {sql.Add: "+", sql.Sub: "-"}


def aggregate(table: str, kind: str, expression: str) -> str:
    """The DAX of a measure of dbt: a column or ``case when <condition> then <value> else 0 end``, summed or counted.

    A row that the condition leaves out is left out of the sum too, instead of counting as 0, so that money stays a
    fixed decimal number: a mixture of amounts and zeros would not. Raises ValueError for any other expression.
    """
    parsed = sqlglot.parse_one(expression)
    rows, value = table, parsed
    if isinstance(parsed, sql.Case):
        (branch,) = parsed.args["ifs"]
        otherwise = parsed.args.get("default")
        if otherwise is not None and (kind != "sum" or otherwise.sql() != "0"):
            raise _unknown(expression)
        rows, value = f"FILTER ( {table}, {_scalar(branch.this, table)} )", branch.args["true"]
    if kind == "sum":
        return f"SUMX ( {rows}, {_scalar(value, table)} )"
    if kind == "count_distinct" and isinstance(value, sql.Column):
        counted = f"DISTINCTCOUNTNOBLANK ( {_scalar(value, table)} )"
        return counted if rows == table else f"CALCULATE ( {counted}, {rows} )"
    raise _unknown(expression)


def ratio(numerator: str, denominator: str) -> str:
    """One measure by another; blank where the denominator is zero or blank, as dbt's ratio is null."""
    return f"DIVIDE ( [{numerator}], [{denominator}] )"


def derived(expression: str, labels: dict[str, str]) -> str:
    """Sums and differences of metrics, by the labels that they have as measures, or these while another is 0.

    What is unknown, which ``coalesce`` takes as 0, is blank, which DAX takes as 0.
    """
    parsed = sqlglot.parse_one(expression)
    if isinstance(parsed, sql.Case):
        (branch,) = parsed.args["ifs"]
        condition = branch.this
        if parsed.args.get("default") is not None or not isinstance(condition, sql.EQ) or condition.right.sql() != "0":
            raise _unknown(expression)
        return f"IF ( {_metrics(condition.left, labels)} = 0, {_metrics(branch.args['true'], labels)} )"
    return _metrics(parsed, labels)


def _metrics(node: sqlglot.Expr, labels: dict[str, str]) -> str:
    if isinstance(node, sql.Column):
        return f"[{labels[node.name]}]"
    if isinstance(node, sql.Coalesce) and [part.sql() for part in node.expressions] == ["0"]:
        return _metrics(node.this, labels)
    if isinstance(node, sql.Binary) and type(node) in ARITHMETIC:
        return f"{_metrics(node.left, labels)} {ARITHMETIC[type(node)]} {_metrics(node.right, labels)}"
    raise _unknown(node.sql())


def _scalar(node: sqlglot.Expr, table: str) -> str:
    if isinstance(node, sql.Column):
        return f"{table}[{node.name}]"
    if isinstance(node, sql.Literal):
        return f'"{node.this}"' if node.is_string else str(node.this)
    if isinstance(node, sql.Is) and isinstance(node.right, sql.Null):
        return f"ISBLANK ( {_scalar(node.left, table)} )"
    if isinstance(node, sql.Binary) and type(node) in OPERATORS:
        return f"{_scalar(node.left, table)} {OPERATORS[type(node)]} {_scalar(node.right, table)}"
    raise _unknown(node.sql())


def _unknown(expression: str) -> ValueError:
    return ValueError(
        f"{expression!r} has no DAX; expected a column, or case when <columns, literals, and, =, <>> then <value> "
        "else 0 end. Write the measure so, or teach powerbi/dax.py."
    )

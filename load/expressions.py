"""The client file's SQL expressions: checked by DuckDB's own parser, and written over a file as load reads it.

An expression sees one row and nothing else: no table, no file, no variable, no clock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import duckdb

from contracts.data_file import Query
from contracts.sql_text import identifier

# Of texts, numbers, whether there is a value, and dates.
FUNCTIONS = (
    *("||", "concat", "concat_ws", "contains", "ends_with", "starts_with", "prefix", "suffix", "left", "right"),
    *("substr", "substring", "length", "strlen", "lower", "upper", "lcase", "ucase", "trim", "ltrim", "rtrim"),
    *("replace", "translate", "regexp_replace", "regexp_extract", "regexp_matches", "regexp_full_match"),
    *("split_part", "lpad", "rpad", "reverse", "strpos", "instr", "position", "md5"),
    *("~~", "!~~", "~~*", "!~~*", "like_escape", "not_like_escape", "ilike_escape", "not_ilike_escape"),
    *("+", "-", "*", "/", "//", "%", "abs", "ceil", "ceiling", "floor", "round", "trunc", "sign", "mod"),
    *("greatest", "least", "nullif", "ifnull"),
    *("strftime", "strptime", "try_strptime", "date_part", "date_trunc", "year", "month", "day", "hour", "minute"),
    *("make_date", "to_days", "to_hours", "to_minutes", "to_seconds", "to_months", "to_years"),
)
_CALCULATES = ("+", "-", "*", "/", "//", "%", "abs", "ceil", "ceiling", "floor", "round", "trunc", "sign", "mod")
_CLASSES = ("BETWEEN", "CASE", "CAST", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION", "OPERATOR")
_OPERATORS = (
    *("OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL", "OPERATOR_NOT", "OPERATOR_COALESCE"),
    *("COMPARE_IN", "COMPARE_NOT_IN"),
)
_TYPES = ("BIGINT", "BOOLEAN", "DATE", "DECIMAL", "DOUBLE", "HUGEINT", "INTEGER", "SMALLINT", "TIMESTAMP", "VARCHAR")
_NUMBERS = ("BIGINT", "DECIMAL", "DOUBLE", "FLOAT", "HUGEINT", "INTEGER", "SMALLINT", "TINYINT")
_ORDERS = (
    *("COMPARE_LESSTHAN", "COMPARE_LESSTHANOREQUALTO", "COMPARE_GREATERTHAN", "COMPARE_GREATERTHANOREQUALTO"),
    "COMPARE_BETWEEN",
)
_BELOW = ("left", "right", "input", "lower", "upper", "else_expr", "child")
_NUMBER = re.compile(r"\s*[+-]?[0-9]+([.,][0-9]*)?\s*")

Node = dict[str, Any]
# The column as it is written, and whether it is calculated with: gives SQL for it.
Operand = Callable[[str, bool], str]
_MARK = "\ue000"  # of private use: around the names that operands are put in for


class ExpressionError(Exception):
    """A text is no expression that may be used; the message says why, and goes on where the setting is named."""


def check_condition(condition: str) -> None:
    """Raise ExpressionError for what is no expression over our own columns, which have types, or is not allowed."""
    over(condition, lambda column, _: identifier(column), are_texts=False)


def make_landed(query: Query, rows: str) -> None:
    """Make ``landed`` of SQL whose expressions may fail, each within its own ``try``.

    DuckDB would compute what expressions share only once, outside of ``try``, and one bad row would stop all.
    """
    query("set disabled_optimizers = 'common_subexpressions'")
    try:
        query(f"create or replace temp table landed as {rows}")
    finally:
        query("reset disabled_optimizers")


def over(expression: str, operand: Operand, *, are_texts: bool = True) -> str:
    """The expression as SQL over operands; raises ExpressionError for what is none, and for what is not allowed."""
    operands: dict[str, str] = {}

    def named(column: str, is_number: bool) -> str:
        mark = f"{_MARK}{len(operands)}{_MARK}"
        operands[mark] = operand(column, is_number)
        return mark

    tree = _serialized(expression)
    (statement,) = tree["statements"]
    node = statement["node"]
    if len(node.get("select_list", ())) != 1 or node | {"select_list": []} != _nothing_else() | {"select_list": []}:
        raise ExpressionError("is more than an expression; expected one value made of the columns of a row")
    try:
        if are_texts:
            _check_orders(node["select_list"][0])
        node["select_list"] = [_written(node["select_list"][0], named)]
        sql = _answer("select json_deserialize_sql(?)", json.dumps(tree)).removeprefix("SELECT ")
    except (RecursionError, duckdb.Error) as error:
        raise ExpressionError("is nested too deep") from error
    for mark, own in operands.items():
        sql = sql.replace(f'"{mark}"', f"({own})")
    return sql


def _serialized(expression: str) -> Node:
    if _MARK in expression:
        raise ExpressionError("has a character of private use")
    try:
        tree: Node = json.loads(_answer("select json_serialize_sql(?)", f"select ({expression})"))
    except (RecursionError, duckdb.Error) as error:
        raise ExpressionError("is nested too deep") from error
    if tree["error"]:
        raise ExpressionError(f"is no SQL expression: {tree['error_message']}")
    if len(tree["statements"]) != 1:
        raise ExpressionError("is more than one expression")
    return tree


@cache
def _answer(query: str, parameter: str) -> str:
    """DuckDB's answer of one text, kept: a connection takes longer than parsing, and each load checks again."""
    with duckdb.connect() as con:
        return str(con.execute(query, [parameter]).fetchall()[0][0])


@cache
def _nothing_else() -> Node:
    """The parts of a query that has one value and nothing else."""
    node: Node = _serialized("1")["statements"][0]["node"]
    return node


def _written(node: Node, operand: Operand, *, is_number: bool = False) -> Node:
    """The node over operands; a column in it is a number where ``is_number``."""
    _check(node)
    if node["class"] == "COLUMN_REF":
        return node | {"column_names": [operand(".".join(node["column_names"]), is_number)]}
    below = _calculates(node) or (is_number and node["class"] == "CASE")
    written = dict(node)
    for name, value in node.items():
        if name == "case_checks":
            written[name] = [
                {
                    "when_expr": _written(check["when_expr"], operand),
                    "then_expr": _written(check["then_expr"], operand, is_number=below),
                }
                for check in value
            ]
        elif name == "children":
            written[name] = [_written(child, operand, is_number=below) for child in value]
        elif name in _BELOW:
            written[name] = _written(value, operand, is_number=below)
    return written


def _check(node: Node) -> None:
    kind = node["class"]
    if kind not in _CLASSES or (kind == "OPERATOR" and node["type"] not in _OPERATORS):
        found = (node["type"] if kind == "OPERATOR" else kind).lower().replace("_", " ")
        raise ExpressionError(f"has a {found}; expected columns, values and functions alone")
    if kind == "FUNCTION":
        _check_function(node)
    if kind == "CAST" and node["cast_type"]["id"] not in _TYPES:
        raise ExpressionError(f"casts to another type than {', '.join(_TYPES)}")


def _check_function(node: Node) -> None:
    name = node["function_name"].lower()
    if node["schema"] not in ("", "main") or node["catalog"] or name not in FUNCTIONS:
        raise ExpressionError(f"uses {name}(), which is not allowed; allowed are {', '.join(FUNCTIONS)}")
    plain = not node["filter"] and not node["distinct"] and not node["order_bys"]["orders"]
    if not plain or node["export_state"]:
        raise ExpressionError(f"has more than values in {name}()")


def _check_orders(node: Any) -> None:
    """Refuse every order of texts where numbers may be meant: as texts, 9 is more than 10."""
    if isinstance(node, dict):
        if node.get("type") in _ORDERS or str(node.get("function_name", "")).lower() in ("greatest", "least"):
            _check_order(node)
        node = [*node.values()]
    for below in node if isinstance(node, list) else ():
        _check_orders(below)


def _check_order(node: Node) -> None:
    sides = [node[name] for name in ("left", "right", "input", "lower", "upper") if name in node]
    sides += node.get("children", [])
    number_in_quotes = [side for side in sides if _NUMBER.fullmatch(str(side.get("value", {}).get("value", "")))]
    if any(side["value"]["type"]["id"] == "VARCHAR" for side in number_in_quotes):
        raise ExpressionError("compares with a number in quotes, which is a text; write it without")
    names = [".".join(side["column_names"]) for side in sides if side["class"] == "COLUMN_REF"]
    if len(names) > 1:
        raise ExpressionError(
            f"compares {' and '.join(names)} as texts, where 9 is more than 10; say what they are, such as "
            f"cast({names[0]} as decimal(18, 4))"
        )


def _calculates(node: Node) -> bool:
    """Whether texts right below the node stand for numbers: it calculates with them, or there is a number beside."""
    name = node.get("function_name", "").lower()
    if name in _CALCULATES:
        return True
    beside = [node[name] for name in ("left", "right", "input", "lower", "upper", "else_expr") if name in node]
    beside += [check["then_expr"] for check in node.get("case_checks", ())]
    if node["class"] == "OPERATOR" or name in ("greatest", "least", "nullif"):
        beside += node["children"]
    return any(map(_is_number, beside))


def _is_number(node: Node) -> bool:
    if node["class"] == "CONSTANT":
        return node["value"]["type"]["id"] in _NUMBERS
    if node["class"] == "CAST":
        return node["cast_type"]["id"] in _NUMBERS
    return node["class"] == "FUNCTION" and node["function_name"].lower() in (*_CALCULATES, "length", "strlen")

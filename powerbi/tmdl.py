"""The semantic model as TMDL, Microsoft's text format of it: one object a block, indented by tabs."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator

from powerbi import queries
from powerbi.model import COUNT, DATE_KEY, DATES, UNITS, Column, Measure, Model, Relation, Table

NAMESPACE = uuid.UUID("8a0c6c0e-55f3-5a0e-9d0b-3f6f3a1c2d4e")
COMPATIBILITY = 1601
SORTED_BY = {"month_name": "calendar_month", "day_name": "day_of_week"}  # as they follow, not by letter


def tag(name: str) -> str:
    """The id of an object: the same name has the same id in every version of the project."""
    return str(uuid.uuid5(NAMESPACE, name))


def definition(model: Model) -> dict[str, str]:
    """Every file below ``definition/`` with its text."""
    return {
        "database.tmdl": f"database SalesAnalytics\n\tcompatibilityLevel: {COMPATIBILITY}\n",
        "model.tmdl": _model(model.tables),
        "expressions.tmdl": _blocks(_expressions()),
        "relationships.tmdl": _blocks(_relation(one) for one in model.relations),
        **{f"tables/{table.name}.tmdl": _table(table) for table in model.tables},
    }


def _model(tables: tuple[Table, ...]) -> str:
    order = [*queries.parameters(), *queries.functions(), *(table.name for table in tables)]
    head = (
        "model Model\n\tculture: en-US\n\tdefaultPowerBIDataSourceVersion: powerBI_V3\n"
        "\tdiscourageImplicitMeasures\n\tsourceQueryCulture: en-US"
    )
    queries_in_order = f"annotation PBI_QueryOrder = {json.dumps(order, separators=(',', ':'))}"
    references = "\n".join(f"ref table {table.name}" for table in tables)
    return _blocks([head, "annotation __PBI_TimeIntelligenceEnabled = 0", queries_in_order, references])


def _expressions() -> Iterator[str]:
    for name, (description, text) in queries.parameters().items():
        yield _described(
            description,
            f"expression {name} = {text}\n\tlineageTag: {tag(name)}\n\n\tannotation PBI_ResultType = Text",
        )
    for name, (description, text) in queries.functions().items():
        yield _described(
            description,
            f"expression {name} =\n{_indented(text, 2)}\n\tlineageTag: {tag(name)}\n\n"
            "\tannotation PBI_ResultType = Function",
        )


def _relation(relation: Relation) -> str:
    name = f"{relation.from_table}.{relation.from_column} -> {relation.to_table}.{relation.to_column}"
    both = "\tcrossFilteringBehavior: bothDirections\n\tfromCardinality: one\n" if relation.is_one_to_one else ""
    return (
        f"relationship {tag(name)}\n{both}"
        f"\tfromColumn: {relation.from_table}.{relation.from_column}\n"
        f"\ttoColumn: {relation.to_table}.{relation.to_column}"
    )


def _table(table: Table) -> str:
    head = f"table {table.name}\n\tlineageTag: {tag(table.name)}"
    if table.name == DATES:
        head += "\n\tdataCategory: Time"  # with the key column below: marked as the table of dates
    blocks = [_described(table.description, head)]
    blocks += [_measure(table, measure) for measure in table.measures]
    blocks += [_column(table, column) for column in table.columns]
    source = _indented(queries.partition(table), 4)
    blocks.append(f"\tpartition {table.name} = m\n\t\tmode: import\n\t\tsource =\n{source}")
    return _blocks(blocks)


def _measure(table: Table, measure: Measure) -> str:
    return _described(
        measure.description,
        f"measure {_quoted(measure.name)} = {measure.expression}\n"
        f"\tformatString: {measure.format}\n\tlineageTag: {tag(f'{table.name}.{measure.name}')}",
        1,
    )


def _column(table: Table, column: Column) -> str:
    lines = [f"column {column.name}", f"\tdataType: {column.data_type}"]
    if (table.name, column.name) == (DATES, DATE_KEY):
        lines.append("\tisKey")
    if column.is_hidden:
        lines.append("\tisHidden")
    if form := _format(column):
        lines.append(f"\tformatString: {form}")
    lines += [
        f"\tlineageTag: {tag(f'{table.name}.{column.name}')}",
        "\tsummarizeBy: none",
        f"\tsourceColumn: {column.name}",
    ]
    if table.name == DATES and column.name in SORTED_BY:
        lines.append(f"\tsortByColumn: {SORTED_BY[column.name]}")
    if column.sql_type == "date":
        lines += ["", "\tannotation UnderlyingDateTimeDataType = Date"]
    return _described(column.description, "\n".join(lines), 1)


def _format(column: Column) -> str | None:
    if column.data_type == "dateTime":
        if column.sql_type != "date":
            return "yyyy-mm-dd hh:nn:ss"
        return "mmm yyyy" if "month" in column.name else "yyyy-mm-dd"
    if column.sql_type == UNITS:
        return COUNT
    return {"int64": "0", "decimal": "#,0.00", "double": "0.00"}.get(column.data_type)


def _described(description: str, text: str, depth: int = 0) -> str:
    return _indented(f"/// {description}\n{text}", depth)


def _indented(text: str, depth: int) -> str:
    return "\n".join(f"{chr(9) * depth}{line}" if line else "" for line in text.split("\n"))


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"\w+", name) else "'" + name.replace("'", "''") + "'"


def _blocks(blocks: Iterable[str]) -> str:
    return "\n\n".join(blocks) + "\n"

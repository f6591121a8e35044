"""The semantic model: which tables, columns, relations and measures there are, as dbt's manifest has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import GenericTestNode, Metric, ModelNode, SemanticModel
from dbt_semantic_interfaces.type_enums.entity_type import EntityType

from powerbi import dax

DATES, DATE_KEY = "dim_date", "calendar_date"
# A table of their own: in the table of the column net there could be no measure of that name.
FIGURES = "figures"
SEGMENTS = "mart_customer_segments"  # what dim_customers does not have, one row per customer
MONEY, COUNT, SHARE, NUMBER, DAY = "#,0.00", "#,0.###", "0.0%", "0.00", "yyyy-mm-dd"
UNITS = "decimal(18,3)"
# Power BI's fixed decimal number has four places; a wider one would become a float.
TYPES = {
    r"string": "string",
    r"integer|bigint": "int64",
    r"decimal\(\d+, ?[0-4]\)": "decimal",
    r"double": "double",
    r"date|timestamp": "dateTime",
    r"boolean": "boolean",
}


@dataclass(frozen=True)
class Column:
    """``sql_type`` is what is published, ``data_type`` what Power BI makes of it."""

    name: str
    description: str
    sql_type: str
    data_type: str
    is_hidden: bool


@dataclass(frozen=True)
class Measure:
    """A defined figure; ``name`` is what people read."""

    name: str
    description: str
    expression: str
    format: str


@dataclass(frozen=True)
class Table:
    """A published table with the measures that are made of it."""

    schema: str
    name: str
    description: str
    columns: tuple[Column, ...]
    measures: tuple[Measure, ...] = ()


@dataclass(frozen=True)
class Relation:
    """Filters go from the second column, which is unique, to the first; both ways when the first is unique, too."""

    from_table: str
    from_column: str
    to_table: str
    to_column: str
    is_one_to_one: bool = False


@dataclass(frozen=True)
class Model:
    """What the report can show."""

    tables: tuple[Table, ...]
    relations: tuple[Relation, ...]


# Beside the metrics: how many there are, and ranks, which depend on what else is shown.
OTHER_MEASURES = (
    Measure("Customers", "Customers known, with or without a sale.", f"COUNTROWS ( {SEGMENTS} )", COUNT),
    Measure("Products", "Products known, sold or not.", "COUNTROWS ( dim_products )", COUNT),
    Measure(
        "Customer rank",
        "Place by revenue among the customers shown.",
        # What the row says of the segment must not leave only the customers of that segment to compare with.
        "IF ( HASONEVALUE ( dim_customers[customer_id] ) && NOT ISBLANK ( [Net] ), RANKX ( ALLSELECTED ( "
        f"dim_customers ), CALCULATE ( [Net], ALLSELECTED ( {SEGMENTS} ) ) ) )",
        COUNT,
    ),
    Measure(
        "Product rank",
        "Place by revenue among the products shown.",
        "IF ( HASONEVALUE ( dim_products[product_id] ) && NOT ISBLANK ( [Net] ), RANKX ( ALLSELECTED ( "
        "dim_products ), [Net] ) )",
        COUNT,
    ),
    Measure("Data through", "Day that the sales are complete through.", "MAX ( publication[data_through] )", DAY),
)


def model_of(manifest: Manifest) -> Model:
    """The star around the facts that dbt's semantic models measure; the same manifest gives the same model."""
    semantics = {_table_of(semantic): semantic for semantic in manifest.semantic_models.values()}
    nodes = {node.name: node for node in manifest.nodes.values() if isinstance(node, ModelNode)}
    relations = tuple(
        sorted(_relations(manifest, semantics), key=lambda one: (one.from_table, one.from_column, one.to_table))
    )
    keys = {(one.from_table, one.from_column) for one in relations}
    tables = tuple(_table(nodes[name], keys) for name in sorted({*semantics, DATES, SEGMENTS}))
    figures = Table(
        "",
        FIGURES,
        "The defined figures.",
        (Column("placeholder", "Empty: a table must have a column.", "string", "string", is_hidden=True),),
        (*_measures(manifest, semantics, nodes), *OTHER_MEASURES),
    )
    return Model((*tables, figures), relations)


def _table_of(semantic: SemanticModel) -> str:
    return semantic.refs[0].name


def _table(node: ModelNode, keys: set[tuple[str, str]]) -> Table:
    columns = tuple(
        Column(
            column.name,
            " ".join(column.description.split()),
            str(column.data_type),
            data_type(str(column.data_type)),
            (node.name, column.name) in keys or column.name == "change_number",
        )
        for column in node.columns.values()
    )
    return Table(node.schema, node.name, " ".join(node.description.split()), columns)


def data_type(sql_type: str) -> str:
    """Power BI's type of a published one; raises ValueError for one that it would get wrong."""
    found = next((made for pattern, made in TYPES.items() if re.fullmatch(pattern, sql_type.lower())), None)
    if found is None:
        raise ValueError(f"{sql_type} has no type in Power BI; expected {', '.join(TYPES)}. Cast it in its model.")
    return found


def _relations(manifest: Manifest, semantics: Mapping[str, SemanticModel]) -> Iterator[Relation]:
    """Facts with their dimensions and days; facts among themselves have none, or there would be two ways."""
    dimensions = {
        entity.name: (table, entity.expr or entity.name)
        for table, semantic in semantics.items()
        for entity in semantic.entities
        if entity.type == EntityType.PRIMARY and not semantic.measures
    }
    for table, semantic in semantics.items():
        for entity in semantic.entities:
            if entity.type == EntityType.FOREIGN and entity.name in dimensions:
                yield Relation(table, entity.expr or entity.name, *dimensions[entity.name])
        if semantic.defaults and semantic.defaults.agg_time_dimension:
            yield Relation(table, semantic.defaults.agg_time_dimension, DATES, DATE_KEY)
    for node in manifest.nodes.values():
        if isinstance(node, GenericTestNode) and str(node.attached_node).endswith(f".{SEGMENTS}"):
            for column, parent in node.test_metadata.kwargs.get("references", {}).items():
                yield Relation(SEGMENTS, column, parent["to"].split("'")[1], parent["field"], is_one_to_one=True)


def _measures(
    manifest: Manifest, semantics: Mapping[str, SemanticModel], nodes: Mapping[str, ModelNode]
) -> Iterator[Measure]:
    """Each metric as a measure."""
    metrics = {metric.name: metric for metric in manifest.metrics.values()}
    labels = {name: str(metric.label or name) for name, metric in metrics.items()}
    aggregates = {
        measure.name: (table, measure.agg.value, str(measure.expr or measure.name))
        for table, semantic in semantics.items()
        for measure in semantic.measures
    }

    def form(metric: Metric) -> str:
        """Money, a count, or what one of them by another is."""
        parts = metric.type_params
        if parts.numerator and parts.denominator:
            above, below = form(metrics[parts.numerator.name]), form(metrics[parts.denominator.name])
            return MONEY if above != below else SHARE if above == COUNT else NUMBER
        if not parts.measure:
            return MONEY if metric.config.meta["unit"] == "money" else COUNT
        table, _, expression = aggregates[parts.measure.name]
        amounts = [
            name
            for name, of in nodes[table].columns.items()
            if str(of.data_type).startswith("decimal") and of.data_type != UNITS
        ]
        return MONEY if set(re.findall(r"\w+", expression)) & set(amounts) else COUNT

    for name, metric in sorted(metrics.items()):
        parts = metric.type_params
        if parts.measure:
            expression = dax.aggregate(*aggregates[parts.measure.name])
        elif parts.numerator and parts.denominator:
            expression = dax.ratio(labels[parts.numerator.name], labels[parts.denominator.name])
        else:
            expression = dax.derived(str(parts.expr), labels)
        yield Measure(labels[name], " ".join(metric.description.split()), expression, form(metric))

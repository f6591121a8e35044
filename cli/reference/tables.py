"""docs/reference/tables.md: tables, columns and relations, as dbt knows them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from dbt.artifacts.resources.v1.components import ColumnInfo
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest
from dbt.contracts.graph.nodes import GenericTestNode, ModelNode

from cli.reference.markdown import cell
from pipeline.dbt import PROJECT

PAGE = "tables.md"
PUBLISHED = ("core", "marts")
GRAIN = "One row per "
INTRODUCTION = """# Data model

Made by `make docs` from the models and the yml files beside them; change those, not this page. What the words mean is
in [models](../explanation/models.md), what other projects call these tables in
[other projects' words](../explanation/other-projects.md).

Readers see core and marts. A column whose type ends in `or null` may be null.
"""
METRICS = """## Metrics

Each figure once, as dbt's semantic models in `dbt_project/models/core/metrics.yml` have it. Over days, channels or
products, work out the metric again from its parts: a sum or a mean of ratios or of distinct counts is wrong.
"""


@dataclass(frozen=True)
class Relation:
    """Every value of ``column`` is one of ``parent_column``: a rule of its model holds it, or the join that made it."""

    column: str
    parent: str
    parent_column: str


@dataclass(frozen=True)
class Table:
    """A model with what its rules say of it: the columns that are unique together, and what they refer to."""

    model: ModelNode
    key: tuple[str, ...]
    relations: tuple[Relation, ...]

    @property
    def grain(self) -> str:
        """The description without its first words and its full stop, for a cell of a table."""
        return cell(self.model.description.removeprefix(GRAIN).removesuffix("."))


def page(manifest: Manifest) -> str:
    """The page as text; the same models give the same page, whatever order dbt has read them in."""
    private = {model.schema for model in _models(manifest)} - set(PUBLISHED)
    tables = {layer: list(_tables(manifest, layer)) for layer in (*PUBLISHED, *sorted(private))}
    return "\n".join(
        [
            INTRODUCTION,
            *(line for layer, found in tables.items() for line in (f"## {layer.capitalize()}", "", *_overview(found))),
            "## How core joins",
            "",
            *_diagram(tables["core"]),
            METRICS,
            *_metrics(manifest),
            "## Columns",
            "",
            *(line for layer in PUBLISHED for table in tables[layer] for line in _columns(table)),
        ]
    )


def _models(manifest: Manifest) -> list[ModelNode]:
    models = [node for node in manifest.nodes.values() if isinstance(node, ModelNode)]
    return sorted(models, key=lambda model: (model.original_file_path.rpartition("/")[0], model.name))


def _tables(manifest: Manifest, layer: str) -> Iterator[Table]:
    tests: dict[str | None, list[GenericTestNode]] = {}
    for node in manifest.nodes.values():
        if isinstance(node, GenericTestNode):
            tests.setdefault(node.attached_node, []).append(node)
    for model in (model for model in _models(manifest) if model.schema == layer):
        of_model = tests.get(model.unique_id, [])
        relations = sorted([*_relations(of_model), *_joined(model)], key=lambda relation: relation.column)
        yield Table(model, _key(model, of_model), tuple(relations))


def _key(model: ModelNode, tests: Iterable[GenericTestNode]) -> tuple[str, ...]:
    """The fewest columns that the rules say are unique, among equals those that come first."""
    places = {column: place for place, column in enumerate(model.columns)}
    keys = [(name,) for name, column in model.columns.items() if "unique" in column.meta.get("rules", {})]
    grains = [tuple(test.test_metadata.kwargs["grain"]) for test in tests if "grain" in test.test_metadata.kwargs]
    return min([*keys, *grains], key=lambda key: (len(key), [places[column] for column in key]), default=())


def _relations(tests: Iterable[GenericTestNode]) -> Iterator[Relation]:
    for test in tests:
        for column, parent in test.test_metadata.kwargs.get("references", {}).items():
            yield Relation(column, parent["to"].split("'")[1], parent["field"])


def _joined(model: ModelNode) -> Iterator[Relation]:
    for column in model.columns.values():
        if "joined" in column.meta:
            yield Relation(column.name, *column.meta["joined"].split("."))


def _overview(tables: Iterable[Table]) -> list[str]:
    rows = [f"| {_link(table)} | {table.grain} | {_names(table.key)} |" for table in tables]
    return ["| table | one row per | key |", "|---|---|---|", *rows, ""]


def _link(table: Table) -> str:
    name = table.model.name
    return f"[`{name}`](#{name})" if table.model.schema in PUBLISHED else f"`{name}`"


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f"`{column}`" for column in columns)


def _diagram(tables: list[Table]) -> list[str]:
    """Keys and relations of the tables among themselves; GitHub and most editors draw it."""
    names = {table.model.name for table in tables}
    lines = ["```mermaid", "erDiagram"]
    for table in tables:
        references = {relation.column for relation in table.relations}
        lines.append(f"  {table.model.name} {{")
        for column in table.model.columns.values():
            marks = [mark for mark, marked in (("PK", table.key), ("FK", references)) if column.name in marked]
            if marks:
                lines.append(f"    {column.data_type} {column.name} {', '.join(marks)}")
        lines.append("  }")
    for table in tables:
        for relation in table.relations:
            many = "o|" if table.key == (relation.column,) else "o{"
            if relation.parent in names:
                lines.append(f"  {relation.parent} ||--{many} {table.model.name} : {relation.column}")
    return [*lines, "```", ""]


def _metrics(manifest: Manifest) -> list[str]:
    """Each metric with the expression that dbt's semantic models give it."""
    measures = {
        measure.name: f"{measure.agg.value}({measure.expr or measure.name}) of {semantic.refs[0].name}"
        for semantic in manifest.semantic_models.values()
        for measure in semantic.measures
    }
    rows = []
    for metric in manifest.metrics.values():
        parameters = metric.type_params
        if parameters.measure:
            made = measures[parameters.measure.name]
        elif parameters.numerator and parameters.denominator:
            made = f"{parameters.numerator.name} / {parameters.denominator.name}"
        else:
            made = str(parameters.expr)
        rows.append(f"| `{metric.name}` | {cell(metric.description)} | `{made}` |")
    return ["| metric | what it is | made of |", "|---|---|---|", *sorted(rows), ""]


def _columns(table: Table) -> list[str]:
    parents = {one.column: f" In `{one.parent}.{one.parent_column}`." for one in table.relations}
    return [
        f"### {table.model.name}",
        "",
        f"`{table.model.schema}.{table.model.name}`: {cell(table.model.description)}",
        "",
        "| column | type | what it is |",
        "|---|---|---|",
        *(
            f"| `{column.name}` | {_type(column)} | {cell(column.description)}{parents.get(column.name, '')} |"
            for column in table.model.columns.values()
        ),
        "",
    ]


def _type(column: ColumnInfo) -> str:
    is_required = any(constraint.type == "not_null" for constraint in column.constraints)
    return f"{column.data_type}{'' if is_required else ' or null'}"


def parsed_manifest() -> Manifest:
    """What dbt knows of the project, without a warehouse and without touching its target folder."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", folder]
        outcome = dbtRunner().invoke(["parse", "--quiet", "--log-path", folder, *arguments])
    if outcome.exception is not None:
        raise outcome.exception
    if not isinstance(outcome.result, Manifest):
        raise TypeError(f"dbt parse gave {outcome.result!r}; expected a manifest")
    return outcome.result

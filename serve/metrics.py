"""The metrics of a published version, each as metrics.yml defines it: MetricFlow writes the SQL, the file answers.

The definitions are in the file itself, so that a version and what its figures mean stay together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, lru_cache
from threading import Lock
from typing import Any

import duckdb
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantic_interfaces.implementations.metric import PydanticMetric
from metricflow_semantic_interfaces.type_enums.metric_type import MetricType
from metricflow_semantics.errors.error_classes import InvalidQueryException
from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from serve.tables import OPERATORS, BadRequestError, Filter

PERIODS = ("day", "month", "quarter", "year")  # weeks begin where the shop says, which MetricFlow does not know
_TIME = "metric_time__"
# Digits after the point of a ratio, by its unit.
DIGITS = {"money": Decimal("0.01"), "rate": Decimal("0.0001")}
MOST_ROWS = 10_000


class NoMetricsError(Exception):
    """The published version has no definitions of metrics; the message says how to have them."""

    def __init__(self) -> None:
        super().__init__("this version was published without metrics; expected one of this edition. Next: sales run")


@dataclass(frozen=True)
class Metric:
    """A figure: ``unit`` is money (of the client's currency), count, units or rate."""

    name: str
    label: str
    description: str
    unit: str
    group_by: list[str]


@dataclass(frozen=True)
class Question:
    """Metrics by some of what they can be grouped by, of the days from ``first`` to ``last``, both included."""

    metrics: Sequence[str]
    group_by: Sequence[str] = ()
    first: date | None = None
    last: date | None = None
    filters: Sequence[Filter] = ()
    limit: int = MOST_ROWS


def metrics_of(connection: duckdb.DuckDBPyConnection) -> Metrics:
    """The metrics of the version that is read. Raises NoMetricsError."""
    try:
        found = connection.execute("select definitions from published.main._meta_metrics").fetchall()
    except duckdb.CatalogException:
        found = []
    if not found:
        raise NoMetricsError
    return _metrics(found[0][0])


class Metrics:
    """What can be asked of one set of definitions."""

    def __init__(self, definitions: str) -> None:
        self._manifest = parse_manifest_from_dbt_generated_manifest(definitions)
        self._engine = MetricFlowEngine(SemanticManifestLookup(self._manifest), _Writer())  # type: ignore[arg-type]
        self._one_at_a_time = Lock()  # MetricFlow numbers the parts of a query by a counter of the process

    @cached_property
    def described(self) -> list[Metric]:
        """Every metric, by name."""
        with self._one_at_a_time:
            known = {found.name: [one.dunder_name for one in found.dimensions] for found in self._engine.list_metrics()}
        return [
            Metric(name, metric.label or name, metric.description or "", _unit(metric), _groupings(known[name]))
            for name, metric in sorted(self._by_name.items())
        ]

    def answer(self, connection: duckdb.DuckDBPyConnection, question: Question) -> list[dict[str, Any]]:
        """A row per group, in their order; money and ratios are decimals. Raises BadRequestError.

        A ratio is that of the group's sums, rounded half up, and null where nothing is below the line.
        """
        self._check(question)
        asked = [self._by_name[name] for name in question.metrics]
        needed = dict.fromkeys(part for metric in asked for part in _parts(metric))
        groups = [f"{_TIME}{one}" if one in PERIODS else one for one in question.group_by]
        values = {f"value_{number}": condition.value for number, condition in enumerate(question.filters)}
        values |= {name: day.isoformat() for name, day in (("first", question.first), ("last", question.last)) if day}
        request = MetricFlowQueryRequest.create(
            metric_names=list(needed),
            group_by_names=groups,
            order_by_names=groups,
            where_constraints=_conditions(question),
            limit=question.limit,
        )
        try:
            with self._one_at_a_time:
                sql = self._engine.explain(request).sql_statement.without_descriptions.sql
        except InvalidQueryException as error:
            raise BadRequestError("group_by", f"MetricFlow cannot group so: {error}") from error
        cursor = connection.execute(sql, values or None)
        names = [column[0] for column in cursor.description or ()]
        rows = (dict(zip(names, values, strict=True)) for values in cursor.fetchall())
        return [
            {one: _group(row[group]) for one, group in zip(question.group_by, groups, strict=True)}
            | {metric.name: _value(metric, row) for metric in asked}
            for row in rows
        ]

    @cached_property
    def _by_name(self) -> dict[str, PydanticMetric]:
        return {metric.name: metric for metric in self._manifest.metrics}

    def _check(self, question: Question) -> None:
        described = {metric.name: metric for metric in self.described}
        unknown = [name for name in question.metrics if name not in described]
        if unknown or not question.metrics:
            raise BadRequestError(
                "metrics", f"no metric {', '.join(unknown)!r}; expected some of {', '.join(described)}"
            )
        common = [
            one
            for one in described[question.metrics[0]].group_by
            if all(one in described[name].group_by for name in question.metrics)
        ]
        attributes = [one for one in common if one not in PERIODS]
        for parameter, names, allowed in (
            ("group_by", question.group_by, common),
            ("filter", [condition.column for condition in question.filters], attributes),
        ):
            if wrong := [name for name in names if name not in allowed]:
                raise BadRequestError(
                    parameter,
                    f"{wrong[0]!r} is not known of all of {', '.join(question.metrics)}; expected some of "
                    f"{', '.join(allowed)}",
                )
        for parameter, names in (("metrics", question.metrics), ("group_by", question.group_by)):
            if len({*names}) < len(names):
                raise BadRequestError(parameter, "one is asked for twice; expected each once")


@lru_cache(maxsize=2)
def _metrics(definitions: str) -> Metrics:
    return Metrics(definitions)


class _Writer:
    """What MetricFlow asks of a database that it only writes SQL for."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()


def _unit(metric: PydanticMetric) -> str:
    said: Mapping[str, Any] = metric.config.meta if metric.config else {}
    return str(said["unit"])


def _groupings(dimensions: Sequence[str]) -> list[str]:
    """Time as periods of the metric's own day, which for refunds is that of the refund; then the attributes.

    An order's customer is not named beside the customer: the way through the order comes to the same.
    """
    attributes = sorted(name for name in dimensions if not name.endswith(("_date", "__day")) and name.count("__") == 1)
    return [*PERIODS, *attributes]


def _parts(metric: PydanticMetric) -> tuple[str, ...]:
    """The metrics that SQL adds up: of a ratio what is above and below the line, since SQL divides in floats."""
    above, below = metric.type_params.numerator, metric.type_params.denominator
    if metric.type is MetricType.RATIO and above and below:
        return (above.name, below.name)
    return (metric.name,)


def _group(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value


def _value(metric: PydanticMetric, row: Mapping[str, Any]) -> Any:
    parts = [row[name] for name in _parts(metric)]
    if len(parts) == 1:
        return parts[0]
    above, below = parts
    if above is None or not below:
        return None
    return (Decimal(above) / Decimal(below)).quantize(DIGITS[_unit(metric)], ROUND_HALF_UP)


def _conditions(question: Question) -> list[str]:
    """The filters in MetricFlow's words; values are parameters of the query, and no part of its text."""
    day = "{{ TimeDimension('metric_time', 'day') }}"
    conditions = [
        f"{{{{ Dimension('{one.column}') }}}} {OPERATORS[one.operator]} $value_{number}"
        for number, one in enumerate(question.filters)
    ]
    conditions += [f"{day} >= cast($first as date)"] if question.first else []
    return conditions + ([f"{day} <= cast($last as date)"] if question.last else [])

"""The metrics, worked out from the facts as they are defined, are what the marts say."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from dbt.artifacts.resources.v1.semantic_model import Measure
from dbt.contracts.graph.nodes import Metric, ModelNode, SemanticModel
from dbt_semantic_interfaces.type_enums.metric_type import MetricType

from powerbi.model import model_of
from tests.dbt import dax
from tests.dbt.conftest import CHECKOUT, CLIENT, Warehouse
from tests.dbt.oracle import Oracle
from tests.dbt.shops import hand_made

pytestmark = pytest.mark.xdist_group("dbt metrics")
AGGREGATES = {"sum": "sum({})", "count_distinct": "count(distinct {})"}
# Each metric of the facts with the mart that has it, the mart's column of time, and how fine that is.
IN_MARTS = {
    **dict.fromkeys(
        (
            *("gross", "discount", "net", "refunds", "net_sales", "estimated_profit"),
            *("order_count", "units_sold", "returned_units", "avg_order_value"),
        ),
        ("mart_daily_sales", "calendar_date", "day"),
    ),
    **dict.fromkeys(
        (
            *("goods_cost", "restocked_cost", "shipping_charged", "shipping_cost", "payment_fees", "dispute_losses"),
            *("cm1", "cm2", "cm3"),
        ),
        ("mart_daily_profit", "calendar_date", "day"),
    ),
    "active_customers": ("mart_monthly_churn", "month_start_date", "month"),
    "spend": ("mart_marketing_roas", "month_start_date", "month"),
}
# Ratios that no mart has over all channels and products: numerator and denominator in the mart that has both.
RATIOS = {
    "return_rate": ("mart_daily_sales", "calendar_date", "returned_units", "units_sold"),
    "return_on_ad_spend": ("mart_marketing_roas", "month_start_date", "attributed_revenue", "spend"),
}
# What names the items that a profit is unknown for; the last test has a shop with some.
OF_UNKNOWN = ("costed_profit", "uncosted_item_count", "uncosted_restock_count")
CENT = Decimal("0.01")
Values = dict[date, Decimal]


class Metrics:
    """Every metric of the project, evaluated on a warehouse by the words of its definition."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._metrics = {metric.name: metric for metric in warehouse.manifest.metrics.values()}
        self._measures: dict[str, tuple[SemanticModel, Measure]] = {
            measure.name: (model, measure)
            for model in warehouse.manifest.semantic_models.values()
            for measure in model.measures
        }

    def values(self, name: str, grain: str) -> Values:
        """The metric per day or month; a period without a row of the facts, or with a zero denominator, has none."""
        metric = self._metrics[name]
        parameters = metric.type_params
        if metric.type == MetricType.SIMPLE:
            return self._simple(metric, grain)
        if metric.type == MetricType.RATIO:
            assert parameters.numerator is not None
            assert parameters.denominator is not None
            above, below = (self.values(part.name, grain) for part in (parameters.numerator, parameters.denominator))
            return {period: above.get(period, Decimal(0)) / value for period, value in below.items() if value}
        parts = {part.name: self.values(part.name, grain) for part in parameters.metrics or ()}
        rows = ", ".join(
            f"(date '{period}', {', '.join(f'{of.get(period, 0)}::decimal(18, 2)' for of in parts.values())})"
            for period in set[date]().union(*parts.values())
        )
        found = self._warehouse.rows(
            f"select period, {parameters.expr} as total from (values {rows}) as parts (period, {', '.join(parts)})"
        )
        return {row["period"]: row["total"] for row in found}

    def _simple(self, metric: Metric, grain: str) -> Values:
        assert metric.type_params.measure is not None
        model, measure = self._measures[metric.type_params.measure.name]
        assert model.defaults is not None
        aggregate = AGGREGATES[measure.agg.value].format(measure.expr or measure.name)
        assert model.node_relation is not None
        rows = self._warehouse.rows(
            f"""select cast(date_trunc('{grain}', {model.defaults.agg_time_dimension}) as date) as period,
            {aggregate} as total from {model.node_relation.schema_name}.{model.node_relation.alias} group by all"""
        )
        return {row["period"]: Decimal(row["total"]) for row in rows if row["total"] is not None}


@pytest.fixture(scope="module")
def built(session_warehouse: Warehouse) -> Warehouse:
    session_warehouse.clear()
    session_warehouse.build(hand_made())
    return session_warehouse


def test_the_metrics_are_what_the_marts_say(built: Warehouse) -> None:
    metrics = Metrics(built)
    for name, (table, period, grain) in IN_MARTS.items():
        found = {when: value.quantize(CENT) for when, value in metrics.values(name, grain).items() if value}
        rows = built.rows(f"select {period} as period, sum({name}) as total from marts.{table} group by all")
        assert found == {row["period"]: row["total"] for row in rows if row["total"]}, name
        assert found, name


def test_ratios_are_those_of_sums(built: Warehouse) -> None:
    metrics = Metrics(built)
    for name, (table, period, above, below) in RATIOS.items():
        rows = built.rows(
            f"""select cast(date_trunc('month', {period}) as date) as period,
            sum({above}) as above, sum({below}) as below from marts.{table} group by all"""
        )
        expected = {row["period"]: Decimal(row["above"]) / row["below"] for row in rows if row["below"]}
        assert metrics.values(name, "month") == expected, name
        assert any(expected.values()), name


def test_the_measures_of_power_bi_are_the_metrics(built: Warehouse) -> None:
    """DAX worked out on the rows, month by month, the way that filters go from the table of dates to each fact."""
    metrics = Metrics(built)
    model = model_of(built.manifest)
    measures = {measure.name: measure.expression for table in model.tables for measure in table.measures}
    days = {one.from_table: one.from_column for one in model.relations if one.to_table == "dim_date"}
    facts = {table: built.rows(f"select * from core.{table}") for table in days}
    months = {row[days[table]].replace(day=1) for table, rows in facts.items() for row in rows}
    labels = {metric.name: str(metric.label) for metric in built.manifest.metrics.values()}
    for name, label in labels.items():
        if name in OF_UNKNOWN:
            continue
        found = {}
        for month in months:
            shown = {
                table: [row for row in rows if row[days[table]].replace(day=1) == month]
                for table, rows in facts.items()
            }
            found[month] = dax.evaluate(label, measures, shown)
        expected = {month: value for month, value in metrics.values(name, "month").items() if value}
        assert {month: value for month, value in found.items() if value} == expected, name
        assert expected, name


def test_every_metric_is_compared(session_warehouse: Warehouse) -> None:
    assert {metric.name for metric in session_warehouse.manifest.metrics.values()} == {*IN_MARTS, *RATIOS, *OF_UNKNOWN}


def test_without_a_margin_the_profit_is_unknown(warehouse: Warehouse) -> None:
    shop = hand_made()
    unsaid = CLIENT.analysis.model_copy(update={"default_margin_rate": None})
    shop.client[0]["analysis"] = unsaid.model_dump_json()
    shop.add_order("costed", date(2028, 2, 1), "007", items=[("1", 2, "5", "0")], payments=[("succeeded", "10")])
    shop.order_items[-1]["unit_cost"] = Decimal("1.5")
    warehouse.write(shop)
    warehouse.run("--select", "+mart_daily_sales", "+mart_sales_mix")
    facts = Oracle(shop)
    assert warehouse.rows("select * from marts.mart_daily_sales order by calendar_date") == facts.daily_sales()
    sales = [row for row in facts.transactions if row["is_sale"]]
    uncosted = {row["order_date"] for row in sales if row["cost_amount"] is None}
    assert uncosted
    assert uncosted < {row["order_date"] for row in sales}
    metrics = Metrics(warehouse)
    profits, counts = (metrics.values(name, "day") for name in ("estimated_profit", "uncosted_item_count"))
    assert {day for day, value in counts.items() if value} == uncosted
    assert {day for day, value in profits.items() if value is None} == uncosted
    measures = {one.name: one.expression for table in model_of(warehouse.manifest).tables for one in table.measures}
    for days, is_known in ((uncosted, False), ({*profits} - uncosted, True)):
        rows = [row for row in facts.transactions if row["order_date"] in days]
        found = dax.evaluate("Estimated profit", measures, {"fct_transactions": rows})
        assert (found is not None) is is_known
        of_costed = dax.evaluate("Profit of items with a cost", measures, {"fct_transactions": rows})
        known = [row["estimated_profit"] for row in rows if row["is_sale"] and row["estimated_profit"] is not None]
        assert of_costed == sum(known)


def test_entities_and_dimensions_are_columns(session_warehouse: Warehouse) -> None:
    manifest = session_warehouse.manifest
    for semantic in manifest.semantic_models.values():
        (model,) = (manifest.nodes[node] for node in semantic.depends_on.nodes)
        assert isinstance(model, ModelNode)
        named = {entity.expr or entity.name for entity in semantic.entities}
        named |= {dimension.expr or dimension.name for dimension in semantic.dimensions}
        assert named - model.columns.keys() == set(), semantic.name


def test_exposures_read_what_is_published(session_warehouse: Warehouse) -> None:
    manifest = session_warehouse.manifest
    read = {node for exposure in manifest.exposures.values() for node in exposure.depends_on.nodes}
    assert {manifest.nodes[node].schema for node in read} == {"core", "marts"}


@pytest.mark.parametrize(
    ("name", "folder"), [("sales_dashboard", "serve/dashboard"), ("monthly_report", "serve/report")]
)
def test_an_exposure_names_the_tables_that_the_code_reads(session_warehouse: Warehouse, name: str, folder: str) -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in (CHECKOUT / folder).rglob("*.py"))
    exposure = session_warehouse.manifest.exposures[f"exposure.sales_analytics.{name}"]
    named = {node.rpartition(".")[2] for node in exposure.depends_on.nodes}
    assert named == set(re.findall(r"\b(?:core|marts)\.((?:dim|fct|mart)_\w+)", code))

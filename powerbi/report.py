"""The report as PBIR, Microsoft's format of a folder per page and visual: three pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from powerbi.model import Model

SCHEMAS = "https://developer.microsoft.com/json-schemas/fabric/item/report/definition"
REPORT_SCHEMA = f"{SCHEMAS}/report/2.0.0/schema.json"
PAGES_SCHEMA = f"{SCHEMAS}/pagesMetadata/1.0.0/schema.json"
PAGE_SCHEMA = f"{SCHEMAS}/page/1.4.0/schema.json"
VISUAL_SCHEMA = f"{SCHEMAS}/visualContainer/2.0.0/schema.json"
VERSION_SCHEMA = f"{SCHEMAS}/versionMetadata/1.0.0/schema.json"

WIDTH, HEIGHT, GAP = 1280, 720, 16
Json = dict[str, Any]


@dataclass(frozen=True)
class Visual:
    """One visual: its fields by role, as ``table.column`` or the name of a measure, and its place on a grid.

    The grid has 12 columns and 10 rows; ``sort`` is the measure that the largest come first by.
    """

    name: str
    kind: str
    title: str
    fields: dict[str, tuple[str, ...]]
    column: int
    row: int
    columns: int
    rows: int
    sort: str | None = None


@dataclass(frozen=True)
class Page:
    """A page and what is on it, in the order that the keyboard goes through it."""

    name: str
    title: str
    visuals: tuple[Visual, ...]


def _card(name: str, title: str, measure: str, column: int) -> Visual:
    return Visual(name, "card", title, {"Values": (measure,)}, column, 0, 3, 2)


def _days(page: str) -> Visual:
    return Visual(f"{page}-days", "slicer", "Days", {"Values": ("dim_date.calendar_date",)}, 9, 0, 3, 2)


PAGES = (
    Page(
        "sales-overview",
        "Sales Overview",
        (
            _card("total-revenue", "Total revenue", "Net", 0),
            _card("orders", "Orders", "Orders", 3),
            _card("average-order-value", "Average order value", "Average order value", 6),
            _days("sales"),
            Visual(
                *("revenue-by-month", "lineChart", "Revenue by month"),
                {"Category": ("dim_date.month_start_date",), "Y": ("Net",)},
                *(0, 2, 12, 4),
            ),
            Visual(
                *("revenue-by-category", "clusteredBarChart", "Revenue by category"),
                {"Category": ("fct_transactions.category",), "Y": ("Net",)},
                *(0, 6, 6, 4),
                sort="Net",
            ),
            Visual(
                *("figures-by-month", "tableEx", "Figures by month"),
                {"Values": ("dim_date.month_start_date", "Net", "Refunds", "Net sales", "Orders", "Return rate")},
                *(6, 6, 4, 4),
            ),
            Visual("data-through", "card", "Data through", {"Values": ("Data through",)}, 10, 6, 2, 4),
        ),
    ),
    Page(
        "customer-analysis",
        "Customer Analysis",
        (
            _card("customers", "Customers", "Customers", 0),
            _card("active-customers", "Customers with a sale on these days", "Active customers", 3),
            _card("revenue-of-customers", "Revenue", "Net", 6),
            _days("customer"),
            Visual(
                *("segment-distribution", "clusteredBarChart", "Customers by segment"),
                {"Category": ("mart_customer_segments.rfm_segment",), "Y": ("Customers",)},
                *(0, 2, 4, 4),
                sort="Customers",
            ),
            Visual(
                *("value-tiers", "clusteredColumnChart", "Customers by value tier"),
                {"Category": ("mart_customer_segments.value_tier",), "Y": ("Customers",)},
                *(4, 2, 4, 4),
                sort="Customers",
            ),
            Visual(
                *("customer-status", "donutChart", "Customers by status"),
                {"Category": ("dim_customers.customer_status",), "Y": ("Customers",)},
                *(8, 2, 4, 4),
            ),
            Visual(
                *("top-customers", "tableEx", "Top customers by revenue"),
                {
                    "Values": (
                        *("Customer rank", "dim_customers.customer_id", "dim_customers.country"),
                        *("dim_customers.customer_status", "mart_customer_segments.rfm_segment"),
                        *("Net", "Orders", "Average order value"),
                    )
                },
                *(0, 6, 12, 4),
                sort="Net",
            ),
        ),
    ),
    Page(
        "product-performance",
        "Product Performance",
        (
            _card("units-sold", "Units sold", "Units sold", 0),
            _card("products", "Products", "Products", 3),
            _card("return-rate", "Return rate", "Return rate", 6),
            _days("product"),
            Visual(
                *("product-revenue-by-category", "clusteredBarChart", "Revenue by category"),
                {"Category": ("fct_transactions.category",), "Y": ("Net",)},
                *(0, 2, 6, 4),
                sort="Net",
            ),
            Visual(
                *("performance-tiers", "clusteredColumnChart", "Products by performance tier"),
                {"Category": ("dim_products.performance_tier",), "Y": ("Products",)},
                *(6, 2, 6, 4),
                sort="Products",
            ),
            Visual(
                *("product-rankings", "tableEx", "Products by revenue"),
                {
                    "Values": (
                        *("Product rank", "dim_products.product_id", "dim_products.title", "dim_products.category"),
                        *("dim_products.performance_tier", "Net", "Units sold", "Return rate", "Estimated profit"),
                    )
                },
                *(0, 6, 12, 4),
                sort="Net",
            ),
        ),
    ),
)


def definition(model: Model) -> dict[str, str]:
    """Every file below ``definition/`` with its text; raises KeyError for a measure that the model does not have."""
    homes = {measure.name: table.name for table in model.tables for measure in table.measures}
    files: dict[str, Json] = {
        "version.json": {"$schema": VERSION_SCHEMA, "version": "2.0.0"},
        "report.json": {
            "$schema": REPORT_SCHEMA,
            "themeCollection": {},
            "settings": {
                "useStylableVisualContainerHeader": True,
                "defaultDrillFilterOtherVisuals": True,
                "useEnhancedTooltips": True,
            },
        },
        "pages/pages.json": {
            "$schema": PAGES_SCHEMA,
            "pageOrder": [page.name for page in PAGES],
            "activePageName": PAGES[0].name,
        },
    }
    for page in PAGES:
        files[f"pages/{page.name}/page.json"] = {
            "$schema": PAGE_SCHEMA,
            "name": page.name,
            "displayName": page.title,
            "displayOption": "FitToPage",
            "height": HEIGHT,
            "width": WIDTH,
        }
        files.update(_visuals(page, homes))
    return {path: as_text(content) for path, content in files.items()}


def as_text(content: Json) -> str:
    """JSON as Power BI Desktop indents it."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _visuals(page: Page, homes: dict[str, str]) -> Iterator[tuple[str, Json]]:
    for number, visual in enumerate(page.visuals):
        query: Json = {
            "queryState": {
                role: {"projections": [_projection(field, homes) for field in fields]}
                for role, fields in visual.fields.items()
            }
        }
        if visual.sort:
            order = {"field": _field(visual.sort, homes), "direction": "Descending"}
            query["sortDefinition"] = {"sort": [order], "isDefaultSort": False}
        yield (
            f"pages/{page.name}/visuals/{visual.name}/visual.json",
            {
                "$schema": VISUAL_SCHEMA,
                "name": visual.name,
                "position": _position(visual, number),
                "visual": {
                    "visualType": visual.kind,
                    "query": query,
                    "visualContainerObjects": {
                        "title": [{"properties": {"show": _literal("true"), "text": _literal(f"'{visual.title}'")}}],
                        "general": [{"properties": {"altText": _literal(f"'{visual.title}'")}}],
                    },
                    "drillFilterOtherVisuals": True,
                },
            },
        )


def _position(visual: Visual, number: int) -> Json:
    width, height = (WIDTH - GAP) / 12, (HEIGHT - GAP) / 10
    return {
        "x": round(GAP + visual.column * width),
        "y": round(GAP + visual.row * height),
        "z": number,
        "height": round(visual.rows * height) - GAP,
        "width": round(visual.columns * width) - GAP,
        "tabOrder": number,
    }


def _projection(field: str, homes: dict[str, str]) -> Json:
    kind, expression = next(iter(_field(field, homes).items()))
    entity, name = expression["Expression"]["SourceRef"]["Entity"], expression["Property"]
    projection = {"field": {kind: expression}, "queryRef": f"{entity}.{name}", "nativeQueryRef": name}
    if kind == "Column":
        projection["displayName"] = name.replace("_", " ").capitalize()
    return projection


def _field(field: str, homes: dict[str, str]) -> Json:
    table, _, column = field.partition(".")
    kind, entity, name = ("Column", table, column) if column else ("Measure", homes[field], field)
    return {kind: {"Expression": {"SourceRef": {"Entity": entity}}, "Property": name}}


def _literal(value: str) -> Json:
    return {"expr": {"Literal": {"Value": value}}}

"""docs/reference/tables.md says what the models are, and docs/explanation/other-projects.md names tables that exist."""

from __future__ import annotations

import re

import pytest
from dbt.contracts.graph.nodes import ModelNode

from cli.reference.__main__ import FOLDER
from cli.reference.tables import PAGE, page
from tests.dbt.conftest import Warehouse

pytestmark = pytest.mark.xdist_group("dbt data_model")


def test_the_page_is_what_make_docs_writes(session_warehouse: Warehouse) -> None:
    written = (FOLDER / PAGE).read_text(encoding="utf-8")
    assert written == page(session_warehouse.manifest).rstrip() + "\n", "out of date: run make docs"


def test_the_page_does_not_depend_on_the_order_in_which_dbt_reads(session_warehouse: Warehouse) -> None:
    manifest = session_warehouse.manifest
    turned = manifest.deepcopy()  # type: ignore[no-untyped-call]
    turned.nodes = dict(reversed(list(manifest.nodes.items())))
    turned.metrics = dict(reversed(list(manifest.metrics.items())))
    assert page(turned) == page(manifest)


def test_it_shows_grain_key_types_and_joins(session_warehouse: Warehouse) -> None:
    shown = page(session_warehouse.manifest)
    for line in (
        "| [`fct_orders`](#fct_orders) | order | `order_id` |",
        "| `net` | decimal(18,2) | Gross less discount. |",
        (
            "| `change_number` | bigint or null | Signature of the day that the row was computed from; it changes "
            "with any of the rows that the day is made from. |"
        ),
        "    string order_id PK, FK",
        "  fct_orders ||--o{ fct_transactions : order_id",
        "  dim_customers ||--o{ dim_customers_history : customer_id",
        "| `spend` | What advertising cost. | `sum(spend) of fct_ad_spend` |",
        "| `avg_order_value` | Net by orders. | `net / order_count` |",
        "| `net_sales` | Net less goods paid back. | `net - refunds` |",
    ):
        assert line in shown.splitlines()
    assert re.search(r"^\| `customer_id` \| string \| .* In `dim_customers\.customer_id`\. \|$", shown, re.MULTILINE)


def test_every_table_has_its_section_and_every_published_one_a_key(session_warehouse: Warehouse) -> None:
    shown = page(session_warehouse.manifest)
    linked = set(re.findall(r"\]\(#(\w+)\)", shown))
    assert {"fct_orders", "mart_daily_sales"} <= linked == set(re.findall(r"^### (\w+)$", shown, re.MULTILINE))
    assert re.findall(r"^\| \[`(\w+)`\].*\|  \|$", shown, re.MULTILINE) == []


def test_the_names_of_others_lead_to_tables_that_exist(session_warehouse: Warehouse) -> None:
    tables = {node.name for node in session_warehouse.manifest.nodes.values() if isinstance(node, ModelNode)}
    others = FOLDER.parent / "explanation" / "other-projects.md"
    rows = re.findall(
        r"^\| (`.+`.*) \| (.+) \| .*\|$",
        others.read_text("utf-8"),
        re.MULTILINE,
    )
    ours = [name for _, here in rows for name in re.findall(r"`(\w+)`", here)]
    assert "mart_daily_sales" in ours
    assert [name for name in ours if name not in tables] == []
    theirs = [name for elsewhere, _ in rows for name in elsewhere.split(", ")]
    assert sorted(set(theirs)) == sorted(theirs), "a name leads to two tables"

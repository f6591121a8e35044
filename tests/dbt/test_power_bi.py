"""The Power BI project: current, and every name in it leads somewhere. Only Power BI Desktop knows whether it opens."""

from __future__ import annotations

import json
import os
import re
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import pytest
from jsonschema.validators import validator_for
from referencing import Registry, Resource

from powerbi.generate import FOLDER, NAME, project, write
from powerbi.model import data_type
from tests.dbt.conftest import CHECKOUT, Warehouse

pytestmark = pytest.mark.xdist_group("dbt data_model")
FILES = {
    str(path.relative_to(FOLDER)): path.read_text(encoding="utf-8")
    for path in [FOLDER / f"{NAME}.pbip", *FOLDER.glob(f"{NAME}.*/**/*"), *FOLDER.glob(f"{NAME}.*/.platform")]
    if path.is_file()
}
JSON = {path: json.loads(text) for path, text in FILES.items() if not path.endswith(".tmdl")}
TABLES = {
    Path(path).stem: text for path, text in FILES.items() if path.startswith(f"{NAME}.SemanticModel/definition/tables/")
}
MODEL = {path.rpartition("/")[2]: text for path, text in FILES.items() if path.endswith(".tmdl")}
VISUALS = {path: content for path, content in JSON.items() if path.endswith("visual.json")}
# The roles that each kind of visual has, those that it shows nothing without first.
ROLES = {
    "card": (("Values",), ()),
    "slicer": (("Values",), ()),
    "tableEx": (("Values",), ()),
    "lineChart": (("Category", "Y"), ("Series", "Y2")),
    "clusteredBarChart": (("Category", "Y"), ("Series",)),
    "clusteredColumnChart": (("Category", "Y"), ("Series",)),
    "donutChart": (("Category", "Y"), ("Series",)),
}
SCHEMAS = "https://developer.microsoft.com/json-schemas/"
PARSE = """
const {TaskUtils, DefaultSettings} = require("@microsoft/powerquery-parser");
const texts = JSON.parse(require("fs").readFileSync(0, "utf-8"));
(async () => {
  for (const [name, text] of Object.entries(texts)) {
    const task = await TaskUtils.tryLexParse(DefaultSettings, text);
    if (!TaskUtils.isParseStageOk(task)) console.log(`${name}: ${task.error.message}`);
  }
})();
"""


def columns(table: str) -> dict[str, str]:
    """Types by column."""
    return dict(re.findall(r"^\tcolumn (\w+)\n\t\tdataType: (\w+)$", TABLES[table], re.MULTILINE))


def measures(table: str) -> dict[str, str]:
    """DAX by measure."""
    found = re.findall(r"^\tmeasure ('[^']+'|\w+) = (.+)$", TABLES[table], re.MULTILINE)
    return {name.strip("'"): expression for name, expression in found}


ALL_MEASURES = {name: table for table in TABLES for name in measures(table)}


def fields(content: Any) -> list[tuple[str, str, str]]:
    """Every Column and Measure in a visual, as kind, table and name."""
    if isinstance(content, dict):
        named = [
            (kind, of["Expression"]["SourceRef"]["Entity"], of["Property"])
            for kind, of in content.items()
            if kind in {"Column", "Measure"}
        ]
        return named + [found for part in content.values() for found in fields(part)]
    return [found for part in content for found in fields(part)] if isinstance(content, list) else []


def m_expressions() -> dict[str, str]:
    """Every text of M in the model, as Power Query gets it."""
    named = r"^expression (\w+) =\s(.+?)(?=\n\tlineageTag)"
    found = dict(re.findall(named, MODEL["expressions.tmdl"], re.MULTILINE | re.DOTALL))
    found |= {table: text.partition("\t\tsource =\n")[2] for table, text in TABLES.items()}
    found["by hand"] = (CHECKOUT / "docs" / "how-to" / "power-bi.md").read_text(encoding="utf-8").split("```")[1]
    return {name: textwrap.dedent(text.replace("\t", "    ")).strip() for name, text in found.items()}


def test_the_project_is_what_make_powerbi_writes(session_warehouse: Warehouse, tmp_path: Path) -> None:
    assert project(session_warehouse.manifest) == FILES, "out of date: run make powerbi"
    left = tmp_path / f"{NAME}.SemanticModel/definition/tables/gone.tmdl"
    left.parent.mkdir(parents=True)
    write(session_warehouse.manifest, tmp_path)
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == FILES.keys()


def test_it_does_not_depend_on_the_order_in_which_dbt_reads(session_warehouse: Warehouse) -> None:
    turned = session_warehouse.manifest.deepcopy()  # type: ignore[no-untyped-call]
    for nodes in (turned.nodes, turned.metrics, turned.semantic_models):
        content = list(reversed(list(nodes.items())))
        nodes.clear()
        nodes.update(content)
    assert project(turned) == FILES


def test_every_json_names_its_schema_and_no_file_is_of_another_kind() -> None:
    assert len(JSON) > 25
    assert [path for path, content in JSON.items() if not content["$schema"].startswith(SCHEMAS)] == []
    assert {Path(path).suffix or Path(path).name for path in FILES} == {
        *(".json", ".tmdl", ".pbip", ".pbir", ".pbism", ".platform")
    }


@pytest.mark.needs("power bi schemas")
def test_json_follows_the_schemas_of_microsoft() -> None:
    folder = os.environ["POWER_BI_SCHEMAS"]

    def local(uri: str) -> Resource[Any]:
        return Resource.from_contents(json.loads((Path(folder) / uri.removeprefix(SCHEMAS)).read_text("utf-8")))

    registry: Registry[Any] = Registry(retrieve=local)  # type: ignore[call-arg]
    for path, content in JSON.items():
        schema = {"$schema": "http://json-schema.org/draft-07/schema#", "$ref": content["$schema"]}
        errors = list(validator_for(schema)(schema, registry=registry).iter_errors(content))
        assert errors == [], path


def test_relations_join_columns_of_one_type_and_make_a_star() -> None:
    blocks = re.findall(
        r"^relationship .+?(?=^relationship |\Z)", MODEL["relationships.tmdl"], re.MULTILINE | re.DOTALL
    )
    ends = [re.findall(r"(?:from|to)Column: (\w+)\.(\w+)", block) for block in blocks]
    assert len(ends) >= 10
    for (table, column), (parent, key) in ends:
        assert columns(table)[column] == columns(parent)[key]
        assert parent.startswith("dim_")
    pairs = [(table, parent) for (table, _), (parent, _) in ends]
    assert len(set(pairs)) == len(pairs), "two ways from one table to another"
    facts = [table for table in TABLES if table.startswith("fct_")]
    assert [fact for fact in facts if (fact, "dim_date") not in pairs] == []
    two_ways = [end for end, block in zip(ends, blocks, strict=True) if "bothDirections" in block]
    assert two_ways == [[("mart_customer_segments", "customer_id"), ("dim_customers", "customer_id")]]


def test_one_table_is_marked_as_the_table_of_dates() -> None:
    assert [table for table, text in TABLES.items() if "\n\tdataCategory: Time\n" in text] == ["dim_date"]
    keys = re.findall(r"column (\w+)\n\t\tdataType: (\w+)\n\t\tisKey", "".join(TABLES.values()))
    assert keys == [("calendar_date", "dateTime")]


def test_every_metric_is_a_measure_with_its_description_and_a_format(session_warehouse: Warehouse) -> None:
    for metric in session_warehouse.manifest.metrics.values():
        text = TABLES[ALL_MEASURES[str(metric.label)]]
        assert re.search(
            rf"^\t/// {re.escape(metric.description)}\n\tmeasure '?{metric.label}'? = .+\n\t\tformatString: ",
            text,
            re.M,
        ), metric.name
    assert "measure 'Return rate' = DIVIDE ( [Returned units], [Units sold] )\n\t\tformatString: 0.0%" in "".join(
        TABLES.values()
    )


def test_measures_name_columns_that_exist_and_sum_numbers_alone() -> None:
    numbers = {"decimal", "int64", "double"}
    assert {*ALL_MEASURES.values()} == {"figures"}
    for table in TABLES:
        for expression in measures(table).values():
            for of, column in re.findall(r"(\w+)\[(\w+)\]", expression):
                assert column in columns(of), expression
            for of, column in re.findall(r"SUMX \( .*, (\w+)\[(\w+)\] \)$", expression):
                assert columns(of)[column] in numbers, expression
            for name in re.findall(r"(?<!\w)\[([^]]+)\]", expression):
                assert name in ALL_MEASURES, expression
            for of in re.findall(r"(?:FILTER|COUNTROWS|ALLSELECTED) \( (\w+)", expression):
                assert of in TABLES, expression
            assert expression.count("(") == expression.count(")")


def test_no_measure_has_the_name_of_a_column_of_its_table() -> None:
    for table in TABLES:
        assert {name.lower() for name in measures(table)} & {name.lower() for name in columns(table)} == set(), table


def test_visuals_show_fields_that_exist_in_roles_that_their_kind_has() -> None:
    assert len(VISUALS) > 20
    for path, content in VISUALS.items():
        visual = content["visual"]
        required, allowed = ROLES[visual["visualType"]]
        roles = visual["query"]["queryState"].keys()
        assert set(required) <= roles <= {*required, *allowed}, path
        shown = fields(visual)
        assert shown, path
        for kind, table, name in shown:
            assert name in (measures(table) if kind == "Measure" else columns(table)), path
        if visual["visualType"] != "slicer":
            assert "Measure" in {kind for kind, *_ in shown}, path


def test_a_page_has_its_visuals_beside_each_other_and_on_the_page() -> None:
    pages = {path: content for path, content in JSON.items() if path.endswith("page.json")}
    order = JSON[f"{NAME}.Report/definition/pages/pages.json"]["pageOrder"]
    assert sorted(order) == sorted(Path(path).parent.name for path in pages)
    assert [pages[f"{NAME}.Report/definition/pages/{name}/page.json"]["displayName"] for name in order] == [
        *("Sales Overview", "Customer Analysis", "Product Performance")
    ]
    for path, page in pages.items():
        assert page["name"] == Path(path).parent.name
        places = []
        for of, visual in VISUALS.items():
            if of.startswith(path.removesuffix("page.json")):
                assert visual["name"] == Path(of).parent.name
                at = visual["position"]
                places.append((at["x"], at["y"], at["x"] + at["width"], at["y"] + at["height"]))
        assert max(right for *_, right, _ in places) <= page["width"]
        assert max(bottom for *_, bottom in places) <= page["height"]
        for number, (left, top, right, bottom) in enumerate(places):
            for other in places[:number]:
                assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top, path


def test_ids_are_given_once() -> None:
    tags = re.findall(r"lineageTag: (\S+)|^relationship (\S+)", "\n".join(MODEL.values()), re.MULTILINE)
    ids = [one or other for one, other in tags]
    ids += [content["config"]["logicalId"] for path, content in JSON.items() if path.endswith(".platform")]
    assert len(ids) > 100
    assert len(set(ids)) == len(ids)


def test_a_type_that_power_bi_gets_wrong_is_refused() -> None:
    assert data_type("DECIMAL(18,2)") == "decimal"
    with pytest.raises(ValueError, match=r"decimal\(18,6\) has no type in Power BI; .* Cast it in its model"):
        data_type("decimal(18,6)")


@pytest.mark.needs("power query parser")
def test_m_is_of_all_tables_and_parses() -> None:
    expressions = m_expressions()
    assert expressions.keys() == {
        *TABLES,
        *("SourceKind", "ExportsFolder", "DatabaseFile", "ReadManifest", "ReadTable", "by hand"),
    }
    found = subprocess.run(
        ["node", "-e", PARSE], input=json.dumps(expressions), capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout) == (0, "")

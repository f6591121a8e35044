"""What Cosmos draws the DAGs from: dbt's manifest, in which each test belongs to the one model that reports it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

MANIFEST = Path(__file__).resolve().parents[2] / "dbt_project" / "target" / "manifest.json"
DRAWN = MANIFEST.with_name("drawn.json")
KEPT = ("resource_type", "name", "package_name", "original_file_path", "fqn", "tags", "config")


def write_drawn() -> None:
    """Write DRAWN: the models and tests of the manifest, a test of several models with the one that is built last.

    As dbt has it, such a test would be a task of its own, a third of all tests' tasks, or turn all its models red.
    ``compared_with`` has the other models, whose own test tasks do not run it when they are cleared.
    """
    nodes = json.loads(MANIFEST.read_text(encoding="utf-8"))["nodes"]
    models = {name for name, node in nodes.items() if node["resource_type"] == "model"}
    built = {name for name in models if nodes[name]["config"]["materialized"] != "ephemeral"}
    order = {name: place for place, name in enumerate(_in_order(_built_after(nodes)))}
    drawn: dict[str, Any] = {}
    elsewhere: dict[str, list[str]] = defaultdict(list)
    for name, node in nodes.items():
        if node["resource_type"] in ("model", "test"):
            drawn[name] = {key: node[key] for key in KEPT} | {"depends_on": node["depends_on"]}
        if node["resource_type"] == "test":
            compared = sorted(built & {*node["depends_on"]["nodes"]}, key=lambda model: order[model])
            drawn[name] |= {"depends_on": {"nodes": compared[-1:]}, "compared_with": compared[:-1]}
            for model in compared[:-1]:
                elsewhere[model].append(node["name"])
    for node in drawn.values():
        (reporter,) = node["depends_on"]["nodes"] if node["resource_type"] == "test" else ("",)
        if reporter in elsewhere:
            meta = {"cosmos": {"operator_kwargs": {"exclude": " ".join(elsewhere[reporter])}}}
            node["config"] |= {"meta": node["config"].get("meta", {}) | meta}
    DRAWN.write_text(json.dumps({"metadata": {"project_name": "sales_analytics"}, "nodes": drawn}), encoding="utf-8")


def _in_order(built_after: Mapping[str, Collection[str]]) -> Iterator[str]:
    """Every model after those that it follows; of models that may come at once, the same one first every time."""
    sorter = TopologicalSorter(built_after)
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        yield from ready
        sorter.done(*ready)


def _built_after(nodes: Mapping[str, Any]) -> dict[str, set[str]]:
    """What each model follows: the models that it reads, and those that its own tests compare it with.

    Of two models that do not read each other, the one that declares the test follows.
    """
    after = {name: {*node["depends_on"]["nodes"]} for name, node in nodes.items() if node["resource_type"] == "model"}
    for node in nodes.values():
        if model := node.get("attached_node"):
            others = {*node["depends_on"]["nodes"]} - {model}
            after[model] |= {other for other in others if model not in _ancestors(other, after)}
    return after


def _ancestors(node: str, parents: Mapping[str, Collection[str]]) -> set[str]:
    found: set[str] = set()
    ahead = [node]
    while ahead:
        new = set(parents.get(ahead.pop(), [])) - found
        found |= new
        ahead += new
    return found


if __name__ == "__main__":
    write_drawn()

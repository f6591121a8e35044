"""``python -m powerbi.generate`` writes the Power BI project of the published tables, from dbt's models and metrics."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

from dbt.contracts.graph.manifest import Manifest

from cli.reference.tables import parsed_manifest
from contracts.environment import CHECKOUT
from powerbi import queries, report, tmdl
from powerbi.model import model_of

FOLDER = CHECKOUT / "powerbi"
NAME = "SalesAnalytics"
FABRIC = "https://developer.microsoft.com/json-schemas/fabric"


def project(manifest: Manifest) -> dict[str, str]:
    """Every file of the project by its path below ``powerbi/``; the same manifest gives the same text."""
    model = model_of(manifest)
    complete = replace(model, tables=(*model.tables, queries.PUBLICATION))
    return {
        f"{NAME}.pbip": report.as_text(
            {
                "$schema": f"{FABRIC}/pbip/pbipProperties/1.0.0/schema.json",
                "version": "1.0",
                "artifacts": [{"report": {"path": f"{NAME}.Report"}}],
                "settings": {"enableAutoRecovery": True},
            }
        ),
        f"{NAME}.SemanticModel/.platform": _platform("SemanticModel"),
        f"{NAME}.SemanticModel/definition.pbism": report.as_text(
            {
                "$schema": f"{FABRIC}/item/semanticModel/definitionProperties/1.0.0/schema.json",
                "version": "4.0",
                "settings": {},
            }
        ),
        f"{NAME}.Report/.platform": _platform("Report"),
        f"{NAME}.Report/definition.pbir": report.as_text(
            {
                "$schema": f"{FABRIC}/item/report/definitionProperties/2.0.0/schema.json",
                "version": "4.0",
                "datasetReference": {"byPath": {"path": f"../{NAME}.SemanticModel"}},
            }
        ),
        **{f"{NAME}.SemanticModel/definition/{path}": text for path, text in tmdl.definition(complete).items()},
        **{f"{NAME}.Report/definition/{path}": text for path, text in report.definition(complete).items()},
    }


def _platform(kind: str) -> str:
    return report.as_text(
        {
            "$schema": f"{FABRIC}/gitIntegration/platformProperties/2.0.0/schema.json",
            "metadata": {"type": kind, "displayName": "Sales Analytics"},
            "config": {"version": "2.0", "logicalId": tmdl.tag(kind)},
        }
    )


def write(manifest: Manifest, folder: Path) -> None:
    """Write the project; files of a table or visual that is gone go too."""
    for part in (f"{NAME}.SemanticModel", f"{NAME}.Report"):
        shutil.rmtree(folder / part, ignore_errors=True)
    for path, text in project(manifest).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(parsed_manifest(), FOLDER)
    sys.stdout.write(f"{FOLDER / NAME}.pbip is written\n")

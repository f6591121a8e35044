"""docs/reference/datasets.md: what each dataset takes, from contracts/datasets."""

from __future__ import annotations

from cli.reference.markdown import cell
from contracts.dataset import Column
from contracts.datasets import DATASETS

PAGE = "datasets.md"
INTRODUCTION = """# Datasets

Made by `make docs` from `contracts/datasets/`; change those, not this page. What a source may deliver, by our names of
the columns: `columns:` of a client file maps theirs to these. A column with a default, or that is not required, may be
left out; [loading](loading.md) says which texts become which values.
"""


def page() -> str:
    """The page as text."""
    lines = [INTRODUCTION]
    for name, dataset in DATASETS.items():
        key = ", ".join(f"`{column}`" for column in dataset.key)
        lines += [f"## `{name}`", "", dataset.description + (f" Key: {key}." if key else ""), ""]
        lines += ["| column | what it says | type | |", "|---|---|---|---|", *map(_line, dataset.columns), ""]
    return "\n".join(lines)


def _line(column: Column) -> str:
    values = f"; {', '.join(f'`{value}`' for value in column.allowed)}" if column.allowed else ""
    default = (
        f"default `{column.default_if_unmapped}`"
        if column.default_if_unmapped
        else "required"
        if column.is_required
        else ""
    )
    return f"| `{column.name}` | {cell(column.description)} | {column.kind.sql_type}{values} | {default} |"

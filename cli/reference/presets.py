"""docs/reference/presets.md: which exports are known, and which of their columns each preset uses, from its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cli.reference.markdown import cell
from contracts.presets import OURS, Preset, presets

PAGE = "presets.md"
INTRODUCTION = """# Presets

Made by `make docs` from `clients/presets/`; change those, not this page. A preset is a source block for a file that a
shop system exports, in the client file's own words; all but its path:

```yaml
sources:
  order_lines: {preset: shopify_orders, path: ../data/files/orders_export*.csv}
```

What the block says beside `preset` counts before it. Of `columns`, `constants` and `values` each name counts for
itself, and `null` takes one away: `columns: {customer_id: null}`. A file of the same name in the folder `presets`
beside your client files stands for the program's own: copy one and change it there. `sales new` knows a file by the
columns of its header, which are all there.
"""


def page() -> str:
    """The page as text."""
    lines = [INTRODUCTION]
    for name, preset in presets(OURS).items():
        lines += [f"## `{name}`", "", f"{preset.name}.", *_of(preset), ""]
    return "\n".join(lines)


def _of(preset: Preset) -> Iterator[str]:
    if preset.header:
        yield f"Its header has {', '.join(f'`{column}`' for column in preset.header)}."
    if preset.client:
        said = ", ".join(f"`{setting}: {value}`" for setting, value in preset.client.items())
        yield f"The client file says {said} for it."
    for dataset, block in preset.sources.items():
        yield ""
        yield from _block(dataset, block, preset.asks.get(dataset))


def _block(dataset: str, block: Mapping[str, Any], asked: str | None) -> Iterator[str]:
    if asked:
        yield f"`{dataset}` only where you want them. {asked}"
        yield ""
    yield f"| `{dataset}` | from |"
    yield "|---|---|"
    yield from _columns(block)
    if "also" in block:
        yield f"| **more rows** | of `{block['also'].get('object', block['object'])}` |"
        yield from _columns(block["also"])


def _columns(block: Mapping[str, Any]) -> Iterator[str]:
    for ours, theirs in block["columns"].items():
        yield f"| `{ours}` | `{cell(theirs['sql'] if isinstance(theirs, Mapping) else theirs)}` |"
    for ours, value in block.get("constants", {}).items():
        yield f"| `{ours}` | always `{value}` |"
    if "sums" in block:
        for name, amount in block["sums"]["amounts"].items():
            yield f"| `{name}` | the sum of `{amount['sum']}` where `{cell(amount['when'])}` |"
        yield f"| rows | one for each {', '.join(f'`{column}`' for column in block['sums']['by'])} |"
    if "where" in block:
        yield f"| rows | where `{cell(block['where'])}` |"

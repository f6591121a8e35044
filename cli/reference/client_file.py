"""docs/reference/client-file.md: every setting of a client file, from the models that read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from cli.reference.markdown import cell
from contracts.block import Block
from contracts.client_file import Client
from contracts.source import kinds

PAGE = "client-file.md"
INTRODUCTION = """# The client file

Made by `make docs` from the models that read it; change those, not this page. One file a shop, `clients/<client>.yml`.
`${NAME}` stands for an environment variable, where a secret, a path or an address belongs: one that begins with `SHOP`
or with the client's name (`CORNER_SHOP_...`), or that `SALES_CLIENT_VARIABLES` names. `sales` refuses a file with a
setting that does not exist or cannot be, and names all findings at once. How each kind of source behaves is in
[sources](sources.md), which texts become which values in [loading](loading.md).
"""
Schema = Mapping[str, Any]


def page() -> str:
    """The page as text."""
    lines = [INTRODUCTION]
    models: dict[str, type[Block]] = {"The file": Client, **{f"`kind: {kind}`": of for kind, of in kinds().items()}}
    for title, model in models.items():
        schema = model.model_json_schema()
        lines += [f"## {title}", "", *_section(schema)]
        for name, part in _parts(schema):
            lines += [f"### `{name}`", "", *_section(part)]
    return "\n".join(lines)


def _section(schema: Schema) -> list[str]:
    required = schema.get("required", ())
    settings = {name: setting for name, setting in schema["properties"].items() if name != "kind"}
    text = [schema["description"].split("\n\n")[0].replace("``", "`").replace("\n", " "), ""]
    if not settings:
        return text
    return [
        *text,
        "| setting | what it says | value | default |",
        "|---|---|---|---|",
        *(
            f"| `{name}` | {cell(setting.get('description', ''))} | {_value(setting)} | "
            f"{'required' if name in required else _default(setting)} |"
            for name, setting in settings.items()
        ),
        "",
    ]


def _parts(schema: Schema, block: Schema | None = None, seen: set[str] | None = None) -> Iterator[tuple[str, Schema]]:
    """The blocks within a block, and those within these, by the name of the setting that holds them."""
    seen = set() if seen is None else seen
    for name, setting in (block or schema)["properties"].items():
        several = setting.get("additionalProperties", {})
        forms = [setting, setting.get("items", {}), *setting.get("anyOf", ())]
        forms += several.get("anyOf", ()) if isinstance(several, dict) else ()
        for part in filter(None, map(_referred, forms)):
            if part in seen:
                continue
            seen.add(part)
            of_part = schema["$defs"][part]
            first = next(iter(of_part["properties"]))
            yield f"{name}: {{{first}: ...}}" if several else name, of_part
            yield from _parts(schema, of_part, seen)


def _referred(setting: Schema) -> str:
    return str(setting.get("$ref", "")).rpartition("/")[2]


def _value(setting: Schema) -> str:
    if "enum" in setting or "const" in setting:
        return cell(", ".join(f"`{value}`" for value in setting.get("enum", [setting.get("const")])))
    if "anyOf" in setting:  # a decimal is also accepted as text, a missing value as null
        blocks = " or block" if any(map(_referred, setting["anyOf"][1:])) else ""
        return _value(setting["anyOf"][0]) + blocks
    if setting.get("type") == "array":
        return f"list of {_value(setting.get('items') or setting['prefixItems'][0])}"
    if setting.get("type") == "object":
        return f"names with {_value(setting['additionalProperties'])}" if "additionalProperties" in setting else "names"
    if "$ref" in setting or "oneOf" in setting:
        return "block"
    limits = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below"}
    said = "".join(f" {word} {setting[name]:g}" for name, word in limits.items() if name in setting)
    return f"{setting.get('format', setting.get('type', ''))}{said}"


def _default(setting: Schema) -> str:
    default = setting.get("default")
    if default in (None, [], {}) or _referred(setting):
        return ""
    return cell(f"`{default if isinstance(default, str) else json.dumps(default)}`")

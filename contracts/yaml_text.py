"""YAML as people mean it: a name that comes twice in one block is refused, as YAML itself would drop one in silence."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, which takes the last of two settings of one name."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping; raises ConstructorError for a name that comes twice."""
        lines: dict[Any, int] = {}
        for key, _ in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            line = key.start_mark.line + 1
            if name is None or name not in lines:
                lines[name] = line
            else:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{name}: is said twice, in line {lines[name]} and in line {line}; say it once"
                )
        return super().construct_mapping(node, deep)


def read_yaml(text: str) -> Any:
    """The value; raises yaml.YAMLError for what is no YAML and for a name that comes twice in one block."""
    return yaml.load(text, _Loader)  # noqa: S506 a safe loader

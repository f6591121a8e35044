"""Presets: source blocks for files that shop systems export, in the client file's own words, known by their header."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from contracts.block import Block
from contracts.datasets import DATASETS
from contracts.source import kinds
from contracts.yaml_text import read_yaml

OURS = Path(__file__).parent.parent / "clients" / "presets"
# Settings of which a source block says some itself, beside those of its preset.
_BY_NAME = ("columns", "constants", "values")


class PresetError(Exception):
    """A source block names a preset that there is not, or a preset is wrong; the message goes on after the block."""


class Preset(Block):
    """One export of one shop system."""

    name: str
    """What people call it."""
    header: tuple[str, ...] = ()
    """Columns that it always has, and no other export has all of; none where the shop system itself is read."""
    sources: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)
    """Dataset: what its source block says, but for the path."""
    client: Mapping[str, Any] = Field(default_factory=dict)
    """What the client file says for it beside its sources."""
    asks: Mapping[str, str] = Field(default_factory=dict)
    """Dataset that a person has to want: why."""

    @model_validator(mode="after")
    def _is_of_something(self) -> Self:
        if not self.header and not self.sources:
            raise ValueError("expected header:, the columns that such a file has, or sources: of a whole shop")
        return self


def presets(folder: Path) -> dict[str, Preset]:
    """Every preset by its name: those of the program, and those beside the client files, which come first."""
    return {name: _read(path) for name, path in _files(folder).items()}


def recognised(header: Collection[str], known: Mapping[str, Preset]) -> str | None:
    """The preset that all columns of its header are there for; of several the one that asks for most."""
    fitting = [name for name, preset in known.items() if preset.header and {*preset.header} <= {*header}]
    return max(fitting, key=lambda name: len(known[name].header), default=None)


def with_preset(dataset: str, block: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """The block with what its preset says where it says nothing itself; as it is without one."""
    name = block.get("preset")
    if name is None:
        return block
    known = _files(folder)
    if str(name) not in known:
        raise PresetError(f"names the preset {name!r}; expected one of {', '.join(known)}")
    preset = _read(known[str(name)])
    if dataset not in preset.sources:
        raise PresetError(f"names the preset {name}, which has {', '.join(preset.sources)} and no {dataset}")
    said = preset.sources[dataset]
    merged = {**said, **block}
    for setting in _BY_NAME:
        if isinstance(said.get(setting), Mapping) and isinstance(block.get(setting), Mapping):
            both = {**said[setting], **block[setting]}
            merged[setting] = {ours: theirs for ours, theirs in both.items() if theirs is not None}
    return merged


def by_dataset(sources: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The source blocks with one for each dataset of a whole shop, for which a block under another name stands.

    A block of a dataset beside it says what is different there, or is a source of its own kind; null leaves it out.
    Raises PresetError.
    """
    blocks: dict[str, Any] = {}
    left_out: set[str] = set()
    first = ""
    for name, shop in sources.items():
        kind = kinds().get(str(shop.get("kind"))) if isinstance(shop, Mapping) else None
        if name in DATASETS or kind is None or kind.whole_shop is None:
            blocks.setdefault(name, shop)
            continue
        if first:
            raise PresetError(
                f"\n  - sources.{name} and sources.{first} are whole shops; expected one in a client file"
            )
        first = name
        if named := sorted({*shop} & {"columns", "constants", "values", "records", "where", "also", "object"}):
            raise PresetError(
                f"\n  - sources.{name} says {', '.join(named)}, which belong to one dataset; say them in a block of "
                "its own, such as sources.orders"
            )
        preset = str(shop.get("preset", kind.whole_shop))
        known = _files(folder)
        if preset not in known:
            raise PresetError(f"\n  - sources.{name} names the preset {preset!r}; expected one of {', '.join(known)}")
        for dataset in _read(known[preset]).sources:
            own = sources.get(dataset, {})
            if own is None:
                left_out.add(dataset)
            if isinstance(own, Mapping) and own.get("kind", shop["kind"]) == shop["kind"]:
                blocks[dataset] = {**shop, "preset": preset, **own}
    return {name: block for name, block in blocks.items() if name not in left_out}


def _files(folder: Path) -> dict[str, Path]:
    return {path.stem: path for place in (OURS, folder / "presets") for path in sorted(place.glob("*.yml"))}


def _read(path: Path) -> Preset:
    return _preset(path, path.read_text(encoding="utf-8"))


@cache
def _preset(path: Path, text: str) -> Preset:
    try:
        return Preset.model_validate(read_yaml(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise PresetError(f"cannot use the preset {path}: {error}") from error

"""The generated reference pages say what the program takes."""

import pytest
from pydantic import BaseModel

from cli.reference import client_file, commands, datasets, presets
from cli.reference.__main__ import FOLDER
from contracts.client_file import Ceilings, Client, Exports
from contracts.demo import Demo
from contracts.layout import LineRule, ProductRule
from contracts.source import kinds

BLOCKS = (Client, Demo, Ceilings, Exports, LineRule, ProductRule, *kinds().values())


@pytest.mark.parametrize("module", [client_file, commands, datasets, presets], ids=lambda module: module.PAGE)
def test_the_page_is_what_make_docs_writes(module: object) -> None:
    written = (FOLDER / module.PAGE).read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert written == module.page().rstrip() + "\n", "out of date: run make docs"  # type: ignore[attr-defined]


@pytest.mark.parametrize("block", BLOCKS)
def test_every_setting_is_described_and_on_the_page(block: type[BaseModel]) -> None:
    page = client_file.page()
    settings = {name: field.description for name, field in block.model_fields.items() if name != "kind"}
    assert [name for name, description in settings.items() if not description] == []
    assert [name for name in settings if f"| `{name}` | " not in page] == []

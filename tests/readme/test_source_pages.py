"""What the pages about databases and APIs have one type gives what they show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from contracts.client_file import Client
from extract.sources.files import FileSource
from tests.readme.typed import typed

PAGES = Path(__file__).parents[2] / "docs" / "how-to"


@pytest.mark.parametrize("name", ["sql", "rest"])
def test_the_small_shop_gives_the_rows_of_the_page(tmp_path: Path, name: str) -> None:
    page = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    (tmp_path / "clients").mkdir()
    said = typed("".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL)), tmp_path)
    assert said.rstrip().endswith(re.findall(r"```text\n(.*?)\n```", page, re.DOTALL)[-1])


@pytest.mark.parametrize("name", ["sql", "rest"])
def test_the_example_is_a_source(name: str) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", (PAGES / f"{name}.md").read_text(encoding="utf-8"), re.DOTALL)
    sources = {"orders": {"kind": "demo"}, **yaml.safe_load(example)}
    fields = {"client": "shop", "name": "Shop", "currency": "EUR", "time_zone": "UTC", "sources": sources}
    assert Client.model_validate(fields).sources["order_items"].full_batch == 10_000


def test_the_example_of_files_on_a_server_is_a_source() -> None:
    page = (PAGES / "files-on-servers.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    fields = {
        "client": "shop",
        "name": "Shop",
        "currency": "EUR",
        "time_zone": "UTC",
        "sources": yaml.safe_load(example),
    }
    source = Client.model_validate(fields).sources["orders"]
    assert isinstance(source, FileSource)
    assert source.is_remote

"""Every example of the page on mapping, loaded and verified."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from typing import Any

import pytest
import yaml

from contracts.environment import CHECKOUT
from tests.load.conftest import Make

PAGE = (CHECKOUT / "docs" / "how-to" / "mapping.md").read_text(encoding="utf-8")
SECTIONS = {section.partition("\n")[0]: section for section in PAGE.split("\n## ")[1:]}
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def as_text(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


@pytest.mark.parametrize("title", SECTIONS)
def test_an_example_becomes_the_rows_below_it(make_shop: Make, title: str) -> None:
    blocks = FENCE.findall(SECTIONS[title])
    files = [text for kind, text in blocks if kind in ("csv", "json", "txt")]
    (sources,) = (yaml.safe_load(text) for kind, text in blocks if kind == "yaml")
    (rows,) = (list(csv.reader(text.splitlines())) for kind, text in blocks if kind == "text")
    shop = make_shop(sources)
    for dataset, text in zip(sources, files, strict=True):
        source = shop.client.sources[dataset]
        lines = len(text.splitlines())
        assert source.layout
        count = {"csv": lines - 1, "json": 1, "fixed_width": lines}[source.layout.format]
        shop.land(dataset, text, file=f"{dataset}.txt", count=count)
    shop.load()
    shop.verify()
    found = shop.rows(f"select {', '.join(rows[0])} from raw.{next(iter(sources))} order by _line")
    assert [[as_text(value) for value in row] for row in found] == rows[1:]


def test_the_page_has_an_example_of_each_primitive() -> None:
    settings = ("where:", "{sql:", "records:", "fill_down:", "unpivot:", "split:", "fields:", "sums:", "look_up:")
    assert [
        one for one in settings if not any(one in text for kind, text in FENCE.findall(PAGE) if kind == "yaml")
    ] == []

"""The documentation holds together: every link and every page that something names is there."""

import re
from pathlib import Path

import pytest

from tests.conventions.test_repository import ROOT, TEXT

PAGES = [path for path in TEXT if path.suffix == ".md"]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def anchors(page: str) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(text: str, folder: str) -> list[str]:
    dead = []
    for link in LINK.findall(text):
        path, _, anchor = link.partition("#")
        if re.match(r"\w+:", link):
            continue
        target = (ROOT / folder / path).resolve()
        if not target.exists() or (path and anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            dead.append(link)
    return dead


def test_a_dead_link_is_found() -> None:
    assert dead_links("[a](no-page.md) [b](README.md#no-heading) [c](README.md#start)", ".") == [
        "no-page.md",
        "README.md#no-heading",
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    folder = str(page.parent.relative_to(ROOT))
    links = dead_links(page.read_text(encoding="utf-8"), folder)
    own = anchors(page.read_text(encoding="utf-8"))
    assert links == []
    assert {link[1:] for link in LINK.findall(page.read_text(encoding="utf-8")) if link.startswith("#")} <= own


def test_every_page_that_code_names_is_there() -> None:
    named = {
        (str(path.relative_to(ROOT)), name)
        for path in TEXT
        if path.name != "CHANGELOG.md"
        for name in re.findall(r"\bdocs/[\w./-]+\.md\b", path.read_text(encoding="utf-8"))
    }
    assert len(named) > 10
    assert [(file, name) for file, name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    linked = {(ROOT / "docs" / link).resolve() for link in LINK.findall(index)}
    assert [path for path in PAGES if path.is_relative_to(ROOT / "docs") and path not in linked] == [
        ROOT / "docs" / "README.md"
    ]

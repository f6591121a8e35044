"""A file that is made to break its reader is refused in a sentence, in bounded time and memory."""

from __future__ import annotations

import gzip
import resource
from pathlib import Path

import pytest

from contracts.data_file import FormatError, data_file
from contracts.layout import Layout

DEEP = "[" * 10_000 + "]" * 10_000


def layout(form: str, **more: str) -> Layout:
    return Layout.model_validate({"format": form, "columns": {"product_id": "id"}, **more})


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (f'[{{"id": "1"}}, {{"id": "2", "x": {DEEP}}}]', {}),
        (f'{{"orders": [{{"id": "1", "x": {DEEP}}}]}}', {"records": "orders"}),
        (DEEP, {}),
    ],
    ids=["list", "body", "nothing else"],
)
def test_json_that_is_nested_too_deep_is_refused(tmp_path: Path, text: str, more: dict[str, str]) -> None:
    path = tmp_path / "deep.json"
    path.write_text(text)
    file = data_file(path, layout("json", **more))
    for act in (file.check, file.count, lambda: file.rewrite(tmp_path / "out", lambda *_: None, {})):
        with pytest.raises(FormatError, match="nested"):
            act()


def test_a_long_text_is_a_text(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("id,x\n1," + "y" * 200_000 + "\n")
    file = data_file(path, layout("csv"))
    assert (file.check(), file.count()) == (1, 1)
    assert file.rewrite(tmp_path / "out", lambda _, record: record | {"id": "2"}, {}) == 1


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("broken", [False, True], ids=["one line", "many lines"])
def test_a_bomb_is_refused_before_it_is_in_memory(tmp_path: Path, form: str, broken: bool) -> None:
    path = tmp_path / f"bomb.{form}.gz"
    with gzip.open(path, "wb", compresslevel=1) as packed:
        packed.write(b'id,x\n1,"' if form == "csv" else b'{"id": "')
        for _ in range(200):
            packed.write(b"a" * 1_000_000 + (b"\n" if broken and form == "csv" else b""))
        packed.write(b'"\n' if form == "csv" else b'"}\n')
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FormatError, match="more than 16,777,216 characters"):
        data_file(path, layout(form)).check()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 250_000  # kB; it unpacks to 200 MB of text

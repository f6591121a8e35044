"""Python reads a record as load does, however it is written."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.json_text import read_json

HOSTILE = (
    *('{"a":1,}', '{"a":[1,2,],"b":{"c":1,},}', '{"a":1,"a":2}', '{"\\u0061":7,"a":8}', '{"a":"x,}","b":",]",}'),
    *(f'{{"a":{"9" * 5_000}}}', '{"a":1e999}', '{"a":NaN}', '{"a":nan}', '{"a":-inf}', '{"a":Infinity,}'),
    *('{"a":"nan"}', '{"a":"\\"nan,]"}', '{"a":1}\x0c', ' {"a":null,"a":2}', '{"a":true,"b":"\\\\",}'),
)
REFUSED = ("{'a':1}", '{"a":1} x', '{"a":1}{"a":2}', '{"a":01}', '{"a":1,,"b":2}', "{a:1}", '{"a":.5}', '{"a":1', "")


def by_load(text: str, folder: Path) -> str | None:
    """What load's reader has as ``a``."""
    file = folder / "record.jsonl"
    file.write_text(text.replace("\n", " ") + "\n", encoding="utf-8")
    query = f"select json ->> '/a' from read_json_objects('{file}', format = 'newline_delimited', ignore_errors = true)"
    with duckdb.connect() as con:
        return con.execute(query).fetchall()[0][0]  # type: ignore[no-any-return]


def as_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_load_reads_is_read_alike(tmp_path: Path, text: str) -> None:
    assert as_text(read_json(text)["a"]) == by_load(text, tmp_path)


@pytest.mark.parametrize("text", REFUSED)
def test_what_load_refuses_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(text)


def test_a_value_that_is_nested_too_deep_is_refused() -> None:
    with pytest.raises(ValueError, match="nested too deep"):
        read_json('{"a":' * 100_000)


IDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=5)


@settings(max_examples=60, deadline=None)
@given(first=IDS, second=IDS, comma=st.sampled_from(["", ",", " , "]), blank=st.sampled_from(["", " ", "\t"]))
def test_any_writing_of_two_names_is_read_alike(
    tmp_path_factory: pytest.TempPathFactory, first: str, second: str, comma: str, blank: str
) -> None:
    text = (
        f'{blank}{{{blank}"a"{blank}:{json.dumps(first)},"a":{json.dumps(second, ensure_ascii=False)}{comma}}}{blank}'
    )
    assert read_json(text)["a"] == first == by_load(text, tmp_path_factory.mktemp("read"))

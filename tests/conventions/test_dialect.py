"""Models, tests and macros say what every engine understands; macros/dialect/ has each engine's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from load.raw_on_spark import RAW

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
DIALECT = PROJECT / "macros" / "dialect"
COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)
# Functions that only one of DuckDB and Spark has, or that answer differently; a dispatched macro takes their place.
FUNCTIONS = (
    r"any_value|approx_\w+|arg_max|arg_min|array|array_\w+|bool_and|bool_or|collect_\w+|date_add|date_diff|"
    r"date_format|date_part|date_sub|dayname|dayofweek|decode|element_at|encode|epoch\w*|error|explode|first|"
    r"flatten|from_json|from_utc_timestamp|generate_series|group_concat|hash|if|iff|ifnull|instr|isodow|"
    r"json_\w+|last|last_day|list|list_\w+|listagg|make_date|map_\w+|md5|median|mode|monthname|months_between|"
    r"named_struct|now|ntile|nvl|percentile|posexplode|printf|quantile\w*|raise_error|read_\w+|regexp_\w+|row|"
    r"sequence|sha2|sha256|size|slice|split|str_to_date|strftime|string_agg|string_split|strpos|struct|"
    r"struct_\w+|substring_index|timezone|to_date|to_days|to_json|to_timestamp|to_utc_timestamp|try_\w+|unhex|"
    r"unnest|week|weekday|weekofyear|xxhash64"
)
# The same functions by dbt's name are dispatched.
OF_DBT = ("date_trunc", "dateadd", "datediff", "concat", "hash", "listagg", "split_part")
WORDS = (
    rf"\b(?<!\.)(?:{FUNCTIONS})\s*\(",
    rf"\b(?<!dbt\.)(?:{'|'.join(OF_DBT)})\s*\(",
    r"\b(?:varchar|hugeint|ubigint|timestamp_ntz|timestamp_ltz|tinyint|double precision)\b",
    r"\b(?:asof|ilike|rlike|glob|lateral|pivot|unpivot|exclude|positional|using|summarize|describe)\b",
    r"\b(?:insert\s+into|delete\s+from|update\s+\w+\s+set)\b",
    r"\bcreate\s+(?:or\s+replace\s+)?(?:table|view|schema|temporary)\b",
    r"\b(?:group|order)\s+by\s+all\b",
    r"\b(?:left\s+)?(?:anti|semi)\s+join\b",
    r"\binterval\s+'?\d",
    r"::|(?<![:/])//|`",
    r"\btarget\.(?:type|name)\b|\badapter\.dispatch\b",
    r"\bwarehouse\.\w+\.\w+",
)
ENGINES_OWN = re.compile("|".join(WORDS), re.IGNORECASE)


def found(text: str) -> Iterator[str]:
    """The words of one engine, without those in comments."""
    yield from (match.group().strip() for match in ENGINES_OWN.finditer(COMMENT.sub("", text)))


def files() -> list[Path]:
    every = [path for folder in ("models", "macros", "tests") for path in (PROJECT / folder).rglob("*.sql")]
    return [path for path in every if DIALECT not in path.parents]


def test_an_engines_own_words_are_in_dialect_alone() -> None:
    assert len(files()) > 100
    told = {str(path.relative_to(PROJECT)): [*found(path.read_text(encoding="utf-8"))] for path in files()}
    assert {path: words for path, words in told.items() if words} == {}


def test_spark_is_shown_what_is_read_of_raw() -> None:
    texts = (COMMENT.sub("", path.read_text(encoding="utf-8")) for path in PROJECT.rglob("*.sql"))
    read = {name for text in texts for name in re.findall(r"source\('raw', '(\w+)'\)", text)}
    assert "order_totals" in read
    assert read <= {*RAW}


def test_every_macro_with_an_engines_words_is_dispatched_to_both() -> None:
    """A macro that is asked for by name has a form for each engine, or none of its words."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in DIALECT.glob("*.sql"))
    dispatched = set(re.findall(r"adapter\.dispatch\('(\w+)'\)", text))
    of_engine = {engine: set(re.findall(rf"macro {engine}__(\w+)\(", text)) for engine in ("default", "spark")}
    assert len(dispatched) > 10
    assert of_engine == {"default": dispatched, "spark": dispatched}


@pytest.mark.parametrize(
    "sql",
    [
        "cast(a as varchar)",
        "a::date",
        "a // 2",
        "select hash(a)",
        "string_agg(a, ',')",
        "collect_list(a)",
        "date_trunc('month', a)",
        "a + interval 1 day",
        "from warehouse.audit.dbt_results",
        "group by all",
        "select * exclude (a)",
        "from a left anti join b",
        "{% if target.type == 'spark' %}",
        "create or replace table a as",
    ],
)
def test_an_engines_word_is_found(sql: str) -> None:
    assert [*found(sql)] != []


def test_what_both_understand_is_let_through() -> None:
    kept = """
    {#- Not md5(a) here, -#}
    select
        cast(a as string),  -- nor a::date
        {{ dbt.date_trunc('month', 'a') }},
        {{ row_hash(['a']) }},
        max_by(a, b) filter (where c),
        percentile_cont(0.5) within group (order by a asc)
    from t
    qualify row_number() over (partition by a order by b asc nulls last) = 1
    """
    assert [*found(kept)] == []

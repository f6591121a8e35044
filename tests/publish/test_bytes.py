"""DuckDB keeps the blocks of what it deletes, and publish copies the file: what must go needs a new build file."""

from typing import TYPE_CHECKING

from publish.build_file import start_build
from tests.publish.conftest import CORE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.publish.conftest import Shop

EMAIL = b"ada@example.com"


def holding_the_email(shop: "Shop") -> set[str]:
    """The names of the files that a reader is given or that the next one is copied from, where the bytes are."""
    files: list[Path] = [shop.paths.build, *shop.paths.published.rglob("*.duckdb")]
    assert len(files) == 3
    return {file.name for file in files if EMAIL in file.read_bytes()}


def test_no_byte_of_what_was_deleted_is_published_after_a_full_refresh(shop: "Shop") -> None:
    # Each in a block of its own, and several, because what publish writes goes into the first that are free.
    for number in range(8):
        shop.sql(f"create table core.of_{number} as select '{EMAIL.decode()}' as email")
    # Behind them, for the file ends with the last block that is used.
    shop.sql(
        "create or replace table core.fct_weather as "
        "select 'DE' as country, string_agg(md5(i::varchar)) as text from range(50000) as t(i)"
    )
    shop.sql(*(f"drop table core.of_{number}" for number in range(8)))
    shop.publish(keep_versions=1)
    assert holding_the_email(shop) == {"build.duckdb", "sales_analytics.duckdb", "000001.duckdb"}

    start_build(shop.paths, "duckdb", full_refresh=True)
    shop.sql(CORE)
    shop.dbt()
    shop.publish(keep_versions=1)
    assert holding_the_email(shop) == set()

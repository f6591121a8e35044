"""Personal data: pseudonyms are HMAC-SHA-256 as Python's own library computes it, under a key that stays private."""

import hmac
import stat
from pathlib import Path

import duckdb
import pytest

from privacy.pseudonyms import hmac_pads, key_of

MACRO = Path(__file__).parents[2] / "dbt_project" / "macros" / "dialect" / "pseudonym.sql"


def pseudonym(text: str, key: bytes) -> str:
    body = MACRO.read_text().split("default__pseudonym(value) -%}")[1].split("{%- endmacro")[0]
    con = duckdb.connect()
    con.execute("create table client as select ? as pseudonym_inner_pad, ? as pseudonym_outer_pad", hmac_pads(key))
    return str(
        con.execute(f"select {body.replace('{{ value }}', 'text')} from client, (select ? as text)", [text]).fetchall()[
            0
        ][0]
    )


@pytest.mark.parametrize("text", ["ada@example.com", "", "+49 30 23125", "zoë@example.org", "x" * 200])
def test_the_sql_is_hmac_sha_256(text: str) -> None:
    key = bytes(range(32))
    assert pseudonym(text, key) == hmac.digest(key, text.encode(), "sha256").hex()


def test_the_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "warehouse" / "pseudonym.key"
    key = key_of(file)
    assert len(key) == 32
    assert key_of(file) == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert key_of(tmp_path / "other.key") != key

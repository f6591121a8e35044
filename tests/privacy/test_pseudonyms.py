"""Personal data: pseudonyms are HMAC-SHA-256 as Python's own library computes it, under a key that stays private."""

import hmac
import re
import stat
from pathlib import Path

import duckdb
import pytest

from contracts.paths import ClientPaths
from contracts.printable import CONTACT
from privacy.pseudonyms import PseudonymKeyError, hmac_pads, key_of

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
    paths = ClientPaths(tmp_path, "shop")
    paths.root.mkdir()
    key = key_of(paths)
    assert len(key) == 32
    assert key_of(paths) == key
    assert {stat.S_IMODE(file.stat().st_mode) for file in (paths.pseudonym_key, paths.pseudonym_check)} == {0o600}
    assert key.hex()[:8] not in paths.pseudonym_check.read_text()
    other = ClientPaths(tmp_path, "other")
    other.root.mkdir()
    assert key_of(other) != key


@pytest.mark.parametrize(
    ("instead", "said"),
    [(None, "there is no "), ("", "another key"), ("00" * 32, "another key"), ("key", "no key in hex")],
)
def test_a_lost_key_is_not_replaced_in_silence(tmp_path: Path, instead: str | None, said: str) -> None:
    paths = ClientPaths(tmp_path, "shop")
    paths.root.mkdir()
    key = key_of(paths)
    kept = paths.pseudonym_key.read_text()
    paths.pseudonym_key.unlink()
    if instead is not None:
        paths.pseudonym_key.write_text(instead)
    with pytest.raises(PseudonymKeyError, match=said):
        key_of(paths)
    assert paths.pseudonym_key.exists() == (instead is not None)
    paths.pseudonym_key.write_text(kept)
    assert key_of(paths) == key
    paths.pseudonym_key.unlink()
    paths.pseudonym_check.unlink()
    assert key_of(paths) != key, "a person has said so"


def test_the_models_and_the_program_mean_the_same_by_an_id_that_is_a_contact() -> None:
    body = MACRO.read_text().split("macro is_contact(value) -%}")[1].split("{%- endmacro")[0]
    assert "|".join(re.findall(r"^ +'(.*)',$", body, re.MULTILINE)) == CONTACT

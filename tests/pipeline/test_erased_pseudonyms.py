"""A customer whose id is an e-mail address is erased by the address, and by the pseudonym that readers see."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from contracts.paths import ClientPaths
from pipeline import erasure
from privacy.erased import EraseError
from privacy.pseudonyms import key_of, pseudonym_of

ANN = "ann@example.com"


@pytest.fixture
def paths(tmp_path: Path) -> ClientPaths:
    """A client with two customers in raw, who share an e-mail address, and a published file."""
    paths = ClientPaths(tmp_path, "shop")
    key_of(paths)
    paths.published.mkdir(parents=True)
    with duckdb.connect(paths.warehouse) as con:
        con.execute("create schema raw")
        con.execute("create table raw.customers (customer_id varchar, email varchar, phone varchar, street varchar)")
        con.execute(
            "insert into raw.customers values (?, ?, '030 1', 'A street'), ('C2', ?, '030 2', 'B street')",
            [ANN, ANN, ANN],
        )
        for table in ("orders", "order_lines", "returns", "refunds", "subscriptions"):
            con.execute(f"create table raw.{table} (customer_id varchar)")
    return paths


def publish(paths: ClientPaths, *customer_ids: str | None) -> None:
    with duckdb.connect(paths.published_file) as con:
        con.execute("create schema if not exists core")
        con.execute("create or replace table core.dim_customers (customer_id varchar, email varchar, phone varchar)")
        rows = [(one, pseudonym_of(paths, ANN), pseudonym_of(paths, one or "")) for one in customer_ids]
        con.executemany("insert into core.dim_customers values (?, ?, ?)", rows)


def test_the_pseudonym_means_the_id_that_raw_has(paths: ClientPaths) -> None:
    known = pseudonym_of(paths, ANN)
    publish(paths, known, "C2")
    erasure.begin(paths, str(known))
    person = erasure.unfinished(paths)
    assert person is not None
    assert (person.customer_id, person.pseudonym) == (ANN, known)
    erasure.begin(paths, ANN)
    erasure.begin(paths, str(known))
    with pytest.raises(EraseError, match="has not ended"):
        erasure.begin(paths, "C2")
    erasure.give_up(paths, str(known))


@pytest.mark.parametrize("table", ["refunds", "subscriptions"])
def test_who_is_only_in_one_table_is_known_by_id_and_pseudonym(paths: ClientPaths, table: str) -> None:
    publish(paths, "C2")
    with duckdb.connect(paths.warehouse) as con:
        con.execute(f"insert into raw.{table} values ('jane@example.com')")
    for said in ("jane@example.com", str(pseudonym_of(paths, "jane@example.com"))):
        erasure.begin(paths, said)
        person = erasure.unfinished(paths)
        assert person is not None
        assert person.customer_id == "jane@example.com"
        erasure.give_up(paths, said)


def test_the_search_finds_the_pseudonym_as_an_id_and_not_what_another_customer_shares(paths: ClientPaths) -> None:
    known = str(pseudonym_of(paths, ANN))
    publish(paths, known, "C2")
    erasure.begin(paths, ANN)
    person = erasure.unfinished(paths)
    assert person is not None
    with pytest.raises(EraseError, match=r"core\.dim_customers: 1; expected no trace") as caught:
        erasure.search(paths, person, published=True)
    assert ANN not in str(caught.value)
    publish(paths, "erased-3f0c5d6e7f809a1b", "C2")
    assert erasure.search(paths, person, published=True) == 1
    (paths.published / "exports").mkdir()
    (paths.published / "exports" / "note.json").write_text(f'{{"customer_id":"{known}"}}')
    with pytest.raises(EraseError, match=r"note\.json: 1"):
        erasure.search(paths, person, published=True)

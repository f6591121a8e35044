"""What is said of an erasure that has not ended names nobody by an address or a telephone number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contracts.paths import ClientPaths
from pipeline import erasure
from privacy.erased import EraseError

PLAIN, CONTACTS = "C0000008", ("ann@example.com", "+49 170 1234567")


def open_erasure(tmp_path: Path, customer_id: str) -> ClientPaths:
    paths = ClientPaths(tmp_path, "shop")
    paths.root.mkdir(parents=True)
    (paths.root / "erasing.json").write_text(json.dumps([customer_id, []]))
    return paths


@pytest.mark.parametrize("customer_id", CONTACTS)
def test_the_command_that_ends_an_erasure_says_no_address(tmp_path: Path, customer_id: str) -> None:
    paths = open_erasure(tmp_path, customer_id)
    with pytest.raises(EraseError) as other:
        erasure.begin(paths, "C0000002")
    with pytest.raises(EraseError) as given_up:
        erasure.give_up(paths, "C0000002")
    assert "Run: sales erase --client shop, or give it up" in str(other.value)
    assert customer_id not in f"{other.value} {given_up.value}"
    assert erasure.opened(paths) == customer_id


def test_another_id_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        EraseError, match=r"customer 'C0000008' has not ended.* Run: sales erase C0000008 --client shop"
    ):
        erasure.begin(open_erasure(tmp_path, PLAIN), "C0000002")


def test_where_no_erasure_is_open_the_command_needs_an_id(tmp_path: Path) -> None:
    with pytest.raises(EraseError, match="no erasure of client shop is open; expected the customer_id"):
        erasure.opened(ClientPaths(tmp_path, "shop"))

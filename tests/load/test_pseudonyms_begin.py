"""What was built with personal data as delivered goes when the client file makes pseudonyms of them."""

from __future__ import annotations

import duckdb
import pytest

from tests.load.conftest import Make, order


def test_what_was_built_with_plain_e_mails_goes_when_they_become_pseudonyms(make_shop: Make) -> None:
    """DuckDB keeps the blocks of what it replaces, and publish copies the file."""
    shop = make_shop(personal_data="plain")
    shop.land("orders", [order()])
    shop.load()
    shop.paths.build.write_bytes(b"ada@example.com")
    shop.load()
    assert shop.paths.build.exists()
    shop.client = shop.client.model_copy(update={"personal_data": "pseudonyms"})
    shop.load()
    assert not shop.paths.build.exists()


@pytest.mark.parametrize("before", ["plain", None])
def test_what_was_built_with_addresses_as_ids_goes_when_they_become_pseudonyms(
    make_shop: Make, before: str | None
) -> None:
    shop = make_shop(customer_ids="plain")
    shop.land("orders", [order()])
    shop.load()
    shop.paths.build.write_bytes(b"ada@example.com")
    shop.load()
    assert shop.paths.build.exists()
    if before is None:  # as an older version left it
        with duckdb.connect(shop.paths.warehouse) as con:
            con.execute("alter table raw.client drop column customer_ids")
    shop.client = shop.client.model_copy(update={"customer_ids": "contacts"})
    shop.load()
    assert not shop.paths.build.exists()
    assert shop.rows("select customer_ids from raw.client") == [("contacts",)]

"""Ids that are e-mail addresses or telephone numbers: pseudonyms in every table, and all figures as before."""

from __future__ import annotations

import hmac
from copy import deepcopy

import pytest

from privacy.pseudonyms import hmac_pads
from tests.dbt.conftest import Warehouse
from tests.dbt.shops import Row, Shop, hand_made

pytestmark = pytest.mark.xdist_group("dbt subscriptions")
KEY = bytes(range(32))
PUBLISHED = "select schema_name, table_name from duckdb_tables() where schema_name in ('core', 'marts') order by all"


def shop_of(customer_ids: str, names: dict[str, str]) -> Shop:
    """The shop by hand, its customers under other ids wherever one is named."""
    shop = deepcopy(hand_made())
    inner, outer = hmac_pads(KEY)
    shop.client[0] |= {"pseudonym_inner_pad": inner, "pseudonym_outer_pad": outer, "customer_ids": customer_ids}
    for rows in vars(shop).values():
        for row in rows if isinstance(rows, list) else ():
            if row.get("customer_id"):
                row["customer_id"] = names.get(row["customer_id"], row["customer_id"])
    return shop


def customers() -> list[str]:
    lists = (rows for rows in vars(hand_made()).values() if isinstance(rows, list))
    return sorted({row["customer_id"] for rows in lists for row in rows if row.get("customer_id")})


def tables_of(warehouse: Warehouse, shop: Shop) -> dict[str, list[Row]]:
    warehouse.build(shop)
    names = [f"{row['schema_name']}.{row['table_name']}" for row in warehouse.rows(PUBLISHED)]
    return {name: warehouse.rows(f"from {name} order by all") for name in names}


def pseudonym(customer_id: str) -> str:
    return hmac.digest(KEY, customer_id.encode(), "sha256").hex()


def test_ids_that_are_addresses_or_numbers_are_pseudonyms_in_every_table(warehouse: Warehouse) -> None:
    first, second = (row["customer_id"] for row in hand_made().customers[:2])
    contacts = {first: "ann@example.com", second: "+49 170 1234567"}
    found = tables_of(warehouse, shop_of("contacts", contacts))
    expected = tables_of(warehouse, shop_of("plain", {ours: pseudonym(theirs) for ours, theirs in contacts.items()}))
    assert found == expected
    said = str(found)
    assert not [contact for contact in contacts.values() if contact in said]
    assert {pseudonym(one) for one in contacts.values()} < {row["customer_id"] for row in found["core.dim_customers"]}


def test_all_ids_are_pseudonyms_where_the_client_file_says_so(warehouse: Warehouse) -> None:
    found = tables_of(warehouse, shop_of("all", {}))
    expected = tables_of(warehouse, shop_of("plain", {one: pseudonym(one) for one in customers()}))
    assert found == expected

"""Deliveries in any order, repeated, replaced and loaded in any steps come to the same current rows."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.client_file import Client
from contracts.paths import ClientPaths
from tests.load.conftest import CUSTOMERS, NESTED_SOURCES, PRODUCTS, Shop, item, order, payment

CLIENT = Client.model_validate(
    {
        "client": "shop",
        "name": "Shop",
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
        "sources": NESTED_SOURCES,
        "ceilings": {"quarantined_share": 1},
    }
)
TABLES = {
    "customers": "select customer_id, country from raw.customers where is_current",
    "products": "select product_id, title from raw.products where is_current",
    "orders": "select order_id, status, order_date, _delivery_id from raw.orders where is_current",
    "order_items": "select order_id, line_number, unit_price, order_date from raw.order_items where is_current",
    "payments": "select payment_id, order_id, amount from raw.payments where is_current",
}


def orders(ids: list[int], status: str, lines: int) -> list[dict[str, Any]]:
    return [
        order(
            f"O{number}",
            status=status,
            items=[item(line, unit_price=str(number)) for line in range(1, lines + 1)],
            payments=[payment(f"O{number}-1")],
        )
        for number in ids
    ]


# One delivery: its key, its content. The same key again is a correction, the same order under two keys a new version.
CONTENT = st.one_of(
    st.tuples(
        st.just("orders"),
        st.builds(
            orders,
            st.lists(st.integers(1, 5), max_size=4),
            st.sampled_from(["placed", "shipped", "lost"]),
            st.integers(0, 2),
        ),
    ),
    st.tuples(
        st.just("customers"), st.sampled_from(["US", "DE"]).map(lambda land: [{**CUSTOMERS[0], "country": land}])
    ),
    st.tuples(
        st.just("products"), st.sampled_from(["Mug", "Cup"]).map(lambda title: [{**PRODUCTS[0], "title": title}])
    ),
)
DELIVERIES = st.lists(st.tuples(st.integers(1, 3), CONTENT), min_size=1, max_size=5)


def land(shop: Shop, number: int, dataset: str, rows: list[dict[str, Any]]) -> None:
    # The dates run against the names, as only dates may decide.
    shop.land(dataset, rows, key=f"2026-{number:02}", day=date(2026, 10, 31 - number))


def current(shop: Shop) -> dict[str, list[tuple[Any, ...]]]:
    return {name: shop.rows(f"{query} order by all") for name, query in TABLES.items()}


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.data(), DELIVERIES)
def test_the_way_of_arrival_does_not_matter(data: st.DataObject, deliveries: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clean, other = (Shop(CLIENT, ClientPaths(Path(folder) / name, "shop")) for name in ("clean", "other"))
        # Corrections keep their sequence within a key; keys come in any order, with loads and reloads between.
        places = sorted({(number, dataset) for number, (dataset, _) in deliveries})
        arrivals = [
            (number, content)
            for place in data.draw(st.permutations(places))
            for number, content in deliveries
            if (number, content[0]) == place
        ]
        for number, content in arrivals:
            land(other, number, *content)
            if data.draw(st.booleans()):
                other.load()
        other.load()
        other.load()
        for number, content in deliveries:
            land(clean, number, *content)
        clean.load()
        assert current(other) == current(clean)
        other.load(full_refresh=True)
        assert current(other) == current(clean)

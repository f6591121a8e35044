"""Weather beside sales: every cell against an independent reckoning, and increments of it."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.dbt import oracle_weather
from tests.dbt.conftest import SIGNATURES, Warehouse
from tests.dbt.oracle import Oracle
from tests.dbt.shops import Shop, hand_made, made_at_random
from tests.dbt.source_rows import weather
from tests.dbt.test_figures import assert_equal_rows

pytestmark = pytest.mark.xdist_group("dbt weather")
KEYS = ("weather_date", "country")


def assert_weather(warehouse: Warehouse, shop: Shop) -> None:
    """The weather tables are what the oracle says, correlations as far as a double can tell."""
    found = warehouse.rows("select * exclude (change_number) from core.fct_weather")
    assert_equal_rows(found, oracle_weather.weather(shop), KEYS)
    found = warehouse.rows("select * from marts.mart_weather_sales")
    expected = oracle_weather.weather_sales(shop, Oracle(shop))
    for row in expected:
        for name in ("temperature_correlation", "precipitation_correlation"):
            row[name] = pytest.approx(row[name], rel=1e-9, abs=1e-9)
    assert_equal_rows(found, expected, KEYS)
    assert [list(row) for row in found[:1]] == [list(row) for row in expected[:1]]


def test_the_oracle_correlates() -> None:
    pairs = [(Decimal(x), Decimal(y)) for x, y in ((1, 2), (2, 3), (3, 7))]
    assert oracle_weather.correlation(pairs) == pytest.approx(0.9449111825)
    assert oracle_weather.correlation([(x, -y) for x, y in pairs]) == pytest.approx(-0.9449111825)
    assert oracle_weather.correlation([(x, Decimal(1)) for x, _ in pairs]) is None


@pytest.mark.parametrize("shop", [hand_made(), made_at_random(9), Shop()], ids=["hand-made", "random", "no weather"])
def test_every_cell_of_weather(warehouse: Warehouse, shop: Shop) -> None:
    warehouse.write(shop)
    warehouse.run("--select", "+mart_weather_sales")
    assert_weather(warehouse, shop)


def test_late_and_corrected_weather_gives_what_a_full_refresh_gives(warehouse: Warehouse) -> None:
    rng = random.Random(23)
    shop = made_at_random(23)
    warehouse.write(shop)
    warehouse.run("--select", "+mart_weather_sales")
    shop.weather.pop(rng.randrange(len(shop.weather)))
    corrected = rng.choice(shop.weather)
    corrected["temperature"] = Decimal("-9.99")
    late = max(row["weather_date"] for row in shop.weather) + timedelta(days=3)
    shop.weather.append(weather(late, "US", "1.00", "0.00"))
    warehouse.write(shop)
    warehouse.run("--select", *SIGNATURES, "fct_weather", "mart_weather_sales")
    assert_weather(warehouse, shop)

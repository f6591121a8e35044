"""Weather beside sales: every cell against an independent reckoning, and increments of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.dbt import oracle_weather
from tests.dbt.conftest import Warehouse
from tests.dbt.oracle import Oracle
from tests.dbt.shops import Shop, hand_made, made_at_random
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


@pytest.mark.parametrize("shop", [hand_made(), made_at_random(1), Shop()], ids=["hand-made", "random", "no weather"])
def test_every_cell_of_weather(warehouse: Warehouse, shop: Shop) -> None:
    warehouse.build(shop)
    assert_weather(warehouse, shop)

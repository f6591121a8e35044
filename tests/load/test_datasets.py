"""A column is one line of its dataset: what is made up here comes from a shop's file to raw."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from contracts.dataset import AMOUNT, Column
from contracts.datasets import DATASETS
from load.raw_views import shown_columns
from tests.load.conftest import NESTED_SOURCES, Make


@pytest.fixture
def wind(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    weather = DATASETS["weather"]
    column = Column("wind_speed", AMOUNT, "In metres per second.")
    monkeypatch.setitem(DATASETS, "weather", replace(weather, columns=(*weather.columns, column)))
    shown_columns.cache_clear()
    yield
    shown_columns.cache_clear()


@pytest.mark.usefixtures("wind")
def test_a_made_up_column_is_one_line(make_shop: Make) -> None:
    columns = {"weather_date": "day", "country": "land", "wind_speed": "wind"}
    source = {"kind": "files", "path": "x", "format": "csv", "columns": columns}
    shop = make_shop({**NESTED_SOURCES, "weather": source})
    shop.land("weather", "day,land,wind\n2026-10-30,DE,7.50\n2026-10-31,DE,gale\n", file="w.csv", count=2)
    shop.load()
    assert shop.rows("select wind_speed from raw.weather") == [(Decimal("7.50"),)]
    assert shop.reasons()[0].startswith("wind_speed is 'gale'; expected an amount")


@pytest.mark.parametrize("name", DATASETS)
def test_what_a_dataset_says_of_itself_is_there(name: str) -> None:
    dataset = DATASETS[name]
    columns = {column.name for column in dataset.raw_columns()}
    assert [column.name for column in dataset.columns if not column.description] == []
    assert {*dataset.key, *dataset.otherwise, *dataset.references} <= columns
    assert {dataset.day, dataset.moment, dataset.amount} - {None} <= columns
    assert {*dataset.references.values()} <= {*DATASETS}

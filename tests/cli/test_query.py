"""`sales query` shows raw from its files, and neither the key of pseudonyms nor a way to change anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.query import query
from load.errors import LoadError
from tests.load.conftest import Shop, make_shop, order, shop  # noqa: F401 fixtures


@pytest.fixture
def loaded(shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shop:  # noqa: F811 a fixture
    shop.land_masters()
    shop.land("orders", [order("A1"), order("A2")])
    shop.load()
    clients = tmp_path / "clients"
    clients.mkdir()
    (clients / "shop.yml").write_text(shop.client.model_dump_json(exclude_none=True))
    monkeypatch.setenv("SALES_CLIENTS_DIR", str(clients))
    monkeypatch.setenv("SALES_DATA_DIR", str(shop.paths.data))
    return shop


def test_a_person_sees_the_rows_of_raw(loaded: Shop) -> None:
    found = query("shop", "select order_id, is_current from raw.orders order by all")
    assert "A1" in found
    assert "A2" in found
    loaded.paths.warehouse.unlink()
    assert query("shop", "select order_id, is_current from raw.orders order by all") == found, "the files are enough"


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("select * from raw.nothing", r"nothing does not exist[\s\S]*sales query \"from raw.orders limit 5\""),
        ("selec", "syntax error"),
        ("from raw.client", "client does not exist"),
        ("create table x as select 1", "gives no rows"),
    ],
)
def test_what_cannot_be_answered_says_why(loaded: Shop, sql: str, message: str) -> None:
    with pytest.raises(LoadError, match=message):
        query("shop", sql)


def test_without_raw_there_is_nothing_to_ask(loaded: Shop) -> None:
    loaded.paths.raw.rename(loaded.paths.raw.with_name("elsewhere"))
    with pytest.raises(LoadError, match=r"There is no .*/raw; .*sales load"):
        query("shop", "from raw.orders")

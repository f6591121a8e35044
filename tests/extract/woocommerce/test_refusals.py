"""What WooCommerce answers when it does not answer, and what a client file may not say: each one clear sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.client_file import ClientError, load_client
from extract.errors import ExtractError
from extract.sources.woocommerce.access import missing
from storage.landing import deliveries
from tests.extract.live_client import NOW
from tests.extract.rest.api import body, drip, status
from tests.extract.woocommerce.conftest import Client
from tests.extract.woocommerce.server import KEY, SECRET, Shop
from tests.extract.woocommerce.test_woocommerce import ORDERS_ALONE, small

PASSING = {
    "500": status(500),
    "502": status(502),
    "429": status(429, Retry_After="0"),
    "cut off": body(b'[{"id": 1, "sta'),
    "HTML": body(b"<html>"),
    "drip": drip,
}


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_tried_again_and_what_stays_stops(server: Shop, tmp_path: Path, name: str) -> None:
    server.orders[:] = [small(1)]
    shop = Client(tmp_path, server, ORDERS_ALONE, timeout_seconds=1 if name == "drip" else 10)
    server.faults = [PASSING[name]]
    shop.extract()
    assert shop.ids() == [1]
    server.orders.append(small(2))
    server.faults = [PASSING[name]] * 2
    with pytest.raises(ExtractError, match="of client shop was not read: ") as refused:
        shop.extract()
    assert "\n" not in str(refused.value)
    assert shop.ids() == [1], "nothing of half a reading"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (status(404), "there is no WooCommerce API at http://127.0.0.1"),
        (status(302, Location="https://elsewhere.example/steal"), "answered 302"),
        (body(b'{"code": "maintenance"}'), "has no list at the whole of its body"),
        (body(b"[]"), "promises None records; expected a number"),
    ],
)
def test_what_stays_is_said_at_once(server: Shop, tmp_path: Path, fault: Any, expected: str) -> None:
    server.orders[:], server.faults = [small(1)], [fault] * 9
    with pytest.raises(ExtractError) as refused:
        Client(tmp_path, server, ORDERS_ALONE, attempts=5).extract()
    assert expected in str(refused.value)
    assert len(server.asked) == 1, "what will not pass is not tried again"
    assert not any(secret in str(refused.value) for secret in (KEY, SECRET))


@pytest.mark.parametrize("name", ["consumer_key", "consumer_secret"])
def test_a_wrong_key_is_said_in_the_servers_words(server: Shop, tmp_path: Path, name: str) -> None:
    with pytest.raises(ExtractError) as refused:
        Client(tmp_path, server, **{name: "wr0ng"}).extract()
    which = name.removeprefix("consumer_")
    assert f"WooCommerce refuses orders: Consumer {which} is invalid. Expected consumer_key and" in str(refused.value)
    assert "WooCommerce > Settings > Advanced > REST API" in str(refused.value)
    assert "wr0ng" not in str(refused.value)
    with pytest.raises(ExtractError, match="needs SHOP_WOO_SECRET, which is not set"):
        Client(tmp_path, server, **{name: "${SHOP_WOO_SECRET}"}).extract()


def test_a_check_names_what_may_not_be_read_one_by_one(server: Shop, tmp_path: Path) -> None:
    shop = Client(tmp_path, server)
    assert missing(shop.client, NOW) == []
    server.refused, server.has_refunds = ("customers", "products"), False
    found = missing(shop.client, NOW)
    assert len(found) == 3
    said = "\n".join(found)
    assert "WooCommerce refuses customers: Sorry, you cannot list resources. Expected a key whose user may list" in said
    assert "WooCommerce refuses products: " in said
    assert "sources.refunds of client shop was not read: this WooCommerce has no list of refunds, which came" in said
    assert deliveries(shop.paths.landing) == []


def test_fewer_records_than_woocommerce_counts_are_none(server: Shop, tmp_path: Path) -> None:
    server.orders[:] = [small(1)]
    server.count = lambda number: number + 1
    with pytest.raises(ExtractError, match=r"read 3 times, and 0 records came where the server promises 1"):
        Client(tmp_path, server, ORDERS_ALONE).extract()
    assert deliveries(tmp_path / "data" / "shop" / "landing") == []


def test_a_record_without_its_moment_stops(server: Shop, tmp_path: Path) -> None:
    server.orders[:] = [small(1, date_modified_gmt="soon")]
    with pytest.raises(ExtractError, match=r"\[1\] has 'soon' as date_modified_gmt; expected a moment"):
        Client(tmp_path, server, ORDERS_ALONE).extract()


@pytest.mark.parametrize(
    ("shop", "expected"),
    [
        ({"consumer_secret": "s3cret"}, "has the secret sources.shop.consumer_secret written out"),
        ({"store": "http://shop.example.com"}, "expected the shop's address with https://, such as"),
        ({"store": "shop.example.com"}, "expected the shop's address with https://, such as"),
        ({"store": "http://127.0.0.1.evil.example"}, "expected the shop's address with https://"),
        ({"since": None}, "sources.orders.since"),
        ({"compare_days": 0}, "sources.orders.compare_days"),
        ({"columns": {"channel": "name"}}, "sources.shop says columns, which belong to one dataset"),
    ],
)
def test_what_a_client_file_may_not_say(tmp_path: Path, shop: dict[str, Any], expected: str) -> None:
    block = {
        "kind": "woocommerce", "store": "https://shop.example.com/sub", "consumer_key": "${SHOP_A}",
        "consumer_secret": "${SHOP_A}", "since": "2026-01-01",
    }  # fmt: skip
    fields = {"client": "shop", "name": "Shop", "currency": "EUR", "time_zone": "Europe/Berlin"}
    block = {name: value for name, value in (block | shop).items() if value is not None}
    (tmp_path / "shop.yml").write_text(json.dumps(fields | {"sources": {"shop": block}}))
    with pytest.raises(ClientError) as refused:
        load_client("shop", tmp_path, {"A": "s3cret"})
    assert expected in str(refused.value)
    assert "s3cret" not in str(refused.value)

"""What Shopify answers when it does not answer, and what a client file may not say: each one clear sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.client_file import ClientError, load_client
from contracts.presets import PresetError
from extract.errors import ExtractError
from storage.landing import deliveries
from tests.extract.rest.api import body, drip, status
from tests.extract.shopify.conftest import NOW, Shop
from tests.extract.shopify.server import CLIENT_SECRET, TOKEN, Shopify
from tests.extract.shopify.test_shopify import ORDERS_ALONE, ids, small

pytestmark = pytest.mark.needs("shopify schema")


def graphql_error(code: str, message: str, data: Any = None) -> Any:
    return body(json.dumps({"data": data, "errors": [{"message": message, "extensions": {"code": code}}]}).encode())


PASSING = {
    "500": status(500),
    "502": status(502),
    "429": status(429, Retry_After="0"),
    "cut off": body(b'{"data": {"orders": {"nodes": [{"id": "gid'),
    "HTML": body(b"<html>"),
    "no data": body(b"{}"),
    "a list": body(b"[]"),
    "throttled": graphql_error("THROTTLED", "Throttled"),
    "internal": graphql_error("INTERNAL_SERVER_ERROR", "Looks like something went wrong on our end."),
    "drip": drip,
}


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_tried_again_and_what_stays_stops(server: Shopify, tmp_path: Path, name: str) -> None:
    server.orders = [small(1)]
    shop = Shop(tmp_path, server, ORDERS_ALONE, timeout_seconds=1 if name == "drip" else 10)
    server.faults = [lambda _: False, PASSING[name]]
    shop.extract()
    assert ids(shop) == [1]
    server.orders.append(small(2))
    server.faults = [lambda _: False, lambda _: False, *[PASSING[name]] * 2]
    with pytest.raises(ExtractError, match="of client shop was not read: ") as refused:
        shop.extract()
    assert "\n" not in str(refused.value)
    assert ids(shop) == [1], "nothing of half a reading"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (
            graphql_error("ACCESS_DENIED", "Access denied for customer field."),
            "lacks a right: Access denied for customer",
        ),
        (
            graphql_error("UNKNOWN", "Oh no", {"orders": None}),
            "Shopify answered an error, with a part of the data: Oh no",
        ),
        (body(b'{"errors": "Not Found"}'), "Shopify answered an error: Not Found"),
        (status(402), "the shop is frozen"),
        (status(403), "Shopify refuses the app"),
        (status(404), "Shopify has no shop http"),
        (status(423), "the shop is locked"),
        (status(302, Location="https://elsewhere.example/steal"), "answered 302"),
    ],
)
def test_what_stays_is_said_at_once(server: Shopify, tmp_path: Path, fault: Any, expected: str) -> None:
    server.orders, server.faults = [small(1)], [fault] * 9
    with pytest.raises(ExtractError) as refused:
        Shop(tmp_path, server, attempts=5).extract()
    assert expected in str(refused.value)
    assert len(server.asked) == 1, "what will not pass is not tried again"
    assert not any(secret in str(refused.value) for secret in (CLIENT_SECRET, TOKEN))


def test_a_wrong_secret_and_an_unset_variable_are_said(server: Shopify, tmp_path: Path) -> None:
    with pytest.raises(ExtractError, match="gave no token for client_id and client_secret") as refused:
        Shop(tmp_path, server, client_secret="wr0ng-secret").extract()  # noqa: S106 none
    assert "wr0ng-secret" not in str(refused.value)
    with pytest.raises(ExtractError, match="needs SHOPIFY_SECRET, which is not set"):
        Shop(tmp_path, server, client_secret="${SHOPIFY_SECRET}").extract()  # noqa: S106 none


def test_every_missing_right_is_named(server: Shopify, tmp_path: Path) -> None:
    server.rights = ("write_orders", "read_products")
    with pytest.raises(ExtractError, match="lacks the rights read_customers, read_inventory; expected read_orders, "):
        Shop(tmp_path, server).extract()
    assert deliveries(tmp_path / "data" / "shop" / "landing") == []


def test_orders_that_are_too_old_need_a_right_of_their_own(
    server: Shopify, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.rights = tuple(right for right in server.rights if right != "read_all_orders")
    server.orders = [small(1)]
    shop = Shop(tmp_path, server, since="2026-01-01")
    with pytest.raises(ExtractError, match=r"without the right read_all_orders .* or say since: 2026-09-03 or later"):
        shop.extract()
    shop.say(since="2026-09-03")
    shop.extract()
    assert ids(shop) == [1]
    shop.extract(now=NOW.replace(day=20))
    assert "has no right read_all_orders: what changes in orders older than 60 days" in caplog.text


def test_fewer_records_than_shopify_counts_are_none(server: Shopify, tmp_path: Path) -> None:
    server.orders = [small(1)]
    server.count = lambda number: number + 1
    with pytest.raises(ExtractError, match="read 3 times, and 0 orders came where Shopify counts 1"):
        Shop(tmp_path, server).extract()
    assert deliveries(tmp_path / "data" / "shop" / "landing") == []


@pytest.mark.parametrize(
    ("shop", "expected"),
    [
        ({"client_secret": "s3cret"}, "has the secret sources.shop.client_secret written out"),
        ({"store": "evil.example"}, "expected the shop's own address at Shopify, such as example.myshopify.com"),
        ({"store": "https://example.myshopify.com"}, "expected the shop's own address at Shopify"),
        ({"since": None}, "sources.orders.since"),
        ({"preset": "nothing"}, "sources.shop names the preset 'nothing'; expected one of"),
        ({"columns": {"channel": "name"}}, "sources.shop says columns, which belong to one dataset"),
    ],
)
def test_what_a_client_file_may_not_say(tmp_path: Path, shop: dict[str, Any], expected: str) -> None:
    block = {
        "kind": "shopify",
        "store": "example.myshopify.com",
        "client_id": "${SHOP_A}",
        "client_secret": "${SHOP_A}",
        "since": "2026-01-01",
    }
    fields = {"client": "shop", "name": "Shop", "currency": "EUR", "time_zone": "Europe/Berlin"}
    block = {name: value for name, value in (block | shop).items() if value is not None}
    (tmp_path / "shop.yml").write_text(json.dumps(fields | {"sources": {"shop": block}}))
    with pytest.raises(ClientError) as refused:
        load_client("shop", tmp_path, {"A": "s3cret"})
    assert expected in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_two_whole_shops_in_one_client_file_are_refused(server: Shopify, tmp_path: Path) -> None:
    with pytest.raises(PresetError, match=r"sources\.other and sources\.shop are whole shops; expected one"):
        Shop(tmp_path, server, {"other": {"kind": "shopify", "store": "other.myshopify.com"}})

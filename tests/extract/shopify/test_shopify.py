"""Records of a Shopify shop to landing: each once and whole, however long, tied, changing, limited or faulty."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, validate

from contracts.deliveries import Manifest
from contracts.paths import ClientPaths
from extract import changes
from extract.errors import ExtractError
from extract.sources.shopify import api as shopify_api
from extract.sources.shopify import extract as extract_module
from extract.sources.shopify import queries
from privacy.erased import Erased
from storage.landing import deliveries
from tests.extract.shopify.conftest import DAY, NOW, Shop
from tests.extract.shopify.server import TOKEN, Shopify, schema
from tests.extract.shopify.shop import (
    ADDRESS,
    customer,
    line,
    order,
    paid,
    product,
    refund,
    refund_line,
    shipping,
    transaction,
)

pytestmark = pytest.mark.needs("shopify schema")
ORDERS_ALONE: dict[str, Any] = dict.fromkeys(("customers", "products", "inventory", "payments", "refunds"))
AT = "2026-10-30T10:00:00Z"


def small(number: int, at: str = AT, **others: Any) -> dict[str, Any]:
    return order(number, [line(number * 10, 1, "5.00")], at, **others)


def landed(shop: Shop, dataset: str) -> list[dict[str, Any]]:
    found = [one for one in deliveries(shop.paths.landing) if one.dataset == dataset]
    return [json.loads(text) for one in found for text in one.data_file(shop.paths.landing).read_text().splitlines()]


def ids(shop: Shop, dataset: str = "orders") -> list[int]:
    return [int(one["legacyResourceId"]) for one in landed(shop, dataset)]


def test_every_question_is_one_that_the_schema_allows() -> None:
    texts = [queries.RIGHTS, *(text for kind in queries.RECORDS.values() for text in (kind.page, kind.number))]
    texts += [queries.more(*names) for names in (*queries.LISTS, *queries.PLAIN_LISTS)]
    found = {str(error) for text in texts for error in validate(schema(), parse(text))}
    assert found == set()


def test_the_lists_within_a_record_are_read_to_their_end(server: Shopify, tmp_path: Path) -> None:
    lines = [line(number, 1, "1.00") for number in range(100, 170)]
    long = order(7, lines, shippingLines=[shipping(number, "1.00") for number in range(1, 6)])
    long["transactions"] = [transaction(number, "1.00", at=AT) for number in range(1, 41)]
    long["refunds"] = [
        refund(
            number, "1.00", at=AT,
            lines=[refund_line(number * 100 + at, lines[at], 1, "1.00", "0.00") for at in range(60)],
        )
        for number in range(1, 8)
    ]  # fmt: skip
    server.orders = [long]
    server.products = [product(1, "Tea", costs=["1.00"] * 120)]
    shop = Shop(tmp_path, server)
    shop.extract()
    (head,), (items,) = landed(shop, "orders"), landed(shop, "order_items")
    assert len(head["shippingLines"]["nodes"]) == 5
    assert [one["id"] for one in items["lineItems"]["nodes"]] == [one["id"] for one in lines]
    assert len(landed(shop, "payments")[0]["transactions"]) == 40
    found = landed(shop, "refunds")[0]["refunds"]
    assert [len(one["refundLineItems"]["nodes"]) for one in found] == [60] * 7
    assert len(landed(shop, "products")[0]["variants"]["nodes"]) == 120
    rows = {(one.dataset, one.key.endswith("also-000001")): one.rows for one in deliveries(shop.paths.landing)}
    assert rows["order_items", False] == 70
    assert rows["refunds", False] == 420
    assert rows["refunds", True] == 7
    assert "pageInfo" not in json.dumps(items), "how it was divided is chance"


def test_a_plain_list_that_shopify_may_have_cut_off_stops(server: Shopify, tmp_path: Path) -> None:
    server.orders = [{**small(1), "transactions": [transaction(number, "1.00", at=AT) for number in range(250)]}]
    with pytest.raises(ExtractError, match="Order/1 has 125 transactions or more, and Shopify gives no more"):
        Shop(tmp_path, server).extract()


def test_what_changed_comes_once(server: Shopify, tmp_path: Path) -> None:
    server.orders = [small(number) for number in range(1, 120)]  # all of one second, on several pages
    shop = Shop(tmp_path, server, ORDERS_ALONE)
    assert [rows for _, rows in shop.new()] == [119]
    assert sorted(ids(shop)) == [*range(1, 120)]
    server.asked.clear()
    assert shop.new() == []
    searches = {variables["query"] for _, variables in server.asked if variables.get("query")}
    assert searches == {
        "updated_at:>='2026-10-30T09:00:00Z' AND updated_at:<'2026-11-01T00:00:00Z'",
        "updated_at:>='2026-11-01T00:00:00Z'",
    }
    # The same second, twice, and back; one that came late, and one of the far future, which hides nothing.
    for name in ("#5a", "#5b", "#5a"):
        server.orders[4] = small(5, name=name)
        assert [rows for _, rows in shop.new()] == [1]
    server.orders.append(small(200, "2026-10-30T09:30:00Z"))
    assert [rows for _, rows in shop.new()] == [1]
    server.orders.append(small(201, updatedAt="2099-01-01T00:00:00Z"))
    assert [rows for _, rows in shop.new()] == [1]
    server.orders.append(small(202, "2026-10-30T10:30:00Z"))
    assert [rows for _, rows in shop.new()] == [1]
    shop.load()
    assert shop.rows("select count(*), count(distinct order_id) from raw.orders where is_current") == [(122, 122)]


@pytest.mark.parametrize("at_question", range(2, 9))
def test_no_record_is_missed_that_changes_while_pages_are_read(
    server: Shopify, tmp_path: Path, at_question: int
) -> None:
    server.orders = [small(number, f"2026-10-{10 + number // 10}T10:00:00Z") for number in range(1, 150)]

    def change(number: int) -> None:
        if number == at_question:
            server.orders[0] = small(1, "2026-10-31T12:00:00Z")
            server.orders[70] = small(71, "2026-10-31T12:00:00Z")
            server.orders[148] = small(149, "2026-10-31T12:00:00Z")
            server.orders = [one for one in server.orders if one["legacyResourceId"] != "60"]  # deleted

    server.before = change
    shop = Shop(tmp_path, server, ORDERS_ALONE)
    shop.extract()
    server.before = lambda _: None
    shop.extract()
    assert {*range(1, 150)} - {60} <= {*ids(shop)}
    newest = {one["legacyResourceId"]: one["updatedAt"] for one in landed(shop, "orders")}
    assert {newest[number] for number in ("1", "71", "149")} == {"2026-10-31T12:00:00Z"}


def test_a_run_that_is_killed_anywhere_loses_and_doubles_nothing(server: Shopify, tmp_path: Path) -> None:
    server.orders = [
        paid(small(number, f"2026-{10 - number % 2:02}-15T10:00:{number:02}Z"), number) for number in range(1, 21)
    ]
    beside = dict.fromkeys(("customers", "products", "inventory", "refunds"))
    shop = Shop(tmp_path, server, beside, batch_size=3, lag=0)
    land = changes.land
    for alive in range(40):
        left = iter(range(alive))

        def killed(*arguments: Any, left: Any = left, **options: Any) -> Manifest:
            if next(left, None) is None:
                raise KeyboardInterrupt
            return land(*arguments, **options)

        with pytest.MonkeyPatch.context() as patch, suppress(KeyboardInterrupt):
            patch.setattr(changes, "land", killed)
            shop.extract()
            break
    assert alive > 2
    shop.load()
    for table in ("orders", "order_items", "payments"):
        assert shop.rows(f"select count(*), count(distinct order_id) from raw.{table} where is_current") == [(20, 20)]


def test_a_first_reading_goes_by_months_and_goes_on_where_it_was_stopped(server: Shopify, tmp_path: Path) -> None:
    server.orders = [
        small(at, f"2026-{day}T00:00:00Z") for at, day in enumerate(("07-01", "07-31", "08-01", "10-15"), 1)
    ]

    def stop(_: int) -> None:
        if ">='2026-08" in str(server.asked[-1][1].get("query")):
            raise ConnectionResetError

    server.before = stop
    shop = Shop(tmp_path, server, ORDERS_ALONE, since="2026-07-01")
    with pytest.raises(ExtractError, match="was not reached"):
        shop.extract()
    assert ids(shop) == [1, 2, 3][: len(ids(shop))]
    assert len(ids(shop)) >= 2
    server.before = lambda _: None
    shop.extract()
    assert sorted({*ids(shop)}) == [1, 2, 3, 4]
    assert len(ids(shop)) == 4


def test_a_question_is_made_smaller_until_shopify_answers(server: Shopify, tmp_path: Path) -> None:
    server.orders = [small(number) for number in range(1, 8)]
    Shop(tmp_path, server).extract()
    sizes = [variables["first"] for text, variables in server.asked if "orders(first" in text]
    assert sizes[0] == 50
    assert 0 < sizes[-1] < 50
    assert sizes == sorted(sizes, reverse=True), "what was learned holds for the next page"
    server.most_points = 20
    with pytest.raises(ExtractError, match="one of orders is too expensive for Shopify: Query cost is"):
        Shop(tmp_path / "other", server).extract()


def test_the_limit_is_kept(server: Shopify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.orders = [small(number) for number in range(1, 20)]
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        server.points += seconds * 100

    monkeypatch.setattr(shopify_api, "sleep", wait)
    monkeypatch.setattr(shopify_api, "monotonic", lambda: 0.0)
    server.points = 1000
    shop = Shop(tmp_path, server, ORDERS_ALONE)
    shop.extract()
    assert sorted(ids(shop)) == [*range(1, 20)]
    assert sum(waited) > 1
    assert server.throttled <= 1, "it is waited for before Shopify has to refuse"


def test_a_token_is_renewed(server: Shopify, tmp_path: Path) -> None:
    server.orders = [small(number) for number in range(1, 8)]

    def take_back(number: int) -> None:
        if number == 4:
            server.token = "another"  # noqa: S105 none

    shop = Shop(tmp_path, server, ORDERS_ALONE)
    server.before = take_back
    shop.extract()
    assert len(ids(shop)) == 7
    assert server.tokens == 2
    assert TOKEN not in "".join(one.read_text() for one in tmp_path.rglob("manifest.json"))


def test_who_ordered_is_landed_where_it_can_be_taken_out_alone(server: Shopify, tmp_path: Path) -> None:
    typed_in = order(1, [line(10, None, "5.00")], AT, refunds=[refund(7, "1.00", at=AT)])
    server.orders = [paid(typed_in, 1)]
    server.customers = [customer(501, "Anna"), customer(502, "Berta")]
    shop = Shop(tmp_path, server)
    shop.extract()
    assert landed(shop, "orders")[0]["customer"] == {"legacyResourceId": "501"}
    assert landed(shop, "orders")[0]["shippingAddress"]["zip"] == "90762"
    others = [one for name in ("order_items", "payments", "refunds", "products") for one in landed(shop, name)]
    assert {one["id"].split("/")[-2] for one in others} == {"Order"}
    assert len(others) == 4
    assert not any({"customer", "shippingAddress"} & {*one} for one in others)
    shop.paths = ClientPaths(tmp_path / "again", "shop")
    shop.paths.root.mkdir(parents=True)
    Erased.of(shop.paths).with_customer("501").save(shop.paths)
    shop.extract()
    texts = "".join(path.read_text() for path in shop.paths.landing.rglob("*.jsonl"))
    for said in ("Anna", '"501"', "90762", "Fürth"):
        assert said not in texts
    assert landed(shop, "orders")[0]["shippingLines"] == {"nodes": []}, "the totals stay"
    assert "Berta" in texts


@pytest.mark.parametrize(
    ("dataset", "said", "kept"),
    [
        ("order_items", {"where": "shippingAddress.countryCodeV2 = 'DE'"}, {"countryCodeV2"}),
        ("order_items", {"where": "\"shippingaddress.PROVINCECODE\" = 'BY'"}, {"provinceCode"}),
        ("order_items", {"where": "shippingAddress is not null"}, {*ADDRESS}),
        ("orders", {"columns": {"customer_id": None, "city": None, "postal_code": None}},
         {"countryCodeV2", "provinceCode"}),
        ("orders", {"columns": {"city": None, "postal_code": None}}, {*ADDRESS}),  # erasure takes it from there
    ],
)  # fmt: skip
def test_of_an_address_without_its_customer_what_is_mapped_is_landed(
    server: Shopify, tmp_path: Path, dataset: str, said: dict[str, Any], kept: set[str]
) -> None:
    server.orders = [small(1)]
    shop = Shop(tmp_path, server, {dataset: said})
    shop.extract()
    assert {*landed(shop, dataset)[0]["shippingAddress"]} == kept


def test_a_series_that_had_addresses_goes_on(server: Shopify, tmp_path: Path) -> None:
    server.orders = [small(1)]
    shop = Shop(tmp_path, server)
    with pytest.MonkeyPatch.context() as before:
        before.setattr(extract_module, "FIELDS", replace(extract_module.FIELDS, places=()))
        shop.extract()
    assert "shippingAddress" in landed(shop, "order_items")[0]
    server.orders.append(small(2))
    shop.extract()
    assert "shippingAddress" not in landed(shop, "order_items")[-1]
    shop.load()
    assert shop.rows("select count(*), count(distinct order_id) from raw.order_items where is_current") == [(2, 2)]


def test_a_customer_may_be_older_than_the_first_order_that_is_asked_for(server: Shopify, tmp_path: Path) -> None:
    server.orders, server.products = [small(1)], [product(1, "Tea")]
    server.customers = [customer(501, "Anna", "2019-05-05T10:00:00Z")]
    shop = Shop(tmp_path, server)
    shop.extract()
    assert ids(shop, "customers") == [501]
    server.customers.append(customer(502, "Berta", "2026-10-31T10:00:00Z"))
    shop.extract()
    assert ids(shop, "customers") == [501, 502]


def test_the_stock_of_a_day_stays_and_is_not_made_up(server: Shopify, tmp_path: Path) -> None:
    server.orders, server.products = [small(1)], [product(1, "Tea", stock=7)]
    shop = Shop(tmp_path, server)
    shop.extract()
    server.products = [product(1, "Tea", stock=5)]
    shop.extract(DAY.replace(month=11, day=1), NOW.replace(day=2))
    shop.extract(DAY.replace(day=15), NOW.replace(day=2))  # what there was then is not known any more
    found = [(one["stockDate"], one["totalInventory"]) for one in landed(shop, "inventory")]
    assert found == [("2026-10-31", 7), ("2026-11-01", 5)]


def test_a_block_of_a_dataset_says_what_is_different_there(server: Shopify, tmp_path: Path) -> None:
    server.orders = [{**paid(small(1), 1), "sourceName": "pos"}]
    server.customers, server.products = [customer(501, "Anna")], [product(1, "Tea")]
    beside = {"orders": {"columns": {"channel": None}, "constants": {"channel": "till"}}, "inventory": None}
    shop = Shop(tmp_path, server, beside)
    assert "inventory" not in shop.client.sources
    shop.extract()
    shop.verified()
    assert shop.rows("select order_id, channel from raw.orders") == [("1", "till")]
    with pytest.raises(ExtractError, match=r"sources.orders has another lists than when"):
        shop.say({"orders": {"columns": {"fee_amount": "transactions[].amountSet.shopMoney.amount"}}})
        shop.extract()

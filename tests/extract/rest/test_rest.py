"""Records of an API to raw: each once, as it is now, however the pages come, shift, fail or lie."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from tenacity import wait_none

from contracts.client_file import Client, ClientError, load_client
from contracts.deliveries import Manifest
from contracts.paths import ClientPaths
from extract import web
from extract.errors import ExtractError
from extract.sources.rest.extract import extract
from load.load_to_db import load
from load.verify_database import verify
from privacy.erased import Erased
from storage.landing import deliveries
from tests.extract.rest.api import PASSWORD, TOKEN, USER, Api, _basic, body, drip, serving, status

DAY, NOW = date(2026, 10, 31), datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
PAGES: dict[str, dict[str, Any]] = {
    "page": {"by": "page", "parameter": "page"},
    "offset": {"by": "offset", "parameter": "offset"},
    "cursor": {"by": "cursor", "parameter": "after", "next": "meta.next"},
    "last": {"by": "last", "parameter": "after", "next": "meta.more"},
    "link": {"by": "link"},
    "next_url": {"by": "next_url", "next": "meta.next"},
}
SHIFTING = ["page", "offset", "link", "next_url"]
ORDERS: dict[str, Any] = {
    "kind": "rest",
    "records": "data.orders",
    "key": ["id"],
    "timeout_seconds": 2,
    "attempts": 2,
    "columns": {"order_id": "id", "order_at": "created_at", "shipping_amount": "paid", "customer_id": "customer.id"},
}
CURSOR = {"cursor": "updated_at", "cursor_parameter": "since", "deletions": "marked"}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setattr(web, "BACKOFF", wait_none())
    with serving() as started:
        yield started


class Shop:
    """A client whose orders come from the API."""

    def __init__(self, folder: Path, api: Api, how: str = "page", **settings: Any) -> None:
        self.paths = ClientPaths(folder / "data", "shop")
        self.api = api
        self.say(how, **settings)

    def say(self, how: str = "page", **settings: Any) -> None:
        pages = {"pages": PAGES[how]} if how in PAGES else {}
        self.sources: dict[str, Any] = {"orders": {**ORDERS, "url": f"{self.api.url}/{how}", **pages, **settings}}
        self.client = self._client()

    def _client(self) -> Client:
        fields = {"client": "shop", "name": "Shop", "currency": "EUR", "time_zone": "Europe/Berlin"}
        return Client.model_validate({**fields, "ceilings": {"shrink_share": 1}, "sources": self.sources})

    def extract(self) -> list[Manifest]:
        return extract(self.client, self.paths, DAY, extracted_at=NOW, code_version="test")

    def new(self) -> list[tuple[str, int]]:
        before = {one.delivery_id for one in deliveries(self.paths.landing)}
        self.extract()
        return [(one.delivery_id, one.rows) for one in deliveries(self.paths.landing) if one.delivery_id not in before]

    def raw(self, query: str) -> list[tuple[Any, ...]]:
        load(self.client, self.paths, run_id="run", now=NOW)
        verify(self.client, self.paths, DAY)
        with duckdb.connect(self.paths.warehouse, read_only=True) as con:
            return con.execute(query).fetchall()

    def ids(self) -> list[int]:
        return [int(number) for (number,) in self.raw("select order_id from raw.orders where is_current order by all")]


def order(number: int, at: str = "2026-10-30T10:00:00Z", **others: Any) -> dict[str, Any]:
    lines = [{"sku": "tea", "qty": 1, "price": "5.00"}, {"sku": "cup", "qty": number, "price": "7.00"}]
    customer = {"id": f"c{number}", "name": "Anna"}
    return {"id": number, "created_at": "2026-10-30T09:00:00Z", "updated_at": at, "paid": "10.10", "customer": customer,
            "lines": lines, **others}  # fmt: skip


@pytest.mark.parametrize("how", [*PAGES, "all"])
@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 7])
def test_every_record_of_every_kind_of_pages_is_landed_as_it_came(
    api: Api, tmp_path: Path, how: str, number: int
) -> None:
    api.orders = [order(one) for one in range(1, number + 1)]
    api.pretty = number == 3
    shop = Shop(tmp_path, api, how, total="meta.total", parameters={"status": "any"})
    assert shop.new() == [(f"orders/{how}/0001", number)]
    assert shop.new() == [], "the same is no delivery"
    landed = (shop.paths.landing / "orders" / how / "0001" / f"{how}.jsonl").read_text()
    assert landed.count("\n") == number
    assert landed.count('"paid": 10.10') == number, "as it came, to the last digit"
    if how in ("page", "offset", "cursor"):
        assert {asked["status"] for asked in api.asked} == {"any"}


@pytest.mark.parametrize("how", SHIFTING)
@pytest.mark.parametrize("at_page", range(2, 8))
@pytest.mark.parametrize("change", ["delete", "insert", "move", "swap"])
def test_no_record_is_missed_when_the_pages_shift(
    api: Api, tmp_path: Path, how: str, at_page: int, change: str
) -> None:
    api.size = 3
    api.orders = [order(one) for one in range(1, 10)]
    stay = {*range(1, 10)} - {1}

    def shift(number: int) -> None:
        if number != at_page:
            return
        if change in ("delete", "swap"):
            api.orders = api.orders[1:]
        if change in ("insert", "swap"):
            new = order(99)
            api.orders = [*api.orders, new] if change == "swap" else [new, *api.orders]
        if change == "move":
            api.orders = [*api.orders[1:], order(1, "2026-10-30T12:00:00Z")]

    api.before_page = shift
    shop = Shop(tmp_path, api, how)
    (manifest,) = shop.extract()
    lines = manifest.data_file(shop.paths.landing).read_text().splitlines()
    assert stay <= {json.loads(line)["id"] for line in lines}


def test_what_changed_comes_once_by_a_cursor(api: Api, tmp_path: Path) -> None:
    api.orders = [order(one, f"2026-10-30T10:00:0{one}Z") for one in range(1, 6)]
    shop = Shop(tmp_path, api, **CURSOR, batch_size=2)
    assert shop.new() == [(f"orders/page-00000{number}/0001", rows) for number, rows in ((1, 2), (2, 2), (3, 1))]
    assert "since" not in api.asked[0]
    api.asked.clear()
    assert shop.new() == []
    assert {asked["since"] for asked in api.asked} == {"2026-10-30T09:00:05Z"}, "an hour before the newest"
    # The same second, twice, and back; one that came late.
    for paid in (11, 12, 11):
        api.orders[4] = order(5, "2026-10-30T10:00:05Z", paid=paid)
        assert [rows for _, rows in shop.new()] == [1]
    api.orders.append(order(6, "2026-10-30T09:30:00Z"))
    assert [rows for _, rows in shop.new()] == [1]
    # One of the far future hides nothing.
    api.orders.append(order(7, "2099-01-01T00:00:00Z"))
    shop.extract()
    api.orders.append(order(8, "2026-10-30T10:30:00+00:00"))
    assert [rows for _, rows in shop.new()] == [1]
    assert shop.raw(
        "select order_id, shipping_amount from raw.orders where is_current and order_id in ('5', '8') order by 1"
    ) == [
        ("5", Decimal("11.00")),
        ("8", Decimal("10.10")),
    ]
    assert shop.ids() == [*range(1, 9)]
    shop.say(**CURSOR, parameters={"status": "paid"})
    with pytest.raises(ExtractError, match="has another parameters than when orders/page-000001/0001 was landed"):
        shop.extract()


def test_a_run_that_stops_in_the_middle_is_done_again(api: Api, tmp_path: Path) -> None:
    api.orders = [order(one, f"2026-10-30T10:00:0{one}Z") for one in range(1, 6)]
    shop = Shop(tmp_path, api, **CURSOR, batch_size=2, lag=0)
    from extract import changes  # noqa: PLC0415

    landed, left = changes.land, iter(range(1))

    def killed(*arguments: Any, **options: Any) -> Manifest:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return landed(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(changes, "land", killed)
        shop.extract()
    assert [one.rows for one in deliveries(shop.paths.landing)] == [2]
    assert [rows for _, rows in shop.new()] == [2, 1], "the cursor waits for the last record"
    assert shop.ids() == [1, 2, 3, 4, 5]


def test_a_first_reading_goes_by_months_and_goes_on_where_it_was_stopped(api: Api, tmp_path: Path) -> None:
    days = ("07-01", "07-31", "08-01", "10-15", "10-31")  # and none in September
    api.orders = [order(number, f"2026-{day}T00:00:00Z") for number, day in enumerate(days, 1)]
    shop = Shop(tmp_path, api, **CURSOR, since="2026-07-01", until_parameter="until")

    def stop(number: int) -> None:
        if api.asked[-1]["since"] > "2026-08":
            raise ConnectionResetError
        if api.asked[-1]["since"] > "2026-07-02":
            api.orders[0] = order(1, "2026-10-31T12:00:00Z")  # changed while it was read: it is in a later month now

    api.before_page = stop
    with pytest.raises(ExtractError, match="was not reached"):
        shop.extract()
    assert [one.rows for one in deliveries(shop.paths.landing)] == [2, 1]
    windows = dict.fromkeys((asked["since"], asked["until"]) for asked in api.asked)
    assert [*windows][:2] == [
        ("2026-07-01T00:00:00Z", "2026-08-01T00:00:00Z"),
        ("2026-07-31T23:00:00Z", "2026-09-01T00:00:00Z"),
    ]
    api.before_page = lambda _: None
    api.asked.clear()
    assert [rows for _, rows in shop.new()] == [3]
    windows = dict.fromkeys((asked["since"], asked.get("until")) for asked in api.asked)
    assert [*windows] == [
        ("2026-07-31T23:00:00Z", "2026-08-01T00:00:00Z"),
        ("2026-07-31T23:00:00Z", "2026-09-01T00:00:00Z"),
        ("2026-08-31T23:00:00Z", "2026-10-01T00:00:00Z"),
        ("2026-09-30T23:00:00Z", "2026-11-01T00:00:00Z"),
        ("2026-10-31T23:00:00Z", None),
    ]
    assert shop.ids() == [1, 2, 3, 4, 5]
    assert shop.new() == []


def test_lines_within_records_are_rows_and_an_erased_customer_stays_so(api: Api, tmp_path: Path) -> None:
    columns = {"order_id": "id", "product_id": "lines.sku", "quantity": "lines.qty", "unit_price": "lines.price",
               "order_at": "created_at", "customer_id": "customer.id"}  # fmt: skip
    api.orders = [order(1), order(2)]
    shop = Shop(tmp_path, api)
    source = {**shop.sources["orders"], "lines": "lines", "columns": columns}
    for settings in ({}, CURSOR):
        shop.sources = {"order_lines": source | settings}
        shop.paths = ClientPaths(tmp_path / f"data{len(settings)}", "shop")
        shop.client = shop._client()
        assert [rows for _, rows in shop.new()] == [4]
        assert shop.raw("select order_id, product_id, quantity from raw.order_lines order by all") == [
            *(("1", "cup", 1), ("1", "tea", 1), ("2", "cup", 2), ("2", "tea", 1))
        ]
        Erased.of(shop.paths).with_customer("c2").save(shop.paths)
        shop.extract()
        newest = max(shop.paths.landing.rglob("*.jsonl")).read_text()
        assert '"c2"' not in newest
        assert newest.count("tea") == (1 if settings else 2), "the totals stay"
        assert shop.new() == []


@pytest.mark.parametrize(
    ("access", "wanted"),
    [
        ({"token": TOKEN}, f"Bearer {TOKEN}"),
        ({"token": TOKEN, "header": "X-Api-Key"}, TOKEN),
        ({"token": TOKEN, "parameter": "key"}, TOKEN),
        ({"user": USER, "password": PASSWORD}, _basic(USER, PASSWORD)),
    ],
)
def test_the_server_knows_who_asks(api: Api, tmp_path: Path, access: dict[str, str], wanted: str) -> None:
    api.orders, api.access = [order(1), order(2), order(3)], wanted
    Shop(tmp_path, api, "link", access=access).extract()
    assert TOKEN not in "".join(one.read_text() for one in tmp_path.rglob("manifest.json"))
    api.access = "another"
    with pytest.raises(ExtractError, match="answered 401 Unauthorized") as refused:
        Shop(tmp_path, api, "link", access=access).extract()
    assert len(api.asked) < 8, "what will not pass is not tried again"
    assert not any(secret in str(refused.value) for secret in (TOKEN, PASSWORD))


def test_client_credentials_are_renewed(api: Api, tmp_path: Path) -> None:
    api.orders, api.access = [order(one) for one in range(1, 6)], "nobody yet"
    access = {"token_url": f"{api.url}/token", "client_id": "client", "client_secret": "s3cret-of-client"}

    def take_back(number: int) -> None:
        if number == 2:
            api.access = "taken back"

    api.before_page = take_back
    shop = Shop(tmp_path, api, access=access)
    assert shop.new() == [("orders/page/0001", 5)]
    assert api.tokens == 2
    shop.say(access=access | {"client_secret": "wr0ng"})
    with pytest.raises(ExtractError, match="/token answered 401") as refused:
        shop.extract()
    assert "wr0ng" not in str(refused.value)


@pytest.mark.parametrize(
    "fault",
    [
        status(500),
        status(502),
        status(429, Retry_After="0"),
        body(b'{"data": {"orders": [{"id": 1, "na'),
        body(b"<html>"),
        drip,
    ],
    ids=["500", "502", "429", "cut off", "HTML", "drip"],
)
def test_what_passes_is_tried_again_and_what_stays_stops(api: Api, tmp_path: Path, fault: Any) -> None:
    api.orders = [order(1), order(2), order(3)]
    shop = Shop(tmp_path, api, timeout_seconds=0.4)
    api.faults = [lambda _: False, fault]
    assert shop.new() == [("orders/page/0001", 3)]
    api.orders.append(order(4))
    api.faults = [lambda _: False, fault, fault]
    with pytest.raises(ExtractError, match="of client shop was not read") as refused:
        shop.extract()
    assert "\n" not in str(refused.value)
    assert len(deliveries(shop.paths.landing)) == 1, "nothing of half a reading"


def test_a_limit_is_kept_by_the_servers_own_words(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("extract.sources.rest.pages.LONGEST_WAIT", 0.2)
    api.orders, api.faults = [order(1)], [status(429, Retry_After="100")]
    Shop(tmp_path, api).extract()
    assert "next in 0.2 s" in caplog.text


@pytest.mark.parametrize("by", [{"total": "meta.total"}, {"total_header": "X-Total"}])
def test_fewer_records_than_promised_are_none(api: Api, tmp_path: Path, by: dict[str, str]) -> None:
    api.orders = [order(1), order(2), order(3)]
    api.promise = lambda number: number + 1
    shop = Shop(tmp_path, api, **by)
    with pytest.raises(ExtractError, match="read 3 times, and 3 records came where the server promises 4"):
        shop.extract()
    assert deliveries(shop.paths.landing) == []
    shop.say(**dict.fromkeys(by, "nowhere"))
    with pytest.raises(ExtractError, match="promises None records; expected a number"):
        shop.extract()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"pages": {"by": "page", "parameter": "seite"}}, "answers one page again and again"),
        ({"pages": {"by": "offset", "parameter": "skip"}}, "answers one page again and again"),
        ({"records": "orders"}, "has no orders, where records: says that they lie; the body has data, meta"),
        ({"records": "data"}, "has no list at data"),
        ({"lines": "items"}, "has no record with items, where lines: says"),
        ({"records": None}, "has no list at the whole of its body"),
        ({"key": ["number"], "columns": {"order_id": "number", "order_at": "created_at"}}, "a record without number"),
        ({**CURSOR, "cursor": "paid"}, "whose paid is 10.1; expected a moment"),
        ({"url": "http://127.0.0.1:1/x"}, "was not reached"),
        ({"url": "http://shop.example/x", "access": {"token": "t"}}, "expected https://"),
        ({"url": "${SHOP_API}/x"}, "needs SHOP_API, which is not set"),
        ({"access": {"token": "${SHOP_TOKEN}"}}, "needs SHOP_TOKEN, which is not set"),
    ],
)
def test_what_cannot_be_read_is_said(api: Api, tmp_path: Path, settings: dict[str, Any], expected: str) -> None:
    api.orders = [order(one) for one in range(1, 6)]
    with pytest.raises(ExtractError) as refused:
        Shop(tmp_path, api, **settings).extract()
    assert expected in str(refused.value)
    assert deliveries(tmp_path / "data" / "shop" / "landing") == []


def test_a_next_page_of_another_server_is_not_asked(api: Api, tmp_path: Path) -> None:
    api.faults = [body(b'{"data": {"orders": [{"id": 1}]}, "meta": {"next": "https://elsewhere.example/steal"}}')]
    with pytest.raises(ExtractError, match=r"leads to another server, elsewhere\.example"):
        Shop(tmp_path, api, "next_url", access={"token": TOKEN}).extract()
    api.faults = [status(302, Location="https://elsewhere.example/steal")]
    with pytest.raises(ExtractError, match="answered 302"):
        Shop(tmp_path, api, "next_url", access={"token": TOKEN}).extract()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"access": {"token": "s3cret"}}, "has the secret sources.orders.access.token written out"),
        (
            {"access": {"user": "${SHOP_A}", "password": "s3cret"}},
            "has the secret sources.orders.access.password written out",
        ),
        ({"access": {"user": "${SHOP_A}"}}, "expected one way: token:, or user: and password:"),
        ({"access": {"token": "${SHOP_A}", "user": "${SHOP_A}", "password": "${SHOP_A}"}}, "expected one way"),
        ({"pages": {"by": "page"}}, "by: page needs parameter:"),
        ({"pages": {"by": "cursor", "parameter": "c"}}, "by: cursor needs next:"),
        ({"cursor": "updated_at"}, "belong together"),
        ({"since": "2026-01-01"}, "are for a reading by cursor:"),
        ({**CURSOR, "until_parameter": "until"}, "needs since:"),
        ({**CURSOR, "deletions": None}, "expected deletions: marked"),
        ({"key": ["number"]}, "names number, which columns: does not map"),
    ],
)
def test_what_a_client_file_may_not_say(tmp_path: Path, changed: dict[str, Any], expected: str) -> None:
    fields = {"client": "shop", "name": "Shop", "currency": "EUR", "time_zone": "Europe/Berlin"}
    orders = ORDERS | {"url": "https://api.example/orders"} | changed
    (tmp_path / "shop.yml").write_text(yaml.safe_dump(fields | {"sources": {"orders": orders}}))
    with pytest.raises(ClientError) as refused:
        load_client("shop", tmp_path, {"A": "s3cret"})
    assert expected in str(refused.value)
    assert "s3cret" not in str(refused.value)

"""Records of a Stripe account to landing and raw: each once, however long, tied, changing, limited or faulty."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from contracts.client_file import ClientError, load_client
from contracts.paths import ClientPaths
from extract.errors import ExtractError
from extract.sources.stripe.access import missing
from privacy.erased import Erased
from storage.landing import deliveries
from tests.extract.live_client import DAY, NOW
from tests.extract.rest.api import body, drip, status
from tests.extract.stripe.account import PRIVATE, balance, charge, price, refund, subscription
from tests.extract.stripe.conftest import Client
from tests.extract.stripe.server import KEY, Account

CHARGES_ALONE: dict[str, Any] = dict.fromkeys(("refunds", "subscriptions"))


def test_what_changed_comes_once(server: Account, tmp_path: Path) -> None:
    charges = server.records["charges"]
    charges += [charge(number, 500) for number in range(1, 220)]  # all of one second, on several pages
    shop = Client(tmp_path, server, CHARGES_ALONE)
    assert shop.new() == [219]
    assert shop.ids() == [f"ch_{number:04}" for number in range(1, 220)]
    assert shop.new() == []
    # The same second, twice, and back; one that came late.
    for refunded in (100, 200, 100):
        charges[4] = charge(5, 500, amount_refunded=refunded)
        assert shop.new() == [1]
    charges.append(charge(300, 500, "2026-10-12T09:30:00"))
    assert shop.new() == [1]
    assert shop.new("payments") == []
    shop.load()
    assert shop.rows("select count(*), count(distinct order_id) from raw.orders where is_current") == [(220, 220)]


@pytest.mark.parametrize("at_question", range(1, 6))
def test_no_record_is_missed_that_comes_or_changes_while_pages_are_read(
    server: Account, tmp_path: Path, at_question: int
) -> None:
    charges = server.records["charges"]
    charges += [charge(number, 500, f"2026-10-{10 + number // 20}T10:00:00") for number in range(1, 250)]

    def change(number: int) -> None:
        if number == at_question:
            charges.append(charge(900, 700, "2026-10-31T12:00:00"))
            charges[7] = charge(8, 500, "2026-10-10T10:00:00", amount_refunded=1)

    server.before = change
    shop = Client(tmp_path, server, CHARGES_ALONE)
    shop.extract()
    server.before = lambda _: None
    shop.extract()
    assert sorted({*shop.ids()}) == [*(f"ch_{number:04}" for number in range(1, 250)), "ch_0900"]
    newest = {one["id"]: one for one in shop.landed("orders")}
    assert newest["ch_0008"]["amount_refunded"] == 1


def test_a_run_that_is_killed_anywhere_loses_and_doubles_nothing(server: Account, tmp_path: Path) -> None:
    days = [f"2026-{10 - number % 2:02}-15T10:00:{number:02}" for number in range(1, 13)]
    server.records["charges"] += [charge(number, 500, day) for number, day in enumerate(days, 1)]
    server.records["refunds"] += [refund(number, number, 100, "2026-10-20T10:00:00") for number in range(1, 4)]
    shop = Client(tmp_path, server, batch_size=5)
    assert shop.extract_killed() > 2
    shop.load()
    for table, key, number in (("orders", "order_id", 12), ("payments", "payment_id", 12), ("refunds", "refund_id", 3)):
        counts = shop.rows(f"select count(*), count(distinct {key}) from raw.{table} where is_current")
        assert counts == [(number, number)]


def test_a_first_reading_goes_by_months_and_goes_on_where_it_was_stopped(server: Account, tmp_path: Path) -> None:
    for number, day in enumerate(("07-01", "07-31", "08-01", "10-15"), 1):
        server.records["charges"].append(charge(number, 500, f"2026-{day}T00:00:00"))

    def stop(number: int) -> None:
        if number == 3:
            raise ConnectionResetError

    server.before = stop
    shop = Client(tmp_path, server, CHARGES_ALONE, since="2026-07-01", attempts=1)
    with pytest.raises(ExtractError, match="was not reached"):
        shop.extract()
    assert shop.ids() == ["ch_0001", "ch_0002", "ch_0003"]
    server.before = lambda _: None
    shop.extract()
    assert shop.ids() == ["ch_0001", "ch_0002", "ch_0003", "ch_0004"]


def test_amounts_are_those_that_came_in_and_fees_those_that_were_kept(server: Account, tmp_path: Path) -> None:
    dollars = charge(2, 1200, currency="usd", balance_transaction=balance("ch_2", 1111, 63))
    elsewhere = charge(3, 1300, balance_transaction=balance("ch_3", 1300, 50, "gbp"))
    authorised = charge(4, 1400, captured=False, balance_transaction=None)
    failed = charge(5, 1500, status="failed", paid=False, balance_transaction=None)
    server.records["charges"] += [charge(1, 1000, fee=54), dollars, elsewhere, authorised, failed]
    server.records["charges"].append(charge(6, 1600, livemode=False))
    server.records["refunds"] += [
        refund(1, 1, 250, "2026-10-30T12:00:00"),
        refund(2, 2, 1200, "2026-10-30T12:00:00", currency="usd", balance_transaction=balance("re_2", -1111)),
        refund(3, 1, 300, "2026-10-30T12:00:00"),
    ]
    shop = Client(tmp_path, server, {"subscriptions": None})
    shop.extract()
    shop.verified()
    amounts = "select order_id, kind, amount, fee_amount from raw.payments where is_current order by 1"
    assert shop.rows(amounts) == [
        ("ch_0001", "sale", Decimal("10.00"), Decimal("0.54")),
        ("ch_0002", "sale", Decimal("11.11"), Decimal("0.63")),
        ("ch_0004", "authorization", Decimal("14.00"), None),
        ("ch_0006", "sale", Decimal("16.00"), Decimal("0.00")),
    ]
    assert shop.rows("select order_id from raw.orders where is_test and is_current") == [("ch_0006",)]
    server.records["charges"][3] = charge(4, 1400, fee=70)  # captured
    server.records["refunds"][2] = refund(3, 1, 300, "2026-10-30T12:00:00", status="failed")
    shop.extract()
    shop.verified()
    assert shop.rows(amounts)[2] == ("ch_0004", "sale", Decimal("14.00"), Decimal("0.70"))
    paid_back = "select refund_id, refund_amount from raw.refunds where is_current order by 1"
    assert shop.rows(paid_back) == [("re_0001", Decimal("2.50")), ("re_0002", Decimal("11.11")), ("re_0003", 0)]


@pytest.mark.parametrize(
    ("currency", "amount", "expected"),
    [
        ("JPY", 1000, "1000"),
        ("ISK", 100000, "1000"),
        ("UGX", 250000, "2500"),
        ("MGA", 1000, "1000"),
        ("HUF", 99900, "999"),
    ],
)
def test_the_smallest_unit_is_that_of_the_currency_as_stripe_writes_it(
    server: Account, tmp_path: Path, currency: str, amount: int, expected: str
) -> None:
    low = currency.lower()
    server.records["charges"].append(
        charge(1, amount, currency=low, balance_transaction=balance("ch_1", amount, amount // 10, low))
    )
    shop = Client(tmp_path, server, CHARGES_ALONE, currency)
    shop.extract()
    shop.verified()
    assert shop.rows("select amount, fee_amount from raw.payments") == [(Decimal(expected), Decimal(expected) / 10)]


def test_subscriptions_have_the_price_of_a_month(server: Account, tmp_path: Path) -> None:
    start = "2026-10-02T00:00:00"
    server.records["charges"].append(charge(1, 1000))
    server.records["subscriptions"] += [
        subscription(1, price(1000), start, quantity=2),
        subscription(2, price(12000, "year"), start),
        subscription(3, price(700, "week", 2), start),
        subscription(4, price(3000), start, trial_end=1791331200, status="trialing"),
        subscription(5, price(3000), start, ended_at=1791331200, status="canceled"),
        subscription(6, price(3000), start, ended_at=1791331200, trial_end=1791331200, status="canceled"),
        subscription(7, price(None), start),
        subscription(8, price(3000, currency="usd"), start),
        subscription(9, price(3000), start, status="incomplete_expired"),
        subscription(10, price(3000), start, livemode=False),
        subscription(11, price(3000), start, quantity=None),
    ]
    shop = Client(tmp_path, server, {"refunds": None})
    shop.extract()
    shop.verified()
    columns = "subscription_id, cast(started_date as varchar), cast(ended_date as varchar), monthly_amount, plan"
    assert shop.rows(f"select {columns} from raw.subscriptions order by 1") == [
        ("sub_0001-si_0001", "2026-10-02", None, Decimal("20.00"), "prod_box"),
        ("sub_0002-si_0002", "2026-10-02", None, Decimal("10.00"), "prod_box"),
        ("sub_0003-si_0003", "2026-10-02", None, Decimal("15.17"), "prod_box"),
        ("sub_0004-si_0004", "2026-10-07", None, Decimal("30.00"), "prod_box"),
        ("sub_0005-si_0005", "2026-10-02", "2026-10-07", Decimal("30.00"), "prod_box"),
    ]
    server.records["subscriptions"][0]["items"]["has_more"] = True
    with pytest.raises(ExtractError, match="sub_0001 has more items than Stripe says at once"):
        shop.extract()


def test_payments_alone_belong_to_the_orders_of_a_shop(server: Account, tmp_path: Path) -> None:
    server.records["charges"].append(charge(7, 1000, fee=54))
    csv = tmp_path / "orders.csv"
    csv.write_text("id,at\n7,2026-10-30T09:00:00Z\n")
    columns = {"order_id": "id", "order_at": "at"}
    beside = CHARGES_ALONE | {
        "orders": {"kind": "files", "format": "csv", "path": str(csv), "columns": columns},
        "payments": {"kind": "stripe", "columns": {"order_id": "metadata.order_id"}},
    }
    shop = Client(tmp_path, server, beside)
    shop.extract()
    assert shop.landed("payments")[0]["metadata"] == {"order_id": "7"}


def test_nothing_of_a_person_is_landed_that_cannot_be_taken_out_again(server: Account, tmp_path: Path) -> None:
    server.records["charges"] += [charge(1, 1000), charge(2, 1000, customer=None)]
    server.records["refunds"].append(refund(1, 1, 100, "2026-10-30T12:00:00"))
    server.records["subscriptions"].append(subscription(501, price(1000), "2026-10-02T00:00:00"))
    shop = Client(tmp_path, server)
    shop.extract()
    assert shop.landed("orders")[0]["customer"] == "cus_501"
    assert "customer" not in shop.landed("payments")[0]
    texts = "".join(path.read_text() for path in shop.paths.landing.rglob("*.json*"))
    for secret in (PRIVATE, "4242", KEY):
        assert secret not in texts
    shop.paths = ClientPaths(tmp_path / "again", "shop")
    shop.paths.root.mkdir(parents=True)
    Erased.of(shop.paths).with_customer("cus_501").save(shop.paths)
    shop.extract()
    assert "cus_501" not in "".join(path.read_text() for path in shop.paths.landing.rglob("*.jsonl"))


PASSING = {
    "500": status(500),
    "429": status(429, Retry_After="0"),
    "409": status(503),
    "cut off": body(b'{"data": [{"id": "ch'),
    "drip": drip,
}


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_tried_again_and_what_stays_stops(server: Account, tmp_path: Path, name: str) -> None:
    server.records["charges"].append(charge(1, 500))
    shop = Client(tmp_path, server, CHARGES_ALONE, timeout_seconds=1 if name == "drip" else 10)
    server.faults = [PASSING[name]]
    shop.extract()
    server.records["charges"].append(charge(2, 500))
    server.faults = [PASSING[name]] * 2
    with pytest.raises(ExtractError, match="of client shop was not read: "):
        shop.extract()
    assert shop.ids() == ["ch_0001"], "nothing of half a reading"


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (status(404), "answered 404"),
        (body(b'{"error": {"message": "no"}}'), "has no data, where records: says that they lie"),
        (body(b'{"data": []}'), "has None at has_more; expected true or false"),
        (status(302, Location="https://elsewhere.example/steal"), "answered 302"),
    ],
)
def test_what_stays_is_said_at_once(server: Account, tmp_path: Path, fault: Any, expected: str) -> None:
    server.faults = [fault] * 9
    with pytest.raises(ExtractError) as refused:
        Client(tmp_path, server, CHARGES_ALONE, attempts=5).extract()
    assert expected in str(refused.value)
    assert len(server.asked) == 1, "what will not pass is not tried again"
    assert KEY not in str(refused.value)


def test_a_wrong_key_is_said_and_a_check_names_each_missing_right(server: Account, tmp_path: Path) -> None:
    with pytest.raises(ExtractError, match="Stripe refuses the key: Invalid API Key provided") as refused:
        Client(tmp_path, server, secret_key="rk_live_wr0ng").extract()  # noqa: S106 none
    assert "wr0ng" not in str(refused.value)
    with pytest.raises(ExtractError, match="needs SHOP_STRIPE_KEY, which is not set"):
        Client(tmp_path, server, secret_key="${SHOP_STRIPE_KEY}").extract()  # noqa: S106 none
    shop = Client(tmp_path, server)
    assert missing(shop.client, NOW) == []
    server.refused = ("refunds", "subscriptions")
    found = missing(shop.client, NOW)
    assert len(found) == 2
    assert "sources.refunds of client shop was not read: Stripe refuses it: The provided key" in found[0]
    assert "Having the 'rak_refund_read' permission" in found[0]
    assert "Having the 'rak_subscription_read' permission" in found[1]
    assert deliveries(shop.paths.landing) == []


def test_two_accounts_in_one_client_file_are_refused(server: Account, tmp_path: Path) -> None:
    with pytest.raises(ExtractError, match="have several keys; expected one account of Stripe in a client file"):
        Client(tmp_path, server, {"refunds": {"kind": "stripe", "secret_key": "other"}}).extract(DAY, NOW)


@pytest.mark.parametrize(
    ("shop", "expected"),
    [
        ({"secret_key": "s3cret"}, "has the secret sources.shop.secret_key written out"),
        ({"server": "https://evil.example"}, "expected https://api.stripe.com, or a server on this machine"),
        ({"server": "http://127.0.0.1.evil.example:1"}, "expected https://api.stripe.com"),
        ({"since": None}, "sources.orders.since"),
    ],
)
def test_what_a_client_file_may_not_say(tmp_path: Path, shop: dict[str, Any], expected: str) -> None:
    block = {"kind": "stripe", "secret_key": "${SHOP_A}", "since": "2026-01-01"}
    fields = {"client": "shop", "name": "Shop", "currency": "EUR", "time_zone": "Europe/Berlin"}
    block = {name: value for name, value in (block | shop).items() if value is not None}
    (tmp_path / "shop.yml").write_text(json.dumps(fields | {"sources": {"shop": block}}))
    with pytest.raises(ClientError) as refused:
        load_client("shop", tmp_path, {"A": "s3cret"})
    assert expected in str(refused.value)
    assert "s3cret" not in str(refused.value)

"""The demo's deliveries: complete through a date, once each, true to the truth, corrected when the demo changes."""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.client_file import Client
from contracts.deliveries import Delivery, Manifest
from contracts.paths import ClientPaths
from extract.sources.demo import DemoError
from extract.sources.demo.defects import NAMES
from extract.sources.demo.extract import extract as generate
from extract.sources.demo.orders import Shop
from extract.sources.demo.returns import returns_of
from extract.sources.demo.spans import Span, due_snapshots, due_spans
from storage.landing import check_file, deliveries, land, staged_file

NOW = datetime(2026, 11, 1, 7, tzinfo=UTC)
PARAMETERS = {"customers": 200}


def client_of(time_zone: str = "America/New_York", datasets: str = "customers orders returns", **demo: Any) -> Client:
    return Client.model_validate(
        {
            "client": "demo",
            "name": "Demo",
            "currency": "USD",
            "time_zone": time_zone,
            "sources": {name: {"kind": "demo"} for name in datasets.split()},
            "demo": demo,
        }
    )


def run(client: Client, data: Path, day: date) -> list[Manifest]:
    return generate(client, ClientPaths(data, "demo"), day, extracted_at=NOW, code_version="test")


def current(data: Path, dataset: str) -> dict[str, Manifest]:
    landing = ClientPaths(data, "demo").landing
    return {manifest.key: manifest for manifest in deliveries(landing) if manifest.dataset == dataset}


def lines_of(data: Path, dataset: str) -> list[str]:
    landing = ClientPaths(data, "demo").landing
    manifests = current(data, dataset).values()
    texts = [check_file(landing, manifest).read_text(encoding="utf-8") for manifest in manifests]
    assert [text.count("\n") for text in texts] == [manifest.rows for manifest in manifests]
    return [line for text in texts for line in text.splitlines()]


def truths(data: Path, dataset: str) -> list[dict[str, Any]]:
    paths = sorted((ClientPaths(data, "demo").truth / dataset).iterdir())
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def true_days(data: Path, dataset: str) -> dict[str, Counter[str]]:
    days: dict[str, Counter[str]] = {}
    for truth in truths(data, dataset):
        for day, measures in truth["days"].items():
            days.setdefault(day, Counter()).update(measures)
    return days


def cents(amount: str) -> int:
    return int(amount.replace(".", ""))


def local_day(moment: str, time_zone: str) -> str:
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(time_zone)).date().isoformat()


def test_the_demo_of_the_client_file_is_landed_whole(tmp_path: Path) -> None:
    made = run(client_of(), tmp_path, date(2026, 10, 31))
    assert Counter(manifest.dataset for manifest in made) == {"customers": 1, "orders": 24, "returns": 24}
    assert sum(len(json.loads(line)["items"]) for line in lines_of(tmp_path, "orders")) == 1_000
    assert len(lines_of(tmp_path, "customers")) == 200
    last = current(tmp_path, "orders")["2026-10"]
    assert (last.file, last.origin, last.logical_date) == ("orders_2026_10.json", "demo", date(2026, 10, 31))
    assert last.parameters["transactions"] == 1_000
    assert current(tmp_path, "customers")["2026-10-31"].file == "customers_2026_10_31.jsonl"


def fields(*nested: str) -> list[str]:
    return " ".join(nested).split()


def test_lines_have_the_fields_that_load_expects(tmp_path: Path) -> None:
    run(client_of(start=date(2026, 9, 1)), tmp_path, date(2026, 10, 31))
    order, returned, customer = (
        json.loads(lines_of(tmp_path, dataset)[0]) for dataset in ("orders", "returns", "customers")
    )
    amounts = "discount_amount tax_amount shipping_amount"
    assert list(order) == fields("order_id order_at status channel country customer_id", amounts, "items payments")
    assert list(order["items"][0]) == fields("line_number product_id quantity unit_price discount_amount")
    assert list(order["payments"][0]) == fields("payment_id attempt_number method status amount paid_at")
    assert list(returned) == fields(
        "return_id order_id line_number product_id customer_id quantity goods_amount tax_amount refund_amount "
        "returned_at reason"
    )
    assert list(customer) == fields(
        "customer_id first_name last_name email phone street city postal_code country segment signup_at"
    )


@pytest.mark.parametrize(
    ("start", "through", "time_zone"),
    [
        (date(2025, 10, 25), date(2025, 11, 8), "America/New_York"),  # the clocks go back on 2 November
        (date(2024, 2, 24), date(2024, 3, 11), "America/New_York"),  # 29 February; they go forward on 10 March
    ],
)
def test_day_by_day_lands_what_one_run_lands(tmp_path: Path, start: date, through: date, time_zone: str) -> None:
    client = client_of(
        time_zone, start=start, through=through, transactions=400, customers=40, defects={"late_row": 0.2}
    )
    daily, at_once = tmp_path / "daily", tmp_path / "at once"
    for offset in range((through - start).days + 1):
        run(client, daily, start + timedelta(days=offset))
    run(client, at_once, through)
    for dataset in ("orders", "returns"):
        assert sorted(lines_of(daily, dataset)) == sorted(lines_of(at_once, dataset))
        assert true_days(daily, dataset) == true_days(at_once, dataset)
        assert all(manifest.attempt == 1 for manifest in current(daily, dataset).values())
    assert lines_of(at_once, "orders")
    assert len(current(daily, "customers")) == (through - start).days + 1
    assert "2024-02-29" in current(daily, "orders") or start.year != 2024


def test_truth_is_what_the_files_say_in_plain_whole_numbers(tmp_path: Path) -> None:
    client = client_of("Asia/Kolkata", transactions=5_000, customers=300)
    run(client, tmp_path, date(2026, 10, 31))
    days: dict[str, Counter[str]] = {}
    bought: dict[tuple[str, int], int] = {}
    for order in map(json.loads, lines_of(tmp_path, "orders")):
        items, day = order["items"], days.setdefault(local_day(order["order_at"], "Asia/Kolkata"), Counter())
        is_sale = any(payment["status"] == "succeeded" for payment in order["payments"])
        assert not (is_sale and order["status"] == "cancelled")
        gross = sum(item["quantity"] * cents(item["unit_price"]) for item in items)
        discount = cents(order["discount_amount"]) + sum(cents(item["discount_amount"]) for item in items)
        tax, shipping = cents(order["tax_amount"]), cents(order["shipping_amount"])
        day.update(orders=1, items=len(items), sales=int(is_sale))
        units = sum(item["quantity"] for item in items)
        sums = {"units": units, "gross": gross, "discount": discount, "net": gross - discount, "tax": tax}
        sums |= {"shipping": shipping, "total": gross - discount + tax + shipping}
        day.update({name: value * is_sale for name, value in sums.items()})
        bought |= {(order["order_id"], item["line_number"]): item["quantity"] for item in items}
    assert true_days(tmp_path, "orders") == days
    returned: dict[str, Counter[str]] = {}
    for line in map(json.loads, lines_of(tmp_path, "returns")):
        assert line["quantity"] <= bought[line["order_id"], line["line_number"]]
        day = returned.setdefault(local_day(line["returned_at"], "Asia/Kolkata"), Counter())
        day.update(returns=1, units=line["quantity"], refunds=cents(line["goods_amount"]))
        day.update(paid_back=cents(line["refund_amount"]))
        assert cents(line["refund_amount"]) == cents(line["goods_amount"]) + cents(line["tax_amount"])
    assert true_days(tmp_path, "returns") == returned
    assert len(returned) > 50


def test_a_second_run_makes_only_the_days_delivery_and_the_same_bytes(tmp_path: Path) -> None:
    client = client_of(start=date(2026, 5, 1), transactions=300)
    run(client, tmp_path, date(2026, 10, 31))
    landed = ClientPaths(tmp_path, "demo").landing.glob("*/*/*/*")
    before = {path: path.stat().st_mtime_ns for path in landed}
    assert len(before) == 26
    again = run(client, tmp_path, date(2026, 10, 31))
    assert [manifest.delivery_id for manifest in again] == [
        "customers/2026-10-31/0001", "orders/2026-10/0001", "returns/2026-10/0001",
    ]  # fmt: skip
    earlier = run(client, tmp_path, date(2026, 5, 17))
    assert [manifest.delivery_id for manifest in earlier if manifest.dataset != "customers"] == [
        "orders/2026-05/0001",
        "returns/2026-05/0001",
    ]
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_other_sizes_make_every_delivery_again(tmp_path: Path) -> None:
    span = {"start": date(2026, 8, 1), "through": date(2026, 10, 10)}
    run(client_of(**span, transactions=900, customers=50), tmp_path, date(2026, 10, 10))
    corrected = run(client_of(**span, transactions=1_500, customers=80), tmp_path, date(2026, 9, 20))
    assert {manifest.key for manifest in corrected if manifest.dataset == "orders"} == {
        "2026-08", "2026-09", *(f"2026-10-{day:02d}" for day in range(1, 11)),
    }  # fmt: skip
    assert {manifest.attempt for manifest in corrected if manifest.dataset == "orders"} == {2}
    assert sum(len(json.loads(line)["items"]) for line in lines_of(tmp_path, "orders")) == 1_500
    assert current(tmp_path, "customers")["2026-10-10"].rows == 80
    assert sum(day["items"] for day in true_days(tmp_path, "orders").values()) == 1_500


@pytest.mark.parametrize("start", [date(2026, 10, 1), date(2028, 1, 1)])
def test_what_lies_before_a_later_start_is_delivered_empty(tmp_path: Path, start: date) -> None:
    run(client_of(start=date(2026, 9, 1), transactions=500), tmp_path, date(2026, 9, 30))
    through = date(start.year, 12, 31)
    run(client_of(start=start, through=through, transactions=500, customers=50), tmp_path, through)
    assert current(tmp_path, "orders")["2026-09"].rows == current(tmp_path, "returns")["2026-09"].rows == 0
    assert sum(len(json.loads(line)["items"]) for line in lines_of(tmp_path, "orders")) == 500
    customers = current(tmp_path, "customers")
    assert customers[through.isoformat()].rows == 50
    assert (customers["2026-09-30"].rows == 0) == (start.year == 2028)


def test_changed_defects_make_orders_again_and_nothing_else(tmp_path: Path) -> None:
    span = {"start": date(2026, 8, 1), "through": date(2026, 9, 30), "transactions": 1_000}
    run(client_of(**span), tmp_path, date(2026, 9, 30))
    made = run(client_of(**span, defects={"null_key": 0.5}), tmp_path, date(2026, 9, 30))
    assert [manifest.key for manifest in made if manifest.dataset == "returns"] == ["2026-09"]
    attempts = {dataset: [m.attempt for m in current(tmp_path, dataset).values()] for dataset in ("orders", "returns")}
    assert attempts == {"orders": [2, 2], "returns": [1, 1]}


def visible_defects(order: Mapping[str, Any], copies: int) -> set[str]:
    first = order["items"][0]
    found = {
        "duplicate_delivery": copies == 2,
        "null_key": order["order_id"] is None,
        "bad_type": not isinstance(first["quantity"], int),
        "orphan": order["customer_id"] == "C0000000" or first["product_id"] == "0",
        "negative_price": first["unit_price"].startswith("-"),
        "schema_drift": "loyalty_points" in order or "shipping_cost" in order,
    }
    return {name for name, is_found in found.items() if is_found}


def test_each_defect_is_injected_at_its_rate_and_named_in_the_truth(tmp_path: Path) -> None:
    rates = {name: 0.01 * (1 + position) for position, name in enumerate(NAMES)}
    size = {"start": date(2026, 8, 1), "transactions": 30_000, "customers": 500}
    run(client_of(**size, defects=rates), tmp_path, date(2026, 10, 31))
    named = {defect["order_id"]: defect for truth in truths(tmp_path, "orders") for defect in truth["defects"]}
    orders = sum(day["orders"] for day in true_days(tmp_path, "orders").values())
    for name, rate in rates.items():
        expected, spread = orders * rate, 5 * (orders * rate) ** 0.5
        assert abs(sum(defect["name"] == name for defect in named.values()) - expected) < spread
    lines = Counter(lines_of(tmp_path, "orders"))
    found: Counter[str] = Counter()
    for line, copies in lines.items():
        order = json.loads(line)
        seen = visible_defects(order, copies)
        if order["order_id"] is None:
            found["null_key"] += 1
        else:
            assert seen == {named[order["order_id"]]["name"]} - {"late_row"} if order["order_id"] in named else not seen
            found.update(seen)
    assert found == Counter(defect["name"] for defect in named.values() if defect["name"] != "late_row")
    details = {defect["detail"] for defect in named.values()}
    assert {"the customer is unknown", "shipping_amount is called shipping_cost"} < details
    run(client_of(**size), tmp_path / "clean", date(2026, 10, 31))
    clean = lines_of(tmp_path / "clean", "orders")
    still_to_come = len(clean) - orders
    assert 0 < still_to_come < 0.2 * 6 * len(clean) / 90
    changed = found.total() - found["duplicate_delivery"]
    assert len(set(clean) - set(lines)) == changed + still_to_come


def test_a_late_order_is_delivered_once_one_to_five_days_after_its_own(tmp_path: Path) -> None:
    span = {"start": date(2026, 10, 1), "through": date(2026, 10, 12), "transactions": 800}
    client = client_of(**span, defects={"late_row": 0.3})
    for day in range(1, 18):
        run(client, tmp_path, date(2026, 10, day))
    landing = ClientPaths(tmp_path, "demo").landing
    lags: Counter[int] = Counter()
    for key, manifest in current(tmp_path, "orders").items():
        for line in check_file(landing, manifest).read_text(encoding="utf-8").splitlines():
            day = local_day(json.loads(line)["order_at"], "America/New_York")
            lags[(date.fromisoformat(key) - date.fromisoformat(day)).days] += 1
    assert set(lags) == {0, 1, 2, 3, 4, 5}
    assert sum(lags.values()) == len(set(lines_of(tmp_path, "orders")))
    through = {day: measures for day, measures in true_days(tmp_path, "orders").items() if day <= "2026-10-12"}
    assert sum(measures["items"] for measures in through.values()) == 800


@pytest.mark.parametrize(
    ("demo", "day", "message"),
    [
        ({}, date(2024, 10, 31), r"no day 2024-10-31: it starts 2024-11-01 .* Choose a later date"),
        ({"defects": {"typo": 0.1}}, date(2026, 10, 31), r"names typo; expected some of duplicate_delivery, null_key"),
        ({"defects": {"orphan": 0.7, "null_key": 0.4}}, date(2026, 10, 31), r"at most 1 in all.*Lower them"),
        ({"defects": {"orphan": -0.1}}, date(2026, 10, 31), r"expected rates from 0 to 1"),
    ],
)
def test_a_demo_that_cannot_be_made_says_why(tmp_path: Path, demo: dict[str, Any], day: date, message: str) -> None:
    with pytest.raises(DemoError, match=message):
        run(client_of(**demo), tmp_path, day)
    assert not list(tmp_path.iterdir())


def test_only_datasets_of_kind_demo_are_made(tmp_path: Path) -> None:
    made = run(client_of(datasets="orders", transactions=50), tmp_path, date(2026, 10, 31))
    assert {manifest.dataset for manifest in made} == {"orders"}


def test_every_return_is_delivered_however_long_it_took(tmp_path: Path) -> None:
    client = client_of(transactions=5_000)
    run(client, tmp_path, date(2026, 10, 31))
    shop = Shop.of(client.demo, client.time_zone, date(2026, 10, 31))
    returns = returns_of(shop, 0, 5_000)
    assert len(lines_of(tmp_path, "returns")) == (returns.day <= shop.through_day).sum()


def test_files_that_a_shop_delivered_before_are_left_alone(tmp_path: Path) -> None:
    landing = ClientPaths(tmp_path, "demo").landing
    delivery = Delivery("orders", "raw_orders.csv", date(2026, 1, 1), "raw_orders.csv", "file")
    with staged_file(landing, delivery) as staged:
        staged.write_text("id\n1\n", encoding="utf-8")
        land(landing, delivery, staged, rows=1, extracted_at=NOW, code_version="test")
    run(client_of(start=date(2026, 10, 1)), tmp_path, date(2026, 10, 31))
    assert {key: m.attempt for key, m in current(tmp_path, "orders").items()} == {"raw_orders.csv": 1, "2026-10": 1}


START = date(2024, 1, 15)


@given(days=st.lists(st.dates(START, date(2024, 6, 30)), min_size=1, max_size=8))
def test_after_any_runs_every_day_through_the_latest_is_due_exactly_once(days: list[date]) -> None:
    landed: dict[str, dict[str, int]] = {}
    for day in days:
        due = due_spans(landed, PARAMETERS, START, day)
        assert [span.first for span in due] == sorted(span.first for span in due)
        assert any(span.covers(day) for span in due)
        again = [span.key for span in due if span.key in landed]
        assert all(Span.of(key).covers(day) for key in again)
        landed |= {span.key: PARAMETERS for span in due}
    covered = Counter(day for key in landed for day in Span.of(key).days())
    expected = [START + timedelta(days=offset) for offset in range((max(days) - START).days + 1)]
    assert {day: count for day, count in covered.items() if day >= START} == dict.fromkeys(expected, 1)


def test_a_month_that_is_over_is_one_delivery_unless_days_of_it_are_landed() -> None:
    assert [span.key for span in due_spans({}, PARAMETERS, date(2026, 9, 1), date(2026, 10, 2))] == [
        "2026-09", "2026-10-01", "2026-10-02",
    ]  # fmt: skip
    landed = {"2026-09-01": PARAMETERS}
    due = [span.key for span in due_spans(landed, PARAMETERS, date(2026, 9, 1), date(2026, 9, 30))]
    assert due == [f"2026-09-{day:02d}" for day in range(2, 31)]
    due = [span.key for span in due_spans({}, PARAMETERS, date(2026, 9, 28), date(2026, 9, 29))]
    assert due == ["2026-09-28", "2026-09-29"]


def test_snapshots_made_with_other_parameters_are_due_again() -> None:
    landed = {"2026-10-01": {"customers": 5}, "2026-10-02": PARAMETERS}
    assert [span.key for span in due_snapshots(landed, PARAMETERS, date(2026, 10, 3))] == ["2026-10-01", "2026-10-03"]

"""Datasets with a day of their own: a shop's own files of them, and what load, ledger and verify hold them to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from load.errors import LoadError
from load.verify_database import VerificationError
from tests.load.conftest import DAY, NESTED_SOURCES, Make, Shop, order

AD = {"spend_date": "2026-10-30", "channel": "search", "campaign": "brand", "spend_amount": "12.34"}
AD_COLUMNS = {"spend_date": "Tag", "channel": "Kanal", "spend_amount": "Kosten", "clicks": "Klicks"}


def with_source(make_shop: Make, dataset: str, columns: Mapping[str, str] | None = None, **options: Any) -> Shop:
    """A shop with the dataset in our own layout, or as files with these columns."""
    source = {"kind": "demo"} if columns is None else {"kind": "files", "path": "x", "columns": columns, **options}
    return make_shop({**NESTED_SOURCES, dataset: source})


def as_parquet(rows: list[dict[str, Any]]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return bytes(sink.getvalue())


def ads_of(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.rows(
        "select spend_date, channel, campaign, spend_amount, impressions, clicks from raw.ad_spend "
        "where is_current order by all"
    )


FILES = {
    "csv": b"Tag;Kanal;Kosten;Klicks\n31.10.2026;search;1.234,56;7\n30.10.2026;social;0;\n",
    "json": json.dumps(
        [
            {"Tag": "31.10.2026", "Kanal": "search", "Kosten": 1234.56, "Klicks": 7},
            {"Tag": "30.10.2026", "Kanal": "social", "Kosten": "0,00", "Klicks": None},
        ]
    ).encode(),
    "jsonl": b'{"Tag":"31.10.2026","Kanal":"search","Kosten":"1.234,56","Klicks":7}\n'
    b'{"Tag":"30.10.2026","Kanal":"social","Kosten":0}\n',
    "parquet": as_parquet(
        [
            {"Tag": date(2026, 10, 31), "Kanal": "search", "Kosten": 1234.56, "Klicks": 7.0},
            {"Tag": date(2026, 10, 30), "Kanal": "social", "Kosten": 0.0, "Klicks": None},
        ]
    ),
}


@pytest.mark.parametrize("layout", FILES)
def test_a_shops_own_ad_spend_in_any_format(make_shop: Make, layout: str) -> None:
    options = {"format": layout, "date_format": "%d.%m.%Y", "decimal": ",", "delimiter": ";"}
    shop = with_source(make_shop, "ad_spend", AD_COLUMNS, **options)
    shop.land_masters()
    shop.land("ad_spend", FILES[layout], file=f"ads.{layout}", count=2)
    shop.load()
    assert shop.reasons() == []
    assert ads_of(shop) == [
        (date(2026, 10, 30), "social", "all", Decimal("0.00"), None, None),
        (date(2026, 10, 31), "search", "all", Decimal("1234.56"), None, 7),
    ]
    assert shop.rows("select amount_landed, amount_loaded from raw.load_ledger where dataset = 'ad_spend'") == [
        (Decimal("1234.5600"), Decimal("1234.5600"))
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"spend_date": "2026-10-30T12:00"}, "spend_date is '2026-10-30T12:00'; expected a day from 1900 on, such as"),
        ({"spend_date": "2026-02-29"}, "spend_date is '2026-02-29'"),
        ({"spend_date": "0001-01-01"}, "spend_date is '0001-01-01'"),
        ({"spend_date": None}, "spend_date is null"),
        ({"channel": " "}, "channel is ' '; expected a name"),
        ({"campaign": None}, "campaign is null; expected a name"),
        ({"spend_amount": "-1.00"}, "spend_amount is '-1.00'; expected an amount from 0 to"),
        ({"spend_amount": "1.005"}, "spend_amount is '1.005'"),
        ({"clicks": "-1"}, "clicks is '-1'; expected a whole number from 0 to 999,999,999,999,999"),
        ({"impressions": 1.5}, "impressions is '1.5'"),
    ],
)
def test_a_bad_value_of_ad_spend_is_set_aside_with_its_reason(
    make_shop: Make, change: dict[str, Any], reason: str
) -> None:
    shop = with_source(make_shop, "ad_spend")
    shop.land("ad_spend", [AD, {**AD, "campaign": "generic", **change}])
    shop.load()
    assert len(ads_of(shop)) == 1
    (found,) = shop.reasons()
    assert found.startswith(reason)


def test_a_day_may_come_as_its_midnight_and_a_count_as_a_whole_decimal(make_shop: Make) -> None:
    shop = with_source(make_shop, "ad_spend")
    shop.land("ad_spend", [{**AD, "spend_date": "2026-10-30 00:00:00", "clicks": "7.0", "impressions": 0}])
    shop.load()
    assert ads_of(shop) == [(date(2026, 10, 30), "search", "brand", Decimal("12.34"), 0, 7)]


def test_a_day_delivered_again_replaces_itself(make_shop: Make) -> None:
    shop = with_source(make_shop, "ad_spend")
    days = [{**AD, "spend_date": f"2026-10-{day}"} for day in (28, 29, 30)]
    shop.land("ad_spend", days, key="2026-10", day=date(2026, 10, 30))
    shop.load()
    shop.land("ad_spend", [days[0], {**days[1], "spend_amount": "13.00"}], key="2026-10-31", day=DAY)
    shop.load()
    assert [row[3] for row in ads_of(shop)] == [Decimal("12.34"), Decimal("13.00"), Decimal("12.34")]
    shop.land("ad_spend", days[:2], key="2026-10", day=date(2026, 10, 30))
    shop.load()
    assert [row[0] for row in ads_of(shop)] == [date(2026, 10, 28), date(2026, 10, 29)]


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        (
            "update raw.ad_spend set spend_amount = 12.35",
            "raw: gross of ad_spend/2026-10/0001 on 2026-10-30: expected 12.3400 by the file, found 12.3500",
        ),
        (
            "update raw.ad_spend set spend_date = date '2026-10-29'",
            "raw: gross of ad_spend/2026-10/0001 on 2026-10-29: expected 0.0000 by the file, found 12.3400",
        ),
        ("delete from raw.ad_spend", "raw: rows loaded of ad_spend/2026-10/0001: expected 1, found 0"),
        (
            "insert into raw.ad_spend from raw.ad_spend",
            (
                "raw.ad_spend: current rows per spend_date, channel, campaign: expected one, "
                "found 1 keys with more, for example 2026-10-30, search, brand with 2"
            ),
        ),
        (
            "update raw.ad_spend set spend_date = date '2026-11-01'",
            (
                "raw.ad_spend: spend_date: expected no day after 2026-10-31, "
                "found 1 later ones, the last 2026-11-01 (campaign brand)"
            ),
        ),
    ],
)
def test_verify_sees_ad_spend_that_is_not_as_landed(make_shop: Make, statement: str, finding: str) -> None:
    shop = with_source(make_shop, "ad_spend")
    shop.land_masters()
    shop.land("ad_spend", [AD])
    shop.load()
    shop.change(statement)
    with pytest.raises(VerificationError) as caught:
        shop.verify()
    assert finding in map(str, caught.value.findings)


def test_a_source_of_ad_spend_can_be_added_to_a_warehouse_that_has_rows(make_shop: Make) -> None:
    before = make_shop()
    before.land_masters()
    before.load()
    after = with_source(make_shop, "ad_spend")
    after.land("ad_spend", [AD])
    after.load()
    assert len(ads_of(after)) == 1
    with pytest.raises(LoadError, match=r"another sources.ad_spend than when raw was loaded"):
        before.load()


STOCK = {"stock_date": "2026-10-30", "product_id": "P1", "stock_on_hand": 5, "received_units": 0}


def test_a_shops_own_inventory_may_leave_out_what_was_received_and_be_below_zero(make_shop: Make) -> None:
    columns = {"stock_date": "day", "product_id": "sku", "stock_on_hand": "level"}
    shop = with_source(make_shop, "inventory", columns, format="csv")
    shop.land_masters()
    shop.land("inventory", "day,sku,level\n2026-10-30,P1,-2\n2026-10-31,P1,7.0\n", file="s.csv", count=2)
    shop.load()
    assert shop.rows("select stock_date, stock_on_hand, received_units from raw.inventory order by 1") == [
        (date(2026, 10, 30), -2, None),
        (date(2026, 10, 31), 7, None),
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"product_id": None}, "product_id is null; expected an id"),
        ({"stock_on_hand": "1.5"}, "stock_on_hand is '1.5'; expected a whole number from -999,999,999 to 999,999,999"),
        ({"stock_on_hand": None}, "stock_on_hand is null"),
        ({"received_units": -1}, "received_units is '-1'; expected a whole number from 0 to 999,999,999,999,999"),
    ],
)
def test_a_bad_value_of_inventory_is_set_aside_with_its_reason(
    make_shop: Make, change: dict[str, Any], reason: str
) -> None:
    shop = with_source(make_shop, "inventory")
    shop.land("inventory", [{**STOCK, "stock_date": "2026-10-29", **change}, STOCK])
    shop.load()
    (found,) = shop.reasons()
    assert found.startswith(reason)


def test_verify_sees_stock_of_products_that_nobody_delivers_and_of_days_to_come(make_shop: Make) -> None:
    shop = with_source(make_shop, "inventory")
    shop.land_masters()
    shop.land("inventory", [{**STOCK, "product_id": "P9", "stock_date": "2026-11-01"}])
    shop.load()
    with pytest.raises(VerificationError) as caught:
        shop.verify()
    found = [str(finding) for finding in caught.value.findings if finding.table == "raw.inventory"]
    assert [finding.split(": ")[1] for finding in found] == ["product_id in raw.products", "stock_date"]


EVENT = {
    "event_id": "e1",
    "event_at": "2026-10-30T23:30:00Z",  # the 31st in Berlin
    "event_type": "view",
    "channel": "web",
    "product_id": "P1",
    "event_count": 1,
}


def events_of(shop: Shop) -> list[tuple[Any, ...]]:
    return shop.rows(
        "select event_id, event_date, event_type, channel, product_id, event_count from raw.events "
        "where is_current order by all"
    )


def test_single_events_lie_on_their_local_day_and_count_once_however_often_they_are_delivered(make_shop: Make) -> None:
    shop = with_source(make_shop, "events")
    shop.land("events", [EVENT, EVENT], key="a")
    shop.land("events", [EVENT, {**EVENT, "event_id": "e2", "product_id": None, "event_count": 7}], key="b")
    shop.load()
    assert events_of(shop) == [
        ("e1", date(2026, 10, 31), "view", "web", "P1", 1),
        ("e2", date(2026, 10, 31), "view", "web", None, 7),
    ]
    assert shop.rows("select rows_duplicate from raw.load_ledger order by delivery_id") == [(1,), (0,)]


def test_a_file_of_daily_counts_needs_no_ids_and_a_corrected_one_replaces_them(make_shop: Make) -> None:
    columns = {"event_at": "day", "event_type": "name", "channel": "medium", "event_count": "n"}
    values = {"event_type": {"page_view": "view", "session_start": "session"}}
    shop = with_source(make_shop, "events", columns, format="csv", values=values)
    shop.land_masters()
    shop.land("orders", [order()])
    header = "day,name,medium,n\n"
    shop.land(
        "events",
        f"{header}2026-10-30,session_start,web,5\n2026-10-30,page_view,web,9\n2026-10-30,page_view,web,10\n",
        key="a",
        day=date(2026, 10, 30),
        file="e.csv",
        count=3,
    )
    shop.land(
        "events", f"{header}2026-10-30,session_start,web,6\n2026-10-31,page_view,,\n", key="b", file="e.csv", count=2
    )
    shop.load()
    assert shop.reasons() == [
        (
            "event_at 2026-10-29 23:00:00, channel web, event_type view, product_id null comes again in line 4 "
            "with other content; the last one counts"
        )
    ]
    assert [row[1:] for row in events_of(shop)] == [
        (date(2026, 10, 30), "session", "web", None, 6),
        (date(2026, 10, 30), "view", "web", None, 10),
        (date(2026, 10, 31), "view", "unknown", None, 1),
    ]
    shop.verify()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"event_id": None}, "event_id is null; expected an id"),
        ({"event_at": "yesterday"}, "event_at is 'yesterday'; expected a date or timestamp"),
        ({"event_type": "hover"}, "event_type is 'hover'; expected one of session, view, cart, checkout, purchase"),
        ({"channel": ""}, "channel is ''; expected a name"),
        ({"event_count": "many"}, "event_count is 'many'; expected a whole number from 0 to 999,999,999,999,999"),
    ],
)
def test_a_bad_value_of_events_is_set_aside_with_its_reason(
    make_shop: Make, change: dict[str, Any], reason: str
) -> None:
    shop = with_source(make_shop, "events")
    shop.land("events", [{**EVENT, "event_id": "e0", **change}, EVENT])
    shop.load()
    (found,) = shop.reasons()
    assert found.startswith(reason)


PERIOD = {
    "subscription_id": "S1",
    "customer_id": "C1",
    "plan": "basic",
    "started_date": "2026-09-01",
    "ended_date": None,
    "monthly_amount": "9.99",
}


def test_a_period_told_again_with_its_end_takes_the_place_of_the_open_one(make_shop: Make) -> None:
    shop = with_source(make_shop, "subscriptions")
    shop.land_masters()
    shop.land("orders", [order()])
    shop.land("subscriptions", [PERIOD], key="a", day=date(2026, 10, 1))
    shop.load()
    moved = {**PERIOD, "started_date": "2026-10-15", "plan": None, "monthly_amount": "19.99"}
    shop.land("subscriptions", [{**PERIOD, "ended_date": "2026-10-15"}, moved], key="b", day=DAY)
    shop.load()
    assert shop.rows("select started_date, ended_date, monthly_amount from raw.subscriptions where is_current") == [
        (date(2026, 9, 1), date(2026, 10, 15), Decimal("9.99")),
        (date(2026, 10, 15), None, Decimal("19.99")),
    ]
    shop.verify()
    shop.change("update raw.subscriptions set monthly_amount = 20 where plan is null")
    with pytest.raises(VerificationError, match=r"money loaded of subscriptions/b/0001: expected 29.9800, found 29.99"):
        shop.verify(full=True)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {"ended_date": "2026-08-31"},
            "ended_date 2026-08-31 is before started_date 2026-09-01; expected the first day",
        ),
        ({"ended_date": "soon"}, "ended_date is 'soon'; expected a day from 1900 on"),
        ({"monthly_amount": None}, "monthly_amount is null; expected an amount"),
        ({"customer_id": ""}, "customer_id is ''; expected an id"),
    ],
)
def test_a_bad_value_of_subscriptions_is_set_aside_with_its_reason(
    make_shop: Make, change: dict[str, Any], reason: str
) -> None:
    shop = with_source(make_shop, "subscriptions")
    shop.land("subscriptions", [{**PERIOD, "subscription_id": "S0", **change}, PERIOD])
    shop.load()
    (found,) = shop.reasons()
    assert found.startswith(reason)


WEATHER = {"weather_date": "2026-10-30", "country": "DE", "temperature": "-3.25", "precipitation": None}


def test_a_shops_own_weather_may_be_below_zero_and_leave_out_the_rain(make_shop: Make) -> None:
    columns = {"weather_date": "day", "country": "land", "temperature": "t"}
    shop = with_source(make_shop, "weather", columns, format="csv", decimal=",", delimiter=";")
    shop.land("weather", "day;land;t\n2026-10-30;DE;-3,25\n2026-10-31;DE;\n", file="w.csv", count=2)
    shop.load()
    assert shop.rows("select weather_date, temperature, precipitation from raw.weather order by 1") == [
        (date(2026, 10, 30), Decimal("-3.25"), None),
        (date(2026, 10, 31), None, None),
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"country": None}, "country is null; expected a name"),
        ({"temperature": "mild"}, "temperature is 'mild'; expected degrees from -999.99 to 999.99"),
        ({"precipitation": "-1"}, "precipitation is '-1'; expected an amount"),
    ],
)
def test_a_bad_value_of_weather_is_set_aside_with_its_reason(
    make_shop: Make, change: dict[str, Any], reason: str
) -> None:
    shop = with_source(make_shop, "weather")
    shop.land("weather", [{**WEATHER, "weather_date": "2026-10-29", **change}, WEATHER])
    shop.load()
    (found,) = shop.reasons()
    assert found.startswith(reason)

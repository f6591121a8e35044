"""What lies in the demo's store: never less than is sold, filled up in rounds, and now and then sold out."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts.client_file import Client
from contracts.demo import Demo
from contracts.paths import ClientPaths
from extract.sources.demo.extract import extract as generate
from extract.sources.demo.inventory import LOOK_AHEAD_DAYS, LOOK_BACK_DAYS, Stock, stock_of
from extract.sources.demo.orders import CHANNELS, Shop
from extract.sources.demo.sales import DailySales
from storage.landing import deliveries

NOW = datetime(2026, 11, 1, 7, tzinfo=UTC)
FIRST, LAST = date(2024, 11, 1), date(2026, 10, 31)


def shop_of(**demo: Any) -> Shop:
    return Shop.of(Demo(**demo), "America/New_York", LAST + timedelta(days=200))


def between(shop: Shop, first: date, last: date) -> tuple[DailySales, Stock]:
    sales = DailySales.of(shop, first - timedelta(days=LOOK_BACK_DAYS), last + timedelta(days=LOOK_AHEAD_DAYS))
    return sales, stock_of(shop, sales, shop.timeline.number(first), shop.timeline.number(last))


def test_daily_sales_are_those_of_the_orders() -> None:
    shop = shop_of(transactions=20_000)
    bounds = shop.order_bounds(0, 20_000)
    orders = shop.orders(bounds[:-1], np.diff(bounds))
    placed, paid, units = Counter[tuple[int, int]](), Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for position, (day, channel) in enumerate(zip(orders.day.tolist(), orders.channel.tolist(), strict=True)):
        placed[day, channel] += 1
        paid[day, channel] += int(orders.is_paid[position])
    for order, product, quantity in zip(
        orders.items.order.tolist(), orders.items.product.tolist(), orders.items.quantity.tolist(), strict=True
    ):
        units[int(orders.day[order]), product] += quantity * int(orders.is_paid[order])
    sales = DailySales.of(shop, FIRST, LAST)
    for found, expected in ((sales.orders, placed), (sales.sales, paid), (sales.units, units)):
        cells = {(sales.first + day, column): int(found[day, column]) for day, column in np.argwhere(found).tolist()}
        assert cells == {cell: count for cell, count in expected.items() if count}
    assert sales.orders.shape == (730, len(CHANNELS))


@pytest.mark.parametrize("size", [1_000, 60_000])
def test_stock_is_what_was_there_and_came_less_what_was_sold_and_never_below_zero(size: int) -> None:
    sales, stock = between(shop_of(transactions=size), FIRST, LAST)
    before = np.vstack([np.zeros_like(stock.on_hand[:1]), stock.on_hand[:-1]])
    assert (before + stock.received - sales.units[: len(before)] == stock.on_hand).all()
    assert stock.on_hand.min() == 0
    assert stock.received.min() == 0
    assert (stock.received[0] > 0).all()


def test_stock_runs_out_now_and_then_but_every_product_is_there_most_of_the_time() -> None:
    _, stock = between(shop_of(transactions=200_000), FIRST, LAST)
    share = (stock.on_hand == 0).mean(axis=0)
    assert (share > 0).sum() > 10
    assert share.max() < 0.1
    rounds = (stock.received > 0).sum(axis=0)
    assert rounds.min() > 30
    assert rounds.max() <= 1 + -(-730 // 14)


def test_any_days_are_the_same_by_themselves() -> None:
    shop = shop_of(transactions=5_000)
    _, whole = between(shop, FIRST, LAST)
    for first, last in ((0, 0), (0, 20), (13, 13), (200, 230), (700, 729)):
        _, part = between(shop, FIRST + timedelta(days=first), FIRST + timedelta(days=last))
        assert (part.on_hand == whole.on_hand[first : last + 1]).all()
        assert (part.received == whole.received[first : last + 1]).all()


def test_the_configured_demo_stocks_the_same_everywhere() -> None:
    _, stock = between(shop_of(), FIRST, LAST)
    figures = (int(stock.on_hand.sum()), int(stock.received.sum()), int((stock.on_hand == 0).sum()))
    assert figures == (30889, 1509, 150), "if that is meant, raise GENERATOR and change these figures"


def test_stock_is_delivered_by_month_and_day_with_its_truth(tmp_path: Path) -> None:
    sources = {name: {"kind": "demo"} for name in ("orders", "inventory")}
    client = Client.model_validate(
        {
            "client": "demo",
            "name": "Demo",
            "currency": "USD",
            "time_zone": "America/New_York",
            "sources": sources,
            "demo": {"start": "2026-09-10", "transactions": 500},
        }
    )
    daily, at_once = ClientPaths(tmp_path / "daily", "demo"), ClientPaths(tmp_path / "at once", "demo")
    generate(client, at_once, date(2026, 10, 2), extracted_at=NOW, code_version="test")
    for day in (date(2026, 9, 28), date(2026, 10, 1), date(2026, 10, 2)):
        generate(client, daily, day, extracted_at=NOW, code_version="test")
    lines: dict[Path, list[str]] = {}
    for paths in (daily, at_once):
        landed = [one for one in deliveries(paths.landing) if one.dataset == "inventory"]
        texts = [one.data_file(paths.landing).read_text(encoding="utf-8") for one in landed]
        lines[paths.root] = sorted(line for text in texts for line in text.splitlines())
        for one, text in zip(landed, texts, strict=True):
            days: dict[str, Counter[str]] = {}
            for line in map(json.loads, text.splitlines()):
                on_hand = line["stock_on_hand"]
                counts = {"on_hand": on_hand, "received": line["received_units"], "stock_outs": int(on_hand == 0)}
                days.setdefault(line["stock_date"], Counter()).update(products=1, **counts)
            truth = json.loads((paths.truth / "inventory" / f"{one.key}.json").read_text(encoding="utf-8"))
            assert truth["days"] == days
    assert lines[daily.root] == lines[at_once.root]
    assert len(lines[daily.root]) == 23 * 20
    assert json.loads(lines[daily.root][0]).keys() == {
        "stock_date", "product_id", "stock_on_hand", "received_units",
    }  # fmt: skip

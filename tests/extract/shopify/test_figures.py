"""One shop from Shopify to the published figures: what is added up here from the invented records, to the cent."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from contracts.client_file import load_client
from contracts.paths import ClientPaths
from tests.extract.shopify.server import CLIENT_ID, CLIENT_SECRET, Shopify
from tests.extract.shopify.shop import (
    Record,
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
from tests.readme.typed import typed

pytestmark = pytest.mark.needs("shopify schema")
CHECKOUT = Path(__file__).parents[3]
PAGE = CHECKOUT / "docs" / "how-to" / "shopify.md"


def example(server: Shopify, folder: Path) -> None:
    """The client file of the page, for the played shop."""
    first = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]
    (folder / "clients").mkdir()
    (folder / "clients" / "my_shop.yml").write_text(first.replace("example.myshopify.com", server.url))


def invented() -> list[Record]:
    """Orders of every kind that changes figures."""
    at = [f"2026-10-{day:02}T10:00:00Z" for day in range(32)]
    inside = paid(
        order(
            1001,
            [
                line(11, 1, "11.90", 2, discounts=["1.90", "2.00"], tax="3.17", cost="4.00"),
                line(12, 2, "5.35", tax="0.35"),
            ],
            at[1], shippingLines=[shipping(1, "4.90", "0.78")],
        ),
        1, fee="0.70",
    )  # fmt: skip
    cards = order(
        1002, [line(21, 3, "50.00", is_gift_card=True), line(22, None, "3.00", 2, title="Handmade", tax="0.60")], at[2],
        taxesIncluded=False, totalTipReceivedSet="2.00",
    )  # fmt: skip
    returned = paid(order(1003, [line(31, 1, "10.00", 3, tax="4.79", cost="4.00")], at[3], customer=None), 3)
    returned["refunds"] = [
        refund(301, "10.00", at=at[5], lines=[refund_line(1, returned["lineItems"][0], 1, "10.00", "1.60")])
    ]
    cancelled = order(1004, [line(41, 1, "20.00", tax="3.19")], at[4], cancelledAt=at[6], cancelReason="CUSTOMER")
    tried = order(1005, [line(51, 1, "999.00", tax="159.50")], at[4], test=True)
    tip = order(
        1006, [line(61, 1, "10.00", tax="1.60"), line(62, None, "3.00", title="Tip")], at[7], totalTipReceivedSet="3.00"
    )
    fee = paid(order(1007, [line(71, 2, "20.00", tax="3.19"), line(72, 1, "8.00", tax="1.28")], at[8]), 7)
    fee["refunds"] = [
        refund(701, "15.00", at=at[9], lines=[refund_line(2, fee["lineItems"][0], 1, "20.00", "3.19", "NO_RESTOCK")])
    ]
    posted = paid(
        order(
            1008, [line(81, 1, "30.00", tax="6.00")], at[9], taxesIncluded=False,
            shippingLines=[shipping(2, "5.00", "1.00"), shipping(3, "2.00", "0.40")],
        ),
        8,
    )  # fmt: skip
    posted["refunds"] = [
        refund(
            801, "42.00", at=at[10], lines=[refund_line(3, posted["lineItems"][0], 1, "30.00", "6.00")],
            postage=[("5.00", "1.00")],
        )
    ]  # fmt: skip
    duties = order(
        1009, [line(91, 2, "40.00")], at[10], taxesIncluded=False, originalTotalDutiesSet="6.50",
        originalTotalAdditionalFeesSet="1.25",
    )  # fmt: skip
    exchange = paid(order(1010, [line(101, 1, "12.00", tax="1.92")], at[11]), 10)
    exchange["refunds"] = [
        refund(1011, "0.00", at=at[12], lines=[refund_line(4, exchange["lineItems"][0], 1, "12.00", "1.92")])
    ]
    tries = order(1011, [line(200 + number, 1, "1.07", tax="0.07") for number in range(25)], at[13])
    tries["transactions"] = [
        transaction(111, "26.75", status="FAILURE", at=at[13]),
        transaction(112, "26.75", "AUTHORIZATION", at=at[13]),
        transaction(113, "26.75", "CAPTURE", at=at[14], fees=["0.55", "0.10"]),
        transaction(114, "26.75", status="PENDING", at=at[14]),
    ]
    goodwill = paid(order(1012, [line(121, 2, "50.00")], at[15], taxesIncluded=False), 12)
    goodwill["refunds"] = [refund(1201, "5.00", at=at[16])]
    return [inside, cards, returned, cancelled, tried, tip, fee, posted, duties, exchange, tries, goodwill]


def amount(one: Record, *names: str) -> Decimal:
    """The sum of what stands at the end of some lists."""
    if not names:
        return Decimal(one or 0)  # type: ignore[arg-type]
    below = one[names[0]]
    parts: Sequence[Any] = below if isinstance(below, list) else [below]
    return sum((amount(part, *names[1:]) for part in parts), Decimal())


def expected(orders: list[Record]) -> dict[str, dict[str, tuple[Decimal, ...]]]:
    """By day: orders, net, tax, shipping, tips, duties and fees, gift cards; and goods and money paid back."""
    sold: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal()] * 7)
    back: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal()] * 2)
    for one in orders:
        if one["test"]:
            continue
        is_inside = one["taxesIncluded"]
        lines = [item for item in one["lineItems"] if item["title"] != "Tip"]
        goods = [item for item in lines if not item["isGiftCard"]]
        price = amount({"lines": goods}, "lines", "originalTotalSet")
        taken = amount({"lines": goods}, "lines", "discountAllocations", "allocatedAmountSet")
        line_tax, post_tax = (
            amount(two, "taxLines", "priceSet")
            for two in (
                {"taxLines": [t for g in goods for t in g["taxLines"]]},
                {"taxLines": [t for s in one["shippingLines"] for t in s["taxLines"]]},
            )
        )
        post = amount(one, "shippingLines", "discountedPriceSet")
        cards = sum((Decimal(item["originalTotalSet"]) for item in lines if item["isGiftCard"]), Decimal())
        duties = Decimal(one["originalTotalDutiesSet"] or 0) + Decimal(one["originalTotalAdditionalFeesSet"] or 0)
        net, shipped = (price - taken - line_tax, post - post_tax) if is_inside else (price - taken, post)
        values = (
            Decimal(bool(goods)),
            net,
            line_tax + post_tax,
            shipped,
            Decimal(one["totalTipReceivedSet"]),
            duties,
            cards,
        )
        day = one["processedAt"][:10]
        sold[day] = [old + new for old, new in zip(sold[day], values, strict=True)]
        for refunded in one["refunds"]:
            lines_back, paid_back = refunded["refundLineItems"], Decimal(refunded["totalRefundedSet"])
            value = sum(
                (
                    Decimal(item["subtotalSet"]) - (Decimal(item["totalTaxSet"]) if is_inside else 0)
                    for item in lines_back
                ),
                Decimal(),
            )
            day = refunded["processedAt"][:10]
            # An amount alone is of the goods here, as its order has nothing else.
            back[day] = [back[day][0] + (value if lines_back else paid_back), back[day][1] + paid_back]
        if one["cancelledAt"]:
            day = one["cancelledAt"][:10]
            back[day] = [back[day][0] + net, back[day][1]]
    return {
        "sold": {day: tuple(values) for day, values in sold.items()},
        "back": {day: tuple(values) for day, values in back.items()},
    }


SOLD = """
select cast(order_date as varchar), sum(cast(is_sale as integer)), sum(net), sum(tax), sum(shipping), sum(tips),
    sum(duties + fees), sum(gift_cards)
from core.fct_orders where not is_test group by 1
"""
BACK = "select cast(refunded_date as varchar), sum(goods_amount), sum(refund_amount) from core.fct_refunds group by 1"


@pytest.mark.system
@pytest.mark.xdist_group("presets")
def test_a_shop_is_published_to_the_cent(
    server: Shopify, tmp_path: Path, give_parsed_project: Callable[[ClientPaths], None]
) -> None:
    server.orders = invented()
    server.customers = [customer(501, "Anna")]
    server.products = [
        product(1, "Tea"),
        product(2, "Cup", costs=["1.00", "2.00"]),
        product(3, "Card", is_gift_card=True),
    ]
    example(server, tmp_path)
    give_parsed_project(ClientPaths(tmp_path / "data", "my_shop"))
    places = {"SALES_DATA_DIR": str(tmp_path / "data"), "SALES_CLIENTS_DIR": str(tmp_path / "clients")}
    secrets = {"SHOPIFY_CLIENT_ID": CLIENT_ID, "SHOPIFY_CLIENT_SECRET": CLIENT_SECRET}
    night = subprocess.run(
        [sys.executable, "-m", "tests.cases.night", "2026-11-05"],
        cwd=CHECKOUT,
        env={**os.environ, **places, **secrets, "SALES_CLIENT": "my_shop"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert night.returncode == 0, night.stdout + night.stderr
    assert CLIENT_SECRET not in night.stdout + night.stderr
    published = tmp_path / "data" / "my_shop" / "published" / "sales_analytics.duckdb"
    wanted = expected(server.orders)
    with duckdb.connect(str(published), read_only=True) as con:
        assert {day: tuple(values) for day, *values in con.execute(SOLD).fetchall()} == wanted["sold"]
        assert {day: tuple(values) for day, *values in con.execute(BACK).fetchall()} == wanted["back"]
        (total,) = con.execute("select sum(net_sales) from marts.mart_daily_sales").fetchall()[0]
        assert total == sum(day[1] for day in wanted["sold"].values()) - sum(day[0] for day in wanted["back"].values())
        (restocked,) = con.execute("select sum(units_restocked) from core.fct_refunds").fetchall()[0]
        assert restocked == 3, "of four units that were paid back"
        captured = "select captured from core.fct_orders where order_id = '1011'"
        assert con.execute(captured).fetchall() == [(Decimal("26.75"),)]
        fees = "select payment_id, fee from core.fct_payments where fee > 0 order by all"
        assert con.execute(fees).fetchall() == [("1", Decimal("0.70")), ("113", Decimal("0.65"))]
        attributes = "select distinct region, city, postal_code, payment_status, fulfilment_status from core.fct_orders"
        assert con.execute(attributes).fetchall() == [("BY", "Fürth", None, "PAID", "FULFILLED")]


def test_what_the_page_has_one_type_brings_the_shop(
    server: Shopify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.orders = [paid(order(1001, [line(11, 1, "12.50", 2, discounts=["2.50"], tax="3.59")]), 1)]
    server.customers, server.products = [customer(501, "Anna")], [product(1, "Tea")]
    example(server, tmp_path)
    monkeypatch.setenv("SHOPIFY_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("SHOPIFY_CLIENT_SECRET", CLIENT_SECRET)
    page = PAGE.read_text(encoding="utf-8")
    said = typed("".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL)), tmp_path)
    assert re.search(r"│ 1001 +│ 1 +│ +2\.000 │ +12\.5000 │ +2\.50 │", said)


def test_the_blocks_beside_it_on_the_page_are_sources(tmp_path: Path) -> None:
    first, beside = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    whole = yaml.safe_load(first)
    whole["sources"] |= yaml.safe_load(beside)
    (tmp_path / "my_shop.yml").write_text(yaml.safe_dump(whole, sort_keys=False))
    sources = load_client("my_shop", tmp_path, {}).sources
    assert sources["orders"].layout is not None
    assert sources["orders"].layout.columns["order_at"] == "createdAt"
    assert sources["products"].kind == "files"
    assert "inventory" not in sources
    assert sources["payments"].kind == "shopify"

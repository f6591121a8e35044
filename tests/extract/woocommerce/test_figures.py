"""One shop from WooCommerce to the published figures: what is added up here from the invented records, to the cent."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml

from contracts.client_file import load_client
from contracts.paths import ClientPaths
from tests.extract.woocommerce.server import KEY, SECRET, Shop
from tests.extract.woocommerce.shop import (
    Record,
    customer,
    fee,
    line,
    order,
    post,
    product,
    refund,
    refund_line,
)
from tests.readme.typed import typed

CHECKOUT = Path(__file__).parents[3]
PAGE = CHECKOUT / "docs" / "how-to" / "woocommerce.md"
UNCOUNTED = ("pending", "failed", "cancelled", "checkout-draft")


def example(server: Shop, folder: Path) -> None:
    """The client file of the page, for the played shop."""
    first = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]
    (folder / "clients").mkdir()
    (folder / "clients" / "my_shop.yml").write_text(first.replace("https://shop.example.com", server.url))


def invented() -> tuple[list[Record], list[Record]]:
    """Orders and refunds of every kind that changes figures."""
    at = [f"2026-10-{day:02}T10:00:00" for day in range(32)]
    plain = order(
        1001, [line(11, 1, "20.00", 2, total="17.00", tax="3.23"), line(12, 2, "5.00", tax="0.35", variation=21)],
        at[1], shipping_lines=[post(13, "4.12", "0.78"), post(14, "1.00")], fee_lines=[fee(15, "2.50", "0.48")],
    )  # fmt: skip
    guest = order(
        1002, [line(21, 0, "3.00", name="Gone", tax="0.57"), line(22, 0, "9.00", sku="OLD-7")], at[2], customer_id=0
    )
    credit = order(1003, [line(31, 1, "10.00", 3, tax="1.90")], at[3], fee_lines=[fee(32, "-1.00", "-0.19")])
    raised = order(1004, [line(41, 1, "10.00", total="12.00", tax="2.28")], at[4])
    statuses = [
        order(1010 + number, [line(1000 + number, 1, "7.00", tax="1.33")], at[5], status=status, **others)
        for number, (status, others) in enumerate(
            (
                ("on-hold", {"date_paid_gmt": None}),
                ("completed", {"date_completed_gmt": at[6]}),
                ("refunded", {}),
                ("cancelled", {"date_paid_gmt": None}),
                ("pending", {"date_paid_gmt": None}),
                ("failed", {"date_paid_gmt": None}),
                ("checkout-draft", {"date_paid_gmt": None}),
                ("trash", {}),
            )
        )
    ]  # fmt: skip
    free = order(1020, [line(51, 2, "5.00", total="0.00")], at[7])
    refunds = [
        refund(9001, 1001, "10.12", at=at[8], lines=[refund_line(90011, plain["line_items"][0], 1, "8.50", "1.62")]),
        refund(9002, 1001, "8.88", at=at[9], postage=[("4.12", "0.78"), ("1.00", "0")], fees=[("2.50", "0.48")]),
        refund(9003, 1012, "8.33", at=at[9]),  # of the whole order, without a line
        refund(9004, 1003, "4.00", at=at[10], lines=[refund_line(90041, credit["line_items"][0], 1, "3.33", "0.63")]),
    ]
    return [plain, guest, credit, raised, *statuses, free], refunds


def money(record: Record, *names: str) -> Decimal:
    return sum((Decimal(one[name]) for one in record["line_items"] for name in names), Decimal())


def parts(record: Record, lists: str, name: str) -> Decimal:
    return sum((Decimal(one[name]) for one in record[lists]), Decimal())


def expected(orders: list[Record], refunds: list[Record]) -> tuple[dict[str, tuple[Decimal, ...]], ...]:
    """By day: orders, net, tax, shipping, fees and totals; then goods and money paid back."""
    sold: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal()] * 6)
    back: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal()] * 2)
    for one in orders:
        if one["status"] in (*UNCOUNTED, "trash"):
            continue
        tax = sum((parts(one, name, "total_tax") for name in ("line_items", "shipping_lines", "fee_lines")), Decimal())
        net, post_, fees = money(one, "total"), parts(one, "shipping_lines", "total"), parts(one, "fee_lines", "total")
        values = (Decimal(1), net, tax, post_, fees, Decimal(one["total"]))
        assert net + tax + post_ + fees == values[-1]
        day = one["date_created_gmt"][:10]
        sold[day] = [old + new for old, new in zip(sold[day], values, strict=True)]
    for one in refunds:
        goods = -money(one, "total")
        amount = Decimal(one["amount"])
        is_amount_alone = not (one["line_items"] or one["shipping_lines"] or one["fee_lines"])
        day = one["date_created_gmt"][:10]
        if is_amount_alone:  # of the goods first, as WooCommerce counts it: the order has 7.00 of them
            goods = min(amount, Decimal("7.00"))
        back[day] = [back[day][0] + goods, back[day][1] + amount]
    return tuple({day: tuple(values) for day, values in one.items()} for one in (sold, back))


SOLD = """
select cast(order_date as varchar), sum(cast(is_sale as integer)), sum(net), sum(tax), sum(shipping), sum(fees),
    sum(total)
from core.fct_orders where is_sale group by 1
"""
BACK = "select cast(refunded_date as varchar), sum(goods_amount), sum(refund_amount) from core.fct_refunds group by 1"


@pytest.mark.system
@pytest.mark.xdist_group("presets")
def test_a_shop_is_published_to_the_cent(
    server: Shop, tmp_path: Path, give_parsed_project: Callable[[ClientPaths], None]
) -> None:
    server.orders[:], server.refunds[:] = invented()
    server.records["customers"] = [customer(501, "Anna")]
    server.records["products"] = [product(1, "Tea"), product(2, "Cup", status="trash")]
    example(server, tmp_path)
    give_parsed_project(ClientPaths(tmp_path / "data", "my_shop"))
    places = {"SALES_DATA_DIR": str(tmp_path / "data"), "SALES_CLIENTS_DIR": str(tmp_path / "clients")}
    secrets = {"SHOP_KEY": KEY, "SHOP_SECRET": SECRET}
    night = subprocess.run(
        [sys.executable, "-m", "tests.cases.night", "2026-11-05"],
        cwd=CHECKOUT,
        env={**os.environ, **places, **secrets, "SALES_CLIENT": "my_shop"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = night.stdout + night.stderr
    assert night.returncode == 0, said
    assert SECRET not in said
    sold, back = expected(*invented())
    with duckdb.connect(
        str(tmp_path / "data" / "my_shop" / "published" / "sales_analytics.duckdb"), read_only=True
    ) as con:
        assert {day: tuple(values) for day, *values in con.execute(SOLD).fetchall()} == sold
        assert {day: tuple(values) for day, *values in con.execute(BACK).fetchall()} == back
        totals = con.execute("select compared, equal, different from main._meta_source_totals").fetchall()
        assert totals == [(11, 11, 0)]
        (total,) = con.execute("select sum(net_sales) from marts.mart_daily_sales").fetchall()[0]
        assert total == sum(day[1] for day in sold.values()) - sum(day[0] for day in back.values())
        paid = sorted((one["id"], Decimal(one["total"])) for one in invented()[0] if one["date_paid_gmt"])
        captured = "select cast(payment_id as integer), captured from core.fct_payments order by 1"
        found = con.execute(captured).fetchall()
        assert found == [(number, amount) for number, amount in paid if amount and number != 1017]
        titles = con.execute("select product_id, title from core.dim_products order by 1").fetchall()
        assert {("1", "Tea"), ("2", "Cup"), ("Gone", "Gone"), ("OLD-7", "Thing")} <= {*titles}


def test_what_the_page_has_one_type_brings_the_shop(
    server: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.orders[:] = [order(1001, [line(11, 1, "25.00", 2, total="22.50", tax="3.59")])]
    server.records["customers"], server.records["products"] = [customer(501, "Anna")], [product(1, "Tea")]
    example(server, tmp_path)
    monkeypatch.setenv("SHOP_KEY", KEY)
    monkeypatch.setenv("SHOP_SECRET", SECRET)
    page = PAGE.read_text(encoding="utf-8")
    said = typed("".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL)), tmp_path)
    assert re.search(r"│ 1001 +│ 1 +│ +2\.000 │ +25\.00 │ +2\.50 │", said), said


def test_a_check_says_right_by_right_what_is_missing(
    server: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example(server, tmp_path)
    monkeypatch.setenv("SHOP_KEY", KEY)
    monkeypatch.setenv("SHOP_SECRET", SECRET)
    server.refused = ("customers", "products")
    said = typed("! sales check --client my_shop", tmp_path)
    for name in server.refused:
        assert f"  - sources.{name} of client my_shop was not read: WooCommerce refuses {name}: Sorry, you" in said
    assert not (tmp_path / "data" / "my_shop" / "landing").exists()


def test_the_blocks_beside_it_on_the_page_are_sources(tmp_path: Path) -> None:
    first, beside = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    whole = yaml.safe_load(first)
    whole["sources"] |= yaml.safe_load(beside)
    (tmp_path / "my_shop.yml").write_text(yaml.safe_dump(whole, sort_keys=False))
    sources = load_client("my_shop", tmp_path, {}).sources
    assert sources["orders"].layout is not None
    assert sources["orders"].layout.values["status"]["packed"] == "shipped"
    assert sources["products"].kind == "files"
    assert "customers" not in sources
    assert sources["payments"].kind == "woocommerce"

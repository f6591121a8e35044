"""One account from Stripe to the published figures: what is added up here from the invented records, to the cent."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml

from contracts.client_file import load_client
from contracts.paths import ClientPaths
from tests.extract.stripe.account import Record, balance, charge, price, refund, subscription
from tests.extract.stripe.server import KEY, Account
from tests.readme.typed import typed

CHECKOUT = Path(__file__).parents[3]
PAGE = CHECKOUT / "docs" / "how-to" / "stripe.md"


def example(server: Account, folder: Path) -> None:
    """The client file of the page, for the played account."""
    first = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]
    (folder / "clients").mkdir()
    said = first.replace("kind: stripe", f"kind: stripe\n    server: {server.url}")
    (folder / "clients" / "my_shop.yml").write_text(said)


def invented() -> tuple[list[Record], list[Record]]:
    """Charges and refunds of every kind that changes figures."""
    days = [f"2026-10-{day:02}T10:00:00" for day in range(32)]
    charges = [charge(number, 1000 + number * 37, days[1 + number % 9], fee=30 + number) for number in range(1, 30)]
    charges += [
        charge(101, 1200, days[3], currency="usd", balance_transaction=balance("ch_0101", 1111, 63)),
        charge(102, 1300, days[3], balance_transaction=balance("ch_0102", 1300, 50, "gbp")),
        charge(103, 1400, days[4], captured=False, balance_transaction=None),
        charge(104, 1500, days[4], status="failed", paid=False, balance_transaction=None),
        charge(105, 1600, days[5], livemode=False),
        charge(106, 1700, days[6], customer=None),
    ]
    refunds = [
        refund(1, 1, 250, days[11]),
        refund(2, 101, 1200, days[11], currency="usd", balance_transaction=balance("re_0002", -1111)),
        refund(3, 2, 300, days[12], status="failed"),
        refund(4, 106, 1700, days[12]),
    ]
    return charges, refunds


def expected() -> tuple[dict[str, Decimal], dict[str, Decimal], dict[str, Decimal]]:
    """By day: what was sold, what was kept of it, and what was paid back."""
    sold: dict[str, Decimal] = defaultdict(Decimal)
    kept: dict[str, Decimal] = defaultdict(Decimal)
    back: dict[str, Decimal] = defaultdict(Decimal)
    charges, refunds = invented()
    for one in charges:
        moved = one["balance_transaction"]
        if one["status"] != "succeeded" or not moved or moved["currency"] != "eur" or not one["livemode"]:
            continue
        day = f"{datetime.fromtimestamp(one['created'], UTC):%Y-%m-%d}"
        sold[day] += Decimal(moved["amount"]) / 100
        kept[day] += Decimal(moved["fee"]) / 100
    for one in refunds:
        if one["status"] == "succeeded":
            day = f"{datetime.fromtimestamp(one['created'], UTC):%Y-%m-%d}"
            back[day] -= Decimal(one["balance_transaction"]["amount"]) / 100
    return sold, kept, back


SOLD = "select cast(order_date as varchar), sum(total) from core.fct_orders where is_sale group by 1"
KEPT = """
select cast(payment.order_date as varchar), sum(payment.fee) from core.fct_payments as payment
inner join core.fct_orders as fct_orders using (order_id) where fct_orders.is_sale group by 1
"""
BACK = """
select cast(refunded_date as varchar), sum(refund_amount) from core.fct_refunds where refund_amount > 0 group by 1
"""


@pytest.mark.system
@pytest.mark.xdist_group("presets")
def test_an_account_is_published_to_the_cent(
    server: Account, tmp_path: Path, give_parsed_project: Callable[[ClientPaths], None]
) -> None:
    server.records["charges"], server.records["refunds"] = invented()
    server.records["subscriptions"] = [subscription(1, price(1000), "2026-10-02T00:00:00")]
    example(server, tmp_path)
    give_parsed_project(ClientPaths(tmp_path / "data", "my_shop"))
    places = {"SALES_DATA_DIR": str(tmp_path / "data"), "SALES_CLIENTS_DIR": str(tmp_path / "clients")}
    night = subprocess.run(
        [sys.executable, "-m", "tests.cases.night", "2026-11-05"],
        cwd=CHECKOUT,
        env={**os.environ, **places, "SHOP_STRIPE_KEY": KEY, "SALES_CLIENT": "my_shop"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = night.stdout + night.stderr
    assert night.returncode == 0, said
    assert KEY not in said
    sold, kept, back = expected()
    published = tmp_path / "data" / "my_shop" / "published" / "sales_analytics.duckdb"
    with duckdb.connect(str(published), read_only=True) as con:
        assert dict(con.execute(SOLD).fetchall()) == sold
        assert dict(con.execute(KEPT).fetchall()) == kept
        assert dict(con.execute(BACK).fetchall()) == back


def test_what_the_page_has_one_type_brings_the_payments(
    server: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.records["charges"] = [charge(1, 1250, fee=62)]
    example(server, tmp_path)
    monkeypatch.setenv("SHOP_STRIPE_KEY", KEY)
    page = PAGE.read_text(encoding="utf-8")
    said = typed("".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL)), tmp_path)
    assert re.search(r"│ ch_0001 +│ card +│ +12\.50 │ +0\.62 │", said), said


def test_the_blocks_beside_it_on_the_page_are_sources(tmp_path: Path) -> None:
    first, beside = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    whole = yaml.safe_load(first)
    whole["sources"] |= yaml.safe_load(beside)
    (tmp_path / "my_shop.yml").write_text(yaml.safe_dump(whole, sort_keys=False))
    sources = load_client("my_shop", tmp_path, {}).sources
    assert {name: source.kind for name, source in sources.items()} == {"orders": "files", "payments": "stripe"}
    assert sources["payments"].layout is not None
    assert sources["payments"].layout.columns["order_id"] == "metadata.order_id"

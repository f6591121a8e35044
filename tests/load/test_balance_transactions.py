"""Movements of the balance at a payment provider: what is paid out is what came in."""

from __future__ import annotations

from decimal import Decimal

import pytest

from load.verify_database import VerificationError
from tests.load.conftest import Make, Shop, order
from tests.load.test_shop_files import files

COLUMNS = {"balance_transaction_id": "id", "kind": "type", "occurred_at": "at", "amount": "amount", "fee_amount": "fee"}
COLUMNS |= {"net_amount": "net", "currency": "currency", "payout_id": "payout", "available_date": "due"}
SOURCES = {"orders": {"kind": "demo"}, "balance_transactions": files(COLUMNS)}
HEADER = "id,type,at,amount,fee,net,currency,payout,due"
AT = "2026-10-30T10:00:00"
FIRST = "0,adjustment,2026-09-01T10:00:00,1.00,0.00,,EUR,,"  # payouts are compared 35 days after the first movement


def shop_with(make_shop: Make, *rows: str, **client: object) -> Shop:
    shop = make_shop(SOURCES, **client)
    shop.land("orders", [order()])
    text = "\n".join([HEADER, *rows]) + "\n"
    shop.land("balance_transactions", text, file="balance.csv", count=len(rows), origin="files")
    shop.load()
    return shop


def test_a_payout_is_compared_with_what_it_pays_out(make_shop: Make) -> None:
    shop = shop_with(
        make_shop,
        FIRST,
        f"1,charge,{AT},100.00,3.20,,EUR,P1,",
        f"2,refund,{AT},-10.00,,-10.50,EUR,P1,",
        f"3,payout,{AT},-86.30,0.00,,EUR,P1,2027-01-04",  # a payout arrives later
        f"P2,payout,{AT},-20.00,0.00,,,,",
        f"5,charge,{AT},20.01,0.00,,EUR,P2,",
        f"6,charge,{AT},7.00,,,EUR,P3,",  # what is left of it nobody says
        f"7,payout,{AT},-7.00,,,EUR,P3,",
        f"8,payout,{AT},-50.00,,,EUR,P0,",  # paid out before the data begin
        f"9,charge,{AT},9.00,0.30,,EUR,,",
        ceilings={"different_orders_share": "0.5", "different_money_share": "0.5"},
    )
    *_, found = shop.verify().source_totals
    counts = found.counts
    assert (counts.compared, counts.equal, counts.rounded, counts.different) == (2, 1, 0, 1)
    assert (counts.source_total, counts.difference) == (Decimal("106.30"), Decimal("0.01"))
    assert found.warnings()[0].endswith(
        "2 payouts compared with what they pay out: 1 equal, 0 but for rounding, 1 different, by 0.01 in all: "
        "payout P2 is 20.00 there and 20.01 here"
    )


def test_a_movement_of_a_day_that_is_not_whole_waits(make_shop: Make) -> None:
    shop = shop_with(make_shop, f"1,charge,{AT},100.00,3.20,,EUR,,", "2,charge,2026-11-01T09:00:00,5.00,0.10,,EUR,,")
    shop.verify()
    assert shop.reasons() == []


def test_payouts_that_differ_stop_the_run(make_shop: Make) -> None:
    shop = shop_with(make_shop, FIRST, f"1,charge,{AT},100.00,3.20,96.80,EUR,P1,", f"2,payout,{AT},96.80,,,EUR,P1,")
    with pytest.raises(
        VerificationError, match=r"payouts: expected at most 1\.00%.*payout P1 is -96\.80 there and 96\.80"
    ):
        shop.verify()


def test_payouts_partly_from_before_the_data_do_not_stop_the_run(make_shop: Make) -> None:
    shop = shop_with(
        make_shop,
        "1,charge,2026-09-01T10:00:00,10.00,0.00,,EUR,P1,",
        "2,payout,2026-09-03T10:00:00,-70.00,0.00,,EUR,P1,",  # most of it is of August
        "3,charge,2026-09-02T10:00:00,10.00,0.00,,EUR,P2,",
        "4,payout,2026-10-06T10:00:00,-310.00,0.00,,EUR,P2,",  # a month's, on the 35th day
        "5,charge,2026-10-06T10:00:00,20.00,0.00,,EUR,P3,",
        "6,payout,2026-10-07T10:00:00,-20.00,0.00,,EUR,P3,",
    )
    *_, found = shop.verify().source_totals
    assert (found.counts.compared, found.counts.equal, found.warnings()) == (1, 1, ())


def test_where_no_payout_can_be_compared_none_is_counted(make_shop: Make) -> None:
    shop = shop_with(make_shop, f"1,charge,{AT},10.00,0.00,,EUR,P1,", f"2,payout,{AT},-70.00,0.00,,EUR,P1,")
    *_, found = shop.verify().source_totals
    assert found.counts.compared == 0


@pytest.mark.parametrize(
    "amounts",
    ["-100.00,1.00,-101.00", "-100.00,1.00,", "-100.00,,-101.00", "-101.00,0.00,", "-101.00,,"],
)
def test_a_payouts_own_fee_is_taken_from_the_balance_too(make_shop: Make, amounts: str) -> None:
    shop = shop_with(make_shop, FIRST, f"1,charge,{AT},101.00,0.00,101.00,EUR,P1,", f"2,payout,{AT},{amounts},EUR,P1,")
    *_, found = shop.verify().source_totals
    assert (found.counts.compared, found.counts.equal) == (1, 1)


def test_what_contradicts_itself_or_is_of_another_balance_waits(make_shop: Make) -> None:
    shop = shop_with(
        make_shop,
        f"1,charge,{AT},100.00,3.20,96.80,EUR,P1,",
        f"2,charge,{AT},100.00,3.20,96.79,EUR,P1,",
        f"3,charge,{AT},100.00,3.20,96.80,USD,P1,",
        f"4,sale,{AT},100.00,3.20,96.80,EUR,P1,",
        "5,charge,2027-01-01,100.00,3.20,96.80,EUR,P1,",
    )
    assert [reason.partition(";")[0] for reason in shop.reasons()] == [
        "net_amount is 96.79, but amount 100.00 less fee_amount 3.20 is 96.80",
        "currency is USD, the client's is EUR, and a balance in another is none of its",
        "kind is 'sale'",
        "occurred_at is 2026-12-31 23:00:00Z, after 2026-11-02, the day it was delivered",
    ]
    assert shop.rows("select sum(amount_loaded) from raw.load_ledger where dataset = 'balance_transactions'") == [
        (Decimal("100.00"),)
    ]

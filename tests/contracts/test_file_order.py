"""Which of two files is newer, by their names."""

from __future__ import annotations

import pytest

from contracts.file_order import Order, order_of, sorting_text

DECIDED = [
    ("orders_9.csv", "orders_10.csv"),
    ("orders_09.csv", "orders_10.csv.gz"),
    ("orders 9.csv", "orders 10.csv"),
    ("orders.csv", "orders_2.csv"),
    ("orders_1.csv", "orders_1 (1).csv"),
    ("orders_Sep.csv", "orders_Oct.csv"),
    ("orders_September.csv", "orders_Oct.csv"),
    ("orders-sept-2026.csv", "orders-OCT-2026.csv"),
    ("Dec 2025.csv", "Jan 2026.csv"),
    ("2025-Dec.csv", "2026-Jan.csv"),
    ("2026-Jan.csv", "2026-Dec.csv"),
    ("Jan-2026.csv", "Dec-2026.csv"),
    ("lines_2026-10-29.csv", "lines_2026-10-30.csv"),
    ("lines_20261030.csv", "lines_20261101.csv"),
    ("lines_20261030T235959.csv", "lines_20261101T000000.csv"),
    ("lines_20261030235959.csv", "lines_20261101.csv"),
    ("lines_31.12.2025.csv", "lines_15.01.2026.csv"),
    ("lines_12-31-2025.csv", "lines_01-15-2026.csv"),
    ("lines_31-12-25.csv", "lines_31-12-26.csv"),
    ("31 Dec 2025.csv", "1 Jan 2026.csv"),
    ("Dec 31st, 2025.csv", "Jan 1st, 2026.csv"),
    ("KW52_2025.csv", "KW01_2026.csv"),
    ("12-2025.csv", "01-2026.csv"),
    ("2026-9/lines.csv", "2026-10/lines.csv"),
    ("v2/lines_9.csv", "v2/lines_10.csv"),
    ("lines_v1.9.csv", "lines_v1.10.csv"),
]
PLAIN = [("lines_2026-10-30.csv", "lines_late.csv"), ("9.csv", "a.csv")]
OPEN = [
    ("north.csv", "south.csv"),
    ("refunds_a.csv", "refunds_b.csv"),
    ("a/lines.csv", "b/lines.csv"),
    ("lines.csv", "lines_final.csv"),
    ("lines-9.csv", "lines_09.csv"),
    ("Lines.csv", "lines.csv"),
    ("orders_Dec.csv", "orders_Jan.csv"),  # of which year
    ("lines_01.02.2026.csv", "lines_02.01.2026.csv"),  # day or month
    ("lines_301026.csv", "lines_011126.csv"),
    ("market.csv", "octopus.csv"),  # no months
    ("lines_Okt.csv", "lines_Sep.csv.gz"),
]


@pytest.mark.parametrize(("older", "newer"), [*DECIDED, *PLAIN])
def test_the_newer_name_sorts_behind(older: str, newer: str) -> None:
    assert sorting_text(older) < sorting_text(newer)


@pytest.mark.parametrize(
    ("one", "other", "order"),
    [
        *((*pair, Order.DECIDED) for pair in DECIDED),
        *((*pair, Order.PLAIN) for pair in PLAIN),
        *((*pair, Order.OPEN) for pair in OPEN if "Okt" not in pair[0]),
        ("lines_Okt.csv", "lines_Sep.csv", Order.PLAIN),
    ],
)
def test_names_say_or_leave_open_which_is_newer(one: str, other: str, order: Order) -> None:
    assert order_of(one, other) is order
    assert order_of(other, one) is order

"""Which delivery a file is that has the bytes of another one, was removed, or holds what has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.paths import ClientPaths
from extract.errors import ExtractError
from storage.landing import deliveries
from tests.extract.test_extract_files import DAY, ORDERS, SECOND, THIRD, extract, folder, paths, put, shop

__all__ = ["folder", "paths"]


def test_the_bytes_of_the_file_before_under_another_name_are_one_delivery(paths: ClientPaths, folder: Path) -> None:
    client = shop(folder / "*.csv")
    put(folder / "orders_1.csv")
    put(folder / "orders_1 (1).csv")
    put(folder / "orders_2.csv", ORDERS + b"3,2026-10-31\n")
    landed = extract(client, paths)
    assert [found.delivery_id for found in landed] == ["orders/orders_1.csv/0001", "orders/orders_2.csv/0001"]
    warning = (
        f"the same file again: {folder}/orders_1 (1).csv has the bytes of {folder}/orders_1.csv and is the same "
        "delivery: it counts once"
    )
    assert [found.warnings for found in landed] == [(warning,), ()]
    put(folder / "orders_1.csv", ORDERS.replace(b"10-30", b"10-29"))  # the copy is of what was there before
    assert [found.delivery_id for found in extract(client, paths)] == [
        "orders/orders_1.csv/0002",
        "orders/orders_2.csv/0001",
    ]
    put(folder / "orders_1 (1).csv", ORDERS + b"4,2026-10-31\n")
    assert len(extract(client, paths)) == 3


def test_content_that_comes_again_after_another_is_a_delivery(paths: ClientPaths, folder: Path) -> None:
    for day, content in ((9, ORDERS), (10, ORDERS + b"3,2026-10-31\n"), (11, ORDERS)):
        put(folder / f"orders_{day}.csv", content)
    landed = extract(shop(folder / "*.csv"), paths)
    assert [found.key for found in landed] == ["orders_9.csv", "orders_10.csv", "orders_11.csv"]
    assert [found.warnings for found in landed] == [(), (), ()]


def test_a_removed_file_is_told_each_time(paths: ClientPaths, folder: Path) -> None:
    client = shop(folder / "*.csv")
    put(folder / "a.csv")
    gone = put(folder / "b.csv", ORDERS + b"3,2026-10-31\n")
    extract(client, paths)
    gone.unlink()
    (found,) = extract(client, paths)
    (warning,) = found.warnings
    assert warning == (
        f"files that were removed: 1 file was delivered from {folder}/*.csv and removed since, for example "
        f"{folder}/b.csv (orders/b.csv/0001); the rows stay until sales withdraw takes the delivery out"
    )
    assert deliveries(paths.landing)[0].warnings == ()


def test_a_file_of_changes_takes_the_place_of_none(paths: ClientPaths, folder: Path) -> None:
    path = folder / "orders.csv"
    client = shop(path, contents="changes")
    found = []
    for day, more in (
        (DAY, b""),
        (SECOND, b"3,2026-11-01\n"),
        (SECOND, b"4,2026-11-01\n"),
        (SECOND, b"4,2026-11-01\n"),
    ):
        put(path, ORDERS + more)
        found += extract(client, paths, day)
    put(path)
    found += extract(client, paths, THIRD)
    assert [one.delivery_id for one in found] == [
        "orders/orders.csv-2026-10-31/0001",
        "orders/orders.csv-2026-11-01/0001",
        "orders/orders.csv-2026-11-01_02/0001",
        "orders/orders.csv-2026-11-01_02/0001",
        "orders/orders.csv-2026-11-02/0001",
    ]


def test_attempts_become_deliveries_of_their_own_once_changes_is_said(paths: ClientPaths, folder: Path) -> None:
    path = folder / "orders.csv"
    for day, more in ((DAY, b""), (SECOND, b"3,2026-11-01\n"), (THIRD, b"4,2026-11-02\n")):
        put(path, ORDERS + more)
        extract(shop(path), paths, day)
    before = {found.sha256: (found.logical_date, found.rows) for found in deliveries(paths.landing)}
    (newest,) = extract(shop(path, contents="changes"), paths, THIRD)
    assert newest.key == "orders.csv-2026-11-02"
    landed = deliveries(paths.landing)
    assert [found.delivery_id for found in landed] == [
        "orders/orders.csv/0001",
        "orders/orders.csv-2026-11-01/0001",
        "orders/orders.csv-2026-11-02/0001",
    ]
    assert {found.sha256: (found.logical_date, found.rows) for found in landed} == before
    assert [found.name for found in (paths.landing / "orders" / "orders.csv").iterdir()] == ["0001"]


def test_a_file_that_is_no_longer_one_of_changes_is_refused(paths: ClientPaths, folder: Path) -> None:
    path = put(folder / "orders.csv")
    extract(shop(path, contents="changes"), paths)
    put(path, ORDERS + b"3,2026-10-31\n")
    with pytest.raises(
        ExtractError, match=r"was delivered as contents: changes \(orders\.csv-2026-10-31\), which sources"
    ):
        extract(shop(path, contents="everything"), paths)

"""The private warehouse is only made from landing: lost or damaged, one command makes it again."""

from collections.abc import Callable
from pathlib import Path

import pytest


def deleted(file: Path) -> None:
    file.unlink()


def overwritten(file: Path) -> None:
    file.write_bytes(b"not a database" * 1000)


def cut_in_half(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.truncate(file.stat().st_size // 2)


def zeroed_in_the_middle(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.seek(file.stat().st_size // 2)
        stream.write(bytes(1 << 18))


def emptied(file: Path) -> None:
    file.write_bytes(b"")


def with_a_log_of_another_file(file: Path) -> None:
    file.with_name(f"{file.name}.wal").write_bytes(b"not a log" * 1000)


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage",
    [deleted, overwritten, cut_in_half, zeroed_in_the_middle, emptied, with_a_log_of_another_file],
)
def test_the_warehouse_is_rebuilt_from_landing(history, damage: Callable) -> None:
    shop = history.after("extract")
    damage(shop.warehouse)
    shop.run("load", "--full-refresh")
    shop.finish("verify")
    assert shop.published() == history.new


def test_a_damaged_warehouse_says_how_to_rebuild_it(history) -> None:
    shop = history.after("extract")
    overwritten(shop.warehouse)
    assert "--full-refresh" in shop.refused("load")
    assert shop.published() == history.old

"""A flipped or missing byte in a landed or published file is found before anybody reads a wrong number."""

import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

FLIPS, TRUNCATIONS = 100, 20  # of landed files, and as many of the published one
QUICK_FLIPS, QUICK_TRUNCATIONS = 5, 2


def flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    place, bit = chance.randrange(len(content)), chance.randrange(8)
    content[place] ^= 1 << bit
    print(f"bit {bit} of byte {place} of {path}")
    _overwrite(path, bytes(content))


def truncate(path: Path, chance: random.Random) -> None:
    length = chance.randrange(path.stat().st_size)
    print(f"{path} cut to {length} bytes")
    _overwrite(path, path.read_bytes()[:length])


def _overwrite(path: Path, content: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(content)


DAMAGES = [
    pytest.param(damage, number, marks=() if number < quick else pytest.mark.slow, id=f"{damage.__name__}-{number}")
    for damage, count, quick in ((flip, FLIPS, QUICK_FLIPS), (truncate, TRUNCATIONS, QUICK_TRUNCATIONS))
    for number in range(count)
]


@pytest.mark.parametrize(("damage", "number"), DAMAGES)
def test_a_damaged_landed_file_is_refused(history, chance: random.Random, damage: Callable, number: int) -> None:
    shop = history.after("extract")
    victim = chance.choice(sorted(path for path in shop.landing.rglob("*") if path.is_file() and path.stat().st_size))
    damage(victim, chance)
    # Every delivery is read anew: those of the first run were loaded when they were still sound.
    output = shop.refused("load", "--full-refresh")
    assert str(victim.parent) in output
    assert shop.published() == history.old


@pytest.mark.slow
def test_a_damaged_delivery_is_mended_as_the_message_says(history, chance: random.Random) -> None:
    shop = history.after("extract")
    victim = next(shop.landing.glob("orders/2026-10-31/*/*.json"))
    flip(victim, chance)
    output = " ".join(shop.refused("load").split())
    assert "and extract again" in output
    shutil.rmtree(victim.parent)
    shop.run("extract", "--date", "2026-10-31")
    shop.finish()
    assert shop.published() == history.new


@pytest.mark.parametrize(("damage", "number"), DAMAGES)
def test_a_damaged_published_file_is_refused(history, chance: random.Random, damage: Callable, number: int) -> None:
    shop = history.after("publish")
    damage(shop.published_file, chance)
    output = " ".join(shop.refused("status").split())
    assert re.search(r"sales_analytics\.duckdb was altered after it was published", output)


def test_a_damaged_published_file_is_put_back(history, chance: random.Random) -> None:
    shop = history.after("publish")
    flip(shop.published_file, chance)
    shop.run("rollback")
    assert shop.published() == history.new

"""The disk fills up: the run says so, readers keep what they have, and with room again the next run is as any other."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

DISK = 512  # MiB


def fill(disk: Path, leaving: int) -> Path:
    """Fill the disk up to so many KiB."""
    filler = disk / "filler"
    free = shutil.disk_usage(disk).free
    with filler.open("wb", buffering=0) as stream:
        os.posix_fallocate(stream.fileno(), 0, free - leaving * 1024)
    return filler


@pytest.mark.needs("mount")
@pytest.mark.parametrize(
    ("name", "leaving"),
    [
        ("publish", 64),
        pytest.param("load", 0, marks=pytest.mark.slow),
        pytest.param("load", 64, marks=pytest.mark.slow),
        pytest.param("load", 256, marks=pytest.mark.slow),
        pytest.param("build", 0, marks=pytest.mark.slow),
        pytest.param("build", 256, marks=pytest.mark.slow),
        pytest.param("publish", 0, marks=pytest.mark.slow),
        pytest.param("publish", 1024, marks=pytest.mark.slow),
    ],
)
def test_a_full_disk(history, small_disk: Callable, name: str, leaving: int) -> None:
    small_disk(DISK)
    shop = history.before(name)
    filler = fill(shop.root, leaving)
    # A first load needs more room than that of one day.
    output = shop.refused(name, *(["--full-refresh"] if name == "load" else []))
    full = ("disk is full", "No space left on device", " MB free; expected ")
    assert any(words in output for words in full), output
    assert shop.published() == history.old
    filler.unlink()
    shop.finish(name)
    assert shop.published() == history.new

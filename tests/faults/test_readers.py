"""Whoever reads the published file sees one finished version, and never stands in the way of the next."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

READERS = 8
READER = Path(__file__).with_name("read_again_and_again.py")


@pytest.mark.parametrize("publications", [8, pytest.param(50, marks=pytest.mark.slow)])
def test_eight_readers_through_publications(history, tmp_path: Path, publications: int) -> None:
    shop = history.after("publish")
    stop = tmp_path / "stop"
    readers = [
        subprocess.Popen(
            [sys.executable, READER, shop.published_file, stop], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(READERS)
    ]
    try:
        for number in range(publications):
            # The builds of both runs in turn, so that every version has other totals than the one before.
            shutil.copyfile(history.warehouse_after("extract" if number % 2 == 0 else "build"), shop.warehouse)
            shop.run("publish")
    finally:
        stop.touch()
        outputs = [reader.communicate(timeout=60) for reader in readers]

    assert [errors.decode() for _, errors in outputs] == [""] * READERS
    answers = [json.loads(line) for lines, _ in outputs for line in lines.splitlines()]
    assert [answer for answer in answers if answer["before"] != answer["after"]] == []
    totals: dict[tuple, set] = {}
    for answer in answers:
        assert len(set(answer["totals"][:3])) == 1, answer
        totals.setdefault(tuple(answer["before"]), set()).add(tuple(answer["totals"]))
    assert [found for found in totals.values() if len(found) > 1] == []
    assert len(totals) > publications / 2, "the readers saw too few of the versions to prove anything"
    assert len({found for version in totals.values() for found in version}) == 2


def test_a_reader_that_keeps_the_file_open_fails_no_run(history) -> None:
    shop = history.after("build")
    count = "select count(*) from core.fct_transactions"
    with duckdb.connect(shop.published_file, read_only=True) as reader:
        before = reader.execute(count).fetchone()
        shop.run("publish")
        assert reader.execute(count).fetchone() == before
        assert reader.execute("select count(*) from marts.mart_daily_sales").fetchone() is not None
    assert shop.published() == history.new

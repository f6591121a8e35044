"""Whoever reads the published file sees one finished version, and never stands in the way of the next."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

READERS = 8
READER = Path(__file__).with_name("read_again_and_again.py")


def start_reading(file: Path, stop: Path, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as answers:
        return subprocess.Popen([sys.executable, READER, file, stop], stdout=answers, stderr=subprocess.PIPE)


def wait_for_two_more_answers(readers: list[subprocess.Popen[bytes]], logs: list[Path]) -> None:
    """Two, as the first may have begun before now."""
    before = [log.read_bytes().count(b"\n") for log in logs]
    while any(log.read_bytes().count(b"\n") < count + 2 for log, count in zip(logs, before, strict=True)):
        assert [reader.poll() for reader in readers] == [None] * READERS, "a reader ended"
        time.sleep(0.02)


@pytest.mark.parametrize("publications", [8, pytest.param(50, marks=pytest.mark.slow)])
def test_eight_readers_through_publications(history, tmp_path: Path, publications: int) -> None:
    shop = history.after("publish")
    stop = tmp_path / "stop"
    logs = [tmp_path / f"{number}.jsonl" for number in range(READERS)]
    readers = [start_reading(shop.published_file, stop, log) for log in logs]
    try:
        for number in range(publications):
            # The builds of both runs in turn, so that every version has other totals than the one before.
            for file in history.files_after("extract" if number % 2 == 0 else "build"):
                shutil.copy(file, shop.warehouse.parent)
            shop.run("publish")
            wait_for_two_more_answers(readers, logs)
    finally:
        stop.touch()
        errors = [reader.communicate(timeout=60)[1].decode() for reader in readers]

    assert errors == [""] * READERS
    answers = [json.loads(line) for log in logs for line in log.read_text().splitlines()]
    assert [answer for answer in answers if answer["before"] != answer["after"]] == []
    totals: dict[tuple, set] = {}
    for answer in answers:
        assert len(set(answer["totals"][:3])) == 1, answer
        totals.setdefault(tuple(answer["before"]), set()).add(tuple(answer["totals"]))
    assert [found for found in totals.values() if len(found) > 1] == []
    assert len(totals) >= publications
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

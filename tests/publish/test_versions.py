"""Versions: kept, counted, put back, and never half-switched, whenever the process is killed."""

import json
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import duckdb
import pytest

from publish.errors import PublishError
from publish.publisher import rollback
from publish.versions import current_version, kept_versions
from serve.summary import summarise
from tests.exported_files import current

if TYPE_CHECKING:
    from tests.publish.conftest import Shop

# Publishes and kills itself when it reaches the given line of the package for the first time, counting such lines.
KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from contracts.client_file import Client
from contracts.paths import ClientPaths
from publish.publisher import publish

data, manifest, client, kill_at = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
seen = set()

def trace(frame, event, argument):
    if "/publish/" not in frame.f_code.co_filename:
        return None
    if event == "line":
        seen.add((frame.f_code.co_filename, frame.f_lineno))
        if len(seen) == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
    return trace

client = Client.model_validate_json(client)
sys.settrace(trace)
publish(client, ClientPaths(data, "shop"), run_id="killed", now=datetime(2026, 11, 1, 9, tzinfo=UTC),
        code_version="0.1.0+test", manifest=manifest)
sys.settrace(None)
print(len(seen))
"""


def publish_and_kill(shop: "Shop", kill_at: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", KILLED, shop.paths.data, shop.manifest, shop.client.model_dump_json(), str(kill_at)],
        capture_output=True,
        text=True,
        check=False,
    )


def seen_by_readers(shop: "Shop") -> tuple[object, object]:
    """The version and the day that identifies its data."""
    return shop.published("select version, (select max(order_date)::varchar from core.fct_orders) from _meta")[0]


def survive_kills(shop: "Shop", step: int, start: int) -> None:
    """Kill publications at every ``step``-th line; readers must see the old or the new version, whole."""
    shop.publish()
    lines = int(publish_and_kill(shop, 0).stdout)
    assert lines > 100
    day = 1
    switched = []
    for kill_at in range(start, lines + 1, step):
        before = seen_by_readers(shop)
        day += 1
        shop.sql(f"update core.fct_orders set order_date = date '2026-10-31' + {day}")
        assert publish_and_kill(shop, kill_at).returncode == -signal.SIGKILL
        after = seen_by_readers(shop)
        published = current_version(shop.paths)
        assert published is not None
        assert published.number == after[0]
        switched.append(after != before)
        # Whole, and at most one version behind: that line is between the two switches.
        assert current(shop.paths.exports)["version"] in {before[0], after[0]}
        if switched[-1]:
            assert after[1] == shop.sql(f"select (date '2026-10-31' + {day})::date::varchar")[0][0]
    assert switched == sorted(switched), "one line is the switch: before it the old version, after it the new one"
    assert not switched[0]
    version = shop.publish()
    assert seen_by_readers(shop)[0] == current(shop.paths.exports)["version"] == version.number
    assert list(shop.paths.exports.glob(".*")) == []
    assert not (shop.paths.warehouse.parent / "publishing").exists()
    kept = {f"versions/{kept.number:06d}" for kept in kept_versions(shop.paths)}
    assert len(kept) <= 3
    assert shop.files() == {
        "sales_analytics.duckdb",
        *(f"{name}{end}" for name in kept for end in (".duckdb", ".json")),
    }


@pytest.mark.system
def test_a_publication_killed_at_any_moment_leaves_the_old_version(shop: "Shop") -> None:
    survive_kills(shop, step=19, start=10)


@pytest.mark.slow
def test_a_publication_killed_at_every_third_line_leaves_the_old_version(shop: "Shop") -> None:
    survive_kills(shop, step=3, start=1)


def test_what_a_killed_run_left_goes_even_when_the_next_is_refused(shop: "Shop") -> None:
    shop.publish()
    files = shop.files()
    for name in (
        "versions/.000002.duckdb",
        "versions/000002.duckdb",
        "versions/.000002.json",
        ".sales_analytics.duckdb",
    ):
        (shop.paths.published / name).write_bytes(b"half")
    shop.dbt(net_adds_up="fail")
    with pytest.raises(PublishError):
        shop.publish()
    assert shop.files() == files


def test_the_last_versions_are_kept(shop: "Shop") -> None:
    for _ in range(4):
        shop.publish()
    assert [version.number for version in kept_versions(shop.paths)] == [2, 3, 4]
    shop.publish(keep_versions=1)
    assert [version.number for version in kept_versions(shop.paths)] == [5]


def test_rollback_goes_back_and_the_next_publication_forward(shop: "Shop") -> None:
    for _ in range(3):
        shop.publish()
    assert [rollback(shop.client, shop.paths).number, summarise(shop.paths).version] == [2, 2]
    assert [rollback(shop.client, shop.paths).number, summarise(shop.paths).version] == [1, 1]
    assert shop.publish().previous == 1
    assert [version.number for version in kept_versions(shop.paths)] == [1, 4], "2 and 3 were rolled back from"
    assert [rollback(shop.client, shop.paths).number, summarise(shop.paths).version] == [1, 1]
    assert stat.S_IMODE(shop.paths.published_file.stat().st_mode) == 0o444


def test_rollback_without_an_earlier_version_is_refused(shop: "Shop") -> None:
    with pytest.raises(PublishError, match=r"no version is kept in .*expected an earlier version to put back"):
        rollback(shop.client, shop.paths)
    shop.publish()
    with pytest.raises(PublishError, match="version 1 is the oldest of 1 kept"):
        rollback(shop.client, shop.paths)
    assert summarise(shop.paths).version == 1


@pytest.mark.parametrize("damage", ["deleted", "altered"])
def test_rollback_mends_a_damaged_published_file(shop: "Shop", damage: str) -> None:
    shop.publish()
    shop.publish()
    shop.paths.published_file.unlink()
    if damage == "altered":
        shop.paths.published_file.write_bytes(b"not a database")
    assert rollback(shop.client, shop.paths).number == 2
    assert summarise(shop.paths).version == 2


def test_publishing_over_a_damaged_file_follows_the_newest_version(shop: "Shop") -> None:
    shop.publish()
    shop.paths.published_file.unlink()
    assert shop.publish().previous == 1


def test_a_kept_version_that_was_altered_is_not_put_back(shop: "Shop") -> None:
    shop.publish()
    shop.publish()
    kept = shop.paths.published / "versions" / "000001.duckdb"
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 1
    kept.chmod(0o644)
    kept.write_bytes(content)
    with pytest.raises(
        PublishError, match=r"000001\.duckdb was altered after it was published as version 1; expected \d+ bytes"
    ):
        rollback(shop.client, shop.paths)
    assert summarise(shop.paths).version == 2


def test_a_broken_description_of_a_version_is_named(shop: "Shop") -> None:
    shop.publish()
    description = shop.paths.published / "versions" / "000001.json"
    description.write_text(json.dumps({"number": 1}))
    with pytest.raises(PublishError, match=r"000001\.json is not readable \(KeyError: 'data_through'\)"):
        rollback(shop.client, shop.paths)


def test_a_reader_that_keeps_the_file_open_neither_blocks_nor_is_disturbed(shop: "Shop") -> None:
    shop.publish()
    with duckdb.connect() as reader:
        reader.execute(f"attach '{shop.paths.published_file}' as sales (read_only)")
        query = "select version, (select count(*) from sales.core.fct_orders) from sales._meta"
        assert reader.execute(query).fetchall() == [(1, 3)]
        for _ in range(4):
            shop.publish(keep_versions=1)
        assert reader.execute(query).fetchall() == [(1, 3)]
    assert seen_by_readers(shop)[0] == 5


def test_nobody_can_change_a_kept_version_through_the_published_file(shop: "Shop") -> None:
    version = shop.publish()
    shop.paths.published_file.chmod(0o644)
    with duckdb.connect(str(shop.paths.published_file)) as intruder:
        intruder.execute("delete from core.fct_orders")
    assert current_version(shop.paths) is None
    assert rollback(shop.client, shop.paths) == version

"""Events of a real Kafka broker in another process, drained, killed and drained again: raw has each of them once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import duckdb
import pytest
import yaml
from confluent_kafka import Consumer, TopicPartition

from contracts.client_file import Client, load_client
from contracts.deliveries import Delivery, Manifest
from contracts.paths import ClientPaths
from extract.errors import ExtractError
from extract.sources.kafka import KafkaSource
from extract.sources.kafka.extract import extract as extract_events
from load.errors import LoadError
from load.load_result import LoadResult
from load.load_to_db import load
from load.verify_database import VerificationError, verify
from privacy.erased import Erased
from storage.landing import deliveries, land, staged_file
from tests.load.conftest import Shop as RawShop

HERE = Path(__file__).parent
DAY, NOW = date(2026, 10, 31), datetime(2026, 11, 1, 6, 0, tzinfo=UTC)  # one in the morning in New York
COLUMNS = {"event_id": "id", "event_at": "at", "event_type": "step", "channel": "channel", "product_id": "product"}
SHOP: dict[str, Any] = {
    "client": "shop",
    "name": "Shop",
    "currency": "USD",
    "time_zone": "America/New_York",
    "sources": {"orders": {"kind": "demo"}},
}
LOADED = "select event_id, event_at, event_date, event_type, channel, product_id, event_count from raw.events"


class Broker:
    """librdkafka's own broker, in a process of its own."""

    def __init__(self) -> None:
        command = [sys.executable, str(HERE / "kafka_broker.py")]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = self._answer()

    def _answer(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def produce(self, partition: int, messages: Sequence[bytes | None]) -> None:
        assert self.process.stdin
        texts = [None if message is None else message.hex() for message in messages]
        self.process.stdin.write(json.dumps([partition, texts]) + "\n")
        self.process.stdin.flush()
        assert self._answer() == "produced"

    def committed(self, partition: int, group: str = "sales-shop") -> int:
        consumer = Consumer({"bootstrap.servers": self.address, "group.id": group})
        (place,) = consumer.committed([TopicPartition("shop-events", partition)], timeout=10)
        consumer.close()
        return int(place.offset)

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def broker() -> Iterator[Broker]:
    broker = Broker()
    yield broker
    broker.kill()


class Shop:
    """A client whose events come from the broker, and its folder."""

    def __init__(self, folder: Path, address: str, **settings: Any) -> None:
        source = {"kind": "kafka", "bootstrap_servers": address, "topic": "shop-events", "group": "sales-shop"}
        events = {**source, "columns": COLUMNS, "batch_size": 5, "idle_seconds": 5, **settings}
        fields: dict[str, Any] = {**SHOP, "sources": {**SHOP["sources"], "events": events}}
        self.clients = folder / "clients"
        self.clients.mkdir(exist_ok=True)
        (self.clients / "shop.yml").write_text(yaml.safe_dump(fields))
        self.client = Client.model_validate(fields)
        self.paths = ClientPaths(folder / "data", "shop")

    def extract(self, day: date = DAY, now: datetime = NOW) -> list[Manifest]:
        return extract_events(self.client, self.paths, day, extracted_at=now, code_version="test")

    def load(self, **options: Any) -> LoadResult:
        return load(self.client, self.paths, run_id="run", now=NOW, **options)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(self.paths.warehouse, read_only=True) as con:
            return con.execute(query).fetchall()

    def offsets(self, partition: int) -> list[tuple[int, int]]:
        """First and last of each landed batch."""
        parts = [one.parameters for one in deliveries(self.paths.landing) if one.parameters["partition"] == partition]
        return [(part["first_offset"], part["last_offset"]) for part in parts]


@pytest.fixture
def shop(broker: Broker, tmp_path: Path) -> Shop:
    return Shop(tmp_path, broker.address)


def event(number: int, **changes: Any) -> bytes:
    at = datetime(2026, 10, 20, 1, 0, tzinfo=UTC) + timedelta(hours=number)
    step = ("session", "view", "cart", "checkout", "purchase")[number % 5]
    message = {"id": f"E{number:04}", "at": f"{at:%Y-%m-%dT%H:%M:%SZ}", "step": step, "channel": "web", "product": None}
    return json.dumps({**message, **changes}).encode()


def expected(numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    """What raw must have of those events, computed without the platform: New York is 4 hours behind in October."""
    rows = []
    for number in numbers:
        at = datetime(2026, 10, 20, 1) + timedelta(hours=number)  # noqa: DTZ001 as DuckDB has it
        step = ("session", "view", "cart", "checkout", "purchase")[number % 5]
        rows.append((f"E{number:04}", at, (at - timedelta(hours=4)).date(), step, "web", None, 1))
    return rows


def test_raw_has_every_message_once_on_the_day_of_its_own(broker: Broker, shop: Shop) -> None:
    broker.produce(0, [event(number) for number in range(12)])
    broker.produce(2, [event(number) for number in range(12, 19)])
    landed = shop.extract()
    assert [manifest.rows for manifest in landed] == [5, 5, 2, 5, 2]
    assert {(manifest.logical_date, manifest.origin) for manifest in landed} == {(DAY, "kafka")}
    assert landed[1].file == "events-0-000000000000005-000000000000009.jsonl"
    assert (broker.committed(0), broker.committed(1), broker.committed(2)) == (12, -1001, 7)
    assert shop.extract() == []
    # A late one, one that was sent twice, and more after the first drain.
    broker.produce(0, [event(19), event(3), event(20)])
    assert [manifest.parameters["first_offset"] for manifest in shop.extract()] == [12]
    shop.load()
    assert shop.rows(f"{LOADED} where is_current order by event_id") == expected(range(21))


MOMENTS = {
    "before the file has its name": ("replace", "before", 3),
    "after the file, before its manifest": ("replace", "before", 4),
    "after the manifest, before it is durable": ("replace", "after", 4),
    "before the commit": ("Topic.commit", "before", 2),
    "after the commit": ("Topic.commit", "after", 2),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_drain_that_is_killed_loses_and_doubles_nothing(broker: Broker, shop: Shop, moment: str) -> None:
    broker.produce(0, [event(number) for number in range(12)])
    broker.produce(1, [event(number) for number in range(12, 15)])
    folders = {"SALES_DATA_DIR": str(shop.paths.data), "SALES_CLIENTS_DIR": str(shop.clients)}
    call, when, number = MOMENTS[moment]
    killed = subprocess.run(
        [sys.executable, HERE / "killed_drain.py", call, when, str(number), "--client", "shop", "--date", str(DAY)],
        env=os.environ | folders,
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stdout + killed.stderr
    is_landed = moment not in ("before the file has its name", "after the file, before its manifest")
    assert shop.offsets(0) == [(0, 4), (5, 9)][: 1 + is_landed]
    assert broker.committed(0) == (10 if moment == "after the commit" else 5)

    shop.extract()

    assert shop.offsets(0) == [(0, 4), (5, 9), (10, 11)]
    assert (broker.committed(0), broker.committed(1)) == (12, 3)
    shop.load()
    assert shop.rows(f"{LOADED} order by event_id") == expected(range(15))


def test_a_broker_that_dies_before_the_commit_stops_the_run_and_nothing_is_lost(broker: Broker, tmp_path: Path) -> None:
    shop = Shop(tmp_path, broker.address, idle_seconds=1)
    broker.produce(0, [event(number) for number in range(4)])

    def kill_at_commit(frame: FrameType, moment: str, function: Any) -> None:
        if moment == "call" and frame.f_code.co_qualname == "Topic.commit":
            broker.kill()

    sys.setprofile(kill_at_commit)
    try:
        with pytest.raises(ExtractError, match=r"was not read to its end at .*: .*Timed out.* Nothing is lost"):
            shop.extract()
    finally:
        sys.setprofile(None)
    shop.load()
    assert shop.rows(f"{LOADED} order by event_id") == expected(range(4))


def test_what_is_landed_is_not_read_again_and_the_group_is_told(broker: Broker, shop: Shop) -> None:
    broker.produce(0, [event(number) for number in range(4)])
    shop.extract()
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "sales-shop"})
    consumer.commit(offsets=[TopicPartition("shop-events", 0, 1)], asynchronous=False)
    consumer.close()
    assert shop.extract() == []
    assert broker.committed(0) == 4


BROKEN: dict[bytes | None, tuple[str, str]] = {
    b"not JSON": ("not JSON", "the line is not JSON"),
    b'{"id": "X1"': ('{"id": "X1"', "the line is not JSON"),
    b'{"id": "X2"}\n{"id": "X3"}': ('{"id": "X2"} {"id": "X3"}', "the line is not JSON"),
    b'{"id": "\xff"}': (r'{"id": "\xff"}', "the line is not JSON"),
    b"\x00\x01": ("\x00\x01", "the line is not JSON"),
    b"": ('""', "event_id is null; expected an id"),
    None: ("null", "event_id is null; expected an id"),
    b"17": ("17", "event_id is null; expected an id"),
    b'[{"id": "X4"}]': ('[{"id": "X4"}]', "event_id is null; expected an id"),
    b'{"order": 7}': ('{"order": 7}', "event_id is null; expected an id"),
    event(1, step="dance"): (event(1, step="dance").decode(), "event_type is 'dance'; expected one of session, "),
    event(2, at="noon"): (event(2, at="noon").decode(), "event_at is 'noon'; expected a date or timestamp"),
    event(3, at="2026-11-02T05:00:00Z"): (
        event(3, at="2026-11-02T05:00:00Z").decode(),
        "event_at is 2026-11-02 05:00:00Z, after 2026-11-01, the day it was read",
    ),
}


def test_a_broken_message_ends_in_quarantine_as_it_came(broker: Broker, shop: Shop) -> None:
    shop.client = shop.client.model_copy(
        update={"ceilings": shop.client.ceilings.model_copy(update={"quarantined_share": 1})}
    )
    pretty = json.dumps(json.loads(event(0)), indent=2).replace("\n", "\r\n").encode()
    broker.produce(0, [*BROKEN, pretty])
    assert sum(manifest.rows for manifest in shop.extract()) == len(BROKEN) + 1
    shop.load()
    assert shop.rows(LOADED) == expected([0])
    found = shop.rows("select raw_text, reason from raw.quarantine order by source_file, line")
    assert [text for text, _ in found] == [text for text, _ in BROKEN.values()]
    for (text, reason), (_, start) in zip(found, BROKEN.values(), strict=True):
        assert reason.startswith(start), f"{text}: {reason}"


@pytest.mark.parametrize(("batch_size", "is_stopped"), [(100, False), (99, True)])
def test_the_ceiling_counts_bad_messages_in_a_full_batch(
    broker: Broker, tmp_path: Path, batch_size: int, is_stopped: bool
) -> None:
    shop = Shop(tmp_path, broker.address, batch_size=batch_size)
    broker.produce(0, [b"broken", event(0)])
    shop.extract()
    if is_stopped:
        with pytest.raises(LoadError, match=r"1 of 99 rows are bad \(1\.01%\); the ceiling is 1\.00%"):
            shop.load()
    else:
        shop.load()
        assert shop.rows(LOADED) == expected([0])


def test_events_of_the_day_that_has_begun_are_no_future(broker: Broker, shop: Shop) -> None:
    broker.produce(0, [event(0, at="2026-11-01T05:59:00Z")])
    shop.extract()
    shop.load()
    with pytest.raises(VerificationError) as caught:  # the shop has no orders yet
        verify(shop.client, shop.paths, DAY)
    assert "event_date" not in str(caught.value)
    RawShop(shop.client, shop.paths).change("update raw.events set event_date = date '2026-11-02'")
    with pytest.raises(VerificationError, match=r"raw\.events: event_date: expected no day after 2026-11-01"):
        verify(shop.client, shop.paths, DAY)


def test_without_a_broker_the_run_stops_and_says_why(tmp_path: Path) -> None:
    shop = Shop(tmp_path, "127.0.0.1:1", idle_seconds=0.5)
    folders = {"SALES_DATA_DIR": str(shop.paths.data), "SALES_CLIENTS_DIR": str(shop.clients)}
    said = subprocess.run(
        [Path(sys.executable).with_name("sales"), "extract", "--client", "shop", "--date", str(DAY)],
        env=os.environ | folders,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 1
    assert "error: Topic shop-events was not read to its end at 127.0.0.1:1: Failed to get metadata" in said.stderr
    assert "Connection refused" in said.stderr
    assert "expected a broker that has the topic and lets the group sales-shop read it. Nothing is lost" in said.stderr
    assert "Traceback" not in said.stderr
    assert not (shop.paths.landing / "events").exists()


def test_a_topic_that_is_not_there_stops_the_run(shop: Shop) -> None:
    with pytest.raises(ExtractError, match="Unknown topic or partition; expected a broker that has the topic"):
        shop.extract()


def test_a_setting_that_is_none_is_refused(broker: Broker, tmp_path: Path) -> None:
    shop = Shop(tmp_path, broker.address, security={"ssl.colour": "red"})
    with pytest.raises(ExtractError, match=r'sources\.events of client shop is refused: .*"ssl\.colour"'):
        shop.extract()


def test_a_topic_made_anew_is_not_taken_for_the_old_one(broker: Broker, shop: Shop, tmp_path: Path) -> None:
    broker.produce(0, [event(number) for number in range(4)])
    shop.extract()
    other = Broker()
    try:
        other.produce(0, [event(7)])
        again = Shop(tmp_path, other.address)
        with pytest.raises(ExtractError, match="ends at offset 1, but group sales-shop has read it up to 4; expected"):
            again.extract()
        named = Shop(tmp_path, other.address, group="sales-shop-2")
        named.extract()
    finally:
        other.kill()
    named.load()
    assert named.rows(f"{LOADED} order by event_id") == expected([0, 1, 2, 3, 7])


def test_messages_that_the_broker_deleted_unread_are_told(broker: Broker, shop: Shop) -> None:
    broker.produce(0, [event(0)])
    shop.extract()
    broker.produce(0, [event(1, product="x" * 900_000)] * 8)  # more than the 5 MB that it keeps
    broker.produce(0, [event(2)])
    (warning,) = [text for manifest in shop.extract() for text in manifest.warnings]
    first = shop.offsets(0)[1][0]
    assert first > 1
    assert warning.startswith(
        f"lost messages: Partition 0 of topic shop-events lost its messages 1 to {first - 1}: the broker deleted"
    )


def test_an_erased_customer_is_not_landed(broker: Broker, shop: Shop) -> None:
    Erased.of(shop.paths)
    shop.paths.root.mkdir(parents=True)
    Erased.of(shop.paths).with_customer("C7").save(shop.paths)
    broker.produce(0, [event(0, customer_id="C7"), event(1, customer_id="C8")])
    (manifest,) = shop.extract()
    text = manifest.data_file(shop.paths.landing).read_text()
    assert '"C7"' not in text
    assert '"C8"' in text


def land_events(shop: Shop, origin: str) -> None:
    delivery = Delivery("events", "2026-10", DAY, "events.jsonl", origin)
    row = {"event_id": "D1", "event_at": "2026-10-20", "event_type": "view", "channel": "web", "event_count": 3}
    with staged_file(shop.paths.landing, delivery) as staged:
        staged.write_text(json.dumps(row) + "\n")
        land(shop.paths.landing, delivery, staged, rows=1, extracted_at=NOW, code_version="test")


def test_what_the_demo_landed_before_stays_and_files_of_a_shop_are_refused(broker: Broker, shop: Shop) -> None:
    before = Client.model_validate({**SHOP, "sources": {**SHOP["sources"], "events": {"kind": "demo"}}})
    land_events(shop, "demo")
    load(before, shop.paths, run_id="run", now=NOW)
    broker.produce(0, [event(0)])
    shop.extract()
    with pytest.raises(LoadError, match=r"another sources\.events than when raw was loaded"):
        shop.load()
    shop.load(full_refresh=True)
    assert shop.rows("select event_id, event_count from raw.events order by event_id") == [("D1", 3), ("E0000", 1)]
    with pytest.raises(LoadError, match=r"but the client file has no sources\.events that says .* \(origin kafka\)"):
        load(before, shop.paths, run_id="run", now=NOW, full_refresh=True)
    shutil.rmtree(shop.paths.landing / "events" / "2026-10")
    land_events(shop, "file")
    with pytest.raises(LoadError, match=r"but the client file has no sources\.events that says .* \(origin file\)"):
        shop.load(full_refresh=True)


def test_the_block_in_the_docs_drains_a_topic(broker: Broker, tmp_path: Path) -> None:
    text = (HERE.parents[1] / "docs" / "reference" / "sources.md").read_text()
    block = text.partition("```yaml\n  events:\n")[2].partition("```")[0]
    head = yaml.safe_dump({name: value for name, value in SHOP.items() if name != "sources"})
    (tmp_path / "shop.yml").write_text(f"{head}sources:\n  orders: {{kind: demo}}\n  events:\n{block}")
    secrets = {"SHOP_KAFKA_SERVERS": broker.address, "SHOP_KAFKA_USER": "shop", "SHOP_KAFKA_PASSWORD": 'a"b: #{}'}
    client = load_client("shop", tmp_path, secrets)
    source = client.sources["events"]
    assert isinstance(source, KafkaSource)
    assert source.security["sasl.password"].get_secret_value() == 'a"b: #{}'
    assert 'a"b' not in repr(client) + str(client.model_dump(mode="json"))
    paths = ClientPaths(tmp_path / "data", "shop")
    unset = load_client("shop", tmp_path, {**secrets} | {"SHOP_KAFKA_USER": "${SHOP_KAFKA_USER}"})
    with pytest.raises(ExtractError, match=r"sources\.events of client shop needs SHOP_KAFKA_USER, which is not set"):
        extract_events(unset, paths, DAY, extracted_at=NOW, code_version="test")
    # The mock broker takes no login, so the rest of the block is used without one.
    plain = client.model_copy(update={"sources": {"events": source.model_copy(update={"security": {}})}})
    broker.produce(0, [event(number) for number in range(3)])
    extract_events(plain, paths, DAY, extracted_at=NOW, code_version="test")
    load(plain, paths, run_id="run", now=NOW)
    with duckdb.connect(paths.warehouse, read_only=True) as con:
        assert con.execute(f"{LOADED} order by event_id").fetchall() == expected(range(3))

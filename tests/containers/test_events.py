"""Events of a broker in a container, drained and loaded by containers for a client that somebody added."""

import json
import re
from collections.abc import Iterator, Sequence

import pytest
from confluent_kafka import Producer

from tests.containers.conftest import BROKER_PORT, Stack

pytestmark = [pytest.mark.containers, pytest.mark.timeout(1800), pytest.mark.needs("engine")]

JOBS = ("extract", "load", "dbt")
COUNT = """
import duckdb
con = duckdb.connect("/data/shop/warehouse/warehouse.duckdb", read_only=True)
print(*con.execute(
    "select count(*), count(distinct event_id), min(event_id), max(event_id), sum(event_count) "
    "from raw.events where is_current"
).fetchone())
"""


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Iterator[Stack]:
    """Somebody who works for the client `shop`, beside a broker that is up."""
    try:
        stack.compose("--profile", "kafka", "up", "--detach", "--wait", "kafka")
    except pytest.fail.Exception as failure:
        pytest.fail(f"{failure}\n{stack.compose('logs', 'kafka', check=False)}")
    yield stack.of("shop")
    stack.compose("--profile", "kafka", "rm", "--stop", "--force", "kafka")


def send(shop: Stack, numbers: Sequence[int]) -> None:
    """The messages of a shop on this machine, at the address that docs/how-to/containers.md gives."""
    producer = Producer({"bootstrap.servers": f"127.0.0.1:{shop.environment[BROKER_PORT]}"})
    for number in numbers:
        event = {"id": f"E{number:04}", "at": f"2026-10-20T12:{number:02}:00Z", "step": "view", "channel": "web"}
        producer.produce("shop-events", json.dumps(event))
    assert producer.flush(60) == 0


def run(shop: Stack, *command: str) -> str:
    return shop.compose("run", "--rm", *command)


def drained(shop: Stack) -> int:
    """How many events a drain says it landed."""
    said = run(shop, "extract", "python", "extract_events.py")
    found = re.search(r"^events (\d+) rows in .* \(kafka\)|nothing new in it", said, flags=re.MULTILINE)
    assert found, said
    return int(found[1] or 0)


def loaded(shop: Stack) -> list[str]:
    """Rows, different events, the first and the last of them, and how often something happened."""
    run(shop, "load", "python", "load_to_db.py")
    return run(shop, "load", "python", "-c", COUNT).split()[-5:]


def test_events_are_drained_and_loaded_once_however_often(shop: Stack) -> None:
    send(shop, range(12))
    assert drained(shop) == 12
    assert loaded(shop) == ["12", "12", "E0000", "E0011", "12"]

    assert drained(shop) == 0
    assert loaded(shop) == ["12", "12", "E0000", "E0011", "12"]

    send(shop, [*range(12, 15), 3])  # 3 for the second time
    assert drained(shop) == 4
    assert loaded(shop) == ["15", "15", "E0000", "E0014", "15"]


def test_a_job_sees_the_files_of_its_client_alone_and_extract_no_warehouse(shop: Stack) -> None:
    find = ("sh", "-c", "find /data -type f | cut -d/ -f3-4 | sort -u")
    seen = {service: set(re.findall(r"^\w+/[\w.]+$", run(shop, service, *find), re.M)) for service in JOBS}
    assert seen["extract"] == {"shop/landing", "shop/pipeline.lock"}
    assert seen["load"] == {"shop/landing", "shop/pipeline.lock", "shop/warehouse", "shop/raw"}
    assert seen["dbt"] == {"shop/pipeline.lock", "shop/warehouse", "shop/raw"}
    assert "Read-only file system" in run(shop, "extract", "sh", "-c", "touch /data/shop/warehouse/changed || true")

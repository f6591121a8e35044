"""Stands in for the broker of docker-compose.yml where its image cannot be pulled: librdkafka's own, behind relays.

That one listens on a loopback port of its choice and tells clients to come there. So for each listener that the real
definition advertises, a relay passes on what is said and puts the advertised address into the answers.
"""

from __future__ import annotations

import asyncio
import os
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from functools import partial

from confluent_kafka import Producer

Address = tuple[bytes, int]


def listeners(variable: str) -> dict[str, Address]:
    """The addresses in a variable such as ``CONTAINERS://kafka:19092,MACHINE://127.0.0.1:9092``, by name."""
    found = {}
    for item in os.environ[variable].split(","):
        name, _, address = item.partition("://")
        host, _, port = address.partition(":")
        found[name] = (host.encode(), int(port))
    return found


def readdressed(answer: bytes, old: Address, new: Address) -> bytes:
    """The answer with another address, which stands in it as length, host and port."""

    def written(address: Address, *, compact: bool) -> bytes:
        host, port = address
        length = bytes([len(host) + 1]) if compact else struct.pack(">h", len(host))
        return length + host + struct.pack(">i", port)

    for compact in (False, True):  # up to and since the protocol's flexible versions
        answer = answer.replace(written(old, compact=compact), written(new, compact=compact))
    return answer


async def pass_on(source: StreamReader, target: StreamWriter, change: Callable[[bytes], bytes]) -> None:
    """Copy messages, each behind its length, until one side has hung up."""
    try:
        while True:
            (size,) = struct.unpack(">i", await source.readexactly(4))
            message = change(await source.readexactly(size))
            target.write(struct.pack(">i", len(message)) + message)
            await target.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        target.close()


async def relay(broker: Address, advertised: Address, client: StreamReader, to_client: StreamWriter) -> None:
    """Connect one client with the broker."""
    answers, requests = await asyncio.open_connection(*broker)
    await asyncio.gather(
        pass_on(client, requests, bytes),
        pass_on(answers, to_client, partial(readdressed, old=broker, new=advertised)),
    )


async def main() -> None:
    """Serve until stopped."""
    own = Producer({"test.mock.num.brokers": 1, "bootstrap.servers": "", "log_level": 0})
    (found,) = own.list_topics(timeout=10).brokers.values()
    broker = (found.host.encode(), found.port)
    bound = listeners("KAFKA_LISTENERS")
    for name, advertised in listeners("KAFKA_ADVERTISED_LISTENERS").items():
        await asyncio.start_server(partial(relay, broker, advertised), "0.0.0.0", bound[name][1])  # noqa: S104 a container
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())

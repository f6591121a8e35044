"""Events of a Kafka topic to landing, in batches."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import islice

from confluent_kafka import Message

from contracts.client_file import Client, Dataset
from contracts.deliveries import Delivery, Manifest, safe_name
from contracts.paths import ClientPaths
from contracts.warning import Kind
from extract.errors import ExtractError
from extract.sources.kafka import KafkaSource
from extract.sources.kafka.event_stream import PartitionOffsets, Topic, open_topic
from privacy.erased import Erased
from privacy.redaction import redact
from storage.landing import land, latest, staged_file

logger = logging.getLogger(__name__)

DATASET: Dataset = "events"
(ORIGIN,) = KafkaSource.origins


def extract(
    client: Client, paths: ClientPaths, business_date: date, *, extracted_at: datetime, code_version: str
) -> list[Manifest]:
    """Lands what the client's Kafka topic has and landing has not, through the end that the topic has now.

    A delivery is a batch of one partition, named by its offsets. They are committed to the group when it is durable;
    after a crash before that, landing says where to go on, so that nothing is landed twice. Raises ExtractError when
    the broker cannot be read.
    """
    source = client.sources.get(DATASET)
    if not isinstance(source, KafkaSource):
        return []
    with open_topic(source, f"sources.{DATASET} of client {client.client}") as topic:
        drain = _Drain(topic, paths, business_date, extracted_at, code_version)
        # All of them first: while messages are fetched, a question to the broker waits up to half a second in line.
        reaches = {partition: topic.reach(partition) for partition in topic.partitions()}
        return [manifest for partition, reach in reaches.items() for manifest in drain.partition(partition, reach)]


class _Drain:
    """One pass over a topic."""

    def __init__(
        self, topic: Topic, paths: ClientPaths, business_date: date, extracted_at: datetime, code_version: str
    ) -> None:
        self._topic = topic
        self._source = topic.source
        self._landing = paths.landing
        self._erased = Erased.of(paths)
        self._business_date = business_date
        self._extracted_at = extracted_at
        self._code_version = code_version

    def partition(self, partition: int, reach: PartitionOffsets) -> Iterator[Manifest]:
        """Land what the partition has and landing has not, and tell the group so."""
        landed = self._landed(partition)
        first, warnings = self._start(partition, reach, landed)
        if landed == first != reach.committed:
            self._topic.commit(partition, first)  # a run ended between landing and commit
        messages = self._topic.read(partition, first, reach.high)
        while batch := list(islice(messages, self._source.batch_size)):
            manifest = self._land(partition, batch, warnings)
            self._topic.commit(partition, manifest.parameters["last_offset"] + 1)
            logger.info("%s: %s messages", manifest.delivery_id, f"{manifest.rows:,}")
            yield manifest
            warnings = ()

    def _landed(self, partition: int) -> int | None:
        """The offset after the newest one that is landed; None where nothing is."""
        pattern = re.compile(re.escape(self._name(partition)) + r"-\d{15}-(\d{15})")
        folder = self._landing / DATASET
        keys = sorted((path.name for path in folder.iterdir()) if folder.is_dir() else (), reverse=True)
        found = (match for match in map(pattern.fullmatch, keys) if match and latest(self._landing, DATASET, match[0]))
        return next((int(match[1]) + 1 for match in found), None)

    def _start(self, partition: int, reach: PartitionOffsets, landed: int | None) -> tuple[int, tuple[str, ...]]:
        known = max((offset for offset in (landed, reach.committed) if offset is not None), default=None)
        place = f"Partition {partition} of topic {self._source.topic}"
        if known is None or known == reach.low:
            return reach.low, ()
        if known > reach.high:
            raise ExtractError(
                f"{place} ends at offset {reach.high}, but group {self._source.group} has read it up to {known}; "
                "expected the topic that was read before. If it was deleted and made again, name another group in the "
                "client file: the topic is then read from its beginning."
            )
        if known < reach.low:
            text = (
                f"{place} lost its messages {known} to {reach.low - 1}: the broker deleted them before they were read"
            )
            logger.warning(text)
            return reach.low, (Kind.LOST_MESSAGES.warning(f"{text}. Have it keep them longer, or run more often."),)
        return known, ()

    def _land(self, partition: int, batch: Sequence[Message], warnings: tuple[str, ...]) -> Manifest:
        first, last = (message.offset() for message in (batch[0], batch[-1]))
        name = f"{first:015}-{last:015}"
        place = {"topic": self._source.topic, "group": self._source.group, "partition": partition}
        delivery = Delivery(
            DATASET,
            f"{self._name(partition)}-{name}",
            self._business_date,
            f"{DATASET}-{partition}-{name}.jsonl",
            ORIGIN,
            parameters={**place, "first_offset": first, "last_offset": last},
            warnings=warnings,
        )
        with staged_file(self._landing, delivery) as staged:
            staged.write_text("".join(as_line(message.value()) for message in batch), encoding="utf-8")
            redact(staged, DATASET, None, self._erased)
            return land(
                self._landing,
                delivery,
                staged,
                rows=len(batch),
                extracted_at=self._extracted_at,
                code_version=self._code_version,
            )

    def _name(self, partition: int) -> str:
        """What the keys of a partition begin with; the group is in it, as another group reads everything once more."""
        return f"{safe_name(f'{self._source.topic}@{self._source.group}')}-{partition}"


def as_line(value: bytes | None) -> str:
    """A message as one line, so that records stay countable whatever was sent.

    White space stands for the line breaks, which mean as much between the parts of JSON, and ``\\xff`` for a byte that
    is not UTF-8. A message of nothing becomes ``""``, one without a value ``null``.
    """
    if value is None:
        return "null\n"
    line = value.decode("utf-8", "backslashreplace").replace("\r", " ").replace("\n", " ")
    return f"{line}\n" if line.strip() else '""\n'

"""A Kafka topic as extract sees it: where each partition begins and ends, its messages, and what the group has read."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from contracts.block import VARIABLE
from extract.errors import ExtractError
from extract.sources.kafka import KafkaSource

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PartitionOffsets:
    """A partition now: the first offset that it still has, the one its next message will get, and the group's own."""

    low: int
    high: int
    committed: int | None


@dataclass(frozen=True)
class Topic:
    """A topic that is read by assignment: nobody else reads for the group, so no partition is ever taken away."""

    source: KafkaSource
    consumer: Consumer
    admin: AdminClient

    def partitions(self) -> list[int]:
        """The numbers of the partitions; raises KafkaException when there is no such topic."""
        topic = self.consumer.list_topics(self.source.topic, self.source.idle_seconds).topics[self.source.topic]
        if topic.error is not None:
            raise KafkaException(topic.error)
        return sorted(topic.partitions)

    def reach(self, partition: int) -> PartitionOffsets:
        """Ask the broker, which must answer."""
        place = TopicPartition(self.source.topic, partition)
        low, high = self.consumer.get_watermark_offsets(place, timeout=self.source.idle_seconds)
        (group,) = self.consumer.committed([place], timeout=self.source.idle_seconds)
        return PartitionOffsets(low, high, group.offset if group.offset >= 0 else None)

    def read(self, partition: int, first: int, end: int) -> Iterator[Message]:
        """The messages of a partition from one offset up to another one, which is left out.

        Ends before that when the partition does, or when the broker answers but sends nothing for ``idle_seconds``.
        """
        topic = self.source.topic
        self.consumer.assign([TopicPartition(topic, partition, first)])
        while first < end:
            message = self.consumer.poll(self.source.idle_seconds)
            if message is None:
                self.reach(partition)
                logger.warning(
                    "%s/%d sends nothing from offset %d on; the next run asks again", topic, partition, first
                )
                return
            error = message.error()
            if error is not None and error.code() == KafkaError._PARTITION_EOF:
                return  # what is missing to the end are marks of transactions
            if error is not None:
                raise KafkaException(error)
            offset = message.offset() or 0
            if offset < end:
                yield message
            first = offset + 1

    def commit(self, partition: int, next_offset: int) -> None:
        """Let the group go on at the offset; the broker has confirmed it when this returns.

        Not by the consumer: its commit waits for ever where the broker dies at the wrong moment.
        """
        group, place = self.source.group, TopicPartition(self.source.topic, partition, next_offset)
        asked = self.admin.alter_consumer_group_offsets(
            [ConsumerGroupTopicPartitions(group, [place])], request_timeout=self.source.idle_seconds
        )
        for answer in asked[group].result().topic_partitions:
            if answer.error is not None:
                raise KafkaException(answer.error)


@contextmanager
def open_topic(source: KafkaSource, place: str) -> Iterator[Topic]:
    """The source's topic; ``place`` names the source in the client file.

    Raises ExtractError with the broker's or the connection's own words when it cannot be read within the block.
    """
    security = {name: value.get_secret_value() for name, value in source.security.items()}
    for text in (source.bootstrap_servers, *security.values()):
        if unset := VARIABLE.search(text):
            raise ExtractError(f"{place} needs {unset[1]}, which is not set; expected it where the step runs. Set it.")
    heard: deque[str] = deque(maxlen=1)
    connection: dict[str, str | int | float | bool] = {
        **security,
        "bootstrap.servers": source.bootstrap_servers,
        "log_level": 0,  # what the connections say is in the error
    }
    settings = connection | {
        "group.id": source.group,
        "enable.auto.commit": False,
        "auto.offset.reset": "error",  # where to begin is decided here, not by a default of the group's
        "enable.partition.eof": True,
        "error_cb": lambda error: heard.append(error.str()) if error.code() != KafkaError._ALL_BROKERS_DOWN else None,
    }
    hint = (
        f"Nothing is lost: what was landed stays, the rest is still in the topic. Check {place} and the network, and "
        "run the step again; it goes on where landing ends."
    )
    try:
        consumer, admin = Consumer(settings), AdminClient(connection)
    except KafkaException as error:
        raise ExtractError(
            f"{place} is refused: {error.args[0].str()}; expected settings of librdkafka. {hint}"
        ) from error
    try:
        yield Topic(source, consumer, admin)
    except KafkaException as error:
        consumer.poll(0)  # hands over what the connections said
        raise ExtractError(
            f"Topic {source.topic} was not read to its end at {source.bootstrap_servers}: "
            f"{', '.join([error.args[0].str(), *heard])}; expected a broker that has the topic and lets the group "
            f"{source.group} read it. {hint}"
        ) from error
    finally:
        consumer.close()

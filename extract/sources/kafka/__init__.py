"""A topic of a Kafka broker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field, SecretStr

from contracts.layout import Layout, Mapped
from contracts.source import Source


class KafkaSource(Source, Mapped):
    """Messages of a Kafka topic, a JSON object each, whose fields are mapped like the columns of a file."""

    kind: Literal["kafka"]
    bootstrap_servers: str
    """Addresses of brokers, `host:port`, comma-separated."""
    topic: str = Field(pattern=r"^[A-Za-z0-9._-]{1,249}$")
    """The topic to read."""
    group: str = Field(min_length=1)
    """The consumer group that offsets are committed to; one client, one group."""
    batch_size: int = Field(10_000, ge=1)
    """How many messages are landed as one delivery at most."""
    idle_seconds: float = Field(10, gt=0, le=300)
    """How long the broker may be silent before a partition counts as read."""
    security: Mapping[Annotated[str, Field(pattern=r"^(security|sasl|ssl)\.")], SecretStr] = Field(default_factory=dict)
    """librdkafka's own settings that begin with `security.`, `sasl.` or `ssl.`; secrets as `${VARIABLES}` only."""

    step: ClassVar[str] = "extract_events"
    origins: ClassVar[tuple[str, ...]] = ("kafka",)
    datasets: ClassVar[tuple[str, ...] | None] = ("events",)
    is_stream: ClassVar[bool] = True
    takes_variables: ClassVar[tuple[str, ...]] = ("bootstrap_servers", "security")
    is_live: ClassVar[bool] = True

    @property
    def layout(self) -> Layout:
        """A landed batch is JSON Lines."""
        return Layout(format="jsonl", **{name: getattr(self, name) for name in Mapped.model_fields})

    @property
    def full_batch(self) -> int:
        """A batch with fewer messages is the newest of its partition."""
        return self.batch_size


SOURCE = KafkaSource

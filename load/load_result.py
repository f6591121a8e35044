"""What a load did, for the command that ran it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contracts.client_file import Client
from contracts.deliveries import Manifest
from contracts.warning import Kind
from load.ledger import Counts


@dataclass(frozen=True)
class LoadedDelivery:
    """What became of one delivery."""

    manifest: Manifest
    counts: Counts
    seconds: float
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class LoadResult:
    """What a load did: the deliveries it loaded, and how many rows every raw table has afterwards, all versions."""

    deliveries: tuple[LoadedDelivery, ...]
    tables: Mapping[str, int]
    rebuilt_because: tuple[str, ...] = ()

    def left_out(self, client: Client) -> Iterator[str]:
        """What the client file left out of each delivery, with the condition that did not hold."""
        for loaded in self.deliveries:
            layout = client.sources[loaded.manifest.dataset].layout
            if loaded.counts.left_out and layout:
                example = ", ".join(map(str, loaded.counts.left_out_lines))
                reasons = [f"they are not where: {layout.where}"] if layout.where else []
                reasons += ["no amount of sums: takes one of their rows"] if layout.sums else []
                yield (
                    f"{loaded.manifest.delivery_id}: {loaded.counts.left_out:,} of {loaded.counts.landed:,} rows left "
                    f"out, for example line {example}: {', or '.join(reasons)}"
                )

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know of the deliveries: replacements, bad rows, changed columns."""
        quarantined = tuple(
            Kind.QUARANTINED_ROWS.warning(
                f"{loaded.manifest.delivery_id}: {loaded.counts.quarantined:,} of {loaded.counts.landed:,} rows, "
                f"for example {loaded.counts.reasons[0]}"
            )
            for loaded in self.deliveries
            if loaded.counts.quarantined
        )
        return (
            *self.rebuilt_because,
            *(text for loaded in self.deliveries for text in loaded.manifest.warnings),
            *quarantined,
            *(text for loaded in self.deliveries for text in loaded.warnings),
        )

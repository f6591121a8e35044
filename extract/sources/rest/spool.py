"""Records on the disk until all are there, as pages bring one again or shift while they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import BinaryIO, cast


@dataclass
class Spool:
    """Lines by their key; of one that came twice the newest counts. Closed, it is gone."""

    stream: BinaryIO = field(default_factory=lambda: cast(BinaryIO, TemporaryFile()))  # noqa: SIM115 closed below
    places: dict[bytes, tuple[int, int]] = field(default_factory=dict)

    def add(self, key: bytes, line: bytes) -> None:
        """Keep a line."""
        self.places[key] = self.stream.tell(), len(line)
        self.stream.write(line)

    def lines(self) -> Iterator[bytes]:
        """The newest line of each key, in the order of the keys."""
        yield from (line for _, line in self.items())

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Each key and its newest line, in the order of the keys."""
        for key, (begin, length) in sorted(self.places.items()):
            self.stream.seek(begin)
            yield key, self.stream.read(length)

    def __len__(self) -> int:
        return len(self.places)

    def close(self) -> None:
        """Drop what was kept."""
        self.stream.close()

"""Random numbers by counter: each is a hash of the seed, the name of the draw and a number, so order cannot matter."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# The increment and the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
_INCREMENT = np.uint64(0x9E3779B97F4A7C15)
_FIRST_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
_SECOND_FACTOR = np.uint64(0x94D049BB133111EB)


@cache
def _key(seed: int, stream: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(f"{seed}/{stream}".encode(), digest_size=8).digest()))


@dataclass(frozen=True)
class Draws:
    """The draws of one seed. Streams of different names are independent of each other."""

    seed: int

    def bits(self, stream: str, counters: Ints) -> NDArray[np.uint64]:
        """64 random bits for each counter."""
        mixed = counters.astype(np.uint64)
        mixed *= _INCREMENT
        mixed += _key(self.seed, stream)
        mixed ^= mixed >> np.uint64(30)
        mixed *= _FIRST_FACTOR
        mixed ^= mixed >> np.uint64(27)
        mixed *= _SECOND_FACTOR
        mixed ^= mixed >> np.uint64(31)
        return mixed

    def below(self, stream: str, counters: Ints, limit: int | Ints) -> Ints:
        """A whole number from 0 to ``limit`` - 1 for each counter; limits stay under 2**32."""
        high = self.bits(stream, counters) >> np.uint64(32)
        return (high * np.asarray(limit, dtype=np.uint64) >> np.uint64(32)).astype(np.int64)

    def chance(self, stream: str, counters: Ints, per_mille: int) -> Flags:
        """True for ``per_mille`` of 1,000 counters."""
        return self.below(stream, counters, 1_000) < per_mille

    def pick(self, stream: str, counters: Ints, shares: Sequence[int]) -> Ints:
        """A position in ``shares`` for each counter, as often as its share of their sum."""
        positions = np.repeat(np.arange(len(shares)), shares)
        return positions[self.below(stream, counters, len(positions))]

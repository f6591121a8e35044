"""Which customers were erased: a register of keyed hashes, so that no later delivery brings one back."""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass

from contracts.ids import id_text
from contracts.paths import ClientPaths
from contracts.printable import SafeError
from storage.durable import write_private


class EraseError(SafeError):
    """A customer is not there, or was found again after the erasure; the message says where."""


@dataclass(frozen=True)
class Erased:
    """The erased customers of one client. It cannot be read back into ids, but whoever has one can ask for it."""

    key: bytes
    hashes: frozenset[str]

    @classmethod
    def of(cls, paths: ClientPaths) -> Erased:
        """The client's register; an empty one, with a new key, where nobody was erased yet."""
        if not paths.erased.is_file():
            return cls(secrets.token_bytes(32), frozenset())
        try:
            content = json.loads(paths.erased.read_text(encoding="utf-8"))
            return cls(bytes.fromhex(content["key"]), frozenset(content["customers"]))
        except (ValueError, KeyError, TypeError) as error:
            raise EraseError(
                f"{paths.erased} is damaged ({type(error).__name__}); expected the register of erased customers, "
                "without which later deliveries would bring them back. Put it back from a backup."
            ) from error

    def __bool__(self) -> bool:
        return bool(self.hashes)

    def label(self, customer_id: str) -> str | None:
        """What stands for the customer's id from now on; None for a customer who was not erased."""
        found = self._hash(customer_id)
        return f"erased-{found[:16]}" if found in self.hashes else None

    def with_customer(self, customer_id: str) -> Erased:
        """The register with one customer more."""
        return Erased(self.key, self.hashes | {self._hash(customer_id)})

    def save(self, paths: ClientPaths) -> None:
        """Write the register in one step, for its owner's eyes only."""
        content = {"key": self.key.hex(), "customers": sorted(self.hashes)}
        write_private(paths.erased, json.dumps(content, indent=2))

    def _hash(self, customer_id: str) -> str:
        return hmac.new(self.key, id_text(customer_id).encode("utf-8", "surrogatepass"), "sha256").hexdigest()

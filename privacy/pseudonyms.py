"""The secret behind the pseudonyms of personal data."""

from __future__ import annotations

import secrets
from pathlib import Path

from storage.durable import write_private

KEY_BYTES, BLOCK_BYTES = 32, 64
INNER, OUTER = 0x36, 0x5C  # RFC 2104


def key_of(file: Path) -> bytes:
    """The client's key, made on first use and readable by its owner only."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_private(file, secrets.token_hex(KEY_BYTES))
    return bytes.fromhex(file.read_text())


def hmac_pads(key: bytes) -> tuple[str, str]:
    """The inner and outer padded key of HMAC-SHA-256 in hex, so that SQL needs nothing but SHA-256 (RFC 2104)."""
    padded = key.ljust(BLOCK_BYTES, b"\0")
    return bytes(byte ^ INNER for byte in padded).hex(), bytes(byte ^ OUTER for byte in padded).hex()

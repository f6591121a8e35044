"""The secret behind the pseudonyms of personal data."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

KEY_BYTES, BLOCK_BYTES = 32, 64
INNER, OUTER = 0x36, 0x5C  # RFC 2104


def key_of(file: Path) -> bytes:
    """The client's key, made on first use and readable by its owner only."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{file.name}")
        temporary.unlink(missing_ok=True)
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
            stream.write(secrets.token_hex(KEY_BYTES))
        temporary.replace(file)
    return bytes.fromhex(file.read_text())


def hmac_pads(key: bytes) -> tuple[str, str]:
    """The inner and outer padded key of HMAC-SHA-256 in hex, so that SQL needs nothing but SHA-256 (RFC 2104)."""
    padded = key.ljust(BLOCK_BYTES, b"\0")
    return bytes(byte ^ INNER for byte in padded).hex(), bytes(byte ^ OUTER for byte in padded).hex()

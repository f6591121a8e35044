"""The secret behind the pseudonyms of personal data."""

from __future__ import annotations

import hmac
import secrets

from contracts.paths import ClientPaths
from contracts.printable import SafeError
from storage.durable import write_private

KEY_BYTES, BLOCK_BYTES = 32, 64
INNER, OUTER = 0x36, 0x5C  # RFC 2104


class PseudonymKeyError(SafeError):
    """The key is lost, or another one lies in its place; the message says where it was and what to do."""


def key_of(paths: ClientPaths) -> bytes:
    """The client's key, made on first use and readable by its owner only.

    Raises PseudonymKeyError where it is not the one of before: another would give every customer another pseudonym.
    """
    file, check = paths.pseudonym_key, paths.pseudonym_check
    start_over = f"to begin with other pseudonyms for everybody delete {check}, then run again"
    if not file.exists():
        if check.exists():
            raise PseudonymKeyError(
                f"there is no {file}, with which e-mails and phones were made pseudonyms until now; expected that key. "
                f"Put it back from a backup; {start_over}."
            )
        file.parent.mkdir(parents=True, exist_ok=True)
        write_private(file, secrets.token_hex(KEY_BYTES))
    try:
        key = bytes.fromhex(file.read_text(encoding="ascii"))
    except ValueError as error:
        raise PseudonymKeyError(f"{file} is no key in hex. Put it back from a backup.") from error
    mark = hmac.new(key, b"pseudonym.check", "sha256").hexdigest()
    if not check.exists():
        write_private(check, mark)
    elif not hmac.compare_digest(check.read_bytes().strip(), mark.encode()):
        raise PseudonymKeyError(
            f"{file} is another key than the one that made the pseudonyms until now; expected that one. Put it back "
            f"from a backup; {start_over}."
        )
    return key


def pseudonym_of(paths: ClientPaths, text: str) -> str | None:
    """What stands for a text past raw, as the models compute it; None where no pseudonym was made yet."""
    return hmac.digest(key_of(paths), text.encode(), "sha256").hex() if paths.pseudonym_key.exists() else None


def hmac_pads(key: bytes) -> tuple[str, str]:
    """The inner and outer padded key of HMAC-SHA-256 in hex, so that SQL needs nothing but SHA-256 (RFC 2104)."""
    padded = key.ljust(BLOCK_BYTES, b"\0")
    return bytes(byte ^ INNER for byte in padded).hex(), bytes(byte ^ OUTER for byte in padded).hex()

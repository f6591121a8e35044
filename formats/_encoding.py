"""Which encoding a file of text has: as said, or as the mark at its beginning says where nothing is said."""

from __future__ import annotations

import codecs
from pathlib import Path

from contracts.data_file import FormatError
from formats._packed import unpacked

SAMPLE = 4096
CHUNK = 1 << 20
# Those that begin as another one does come first.
MARKS = (
    (codecs.BOM_UTF8, "UTF-8", "utf-8"),
    (codecs.BOM_UTF32_LE, "UTF-32", "utf-32-le"),
    (codecs.BOM_UTF32_BE, "UTF-32", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "UTF-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "UTF-16", "utf-16-be"),
)


def codec_of(path: Path, said: str | None) -> str:
    """The codec that reads the text without a mark; FormatError where the mark contradicts what is said."""
    with unpacked(path) as binary:
        start = binary.read(4)
    name = codecs.lookup(said).name if said else None
    fitting = [(mark, label, codec) for mark, label, codec in MARKS if start.startswith(mark)]
    if not fitting:
        return "utf-8-sig" if name in (None, "utf-8") else str(said)
    for _, label, codec in fitting:
        if name in (None, codec, f"{label.lower()}-sig", label.lower()):
            return f"{label.lower()}-sig" if label == "UTF-8" else label.lower()
    mark, label, _ = fitting[0]
    raise FormatError(
        f"begins in line 1 with the bytes {mark.hex(' ').upper()}, the byte order mark of {label}, which encoding: "
        f"{said} contradicts. Say encoding: {label.lower()} in the client file, or leave it out: the mark says it."
    )


def check_encoding(path: Path, said: str | None, codec: str) -> None:
    """Raise FormatError for text that is in another encoding than the codec's by all signs, and yet could be read."""
    if codec.startswith(("utf-16", "utf-32")):
        return
    with unpacked(path) as binary:
        start = binary.read(SAMPLE)
    zeros = start[0::2].count(0), start[1::2].count(0)
    if sum(zeros) * 5 > len(start):
        likely = "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
        raise FormatError(
            f"has a zero byte beside every second letter, as UTF-16 has, and is read as {said or 'utf-8'}. Say "
            f"encoding: {likely} in the client file."
        )
    if _has_a_sign_a_byte(codec) and (place := _first_of_utf8(path)):
        line, found = place
        try:
            found.decode(codec)
        except UnicodeDecodeError:
            return  # reading it says so
        raise FormatError(
            f"is UTF-8 from its first byte to its last, but encoding: {said} is said: line {line} has the bytes "
            f"{' '.join(f'0x{byte:02x}' for byte in found)}, which UTF-8 reads as {found.decode()!r} and {said} as "
            f"{found.decode(codec, 'replace')!r}. Say encoding: utf-8 in the client file."
        )


def _has_a_sign_a_byte(codec: str) -> bool:
    return not codec.startswith("utf") and len(bytes(range(256)).decode(codec, "replace")) == 256


def _first_of_utf8(path: Path) -> tuple[int, bytes] | None:
    """The line and the bytes of the first sign beyond ASCII of a file that is all UTF-8; None where it is not."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, first = 1, None
    with unpacked(path) as binary:
        while chunk := binary.read(CHUNK):
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError:
                return None
            if first is None:
                sign = None if text.isascii() else next(sign for sign in text if not sign.isascii())
                if sign is not None:
                    first = line + text.partition(sign)[0].count("\n"), sign.encode()
                line += text.count("\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return first

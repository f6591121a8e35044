"""Files of text, in any encoding that Python knows, plain or gzip."""

from __future__ import annotations

import codecs
import gzip
import shutil
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, ClassVar, TextIO, cast

from contracts.data_file import DataFile, FormatError

GZIP_MAGIC = b"\x1f\x8b"
MARKUP = (b"<!doctype", b"<html", b"<?xml")
CHUNK = 1 << 20
BLANKS = " \t\r\n\v\f"


def check_start(path: Path, form: str) -> None:
    """Raise FormatError when the file is empty, gzip under another name, or a page of HTML."""
    if not path.stat().st_size:
        raise FormatError(f"is empty (0 bytes), expected {form} data. Ask for it again.")
    with path.open("rb") as stream:
        if stream.read(2) == GZIP_MAGIC and not is_gzip(path):
            raise FormatError("is gzip but its name does not end in .gz. Rename it.")
    with unpacked(path) as binary:
        start = binary.read(512)
    if not start.strip():
        raise FormatError(f"holds nothing, expected {form} data. Ask for it again.")
    if start.removeprefix(codecs.BOM_UTF8).lstrip().lower().startswith(MARKUP):
        raise FormatError(
            f"is HTML or XML, expected {form}: probably a login or error page saved under the name "
            "of the file. Download it again."
        )


def is_gzip(path: Path) -> bool:
    """Whether the name says that it is gzip."""
    return path.suffix == ".gz"


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked where its name says gzip; FormatError when they are not whole."""
    try:
        with cast(BinaryIO, gzip.open(path)) if is_gzip(path) else path.open("rb") as stream:
            yield stream
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FormatError(f"is not whole gzip ({error}). Ask for it again.") from error


def line_end(text: str) -> str:
    """How a line ended; one at the end of a file may not."""
    return text[len(text.rstrip("\r\n")) :]


@dataclass(frozen=True)
class TextFile(DataFile):
    """A file of text; ``newline`` is as ``open`` has it."""

    newline: ClassVar[str] = "\n"  # a carriage return is no line end of JSON Lines

    @property
    def codec(self) -> str:
        """The encoding; of UTF-8 the one that passes over a byte order mark, which Excel writes before the header."""
        is_utf8 = codecs.lookup(self.layout.encoding).name == "utf-8"
        return "utf-8-sig" if is_utf8 else self.layout.encoding

    @contextmanager
    def text(self) -> Iterator[TextIO]:
        """The text with its own line ends; FormatError when it is in another encoding."""
        encoding = self.layout.encoding
        try:
            with (
                unpacked(self.path) as binary,
                TextIOWrapper(binary, encoding=self.codec, newline=self.newline) as stream,
            ):
                yield stream
        except UnicodeDecodeError as error:
            raise FormatError(
                f"is not {encoding}: {self._bad_byte()}. State the encoding it has (encoding: in the client file), or "
                f"have it written as {encoding}."
            ) from error

    def text_again(self) -> TextIO:
        """The text for ``count``, opened here, as load reads what ``text`` opens; what is no text is counted, too."""
        opened = cast(Callable[..., TextIO], gzip.open if is_gzip(self.path) else Path.open)
        return opened(self.path, "rt", encoding=self.codec, errors="replace", newline=self.newline)

    def _bad_byte(self) -> str:
        decoder = codecs.getincrementaldecoder(self.layout.encoding)()
        with unpacked(self.path) as binary:
            for number, line in enumerate(binary, 1):
                try:
                    decoder.decode(line)
                except UnicodeDecodeError as error:
                    return f"line {number} has the byte 0x{error.object[error.start]:02x}"
        return "it ends within a character"

    def as_utf8(self, spare: Path) -> Path:
        """A file in UTF-8 without a byte order mark: the file itself, else ``spare``."""
        with unpacked(self.path) as binary:
            is_marked = binary.read(3) == codecs.BOM_UTF8
        if codecs.lookup(self.layout.encoding).name == "utf-8" and not is_marked:
            return self.path
        spare.parent.mkdir(parents=True, exist_ok=True)
        with self.text() as stream, spare.open("w", encoding="utf-8", newline="") as copy:
            shutil.copyfileobj(stream, copy, CHUNK)
        return spare

    @contextmanager
    def writer(self, target: Path) -> Iterator[TextIO]:
        """A file to write to in the encoding of this one, and packed as its name says."""
        encoding = self.layout.encoding
        with target.open("wb") as plain:
            if not is_gzip(target):
                with TextIOWrapper(plain, encoding=encoding, newline="") as stream:
                    yield stream
                return
            # Without the time of writing in it: the same records are the same bytes, so the same delivery.
            with (
                gzip.GzipFile(fileobj=plain, filename="", mode="wb", mtime=0) as packed,
                TextIOWrapper(cast(BinaryIO, packed), encoding=encoding, newline="") as stream,
            ):
                yield stream

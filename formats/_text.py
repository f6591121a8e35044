"""Files of text, in any encoding that Python knows, plain or packed."""

from __future__ import annotations

import codecs
import gzip
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import count
from pathlib import Path
from typing import BinaryIO, ClassVar, TextIO, cast
from zipfile import ZipFile

from contracts.data_file import DataFile, FormatError
from formats._encoding import check_encoding, codec_of
from formats._kind import check_start
from formats._packed import is_gzip, is_zip, packed_as, the_member, unpacked

CHUNK = 1 << 20
LONGEST_LINE = 1 << 24  # characters; as many as load's reader takes of one JSON object
BLANKS = " \t\r\n\v\f"


def line_end(text: str) -> str:
    """How a line ended; one at the end of a file may not."""
    return text[len(text.rstrip("\r\n")) :]


def bounded_lines(stream: TextIO) -> Iterator[str]:
    """The lines; raises FormatError for one that is longer than a record can be, before all of it is in memory."""
    for number in count(1):
        line = stream.readline(LONGEST_LINE + 1)
        if not line:
            return
        if len(line) > LONGEST_LINE:
            raise FormatError(
                f"has more than {LONGEST_LINE:,} characters in line {number:,}, which no record has. It is damaged, or "
                "another format than the client file says; ask for it again."
            )
        yield line


@dataclass(frozen=True)
class TextFile(DataFile):
    """A file of text; ``newline`` is as ``open`` has it."""

    newline: ClassVar[str] = "\n"  # a carriage return is no line end of JSON Lines

    @property
    def codec(self) -> str:
        """The encoding as Python knows it, which passes over a byte order mark, as Excel writes before the header."""
        return codec_of(self.path, self.layout.encoding)

    def check_text(self) -> None:
        """Raise FormatError when the file is by all signs none of this format, or in another encoding than said."""
        check_start(self.path, self.layout.format)
        check_encoding(self.path, self.layout.encoding, self.codec)

    @contextmanager
    def text(self) -> Iterator[TextIO]:
        """The text with its own line ends; FormatError when it is in another encoding."""
        codec = self.codec
        try:
            with (
                unpacked(self.path) as binary,
                TextIOWrapper(binary, encoding=codec, newline=self.newline) as stream,
            ):
                yield stream
        except UnicodeDecodeError as error:
            encoding = self.layout.encoding or codec.removesuffix("-sig")
            raise FormatError(
                f"is not {encoding}: {self._bad_byte(codec)}. State the encoding it has (encoding: in the client "
                f"file), or have it written as {encoding}."
            ) from error

    def text_again(self) -> TextIO:
        """The text for ``count``, opened here, as load reads what ``text`` opens; what is no text is counted, too."""
        if is_zip(self.path):
            archive = ZipFile(self.path)
            binary = cast(BinaryIO, archive.open(the_member(archive)))
        else:
            opened = cast(Callable[..., BinaryIO], gzip.open if is_gzip(self.path) else Path.open)
            binary = opened(self.path, "rb")
        return TextIOWrapper(binary, encoding=self.codec, errors="replace", newline=self.newline)

    def _bad_byte(self, codec: str) -> str:
        decoder = codecs.getincrementaldecoder(codec)()
        before = 0
        with unpacked(self.path) as binary:
            for number, line in enumerate(binary, 1):
                try:
                    decoder.decode(line)
                except UnicodeDecodeError as error:
                    # What was begun in the line before is decoded with this one.
                    at = error.start - (len(error.object) - len(line))
                    return (
                        f"line {number} has the byte 0x{error.object[error.start]:02x} (number {before + at + 1:,} of "
                        f"the file, {at + 1:,} of the line)"
                    )
                before += len(line)
        return "it ends within a character"

    def as_utf8(self, spare: Path) -> Path:
        """A file in UTF-8 without a byte order mark, plain or gzip: the file itself, else ``spare``."""
        with unpacked(self.path) as binary:
            is_marked = binary.read(3) == codecs.BOM_UTF8
        if self.codec == "utf-8-sig" and not is_marked and not is_zip(self.path):
            return self.path
        spare.parent.mkdir(parents=True, exist_ok=True)
        with self.text() as stream, spare.open("w", encoding="utf-8", newline="") as copy:
            shutil.copyfileobj(stream, copy, CHUNK)
        return spare

    @contextmanager
    def writer(self, target: Path) -> Iterator[TextIO]:
        """A file to write to in the encoding of this one, and packed as it is."""
        encoding = self.codec.removesuffix("-sig")
        with packed_as(self.path, target) as binary:
            if not binary.seekable():
                binary.write("".encode(encoding))  # the byte order mark, which Python leaves out in a zip
            with TextIOWrapper(binary, encoding=encoding, newline="") as stream:
                yield stream

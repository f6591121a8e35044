"""A delivered text file read, and written once more, in its own encoding and packed as it was."""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from contracts.layout import Layout


def text_reader(path: Path, source: Layout) -> TextIO:
    """The file as text with its own line ends; a byte order mark is no part of it."""
    newline = "" if source.format == "csv" else "\n"  # a carriage return is no line end of JSON Lines
    encoding = "utf-8-sig" if codecs.lookup(source.encoding).name == "utf-8" else source.encoding
    binary = cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115 the wrapper closes it
    return TextIOWrapper(binary, encoding=encoding, newline=newline)


@contextmanager
def text_writer(path: Path, source: Layout) -> Iterator[TextIO]:
    """The file to write text to, for the block."""
    with path.open("wb") as plain:
        if path.suffix != ".gz":
            with TextIOWrapper(plain, encoding=source.encoding, newline="") as stream:
                yield stream
            return
        # Without the time of writing in it: the same records are the same bytes, so the same delivery.
        with (
            gzip.GzipFile(fileobj=plain, filename="", mode="wb", mtime=0) as packed,
            TextIOWrapper(cast(BinaryIO, packed), encoding=source.encoding, newline="") as stream,
        ):
            yield stream

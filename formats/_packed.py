"""Files that are packed: gzip by its name, a zip of one file by its first bytes."""

from __future__ import annotations

import gzip
import lzma
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from contracts.data_file import FormatError

ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
# A document is a zip, too: of parts that only its own program reads.
PARTS_OF_DOCUMENTS = frozenset({"[Content_Types].xml", "mimetype"})
OF_SYSTEMS = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
ENCRYPTED = 1
CHUNK = 1 << 20


def is_gzip(path: Path) -> bool:
    """Whether the name says that it is gzip."""
    return path.suffix == ".gz"


def is_zip(path: Path) -> bool:
    """Whether the file is a zip, and not a document that is kept as one."""
    with path.open("rb") as stream:
        return stream.read(4) in ZIP and not is_document(path)


def is_document(path: Path) -> bool:
    """Whether a file that begins as a zip is a document of an office program."""
    try:
        with ZipFile(path) as archive:
            return not PARTS_OF_DOCUMENTS.isdisjoint(archive.namelist())
    except BadZipFile:
        return False


@contextmanager
def unpacked(path: Path) -> Iterator[BinaryIO]:
    """The bytes of a file, unpacked where it is packed; FormatError when they are not whole."""
    if is_zip(path):
        with _of_zip(path) as stream:
            yield stream
        return
    try:
        with cast(BinaryIO, gzip.open(path)) if is_gzip(path) else path.open("rb") as stream:
            yield stream
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FormatError(f"is not whole gzip ({error}). Ask for it again.") from error


@contextmanager
def seekable(path: Path) -> Iterator[BinaryIO]:
    """The same for readers that go back and forth."""
    if not (is_gzip(path) or is_zip(path)):
        with path.open("rb") as plain:
            yield plain
        return
    with unpacked(path) as stream, TemporaryFile(dir=path.parent) as copy:
        shutil.copyfileobj(stream, copy, CHUNK)
        copy.seek(0)
        yield cast(BinaryIO, copy)


def as_plain(path: Path, spare: Path) -> Path:
    """A file with the unpacked bytes: the file itself, else ``spare``."""
    if not (is_gzip(path) or is_zip(path)):
        return path
    spare.parent.mkdir(parents=True, exist_ok=True)
    with unpacked(path) as stream, spare.open("wb") as copy:
        shutil.copyfileobj(stream, copy, CHUNK)
    return spare


@contextmanager
def packed_as(path: Path, target: Path) -> Iterator[BinaryIO]:
    """A file to write to, packed as ``path`` is.

    Without the time of writing in it: the same records are the same bytes, so the same delivery.
    """
    if is_zip(path):
        with ZipFile(path) as archive:
            member = the_member(archive)
        info = ZipInfo(member.filename, member.date_time)
        info.compress_type = ZIP_DEFLATED
        with ZipFile(target, "w") as archive, archive.open(info, "w", force_zip64=True) as stream:
            yield cast(BinaryIO, stream)
        return
    with target.open("wb") as plain:
        if not is_gzip(path):
            yield plain
            return
        with gzip.GzipFile(fileobj=plain, filename="", mode="wb", mtime=0) as packed:
            yield cast(BinaryIO, packed)


def the_member(archive: ZipFile) -> ZipInfo:
    """The one file of a zip, without what systems add; FormatError where there is none, another or a password."""
    files = [
        member
        for member in archive.infolist()
        if not member.is_dir()
        and not member.filename.startswith(OF_SYSTEMS[0])
        and member.filename.rpartition("/")[2] not in OF_SYSTEMS
    ]
    if len(files) != 1:
        names = ", ".join(member.filename for member in files[:10]) or "none"
        raise FormatError(
            f"is a zip of {len(files)} files ({names}); expected one. Ask for a zip of one file, or unpack it and have "
            "path: name the files."
        )
    if files[0].flag_bits & ENCRYPTED:
        raise FormatError(f"is a zip with a password ({files[0].filename}). Ask for it without one, or unpack it.")
    return files[0]


@contextmanager
def _of_zip(path: Path) -> Iterator[BinaryIO]:
    try:
        with ZipFile(path) as archive, archive.open(the_member(archive)) as stream:
            yield cast(BinaryIO, stream)
    except (BadZipFile, EOFError, zlib.error, lzma.LZMAError, NotImplementedError) as error:
        raise FormatError(f"is not a whole zip that can be read ({error}). Ask for it again.") from error

"""Files that are whole, and on the disk, before anyone sees their name."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
from pathlib import Path

FICLONE = 0x40049409  # ioctl of Linux: share the blocks of another file, as XFS and Btrfs can


def write_text(path: Path, text: str) -> None:
    """Write or replace a small file in one step; until then its text lies beside it under a name with a dot."""
    unfinished = path.with_name(f".{path.name}")
    unfinished.write_text(text, encoding="utf-8")
    sync(unfinished)
    unfinished.replace(path)
    sync(path.parent)


def write_private(path: Path, text: str) -> None:
    """The same, for its owner's eyes only."""
    unfinished = path.with_name(f".{path.name}")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
    sync(unfinished)
    unfinished.replace(path)
    sync(path.parent)


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file, read in chunks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Have the disk hold the file, or the names in the folder, before going on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy(source: Path, target: Path) -> None:
    """Make a file with the same bytes, which share their blocks with the source's where the file system can do that."""
    with source.open("rb") as reading, target.open("wb") as writing:
        try:
            fcntl.ioctl(writing.fileno(), FICLONE, reading.fileno())
        except OSError:
            shutil.copyfile(source, target)


def move(source: Path, target: Path) -> None:
    """Give a file another name, also on another file system."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy(source, target)

"""Who may read a client's folder: its owner, and of what is published those whom the client file names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.paths import ClientPaths

OTHERS = 0o077


@contextmanager
def private_files() -> Iterator[None]:
    """What this process and its children write in the block is for its owner's eyes only."""
    before = os.umask(OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def set_readers(paths: ClientPaths, *, everyone: bool) -> None:
    """Shut the client's folder to other users of the machine, or open the published folder, and that alone, to them.

    What another user owns, as the volumes of containers, keeps its mode.
    """
    root = paths.root
    if not root.exists():
        paths.data.mkdir(parents=True, exist_ok=True)
        root.mkdir(mode=0o700, exist_ok=True)
    for child in root.iterdir():
        if child != paths.published and not child.is_symlink():
            _change(child, remove=OTHERS)
    if not everyone:
        _change(root, remove=OTHERS)
        return
    for folder, _, names in os.walk(paths.published):
        _change(Path(folder), add=0o055)
        for name in names:
            _change(Path(folder) / name, add=0o044)
    _change(root, remove=OTHERS & ~0o011, add=0o011)  # to be passed, not to be listed


def _change(path: Path, *, remove: int = 0, add: int = 0) -> None:
    found = path.lstat()
    wanted = (found.st_mode & 0o7777 & ~remove) | add
    if found.st_uid == os.geteuid() and wanted != found.st_mode & 0o7777 and not path.is_symlink():
        path.chmod(wanted)

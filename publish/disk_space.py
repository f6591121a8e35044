"""Whether a publication has room, before it writes anything."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

from contracts.client_file import Client
from contracts.paths import ClientPaths
from publish.errors import PublishError

# The size of the exported tables as a multiple of the build's: 10 million items of the demo shop.
EXPORTED = {"parquet": 0.9, "csv": 4.3}


def refuse_full_disk(client: Client, paths: ClientPaths, private: Path) -> None:
    """Raise PublishError unless the version, the published copy of it and the exports have room.

    The version is made in the folder ``private`` and moved to where readers look, which may be another disk.
    """
    build = paths.build.stat().st_size
    exports = int(build * sum(EXPORTED[file_format] for file_format in client.exports.formats))
    needed: Counter[Path] = Counter()
    disks = {paths.published.stat().st_dev: paths.published, private.stat().st_dev: private}
    needed[disks[private.stat().st_dev]] += build
    needed[disks[paths.published.stat().st_dev]] += build + exports
    if len(disks) > 1:
        needed[paths.published] += build
    for folder, wanted in needed.items():
        free = shutil.disk_usage(folder).free
        if free < wanted:
            raise PublishError(
                f"{folder} has {_megabytes(free)} free",
                expected=f"{_megabytes(wanted)} for copies of the build ({_megabytes(build)} each) and its exports "
                f"(about {_megabytes(exports)})",
                next_step="Free space, or lower keep_versions or leave out formats of exports in the client file, and "
                "publish again.",
            )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"

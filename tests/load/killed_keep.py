"""Keeps the orders of a client, and dies on the way: ``<moment> <data folder> <client>``.

``in a file``: the kernel ends the process when it writes the 40,000th byte of a data file. ``before the commit``: when
all rows were handed over. ``after the commit``: when the table is written, before anything is cleared.
"""

import os
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from clients.paths import ClientPaths
from load import order_lake

moment, data, client = sys.argv[1:]
write = order_lake.write_deltalake


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(rows: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    yield from rows
    die()


def killed(place: Path, rows: pa.RecordBatchReader, **options: Any) -> None:
    if moment == "in a file":
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
    if moment == "before the commit":
        rows = pa.RecordBatchReader.from_batches(rows.schema, dying(rows))
    write(place, rows, **options)
    die()


order_lake.write_deltalake = killed
order_lake.keep_orders(ClientPaths(Path(data), client))

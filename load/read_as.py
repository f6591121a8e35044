"""What of the client file raw was read by, kept beside it: rows read by another would not fit together with its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from contracts.client_file import Client
from load.dated_datasets import STANDALONE
from load.errors import LoadError

# Of raw's tables; another number where rows that are delivered as before would make other ones.
LAYOUT = 5


def is_of_older_layout(folder: Path) -> bool:
    """Whether raw was written by a version that made orders of lines, and customers and products of sales, at load."""
    file = folder / "read_as.json"
    return file.exists() and _written(file).get("layout") != LAYOUT


def _written(file: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise LoadError(
            f"{file} is damaged ({type(error).__name__}); expected how raw was read. Delete it, and run the load with "
            "--full-refresh."
        ) from error


def check_read_as(client: Client, folder: Path, *, has_rows: bool) -> None:
    """Write down beside raw how its files are read; raises LoadError when its rows were read by other rules."""
    file, read_as = folder / "read_as.json", _read_as(client)
    if has_rows and file.exists():
        then, now = _written(file), json.loads(read_as)
        added = {f"sources.{dataset}" for dataset in STANDALONE} - {*then}
        changed = sorted(name for name in {*then, *now} - added if _is_other(then.get(name), now.get(name)))
        if changed:
            raise LoadError(
                f"The client file of {client.client} has another {', '.join(changed)} than when raw was loaded; rows "
                f"read by both would not fit together. python load_to_db.py --client {client.client} "
                "--full-refresh reads all of landing by the new one."
            )
    folder.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}")
    temporary.write_text(read_as, encoding="utf-8")
    temporary.replace(file)


def _is_other(then: Any, now: Any) -> bool:
    """Whether rows read by the one may differ: what stops a load while it is unsaid has let none in."""
    if isinstance(then, dict) and isinstance(now, dict):
        now = {**now, **{name: None for name in ("repeated_rows", "contents") if then.get(name) is None}}
        # A setting that a newer version knows and the client file does not use.
        now = {name: value for name, value in now.items() if name in then or value not in (None, [], {})}
    return bool(then != now)


def _read_as(client: Client) -> str:
    """What of the client file decides how a landed file becomes rows, as JSON."""
    files: dict[str, Any] = {
        f"sources.{dataset}{' also' * number}": layout.model_dump(mode="json", exclude={"retyped_columns"})
        for dataset, source in client.sources.items()
        for number, layout in enumerate(source.layouts)
    }
    files |= {f"sources.{dataset}": source.kind for dataset, source in client.sources.items() if not source.layouts}
    frame = {"layout": LAYOUT, "time_zone": client.time_zone, "order_value": client.order_value}
    return json.dumps(frame | files, sort_keys=True)

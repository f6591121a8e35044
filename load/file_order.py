"""What sorts the files of one date."""

from __future__ import annotations

from pathlib import Path

from contracts.file_order import sorting_text
from load.validation import DeliveryContext


def file_order(delivery: DeliveryContext) -> str | None:
    """What sorts a shop's own file among those of its date; None for another delivery."""
    parameters = delivery.manifest.parameters
    if delivery.source is None or "path" not in parameters:
        return None
    if delivery.source.newest == "modified" and "modified" in parameters:
        return str(parameters["modified"])
    return sorting_text(file_name(delivery))


def file_name(delivery: DeliveryContext) -> str:
    """The name of the file below the part of its path without wildcards."""
    parameters = delivery.manifest.parameters
    return str(parameters.get("name") or Path(str(parameters["path"])).name)

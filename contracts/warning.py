"""What a person should know of a run that it did not stop for: a text that begins with its kind, so that kinds count.

A warning is plain text wherever it is kept: in a manifest, the ledger, Airflow and the published file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from contracts.printable import one_line


class Kind(StrEnum):
    """The kinds of warnings, as people read them."""

    RAW_MADE_AGAIN = "raw made again"
    FILE_ORDER = "files in another order"
    SAME_FILE = "the same file again"
    REMOVED_FILE = "files that were removed"
    LOST_MESSAGES = "lost messages"
    OLDER_PRODUCTS = "older products"
    QUARANTINED_ROWS = "rows in quarantine"
    CHANGED_COLUMNS = "changed columns"
    NUL_CHARACTERS = "characters taken out"
    GUARDED_IDS = "ids that a spreadsheet guards"
    DATES_AS_IDS = "ids that look like dates of a spreadsheet"
    SIMILAR_IDS = "ids that differ by capitals alone"
    AMOUNTS_LEFT_OUT = "amounts that are left out"
    REPEATED_ROWS = "repeated rows"
    DISAGREEING_LINES = "lines that disagree"
    UNCOUNTED_LINES = "lines that are not counted"
    SOURCE_TOTALS = "totals that differ from the source's own"
    OLDER_PARTS = "orders newer than their parts"
    KNOWN_TOTALS = "known totals that differ"
    REFUNDS_WITHOUT_ORDER = "refunds of orders that are not delivered"
    LOOK_UPS = "keys that another source does not have"
    TESTS = "tests that warned"
    NOTIFICATION = "notifications not delivered"

    def warning(self, text: str) -> str:
        """The warning of this kind, one line of print."""
        return f"{self}: {one_line(text)}"


def counted(warnings: Iterable[str]) -> str:
    """How many warnings there are, by kind, the most frequent first; empty for none.

    ``3 warnings: 2 of lines that are not counted, 1 of repeated rows``
    """
    kinds = Counter(next((kind for kind in Kind if text.startswith(f"{kind}: ")), "other kinds") for text in warnings)
    total = kinds.total()
    by_kind = ", ".join(f"{number:,} of {kind}" for kind, number in kinds.most_common())
    return f"{total:,} warning{'' if total == 1 else 's'}: {by_kind}" if total else ""

"""All records that a question to an API finds, read until as many are there as the server promises."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from extract.errors import ExtractError
from extract.sources.rest.pages import Api, Found, Page, ShiftedError, pages
from extract.sources.rest.spool import Spool

logger = logging.getLogger(__name__)
READINGS = 3  # of pages that shift, or that have fewer records than promised


def spooled(api: Api, parameters: Mapping[str, str], line: Callable[[Found], bytes], advice: str) -> Spool:
    """The newest version of each record; ``line`` is how one is kept, ``advice`` what a person can do.

    Raises ExtractError where the pages never fit together.
    """
    for reading in range(1, READINGS + 1):
        spool = Spool()
        try:
            ends = _read(api, parameters, line, spool)
        except ShiftedError:
            found = "its pages shift faster than they can be read"
        else:
            promised = [page.promised for page in ends if page.promised is not None]
            if len(spool) >= min(promised, default=0):
                return spool
            found = f"{len(spool):,} records came where the server promises {min(promised):,}"
        spool.close()
        logger.warning("%s: %s, in reading %d of %d", api.place, found, reading, READINGS)
    raise ExtractError(
        f"{api.place} was read {READINGS} times, and {found}; expected all of them once. Nothing of it was "
        f"landed. {advice}"
    )


def _read(api: Api, parameters: Mapping[str, str], line: Callable[[Found], bytes], spool: Spool) -> list[Page]:
    """The first and the last page; all of their records are in the spool."""
    ends: list[Page] = []
    for page in pages(api, parameters):
        ends = [*ends[:1], page]
        for one in page.found:
            spool.add(one.key, line(one))
    return ends

"""How much is answered at once; the others wait, and not for long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from anyio.to_thread import run_sync

MOST_AT_WORK = 4  # each may use 512 MB and two threads
MOST_WAITING = 64
SECONDS_TO_WAIT = 10.0

Answer = TypeVar("Answer")


class BusyError(Exception):
    """So many requests are being answered that this one was not begun."""

    retry_after = 5  # seconds

    def __init__(self) -> None:
        super().__init__(f"too many requests at once; ask again in {self.retry_after} seconds")


class Work:
    """A bound on the requests that are answered at a time, whatever number of connections is open."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(MOST_AT_WORK)
        self._waiting = 0

    async def do(self, task: Callable[[], Answer]) -> Answer:
        """What the task returns, made in a thread; raises BusyError when it could not begin in time."""
        if self._waiting >= MOST_WAITING:
            raise BusyError
        self._waiting += 1
        try:
            await asyncio.wait_for(self._free.acquire(), SECONDS_TO_WAIT)
        except TimeoutError as error:
            raise BusyError from error
        finally:
            self._waiting -= 1
        try:
            return await run_sync(task)
        finally:
            self._free.release()

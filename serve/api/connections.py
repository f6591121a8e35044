"""Connections that hold nothing of the server while they are idle, slow or silent."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 256  # each is a file descriptor; the longest idle one makes room for the next
SECONDS_TO_ASK = 10.0  # from the connection or the last answer to the end of the next request's headers
SECONDS_TO_ANSWER = 60.0  # from there to the answer's last byte; longer only while the reader takes some of it


class BoundedConnection(H11Protocol):
    """An HTTP connection with a deadline at every moment of its life."""

    deadline: asyncio.TimerHandle | None = None
    idle_since = 0.0
    unsent = 0

    @property
    def is_idle(self) -> bool:
        """Whether nobody would miss an answer if it were closed now."""
        answered = self.cycle is None or self.cycle.response_complete
        return answered and not self.transport.get_write_buffer_size()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in uvicorn
        """Begin to wait for a request; make room where too many wait already."""
        super().connection_made(transport)
        self._wait_for_request()
        if len(self.connections) > MOST_CONNECTIONS:
            others = (other for other in self.connections if isinstance(other, BoundedConnection) and other is not self)
            idle = [other for other in others if other.is_idle and not other.transport.is_closing()]
            if idle:
                min(idle, key=lambda other: other.idle_since).transport.abort()

    def handle_events(self) -> None:
        """Answer what has come; a request whose headers are whole has until SECONDS_TO_ANSWER."""
        asked_before = self.cycle
        super().handle_events()
        if self.cycle is not asked_before and not self.cycle.response_complete:
            self._expect_within(SECONDS_TO_ANSWER)

    def on_response_complete(self) -> None:
        """Wait for the next request, and for the reader to take this answer."""
        self._wait_for_request()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        if self.deadline is not None:
            self.deadline.cancel()
        super().connection_lost(exc)

    def _wait_for_request(self) -> None:
        self.idle_since = self.loop.time()
        self._expect_within(SECONDS_TO_ASK)

    def _expect_within(self, seconds: float) -> None:
        if self.deadline is not None:
            self.deadline.cancel()
        self.unsent = self.transport.get_write_buffer_size()
        self.deadline = self.loop.call_later(seconds, self._is_late, seconds)

    def _is_late(self, seconds: float) -> None:
        if 0 < self.transport.get_write_buffer_size() < self.unsent:
            self._expect_within(seconds)
        else:
            self.transport.abort()  # close() would wait for a reader that takes nothing

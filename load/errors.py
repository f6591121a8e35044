"""What goes wrong while loading."""

from __future__ import annotations

from collections.abc import Callable

from contracts.printable import SafeError


class LoadError(SafeError):
    """A delivery or the warehouse cannot be used; each finding says what was found, expected and to be done."""


def findings_of(check: Callable[[], object]) -> tuple[str, ...]:
    """What a check finds; none where it passes, so that others can go on."""
    try:
        check()
    except LoadError as error:
        return error.args
    return ()

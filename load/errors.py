"""What goes wrong while loading."""

from __future__ import annotations

from collections.abc import Callable


class LoadError(Exception):
    """A delivery or the warehouse cannot be used; each finding says what was found, expected and to be done."""

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))


def findings_of(check: Callable[[], object]) -> tuple[str, ...]:
    """What a check finds; none where it passes, so that others can go on."""
    try:
        check()
    except LoadError as error:
        return error.args
    return ()

"""The one error of publishing."""

from __future__ import annotations

from contracts.printable import SafeError


class PublishError(SafeError):
    """Nothing was switched: readers still see what they saw; the message says what was found, expected and next."""

    def __init__(self, what: str, *, expected: str, next_step: str) -> None:
        super().__init__(f"{what}; expected {expected}. {next_step} The published file is unchanged.")

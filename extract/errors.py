"""What goes wrong while extracting."""

from contracts.printable import SafeError


class ExtractError(SafeError):
    """A source could not be read or breaks its contract; each finding says what, what was expected and what to do."""

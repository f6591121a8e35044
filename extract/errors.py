"""What goes wrong while extracting."""


class ExtractError(Exception):
    """A source could not be read or breaks its contract; the message says what, what was expected and what to do."""

"""What goes wrong while loading."""


class LoadError(Exception):
    """A delivery or the warehouse cannot be used; the message says what was found, expected and to be done."""

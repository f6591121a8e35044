"""What goes wrong while extracting."""


class ExtractError(Exception):
    """A source could not be read or breaks its contract; each finding says what, what was expected and what to do."""

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))

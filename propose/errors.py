"""What goes wrong while a client file is proposed."""


class ProposeError(Exception):
    """No client file can be proposed; each finding says of which file, why and what to do."""

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))

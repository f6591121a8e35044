"""What goes wrong while a client file is proposed."""

from contracts.printable import SafeLinesError


class ProposeError(SafeLinesError):
    """No client file can be proposed; each finding says of which file, why and what to do."""

"""What a person can fix about a report."""

from contracts.printable import SafeError


class ReportError(SafeError):
    """A report cannot be made; the message says why and what to do."""


class NothingSoldError(ReportError):
    """There is no order yet, so that there is no month to report."""

"""What a person can fix about a report."""


class ReportError(Exception):
    """A report cannot be made; the message says why and what to do."""


class NothingSoldError(ReportError):
    """There is no order yet, so that there is no month to report."""

"""What a person can fix about a report."""


class ReportError(Exception):
    """A report cannot be made; the message says why and what to do."""

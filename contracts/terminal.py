"""What commands print, and how their log is written: nothing that a value says moves the cursor or forges a line."""

from __future__ import annotations

import logging

import typer

from contracts.printable import lines, on_terminal, one_line


def say(text: object, *, err: bool = False) -> None:
    """Print the text; what is an error names nobody's address or number."""
    typer.echo(lines(str(text)) if err else on_terminal(str(text)), err=err)


def log_lines() -> None:
    """Write the log to the terminal, each record as one line."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_Line())


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return one_line(record.getMessage())

"""How a command ends that a person can help."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from contracts.terminal import say

UNREADABLE = (
    "Expected a file that this program wrote, and room on the disk. sales load --full-refresh makes the warehouse "
    "again from landing, sales rollback restores a published file."
)
HELD = "Let that process end, or close the program that has the file open, and run the command again."


@contextmanager
def plain_errors() -> Iterator[None]:
    """End with 1 and one message for what a person can fix; leave the traceback of everything else."""
    try:
        yield
    except Exception as error:
        from cli import steps  # noqa: PLC0415 `sales --help` must not wait for pyarrow and DuckDB

        if not isinstance(error, (*steps.EXPECTED, *steps.OF_FILES)):
            raise
        say(f"error: {_of_a_file(error) if isinstance(error, steps.OF_FILES) else error}", err=True)
        raise typer.Exit(1) from error


def _of_a_file(error: Exception) -> str:
    """What DuckDB or Delta says of a file that cannot be used, and what to do."""
    said = next(iter(str(error).splitlines()), type(error).__name__)
    return f"{said.partition('. See also')[0]}. {HELD if 'set lock' in said else UNREADABLE}"

"""How a command ends that a person can help."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from contracts.terminal import say


@contextmanager
def plain_errors() -> Iterator[None]:
    """End with 1 and one message for what a person can fix; leave the traceback of everything else."""
    try:
        yield
    except Exception as error:
        from cli import steps  # noqa: PLC0415 `sales --help` must not wait for pyarrow and DuckDB

        if not isinstance(error, steps.EXPECTED):
            raise
        say(f"error: {error}", err=True)
        raise typer.Exit(1) from error

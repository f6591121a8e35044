"""One customer erased by hand, or an erasure given up."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline import erasure
from pipeline.run import Run
from pipeline.steps import do


def erased(run: Run, customer_id: str, *, give_up: bool) -> Iterator[str]:
    """Do it, and say each step when it is done; raises EraseError."""
    if give_up:
        erasure.give_up(run.paths, customer_id)
        yield "given up: what was taken out stays out; that there is no trace was not proved"
        return
    layouts = [source.layout for source in run.client.sources.values() if source.layout]
    erasure.begin(run.paths, customer_id, fold_case=any(layout.fold_id_case for layout in layouts))
    for verb in ("load", "verify", "build", "publish"):
        yield f"{verb:<8} {do(run, verb)}"

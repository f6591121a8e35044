"""`sales withdraw`: a file that was delivered by mistake, out of landing and raw."""

from __future__ import annotations

from dataclasses import replace

from contracts.deliveries import LandingError, Manifest
from pipeline.run import Run
from pipeline.steps import do
from storage.landing import deliveries, withdraw


def found(run: Run, delivery_id: str) -> Manifest:
    """The delivery of a shop's own file; LandingError where there is none such."""
    files = {one.delivery_id: one for one in deliveries(run.paths.landing) if "path" in one.parameters}
    if delivery_id in files:
        return files[delivery_id]
    alike = sorted(name for name in files if delivery_id in name) or sorted(files)
    raise LandingError(
        f"{run.paths.landing} has no delivery {delivery_id} of a shop's own file; expected one such as "
        f"{', '.join(alike[:3]) or 'none, as nothing was delivered'}. raw.load_ledger lists all that count."
    )


def take_out(run: Run, manifest: Manifest) -> str:
    """Take the delivery out of landing, and make raw again from what is left; say what was done."""
    withdraw(run.paths.landing, manifest)
    left = [one for one in deliveries(run.paths.landing) if one.dataset == manifest.dataset]
    key = [one for one in left if one.key == manifest.key]
    counts = (
        f"{key[-1].delivery_id} counts again" if key and key[-1].attempt < manifest.attempt else "nothing replaces it"
    )
    rows = "1 row" if manifest.rows == 1 else f"{manifest.rows:,} rows"
    taken = f"{manifest.delivery_id} is taken out, {rows}; {counts}"
    if not any(deliveries(run.paths.landing)):
        return f"{taken}; nothing is left to load"
    return f"{taken}\n{do(replace(run, full_refresh=True), 'load')}"

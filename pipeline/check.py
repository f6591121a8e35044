"""What would stop a run: all sources read by the code of the run itself, into a folder that is thrown away."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from contracts.deliveries import LandingError, Manifest
from contracts.paths import ClientPaths
from contracts.source import extraction, kinds, missing_access
from extract.errors import ExtractError
from load.errors import LoadError, findings_of
from load.load_result import LoadedDelivery
from load.load_to_db import load
from load.read_as import check_read_as
from load.verify_database import VerificationError, verify
from load.warehouse import memory_limit
from pipeline.run import Run
from storage.landing import deliveries, remember_business_date

MEMORY = "350MB"  # of DuckDB: a check of a file of 1 GB stays below 1 GiB as a whole


@dataclass
class Checked:
    """What a check saw: what would stop a run, what a person should know, and what each delivery would load."""

    findings: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    loaded: tuple[LoadedDelivery, ...] = ()


def check(run: Run) -> Checked:
    """Extract, load and verify in a folder of its own, and gather all that is found; the run holds its lock."""
    checked = Checked([f"open question: {question}" for question in run.client.questions])
    checked.findings += _changed_reading(run)
    with thrown_away(run.paths) as paths, memory_limit(MEMORY):
        checked.findings += extract_all(run, paths)
        landed = deliveries(paths.landing)
        unread = sorted(_unread(run, landed))
        checked.warnings += [
            f"sources.{dataset} was not looked at, nor what refers to it: nothing of it has landed, and a check takes "
            f"nothing from its kind of source ({run.client.sources[dataset].kind})"
            for dataset in unread
        ]
        if landed:
            remember_business_date(paths.landing, run.business_date)
            _load(run, paths, checked, verifies=not unread)
        elif not checked.findings:
            checked.findings.append(
                "nothing has landed, and no source can be read without taking from it; expected a delivery. Run sales "
                f"extract --client {run.client.client} first."
            )
        checked.findings = [*dict.fromkeys(by_source(text, paths, landed) for text in checked.findings)]
        checked.warnings = [by_source(text, paths, landed) for text in checked.warnings]
    return checked


@contextmanager
def thrown_away(paths: ClientPaths) -> Iterator[ClientPaths]:
    """A folder for the block that has what the client has in landing, and nothing of raw."""
    tried = ClientPaths(paths.root / "check", paths.client)
    shutil.rmtree(tried.data, ignore_errors=True)
    try:
        tried.root.mkdir(parents=True)
        if paths.landing.exists():
            shutil.copytree(paths.landing, tried.landing, copy_function=os.link)
        for own, copy in ((paths.erased, tried.erased), (paths.pseudonym_key, tried.pseudonym_key)):
            if own.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(own, copy)
        yield tried
    finally:
        shutil.rmtree(tried.data, ignore_errors=True)
        with suppress(OSError):
            paths.root.rmdir()  # where the client has nothing yet


def _changed_reading(run: Run) -> tuple[str, ...]:
    """Whether raw was read by another client file, which stops a load."""
    said = run.paths.raw / "read_as.json"
    if not said.exists():
        return ()
    copy = run.paths.root / "check"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    shutil.copy2(said, copy)
    return findings_of(partial(check_read_as, run.client, copy, has_rows=any(run.paths.raw.glob("*/_delta_log"))))


def extract_all(run: Run, paths: ClientPaths) -> list[str]:
    """Land what sources have that can be read without taking from them; return what is wrong with any, and what those
    that are only asked may not read."""
    findings: list[str] = []
    of_client = {source.kind for source in run.client.sources.values()}
    for kind, source in kinds().items():
        if kind in of_client and source.asks_for_access:
            findings += missing_access(kind)(run.client, run.started_at)
        if kind not in of_client or not source.can_be_tried:
            continue
        try:
            extraction(kind)(
                run.client,
                paths,
                run.business_date,
                extracted_at=run.started_at,
                code_version=run.environment.code_version,
            )
        except (ExtractError, LandingError) as error:
            findings += map(str, error.args)
    return findings


def _unread(run: Run, landed: Iterable[Manifest]) -> set[str]:
    """The datasets that no delivery is of, and that only an extract can bring."""
    asked_later = {dataset for dataset, source in run.client.sources.items() if not source.can_be_tried}
    return asked_later - {one.dataset for one in landed}


def _load(run: Run, paths: ClientPaths, checked: Checked, *, verifies: bool) -> None:
    try:
        result = load(run.client, paths, run_id=run.run_id, now=run.started_at, finds_all=True)
    except (LoadError, LandingError) as error:
        checked.findings += map(str, error.args)
        return
    checked.loaded = result.deliveries
    checked.warnings += [*result.left_out(run.client), *result.warnings]
    if not verifies:
        return
    try:
        report = verify(run.client, paths, run.business_date)
    except VerificationError as error:
        checked.findings += map(str, error.findings)
    except LoadError as error:
        checked.findings += map(str, error.args)
    else:
        checked.warnings += report.warnings


def by_source(text: str, paths: ClientPaths, landed: list[Manifest]) -> str:
    """The text with the files where the shop keeps them, instead of their copies."""
    for one in landed:
        text = text.replace(str(one.data_file(paths.landing)), str(one.parameters.get("path", one.delivery_id)))
    return text.replace(f"{paths.data}{os.sep}", f"{Path(paths.data).parent.parent}{os.sep}")

"""The steps of a run in their order, each a call of a public function."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from contracts.client_file import Client
from contracts.deliveries import Manifest
from contracts.source import Source, extraction, kinds
from contracts.warning import Kind, counted
from load.load_result import LoadResult
from load.load_to_db import load
from load.verify_database import verify
from load.warehouse import remove_warehouse
from notify.sender import NotifyError
from pipeline import dbt, erasure
from pipeline.notifications import send_failed, send_succeeded
from pipeline.run import Failure, Outcome, Run, Step
from publish.attach import attach
from publish.dbt_docs import write_data_model as write_page
from publish.publisher import publish
from publish.refund_warnings import refunds_without_order
from publish.uncounted_lines import uncounted_lines
from serve.report.errors import NothingSoldError
from storage.landing import remember_business_date
from storage.lock import LockHeldError

Outcomes = Mapping[str, Outcome]


def load_to_database(run: Run, _: Outcomes) -> Outcome:
    """Loads every new delivery into `raw`, bad rows into `raw.quarantine`; a delivery already loaded is left alone."""
    erasing = erasure.unfinished(run.paths)
    cleaned = f"{erasure.clean_landing(run, erasing)}; " if erasing else ""
    result = _load(run)
    if erasing:
        remove_warehouse(run.paths)  # DuckDB keeps the blocks of what it deletes
        _load(replace(run, full_refresh=False))  # deletes the files of raw that the one before replaced
    if not result.deliveries:
        return Outcome(f"{cleaned}nothing new has landed")
    loaded = sum(delivery.counts.loaded for delivery in result.deliveries)
    quarantined = sum(delivery.counts.quarantined for delivery in result.deliveries)
    see = f"see sales quarantine --client {run.client.client}"
    aside = f", {quarantined:,} more in quarantine: {see}" if quarantined else ""
    aside += "".join(f"; {text}" for text in result.left_out(run.client))
    deliveries = _counted(len(result.deliveries), "new delivery", "new deliveries")
    return Outcome(f"{cleaned}{_counted(loaded, 'row', 'rows')} of {deliveries}{aside}", result.warnings)


def _load(run: Run) -> LoadResult:
    now = run.environment.now()
    return load(run.client, run.paths, run_id=run.run_id, now=now, full_refresh=run.full_refresh)


def verify_database(run: Run, _: Outcomes) -> Outcome:
    """Fails the run unless `raw` holds all that has landed: rows, keys, money per day, no day in the future."""
    report = verify(run.client, run.paths, run.business_date, full=run.full_recount)
    recounted = _counted(len(report.recounted), "file", "files")
    rows = sum(report.tables.values())
    compared = "".join(f"; {one.counts.text()}" for one in report.source_totals if one.counts.compared)
    return Outcome(
        f"raw is what has landed: {rows:,} current rows, {recounted} counted again{compared}", report.warnings
    )


def build_on_spark(run: Run, _: Outcomes) -> Outcome:
    """Builds the models on Spark, those days that changed; what follows takes the tables from there and tests them."""
    engine, full_refresh = run.client.engine, run.full_refresh
    return Outcome(dbt.run_on_spark(run.environment, run.paths, engine, lock=run.lock, full_refresh=full_refresh))


def build(run: Run, _: Outcomes) -> Outcome:
    """Builds and tests staging, core, intermediate and marts."""
    engine, full_refresh = run.client.engine, run.full_refresh
    built = dbt.build(run.environment, run.paths, engine, lock=run.lock, full_refresh=full_refresh)
    with duckdb.connect() as connection:
        attach(connection, run.paths.warehouse, "warehouse")
        return Outcome(built, (*uncounted_lines(connection), *refunds_without_order(connection)))


def publish_warehouse(run: Run, _: Outcomes) -> Outcome:
    """Puts the built and tested tables where readers look, in one step."""
    erasing = erasure.unfinished(run.paths)
    if erasing:
        erasure.search(run.paths, erasing, published=False)
    version = publish(
        run.client,
        run.paths,
        run_id=run.run_id,
        now=run.environment.now(),
        code_version=run.environment.code_version,
        manifest=run.manifest or dbt.newest_manifest(run.paths),
    )
    erased = f"; {erasure.end(run.paths, erasing)}" if erasing else ""
    return Outcome(
        f"version {version.number}, data through {version.data_through}, "
        f"{sum(version.row_counts.values()):,} rows in {run.paths.published_file}{erased}",
        tuple(version.warnings),
    )


def write_report(run: Run, _: Outcomes) -> Outcome:
    """Writes the PDF of the last complete month beside the published file."""
    from serve.report.document import write_report as write  # noqa: PLC0415 its charts take a second to import

    try:
        file = str(write(run.paths.published_file))
    except NothingSoldError:
        return Outcome("none, as there is no order yet")
    return Outcome(file, file=file)


def write_data_model(run: Run, _: Outcomes) -> Outcome:
    """Writes dbt's documentation of the models beside the published file, when the models changed."""
    return Outcome(str(write_page(run.paths, run.environment.variables(), lock=run.lock)))


def send_notification(run: Run, outcomes: Outcomes) -> Outcome:
    """Sends the team revenue, orders, rows and every warning, with the report."""
    warnings = [warning for outcome in outcomes.values() for warning in outcome.warnings]
    report = outcomes["write_report"].file
    addresses = send_succeeded(run, Path(report) if report else None, warnings)
    if not addresses:
        return Outcome(f"in the log, as {run.client.notify_variable} is not set")
    return Outcome(f"sent to {_counted(addresses, 'address', 'addresses')}")


def _extract_step(kind: str, source: type[Source]) -> Step:
    """The step that lands what sources of the kind have: through each business date for the demo, else the newest."""
    land = extraction(kind)

    def extract(run: Run, _: Outcomes) -> Outcome:
        return _extracted(run, land, run.business_dates if source.is_demo else [run.business_date])

    extract.__doc__ = (land.__doc__ or "").split("\n")[0]
    return Step(source.step, "extract", extract, source_kind=kind)


def _extracted(run: Run, land: Callable[..., Sequence[Manifest]], days: Sequence[date]) -> Outcome:
    manifests = [
        manifest
        for day in days
        for manifest in land(
            run.client,
            run.paths,
            day,
            extracted_at=run.environment.now(),
            code_version=run.environment.code_version,
        )
    ]
    remember_business_date(run.paths.landing, run.business_date)
    rows = _counted(sum(manifest.rows for manifest in manifests), "row", "rows")
    deliveries = _counted(len(manifests), "delivery", "deliveries")
    warnings = tuple(warning for manifest in manifests for warning in manifest.warnings)
    return Outcome(f"{rows} in {deliveries}, through {run.business_date}", warnings)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


EXTRACTS = tuple(_extract_step(kind, source) for kind, source in kinds().items())
LOAD = Step("load_to_database", "load", load_to_database, needs=tuple(step.name for step in EXTRACTS))
VERIFY = Step("verify_database", "verify", verify_database, needs=(LOAD.name,))
SPARK = Step("build_on_spark", "build", build_on_spark, needs=(VERIFY.name,), on_spark=True)
BUILD = Step("dbt", "build", build, needs=(VERIFY.name, SPARK.name), retries=1)
PUBLISH = Step("publish_warehouse", "publish", publish_warehouse, needs=(BUILD.name,))
REPORT = Step("write_report", "report", write_report, needs=(PUBLISH.name,), writes=False, failure=Failure.PUBLISHED)
DATA_MODEL = Step("write_data_model", "docs", write_data_model, needs=(PUBLISH.name,), failure=Failure.PUBLISHED)
NOTIFY = Step(
    "send_notification",
    None,
    send_notification,
    needs=(*LOAD.needs, LOAD.name, REPORT.name, DATA_MODEL.name),
    writes=False,
    failure=Failure.PUBLISHED_UNNOTIFIED,
)
STEPS = (*EXTRACTS, LOAD, VERIFY, SPARK, BUILD, PUBLISH, REPORT, DATA_MODEL, NOTIFY)
RUN_TIME_LIMIT = timedelta(hours=6)


def steps_of(client: Client) -> tuple[Step, ...]:
    """The steps of the client's run in order, each with those of its needs that the client has."""
    kinds_of_client = {source.kind for source in client.sources.values()}
    steps = [
        step
        for step in STEPS
        if (step.source_kind is None or step.source_kind in kinds_of_client)
        and (client.engine.is_spark or not step.on_spark)
    ]
    names = {step.name for step in steps}
    return tuple(replace(step, needs=tuple(name for name in step.needs if name in names)) for step in steps)


def do(run: Run, verb: str) -> str:
    """Do the steps of one command, under the lock that the run holds; what they say, a line each, warnings counted."""
    outcomes = [step.function(run, {}) for step in steps_of(run.client) if step.verb == verb]
    warnings = [warning for outcome in outcomes for warning in outcome.warnings]
    return "\n".join([*(outcome.lines() for outcome in outcomes), *_count_of(run, warnings)])


def _count_of(run: Run, warnings: Sequence[str]) -> list[str]:
    """The line that ends a command with warnings, so that none is lost among the lines above."""
    status = f"`sales status --client {run.client.client}` shows them once they are published"
    return [f"{counted(warnings)}; {status}"] if warnings else []


def run_all(run: Run, wait_seconds: float, say: Callable[[str], None], steps: Sequence[Step] | None = None) -> None:
    """Do every step in order under one lock; say what each did, and the warnings; send what failed, and raise it."""
    steps = steps or steps_of(run.client)
    outcomes: dict[str, Outcome] = {}
    said: list[str] = []
    with ExitStack() as stack:
        try:
            run = stack.enter_context(run.locked("run", wait_seconds))
        except LockHeldError as error:
            _send_failed(run, steps[0], error, say)
            raise
        try:
            for step in steps:
                began = time.monotonic()
                outcome = outcomes[step.name] = _attempt(run, step, outcomes, say)
                new = tuple(warning for warning in outcome.warnings if warning not in said)
                said += new
                say(f"{step.name:<18} {Outcome(f'{outcome.text} ({time.monotonic() - began:.1f} s)', new).lines()}")
        finally:
            for line in _count_of(run, said):
                say(line)


def _attempt(run: Run, step: Step, outcomes: Outcomes, say: Callable[[str], None]) -> Outcome:
    try:
        return step.function(run, {name: outcomes[name] for name in step.needs})
    except Exception as error:
        if step.failure is Failure.PUBLISHED_UNNOTIFIED:
            return Outcome(step.failure.value, (Kind.NOTIFICATION.warning(str(error)),))
        _send_failed(run, step, error, say)
        raise


def _send_failed(run: Run, step: Step, error: Exception, say: Callable[[str], None]) -> None:
    again = f"sales run --client {run.client.client} --date {run.business_date}"
    try:
        send_failed(
            run.environment,
            run.client,
            task=step.name,
            failure=step.failure,
            run_id=run.run_id,
            cause=str(error) or type(error).__name__,
            next_step=f"Fix the cause, then run the day again: {again}",
        )
    except NotifyError as unsent:
        say(f"warning: {unsent}")

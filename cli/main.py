"""The command ``sales``: the pipeline's steps, one verb each, without Airflow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import readers
from cli.options import ClientOption
from cli.plain_errors import plain_errors
from contracts.terminal import log_lines, say

if TYPE_CHECKING:
    from pipeline.run import Run

app = typer.Typer(
    name="sales",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Build and publish a shop's sales warehouse step by step.",
    epilog=(
        "The steps in their order: extract, load, verify, build, publish, report, docs; `sales run` does them all and "
        "notifies the team. Every step can be repeated: nothing is landed, loaded or counted twice. "
        "Example: sales run --client demo && sales status"
    ),
)

DateOption = Annotated[
    datetime | None,
    typer.Option(
        "--date",
        formats=["%Y-%m-%d"],
        help="Business date, in the shop's time zone. Default: the last day of a demo's data, else yesterday.",
    ),
]
WaitOption = Annotated[
    float, typer.Option("--wait", min=0, help="Seconds to wait when another run works on the client.")
]
FullRefreshOption = Annotated[bool, typer.Option("--full-refresh", help="Rebuild everything from scratch.")]
CustomersOption = Annotated[
    int | None, typer.Option(min=1, help="Customers of the demo, instead of its file's number.")
]
TransactionsOption = Annotated[
    int | None, typer.Option(min=0, help="Order items of the demo, instead of its file's number.")
]


@contextmanager
def _run(
    client: str | None,
    step: str,
    *,
    day: datetime | None = None,
    wait: float = 0,
    sizes: Mapping[str, int | None] | None = None,
    **options: Any,
) -> Iterator[Run]:
    """The run of a command that holds the client's lock."""
    from cli import steps  # noqa: PLC0415 as above

    log_lines()
    with plain_errors():
        run = steps.run_of(client, day.date() if day else None, sizes or {}, **options)
        with run.locked(step, wait) as held:
            yield held


def _do(verb: str, client: str | None, following: str | None, **how: Any) -> None:
    """Do the steps of the verb, print what they did and the next command."""
    with _run(client, verb, **how) as run:
        from pipeline.steps import do  # noqa: PLC0415 as above

        say(do(run, verb))
        if following:
            _next(run, following)


def _same(client: str | None) -> str:
    return f" --client {client}" if client else ""


def _next(run: Run, verb: str) -> None:
    say(f"Next: sales {verb} --client {run.client.client}")


@app.command()
def extract(
    client: ClientOption = None,
    day: DateOption = None,
    customers: CustomersOption = None,
    transactions: TransactionsOption = None,
    wait: WaitOption = 60,
) -> None:
    """Extract all source data up to the business date."""
    sizes = {"customers": customers, "transactions": transactions}
    _do("extract", client, "load", day=day, wait=wait, sizes=sizes)


@app.command()
def load(client: ClientOption = None, full_refresh: FullRefreshOption = False, wait: WaitOption = 60) -> None:
    """Load new deliveries into the raw schema.

    Rows that cannot be used go to quarantine with their reason; sales quarantine counts them.
    """
    _do("load", client, "verify", wait=wait, full_refresh=full_refresh)


@app.command()
def verify(
    client: ClientOption = None,
    day: DateOption = None,
    full: Annotated[bool, typer.Option("--full", help="Recount every landed file, not only the new ones.")] = False,
    wait: WaitOption = 60,
) -> None:
    """Check that raw holds what landed; list every difference.

    Compares rows, keys, references, dates and money with the landed files, and names every finding.
    """
    _do("verify", client, "build", day=day, wait=wait, full_recount=full)


@app.command()
def build(client: ClientOption = None, full_refresh: FullRefreshOption = False, wait: WaitOption = 60) -> None:
    """Build and test staging, core and marts with dbt.

    Ends with 1 and the names of the tests when any fails.
    """
    _do("build", client, "publish", wait=wait, full_refresh=full_refresh)


@app.command()
def publish(
    client: ClientOption = None,
    manifest: Annotated[
        Path | None, typer.Option(help="dbt's manifest.json of the build. Default: of the newest dbt run.")
    ] = None,
    wait: WaitOption = 60,
) -> None:
    """Publish the tested build in one atomic step.

    Refused unless every model and test succeeded since the last load; readers keep the old version then.
    """
    _do("publish", client, "status", wait=wait, manifest=manifest)


@app.command()
def rollback(client: ClientOption = None, wait: WaitOption = 60) -> None:
    """Restore the previously published version."""
    with _run(client, "rollback", wait=wait) as run:
        from cli.steps import rollback_to_previous  # noqa: PLC0415 as above

        say(rollback_to_previous(run))
        _next(run, "versions")


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="What to call the shop in commands, such as my_shop.")],
    paths: Annotated[list[Path], typer.Argument(help="The files that the shop exports, or folders of them.")],
    answer: Annotated[list[str] | None, typer.Option(help="A question and its answer, such as tax=inside.")] = None,
    column: Annotated[list[str] | None, typer.Option(help="A column of ours and theirs: order_id='Bon No'.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; take what the files themselves suggest.")] = False,
) -> None:
    """Propose a client file from a shop's files.

    Asks what files cannot say, with the figure of each answer; what nobody answers stays open, and nothing runs then.
    """
    with plain_errors():
        from cli.new import propose  # noqa: PLC0415 as above

        propose(name, paths, answer or (), column or (), takes_likely=yes, say=say)
    say(f"Next: sales check {name}")


@app.command()
def check(
    name: Annotated[str | None, typer.Argument(metavar="CLIENT", help="Whose shop, as --client says it.")] = None,
    client: ClientOption = None,
    day: DateOption = None,
) -> None:
    """Say all that would stop a run, and load nothing.

    Reads every file as a run would. Ends with 1 when anything would stop, or a question of the client file is open.
    """
    with _run(name or client, "check", day=day, wait=60, is_answered=False) as run:
        from cli.check import checked  # noqa: PLC0415 as above

        for line in checked(run):
            say(line)
        _next(run, "run")


@app.command()
def erase(
    customer_id: Annotated[
        str | None,
        typer.Argument(help="The customer, by the shop's own id. Default: whose erasure has not ended."),
    ] = None,
    client: ClientOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    give_up: Annotated[bool, typer.Option("--give-up", help="End, without the proof, one that cannot end.")] = False,
    wait: WaitOption = 60,
) -> None:
    """Erase one customer everywhere, and prove it.

    From landing, the warehouse, the published file and its older versions; later deliveries come without the customer.
    Orders stay under a label, so that totals do. It cannot be undone.
    """
    with _run(client, "erase", wait=wait) as run:
        from cli.erase import erased  # noqa: PLC0415 as above
        from pipeline.erasure import opened  # noqa: PLC0415 as above

        customer_id = customer_id or opened(run.paths)
        if not (yes or give_up):
            typer.confirm(f"Erase customer {customer_id} of {run.client.name} for good?", abort=True)
        for line in erased(run, customer_id, give_up=give_up):
            say(line)
        _next(run, "status")


@app.command()
def run(
    client: ClientOption = None,
    day: DateOption = None,
    customers: CustomersOption = None,
    transactions: TransactionsOption = None,
    full_refresh: FullRefreshOption = False,
    wait: WaitOption = 60,
) -> None:
    """Do all steps in order, without Airflow.

    Publishes, writes the report and the page of the data model, and notifies the team, also of a step that failed.
    """
    from cli import steps  # noqa: PLC0415 as above
    from pipeline.steps import run_all  # noqa: PLC0415 as above

    log_lines()
    sizes = {"customers": customers, "transactions": transactions}
    with plain_errors():
        whole = steps.run_of(client, day.date() if day else None, sizes, full_refresh=full_refresh)
        run_all(whole, wait, say)
        say(f"\n{steps.status(client)}\n")
    _next(whole, "versions")


@app.command()
def report(
    client: ClientOption = None,
    month: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m"], help="Which month. Default: the last complete one."),
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="The file to write. Default: reports/ beside the published file.")
    ] = None,
) -> None:
    """Write the PDF of a month.

    Key figures, what changed and why, charts and tables; every run writes it too.
    """
    with plain_errors():
        from cli import steps  # noqa: PLC0415 as above

        say(steps.report(client, month.date() if month else None, to))


@app.command()
def docs(client: ClientOption = None, wait: WaitOption = 60) -> None:
    """Write the page of the data model.

    Every model with its columns, tests and lineage, as one file that any browser opens. Every run brings it up to
    date; one of the same models is left alone.
    """
    _do("docs", client, None, wait=wait)


@app.command()
def status(client: ClientOption = None) -> None:
    """Show what is published.

    Rows per table, tests, revenue and orders, through which day, in which file.
    """
    with plain_errors():
        from cli import steps  # noqa: PLC0415 as above

        say(steps.status(client))
    say(f"\nNext: open the file read-only, or see the versions before it: sales versions{_same(client)}")


@app.command()
def versions(client: ClientOption = None) -> None:
    """List the kept versions of the published file.

    A * marks the one that readers see.
    """
    with plain_errors():
        from cli import steps  # noqa: PLC0415 as above

        say(steps.versions(client))
    say(f"Next: restore the version before the current one with sales rollback{_same(client)}")


@app.command()
def clients() -> None:
    """List the shops that have a client file."""
    with plain_errors():
        from cli import steps  # noqa: PLC0415 as above

        say(steps.clients())
    say("Next: sales run --client <name>")


@app.command()
def quarantine(
    client: ClientOption = None,
    to: Annotated[
        Path | None, typer.Option("--to", help="Write the rows to this new file, so that they can be repaired.")
    ] = None,
) -> None:
    """Count the rows set aside while loading, by reason.

    With --to they are written out, and so are rows that name a customer, product or order that nobody delivered.
    """
    with plain_errors():
        from cli import replay, steps  # noqa: PLC0415 as above

        say(replay.write_out(client, to) if to else steps.quarantine(client))


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="What sales quarantine --to wrote, its records repaired.")],
    client: ClientOption = None,
    wait: WaitOption = 60,
) -> None:
    """Deliver repaired rows once more, and load them.

    They take the place of what was delivered. Rows left as they are stay in quarantine.
    """
    with _run(client, "replay", wait=wait) as run:
        from cli.replay import replay  # noqa: PLC0415 as above

        for line in replay(run, file):
            say(line)
        _next(run, "verify")


@app.command()
def withdraw(
    delivery: Annotated[str, typer.Argument(help="A delivery of a shop's own file, such as orders/o.csv/0001.")],
    client: ClientOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    wait: WaitOption = 60,
) -> None:
    """Take a file out that was delivered by mistake.

    What it replaced counts again. The same bytes are not delivered again, and raw is made again from what is left.
    """
    with _run(client, "withdraw", wait=wait) as run:
        from cli.withdraw import found, take_out  # noqa: PLC0415 as above

        manifest = found(run, delivery)
        if not yes:
            typer.confirm(f"Take {manifest.rows:,} rows of {manifest.delivery_id} out for good?", abort=True)
        say(take_out(run, manifest))
        _next(run, "verify")


app.add_typer(readers.app)


if __name__ == "__main__":
    app()

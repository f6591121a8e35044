"""The pipeline on one machine, without containers: ``run`` once, or ``up`` with Airflow's UI and scheduler.

``make run``, ``make up`` and ``make down`` call it.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from typing import Annotated

import typer

from contracts.client_file import Client, ClientError
from contracts.environment import Environment
from embedded_home import CHECKOUT, USER, EmbeddedError, Home
from pipeline.dag_ids import dag_id_of
from publish.errors import PublishError
from run_dag import RunFailedError, run_once
from serve.published import NotPublishedError
from serve.summary import summarise
from services import serve as serve_components
from services import start, stop

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False)
Port = Annotated[int, typer.Option(envvar="AIRFLOW_PORT", help="Port of the Airflow UI on 127.0.0.1.")]


@app.command()
def run(
    client: Annotated[str | None, typer.Option(help="Whose shop. Default: SALES_CLIENT, else demo.")] = None,
    date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Business date; default: a demo's last day, else yesterday."),
    ] = None,
    customers: Annotated[int | None, typer.Option(min=1, help="Customers of the demo shop.")] = None,
    transactions: Annotated[int | None, typer.Option(min=0, help="Order items of the demo shop.")] = None,
    port: Port = 8080,
) -> None:
    """Run the client's DAG once and print what was published."""
    environment = Environment.from_process(client)
    shop, home = environment.client(), Home(CHECKOUT / ".airflow", port)
    conf = form(environment, shop, date, customers=customers, transactions=transactions)
    dag_id = dag_id_of(shop.client)
    with home.held_by(f"make run CLIENT={shop.client}"):
        print(f"Preparing Airflow in {home.folder}", flush=True)
        home.prepare(environment.paths())
        print(f"Running {dag_id} for {conf['date']}", flush=True)
        with os.fdopen(os.dup(1), "w") as terminal:
            run_once(home, dag_id, conf, terminal)
    print(f"\n{summarise(environment.paths()).text()}\n")
    print(f"Airflow's UI with this run: make up, then {home.url}")


@app.command()
def up(port: Port = 8080) -> None:
    """Start Airflow's UI and scheduler in the background."""
    home = Home(CHECKOUT / ".airflow", port)
    with home.held_by("make up"):
        print(f"Starting Airflow in {home.folder} (half a minute)", flush=True)
        home.prepare(Environment.from_process().paths())
    start(home)
    print(f"Airflow   {home.url}\nUser      {USER}\nPassword  {home.password}\n")
    print("A DAG runs on its schedule once it is switched on in the UI. `make down` stops Airflow.")


@app.command()
def down() -> None:
    """Stop every process that ``up`` started."""
    stopped = stop(Home(CHECKOUT / ".airflow", 0))
    print(f"Airflow stopped: {stopped} processes." if stopped else "Airflow is not running.")


@app.command(hidden=True)
def serve(port: Port = 8080) -> None:
    """Run Airflow's processes in the foreground; ``up`` calls it."""
    serve_components(Home(CHECKOUT / ".airflow", port))


def form(environment: Environment, shop: Client, date: datetime | None, **sizes: int | None) -> dict[str, object]:
    """The values of the DAG's form; raises ClientError for sizes of a shop that is no demo."""
    shop.with_demo_sizes(**sizes)
    day = date.date() if date else shop.default_date(environment.now())
    return {"date": day.isoformat()} | {name: size for name, size in sizes.items() if size is not None}


if __name__ == "__main__":
    try:
        app()
    except (EmbeddedError, RunFailedError, ClientError, NotPublishedError, PublishError) as error:
        print(f"\n{error}", file=sys.stderr)
        sys.exit(1)

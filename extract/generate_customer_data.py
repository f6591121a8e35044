"""Make what the demo shop delivers and land it, complete through a business date."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from contracts.client_file import Client
from contracts.deliveries import Manifest
from extract.command_line import ClientOption, DateOption, run_command
from extract.sources.demo.extract import extract


def main(
    client: ClientOption = None,
    date: DateOption = None,
    customers: Annotated[
        int | None, typer.Option(min=1, help="Customers by demo.through, instead of the client file's number.")
    ] = None,
    transactions: Annotated[
        int | None, typer.Option(min=0, help="Order items by demo.through, instead of the client file's number.")
    ] = None,
) -> None:
    """Land what the demo shop delivers, complete through a day.

    Months that are over are one delivery each; after them every day is one.

    The same day and sizes give the same files, so a second run changes nothing.

    Other sizes make every delivery again, and the load replaces what it had.

    Example: python generate_customer_data.py --date 2026-10-31 --customers 200 --transactions 1000
    """

    def step(configured: Client, *place: Any, **when: Any) -> list[Manifest]:
        return extract(configured.with_demo_sizes(customers=customers, transactions=transactions), *place, **when)

    run_command("generate_customer_data", step, client, date, following="python extract_api_data.py")


if __name__ == "__main__":
    typer.run(main)

"""Products of the Fake Store API to landing; run by hand: ``python extract_api_data.py --help``."""

from __future__ import annotations

import typer

from extract.command_line import ClientOption, DateOption, run_command
from extract.sources.fake_store_api.extract import extract


def main(client: ClientOption = None, date: DateOption = None) -> None:
    """Land the products of the client's API for a day, or what stands in for them when it does not answer.

    Example: python extract_api_data.py --client demo --date 2026-10-31
    """
    run_command("extract_api_data", extract, client, date)


if __name__ == "__main__":
    typer.run(main)

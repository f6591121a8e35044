"""Events of a Kafka topic to landing, in batches; run by hand: ``python extract_events.py --help``."""

from __future__ import annotations

import typer

from extract.command_line import ClientOption, DateOption, run_command
from extract.sources.kafka.extract import extract


def main(client: ClientOption = None, date: DateOption = None) -> None:
    """Land what the client's topic has and landing has not, and commit how far that is.

    Example: SALES_CLIENT=shop python extract_events.py
    """
    run_command("extract_events", extract, client, date)


if __name__ == "__main__":
    typer.run(main)

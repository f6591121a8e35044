"""A shop's own files to landing, as delivered; run by hand: ``python extract_files.py --help``."""

from __future__ import annotations

import typer

from extract.command_line import ClientOption, DateOption, run_command
from extract.sources.files.extract import extract


def main(client: ClientOption = None, date: DateOption = None) -> None:
    """Land the client's own files, as delivered; those that have not changed since the last time are left out.

    Example: ONLINE_RETAIL_PATH=/path/to/online_retail.parquet python extract_files.py --client online_retail
    """
    run_command("extract_files", extract, client, date)


if __name__ == "__main__":
    typer.run(main)

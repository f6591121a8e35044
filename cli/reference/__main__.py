"""``python -m cli.reference``: write the pages of docs/reference that the program itself can say."""

from __future__ import annotations

import sys

from cli.reference import client_file, commands, datasets, presets, tables
from contracts.environment import CHECKOUT

FOLDER = CHECKOUT / "docs" / "reference"


def main() -> None:
    """Write every generated page."""
    pages = {
        client_file.PAGE: client_file.page(),
        commands.PAGE: commands.page(),
        datasets.PAGE: datasets.page(),
        presets.PAGE: presets.page(),
        tables.PAGE: tables.page(tables.parsed_manifest()),
    }
    for name, text in pages.items():
        (FOLDER / name).write_text(text.rstrip() + "\n", encoding="utf-8")
        sys.stdout.write(f"docs/reference/{name} is written\n")


if __name__ == "__main__":
    main()

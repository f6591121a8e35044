"""What several commands are given alike."""

from __future__ import annotations

from typing import Annotated

import typer

ClientOption = Annotated[
    str | None, typer.Option("--client", help="Whose shop: a file in clients/. Default: SALES_CLIENT, else demo.")
]

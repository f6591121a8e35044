"""Serve the dashboard on this machine: ``python -m serve.dashboard``, or ``make dashboard``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from contracts.client_file import ClientError
from contracts.environment import Environment
from contracts.terminal import say
from serve.published import NotPublishedError

FOLDER = Path(__file__).parent


def serve(
    port: Annotated[int, typer.Option(envvar="DASHBOARD_PORT", help="Port on 127.0.0.1.")] = 8501,
    client: Annotated[str | None, typer.Option(help="Whose dashboard. Default: SALES_CLIENT, else demo.")] = None,
) -> None:
    """Serve one client's dashboard on 127.0.0.1 until interrupted."""
    environment = Environment.from_process(client)
    try:
        file = environment.paths().published_file
    except ClientError as error:
        say(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    if not file.is_file():
        say(f"error: {NotPublishedError(file)}", err=True)
        raise typer.Exit(1)
    os.environ["SALES_CLIENT"] = environment.client_name
    os.environ["SALES_DATA_DIR"] = str(environment.data_dir)
    say(f"Dashboard of {environment.client_name}: http://127.0.0.1:{port} (stop with Ctrl-C)")
    sys.stdout.flush()
    os.chdir(FOLDER)  # where .streamlit/ is
    command = [sys.executable, "-m", "streamlit", "run", str(FOLDER / "app.py")]
    os.execv(sys.executable, [*command, "--server.address", "127.0.0.1", "--server.port", str(port)])  # noqa: S606 no shell


if __name__ == "__main__":
    typer.run(serve)

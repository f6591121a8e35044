"""``python -m serve.api``: serve one client's published tables on this machine."""

from __future__ import annotations

import os
from typing import Annotated

import typer
import uvicorn

from contracts.environment import Environment
from serve.api.app import create_app

SHORTEST_TOKEN = 32
MOST_REQUESTS = 16  # at a time; each may use 512 MB and two threads


def main(
    client: Annotated[str | None, typer.Option(help="Whose shop. Default: SALES_CLIENT, else demo.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; anything but loopback needs TLS before it.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(envvar="API_PORT", help="Port to listen on.")] = 8002,
) -> None:
    """Serve the published tables over HTTP to whoever sends the token in SALES_API_TOKEN."""
    token = os.environ.get("SALES_API_TOKEN", "")
    if len(token) < SHORTEST_TOKEN:
        typer.echo(
            f"error: SALES_API_TOKEN has {len(token)} characters; expected a secret of at least {SHORTEST_TOKEN}. "
            "Next: export SALES_API_TOKEN=$(openssl rand -hex 32)",
            err=True,
        )
        raise typer.Exit(1)
    environment = Environment.from_process(client)
    environment.client()  # a wrong client name ends here, with the list of those there are
    file = environment.paths().published_file
    typer.echo(f"{file}\nhttp://{host}:{port}/tables (schema: /openapi.json)")
    uvicorn.run(create_app(file, token), host=host, port=port, limit_concurrency=MOST_REQUESTS, log_level="warning")


if __name__ == "__main__":
    typer.run(main)

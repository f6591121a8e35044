"""``python -m serve.api``: serve one client's published tables on this machine."""

from __future__ import annotations

from typing import Annotated

import typer
import uvicorn

from contracts.client_file import ClientError
from contracts.environment import Environment, ShortTokenError, api_token
from contracts.terminal import say
from serve.api.app import create_app
from serve.api.connections import BoundedConnection

HEADERS = [  # of every answer: figures are kept by nobody on the way, and no page may show or run them
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
]


def main(
    client: Annotated[str | None, typer.Option(help="Whose shop. Default: SALES_CLIENT, else demo.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; anything but loopback needs TLS before it.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(envvar="API_PORT", help="Port to listen on.")] = 8002,
    address: Annotated[
        str | None, typer.Option(envvar="SALES_API_URL", help="How links begin. Default: http://host:port.")
    ] = None,
) -> None:
    """Serve the published tables over HTTP to whoever sends the token in SALES_API_TOKEN."""
    environment = Environment.from_process(client)
    try:
        token = api_token()
        environment.client()  # a wrong client name ends here, with the list of those there are
    except (ClientError, ShortTokenError) as error:
        say(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    file = environment.paths().published_file
    say(f"{file}\nhttp://{host}:{port}/tables (schema: /openapi.json)")
    uvicorn.run(
        create_app(file, token, (address or f"http://{host}:{port}").rstrip("/")),
        host=host,
        port=port,
        http=BoundedConnection,
        ws="none",
        headers=HEADERS,
        server_header=False,
        timeout_graceful_shutdown=10,
        log_level="warning",
    )


if __name__ == "__main__":
    typer.run(main)

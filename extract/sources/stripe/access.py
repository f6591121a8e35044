"""What the client's key of Stripe may not read."""

from __future__ import annotations

from datetime import datetime

from contracts.client_file import Client
from extract.errors import ExtractError
from extract.sources.stripe.api import question, session
from extract.sources.stripe.extract import readings


def missing(client: Client, now: datetime) -> list[str]:  # noqa: ARG001 as every kind's
    """Why a kind of record cannot be read, for each of them; none where all can."""
    found = []
    for source, of, _, place in readings(client):
        try:
            api = session(source, of, place)
            with api.session:
                api.page(api.source.url, question(of, size="1"))
        except ExtractError as error:
            found.append(str(error))
    return found

"""What the client's keys of WooCommerce may not read."""

from __future__ import annotations

from datetime import datetime

from contracts.client_file import Client
from extract.errors import ExtractError
from extract.sources.woocommerce.api import questions, session
from extract.sources.woocommerce.extract import readings


def missing(client: Client, now: datetime) -> list[str]:  # noqa: ARG001 as every kind's
    """Why a kind of record cannot be read, for each of them; none where all can."""
    found = []
    for source, of, _, place in readings(client):
        try:
            api = session(source, of, place)
            with api.session:
                api.page(api.source.url, questions(of, "id", size="1")[0])
        except ExtractError as error:
            found.append(str(error))
    return found

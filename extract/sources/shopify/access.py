"""What the client's apps at Shopify may not read."""

from __future__ import annotations

from datetime import datetime

from contracts.client_file import Client
from extract.errors import ExtractError
from extract.sources.shopify.extract import shops
from extract.sources.shopify.rights import check_rights


def missing(client: Client, now: datetime) -> list[str]:
    """Why a shop cannot be read, naming every right that its app lacks; none where it can."""
    found = []
    for here, api in shops(client):
        try:
            with api.session:
                check_rights(api, here.values(), now, is_first=True)
        except ExtractError as error:
            found.append(str(error))
    return found

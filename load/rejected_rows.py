"""The rows that a person has to repair, as they were delivered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

import duckdb

from contracts.client_file import Client
from contracts.deliveries import Manifest
from contracts.paths import ClientPaths
from load.checks import foreign_keys
from load.errors import LoadError
from load.raw_tables import current
from load.raw_views import show
from load.validation import DeliveryContext, read, records_at
from load.warehouse import spill_folder
from storage.landing import check_file, deliveries


@dataclass(frozen=True)
class RejectedRow:
    """One record of a delivery: where it is in the file, what is wrong with it, and its text."""

    delivery_id: str
    line: int
    reason: str
    text: str


def rejected_rows(client: Client, paths: ClientPaths) -> list[RejectedRow]:
    """The records in quarantine, and those that name a customer, product or order that nobody delivered.

    Raises LoadError when there is no warehouse.
    """
    if not paths.warehouse.exists():
        raise LoadError(f"There is no warehouse {paths.warehouse}; expected one. Run `sales load` first.")
    with duckdb.connect() as con:
        show(con, client, current(paths), find_current=True)
        found = con.execute(
            f"""
            select delivery_id, line, string_agg(reason, '; ' order by reason) as reasons
            from (select delivery_id, line, reason from raw.quarantine {_orphans(client)})
            group by all
            order by all
            """
        ).fetchall()
    reasons: dict[str, dict[int, str]] = defaultdict(dict)
    for delivery_id, line, reason in found:
        reasons[delivery_id][line] = reason
    manifests = {manifest.delivery_id: manifest for manifest in deliveries(paths.landing)}
    return [
        RejectedRow(delivery_id, line, lines[line], text)
        for delivery_id, lines in reasons.items()
        for line, text in delivered_records(client, paths, manifests[delivery_id], lines).items()
    ]


def delivered_records(client: Client, paths: ClientPaths, manifest: Manifest, lines: Collection[int]) -> dict[int, str]:
    """The text of some records of a landed file, by the lines that load knows them by; those there are."""
    delivery = DeliveryContext(client, manifest, check_file(paths.landing, manifest))
    with duckdb.connect() as con:
        return records_at(con, delivery, read(con, delivery, spill_folder(paths)), lines)


def _orphans(client: Client) -> str:
    return "".join(
        f"""
        union
        select _delivery_id, _line, '{column} ''' || {column} || ''' is not in {parent}'
        from raw.{child}
        where is_current and {column} is not null and {column} not in ({parents})
        """
        for child, column, parent, parents in foreign_keys(client)
    )

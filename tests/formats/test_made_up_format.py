"""A format is one module: files of one made up here go from extract to raw and back, and nothing else knows it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.client_file import ClientError, load_client
from contracts.data_file import formats

FORMAT = '''
from dataclasses import dataclass

import pyarrow as pa

from contracts.data_file import DataFile, Place, Relation
from contracts.sql_text import json_object


@dataclass(frozen=True)
class CardsFile(DataFile):
    """A line for each field of a card, and an empty line between two cards."""

    def cards(self):
        texts = self.path.read_text(encoding=self.layout.encoding).rstrip().split("\\n\\n")
        return [dict(line.split(": ", 1) for line in text.splitlines()) for text in texts]

    def check(self):
        cards = self.cards()
        self.require_columns({name for card in cards for name in card}, "Ask for cards with these fields.")
        return len(cards)

    def count(self):
        lines = self.path.read_bytes().splitlines()
        return sum(bool(line) and not before for before, line in zip([b"", *lines], lines))

    def rewrite(self, target, change, texts):
        cards = self.cards()
        new = [change(number, card) for number, card in enumerate(cards, 1)]
        lines = [[f"{name}: {value}" for name, value in (card or old).items()] for card, old in zip(new, cards)]
        target.write_text("\\n\\n".join("\\n".join(card) for card in lines) + "\\n", encoding=self.layout.encoding)
        return sum(card is not None for card in new)

    def relation(self, query, spare):
        cards = self.cards()
        names = [*dict.fromkeys(name for card in cards for name in card)]
        places = {name: Place(f"c{position}") for position, name in enumerate(names)}
        table = pa.table({places[name].text: [card.get(name) for card in cards] for name in names})
        return Relation(
            rows="select * from batches",
            places=lambda: places,
            identity=", ".join(place.text for place in places.values()),
            record=json_object({name: place.text for name, place in places.items()}),
            batches=table.to_reader(),
        )


FORMAT = CardsFile
'''
# Registers the folder, then does what its other arguments say, as `sales` does.
SALES = """
import sys
import formats
formats.__path__.append(sys.argv.pop(1))
from cli.main import app
app()
"""
CLIENT = """
client: market
name: Market
currency: EUR
time_zone: Europe/Paris
ceilings: {quarantined_share: 1}
sources:
  orders: {kind: files, path: orders.cards, format: cards, columns: {order_id: receipt, order_at: time}}
"""
CARDS = """receipt: 7-1
time: 2026-10-31T08:15:00Z

receipt: 7-2
time: noon

time: 2026-10-31T09:00:00Z
receipt: 7-3
"""


def test_a_made_up_format_is_one_module(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "cards.py").write_text(FORMAT)
    (tmp_path / "market.yml").write_text(CLIENT)
    (tmp_path / "orders.cards").write_text(CARDS)
    variables = {"SALES_DATA_DIR": str(tmp_path / "data"), "SALES_CLIENTS_DIR": str(tmp_path), "SALES_CLIENT": "market"}

    def sales(*words: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", SALES, str(tmp_path / "more"), *words],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    day = ("--date", "2026-11-01")
    assert "3 rows in 1 delivery" in sales("extract", *day)
    sales("load")
    assert "1 file counted again" in sales("verify", *day)
    found = sales("query", "select order_id from raw.orders order by order_id")
    assert ("7-1" in found, "7-2" in found, "7-3" in found) == (True, False, True)
    rows = tmp_path / "rows.jsonl"
    sales("quarantine", "--to", str(rows))
    row = json.loads(rows.read_text())
    assert row["record"] == {"receipt": "7-2", "time": "noon"}
    row["record"]["time"] = "2026-10-31T12:00:00Z"
    rows.write_text(json.dumps(row))
    sales("replay", str(rows))
    assert "7-2" in sales("query", "select order_id from raw.orders where is_current")
    assert "1 file counted again" in sales("verify", *day)


def test_the_client_file_says_which_formats_there_are(tmp_path: Path) -> None:
    assert formats() == ["csv", "excel", "fixed_width", "json", "jsonl", "parquet"]
    (tmp_path / "market.yml").write_text(CLIENT)
    said = "format is 'cards': Input should be 'csv', 'excel', 'fixed_width', 'json', 'jsonl' or 'parquet'"
    with pytest.raises(ClientError, match=re.escape(said)):
        load_client("market", tmp_path, {})

"""Records of a shop, whole: every page of them, and every page of the lists within them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from extract.errors import ExtractError
from extract.sources.shopify.api import Api, TooExpensiveError
from extract.sources.shopify.queries import LISTS, LONGEST_LIST, PLAIN_LISTS, RECORDS, more

logger = logging.getLogger(__name__)
FIRST_PAGE = 50  # records; halved until Shopify answers
MORE = 50  # elements of a list within a record, likewise
Record = dict[str, Any]


@dataclass
class Pages:
    """The pages of one kind of record; ``size`` is what Shopify answers at once."""

    api: Api
    object: str
    size: int = FIRST_PAGE

    def read(self, asked: str) -> Iterator[Record]:
        """Every record that the search finds, with the whole of its lists."""
        after = None
        while True:
            found = self._page(asked, after)
            for record in found["nodes"]:
                yield self._whole(record)
            if not found["pageInfo"]["hasNextPage"]:
                return
            if not found["nodes"] or found["pageInfo"]["endCursor"] == after:
                raise ExtractError(
                    f"{self.api.place}: Shopify promises more {self.object} and gives none. Run the step again."
                )
            after = found["pageInfo"]["endCursor"]

    def number(self, asked: str) -> int:
        """How many records Shopify says that the search finds; at least so many where it has not counted all."""
        found = self.api.query(RECORDS[self.object].number, query=asked)[RECORDS[self.object].count]
        return int(found["count"]) if found else 0

    def _page(self, asked: str, after: str | None) -> Record:
        kind = RECORDS[self.object]
        while True:
            try:
                answer = self.api.query(kind.page, first=self.size, after=after, query=asked)
            except TooExpensiveError as error:
                if self.size == 1:
                    raise ExtractError(
                        f"{self.api.place}: one of {self.object} is too expensive for Shopify: {error} Please report "
                        "it."
                    ) from None
                self.size = max(self.size // 2, 1)
            else:
                page: Record = answer[kind.field]
                return page

    def _whole(self, value: Any) -> Any:
        """The value with every list in it read to its end, and nothing of how it was divided."""
        if isinstance(value, list):
            return [self._whole(one) for one in value]
        if not isinstance(value, dict):
            return value
        owner = str(value.get("id")).split("/")[3:4]
        return {
            name: self._whole(self._read_to_its_end(value, "".join(owner), name, below))
            for name, below in value.items()
        }

    def _read_to_its_end(self, record: Record, owner: str, name: str, found: Any) -> Any:
        if (owner, name) in LISTS:
            return {"nodes": self._drained(record["id"], owner, name, found)}
        if (owner, name) in PLAIN_LISTS and len(found) >= PLAIN_LISTS[owner, name][0]:
            return self._all(record["id"], owner, name)
        return found

    def _drained(self, of: str, owner: str, name: str, found: Record) -> list[Any]:
        nodes = [*found["nodes"]]
        while found["pageInfo"]["hasNextPage"]:
            found = self._within(of, owner, name, found["pageInfo"]["endCursor"])
            nodes += found["nodes"]
        return nodes

    def _all(self, of: str, owner: str, name: str) -> list[Any]:
        first = PLAIN_LISTS[owner, name][0]
        while first < LONGEST_LIST:
            asked = min(first * 5, LONGEST_LIST)
            try:
                found: list[Any] = self._list_of(of, name, self.api.query(more(owner, name), id=of, first=asked))
            except TooExpensiveError:
                break
            if len(found) < asked:
                return found
            first = asked
        raise ExtractError(
            f"{self.api.place}: {of} has {first} {name} or more, and Shopify gives no more of them at once. Please "
            "report it."
        )

    def _within(self, of: str, owner: str, name: str, after: str) -> Any:
        """The next page of a list within a record."""
        first = MORE
        while True:
            try:
                answer = self.api.query(more(owner, name), id=of, first=first, after=after)
            except TooExpensiveError as error:
                if first == 1:
                    raise ExtractError(
                        f"{self.api.place}: {name} of {of} are too expensive for Shopify: {error} Please report it."
                    ) from None
                first //= 2
            else:
                return self._list_of(of, name, answer)

    def _list_of(self, of: str, name: str, answer: Record) -> Any:
        if answer["node"] is None:
            raise ExtractError(f"{self.api.place}: {of} was deleted while it was read. Run the step again.")
        return answer["node"][name]

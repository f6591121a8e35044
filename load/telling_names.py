"""Columns whose names say that they change figures: those that nobody maps, and a line's total mapped as a price."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contracts.data_file import Place, Query
from contracts.datasets import DATASETS
from contracts.datasets.orders import ORDER_STATUSES
from contracts.layout import Layout
from contracts.printable import quoted
from contracts.sql_text import identifier, literal
from contracts.telling_names import (
    CANCELLED_AT,
    CURRENCY,
    KIND,
    LIVE_MODE,
    STATUS,
    TAX,
    TAX_RATES,
    TEST,
    TOTAL,
    plain_name,
)
from load.columns import TRUE, Field
from load.fields import Numbers

_ORDERS = ("orders", "order_lines", "order_items")
# What a status says of an order that counts, whoever writes it.
_STANDS = (
    *(one for one in ORDER_STATUSES if one != "cancelled"),
    "complete",
    "paid",
    "succeeded",
    "fulfilled",
    "delivered",
    "closed",
)
_MOVES_MONEY = ("sale", "sales", "capture", "captured", "payment", "charge", "debit", "paid")


@dataclass(frozen=True)
class _Meaning:
    """What columns of some names mean: which of ours each would be, and which of its values change figures."""

    names: frozenset[str]
    ours: tuple[str, ...]
    datasets: tuple[str, ...]
    is_harmful: str
    """SQL over ``text``, the value, and ``number``, where it is one."""
    because: str
    way: str | None = None
    """How to map it with {rate} for SQL of its values, where that is not to give it the name of ours."""


_NUMBER_IS_NOT_0 = "text <> '' and number is distinct from 0"
_MEANINGS = (
    _Meaning(
        TEST,
        ("is_test",),
        (*_ORDERS, "payments", "returns", "refunds", "events"),
        f"lower(text) in ({TRUE})",
        "orders that tried the shop out would count",
    ),
    _Meaning(
        LIVE_MODE,
        ("is_test",),
        (*_ORDERS, "payments", "returns", "refunds", "events"),
        "text <> '' and lower(text) not in ('true', 't', 'yes', 'y', '1')",
        "what tried the shop out would count",
    ),
    _Meaning(
        CANCELLED_AT,
        ("cancelled_at", "status"),
        ("orders", "order_lines"),
        "text <> ''",
        "orders that were cancelled would count",
    ),
    _Meaning(
        STATUS,
        ("status",),
        ("orders", "order_lines"),
        f"text <> '' and lower(text) not in ({', '.join(map(literal, _STANDS))})",
        "whether such orders count is not known",
    ),
    _Meaning(
        CURRENCY,
        ("currency",),
        (*_ORDERS, "payments", "returns", "refunds", "products", "ad_spend", "subscriptions"),
        "text <> '' and upper(text) <> currency",
        "its amounts would be added to those of the client's currency",
    ),
    _Meaning(
        TAX,
        ("tax_amount", "line_tax_amount"),
        _ORDERS,
        _NUMBER_IS_NOT_0,
        "whether amounts contain it is not known",
    ),
    _Meaning(
        TAX_RATES,
        ("tax_amount", "line_tax_amount"),
        _ORDERS,
        "text <> '' and not regexp_full_match(text, '[0.,%\\s]*')",
        "which tax the amounts contain is not known",
        "make the tax of a line by it, of prices that contain it such as columns: {{line_tax_amount: {{sql: "
        "'round(quantity * price * {rate} / (100 + {rate}), 2)'}}}}",
    ),
    _Meaning(
        KIND,
        ("kind",),
        ("payments",),
        f"text <> '' and lower(text) not in ({', '.join(map(literal, _MOVES_MONEY))})",
        "an authorisation, a void or a refund would count as money that came",
    ),
    _Meaning(
        TOTAL,
        ("total_amount", "line_total"),
        _ORDERS,
        _NUMBER_IS_NOT_0,
        "what the source itself totals would not be compared",
    ),
)


def unmapped_findings(
    query: Query,
    dataset: str,
    source: Layout,
    places: Mapping[str, Place],
    numbers: Numbers,
    line: str,
    is_counted: str,
) -> Iterator[str]:
    """What a column that nobody maps would change, with an example; ``places`` are those columns.

    ``line`` and ``is_counted`` are SQL over ``landed``: the number of a record, and whether it is one of ours.
    """
    ours = {column.name for column in DATASETS[dataset].columns}
    for name, place in places.items():
        for meaning in _MEANINGS:
            if plain_name(name) not in meaning.names or dataset not in meaning.datasets:
                continue
            if name in source.ignored_columns or source.given & {*meaning.ours}:
                continue
            found = query(
                f"""
                select line, text, count(*) over ()
                from (
                    select
                        {line} as line, trim(coalesce(cast({place.text} as varchar), '')) as text,
                        try_cast({numbers.plain(place.text, place, is_amount=True)} as double) as number,
                        {literal(numbers.currency)} as currency
                    from landed
                    where {is_counted}
                )
                where {meaning.is_harmful}
                order by line
                limit 1
                """
            )
            for at, text, count in found:
                mapped = [column for column in meaning.ours if column in ours]
                way = f"map it (columns: {{{mapped[0]}: {name}}}), or " if mapped else ""
                rate = (
                    f"cast(replace({identifier(name)}, '%', '') as decimal(9, 4))" if "%" in text else identifier(name)
                )
                way = f"{meaning.way.format(rate=rate)}, or " if meaning.way else way
                rows = "1 row" if count == 1 else f"{count:,} rows"
                yield (
                    f"nobody maps the column {name}, which is {quoted(text)} in line {at} ({rows} like that): "
                    f"{meaning.because}. In sources.{dataset} of the client file, {way}say ignored_columns: [{name}]."
                )


def price_findings(
    query: Query, dataset: str, source: Layout, fields: Mapping[str, Field], line: str, is_counted: str
) -> Iterator[str]:
    """Where a column whose name says that it is a total is mapped as the price of one unit."""
    theirs = source.named.get("unit_price")
    if theirs is None or not re.search(r"total|gesamt|summe", plain_name(theirs)):
        return
    quantity = f"try_cast({fields['quantity'].plain} as double)"
    found = query(
        f"select {line}, {fields['quantity'].delivered}, {fields['unit_price'].delivered} from landed "
        f"where {is_counted} and abs({quantity}) <> 1 order by 1 limit 1"
    )
    for at, units, price in found:
        yield (
            f"the column {theirs} is mapped as unit_price, the price of one, and its name says a total: in line {at} "
            f"{units} units at {price}. In sources.{dataset} of the client file, say columns: {{line_total: {theirs}}} "
            f'if it is the price of all of them, or {{unit_price: {{sql: "\\"{theirs}\\""}}}} if it is that of one.'
        )

"""Which columns may come from another source of the client, and by which of its columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from contracts.dataset import AMOUNT, ID, NAME, PRICE, SIGNED_AMOUNT, SIGNED_PRICE, TEXT, Column, Dataset, Kind
from contracts.datasets import DATASETS
from contracts.layout import Layout, LookUp

# Texts are texts, and a number fits where there are as many decimals or more.
_FITS: Mapping[Kind, tuple[Kind, ...]] = {
    TEXT: (TEXT, NAME, ID),
    NAME: (TEXT, NAME, ID),
    ID: (ID,),
    PRICE: (PRICE, AMOUNT),
    SIGNED_PRICE: (PRICE, AMOUNT),
    AMOUNT: (AMOUNT,),
    SIGNED_AMOUNT: (AMOUNT, SIGNED_AMOUNT),
}
# What erasure goes by, what decides how the row itself is read, and what says which order it is of.
_OF_THE_ROW = ("order_id", "customer_id", "currency", "tax_amount", "line_tax_amount")
# Of a customer nothing else stays when they are erased, and nobody else is known by it.
_OF_CUSTOMERS = ("country", "segment")


def problems_of_look_ups(layouts: Mapping[str, Layout], delivered: frozenset[str]) -> Iterator[str]:
    """What is wrong with the look-ups of the client's sources; ``delivered`` are the datasets that the client has."""
    for dataset, layout in layouts.items():
        for ours, look_up in layout.look_ups.items():
            for problem in _problems(dataset, ours, look_up, layout, layouts, delivered):
                yield f"sources.{dataset}.columns.{ours}: {problem}"


def may_be_looked_up(dataset: str, column: Column) -> bool:
    """Whether a column's values may stand in another source: load does not decide by them what a row is."""
    one = DATASETS[dataset]
    if column.kind not in _FITS or column.allowed or column.is_filled or column.name in (*_OF_THE_ROW, *one.key):
        return False
    if column.kind in (AMOUNT, SIGNED_AMOUNT):
        is_free = not column.is_required and column.name not in (one.amount, *one.parts, "line_total")
        return is_free and dataset != "order_lines"
    return column.default_if_unmapped is None


def _problems(
    dataset: str,
    ours: str,
    look_up: LookUp,
    layout: Layout,
    layouts: Mapping[str, Layout],
    delivered: frozenset[str],
) -> Iterator[str]:
    columns = {column.name: column for column in DATASETS[dataset].columns}
    if ours not in columns:
        return  # load says which there are
    if not may_be_looked_up(dataset, columns[ours]):
        possible = [name for name, column in columns.items() if may_be_looked_up(dataset, column)]
        yield f"cannot be looked up, as it decides how its row is read; expected one of {', '.join(possible) or 'none'}"
        return
    if look_up.dataset not in delivered:
        known = ", ".join(sorted(delivered))
        yield f"looks into {look_up.dataset}, which the client does not have; expected one of {known}"
        return
    if look_up.dataset == dataset:
        yield f"looks into {dataset} itself; expected another source"
        return
    theirs = {column.name: column for column in DATASETS[look_up.dataset].columns}
    if unknown := [name for name in (look_up.column, *look_up.by) if name not in theirs]:
        yield (f"names {', '.join(unknown)}, which {look_up.dataset} do not have; expected some of {', '.join(theirs)}")
        return
    if theirs[look_up.column].kind not in _FITS[columns[ours].kind]:
        yield f"{look_up.look_up} is {_words(theirs[look_up.column])}; expected {_words(columns[ours])}"
    other = layouts.get(look_up.dataset)
    if other and look_up.column in other.look_ups:
        yield f"{look_up.look_up} is itself looked up; expected the source that has it"
    if other and (chained := [name for name in look_up.by if name in other.look_ups]):
        yield f"by: {look_up.dataset}.{', '.join(chained)} is itself looked up; expected columns of that source's own"
    if look_up.missing is not None and columns[ours].kind.is_number and not _is_number(look_up.missing):
        yield f"missing: is {look_up.missing!r}; expected a number such as 0.00"
    yield from _privacy_problems(look_up, layout)
    yield from _rule_problems(ours, layout)


def _privacy_problems(look_up: LookUp, layout: Layout) -> Iterator[str]:
    if look_up.dataset != "customers":
        return
    if look_up.column not in _OF_CUSTOMERS:
        allowed = " or ".join(_OF_CUSTOMERS)
        yield f"takes customers.{look_up.column}, which is personal; expected {allowed}"
    key = look_up.by.get("customer_id")
    own = layout.columns.get("customer_id", key)
    if [*look_up.by] != ["customer_id"] or not isinstance(key, str) or key != own:
        yield (
            "by: expected customer_id: the source's own column of the customer and nothing else, as customers who are "
            "erased are found by that"
        )


def _rule_problems(ours: str, layout: Layout) -> Iterator[str]:
    if ours == "product_id" and layout.product_rules:
        yield "product_rules go by it and see the file alone; map it to a column, or leave the rules out"
    if any(ours in rule.when for rule in layout.line_rules):
        yield "a line rule goes by it and sees the file alone; map it to a column, or change the rule"


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def _words(column: Column) -> str:
    return column.kind.expected or "a text"


def has_days(dataset: Dataset, by: Mapping[str, object]) -> bool:
    """Whether a row is valid from a day on: a snapshot's, or one with a day in its key that nobody asks for."""
    return dataset.is_snapshot or (dataset.day in dataset.key and dataset.day not in by)

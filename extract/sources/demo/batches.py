"""The lines of one delivery, batch by batch, so that memory does not grow with the delivery."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa

from extract.sources.demo.defects import LATEST_DAYS, Defects
from extract.sources.demo.lines import order_lines, return_lines
from extract.sources.demo.names import customer_lines
from extract.sources.demo.orders import Shop
from extract.sources.demo.returns import LOOK_BACK_DAYS, Returns, returns_of
from extract.sources.demo.spans import Span
from extract.sources.demo.truth import Truth

BATCH = 1 << 15  # items or customers: the columns of a batch stay within the processor's cache


def order_batches(shop: Shop, defects: Defects, span: Span, truth: Truth) -> Iterator[pa.Array]:
    """The orders delivered in a span, late ones of earlier days included; counted in ``truth`` on their own day."""
    first, last = shop.timeline.number(span.first), shop.timeline.number(span.last)
    for begin, end in _item_ranges(shop, first - LATEST_DAYS, last):
        bounds = shop.order_bounds(begin, end)
        number, size = bounds[:-1], np.diff(bounds)
        defect = defects.of_orders(number)
        delivered = shop.days_of(number) + defects.days_late(number, defect)
        is_due = (first <= delivered) & (delivered <= last)
        if is_due.any():
            orders = shop.orders(number[is_due], size[is_due])
            truth.add_orders(orders, defect[is_due])
            yield order_lines(orders, defect[is_due])


def return_batches(shop: Shop, span: Span, truth: Truth) -> Iterator[pa.Array]:
    """The returns processed in a span, whatever the day of their order."""
    first, last = shop.timeline.number(span.first), shop.timeline.number(span.last)
    for begin, end in _item_ranges(shop, first - LOOK_BACK_DAYS, last):
        returns = returns_of(shop, begin, end)
        is_due = (first <= returns.day) & (returns.day <= last)
        if is_due.any():
            due = Returns(**{name: values[is_due] for name, values in vars(returns).items()})
            truth.add_returns(due)
            yield return_lines(due)


def customer_batches(shop: Shop, span: Span) -> Iterator[pa.Array]:
    """Every customer who signed up by the end of a span, as known then."""
    day = shop.timeline.number(span.last)
    for begin, end in pairwise(_cuts(0, int(shop.timeline.customers[max(day + 1, 0)]))):
        yield customer_lines(shop.customers, np.arange(begin, end, dtype=np.int64), day)


def _item_ranges(shop: Shop, first: int, last: int) -> Iterator[tuple[int, int]]:
    # A delivery made again may lie before the first day of the timeline, when the demo now starts later.
    items = shop.timeline.items
    return pairwise(_cuts(int(items[max(first, 0)]), int(items[max(last + 1, 0)])))


def _cuts(begin: int, end: int) -> list[int]:
    return [*range(begin, end, BATCH), end]

"""What comes back: one item in sixteen, within 30 days after its order was delivered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extract.sources.demo.draws import Ints
from extract.sources.demo.orders import COMPLETED, Items, Orders, Shop

RETURNED_PER_MILLE = 62
REASONS = ("wrong size", "changed mind", "damaged", "not as described", "arrived late")
REASON_SHARES = (35, 30, 15, 14, 6)
_DAY = 86_400
LONGEST_DELIVERY_DAYS, RETURN_DAYS = 7, 30
# An order can still come back so many days later: delivery, time to return, and the part of a day it began with.
LOOK_BACK_DAYS = LONGEST_DELIVERY_DAYS + RETURN_DAYS + 1


@dataclass(frozen=True)
class Returns:
    """Some returned items; ``item`` is the number of the item of the order that comes back.

    What is paid back is ``refund`` for the goods and the ``tax`` that was paid on them; postage is not paid back.
    """

    item: Ints
    order_number: Ints
    line_number: Ints
    product: Ints
    customer: Ints
    quantity: Ints
    refund: Ints
    tax: Ints
    delivered_at: Ints
    returned_at: Ints
    day: Ints
    reason: Ints


def returns_of(shop: Shop, first_item: int, end_item: int) -> Returns:
    """Whatever ever comes back of the orders that begin in a range of items."""
    bounds = shop.order_bounds(first_item, end_item)
    number, size = bounds[:-1], np.diff(bounds)
    item = np.arange(bounds[0], bounds[-1]) if len(bounds) else bounds
    # Only orders with such an item are made in full: one in eight.
    chosen = item[shop.draws.chance("returned", item, RETURNED_PER_MILLE)]
    some = np.unique(np.searchsorted(number, chosen, side="right") - 1)
    orders = shop.orders(number[some], size[some])
    return _returns(shop, orders)


def _returns(shop: Shop, orders: Orders) -> Returns:
    draws, items = shop.draws, orders.items
    comes_back = (
        draws.chance("returned", items.number, RETURNED_PER_MILLE)
        & (items.unit_price > 0)
        & (orders.status[items.order] == COMPLETED)
    )
    line = np.flatnonzero(comes_back)
    item, order = items.number[line], items.order[line]
    quantity = 1 + draws.below("returned quantity", item, items.quantity[line])
    under_way = _DAY + draws.below("delivery", orders.number[order], (LONGEST_DELIVERY_DAYS - 1) * _DAY)
    delivered_at = orders.order_at[order] + under_way
    refund = _paid_for_lines(orders, items)[line] * quantity // items.quantity[line]
    returned_at = delivered_at + 3_600 + draws.below("return", item, RETURN_DAYS * _DAY - 3_600)
    return Returns(
        item=item,
        order_number=orders.number[order],
        line_number=items.line_number[line],
        product=items.product[line],
        customer=orders.customer[order],
        quantity=quantity,
        refund=refund,
        tax=orders.tax[order] * refund // np.maximum(orders.net[order], 1),
        delivered_at=delivered_at,
        returned_at=returned_at,
        day=np.searchsorted(shop.timeline.starts, returned_at, side="right") - 1,
        reason=draws.pick("reason", item, REASON_SHARES),
    )


def _paid_for_lines(orders: Orders, items: Items) -> Ints:
    """Cents paid for each line before tax, with the order's discount shared out by gross and rounded up.

    However the cents of that discount are shared out later, no refund can exceed what was paid for its line.
    """
    shared = -(-orders.discount[items.order] * items.gross // orders.gross[items.order])
    return items.gross - items.discount - shared

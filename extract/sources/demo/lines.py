"""Orders and returns as the JSON lines that `docs/explanation/architecture.md` describes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from extract.sources.demo.customers import COUNTRIES
from extract.sources.demo.defects import UNKNOWN, is_named, with_wrong_values
from extract.sources.demo.draws import Ints
from extract.sources.demo.orders import CHANNELS, METHODS, QUANTITY_SHARES, STATUSES, Items, Orders, Payments
from extract.sources.demo.products import PRICES
from extract.sources.demo.returns import REASONS, Returns
from extract.sources.demo.text import (
    choose,
    identifiers,
    join,
    joined_groups,
    moments,
    money,
    numbers,
    quoted,
    table,
    texts,
    whole,
)

ORDER_WIDTH, CUSTOMER_WIDTH = 9, 7
UNKNOWN_CUSTOMER, UNKNOWN_PRODUCT, NOT_A_NUMBER = "C0000000", "0", '"two"'  # real ones count from 1
_PRODUCTS = quoted([*(str(number + 1) for number in range(len(PRICES))), UNKNOWN_PRODUCT])
_QUANTITIES = table([NOT_A_NUMBER, *(str(quantity) for quantity in range(1, len(QUANTITY_SHARES)))])
_STATUSES, _CHANNELS, _COUNTRIES = quoted(STATUSES), quoted(CHANNELS), quoted(COUNTRIES)
_METHODS, _OUTCOMES, _REASONS = quoted(METHODS), quoted(("failed", "succeeded")), quoted(REASONS)


def order_ids(number: Ints) -> pa.Array:
    """The ids of orders."""
    return identifiers("O", number, ORDER_WIDTH)


def order_lines(clean: Orders, defect: Ints) -> pa.Array:
    """Each of one or more orders as a JSON line, with its defect where it has one; a duplicate is two lines."""
    orders = with_wrong_values(clean, defect)
    renamed = is_named(defect, "schema_drift") & (orders.number % 2 == 1)
    added = is_named(defect, "schema_drift") & ~renamed
    lines = join(
        '{"order_id":',
        choose(is_named(defect, "null_key"), "null", join('"', order_ids(orders.number), '"')),
        ',"order_at":"',
        moments(orders.order_at),
        '","status":',
        texts(_STATUSES, orders.status),
        ',"channel":',
        texts(_CHANNELS, orders.channel),
        ',"country":',
        texts(_COUNTRIES, orders.country),
        ',"customer_id":"',
        choose(orders.customer == UNKNOWN, UNKNOWN_CUSTOMER, identifiers("C", orders.customer, CUSTOMER_WIDTH)),
        '","discount_amount":"',
        money(orders.discount),
        '","tax_amount":"',
        money(orders.tax),
        choose(renamed, '","shipping_cost":"', '","shipping_amount":"'),
        money(orders.shipping),
        choose(added, '","loyalty_points":"7","items":[', '","items":['),
        joined_groups(_items(orders.items), orders.size),
        '],"payments":[',
        joined_groups(_payments(orders), orders.attempts),
        "]}\n",
    )
    copies = 1 + is_named(defect, "duplicate_delivery").astype(np.int64)
    return lines.take(numbers(np.repeat(np.arange(len(copies)), copies))) if copies.max() > 1 else lines


def _items(items: Items) -> pa.Array:
    return join(
        '{"line_number":',
        whole(items.line_number),
        ',"product_id":',
        texts(_PRODUCTS, np.where(items.product == UNKNOWN, len(PRICES), items.product)),
        ',"quantity":',
        texts(_QUANTITIES, items.quantity),
        ',"unit_price":"',
        money(items.unit_price),
        '","discount_amount":"',
        money(items.discount),
        '"}',
    )


def _payments(orders: Orders) -> pa.Array:
    payments: Payments = orders.payments
    attempt = whole(payments.attempt_number)
    return join(
        '{"payment_id":"',
        identifiers("P", orders.number[payments.order], ORDER_WIDTH),
        "-",
        attempt,
        '","attempt_number":',
        attempt,
        ',"method":',
        texts(_METHODS, payments.method),
        ',"status":',
        texts(_OUTCOMES, payments.is_succeeded.astype(np.int64)),
        ',"amount":"',
        money(orders.total[payments.order]),
        '","paid_at":"',
        moments(payments.paid_at),
        '"}',
    )


def return_lines(returns: Returns) -> pa.Array:
    """Each of one or more returns as a JSON line."""
    return join(
        '{"return_id":"',
        identifiers("R", returns.item, ORDER_WIDTH),
        '","order_id":"',
        order_ids(returns.order_number),
        '","line_number":',
        whole(returns.line_number),
        ',"product_id":',
        texts(_PRODUCTS, returns.product),
        ',"customer_id":"',
        identifiers("C", returns.customer, CUSTOMER_WIDTH),
        '","quantity":',
        whole(returns.quantity),
        ',"goods_amount":"',
        money(returns.refund),
        '","tax_amount":"',
        money(returns.tax),
        '","refund_amount":"',
        money(returns.refund + returns.tax),
        '","returned_at":"',
        moments(returns.returned_at),
        '","reason":',
        texts(_REASONS, returns.reason),
        "}\n",
    )

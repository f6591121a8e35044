"""The datasets of a shop, a file each, in the order they are loaded."""

from __future__ import annotations

from contracts.dataset import Dataset
from contracts.datasets.ad_spend import AD_SPEND
from contracts.datasets.annotations import ANNOTATIONS
from contracts.datasets.balance_transactions import BALANCE_TRANSACTIONS
from contracts.datasets.customers import CUSTOMERS
from contracts.datasets.discount_codes import DISCOUNT_CODES
from contracts.datasets.events import EVENTS
from contracts.datasets.exchange_rates import EXCHANGE_RATES
from contracts.datasets.inventory import INVENTORY
from contracts.datasets.order_items import ORDER_ITEMS
from contracts.datasets.order_lines import ORDER_LINES
from contracts.datasets.orders import ORDERS
from contracts.datasets.payments import PAYMENTS
from contracts.datasets.products import PRODUCTS
from contracts.datasets.refunds import REFUNDS, RETURNS
from contracts.datasets.shipping_costs import SHIPPING_COSTS
from contracts.datasets.subscriptions import SUBSCRIPTIONS
from contracts.datasets.targets import TARGETS
from contracts.datasets.tax_lines import TAX_LINES
from contracts.datasets.weather import WEATHER

DATASETS: dict[str, Dataset] = {
    "customers": CUSTOMERS,
    "products": PRODUCTS,
    "exchange_rates": EXCHANGE_RATES,
    "orders": ORDERS,
    "order_lines": ORDER_LINES,
    "order_items": ORDER_ITEMS,
    "payments": PAYMENTS,
    "discount_codes": DISCOUNT_CODES,
    "tax_lines": TAX_LINES,
    "balance_transactions": BALANCE_TRANSACTIONS,
    "shipping_costs": SHIPPING_COSTS,
    "refunds": REFUNDS,
    "returns": RETURNS,
    "ad_spend": AD_SPEND,
    "inventory": INVENTORY,
    "events": EVENTS,
    "subscriptions": SUBSCRIPTIONS,
    "weather": WEATHER,
    "targets": TARGETS,
    "annotations": ANNOTATIONS,
}
PERSONAL = frozenset(column.name for dataset in DATASETS.values() for column in dataset.columns if column.is_personal)
"""The columns that say who somebody is."""

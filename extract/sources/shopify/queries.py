"""What is asked of Shopify, in GraphQL of the Admin API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

API_VERSION = "2026-10"
LONGEST_LIST = 250  # Shopify gives no more elements of a list at once

RIGHTS = "{ currentAppInstallation { accessScopes { handle } } }"

_MONEY = "{ shopMoney { amount currencyCode } }"
_TAX_LINES = f"taxLines {{ title rate channelLiable priceSet {_MONEY} }}"
_PAGE = "pageInfo { hasNextPage endCursor }"

_LINE = f"""
    id title sku quantity isGiftCard
    originalUnitPriceSet {_MONEY} originalTotalSet {_MONEY}
    discountAllocations {{ allocatedAmountSet {_MONEY} }}
    {_TAX_LINES}
    product {{ legacyResourceId }}
    variant {{ legacyResourceId inventoryItem {{ unitCost {{ amount currencyCode }} }} }}
"""
_SHIPPING_LINE = f"id title originalPriceSet {_MONEY} discountedPriceSet {_MONEY} {_TAX_LINES}"
_REFUND_LINE = f"""
    id quantity restockType restocked subtotalSet {_MONEY} totalTaxSet {_MONEY}
    lineItem {{ id product {{ legacyResourceId }} }}
"""
_REFUND_SHIPPING = f"id subtotalAmountSet {_MONEY} taxAmountSet {_MONEY}"
_ADJUSTMENT = f"id reason amountSet {_MONEY} taxAmountSet {_MONEY}"
_TRANSACTION = f"""
    id kind status test gateway createdAt processedAt amountSet {_MONEY}
    fees {{ type amount {{ amount currencyCode }} taxAmount {{ amount currencyCode }} }}
"""
_VARIANT = "id legacyResourceId title sku price inventoryItem { unitCost { amount currencyCode } }"

# The lists within a record, by the type that has them and their name: how many are asked for at first, and of what.
LISTS: Mapping[tuple[str, str], tuple[int, str]] = {
    ("Order", "lineItems"): (10, _LINE),
    ("Order", "shippingLines"): (2, _SHIPPING_LINE),
    ("Refund", "refundLineItems"): (5, _REFUND_LINE),
    ("Refund", "refundShippingLines"): (2, _REFUND_SHIPPING),
    ("Refund", "orderAdjustments"): (2, _ADJUSTMENT),
    ("Product", "variants"): (10, _VARIANT),
}


def _list(owner: str, name: str) -> str:
    first, fields = LISTS[owner, name]
    return f"{name}(first: {first}) {{ nodes {{ {fields} }} {_PAGE} }}"


_REFUND = f"""
    id legacyResourceId createdAt processedAt totalRefundedSet {_MONEY} duties {{ amountSet {_MONEY} }}
    {_list("Refund", "refundLineItems")}
    {_list("Refund", "refundShippingLines")}
    {_list("Refund", "orderAdjustments")}
"""
# Lists that have no pages: Shopify cuts them off without a word. Of one that is full all is asked for by itself.
PLAIN_LISTS: Mapping[tuple[str, str], tuple[int, str]] = {
    ("Order", "transactions"): (5, _TRANSACTION),
    ("Order", "refunds"): (2, _REFUND),
}


def _plain(owner: str, name: str) -> str:
    first, fields = PLAIN_LISTS[owner, name]
    return f"{name}(first: {first}) {{ {fields} }}"


@dataclass(frozen=True)
class Records:
    """One kind of record: the field of the query root, what is counted, how it is sorted, its fields and the right."""

    field: str
    count: str
    sort_key: str
    fields: str
    right: str

    @property
    def page(self) -> str:
        """The query of a page."""
        return (
            f"query($first: Int!, $after: String, $query: String) {{ {self.field}(first: $first, after: $after, "
            f"query: $query, sortKey: {self.sort_key}) {{ nodes {{ {self.fields} }} {_PAGE} }} }}"
        )

    @property
    def number(self) -> str:
        """The query that says how many there are."""
        return f"query($query: String) {{ {self.count}(query: $query, limit: null) {{ count precision }} }}"


_ORDER = f"""
    id legacyResourceId name createdAt processedAt updatedAt cancelledAt cancelReason test taxesIncluded dutiesIncluded
    currencyCode presentmentCurrencyCode sourceName displayFinancialStatus displayFulfillmentStatus discountCodes
    customer {{ legacyResourceId }}
    shippingAddress {{ city zip provinceCode countryCodeV2 }}
    totalPriceSet {_MONEY} subtotalPriceSet {_MONEY} totalTaxSet {_MONEY} totalDiscountsSet {_MONEY}
    totalShippingPriceSet {_MONEY} totalTipReceivedSet {_MONEY}
    originalTotalDutiesSet {_MONEY} originalTotalAdditionalFeesSet {_MONEY}
    {_list("Order", "lineItems")}
    {_list("Order", "shippingLines")}
    {_plain("Order", "transactions")}
    {_plain("Order", "refunds")}
"""
_CUSTOMER = """
    id legacyResourceId firstName lastName createdAt updatedAt
    defaultEmailAddress { emailAddress }
    defaultPhoneNumber { phoneNumber }
    defaultAddress { address1 address2 city zip countryCodeV2 }
"""
_PRODUCT = f"""
    id legacyResourceId title description(truncateAt: 200) productType isGiftCard status updatedAt
    priceRangeV2 {{ minVariantPrice {{ amount currencyCode }} }}
    featuredMedia {{ preview {{ image {{ url }} }} }}
    variantsCount {{ count precision }}
    {_list("Product", "variants")}
"""
_INVENTORY = "id legacyResourceId title tracksInventory totalInventory updatedAt"

RECORDS: Mapping[str, Records] = {
    "orders": Records("orders", "ordersCount", "UPDATED_AT", _ORDER, "read_orders"),
    "customers": Records("customers", "customersCount", "UPDATED_AT", _CUSTOMER, "read_customers"),
    "products": Records("products", "productsCount", "ID", _PRODUCT, "read_products"),
    "inventory": Records("products", "productsCount", "ID", _INVENTORY, "read_products"),
}


def more(owner: str, name: str) -> str:
    """The query of the next page of a list within a record; of a plain list all of it."""
    if (owner, name) in PLAIN_LISTS:
        asked, found = "first: $first", f"{{ {PLAIN_LISTS[owner, name][1]} }}"
        variables = "$id: ID!, $first: Int!"
    else:
        asked, found = "first: $first, after: $after", f"{{ nodes {{ {LISTS[owner, name][1]} }} {_PAGE} }}"
        variables = "$id: ID!, $first: Int!, $after: String"
    return f"query({variables}) {{ node(id: $id) {{ ... on {owner} {{ {name}({asked}) {found} }} }} }}"

"""The datasets refunds, and returns, which are refunds in the words of the first edition."""

from contracts.dataset import AMOUNT, COUNT, ID, MOMENT, SIGNED_AMOUNT, UNITS, Column, Dataset

ITEM = (
    Column("order_id", ID, "The order that it was sold in."),
    Column("line_number", COUNT, "The line of that order, for a refund of an item."),
    Column("product_id", ID, "What came back or was paid back for; empty where the refund is of the whole order."),
    Column("customer_id", ID, "Who was paid back; empty for the customer of the order."),
    Column("quantity", UNITS, "Units given back; empty where none are."),
    Column("units_restocked", UNITS, "Units of these that can be sold again."),
)
PARTS = (
    Column(
        "goods_amount", AMOUNT, "What of it is for goods, without tax, in the client's currency; empty where unknown."
    ),
    Column("tax_amount", AMOUNT, "What of it is tax; empty where unknown."),
    Column("shipping_amount", AMOUNT, "What of it is for shipping, without tax; empty where unknown."),
    Column("other_amount", SIGNED_AMOUNT, "What of it is neither; below 0 for a fee kept or goods given in exchange."),
)
PART_NAMES = tuple(column.name for column in PARTS)
REFERENCES = {"order_id": "orders", "product_id": "products", "customer_id": "customers"}
REFUND_AMOUNT = "All the money paid back, in the client's currency; 0 where something only came back"

REFUNDS = Dataset(
    "Money paid back for an order or an item of one, and what came back.",
    (
        Column("refund_id", ID, "The shop's own number of the refund.", is_required=True),
        *ITEM,
        *PARTS,
        Column("refund_amount", AMOUNT, f"{REFUND_AMOUNT}; without it the sum of its parts."),
        Column("refunded_at", MOMENT, "When it was paid back.", is_required=True),
        Column("reason", description="Why."),
    ),
    key=("refund_id",),
    day="refunded_date",
    moment="refunded_at",
    amount="refund_amount",
    parts=PART_NAMES,
    references=REFERENCES,
)

RETURNS = Dataset(
    "Refunds in the words of the first edition: a client has these or `refunds`.",
    (
        Column("return_id", ID, "The shop's own number of the return.", is_required=True),
        *ITEM,
        *PARTS,
        Column("refund_amount", AMOUNT, f"{REFUND_AMOUNT}.", is_required=True),
        Column("returned_at", MOMENT, "When the return was processed.", is_required=True),
        Column("reason", description="Why."),
    ),
    key=("return_id",),
    day="returned_date",
    moment="returned_at",
    amount="refund_amount",
    parts=PART_NAMES,
    references=REFERENCES,
)

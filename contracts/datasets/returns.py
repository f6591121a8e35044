"""The dataset returns."""

from contracts.dataset import AMOUNT, COUNT, ID, MOMENT, Column, Dataset

RETURNS = Dataset(
    "A product that came back, with the money paid back for it.",
    (
        Column("return_id", ID, "The shop's own number of the return.", is_required=True),
        Column("order_id", ID, "The order that it was sold in."),
        Column("line_number", COUNT, "The line of that order."),
        Column("product_id", ID, "What came back.", is_required=True),
        Column("customer_id", ID, "Who sent it back."),
        Column("quantity", COUNT, "Units.", is_required=True),
        Column("refund_amount", AMOUNT, "All the money paid back, in the client's currency.", is_required=True),
        Column("returned_at", MOMENT, "When the return was processed.", is_required=True),
        Column("reason", description="Why."),
    ),
    key=("return_id",),
    day="returned_date",
    moment="returned_at",
    amount="refund_amount",
    references={"order_id": "orders", "product_id": "products", "customer_id": "customers"},
)

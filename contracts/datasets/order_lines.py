"""The dataset order_lines."""

from contracts.dataset import ID, INTEGER, MOMENT, SIGNED_PRICE, Column, Dataset, free
from contracts.datasets.orders import STATUS

ORDER_LINES = Dataset(
    "A line of a flat file that repeats its order in each; sale, return or adjustment by the client file's rules.",
    (
        Column("order_id", ID, "The shop's own number of the order.", is_required=True),
        Column("product_id", ID, "The shop's own number of the product.", is_required=True),
        Column("description", description="Name of the product."),
        Column("quantity", INTEGER, "Units; below zero for what came back.", is_required=True),
        Column("order_at", MOMENT, "When the order was placed.", is_required=True),
        Column("unit_price", SIGNED_PRICE, "Price of one, in the client's currency.", is_required=True),
        Column("customer_id", ID, "Who ordered; empty for a guest."),
        STATUS,
        Column("channel", description="Where it was placed."),
        Column("country", description="Where it goes."),
        free("discount_amount", "Discount on the line."),
    ),
    is_of_orders=True,
    references={"product_id": "products", "customer_id": "customers"},
)

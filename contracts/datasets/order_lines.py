"""The dataset order_lines."""

from dataclasses import replace

from contracts.dataset import ID, MOMENT, SIGNED_AMOUNT, SIGNED_PRICE, SIGNED_QUANTITY, Column, Dataset, known
from contracts.datasets.order_items import DISCOUNT, LINE
from contracts.datasets.orders import ATTRIBUTES, STATUS, TOTALS

# What of a returned line may be below zero, as its quantity is; on it the sign says nothing more.
SIGNED = ("line_total", "discount_amount", "line_tax_amount")
# What an order as a whole is charged, as its lines say it; where, `order_values` of the client file says.
ORDER_AMOUNTS = (
    known("order_discount_amount", "Discount on the order as a whole."),
    known("tax_amount", "Tax on all of the order, inside its amounts or on top of them."),
    Column("shipping_amount", SIGNED_AMOUNT, "What the customer pays for shipping; below zero for a credit."),
)

ORDER_LINES = Dataset(
    "A line of a flat file that repeats its order in each; sale, return or adjustment by the client file's rules.",
    (
        Column("order_id", ID, "The shop's own number of the order.", is_required=True),
        Column("product_id", ID, "The shop's own number of the product.", is_required=True),
        Column("description", description="Name of the product."),
        Column("quantity", SIGNED_QUANTITY, "Units; below zero for what came back.", is_required=True),
        Column("order_at", MOMENT, "When the order was placed.", is_required=True),
        Column(
            "unit_price", SIGNED_PRICE, "Price of one, in the order's currency.", is_required=True, instead="line_total"
        ),
        Column("customer_id", ID, "Who ordered; empty for a guest."),
        STATUS,
        Column("channel", description="Where it was placed."),
        Column("country", description="Where it goes."),
        *(replace(one, kind=SIGNED_AMOUNT) if one.name in SIGNED else one for one in (DISCOUNT, *LINE)),
        *ORDER_AMOUNTS,
        *TOTALS,
        *ATTRIBUTES,
    ),
    dated="order_at",
    is_of_orders=True,
    references={"product_id": "products", "customer_id": "customers"},
)

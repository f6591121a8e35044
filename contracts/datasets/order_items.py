"""The dataset order_items."""

from contracts.dataset import COUNT, ID, PRICE, Column, Dataset, free

ITEM = (
    Column("product_id", ID, "The shop's own number of the product.", is_required=True),
    Column("quantity", COUNT, "Units sold.", is_required=True),
    Column("unit_price", PRICE, "Price of one, in the client's currency.", is_required=True),
    free("discount_amount", "Discount on the line."),
)

ORDER_ITEMS = Dataset(
    "A line of an order.",
    (
        Column("order_id", ID, "The order that it is of.", is_required=True),
        Column("line_number", COUNT, "Its number in the order.", is_required=True, default_if_unmapped="1"),
        *ITEM,
    ),
    key=("order_id", "line_number"),
    day="order_date",
    is_of_orders=True,
    references={"order_id": "orders", "product_id": "products"},
)

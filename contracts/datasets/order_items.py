"""The dataset order_items."""

from contracts.dataset import ID, LINE_NUMBER, PRICE, QUANTITY, SHARE, Column, Dataset, free, known

# What a line can say beside its price and discount.
DISCOUNT = free("discount_amount", "Discount on the line.")
LINE = (
    known("line_total", "Price of all its units before any discount, where that is known instead of the unit price."),
    Column("discount_rate", SHARE, "Discount as a share of the line's price, where no amount is known."),
    known("line_tax_amount", "Tax on the line after its discounts."),
    Column("unit_cost", PRICE, "What one unit cost the shop."),
    Column("variant_id", ID, "The shop's own number of the variant."),
    Column("sku", ID, "The stock keeping unit."),
)
ITEM = (
    Column("product_id", ID, "The shop's own number of the product.", is_required=True),
    Column("quantity", QUANTITY, "Units sold.", is_required=True),
    Column("unit_price", PRICE, "Price of one, in the order's currency.", is_required=True, instead="line_total"),
    DISCOUNT,
    *LINE,
)

ORDER_ITEMS = Dataset(
    "A line of an order.",
    (
        Column("order_id", ID, "The order that it is of.", is_required=True),
        Column("line_number", LINE_NUMBER, "Its number in the order.", is_required=True, default_if_unmapped="1"),
        *ITEM,
    ),
    key=("order_id", "line_number"),
    day="order_date",
    is_of_orders=True,
    references={"order_id": "orders", "product_id": "products"},
)

"""The dataset orders."""

from contracts.dataset import COUNT, ID, MOMENT, Column, Dataset, free
from contracts.datasets.order_items import ITEM
from contracts.datasets.payments import PAYMENT

ORDER_STATUSES = ("placed", "completed", "shipped", "cancelled")
STATUS = Column(
    "status",
    description="Where the order stands.",
    is_required=True,
    default_if_unmapped="completed",
    allowed=ORDER_STATUSES,
)

ORDERS = Dataset(
    "An order; in our own layout with its items and payments.",
    (
        Column("order_id", ID, "The shop's own number of the order.", is_required=True),
        Column("customer_id", ID, "Who ordered; empty for a guest."),
        Column("order_at", MOMENT, "When it was placed.", is_required=True),
        STATUS,
        Column("channel", description="Where it was placed, such as web or store."),
        Column("country", description="Where it goes."),
        free("discount_amount", "Discount on the order as a whole, in the client's currency."),
        free("tax_amount", "Tax on top of the prices."),
        free("shipping_amount", "What the customer pays for shipping."),
    ),
    key=("order_id",),
    day="order_date",
    moment="order_at",
    is_of_orders=True,
    references={"customer_id": "customers"},
    nested={
        "items": (Column("line_number", COUNT, "Number of the line in its order.", is_required=True), *ITEM),
        "payments": PAYMENT,
    },
)

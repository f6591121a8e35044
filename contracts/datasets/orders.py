"""The dataset orders."""

from dataclasses import replace

from contracts.dataset import CURRENCY, FLAG, ID, LINE_NUMBER, MOMENT, SIGNED_AMOUNT, Column, Dataset, free, known
from contracts.datasets.order_items import ITEM
from contracts.datasets.payments import PAYMENT

ORDER_STATUSES = ("placed", "completed", "shipped", "cancelled")
STATUS = Column(
    "status",
    description="Where the order stands; those of a file that does not say it are completed.",
    is_required=True,
    default_if_unmapped="completed",
    allowed=ORDER_STATUSES,
)

# What an order can say of itself beside its goods; a flat file says it in its lines.
TOTALS = (
    Column("currency", CURRENCY, "The currency of its amounts; else the client's."),
    Column("tax_inside", FLAG, "Whether its amounts contain the tax; else the client file's `tax` says."),
    Column("fee_amount", SIGNED_AMOUNT, "Fees charged, such as for payment or packing; below zero for a credit."),
    known("tip_amount", "Tips."),
    known("duty_amount", "Import duties charged."),
    Column("rounding_amount", SIGNED_AMOUNT, "What rounding the total added, as of cash."),
    known("credit_amount", "Gift cards and store credit that the source has taken off its total."),
    known("total_amount", "The source's own total of the order as ordered, which ours is compared with."),
    Column(
        "cancelled_at", MOMENT, "When it was cancelled, which makes it cancelled whatever its status; empty for others."
    ),
    Column("processed_at", MOMENT, "When the shop took it on; empty while it did not."),
    Column("paid_at", MOMENT, "When it was paid; empty while it is not."),
    Column("completed_at", MOMENT, "When all of it was delivered; empty while it is not."),
    Column("is_test", FLAG, "Whether it only tried the shop out; it never counts."),
)

# What else describes an order; text is kept as the source writes it.
ATTRIBUTES = (
    Column("region", description="Region, state or province that it goes to."),
    Column("city", description="City that it goes to.", is_personal=True),
    Column("postal_code", description="Postal code that it goes to.", is_personal=True),
    Column("source", description="Where the visit came from that it was placed in, such as google."),
    Column("medium", description="How that visit came, such as cpc or email."),
    Column("campaign", description="The campaign that brought that visit."),
    Column("landing_page", description="The page that visit began on.", is_personal=True),
    Column("device", description="What it was placed with, such as mobile."),
    Column("edited_at", MOMENT, "When what was ordered was changed last; empty while it was not."),
    Column("source_status", description="The source's own word for where the order stands."),
    Column("payment_status", description="The source's own word for how far it is paid."),
    Column("fulfilment_status", description="The source's own word for how far it is delivered."),
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
        free("discount_amount", "Discount on the order as a whole, in its currency."),
        free("tax_amount", "Tax on all of it, inside its amounts or on top of them."),
        replace(
            free("shipping_amount", "What the customer pays for shipping; below zero for a credit."), kind=SIGNED_AMOUNT
        ),
        *TOTALS,
        *ATTRIBUTES,
    ),
    key=("order_id",),
    day="order_date",
    moment="order_at",
    is_of_orders=True,
    references={"customer_id": "customers"},
    nested={
        "items": (Column("line_number", LINE_NUMBER, "Number of the line in its order.", is_required=True), *ITEM),
        "payments": PAYMENT,
    },
)

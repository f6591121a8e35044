"""The dataset discount_codes."""

from contracts.dataset import ID, NAME, Column, Dataset, known

DISCOUNT_KINDS = ("percentage", "fixed", "shipping")

DISCOUNT_CODES = Dataset(
    "A discount that an order was given by a code, or by a name; its rows repeat what the order's amounts have.",
    (
        Column("order_id", ID, "The order that it was given to.", is_required=True),
        Column("code", NAME, "The code, or the name of what was given without one.", is_required=True),
        Column("kind", description="What it takes off; empty where unknown.", allowed=DISCOUNT_KINDS),
        known("amount", "What it took off, in the order's currency; empty where unknown."),
    ),
    amount="amount",
    references={"order_id": "orders"},
)

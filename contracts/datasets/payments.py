"""The dataset payments."""

from contracts.dataset import AMOUNT, COUNT, ID, MOMENT, Column, Dataset

PAYMENT = (
    Column("payment_id", ID, "The shop's own number of the payment.", is_required=True),
    Column(
        "attempt_number",
        COUNT,
        "Which attempt to pay it is.",
        is_required=True,
        default_if_unmapped="1",
        default_if_blank="1",
    ),
    Column("method", description="How it was paid, such as card."),
    Column("status", description="Whether the money came.", is_required=True, allowed=("succeeded", "failed")),
    Column("amount", AMOUNT, "What was paid, in the client's currency.", is_required=True),
    Column("paid_at", MOMENT, "When it was paid."),
)

PAYMENTS = Dataset(
    "An attempt to pay for an order.",
    (PAYMENT[0], Column("order_id", ID, "The order that it pays for.", is_required=True), *PAYMENT[1:]),
    key=("payment_id",),
    amount="amount",
    is_of_orders=True,
    references={"order_id": "orders"},
)

"""The dataset payments."""

from contracts.dataset import AMOUNT, COUNT, ID, MOMENT, SIGNED_AMOUNT, Column, Dataset

# An authorisation and a void move no money; a refund pays some back.
PAYMENT_KINDS = ("sale", "authorisation", "authorization", "capture", "void", "refund")
# SQL for whether a row of raw brought money in; one without a kind is a sale.
IS_CAPTURE = "status = 'succeeded' and (kind is null or kind in ('sale', 'capture'))"
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
    Column(
        "amount",
        AMOUNT,
        "What was paid, in the client's currency; of a refund what was paid back.",
        is_required=True,
        below_zero="Money paid back is a payment of kind refund, or a row of the dataset refunds, each with an amount "
        "above 0",
    ),
    Column("paid_at", MOMENT, "When it was paid; without it the payment has the day of its order."),
    Column(
        "kind",
        description="What it does; empty for a sale, which is authorised and captured at once.",
        allowed=PAYMENT_KINDS,
    ),
    Column("fee_amount", SIGNED_AMOUNT, "What the provider keeps of it; empty where unknown."),
)

PAYMENTS = Dataset(
    "An attempt to pay for an order.",
    (PAYMENT[0], Column("order_id", ID, "The order that it pays for.", is_required=True), *PAYMENT[1:]),
    key=("payment_id",),
    amount="amount",
    dated="paid_at",
    is_of_orders=True,
    references={"order_id": "orders"},
)

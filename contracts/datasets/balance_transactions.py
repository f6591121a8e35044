"""The dataset balance_transactions."""

from contracts.dataset import CURRENCY, DAY, ID, MOMENT, SIGNED_AMOUNT, Column, Dataset

BALANCE_KINDS = ("charge", "refund", "dispute", "fee", "adjustment", "payout", "other")

BALANCE_TRANSACTIONS = Dataset(
    "What moved the shop's balance at a payment provider, and when it was paid out. Payouts within 35 days after the "
    "first movement, which may pay out what was before it, are compared with nothing.",
    (
        Column("balance_transaction_id", ID, "The provider's own number of it.", is_required=True),
        Column("kind", description="What it is.", is_required=True, allowed=BALANCE_KINDS),
        Column("occurred_at", MOMENT, "When it moved the balance.", is_required=True),
        Column("amount", SIGNED_AMOUNT, "What it added before fees; below 0 for what it took.", is_required=True),
        Column("fee_amount", SIGNED_AMOUNT, "What the provider keeps of it; empty where unknown."),
        Column("net_amount", SIGNED_AMOUNT, "What is left after the fee; empty where unknown."),
        Column("currency", CURRENCY, "The currency of its amounts, which is the client's; empty for that."),
        Column("payout_id", ID, "The payout that it was paid out with; of a payout its own, without it its number."),
        Column("available_date", DAY, "The day that it can be paid out, or that a payout arrives; may lie ahead."),
        Column("order_id", ID, "The order that it is of; empty for others."),
        Column("payment_id", ID, "The payment that it is of; empty for others."),
    ),
    key=("balance_transaction_id",),
    day="occurred_date",
    moment="occurred_at",
    amount="amount",
)

"""The dataset subscriptions."""

from contracts.dataset import AMOUNT, DAY, ID, TEXT, Column, Dataset

SUBSCRIPTIONS = Dataset(
    "A period of one plan of a subscription.",
    (
        Column("subscription_id", ID, "The shop's own number of the subscription.", is_required=True),
        Column("customer_id", ID, "Whose it is.", is_required=True),
        Column("plan", TEXT, "Name of the plan."),
        Column("started_date", DAY, "The first day.", is_required=True),
        Column("ended_date", DAY, "The first day without it; empty while it lasts."),
        Column("monthly_amount", AMOUNT, "Price of a month, in the client's currency.", is_required=True),
    ),
    key=("subscription_id", "started_date"),
    day="started_date",
    is_planned=True,
    amount="monthly_amount",
    references={"customer_id": "customers"},
)

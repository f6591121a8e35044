"""The dataset targets."""

from contracts.dataset import DAY, SIGNED_AMOUNT, Column, Dataset
from contracts.known_totals import MEASURES

TARGETS = Dataset(
    "What the shop means to reach in a month.",
    (
        Column("target_month", DAY, "The first day of the month; may lie ahead.", is_required=True),
        Column("metric", description="The published measure that is meant.", is_required=True, allowed=MEASURES),
        Column(
            "target_amount",
            SIGNED_AMOUNT,
            "What it is to reach, in the client's currency or a number.",
            is_required=True,
        ),
    ),
    key=("target_month", "metric"),
    day="target_month",
    is_planned=True,
    amount="target_amount",
)

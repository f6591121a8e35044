"""The dataset ad_spend."""

from contracts.dataset import AMOUNT, DAY, NAME, NON_NEGATIVE, Column, Dataset

AD_SPEND = Dataset(
    "What advertising cost by channel, campaign and day.",
    (
        Column("spend_date", DAY, "The day, in the client's time zone.", is_required=True),
        Column("channel", NAME, "As it is spelled in the orders.", is_required=True),
        Column(
            "campaign",
            NAME,
            "Name of the campaign.",
            is_required=True,
            default_if_unmapped="all",
            default_if_blank="all",
        ),
        Column("spend_amount", AMOUNT, "Cost, in the client's currency.", is_required=True),
        Column("impressions", NON_NEGATIVE, "How many times it was shown."),
        Column("clicks", NON_NEGATIVE, "How many times it was clicked."),
    ),
    key=("spend_date", "channel", "campaign"),
    day="spend_date",
    amount="spend_amount",
)

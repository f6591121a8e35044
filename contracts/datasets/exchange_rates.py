"""The dataset exchange_rates."""

from contracts.dataset import CURRENCY, DAY, EXCHANGE_RATE, Column, Dataset

EXCHANGE_RATES = Dataset(
    "What one unit of another currency was worth on a day, in the client's currency.",
    (
        Column("rate_date", DAY, "The day; the rate holds for at most seven days.", is_required=True),
        Column("currency", CURRENCY, "The other currency.", is_required=True),
        Column("rate", EXCHANGE_RATE, "Units of the client's currency for one of the other.", is_required=True),
    ),
    key=("rate_date", "currency"),
    day="rate_date",
)

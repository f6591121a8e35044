"""The dataset inventory."""

from contracts.dataset import DAY, ID, INTEGER, NON_NEGATIVE, Column, Dataset

INVENTORY = Dataset(
    "What lay in the store at the end of a day.",
    (
        Column("stock_date", DAY, "The day, in the client's time zone.", is_required=True),
        Column("product_id", ID, "The shop's own number of the product.", is_required=True),
        Column("stock_on_hand", INTEGER, "Units; below zero where more was sold than was there.", is_required=True),
        Column(
            "received_units",
            NON_NEGATIVE,
            "Units that came in on the day; empty where unknown.",
        ),
    ),
    key=("stock_date", "product_id"),
    day="stock_date",
    references={"product_id": "products"},
)

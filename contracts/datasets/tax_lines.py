"""The dataset tax_lines."""

from contracts.dataset import AMOUNT, ID, LINE_NUMBER, SHARE, Column, Dataset, known

COLLECTORS = ("shop", "marketplace")

TAX_LINES = Dataset(
    "A tax of an order or of one of its lines; its rows repeat what the order's amounts have.",
    (
        Column("order_id", ID, "The order that it is on.", is_required=True),
        Column("line_number", LINE_NUMBER, "The line of that order; empty for a tax on all of it, or on its shipping."),
        Column("title", description="Name of the tax, such as VAT."),
        Column("jurisdiction", description="Whose tax it is, such as DE or US-CA."),
        Column("rate", SHARE, "Its rate as a share, such as 0.19."),
        known("taxable_amount", "What it is a share of, in the order's currency."),
        Column("amount", AMOUNT, "The tax, in the order's currency.", is_required=True),
        Column("collected_by", description="Who pays it to the state; empty where unknown.", allowed=COLLECTORS),
    ),
    amount="amount",
    references={"order_id": "orders"},
)

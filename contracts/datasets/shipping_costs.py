"""The dataset shipping_costs."""

from contracts.dataset import ID, SIGNED_AMOUNT, Column, Dataset

SHIPPING_COSTS = Dataset(
    "What the shop pays a carrier for a parcel; it counts on the day of the parcel's order.",
    (
        Column("shipment_id", ID, "The carrier's or the shop's own number of the parcel.", is_required=True),
        Column("order_id", ID, "The order that it is of.", is_required=True),
        Column(
            "cost_amount",
            SIGNED_AMOUNT,
            "What the carrier takes for it, without tax, in the client's currency; below 0 for what it gives back.",
            is_required=True,
        ),
    ),
    key=("shipment_id",),
    amount="cost_amount",
    references={"order_id": "orders"},
)

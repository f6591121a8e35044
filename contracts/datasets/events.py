"""The dataset events."""

from contracts.dataset import ID, MOMENT, NAME, NON_NEGATIVE, Column, Dataset

EVENT_TYPES = ("session", "view", "cart", "checkout", "purchase")

EVENTS = Dataset(
    "What a visitor did: an event, or a count of equal ones of a day.",
    (
        Column(
            "event_id", ID, "The source's own number of the event.", is_required=True, default_if_unmapped="unnumbered"
        ),
        Column("event_at", MOMENT, "When it happened, or the day of the count.", is_required=True),
        Column("event_type", description="Which step it is.", is_required=True, allowed=EVENT_TYPES),
        Column(
            "channel",
            NAME,
            "As it is spelled in the orders.",
            is_required=True,
            default_if_unmapped="unknown",
            default_if_blank="unknown",
        ),
        Column("product_id", ID, "What was looked at."),
        Column(
            "event_count",
            NON_NEGATIVE,
            "How many equal events.",
            is_required=True,
            default_if_unmapped="1",
            default_if_blank="1",
        ),
    ),
    key=("event_id",),
    otherwise=("event_at", "channel", "event_type", "product_id"),
    day="event_date",
    moment="event_at",
    references={"product_id": "products"},
)

"""The dataset annotations."""

from contracts.dataset import DAY, NAME, Column, Dataset

ANNOTATIONS = Dataset(
    "What people should know of a day when they look at its figures.",
    (
        Column("annotated_date", DAY, "The day, in the client's time zone; may lie ahead.", is_required=True),
        Column("text", NAME, "What happened, or will.", is_required=True),
        Column("kind", description="What kind of thing, such as campaign, holiday or outage."),
    ),
    key=("annotated_date", "text"),
    day="annotated_date",
    is_planned=True,
)

"""The dataset customers."""

from contracts.dataset import ID, MOMENT, Column, Dataset

CUSTOMERS = Dataset(
    "A customer, as the shop knows them on a day.",
    (
        Column("customer_id", ID, "The shop's own number of the customer.", is_required=True),
        Column("first_name", description="Given name.", is_personal=True),
        Column("last_name", description="Family name.", is_personal=True),
        Column("email", description="E-mail address.", is_personal=True),
        Column("phone", description="Telephone number.", is_personal=True),
        Column("street", description="Street and house number.", is_personal=True),
        Column("city", description="City.", is_personal=True),
        Column("postal_code", description="Postal code.", is_personal=True),
        Column("country", description="Country, as the shop writes it."),
        Column("segment", description="The shop's own group of customers."),
        Column("signup_at", MOMENT, "When the account was made."),
    ),
    key=("customer_id",),
    is_snapshot=True,
)

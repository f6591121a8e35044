"""The dataset customers."""

from contracts.dataset import ID, MOMENT, Column, Dataset

CUSTOMERS = Dataset(
    "A customer, as the shop knows them on a day.",
    (
        Column("customer_id", ID, "The shop's own number of the customer.", is_required=True),
        Column("first_name", description="Given name."),
        Column("last_name", description="Family name."),
        Column("email", description="E-mail address."),
        Column("phone", description="Telephone number."),
        Column("street", description="Street and house number."),
        Column("city", description="City."),
        Column("postal_code", description="Postal code."),
        Column("country", description="Country, as the shop writes it."),
        Column("segment", description="The shop's own group of customers."),
        Column("signup_at", MOMENT, "When the account was made."),
    ),
    key=("customer_id",),
    is_snapshot=True,
)

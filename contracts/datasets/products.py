"""The dataset products."""

from contracts.dataset import AMOUNT, ID, INTEGER, PRICE, RATING, Column, Dataset

PRODUCT_TYPES = ("product", "shipping", "fee", "discount", "gift_card", "sample", "adjustment")
# What is sold like a product and is none of the goods: it has amounts of its own.
CHARGES = ("gift_card", "shipping", "fee", "discount")

PRODUCTS = Dataset(
    "A product, or what is sold like one, as it is on a day.",
    (
        Column("product_id", ID, "The shop's own number of the product.", is_required=True),
        Column("title", description="Name of the product."),
        Column("description", description="The shop's text about it."),
        Column("category", description="The category that it is in."),
        Column("list_price", AMOUNT, "Price of one without discount, in the client's currency."),
        Column("unit_cost", PRICE, "What one unit costs the shop, in the client's currency."),
        Column("rating", RATING, "Mean rating, 0 to 9.99."),
        Column("rating_count", INTEGER, "How many ratings."),
        Column("image_url", description="Address of a picture."),
        Column(
            "product_type",
            description="What it is; else the client file's rules say.",
            allowed=PRODUCT_TYPES,
            is_filled=True,
        ),
        Column("origin", description="Where the row came from; else the delivery says.", is_filled=True),
    ),
    key=("product_id",),
    is_snapshot=True,
)

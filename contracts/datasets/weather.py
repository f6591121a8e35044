"""The dataset weather."""

from contracts.dataset import AMOUNT, DAY, DEGREES, NAME, Column, Dataset

WEATHER = Dataset(
    "The weather of a country on a day.",
    (
        Column("weather_date", DAY, "The day, in the client's time zone.", is_required=True),
        Column("country", NAME, "As it is spelled in the orders.", is_required=True),
        Column("temperature", DEGREES, "Mean temperature, in degrees Celsius."),
        Column("precipitation", AMOUNT, "In millimetres."),
    ),
    key=("weather_date", "country"),
    day="weather_date",
)

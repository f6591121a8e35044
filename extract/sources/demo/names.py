"""What people and places are called: pools that Faker fills once per country, and lines of customers from them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache

import pyarrow as pa
from faker import Faker

from extract.sources.demo.customers import COUNTRIES, SEGMENTS, Customers
from extract.sources.demo.draws import Ints
from extract.sources.demo.text import identifiers, join, moments, quoted, table, texts, whole

POOL = 100
# By country as in COUNTRIES.
LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "en_CA", "en_IN")
# Ranges kept free for fiction where the country has one, so that nobody is ever called: 1,000 numbers each.
US_AREAS, CA_AREAS = range(202, 212), range(403, 413)
PHONES = (
    [f"+1{area}55501{number:02d}" for area in US_AREAS for number in range(100)]
    + [f"+447700900{number:03d}" for number in range(1_000)]
    + [f"+493023125{number:03d}" for number in range(1_000)]
    + [f"+33199000{number:03d}" for number in range(1_000)]
    + [f"+1{area}55501{number:02d}" for area in CA_AREAS for number in range(100)]
    + [f"+910000000{number:03d}" for number in range(1_000)]
)
DOMAINS = ("example.com", "example.org", "example.net")  # reserved by RFC 2606: no mail ever arrives
_NOT_DECOMPOSED = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe"})


@dataclass(frozen=True)
class Pools:
    """POOL names of each kind for each country in turn."""

    first_names: list[str]
    last_names: list[str]
    streets: list[str]
    cities: list[str]
    postal_codes: list[str]


@cache
def pools(seed: int) -> Pools:
    """The pools of a seed, filled once per process."""
    columns: tuple[list[str], ...] = ([], [], [], [], [])
    for locale in LOCALES:
        fake = Faker(locale, providers=["faker.providers.person", "faker.providers.address"])
        fake.seed_instance(seed)
        makers = (fake.first_name, fake.last_name, fake.street_address, fake.city, fake.postcode)
        for column, make in zip(columns, makers, strict=True):
            column.extend(make().replace("\n", ", ") for _ in range(POOL))
    return Pools(*columns)


def mail_name(name: str) -> str:
    """A name as it appears in an e-mail address: lower-case ASCII letters and digits only."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(_NOT_DECOMPOSED))
    return "".join(letter for letter in plain if letter.isascii() and letter.isalnum())


def customer_lines(customers: Customers, number: Ints, day: int) -> pa.Array:
    """The customers as JSON lines, as they are known at the end of a day."""
    draws, country = customers.draws, customers.country[number]
    names = pools(draws.seed)
    # An address is another draw of the same customer after each move; nobody moves 1,000 times.
    residence = number * 1_000 + customers.moves(number, day)

    def place(stream: str, counter: Ints) -> Ints:
        return country * POOL + draws.below(stream, counter, POOL)

    first, last = place("first name", number), place("last name", number)
    street, town = place("street", residence), place("town", residence)
    email = join(
        texts(table(map(mail_name, names.first_names)), first),
        ".",
        texts(table(map(mail_name, names.last_names)), last),
        whole(number + 1),
        "@",
        texts(table(DOMAINS), draws.below("domain", number, len(DOMAINS))),
    )
    return join(
        '{"customer_id":"',
        identifiers("C", number, 7),
        '","first_name":',
        texts(quoted(names.first_names), first),
        ',"last_name":',
        texts(quoted(names.last_names), last),
        ',"email":"',
        email,
        '","phone":',
        texts(quoted(PHONES), country * 1_000 + draws.below("phone", number, 1_000)),
        ',"street":',
        texts(quoted(names.streets), street),
        ',"city":',
        texts(quoted(names.cities), town),
        ',"postal_code":',
        texts(quoted(names.postal_codes), town),
        ',"country":',
        texts(quoted(COUNTRIES), country),
        ',"segment":',
        texts(quoted(SEGMENTS), customers.segment(number, day)),
        ',"signup_at":"',
        moments(customers.signup_at(number)),
        '"}\n',
    )

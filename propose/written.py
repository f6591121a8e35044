"""How the dates and numbers of a column are written, by all of its values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from contracts.currencies import written_as
from contracts.sql_text import literal
from propose.table import Values

_ISO = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?\s?(Z|[+-]\d\d:?\d\d)?)?"
_DAYS: tuple[str, ...] = ("%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y")
_DAYS += ("%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%Y%m%d")
_CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
_TIMES = ("", *(f"{sign}{clock}" for clock in _CLOCKS for sign in (" ", ", ")))
_FORMATS = tuple(f"{day}{time}" for day in _DAYS for time in _TIMES)
_COUNTED = {"epoch_seconds": r"1\d{9}", "epoch_milliseconds": r"1\d{12}", "excel_serial": r"[3-5]\d{4}(\.\d+)?"}
_LIKE_A_DATE = (
    r"(\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{8}|\d{1,2} [A-Za-z]{3,9} \d{4}|[A-Za-z]{3,9} \d{1,2}, \d{4})([T, ].*)?"
)
_NUMBER = r"[(]?[-+]?\s?(\p{Sc}|\pL{1,3}\.?)?\s?[-+]?\d[\d.,'’\s]*(\p{Sc}|\pL{1,3}\.?)?-?[)]?"
_MOSTLY = 0.9
_SIGN = r"\p{Sc}|\pL"


def date_formats(values: Values, column: str) -> tuple[str | None, ...]:
    """Every way in which all dates of the column can be read, None for ISO 8601; empty where there is none."""
    if not values.is_text(column):
        return (None,) if values.places[column].sql_type.startswith(("DATE", "TIMESTAMP")) else ()
    if values.share(column, f"regexp_full_match(t, {literal(_ISO)})") == 1:
        return (None,)
    for name, pattern in _COUNTED.items():
        if values.share(column, f"regexp_full_match(t, {literal(pattern)})") == 1:
            return (name,)
    return tuple(form for form in _FORMATS if _fits(values, column, form))


def is_date(values: Values, column: str, *, is_named_so: bool = True) -> bool:
    """Whether the column has dates, but for a few values; numbers are some only where its name says so."""
    if not values.is_text(column):
        return values.places[column].sql_type.startswith(("DATE", "TIMESTAMP"))
    patterns = (_ISO, _LIKE_A_DATE, *(_COUNTED.values() if is_named_so else ()))
    return any(values.share(column, f"regexp_full_match(t, {literal(one)})") >= _MOSTLY for one in patterns)


def is_number(values: Values, column: str) -> bool:
    """Whether the column has numbers, but for a few values."""
    if not values.is_text(column):
        return values.places[column].sql_type not in ("BOOLEAN", "DATE", "TIMESTAMP")
    return values.share(column, f"regexp_full_match(t, {literal(_NUMBER)})") >= _MOSTLY


@dataclass(frozen=True)
class Decimals:
    """What the numbers of a column show: an example of a comma and of a point as the decimal sign, and of either."""

    comma: str | None
    point: str | None
    either: str | None
    has_signs: bool
    brackets: bool
    trailing: bool


def decimals(values: Values, columns: list[str]) -> Decimals:
    """What the numbers of some columns show."""
    texts = [column for column in columns if values.is_text(column)]

    def first(pattern: str) -> str | None:
        condition = f"regexp_matches(t, {literal(pattern)})"
        return next((found for column in texts if (found := values.example(column, condition))), None)

    return Decimals(
        comma=first(r"\d,\d{1,2}(\D|$)|\d\.\d{3},\d|,\d{4,}"),
        point=first(r"\d\.\d{1,2}(\D|$)|\d,\d{3}\.\d|\.\d{4,}"),
        either=first(r"^\D*\d{1,3}[.,]\d{3}\D*$"),
        has_signs=first(_SIGN) is not None,
        brackets=first(r"^\(.*\)$") is not None,
        trailing=first(r"\d-$") is not None,
    )


def currencies_of(values: Values, columns: list[str]) -> list[str]:
    """The currencies that the sign beside the amounts may stand for."""
    for column in columns:
        amount = values.example(column, f"regexp_matches(t, {literal(_SIGN)})") if values.is_text(column) else None
        if amount is not None:
            (sign,) = re.findall(r"[^\W\d_]+\.?|[^\w\s.,'’()+-]+", amount)[:1] or [""]
            return written_as(sign)
    return []


def per_order(values: Values, column: str, order: str) -> str | None:
    """Where lines say an amount of their order: `first_row`, `every_row`, or None where it is of the line.

    None, too, where each order has one row only, as both are the same then.
    """
    text, key = values.text(column), values.text(order)
    found = values.con.execute(
        f"""
        with lines as (select {key} as key, {text} as t, row_number() over (partition by {key}) as place from landed),
        orders as (
            select
                count(distinct t) as texts, count(t) as said, count(*) as lines,
                max(case when place = 1 then t end) is not null as is_first,
                bool_or(regexp_matches(t, '[1-9]')) as is_some
            from lines group by key having count(*) > 1
        )
        select
            bool_and(texts <= 1 and said = lines), bool_and(said = 1 and is_first), bool_or(is_some)
        from orders where said > 0
        """
    ).fetchone()
    if found is None or not found[2]:
        return None
    return "every_row" if found[0] else "first_row" if found[1] else None


def is_product(values: Values, total: str, quantity: str, price: str, decimal: str, less: str | None = None) -> bool:
    """Whether a column is always the product of two others, less a third one."""
    amount, units, one = (_number(values, name, decimal) for name in (total, quantity, price))
    taken = f" + coalesce({_number(values, less, decimal)}, 0)" if less else ""
    return bool(values.one(f"coalesce(bool_and(abs({amount} - {units} * {one}{taken}) < 0.01), false)"))


def _number(values: Values, column: str, decimal: str) -> str:
    """SQL for a text as a number, null where it is none."""
    bare = f"regexp_replace({values.text(column)}, '[^0-9{decimal}-]', '', 'g')"
    return f"try_cast(replace({bare}, '{decimal}', '.') as double)"


def _fits(values: Values, column: str, form: str) -> bool:
    """Whether every value has the form, as load reads it: text of that form alone."""
    return values.share(column, f"try_strptime(t, {literal(form)}) is not null") == 1

"""Values and texts that are safe to print: what a delivered value says can forge no line and move no cursor.

In messages, which go to logs, notifications and screens, no e-mail address or telephone number stays either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

from contracts.sql_text import literal

LONGEST, LONGEST_HEADER = 80, 300
"""Characters of a value, and of the names of columns, that a message quotes."""
EMAIL_REMOVED, PHONE_REMOVED = "(address removed)", "(phone number removed)"
PHONE = (
    r"[+][1-9](?:[ ()./-]{0,2}[0-9]){8,14}"  # +49 170 1234567
    r"|[(]0?[0-9]{2,5}[)](?:[ ./-]?[0-9]){5,10}"  # (555) 123-4567
    r"|0[1-9][0-9]{1,4}[ /][0-9]{3}[0-9 ]{2,8}[0-9]"  # 0170 1234567
    r"|0[1-9](?:[ .][0-9]{2}){4}"  # 06 12 34 56 78
    r"|00[1-9][0-9]{0,2}[ /](?:[ ()./-]?[0-9]){6,12}"  # 0049 170 1234567
    r"|(?:1[-. ])?[0-9]{3}[-. ][0-9]{3}[-. ][0-9]{4}"  # 555-123-4567
)
"""What is a telephone number wherever it stands; digits alone may be any number, and are none."""
CONTACT = rf"(?s).*[^ ]@[^ ].*|{PHONE}"
"""What is an id that is an e-mail address or a telephone number; the macro is_contact has the same."""
_SERVER = re.compile(r"\w+://[^/?#]*@[^/?#@]*([/?#][^@]*)?")
# A number, but no year or month, which columns are called after.
_VALUE = re.compile(r"(?!(19|20)\d\d(-\d\d)?$)\W*\d[\W\d]*")
_WORD = r"[^\s,;<>\"'()]+@[^\s,;<>\"'()]+"
_NUMBER = rf"(^|[^0-9A-Za-z+])(?:{PHONE})"
# Control characters, and those that turn the direction of what follows, hide it or begin a line.
_UNPRINTABLE = r"[\x00-\x1f\x7f-\x9f\p{Cf}\x{2028}\x{2029}]"
_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def on_terminal(text: str) -> str:
    """The text without control characters, each written out instead; its lines stay."""
    return "".join(one if one.isprintable() or one in "\n\xa0\u3000" else _escaped(one) for one in text)


def one_line(text: str) -> str:
    """A message as one line of print, without anybody's address or number."""
    return on_terminal(without_contacts(text)).replace("\n", r"\n")


def lines(text: str) -> str:
    """A message of several lines, each one of print, without anybody's address or number."""
    return on_terminal(without_contacts(text))


def without_contacts(text: str) -> str:
    """The text without e-mail addresses and telephone numbers; the address of a server stays."""
    text = re.sub(_WORD, lambda word: word[0] if _SERVER.fullmatch(word[0]) else EMAIL_REMOVED, text)
    return re.sub(_NUMBER, rf"\1{PHONE_REMOVED}", text)


def quoted(value: object) -> str:
    """A value as a message quotes it, cut; a text in quotation marks."""
    text = value if isinstance(value, str) else one_line(repr(value))
    cut = without_contacts(text if len(text) <= LONGEST else f"{text[:LONGEST]}...")
    return repr(cut) if isinstance(value, str) else cut


def header(names: Iterable[str]) -> str:
    """The names of columns, as a message lists them; of a row of values, where a header should be, their number."""
    names = [*filter(None, names)]
    if any(without_contacts(name) != name or _VALUE.fullmatch(name) for name in names):
        return f"{len(names)} values and no header"
    listed = ", ".join(names) or "none"
    return listed if len(listed) <= LONGEST_HEADER else f"{listed[:LONGEST_HEADER]}..."


def is_contact(customer_id: str) -> bool:
    """Whether an id is an e-mail address or a telephone number."""
    return re.fullmatch(CONTACT, customer_id) is not None


def one_line_sql(text: str) -> str:
    """SQL for a message as one line of print, as ``one_line`` makes it."""
    text = f"regexp_replace({text}, {literal(_WORD)}, {literal(EMAIL_REMOVED)}, 'g')"
    text = f"regexp_replace({text}, {literal(_NUMBER)}, {literal(chr(92) + '1' + PHONE_REMOVED)}, 'g')"
    named = " ".join(f"when {literal(sign)} then {literal(written)}" for sign, written in _NAMED.items())
    signs = (
        f"list_transform(regexp_extract_all({text}, '(?s).'), lambda sign: case sign {named} else "
        f"case when regexp_matches(sign, {literal(_UNPRINTABLE)}) then format('\\u{{:04x}}', unicode(sign)) "
        "else sign end end)"
    )
    return (
        f"case when regexp_matches({text}, {literal(_UNPRINTABLE)}) then array_to_string({signs}, '') else {text} end"
    )


def quoted_sql(text: str, *, is_personal: bool) -> str:
    """SQL for a delivered text as a reason quotes it, cut; of what says who somebody is its length alone."""
    if is_personal:
        return f"coalesce('a text of ' || length({text}) || ' characters, which is not shown', 'null')"
    cut = f"case when length({text}) > {LONGEST} then left({text}, {LONGEST}) || '...' else {text} end"
    return f"coalesce('''' || {cut} || '''', 'null')"


class SafeError(Exception):
    """An error whose findings are safe to print, one line each."""

    has_lines: ClassVar[bool] = False

    def __init__(self, *findings: object) -> None:
        made_safe = lines if self.has_lines else one_line
        super().__init__(*(made_safe(str(finding)) for finding in findings))

    def __str__(self) -> str:
        return "\n".join(self.args)


class SafeLinesError(SafeError):
    """One with findings of several lines, made of parts that are one line each."""

    has_lines = True


def _escaped(sign: str) -> str:
    return _NAMED.get(sign) or f"\\u{ord(sign):04x}"

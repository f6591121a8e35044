"""What a value says stays within its place in a line, and nobody's address or number gets into a message."""

from __future__ import annotations

import logging
from io import StringIO

import duckdb
import pytest

from contracts.client_file import ClientError
from contracts.printable import (
    PHONE_REMOVED,
    SafeError,
    header,
    is_contact,
    on_terminal,
    one_line,
    one_line_sql,
    quoted,
)
from contracts.terminal import log_lines, say
from contracts.warning import Kind

CONTACTS = [
    "ann@example.com",
    "ANN.Smith+shop@mail.example.co.uk",
    "ann@localhost",
    "änn@exämple.de",
    "+49 170 1234567",
    "+491701234567",
    "(555) 123-4567",
    "0170 1234567",
    "0170/1234567",
    "020 7946 0958",
    "06 12 34 56 78",
    "06.12.34.56.78",
    "0049 170 1234567",
    "555-123-4567",
    "1-555-123-4567",
    "+1 (555) 123-4567",
]
NO_CONTACTS = [
    *(
        "",
        "4711",
        "C0000008",
        "0042",
        "17850.0",
        "7012345678901",
        "0012345678901",
        "01.02.2026",
        "2026-10-31",
        "2026-10-31T16:20:05+0200",
        "-12.50",
    ),
    *("171-1234567-7654321", "erased-3f0c5d6e7f809a1b", "A-100/2026-10-31", "12 at 0.50", "@ann", "gid://shop/7"),
]
FORGED = "x\nerror: all is well\r\x1b[2J\x1b]0;title\x07\x9b31m\u202egnp.exe\u2028next\u200b\x00\t"
AROUND = ["{}", "customer '{}' is not known", "first {}, then", "({})", "as {}; expected an id"]


@pytest.mark.parametrize("contact", CONTACTS)
@pytest.mark.parametrize("around", AROUND)
def test_no_message_has_an_address_or_a_telephone_number(contact: str, around: str) -> None:
    for said in (one_line(around.format(contact)), one_line_in_sql(around.format(contact))):
        assert not [part for part in (contact, *contact.split()) if len(part) > 4 and part in said]
        assert "removed)" in said
    assert is_contact(contact)


@pytest.mark.parametrize("text", NO_CONTACTS)
def test_ids_dates_and_amounts_stay(text: str) -> None:
    assert one_line(f"order {text}, line 3") == f"order {text}, line 3" == one_line_in_sql(f"order {text}, line 3")
    assert not is_contact(text)


def test_the_address_of_a_server_stays() -> None:
    text = "sftp://shop@files.example.com/out was not reached"
    assert one_line(text) == text
    assert one_line("https://x.example/?email=jane@x.example was not found") == "(address removed) was not found"


def test_a_header_is_told_and_a_row_where_it_should_be_is_not() -> None:
    assert header(["sku", "2026-01", "2026", "total"]) == "sku, 2026-01, 2026, total"
    assert header(["Ann", "ann@example.com"]) == "2 values and no header"
    assert header(["4711", "Ann"]) == "2 values and no header"


def test_a_value_makes_no_line_and_moves_no_cursor() -> None:
    for said in (one_line(FORGED), one_line_in_sql(FORGED), quoted(FORGED), str(SafeError(FORGED))):
        assert said.isprintable()
        assert "error: all is well" in said
    assert one_line(FORGED) == one_line_in_sql(FORGED)
    assert on_terminal("two\nlines\x1b[31m") == "two\nlines\\u001b[31m"
    assert on_terminal("Größe 3\u00a0€ – 价格 😀") == "Größe 3\u00a0€ – 价格 😀"


def test_every_sign_that_turns_or_hides_a_text_is_written_out_in_sql_too() -> None:
    turning = [*range(1, 0x20), *range(0x7F, 0xA0), 0xAD, *range(0x200B, 0x2010), *range(0x2028, 0x202F), 0xFEFF]
    con = duckdb.connect()
    con.execute("create table signs as select unnest($1::varchar[]) as sign", [[chr(code) for code in turning]])
    assert con.execute(f"select sign from signs where {one_line_sql('sign')} = sign").fetchall() == []


def test_a_quoted_value_is_cut() -> None:
    assert len(quoted("x" * 100_000)) < 100
    assert quoted("it's") == '"it\'s"'
    assert (quoted(7), quoted(None), quoted(["a\n"])) == ("7", "None", "['a\\n']")


def test_every_finding_of_an_error_is_a_line() -> None:
    error = SafeError("one\ntwo", "of ann@example.com")
    assert str(error) == "one\\ntwo\nof (address removed)"
    assert error.args == ("one\\ntwo", "of (address removed)")
    assert str(ClientError("two:\n  - line\x1b[0m")) == "two:\n  - line\\u001b[0m"


def test_a_warning_is_one_line() -> None:
    assert Kind.REMOVED_FILE.warning("a\nb +491701234567") == f"files that were removed: a\\nb {PHONE_REMOVED}"


def test_what_is_printed_and_logged_moves_no_cursor(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    say(f"file {FORGED}")
    say(f"error: ann@example.com {FORGED}", err=True)
    printed = capsys.readouterr()
    assert "\x1b" not in printed.out + printed.err
    assert "ann@" not in printed.err

    written = StringIO()
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(written)])
    log_lines()
    logging.getLogger().handle(
        logging.LogRecord("x", logging.INFO, "f", 1, "copying %s", (f"ann@b.de {FORGED}",), None)
    )
    line = written.getvalue().removesuffix("\n")
    assert line.isprintable()
    assert "ann@" not in line


def one_line_in_sql(text: str) -> str:
    ((said,),) = duckdb.connect().execute(f"select {one_line_sql('text')} from (select ? as text)", [text]).fetchall()
    return str(said)

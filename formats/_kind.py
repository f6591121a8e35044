"""What a file is by its first bytes, whatever its name and the client file say."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from contracts.data_file import FormatError
from formats._packed import ZIP, is_gzip, is_zip, unpacked

GZIP = b"\x1f\x8b"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # what Office wrote before 2007, and a newer workbook with a password
ASK = "Ask for the data as CSV, Excel, JSON or Parquet."
# The first bytes of what no format reads.
OTHERS = {
    b"%PDF-": "a PDF",
    b"SQLite format 3\0": "an SQLite database",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"ARROW1": "an Arrow file",
    b"{\\rtf": "a text document (RTF)",
}
HTML = re.compile(r"\s*(<!--.*?-->\s*)*(<\?xml[^>]*>\s*)?<(!doctype\s+html|html|head|body|table|meta)\b", re.I | re.S)
XML = re.compile(r"\s*<(\?xml\b|!doctype\b|!--|[a-z_][\w.:-]*(\s[^<>]*)?/?>)", re.I)
WORKBOOK_OF_2003 = "urn:schemas-microsoft-com:office:spreadsheet"


@dataclass(frozen=True)
class Found:
    """What a file is, the format that reads it, if any, and what to do where another is said."""

    what: str
    form: str | None
    advice: str


def check_start(path: Path, form: str) -> None:
    """Raise FormatError when the file is empty, or by its first bytes something else than its format says."""
    if not path.stat().st_size:
        raise FormatError(f"is empty (0 bytes), expected {form} data. Ask for it again.")
    with path.open("rb") as stream:
        if stream.read(2) == GZIP and not is_gzip(path):
            raise FormatError("is gzip but its name does not end in .gz. Rename it.")
    with unpacked(path) as binary:
        start = binary.read(4096)
    if not start.strip():
        raise FormatError(f"holds nothing, expected {form} data. Ask for it again.")
    found = _found(path, start)
    if found and found.form != form:
        raise FormatError(f"is {found.what}, expected {form}. {found.advice}")


def _found(path: Path, start: bytes) -> Found | None:
    if start.startswith((*ZIP, OLE)):
        return _document(path, start)
    if start.startswith(b"PAR1"):
        return Found("a Parquet file", "parquet", "Say format: parquet.")
    if start.startswith(GZIP):
        return Found("gzip within another packing", None, "Unpack it once.")
    if what := next((what for magic, what in OTHERS.items() if start.startswith(magic)), None):
        return Found(what, None, ASK)
    return _markup(_as_text(start))


def _document(path: Path, start: bytes) -> Found:
    if is_zip(path) or is_gzip(path):
        if start.startswith(ZIP):
            return Found("a zip or a workbook within another packing", "excel", "Unpack it once.")
    elif start.startswith(ZIP):
        try:
            with ZipFile(path) as archive:
                names = archive.namelist()
        except BadZipFile:
            names = []
        if any(name.startswith("word/") for name in names):
            return Found("a Word document", None, ASK)
        if any(name.startswith("ppt/") for name in names):
            return Found("a PowerPoint document", None, ASK)
    return _workbook(path)


def _workbook(path: Path) -> Found:
    from formats._workbook import sheet_names  # noqa: PLC0415 brings a library that few files need

    try:
        names = sheet_names(path)
    except FormatError as error:
        return Found("a document of an office program", "excel", f"As a workbook it {error}")
    which = f" and sheet: {names[0]}" if len(names) > 1 else ""
    has = f"the sheet{'s' if len(names) > 1 else ''} {', '.join(names)}"
    return Found(f"an Excel workbook with {has}", "excel", f"Say format: excel{which}, or save the sheet as text.")


def _markup(text: str) -> Found | None:
    if HTML.match(text):
        return Found(
            "HTML",
            None,
            "Probably it is a login or error page saved under the name of the file; download it again. Save a table "
            "that was saved as a web page as CSV or as a workbook.",
        )
    if not XML.match(text):
        return None
    if WORKBOOK_OF_2003 in text:
        return Found("an Excel workbook saved as XML, which is not read", None, "Save it as .xlsx.")
    return Found("XML, which is not read", None, ASK)


def _as_text(start: bytes) -> str:
    """The beginning as text, as far as a mark says its encoding or none matters."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return start.decode("utf-16", "ignore")
    return start.removeprefix(codecs.BOM_UTF8).decode("latin-1")

"""Names and texts as SQL writes them."""

from collections.abc import Mapping


def literal(text: str) -> str:
    """A text as an SQL literal, quotes doubled."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def json_object(values: Mapping[str, str]) -> str:
    """SQL for the text of a JSON object with SQL expressions by name.

    Not a struct: that has no field without a name, as a delimiter at the end of the header makes one, and takes "Id"
    and "ID" for one.
    """
    return f"cast(json_object({', '.join(f'{literal(name)}, {text}' for name, text in values.items())}) as varchar)"

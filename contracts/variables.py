"""Which environment variables a client file may put in, and where: it is no way to the secrets of others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from contracts.block import VARIABLE
from contracts.source import kinds

NAMED = "SALES_CLIENT_VARIABLES"
"""The variable that names others which client files may use, blank-separated."""
OURS = ("AIRFLOW_", "POSTGRES_", "SALES_")
"""What variables of this program and of its services begin with; no client file has one of them."""
SECRET = re.compile(r"(password|passphrase|secret|\.pem|\.config)$")


class PlaintextSecretError(Exception):
    """A secret stands in the client file."""


class VariableError(Exception):
    """A variable stands where none belongs, or is none that a client file may use; a line for each."""


def refuse_plaintext_secrets(content: Any) -> None:
    """Raise PlaintextSecretError for a setting that its kind calls a secret and that is no variable."""
    for dataset, block in _blocks(content).items():
        kind = kinds().get(str(block.get("kind"))) if isinstance(block, Mapping) else None
        for setting in kind.secrets if kind else ():
            value: Any = block
            for name in setting.split("."):
                value = value.get(name) if isinstance(value, Mapping) else None
            if value is not None and not VARIABLE.fullmatch(str(value)):
                raise PlaintextSecretError(f"sources.{dataset}.{setting}")


def filled(content: Any, variables: Mapping[str, str]) -> Any:
    """The content with its variables filled in, after parsing, so that a password may have any character.

    Raises VariableError, and PlaintextSecretError for a secret of Kafka's that is no variable.
    """
    for place, text in _texts(content):
        if place[-2:-1] == ("security",) and SECRET.search(place[-1]) and not VARIABLE.fullmatch(text):
            raise PlaintextSecretError(".".join(place))
    if problems := [*_problems(content, variables)]:
        raise VariableError("".join(f"\n  - {problem}" for problem in problems))
    return _filled(content, variables)


def hidden(text: str, content: Any, variables: Mapping[str, str]) -> str:
    """A text in which the names of the content's variables stand instead of their values."""
    for name in {name for _, written in _texts(content) for name in VARIABLE.findall(written)}:
        if value := variables.get(name):
            text = text.replace(value, f"${{{name}}}")
    return text


def _problems(content: Any, variables: Mapping[str, str]) -> Iterator[str]:
    client = content.get("client") if isinstance(content, Mapping) else None
    own = f"{client}_".upper()
    for place, text in _texts(content):
        for name in dict.fromkeys(VARIABLE.findall(text)):
            where = ".".join(place)
            if not _takes_variables(content, place):
                yield (
                    f"{where} has ${{{name}}}; expected a variable only where a secret, a path or an address belongs. "
                    "Write the value out; a secret stands in access: or where else its kind has one"
                )
            elif name.startswith(OURS) or not (name.startswith(("SHOP", own)) or name in _named(variables)):
                yield (
                    f"{where} has ${{{name}}}; expected a variable that begins with SHOP or {own}, or that whoever "
                    f"runs the program names in {NAMED}, and none of the program's own. Rename it, or name it there"
                )


def _named(variables: Mapping[str, str]) -> list[str]:
    return variables.get(NAMED, "").split()


def _takes_variables(content: Any, place: tuple[str, ...]) -> bool:
    if place == ("engine", "master"):
        return True
    block = _blocks(content).get(place[1]) if place[0] == "sources" and len(place) > 2 else None
    kind = kinds().get(str(block.get("kind"))) if isinstance(block, Mapping) else None
    setting = ".".join(place[2:])
    return kind is not None and any(
        setting == one or setting.startswith(f"{one}.") for one in (*kind.secrets, *kind.takes_variables)
    )


def _blocks(content: Any) -> Mapping[str, Any]:
    sources = content.get("sources") if isinstance(content, Mapping) else None
    return sources if isinstance(sources, Mapping) else {}


def _texts(content: Any, *place: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Every value that is not made of others, with the names that lead to it."""
    if isinstance(content, Mapping):
        for name, value in content.items():
            yield from _texts(value, *place, str(name))
    elif isinstance(content, list):
        for value in content:
            yield from _texts(value, *place)
    else:
        yield place, str(content)


def _filled(content: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(content, Mapping):
        return {name: _filled(value, variables) for name, value in content.items()}
    if isinstance(content, list):
        return [_filled(value, variables) for value in content]
    if not isinstance(content, str):
        return content
    return VARIABLE.sub(lambda match: variables.get(match[1], match[0]), content)

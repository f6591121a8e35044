"""docs/reference/commands.md: what `sales` and each of its commands take, as their help says."""

from __future__ import annotations

from collections.abc import Iterator

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from cli.main import app
from cli.reference.markdown import cell

PAGE = "commands.md"
INTRODUCTION = """# Commands

Made by `make docs` from the program; change that, not this page. `sales --help` says the same in the terminal, `make`
alone lists what is typed from the folder of the project. In containers the same words go behind
`docker compose run --rm`, see [containers](../how-to/containers.md).
"""


def page() -> str:
    """The page as text."""
    group = get_command(app)
    return "\n".join([INTRODUCTION, f"{group.epilog}\n", *_commands(group, "sales")])


def _commands(command: object, path: str) -> Iterator[str]:
    if isinstance(command, TyperGroup):
        for name, found in command.commands.items():
            yield from _commands(found, f"{path} {name}")
        return
    if not isinstance(command, TyperCommand):
        raise TypeError(f"{path} is {command!r}; expected a command of typer")
    arguments = [_argument(one) for one in command.params if isinstance(one, TyperArgument)]
    yield f"## `{' '.join([path, *arguments])}`"
    yield ""
    yield (command.help or "").strip()
    yield ""
    options = [one for one in command.params if isinstance(one, TyperOption) and "--help" not in one.opts]
    if options:
        yield "| option | what it says |"
        yield "|---|---|"
        yield from (f"| `{', '.join(one.opts)}` | {cell(one.help or '')} |" for one in options)
        yield ""


def _argument(argument: TyperArgument) -> str:
    name = (argument.name or "").upper()
    return name if argument.required else f"[{name}]"

"""`sales new`: a client file from a folder of exports."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer
import yaml

from contracts.client_file import client_of
from contracts.environment import Environment
from propose.ask import Asked, ask_all
from propose.draft import draft_of
from propose.errors import ProposeError
from propose.figures import figures_of
from propose.table import found_files

COLUMN = "a column of ours and the file's, such as order_id='Receipt No'"
HEAD = """# Proposed by `sales new` from the shop's own files; change what is wrong.
# All settings: docs/reference/client-file.md
"""


def propose(
    name: str,
    paths: list[Path],
    answers: Sequence[str],
    columns: Sequence[str],
    *,
    takes_likely: bool,
    say: Callable[[str], None],
) -> None:
    """Write the client file that files say, asking what is not among the answers of a person at a terminal."""
    environment = Environment.from_process(name)
    target = environment.clients_dir / f"{name}.yml"
    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise ProposeError(f"{name!r} cannot be the name of a client; expected a-z, digits and _, as in my_shop.")
    if target.exists():
        raise ProposeError(f"{target} is there already, and stays as it is. Choose another name, or delete it first.")
    draft = draft_of(name, found_files(paths), environment.clients_dir, _given("--column", columns, COLUMN))
    for line in draft.seen:
        say(line)
    given = _given("--answer", answers, "a setting and its answer, such as tax=inside")
    still_open = ask_all(draft, environment, _Asker(given, takes_likely, say), say)
    if given:
        raise ProposeError(f"--answer names {', '.join(given)}, which is no question here; see the open ones above.")
    sources = draft.content.pop("sources")
    content = {**draft.content, "sources": sources, **({"questions": still_open} if still_open else {})}
    draft.content["sources"] = sources
    client_of(content, environment.clients_dir, environment.variables())
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("x", encoding="utf-8") as stream:
        stream.write(HEAD + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110))
    _show(draft.content, environment, say)
    for question in still_open:
        say(f"open: {question}")
    number = "1 open question" if len(still_open) == 1 else f"{len(still_open)} open questions"
    say(f"{target} is written" + (f", with {number}" if still_open else ""))


def _show(content: dict[str, object], environment: Environment, say: Callable[[str], None]) -> None:
    """A few rows as they are read, and what each month comes to, to compare with the shop's own report."""
    try:
        figures = figures_of(content, environment)
    except ProposeError as error:
        for finding in error.args:
            say(f"stops as it stands: {finding}")
        return
    for row in figures.rows:
        say(f"read: {row}")
    say("month    orders  after discounts  postage, fees          tax")
    for one in figures.months:
        say(f"{one.month}  {one.orders:>6,}  {one.goods:>15,.2f}  {one.charges:>13,.2f}  {one.tax:>11,.2f}")


def _given(option: str, texts: Sequence[str], expected: str) -> dict[str, str]:
    """What the command line gives by name: the texts of an option that are two, with = between them."""
    parts = [text.partition("=") for text in texts]
    if wrong := [name for name, sign, value in parts if not sign or not value]:
        raise ProposeError(f"{option} {wrong[0]} says nothing of it; expected {expected}.")
    return {name: value for name, _, value in parts}


@dataclass(frozen=True)
class _Asker:
    """Answers by what was given, by a person at a terminal, or by what the files suggest."""

    given: dict[str, str]
    takes_likely: bool
    say: Callable[[str], None]

    def __call__(self, asked: Asked) -> str | None:
        setting = asked.question.setting
        if setting in self.given:
            answer = self.given.pop(setting)
            if asked.option_of(answer) is None:
                raise ProposeError(f"--answer {setting}={answer} is none of {'; '.join(asked.answers)}.")
            return answer
        if self.takes_likely:
            return asked.likely.said if asked.likely else None
        return self._ask(asked) if sys.stdin.isatty() else None

    def _ask(self, asked: Asked) -> str | None:
        for line in asked.lines():
            self.say(line)
        while True:
            answer = str(typer.prompt("  your answer, or nothing to leave it open", default="", show_default=False))
            if not answer.strip() or asked.option_of(answer):
                return answer.strip() or None
            self.say(f"  expected a number from 1 to {len(asked.question.options)}")

"""The questions of a draft, each with its figures, answered by a person or left open in the client file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.environment import Environment
from propose.draft import Draft
from propose.errors import ProposeError
from propose.figures import Figures, figures_of
from propose.questions import MOST, Option, Question

# Is given a question with its figures and what the files suggest; the answer's number or text, None to leave it open.
Ask = Callable[["Asked"], str | None]


@dataclass(frozen=True)
class Asked:
    """A question, what each answer comes to, and the answer that the files suggest."""

    question: Question
    figures: dict[str, str] = field(default_factory=dict)
    likely: Option | None = None

    def option_of(self, answer: str) -> Option | None:
        """The option of an answer, by its number or name; a text of its own where there are none."""
        answer = answer.strip()
        options = self.question.options
        if not options:
            return Option(answer, (((self.question.setting,), answer),)) if answer else None
        if answer.isdigit() and 1 <= int(answer) <= len(options):
            return options[int(answer) - 1]
        return next((one for one in options if one.said == answer), None)

    @property
    def answers(self) -> list[str]:
        """Each answer with what it comes to."""
        return [
            f"{option.said}{f': {self.figures[option.said]}' if option.said in self.figures else ''}"
            f"{' (as the own totals of the orders say)' if option is self.likely else ''}"
            for option in self.question.options
        ]

    def lines(self) -> Iterator[str]:
        """The question for a person."""
        yield f"{self.question.setting}: {self.question.text}"
        yield from (f"  {number}  {answer}" for number, answer in enumerate(self.answers, 1))

    def open_text(self) -> str:
        """The question as it stands in a client file while nobody has answered it."""
        return " ".join([f"{self.question.setting}: {self.question.text}", "; ".join(self.answers)]).strip()


def ask_all(draft: Draft, environment: Environment, ask: Ask, say: Callable[[str], None]) -> list[str]:
    """Ask at most eight questions; returns those that stay open, as they stand in the client file."""
    still_open: list[str] = []
    for number, question in enumerate([*draft.questions]):
        asked = _with_figures(draft, question, environment)
        if asked is None:
            draft.questions.remove(question)
            say("tax: the files deliver none; prices are taken as they are.")
            continue
        option = None
        if number < MOST and (answer := ask(asked)) is not None:
            option = asked.option_of(answer)
        if option is None:
            still_open.append(asked.open_text())
        else:
            draft.answer(question, option)
    return still_open


def _with_figures(draft: Draft, question: Question, environment: Environment) -> Asked | None:
    """The question with its figures; None where it makes no difference."""
    if question.setting == "tax":
        return _of_tax(question, {one.said: _figures(draft.with_option(one), environment) for one in question.options})
    if len(question.options) < 2 or question.setting.endswith(".contents"):
        return Asked(question)
    drafts = {option.said: _figures(draft.with_option(option), environment) for option in question.options}
    return Asked(question, {said: figures.in_words() for said, figures in drafts.items() if figures})


def _figures(content: dict[str, Any], environment: Environment) -> Figures | None:
    """The figures; None where the files cannot be loaded so, which is said at the end."""
    try:
        return figures_of(content, environment)
    except ProposeError:
        return None


def _of_tax(question: Question, drafts: Mapping[str, Figures | None]) -> Asked | None:
    figures = {said: found for said, found in drafts.items() if found}
    if len(figures) < len(drafts):
        return Asked(question)
    months = [month for found in figures.values() for month in found.months]
    if not any(month.tax for month in months):
        return None
    what = "net and postage" if any(month.charges for month in months) else "net"
    likely = next((one for one in question.options if figures[one.said].agrees == one.said), None)
    return Asked(question, {said: f"{what} {found.net(said):,.2f}" for said, found in figures.items()}, likely)

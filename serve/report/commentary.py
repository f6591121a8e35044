"""What the figures of a month say in words, by rule: the same figures always give the same sentences."""

from __future__ import annotations

from decimal import Decimal

from serve.report.figures import Line, Month, MonthFigures
from serve.wording import count, growth, month_name, share

STEADY = 0.005  # a change that would be shown as less than 0.5 % is none
MANY_RETURNED = Decimal("0.1")


def comment(figures: MonthFigures) -> list[str]:
    """A handful of sentences, the most important first."""
    sentences = [_revenue(figures), _cause(figures), _customers(figures.month), _churn(figures.month)]
    sentences += [_categories(figures), _returns(figures)]
    return [sentence for sentence in sentences if sentence]


def _revenue(figures: MonthFigures) -> str:
    month, before = figures.month, figures.previous
    amount = figures.money.text(month.net)
    if not month.is_complete:
        return (
            f"Revenue is {amount} so far: the data reaches through {figures.published.data_through}, so "
            f"{month_name(month.month)} is not compared with the month before."
        )
    if before is None:
        return f"Revenue was {amount}; there is no month before to compare it with."
    if figures.comparable is None:
        name = month_name(before.month)
        return f"Revenue was {amount}; the data begins within {name}, so it is not compared with that."
    was = f"after {figures.money.text(before.net)} in {month_name(before.month)}"
    grown = growth(month.net, before.net)
    if grown is None:
        return f"Revenue was {amount}, {was}."
    if abs(grown) < STEADY:
        return f"Revenue stayed at {amount}, {was}."
    return f"Revenue {'rose' if grown > 0 else 'fell'} {share(abs(grown))} to {amount}, {was}."


def _cause(figures: MonthFigures) -> str | None:
    """Revenue is orders times their average value, so the one that moved further the same way explains most."""
    month, before = figures.month, figures.comparable
    if before is None:
        return None
    revenue = growth(month.net, before.net)
    orders, value = (
        growth(month.order_count, before.order_count),
        growth(month.avg_order_value, before.avg_order_value),
    )
    if revenue is None or orders is None or value is None or abs(revenue) < STEADY:
        return None
    counted = f"{count(month.order_count)} after {count(before.order_count)}"
    worth = f"{figures.money.text(month.avg_order_value)} after {figures.money.text(before.avg_order_value)}"
    causes = {
        f"the number of orders ({counted})": orders,
        f"the average order value ({worth})": value,
    }
    same_way = {text: size for text, size in causes.items() if size * revenue > 0 and abs(size) >= STEADY}
    if not same_way:
        return None
    main = max(same_way, key=lambda text: abs(same_way[text]))
    other = next(text for text in causes if text != main)
    if causes[other] * revenue < 0 and abs(causes[other]) >= STEADY:
        return f"It was {main} that moved it; {other} went the other way."
    return f"Most of it is {main}."


def _customers(month: Month) -> str:
    if not month.active_customers:
        return "No known customer bought anything."
    return (
        f"{_people(month.active_customers)} bought: {count(month.new_customers)} for the first time, "
        f"{count(month.retained_customers)} also in the month before, and {count(month.reactivated_customers)} "
        "came back after a pause."
    )


def _churn(month: Month) -> str | None:
    if not month.is_complete or not month.previous_active_customers:
        return None
    return (
        f"Of the {_people(month.previous_active_customers)} of the month before, {count(month.churned_customers)} "
        f"did not buy again ({share(month.churn_rate)})."
    )


def _categories(figures: MonthFigures) -> str | None:
    known = [line for line in figures.categories if line.name != "unknown"]  # what nobody says is no finding
    sold = [line for line in known if line.net > 0]
    if not sold:
        return None
    largest = sold[0]
    sentence = f"The largest category was {largest.name} with {share(largest.net_share)} of revenue"
    moved = max(known, key=lambda line: abs(_moved(line)))
    if figures.comparable and _moved(moved):
        direction = "gained" if _moved(moved) > 0 else "lost"
        sentence += f"; {moved.name} {direction} most, {figures.money.text(abs(_moved(moved)))}"
    return f"{sentence}."


def _moved(line: Line) -> Decimal:
    return Decimal(0) if line.previous_net is None else line.net - line.previous_net


def _returns(figures: MonthFigures) -> str | None:
    month = figures.month
    if not month.refunds:
        return "Nothing was refunded."
    sentence = f"{figures.money.text(month.refunds)} were refunded"
    if month.net > 0:
        part = month.refunds / month.net
        sentence += f", {share(part)} of the month's revenue"
        if part > MANY_RETURNED:
            sentence += ": more than a tenth, so see which products came back"
    return f"{sentence}."


def _people(number: int) -> str:
    return f"{count(number)} customer{'' if number == 1 else 's'}"

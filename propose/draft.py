"""The client file as far as the files themselves say it, and the questions that they leave."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import takewhile
from pathlib import Path
from typing import Any

from contracts.data_file import FormatError
from contracts.dataset import DAY, MOMENT
from contracts.datasets import DATASETS
from contracts.presets import Preset, presets, recognised
from contracts.sql_text import identifier
from contracts.telling_names import plain_name
from propose.columns import Matched, matched, missing
from propose.errors import ProposeError
from propose.questions import Option, Question
from propose.table import Table, Values, opened, read_table
from propose.written import currencies_of, date_formats, decimals, is_product, per_order

_ORDER_AMOUNTS = {
    "shipping_amount": "shipping_amount",
    "total_amount": "total_amount",
    "line_tax_amount": "tax_amount",
    "discount_amount": "order_discount_amount",
}
_TOTALS = ("total", "amount", "linetotal", "subtotal", "totalprice", "gesamt", "summe", "betrag", "montant", "importe")
_OPEN = {"currency": "EUR", "time_zone": "UTC"}  # what stands there while the question about it is open


@dataclass
class Draft:
    """A client file on its way: its content, what was seen in the files, and what is to be asked, the first first."""

    content: dict[str, Any]
    knows_currency: bool = False
    seen: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)

    def with_option(self, option: Option) -> dict[str, Any]:
        """The content as it is with an answer."""
        content = deepcopy(self.content)
        for path, value in option.changes:
            place = content
            for name in path[:-1]:
                place = place.setdefault(name, {})
            if value is None:
                place.pop(path[-1], None)
            else:
                place[path[-1]] = value
        return content

    def answer(self, question: Question, option: Option) -> None:
        """Write an answer down."""
        self.content = self.with_option(option)
        self.questions.remove(question)


def draft_of(client: str, files: list[Path], folder: Path, said: Mapping[str, str]) -> Draft:
    """A draft from files; ``folder`` is that of client files, ``said`` columns of ours that a person named.

    Raises ProposeError where no file can be used.
    """
    known = presets(folder)
    draft = Draft({"client": client, "name": client.replace("_", " ").title(), **_OPEN, "sources": {}})
    problems: list[str] = []
    for group in _groups(files, problems):
        before = replace(draft, content=deepcopy(draft.content), seen=[*draft.seen], questions=[*draft.questions])
        try:
            _propose(draft, group, known, folder, said)
        except (ProposeError, FormatError) as error:
            draft = before
            problems.append(f"{group[0].path}: {error}")
    if not {"orders", "order_lines", "subscriptions"} & {*draft.content["sources"]}:
        if found := ", ".join(draft.content["sources"]):
            undated = " Its rows have no date that can be read." if "order_items" in found else ""
            problems.append(
                f"No file is of orders or of their lines, only of {found}.{undated} Add one, or map one by hand."
            )
        raise ProposeError(*problems)
    draft.seen += [f"left out: {problem}" for problem in problems]
    _ask_of_the_whole(draft)
    return draft


def _groups(files: list[Path], problems: list[str]) -> Iterator[list[Table]]:
    """The files of one header each, in one folder."""
    alike: dict[Any, list[Table]] = {}
    for file in files:
        try:
            table = read_table(file)
        except ProposeError as error:
            problems += error.args
            continue
        alike.setdefault((file.parent, table.header, tuple(sorted(table.reading.items()))), []).append(table)
    yield from alike.values()


def _propose(
    draft: Draft, group: list[Table], known: Mapping[str, Preset], folder: Path, said: Mapping[str, str]
) -> None:
    """Add the sources that the files of one header are."""
    first, path = group[0], _pattern(group, folder)
    how = ", ".join(f"{setting}: {value!r}" for setting, value in first.reading.items() if setting != "format")
    named = f"{first.path.name}{f' and {len(group) - 1} more' if len(group) > 1 else ''}{f' ({how})' if how else ''}"
    rows = sum(table.rows for table in group)
    counted = f"{rows:,} {'row' if rows == 1 else 'rows'}"
    found = recognised(first.header, known)
    if found is not None:
        preset = known[found]
        _add_preset(draft, group, found, preset, path)
        draft.seen.append(f"{named}: {counted} of {preset.name}; preset {found}")
        return
    with opened(first) as values:
        match = matched(first.header, values, said)
        if match is None:
            lacking = missing(first.header, values, said)
            example = lacking[0].partition(" ")[0]
            raise ProposeError(
                f"is of no dataset that its columns name: for lines of orders it lacks {', '.join(lacking)}; it has "
                f"{', '.join(first.header)}. If one of them is that, say so: --column {example}='...'; a value that is "
                "in none is made by an expression, by hand (docs/reference/client-file.md)."
            )
        if match.dataset in draft.content["sources"]:
            raise ProposeError(
                f"is of {match.dataset}, as another file with other columns is. A client file has one source "
                "of it: leave one of them out, or give both the same columns."
            )
        block = {"kind": "files", "path": path, **first.reading}
        draft.content["sources"][match.dataset] = block
        _describe(draft, match, block, values)
    mapped = ", ".join(f"{ours} = {theirs}" for ours, theirs in block["columns"].items())
    draft.seen.append(f"{named}: {counted} of {match.dataset}; {mapped}")


def _add_preset(draft: Draft, group: list[Table], name: str, preset: Preset, path: str) -> None:
    sources = draft.content["sources"]
    more = {setting: value for setting, value in group[0].reading.items() if setting != "format"}
    for dataset in preset.sources:
        if dataset in sources:
            raise ProposeError(f"is of {dataset}, as another file is; leave one of them out.")
        sources[dataset] = {"preset": name, "path": path, **more}
    draft.content.update({setting: value for setting, value in preset.client.items() if setting not in sources})
    currency = _currency_of_preset(group, preset)
    if currency:
        draft.content["currency"], draft.knows_currency = currency, True
        draft.seen.append(f"currency: {currency}, by the file")
    for dataset, why in preset.asks.items():
        place = ("sources", dataset)
        draft.questions.append(
            Question(
                f"sources.{dataset}",
                why,
                (Option("there", ()), Option("nowhere", ((place, None),))),
            )
        )


def _currency_of_preset(group: list[Table], preset: Preset) -> str | None:
    column = next(
        (str(columns["currency"]) for block in preset.sources.values() if "currency" in (columns := block["columns"])),
        None,
    )
    if column is None:
        return None
    with opened(group[0]) as values:
        return _one_currency(values, column)


def _one_currency(values: Values, column: str) -> str | None:
    text = values.text(column)
    found = values.one(f"case when count(distinct upper({text})) = 1 then min(upper({text})) end")
    return str(found) if found else None


def _describe(draft: Draft, match: Matched, block: dict[str, Any], values: Values) -> None:
    """Fill the block of a file without a preset."""
    columns = dict(match.columns)
    dataset, place = match.dataset, ("sources", match.dataset)
    kinds = {column.name: column.kind for column in DATASETS[dataset].columns}
    amounts = [theirs for ours, theirs in columns.items() if kinds[ours].is_number]
    block["columns"] = columns
    for ours in [ours for ours in columns if kinds[ours] in (DAY, MOMENT)]:
        _dates(draft, block, place, columns[ours], values)
    moment = next((ours for ours in columns if kinds[ours] in (DAY, MOMENT)), None)
    if moment and match.dates and dataset in ("orders", "order_lines"):
        options = [Option(columns[moment], ())]
        options += [Option(other, (((*place, "columns", moment), other),)) for other in match.dates[:2]]
        draft.questions.append(Question(f"sources.{dataset}.columns.{moment}", "Which date counts?", tuple(options)))
    _numbers(draft, block, place, amounts, values)
    currency = columns.get("currency")
    code = _one_currency(values, currency) if currency else None
    codes = [code] if code else currencies_of(values, amounts)
    if codes:
        draft.content["currency"], draft.knows_currency = codes[0], len(codes) == 1
    if dataset == "order_lines":
        _lines(draft, block, place, columns, values)
    if match.tax_rate:
        draft.questions.insert(0, _tax_by_rate(match.tax_rate, columns, place, values))
    if dataset == "payments":
        block["constants"] = {"status": "succeeded"}
        draft.questions.append(
            Question("sources.payments", "Is every row of the payments money that came?", (Option("yes", ()),))
        )


def _tax_by_rate(rate: str, columns: Mapping[str, str], place: tuple[str, ...], values: Values) -> Question:
    """Which tax the prices have, and so what each line's own rate makes of them."""
    bare = f"""replace(replace({identifier(rate)}, '%', ''), ',', '.')"""
    is_percent = values.one(f"max(try_cast({bare.replace(identifier(rate), values.text(rate))} as double)) >= 1")
    percent = f"cast({bare} as decimal(9, 4))" + ("" if is_percent else " * 100")
    names = {ours: identifier(theirs) for ours, theirs in columns.items()}
    worth = names.get("line_total") or f"{names['quantity']} * {names['unit_price']}"
    worth = f"({worth} - {names['discount_amount']})" if "discount_amount" in names else worth
    options = []
    for said, base in (("inside", f"(100 + {percent})"), ("on_top", "100")):
        tax = {"sql": f"round({worth} * {percent} / {base}, 2)"}
        options.append(Option(said, ((("tax",), said), ((*place, "columns", "line_tax_amount"), tax))))
    return Question("tax", f"Do prices contain the tax, whose rate is in {rate}?", tuple(options))


def _dates(draft: Draft, block: dict[str, Any], place: tuple[str, ...], column: str, values: Values) -> None:
    forms = date_formats(values, column)
    if not forms:
        example = values.example(column, "true")
        raise ProposeError(
            f"the dates of {column} have no one form, for example {example!r}; expected one that reads all of them, or "
            "a list in date_format. Map the file by hand, or ask for the file again."
        )
    if forms[0] is not None:
        block["date_format"] = forms[0]
    if len(forms) > 1:
        key = (*place, "date_format")
        options = tuple(Option(_in_words(form), ((key, form),)) for form in forms[:3])
        example = values.example(column, "true")
        draft.questions.append(
            Question(".".join(key), f"In {column}, {example!r}: which is the day and which the month?", options)
        )


def _in_words(form: str | None) -> str:
    words = {"%d": "day", "%m": "month", "%b": "month", "%Y": "year", "%y": "year"}
    order = sorted((str(form).find(sign), word) for sign, word in words.items() if sign in str(form))
    return f"{', '.join(word for _, word in order)} ({form})"


def _numbers(draft: Draft, block: dict[str, Any], place: tuple[str, ...], amounts: list[str], values: Values) -> None:
    shown = decimals(values, amounts)
    if shown.comma and shown.point:
        raise ProposeError(
            f"its numbers are written with two decimal signs, {shown.comma!r} and {shown.point!r}; expected one in all "
            "of them. Ask for the file again."
        )
    if shown.comma:
        block["decimal"] = ","
    elif shown.either and not shown.point:
        key = (*place, "decimal")
        sign, other = (",", ".") if "," in shown.either else (".", ",")
        options = (Option("the decimal sign", ((key, sign),)), Option("a thousands sign", ((key, other),)))
        draft.questions.append(Question(".".join(key), f"In {shown.either!r}, what is the sign?", options))
    if shown.has_signs:
        block["currency_signs"] = True
    if shown.brackets or shown.trailing:
        block["negatives"] = "brackets" if shown.brackets else "trailing"


def _lines(
    draft: Draft, block: dict[str, Any], place: tuple[str, ...], columns: dict[str, str], values: Values
) -> None:
    """What only lines of orders have: amounts of the whole order, returns, rows that come again."""
    said = {ours: per_order(values, columns[ours], columns["order_id"]) for ours in _ORDER_AMOUNTS if ours in columns}
    for ours, where in said.items():
        if where or ours in ("shipping_amount", "total_amount"):
            columns[_ORDER_AMOUNTS[ours]] = columns.pop(ours)
            block["order_values"] = where or block.get("order_values", "every_row")
            draft.seen.append(f"{columns[_ORDER_AMOUNTS[ours]]}: of the order as a whole, on {block['order_values']}")
    _totals(draft, block, columns, values)
    below = values.share(columns["quantity"], "regexp_matches(t, '^[(]?\\s*-')")
    if below:
        rule = [{"type": "return", "reason": "returned", "when": "quantity < 0"}]
        other = [{"type": "adjustment", "reason": "quantity below 0", "when": "quantity < 0"}]
        key = (*place, "line_rules")
        block["line_rules"] = rule
        options = (Option("returns", ((key, rule),)), Option("corrections that do not count", ((key, other),)))
        draft.questions.append(Question(".".join(key), "What are the rows with a quantity below 0?", options))
    again = values.one("count(*)", f"where rowid not in (select min(rowid) from landed group by {_all(values)})")
    if again:
        key = (*place, "repeated_rows")
        text = f"{again:,} rows are like another one. Does each count?"
        options = (Option("each counts", ((key, "keep"),)), Option("equal rows count once", ((key, "drop"),)))
        draft.questions.append(Question(".".join(key), text, options))


def _totals(draft: Draft, block: dict[str, Any], columns: dict[str, str], values: Values) -> None:
    """A total that nobody maps: of the line, which says nothing new, or of the order, which ours is compared with."""
    for theirs in values.places:
        if plain_name(theirs) not in _TOTALS:
            continue
        if theirs in columns.values() or "unit_price" not in columns:
            continue
        decimal = block.get("decimal", ".")
        units, price, discount = columns["quantity"], columns["unit_price"], columns.get("discount_amount")
        made_of = {f"{units} x {price}": None, f"{units} x {price} - {discount}": discount}
        made = [text for text, less in made_of.items() if is_product(values, theirs, units, price, decimal, less)]
        if made:
            block["ignored_columns"] = [*block.get("ignored_columns", ()), theirs]
            draft.seen.append(f"{theirs}: always {made[0]}, so it is left out")
        elif "total_amount" not in columns and (where := per_order(values, theirs, columns["order_id"])):
            columns["total_amount"] = theirs
            block["order_values"] = block.get("order_values", where)


def _all(values: Values) -> str:
    return ", ".join(place.text for place in values.places.values())


def _ask_of_the_whole(draft: Draft) -> None:
    """What is asked of every shop, and what its files leave open together; the most important first."""
    sources = draft.content["sources"]
    first: list[Question] = []
    if not draft.knows_currency:
        first.append(Question("currency", "In which currency are the amounts (ISO 4217, such as EUR)?"))
    first.append(Question("time_zone", "In which time zone are days cut (such as Europe/Berlin)?"))
    if "tax" not in draft.content and all(question.setting != "tax" for question in draft.questions):
        taxes = (Option("inside", ((("tax",), "inside"),)), Option("on_top", ((("tax",), "on_top"),)))
        first.append(Question("tax", "Do prices contain the tax?", taxes))
    main = next((dataset for dataset in ("order_lines", "orders") if dataset in sources), None)
    if main == "orders" and not {"order_items", "payments"} & {*sources}:
        first.append(Question("sources.order_items", "No file says what was sold in the orders; add their lines."))
    draft.questions[:0] = first
    if main:
        key = ("sources", main, "contents")
        options = (Option("everything", ((key, "everything"),)), Option("changes", ((key, "changes"),)))
        text = "When the file is exported again, is what it has no more gone (everything), or only older (changes)?"
        draft.questions.append(Question(".".join(key), text, options))


def _pattern(group: list[Table], folder: Path) -> str:
    """The path of the files, as a client file in the folder says it."""
    files = [table.path for table in group]
    place = files[0].parent
    if len(files) == 1:
        pattern = files[0].name
    else:
        names = [file.name for file in files]
        start = _common(names)
        end = _common([name[len(start) :][::-1] for name in names])[::-1]
        pattern = f"{start}*{end}"
        others = {file.name for file in place.iterdir() if fnmatchcase(file.name, pattern)} - {*names}
        if others:
            raise ProposeError(
                f"{', '.join(names)} have one header, and no pattern names them and not {', '.join(sorted(others))}. "
                "Put them into a folder of their own."
            )
    relative = Path(os.path.relpath(place, folder)) / pattern
    return str(relative if len(relative.parts) < len((place / pattern).parts) else place / pattern)


def _common(names: list[str]) -> str:
    """What all names begin with."""
    return "".join(letters[0] for letters in takewhile(lambda some: len({*some}) == 1, zip(*names, strict=False)))

"""What the command line prints of a question's table: shares with their limits, the base, the test."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assess.terminal import frame_as_json
from assess.words import words
from reports import numbers
from reports.words import words_of
from surveys.distributions.distribution import Distribution
from surveys.problem import Language
from surveys.questionnaire import Unit


def print_distribution(distribution: Distribution, console: Console, language: Language) -> None:
    """The table part by part, then what the marks, the base and the test mean."""
    text = words(language)
    shares, question = distribution.shares, distribution.question
    title = f"{question.name}  {question.text}" if question.text != question.name else question.name
    table = Table(
        title=escape(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0)
    )
    if distribution.by:
        table.add_column(text["share_table"]["part"], overflow="fold", min_width=6)
    table.add_column(text["share_table"]["answer"], overflow="fold", min_width=8)
    for header in ("value", "interval", "se", "n", "deff"):
        table.add_column(text["table"][header], justify="right", no_wrap=True)
    table.add_column(text["table"]["note"], no_wrap=True)
    note_of_flag: dict[str, str] = {}
    for _, rows in shares.groupby(["by", "part"], sort=False):
        _add_part(table, rows, note_of_flag, language, broken_down=bool(distribution.by))
        table.add_section()
    console.print(table)
    for flag, note in note_of_flag.items():
        console.print(f" {note}  {text['share_flag'].get(flag) or text['flag'][flag]}", highlight=False)
    whole = shares.iloc[0]
    console.print(
        text["share_table"][f"base_{distribution.base.value}"].format(
            n=numbers.count(whole["n"]), excluded=numbers.count(whole["excluded"])
        ),
        highlight=False,
    )
    _print_test(distribution, console, language)


def distributions_as_json(distributions: Sequence[Distribution]) -> str:
    """A list of tables, each with its rows and test at full precision; what is missing is null."""
    return json.dumps([_plain(each) for each in distributions], ensure_ascii=False, indent=1)


def _plain(distribution: Distribution) -> dict[str, object]:
    test = distribution.test
    without = {"left_out": list(distribution.left_out), "rare": list(distribution.rare)}
    return {
        "question": distribution.question.name,
        "text": distribution.question.text,
        "by": distribution.by,
        "base": distribution.base.value,
        "test": None if test is None else {"name": "rao_scott_f", **asdict(test), **without},
        "shares": json.loads(frame_as_json(distribution.shares)),
    }


def _add_part(
    table: Table,
    rows: pd.DataFrame,
    note_of_flag: dict[str, str],
    language: Language,
    *,
    broken_down: bool,
) -> None:
    text = words(language)["share_table"]
    first: Any = next(rows.itertuples())
    named = first.part_name_en if language is Language.ENGLISH else first.part_name
    part = [text["whole"] if not first.by else named or first.part] if broken_down else []
    if broken_down and rows["share"].isna().all():
        # One line says it: a part of which nothing may be shown, or in which nobody answered.
        said = text["withheld"] if first.n else text["nobody"]
        flags = dict.fromkeys(flag for each in rows["flag"] for flag in each.split(";") if flag)
        notes = _notes(flags, note_of_flag)
        table.add_row(*map(escape, (*part, said, "", "", "", numbers.count(first.n), "", notes)))
        return
    row: Any
    for place, row in enumerate(rows.itertuples()):
        label = row.answer_label_en if language is Language.ENGLISH else row.answer_label
        cells = [
            *(part if place == 0 else [""] * len(part)),
            label or row.answer,
            numbers.number(row.share, Unit.SHARE),
            numbers.interval(row.low, row.high, Unit.SHARE),
            numbers.standard_error(row.standard_error, Unit.SHARE, row.flag),
            numbers.count(row.n) if place == 0 else "",
            numbers.ratio(row.design_effect),
            _notes((flag for flag in row.flag.split(";") if flag), note_of_flag),
        ]
        table.add_row(*map(escape, cells))


def _notes(flags: Iterable[str], note_of_flag: dict[str, str]) -> str:
    """Letters that stand for flags, each new flag taking the next one."""
    return " ".join(note_of_flag.setdefault(flag, chr(ord("a") + len(note_of_flag))) for flag in flags)


def _print_test(distribution: Distribution, console: Console, language: Language) -> None:
    text, test = words(language)["share_table"], distribution.test
    if test is None:
        return
    _print_left_out(distribution, console, language)
    if not test.is_testable:
        console.print(text["untestable"], highlight=False)
        return
    said = text["test"].format(
        numerator=numbers.statistic(test.numerator_degrees, 1),
        denominator=numbers.statistic(test.denominator_degrees, 1),
        statistic=numbers.statistic(test.statistic),
        p=numbers.p_value(test.p_value),
        verdict=text["related" if test.p_value < 0.05 else "unrelated"],
    )
    console.print(said, highlight=False)


def _print_left_out(distribution: Distribution, console: Console, language: Language) -> None:
    """Parts that the test leaves out and answers that it takes together, by what people call them."""
    english = language is Language.ENGLISH
    said_of = (
        ("left_out", distribution.left_out, "part", "part_name_en" if english else "part_name"),
        ("rare", distribution.rare, "answer", "answer_label_en" if english else "answer_label"),
    )
    for key, codes, column, label in said_of:
        if codes:
            label_by_code = distribution.shares.drop_duplicates(column).set_index(column)[label]
            names = words_of(language).listed([str(label_by_code[code]) or code for code in codes])
            said = words(language)["share_table"][key].format(names=names)
            console.print(said, highlight=False, markup=False)

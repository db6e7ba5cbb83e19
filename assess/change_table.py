"""What the command line prints of a comparison: the district, headline measures by subdistrict, the rest."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assess.words import words
from reports import numbers
from reports.words import words_of
from surveys.area import AreaLevel
from surveys.compare import ChangeVerdict
from surveys.problem import Language
from surveys.questionnaire import Unit


def print_changes(changes: pd.DataFrame, console: Console, language: Language) -> None:
    """Changes of the district and of headline measures by subdistrict; how many of the others moved.

    Parameters
    ----------
    changes
        `surveys.compare.CHANGE_COLUMNS`.
    """
    text = words(language)["compare"]
    whole = changes["group"] == ""
    district = changes[whole & (changes["area_level"] == AreaLevel.DISTRICT)]
    in_family = whole & (changes["area_level"] == AreaLevel.SUBDISTRICT) & changes["headline"]
    note_of_reason: dict[str, str] = {}
    if not changes.empty:
        first = changes.iloc[0]
        title = text["title"].format(old=first["wave_old"], new=first["wave_new"])
        console.print(title, highlight=False, markup=False)
    order = {name: place for place, name in enumerate(dict.fromkeys(changes["measure"]))}
    family = changes[in_family].sort_values("measure", key=lambda names: names.map(order), kind="stable")
    for rows, title in ((district, text["district"]), (family, text["subdistricts"])):
        if not rows.empty:
            console.print(_table(rows, title, note_of_reason, language))
    for reason, note in note_of_reason.items():
        said = [words_of(language)(f"change_reason.{code}") for code in reason.split(";")]
        console.print(f" {note}  {words_of(language).listed(said)}", highlight=False)
    others = changes.drop(index=[*district.index, *family.index])
    if not others.empty:
        counts = others["verdict"].value_counts()
        numbers_of = {
            verdict.value: numbers.count(float(counts.get(verdict.value, 0))) for verdict in ChangeVerdict
        }
        console.print(text["others"].format(count=numbers.count(len(others)), **numbers_of), highlight=False)
    console.print(text["reading"], highlight=False)


def _table(rows: pd.DataFrame, title: str, note_of_reason: dict[str, str], language: Language) -> Table:
    text = words(language)
    table = Table(
        title=escape(title), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0)
    )
    several = len(set(rows["area_code"])) > 1
    table.add_column(text["table"]["measure"], overflow="fold", min_width=8)
    if several:
        table.add_column(text["table"]["area"], overflow="fold", min_width=6)
    for header in ("old_value", "now_value", "change", "interval"):
        table.add_column(text["compare"][header], justify="right", no_wrap=True)
    table.add_column(text["compare"]["n"], justify="right", no_wrap=True)
    table.add_column(text["table"]["verdict"], min_width=10)  # its words may take two lines, numbers may not
    noted = bool((rows["reason"] != "").any())
    if noted:
        table.add_column(text["table"]["note"], no_wrap=True, min_width=4)
    row: Any
    for row in rows.itertuples():
        unit = Unit(row.unit)
        note = ""
        if row.reason:
            note = note_of_reason.setdefault(row.reason, chr(ord("a") + len(note_of_reason)))
        area = [row.area_name] if several else []
        cells = (
            row.measure_name,
            *area,
            numbers.number(row.value_old, unit),
            numbers.number(row.value_new, unit),
            numbers.signed(row.change, unit),
            numbers.signed_interval(row.low, row.high, unit),
            numbers.of_both(row.n_old, row.n_new),
            words_of(language)(f"change_verdict.{row.verdict}"),
            *([note] if noted else []),
        )
        table.add_row(*(escape(str(cell)) for cell in cells))
    return table

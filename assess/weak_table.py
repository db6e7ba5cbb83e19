"""What the command line prints of weak indicators: a table for people, what was left out, totals by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assess.weak import WeakOfTree
from assess.words import words
from indicators.framework import Method
from indicators.status import WeaknessClass
from reports import numbers
from reports.words import words_of
from surveys.problem import Language
from surveys.questionnaire import Unit

SHAPE = {WeaknessClass.CONFIRMED: "▼", WeaknessClass.LIKELY: "◆", WeaknessClass.REST: "·"}
"""Classes are told by shape and word; colour is not needed."""


def print_weak(
    found: Sequence[WeakOfTree], asked: Sequence[str], console: Console, language: Language
) -> None:
    """Weak indicators of each tree; those that a unit only supports stand apart.

    Parameters
    ----------
    asked
        What was asked for, as the call named it (``--unit U1``), for the line below the table.
    """
    text = words(language)["weak"]
    if not found:
        console.print(text["no_framework"], highlight=False)
        return
    for tree in found:
        selection = tree.selection
        title = tree.framework.title if len(found) > 1 else ""
        if not selection.findings.empty:
            console.print(_table(selection.findings, title, language))
        if not selection.supporting.empty:
            supporting = f"{title} {text['supporting']}".strip()
            console.print(_table(selection.supporting, supporting, language))
        if selection.findings.empty and selection.supporting.empty:
            console.print(escape(f"{title} {text['none']}".strip()), highlight=False)
        else:
            console.print(_totals(selection.findings, language), highlight=False)
    if asked:
        filters = words_of(language).listed([escape(each) for each in asked])
        console.print(text["asked"].format(asked=filters), highlight=False)
    if any(not tree.selection.findings.empty for tree in found):
        console.print(text["reading"], highlight=False)


def _table(rows: pd.DataFrame, title: str, language: Language) -> Table:
    text = words(language)["weak"]
    table = Table(
        title=escape(title) if title else None,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    several = len(set(rows["area_code"])) > 1
    trend = bool(rows["change_verdict"].ne("").any())
    if several:
        table.add_column(text["area"], overflow="fold", min_width=6)
    table.add_column(text["indicator"], overflow="fold", min_width=10, ratio=3)
    table.add_column(text["class"], no_wrap=True)
    table.add_column(text["value"], justify="right", no_wrap=True)
    table.add_column(text["n"], justify="right", no_wrap=True)
    table.add_column(text["target"], justify="right", no_wrap=True)
    if trend:
        table.add_column(text["change"], justify="right", no_wrap=True)
    table.add_column(text["points"], justify="right", no_wrap=True)
    table.add_column(text["owner"], overflow="fold", min_width=6, ratio=2)
    columns = list(rows.columns)
    for row in rows.itertuples(index=False):
        area = [str(row[columns.index("area_name")])] if several else []
        cells = [*area, *_cells(row, WeaknessClass(row[columns.index("class")]), language, trend=trend)]
        table.add_row(*(escape(cell) for cell in cells))
    return table


def _cells(row: Any, kind: WeaknessClass, language: Language, *, trend: bool) -> list[str]:
    said = words_of(language)
    unit = Unit(row.unit)
    text = numbers.estimate_text(row.value, row.low, row.high, unit, row.target)
    change = []
    if row.change_verdict:
        moved = "" if row.change != row.change else numbers.signed(row.change, unit)
        change = [f"{moved}\n{said(f'trend.{row.change_verdict}')}".strip()]
    elif trend:
        change = [""]
    confirmed = numbers.small_points(row.points_confirmed_loss) if row.points_confirmed_loss > 0 else ""
    return [
        f"{row.node} {row.node_name}",
        f"{SHAPE[kind]} {said(f'weakness.{kind.value}')}",
        f"{text.value}\n{text.interval}".strip(),
        "" if row.method == Method.DOCUMENT else numbers.count(row.n),
        text.mark,
        *change,
        f"{numbers.small_points(row.points_recoverable)}\n{confirmed}".strip(),
        str(row.lead_unit_name) or said("weak.no_owner"),
    ]


def _totals(rows: pd.DataFrame, language: Language) -> str:
    """How many of each class; of one area also the points, which are parts of the same total."""
    text = words(language)["weak"]
    one_area = len(set(rows["area_code"])) == 1
    parts = []
    for kind in WeaknessClass:
        here = rows[rows["class"] == str(kind)]
        if here.empty:
            continue
        fields = {
            "kind": words_of(language)(f"weakness.{kind.value}"),
            "count": numbers.count(len(here)),
            "points": numbers.small_points(float(here["points_recoverable"].sum())),
        }
        parts.append(text["total_points" if one_area else "total"].format(**fields))
    return words_of(language)("list.semicolon").join(parts)

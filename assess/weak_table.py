"""What the command line prints of weak indicators: a table for people, what was left out, totals by class."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import fill
from typing import Any, Literal

import pandas as pd
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assess.weak import WeakOfTree
from assess.words import words
from indicators.framework import Method
from indicators.status import WeaknessClass
from reports import numbers
from reports.weak_chapters import is_unchanged, sample_text
from reports.words import words_of
from surveys.problem import Language
from surveys.questionnaire import Unit

SHAPE = {WeaknessClass.CONFIRMED: "▼", WeaknessClass.LIKELY: "◆", WeaknessClass.REST: "·"}
"""Classes are told by shape and word; colour is not needed."""
_FIGURES = frozenset({"value", "n", "target", "change", "points"})
_VERDICT_WIDTH = 13
_BETWEEN = 2
"""Blanks that each column adds: its padding, and the box's own."""


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
        title = tree.framework.title_in(language) if len(found) > 1 else ""
        if not selection.findings.empty:
            console.print(_table(selection.findings, title, console.width, language), crop=False)
        if not selection.supporting.empty:
            supporting = f"{title}\n{text['supporting']}".strip()
            table = _table(selection.supporting, supporting, console.width, language)
            console.print(table, crop=False)
        if selection.findings.empty and selection.supporting.empty:
            console.print(escape(f"{title}\n{text['none']}".strip()), highlight=False)
        else:
            console.print(_totals(selection.findings, language), highlight=False)
    if asked:
        filters = words_of(language).listed([escape(each) for each in asked])
        console.print(text["asked"].format(asked=filters), highlight=False)
    if any(not tree.selection.findings.empty for tree in found):
        console.print(text["reading"], highlight=False)


@dataclass(frozen=True)
class _Column:
    """A column of the table; `least` is 0 where lines must not be broken, else the least width for names."""

    heading: str
    cells: tuple[str, ...]
    least: int = 0
    justify: Literal["left", "right"] = "left"

    @property
    def longest(self) -> int:
        """The width in which no line is broken."""
        lines = [line for text in (self.heading, *self.cells) for line in text.splitlines()]
        return max(map(cell_len, lines), default=0)

    @property
    def width(self) -> int:
        """The width that is needed for nothing to be lost."""
        return min(self.least, self.longest) if self.least else self.longest

    def with_lines_of(self, other: _Column, heading: str = "") -> _Column:
        """The column with the lines of another below its own."""
        cells = (f"{own}\n{below}".strip() for own, below in zip(self.cells, other.cells, strict=True))
        least = max(self.least, other.width) if self.least else 0
        return replace(self, heading=heading or self.heading, cells=tuple(cells), least=least)


def _table(rows: pd.DataFrame, title: str, width: int, language: Language) -> Table:
    """A table that fits a terminal of this width; too narrow a one gets lines that are too long, not cut."""
    columns = _fitting(_columns(rows, language), width, words(language)["weak"])
    needed = _needed(columns)
    table = Table(
        title=escape(title) if title else None,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        width=needed if needed > width else None,
    )
    spare = max(width - needed, 0)
    for column in columns:
        more = min(spare, column.longest - column.width)
        spare -= more
        table.add_column(
            escape(column.heading), justify=column.justify, overflow="fold", width=column.width + more
        )
    for cells in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*(escape(cell) for cell in cells))
    return table


def _fitting(columns: dict[str, _Column], width: int, text: Mapping[str, str]) -> list[_Column]:
    """The columns, merged one after the other until they fit; what is merged last may still be too wide.

    The owner goes below the indicator and the area above it, the sample below the target, the class above
    the indicator.
    """
    if _needed(columns.values()) > width:
        below = f"{columns['indicator'].heading}\n{text['owner']}"
        columns["indicator"] = columns["indicator"].with_lines_of(columns.pop("owner"), below)
    if _needed(columns.values()) > width and "area" in columns:
        area = columns.pop("area")
        columns["indicator"] = _above(area, columns["indicator"])
    if _needed(columns.values()) > width:
        sample = columns.pop("n")
        columns["target"] = columns["target"].with_lines_of(sample, f"{text['target']}\n{text['n']}")
    if _needed(columns.values()) > width:
        columns["indicator"] = _above(columns.pop("class"), columns["indicator"])
    return list(columns.values())


def _above(upper: _Column, lower: _Column) -> _Column:
    """Two columns as one, the lines of the first on top."""
    heading = f"{upper.heading}\n{lower.heading}"
    return replace(upper, least=lower.least).with_lines_of(lower, heading)


def _needed(columns: Collection[_Column]) -> int:
    return sum(column.width + _BETWEEN for column in columns)


def _columns(rows: pd.DataFrame, language: Language) -> dict[str, _Column]:
    """Every column, by the key of its heading; areas where there are several, changes where there are any."""
    text = words(language)["weak"]
    trend = bool(rows["change_verdict"].ne("").any())
    named = rows.rename(columns={"class": "weakness"})  # `class` cannot be an attribute
    cells = [_cells(row, language) for row in named.itertuples(index=False)]
    kinds = {"area": 8, "indicator": 20, "class": 0, "value": 0, "n": 0, "target": 0, "change": 0}
    found = {}
    for key, least in (kinds | {"points": 0, "owner": 0}).items():
        if (key == "area" and len(set(rows["area_code"])) == 1) or (key == "change" and not trend):
            continue
        justify: Literal["left", "right"] = "right" if key in _FIGURES else "left"
        found[key] = _Column(text[key], tuple(each[key] for each in cells), least, justify)
    return found


def _cells(row: Any, language: Language) -> dict[str, str]:
    said = words_of(language)
    unit, kind = Unit(row.unit), WeaknessClass(row.weakness)
    text = numbers.estimate_text(row.value, row.low, row.high, unit, row.target)
    change = ""
    if row.change_verdict and is_unchanged(row):
        change = fill(said("leader.unchanged"), _VERDICT_WIDTH, break_long_words=False)
    elif row.change_verdict:
        moved = "" if row.change != row.change else numbers.signed(row.change, unit)
        # Words of a verdict may be broken between them, so that the column stays narrow.
        verdict = fill(said(f"trend.{row.change_verdict}"), _VERDICT_WIDTH, break_long_words=False)
        change = f"{moved}\n{verdict}".strip()
    confirmed = numbers.small_points(row.points_confirmed_loss) if row.points_confirmed_loss > 0 else ""
    return {
        "area": str(row.area_name),
        "indicator": f"{row.node} {row.node_name}",
        "class": f"{SHAPE[kind]} {said(f'weakness.{kind.value}')}",
        "value": f"{text.value}\n{text.interval}".strip(),
        "n": sample_text(said, row) if row.method == Method.DOCUMENT else numbers.count(row.n),
        "target": text.mark,
        "change": change,
        "points": f"{numbers.small_points(row.points_recoverable)}\n{confirmed}".strip(),
        "owner": str(row.lead_unit_name) or said("weak.no_owner"),
    }


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

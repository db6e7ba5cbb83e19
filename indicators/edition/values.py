"""Checks of a framework sheet's marks: goalposts, targets and vetoes, on the value's own scale."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from indicators.edition.sheet import Sheet
from indicators.framework import Indicator, Method, Scoring
from surveys.measure_reading import check_share
from surveys.problem import Problem
from surveys.questionnaire import Unit


def check_goalposts(sheet: Sheet) -> Iterator[Problem]:
    """Goalposts are there where the scoring needs them, in order, and on the value's own scale."""
    for at, row in enumerate(sheet.indicators):
        if row.scoring is Scoring.LINEAR and row.method is Method.QUESTIONNAIRE:
            if sheet.measures is not None and row.source in sheet.measures:
                yield from _linear(sheet, at, row)
        elif row.scoring in {Scoring.THRESHOLD, Scoring.WALK} and row.method is Method.OBSERVATION:
            yield from _of_form(sheet, at, row)


def check_targets(sheet: Sheet) -> Iterator[Problem]:
    """Targets and vetoes lie where values can: a measure's own scale, a share of the points elsewhere."""
    for at, row in enumerate(sheet.indicators):
        if row.method is not Method.NEGATIVE and row.target is not None:
            yield from check_mark(sheet, at, "target", row.target)
        if row.method is not Method.NEGATIVE and row.veto_below is not None:
            yield from check_mark(sheet, at, "veto_below", row.veto_below)


def _linear(sheet: Sheet, at: int, row: Indicator) -> Iterator[Problem]:
    if np.isnan(row.low) or np.isnan(row.high):
        column = "low" if np.isnan(row.low) else "high"
        yield sheet.problem(at, "goalpost_needed", column, "", node=row.code, scoring=str(row.scoring))
    elif row.low >= row.high:
        yield sheet.problem(at, "goalposts_reversed", "low", f"{row.low:g}", high=f"{row.high:g}")
    yield from check_mark(sheet, at, "low", row.low, or_zero=True)
    yield from check_mark(sheet, at, "high", row.high)


def _of_form(sheet: Sheet, at: int, row: Indicator) -> Iterator[Problem]:
    low, high = row.low, row.high
    if np.isnan(high):
        yield sheet.problem(at, "goalpost_needed", "high", "", node=row.code, scoring=str(row.scoring))
    elif low > high or (row.scoring is Scoring.WALK and low == high):
        yield sheet.problem(at, "goalposts_reversed", "low", f"{low:g}", high=f"{high:g}")
    elif row.scoring is Scoring.THRESHOLD:
        for column in ("low", "high"):
            yield from check_mark(sheet, at, column, float(sheet.rows[at][column]))


def check_mark(
    sheet: Sheet, at: int, column: str, value: float, *, or_zero: bool = False
) -> Iterator[Problem]:
    """A mark on a node's values lies in the range of its measure; where scoring begins it may be 0.

    So a share that was typed for points, or points for a share, is found whatever the column.
    """
    row = sheet.indicators[at]
    unit = sheet.unit(row)
    if np.isnan(value) or unit is None:
        return
    if unit is Unit.SHARE:
        yield from check_share(sheet.frame, int(sheet.rows[at]["_row"]), column, value)
        return
    low, high = sheet.range_by_measure[row.source]
    if low <= value <= high or (or_zero and value == 0):
        return
    code = "target_out_of_range" if column == "target" else "mark_out_of_range"
    span = f"{low:g}–{high:g}"
    yield sheet.problem(at, code, column, f"{value:g}", range=span, measure=row.source)

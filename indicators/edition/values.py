"""Checks of a framework sheet's marks: goalposts, targets and starts of steps, on the value's own scale."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from indicators.edition.sheet import FITTING_SCORINGS, Sheet, listed
from indicators.framework import Indicator, Method, Scoring
from surveys.measure_reading import check_share
from surveys.problem import Problem
from surveys.questionnaire import Unit


def check_scales(sheet: Sheet) -> Iterator[Problem]:
    """A step scale exists, has grades for documents and starts elsewhere, and its starts fit the measure."""
    for at, row in enumerate(sheet.indicators):
        named = row.scoring is Scoring.STEPS or (row.scoring is Scoring.QUOTA and row.scale)
        if row.method is None or row.scoring not in FITTING_SCORINGS[row.method] or not named:
            continue
        scale = sheet.steps.get(row.scale)
        if scale is None:
            yield sheet.problem(at, "unknown_step_scale", "scale", row.scale, names=listed(sheet.steps))
        elif any(step.grade for step in scale) is not (row.method is Method.DOCUMENT):
            code = "document_needs_grades" if row.method is Method.DOCUMENT else "value_needs_starts"
            yield sheet.problem(at, code, "scale", row.scale)
        elif row.method is Method.QUESTIONNAIRE:
            for step in scale:
                if step.start is not None:
                    yield from _mark(sheet, at, "scale", step.start, or_zero=True)


def check_goalposts(sheet: Sheet) -> Iterator[Problem]:
    """Goalposts are there where the scoring needs them, in order, and on the value's own scale."""
    for at, row in enumerate(sheet.indicators):
        if row.scoring is Scoring.LINEAR and row.method is Method.QUESTIONNAIRE:
            if row.source in sheet.measures:
                yield from _linear(sheet, at, row)
        elif row.scoring in {Scoring.THRESHOLD, Scoring.WALK} and row.method is Method.OBSERVATION:
            yield from _of_form(sheet, at, row)


def check_targets(sheet: Sheet) -> Iterator[Problem]:
    """Targets lie where values can: a measure's own scale, a share of the points elsewhere."""
    for at, row in enumerate(sheet.indicators):
        if row.method is not Method.NEGATIVE and row.target is not None:
            yield from _mark(sheet, at, "target", row.target)


def _linear(sheet: Sheet, at: int, row: Indicator) -> Iterator[Problem]:
    if np.isnan(row.low) or np.isnan(row.high):
        column = "low" if np.isnan(row.low) else "high"
        yield sheet.problem(at, "goalpost_needed", column, "", node=row.code, scoring=str(row.scoring))
    elif row.low >= row.high:
        yield sheet.problem(at, "goalposts_reversed", "low", f"{row.low:g}", high=f"{row.high:g}")
    yield from _mark(sheet, at, "low", row.low, or_zero=True)
    yield from _mark(sheet, at, "high", row.high)


def _of_form(sheet: Sheet, at: int, row: Indicator) -> Iterator[Problem]:
    low, high = row.low, row.high
    if np.isnan(high):
        yield sheet.problem(at, "goalpost_needed", "high", "", node=row.code, scoring=str(row.scoring))
    elif low > high or (row.scoring is Scoring.WALK and low == high):
        yield sheet.problem(at, "goalposts_reversed", "low", f"{low:g}", high=f"{high:g}")
    elif row.scoring is Scoring.THRESHOLD:
        for column in ("low", "high"):
            yield from _mark(sheet, at, column, float(sheet.rows[at][column]))


def _mark(sheet: Sheet, at: int, column: str, value: float, *, or_zero: bool = False) -> Iterator[Problem]:
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

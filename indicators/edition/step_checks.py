"""Checks of step scales: each row by itself, and each scale where a leaf uses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from indicators.edition.sheet import FITTING_SCORINGS, Sheet, listed
from indicators.edition.values import check_mark
from indicators.framework import Direction, Indicator, Method, Scoring, Step
from surveys.problem import Problem, Severity
from surveys.questionnaire import Unit
from surveys.table import header_of


def check_steps(frame: pd.DataFrame) -> tuple[Problem, ...]:
    """A step has a value or a grade, not both; no scale mixes them or names one twice."""
    problems: list[Problem] = []
    kinds: dict[str, str] = {}
    seen: set[tuple[str, float, str]] = set()
    for row in frame.to_dict("records"):
        scale, start, grade = str(row["scale"]), float(row["from"]), str(row["grade"])
        found: list[tuple[str, str]] = []
        if np.isnan(start) == (grade == ""):
            found.append(("step_without_mark", "from"))
        elif kinds.setdefault(scale, "grade" if grade else "from") != ("grade" if grade else "from"):
            found.append(("mixed_steps", "grade" if grade else "from"))
        mark = (scale, -np.inf if np.isnan(start) else start, grade)
        if mark in seen:
            found.append(("step_twice", "grade" if grade else "from"))
        seen.add(mark)
        file, at = str(frame.attrs["file"]), int(row["_row"])
        problems += [
            Problem(
                code,
                Severity.ERROR,
                file,
                at,
                header_of(frame, column),
                scale,
                {"mark": grade or f"{start:g}"},
            )
            for code, column in found
        ]
    return tuple(problems)


def check_scales(sheet: Sheet) -> Iterator[Problem]:
    """A step scale exists, has grades for documents and starts elsewhere, and its starts fit the measure.

    A start that does not fit is told at its own row of `steps`, once for all leaves that share the scale.
    """
    told: set[tuple[object, ...]] = set()
    for at, row in enumerate(sheet.indicators):
        named = row.scoring is Scoring.STEPS or (row.scoring is Scoring.QUOTA and row.scale)
        if row.method is None or row.scoring not in FITTING_SCORINGS[row.method] or not named:
            continue
        scale = sheet.steps.get(row.scale)
        if scale is None and not sheet.steps:
            yield sheet.problem(at, "no_step_scales", "scale", row.scale, node=row.code)
        elif scale is None and not row.scale:
            yield sheet.problem(at, "step_scale_needed", "scale", names=listed(sheet.steps), node=row.code)
        elif scale is None:
            yield sheet.problem(at, "unknown_step_scale", "scale", row.scale, names=listed(sheet.steps))
        elif any(step.grade for step in scale) is not (row.method is Method.DOCUMENT):
            code = "document_needs_grades" if row.method is Method.DOCUMENT else "value_needs_starts"
            yield sheet.problem(at, code, "scale", row.scale)
        elif row.method is Method.QUESTIONNAIRE:
            for problem in _off_scale(sheet, at):
                key = (problem.code, problem.row, *problem.detail.items())
                if key not in told:
                    yield problem
                told.add(key)


def check_step_order(sheet: Sheet) -> Iterator[Problem]:
    """Steps leave no gap below the lowest one, and better values never score less.

    A scale that began above the lowest value would give everything below it a silent 0. A quota's steps
    count what is missing: they begin at 0, and more missing never scores more.
    """
    for at, row in enumerate(sheet.indicators):
        steps = _starts(sheet, row)
        if not steps:
            continue
        first = steps[0][0]
        lowest = _lowest_value(sheet, row, first)
        if lowest is not None and first > lowest:
            detail = {"first": f"{first:g}", "lowest": f"{lowest:g}", "node": row.code}
            yield sheet.problem(at, "steps_gap", "scale", row.scale, **detail)
        falling = row.scoring is Scoring.QUOTA or row.direction is Direction.DOWN
        # A start off the scale is an error already; where it stands among the others means nothing.
        off = {problem.value for problem in _off_scale(sheet, at)}
        for (_, before), (start, score) in pairwise(step for step in steps if f"{step[0]:g}" not in off):
            if (score > before) if falling else (score < before):
                detail = {"start": f"{start:g}", "score": f"{score:g}", "before": f"{before:g}"}
                yield sheet.problem(at, "steps_not_monotone", "scale", row.scale, node=row.code, **detail)
                break


def _off_scale(sheet: Sheet, at: int) -> Iterator[Problem]:
    """Starts of a leaf's scale that are no values of its measure, at their rows of the table `steps`."""
    frame, row = sheet.step_frame, sheet.indicators[at]
    if row.method is not Method.QUESTIONNAIRE or row.scale not in sheet.steps:
        return
    mine = frame[frame["scale"].astype(str) == row.scale]
    for start, line in zip(mine["from"].astype(float), mine["_row"], strict=True):
        for problem in check_mark(sheet, at, "scale", float(start), or_zero=True):
            file, column = str(frame.attrs["file"]), header_of(frame, "from")
            yield replace(problem, file=file, row=int(line), column=column)


def _starts(sheet: Sheet, row: Indicator) -> list[tuple[float, float]]:
    """Starts and scores of the numeric scale of a leaf, lowest first; empty where it uses none."""
    by_value = row.method is Method.QUESTIONNAIRE and row.scoring is Scoring.STEPS
    scale: tuple[Step, ...] = sheet.steps.get(row.scale, ())
    if not (by_value or row.scoring is Scoring.QUOTA) or any(step.grade for step in scale):
        return []
    return sorted((step.start, step.score_share) for step in scale if step.start is not None)


def _lowest_value(sheet: Sheet, row: Indicator, first: float) -> float | None:
    """Where the values of a leaf begin; None where that is not known."""
    if row.scoring is Scoring.QUOTA:
        return 0.0
    match sheet.unit(row):
        case Unit.SHARE | Unit.POINTS:
            return 0.0
        case Unit.SCALE:
            low = sheet.range_by_measure[row.source][0]
            return low if np.isfinite(low) else None
        case None:  # without its measure only starts below 1 tell what they are: shares
            return 0.0 if first < 1 else None

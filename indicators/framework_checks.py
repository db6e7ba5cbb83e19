"""Every check of the framework sheet; each returns all of its problems."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from indicators.framework import Aggregate, Indicator, Method, Missing, Scoring, Step
from indicators.unit import ResponsibleUnit
from surveys.problem import Problem, Severity
from surveys.questionnaire import Measure, Unit
from surveys.table import header_of

FULL_POINTS = 100.0
"""What the top nodes usually add up to; other sums are rescaled to it."""
POINTS_TOLERANCE = 1e-9

FITTING_SCORINGS: Mapping[Method, tuple[Scoring, ...]] = {
    Method.QUESTIONNAIRE: (Scoring.LINEAR, Scoring.STEPS),
    Method.DOCUMENT: (Scoring.STEPS,),
    Method.NEGATIVE: (Scoring.PER_EVENT,),
    Method.OBSERVATION: (
        Scoring.PASS_SHARE,
        Scoring.QUOTA,
        Scoring.RATIO,
        Scoring.THRESHOLD,
        Scoring.ZERO_TOLERANCE,
        Scoring.WALK,
    ),
}


@dataclass(frozen=True)
class Sheet:
    """A framework table with what its checks look up.

    Parameters
    ----------
    rows
        Parsed rows as dictionaries, beside `indicators` in the same order.
    """

    frame: pd.DataFrame
    rows: tuple[dict[str, Any], ...]
    indicators: tuple[Indicator, ...]
    steps: Mapping[str, tuple[Step, ...]]
    measures: Mapping[str, Measure]
    units: Mapping[str, ResponsibleUnit]

    def problem(self, at: int, code: str, column: str, value: object = "", **detail: str) -> Problem:
        """An error in the row at position `at`."""
        file, row = str(self.frame.attrs["file"]), int(self.rows[at]["_row"])
        return Problem(code, Severity.ERROR, file, row, header_of(self.frame, column), str(value), detail)


def check_framework(sheet: Sheet) -> tuple[Problem, ...]:
    """All problems of a framework sheet, in the order of its rows within each check."""
    checks: tuple[Callable[[Sheet], Iterator[Problem]], ...] = (
        _parents,
        _cycles,
        _points,
        _methods,
        _sources,
        _scorings,
        _goalposts,
        _targets,
        _nodes,
        _negative_items,
        _owners,
    )
    return tuple(problem for check in checks for problem in check(sheet))


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


def _parents(sheet: Sheet) -> Iterator[Problem]:
    known = {row.code: row for row in sheet.indicators}
    for at, row in enumerate(sheet.indicators):
        if row.parent and row.parent not in known:
            yield sheet.problem(at, "unknown_parent_node", "parent", row.parent)
        elif row.parent and known[row.parent].method is not None:
            yield sheet.problem(at, "parent_is_leaf", "parent", row.parent)


def _cycles(sheet: Sheet) -> Iterator[Problem]:
    parent_of = {row.code: row.parent for row in sheet.indicators}
    reported: set[str] = set()
    for at, row in enumerate(sheet.indicators):
        path: list[str] = []
        code = row.code
        while code in parent_of and code not in path:
            path.append(code)
            code = parent_of[code]
        # Only rows on the circle itself are reported, and each circle once.
        if code == row.code and code in path and code not in reported:
            reported |= set(path)
            yield sheet.problem(at, "parent_cycle", "parent", row.parent, path=" → ".join([*path, code]))


def _points(sheet: Sheet) -> Iterator[Problem]:
    for at, row in enumerate(sheet.indicators):
        if row.points <= 0:
            yield sheet.problem(at, "points_not_positive", "points", f"{row.points:g}")
        children = [child for child in sheet.indicators if child.parent == row.code]
        scored = [child.points for child in children if child.method is not Method.NEGATIVE]
        difference = float(np.sum(scored)) - row.points
        if scored and abs(difference) > POINTS_TOLERANCE * max(1.0, abs(row.points)):
            detail = {"sum": f"{np.sum(scored):.10g}", "difference": f"{difference:+.10g}", "node": row.code}
            yield sheet.problem(at, "points_do_not_add_up", "points", f"{row.points:.10g}", **detail)
    roots = [row for row in sheet.indicators if not row.parent and row.method is not Method.NEGATIVE]
    total = float(np.sum([root.points for root in roots]))
    if roots and abs(total - FULL_POINTS) > POINTS_TOLERANCE * FULL_POINTS:
        column, file = header_of(sheet.frame, "points"), str(sheet.frame.attrs["file"])
        yield Problem("points_not_hundred", Severity.WARNING, file, column=column, value=f"{total:.10g}")


def _methods(sheet: Sheet) -> Iterator[Problem]:
    inner = {row.parent for row in sheet.indicators}
    for at, row in enumerate(sheet.indicators):
        if row.method is None and row.code not in inner:
            yield sheet.problem(at, "leaf_without_method", "method", "", node=row.code)
        elif row.method is not None and row.code in inner:
            yield sheet.problem(at, "node_with_method", "method", row.method, node=row.code)


def _sources(sheet: Sheet) -> Iterator[Problem]:
    first: dict[tuple[Method, str], str] = {}
    for at, row in enumerate(sheet.indicators):
        if row.method is not None and not row.source:
            yield sheet.problem(at, "leaf_without_source", "source", "", node=row.code)
        elif row.method is Method.QUESTIONNAIRE and row.source not in sheet.measures:
            yield sheet.problem(at, "unknown_measure", "source", row.source, names=_listed(sheet.measures))
        elif row.method is not None and row.method is not Method.QUESTIONNAIRE:
            # One check, review or event must not count for two leaves; one measure may feed several.
            other = first.setdefault((row.method, row.source), row.code)
            if other != row.code:
                yield sheet.problem(at, "source_twice", "source", row.source, other=other)


def _scorings(sheet: Sheet) -> Iterator[Problem]:
    for at, row in enumerate(sheet.indicators):
        if row.method is None:
            continue
        fitting = FITTING_SCORINGS[row.method]
        if row.scoring not in fitting:
            names = _listed(fitting)
            yield sheet.problem(
                at, "scoring_does_not_fit", "scoring", row.scoring or "", names=names, node=row.code
            )
        elif row.scoring is Scoring.STEPS or (row.scoring is Scoring.QUOTA and row.scale):
            yield from _scale_of(sheet, at, row)


def _scale_of(sheet: Sheet, at: int, row: Indicator) -> Iterator[Problem]:
    scale = sheet.steps.get(row.scale)
    if scale is None:
        yield sheet.problem(at, "unknown_step_scale", "scale", row.scale, names=_listed(sheet.steps))
    elif any(step.grade for step in scale) is not (row.method is Method.DOCUMENT):
        code = "document_needs_grades" if row.method is Method.DOCUMENT else "value_needs_starts"
        yield sheet.problem(at, code, "scale", row.scale)
    elif row.method is Method.QUESTIONNAIRE and _unit(sheet, row) is Unit.SHARE:
        for step in scale:
            if step.start is not None and not 0 <= step.start <= 1:
                yield sheet.problem(at, "bare_share", "scale", f"{step.start:g}", **_as_share(step.start))


def _goalposts(sheet: Sheet) -> Iterator[Problem]:
    for at, row in enumerate(sheet.indicators):
        if (
            row.scoring is Scoring.LINEAR
            and row.method is Method.QUESTIONNAIRE
            and row.source in sheet.measures
        ):
            yield from _linear_goalposts(sheet, at, row)
        elif row.scoring in {Scoring.THRESHOLD, Scoring.WALK} and row.method is Method.OBSERVATION:
            low, high = row.low, row.high
            if np.isnan(high):
                yield sheet.problem(
                    at, "goalpost_needed", "high", "", node=row.code, scoring=str(row.scoring)
                )
            elif low > high or (row.scoring is Scoring.WALK and low == high):
                yield sheet.problem(at, "goalposts_reversed", "low", f"{low:g}", high=f"{high:g}")
            elif row.scoring is Scoring.THRESHOLD:
                yield from _bare_shares(sheet, at, ("low", "high"))


def _linear_goalposts(sheet: Sheet, at: int, row: Indicator) -> Iterator[Problem]:
    if np.isnan(row.low) or np.isnan(row.high):
        column = "low" if np.isnan(row.low) else "high"
        yield sheet.problem(at, "goalpost_needed", column, "", node=row.code, scoring=str(row.scoring))
    elif row.low >= row.high:
        yield sheet.problem(at, "goalposts_reversed", "low", f"{row.low:g}", high=f"{row.high:g}")
    if _unit(sheet, row) is Unit.SHARE:
        yield from _bare_shares(sheet, at, ("low", "high"))


def _targets(sheet: Sheet) -> Iterator[Problem]:
    for at, row in enumerate(sheet.indicators):
        if row.method is Method.NEGATIVE or row.target is None:
            continue
        unit = _unit(sheet, row)
        if unit is Unit.SHARE:
            yield from _bare_shares(sheet, at, ("target",))
        elif unit is Unit.POINTS and not 0 <= row.target <= 100:
            yield sheet.problem(at, "target_out_of_range", "target", f"{row.target:g}", range="0–100")


def _bare_shares(sheet: Sheet, at: int, columns: Iterable[str]) -> Iterator[Problem]:
    for column in columns:
        value = float(sheet.rows[at][column])
        if not np.isnan(value) and not 0 <= value <= 1:
            yield sheet.problem(at, "bare_share", column, f"{value:g}", **_as_share(value))


def _nodes(sheet: Sheet) -> Iterator[Problem]:
    for at, row in enumerate(sheet.indicators):
        if row.aggregate is Aggregate.GEOMETRIC and row.method is None and not 0 < row.floor < 1:
            yield sheet.problem(at, "geometric_without_floor", "floor", f"{row.floor:g}", node=row.code)
        if row.missing is Missing.CARRY:
            yield sheet.problem(at, "carry_not_supported", "missing", row.missing)


def _negative_items(sheet: Sheet) -> Iterator[Problem]:
    for at, row in enumerate(sheet.indicators):
        if row.method is not Method.NEGATIVE:
            continue
        if row.cap is not None and row.cap < 0:
            yield sheet.problem(at, "negative_cap", "cap", f"{row.cap:g}")
        if row.window_months < 1:
            yield sheet.problem(at, "window_not_positive", "window_months", row.window_months)


def _owners(sheet: Sheet) -> Iterator[Problem]:
    if not sheet.units:  # without a table of units the sheet's own words are what is printed
        return
    for at, row in enumerate(sheet.indicators):
        named = [("lead_unit", row.lead_unit), ("group", row.group), ("task_force", row.task_force)]
        named += [("supporting_units", unit) for unit in row.supporting_units]
        for column, unit in named:
            if unit and unit not in sheet.units:
                yield sheet.problem(at, "unknown_unit", column, unit)


def _unit(sheet: Sheet, row: Indicator) -> Unit | None:
    """Unit of a node's value: that of the measure, a share of the points elsewhere; None if unknown."""
    if row.method is not Method.QUESTIONNAIRE:
        return Unit.SHARE
    measure = sheet.measures.get(row.source)
    return None if measure is None else measure.kind.unit


def _as_share(value: float) -> dict[str, str]:
    return {"percent": f"{value:g}%", "share": f"{value / 100:g}"}


def _listed(names: Iterable[str]) -> str:
    return "、".join(str(name) for name in names) or "—"

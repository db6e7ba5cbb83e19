"""Every check of the framework sheet; each returns all of its problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from indicators.edition.sheet import FITTING_SCORINGS, Sheet, listed
from indicators.edition.values import check_goalposts, check_scales, check_targets
from indicators.framework import Aggregate, Direction, Method, Missing
from surveys.problem import Problem, Severity
from surveys.table import header_of

FULL_POINTS = 100.0
"""What the top nodes usually add up to; other sums are rescaled to it."""
POINTS_TOLERANCE = 1e-9


def check_framework(sheet: Sheet) -> tuple[Problem, ...]:
    """All problems of a framework sheet, in the order of its rows within each check."""
    checks: tuple[Callable[[Sheet], Iterator[Problem]], ...] = (
        _parents,
        _cycles,
        _points,
        _methods,
        _sources,
        _scorings,
        _directions,
        check_scales,
        check_goalposts,
        check_targets,
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
            yield sheet.problem(at, "unknown_measure", "source", row.source, names=listed(sheet.measures))
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
            names = listed(fitting)
            yield sheet.problem(
                at, "scoring_does_not_fit", "scoring", row.scoring or "", names=names, node=row.code
            )


def _directions(sheet: Sheet) -> Iterator[Problem]:
    """Less is better for values of questionnaires only; elsewhere the value is a score already."""
    for at, row in enumerate(sheet.indicators):
        if row.direction is Direction.DOWN and row.method is not Method.QUESTIONNAIRE:
            yield sheet.problem(
                at, "direction_needs_questionnaire", "direction", row.direction, node=row.code
            )


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

"""Every check of the framework sheet; each returns all of its problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from indicators.edition.sheet import FITTING_SCORINGS, Sheet, listed
from indicators.edition.step_checks import check_scales, check_step_order
from indicators.edition.values import check_goalposts, check_targets
from indicators.framework import FULL_POINTS, Aggregate, Direction, Method, Missing
from surveys.problem import Problem, Severity, shorten
from surveys.quality import list_rows
from surveys.table import header_of

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
        check_step_order,
        check_goalposts,
        check_targets,
        _nodes,
        _negative_items,
        _vetoes,
        _carried,
        _owners,
    )
    return _blanks_together([problem for check in checks for problem in check(sheet)])


def _blanks_together(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """One problem for the blank cells of a column that call for the same, with its indicators and rows."""
    alike: dict[object, list[Problem]] = {}
    for number, problem in enumerate(problems):
        told = tuple(pair for pair in problem.detail.items() if pair[0] != "node")
        blank = not problem.value and "node" in problem.detail and problem.row is not None
        key = (problem.code, problem.severity, problem.column, told) if blank else number
        alike.setdefault(key, []).append(problem)
    return tuple(_together(same) if len(same) > 1 else same[0] for same in alike.values())


def _together(same: Sequence[Problem]) -> Problem:
    rows = np.array([problem.row for problem in same])
    detail = {"node": listed(problem.detail["node"] for problem in same), "listed_rows": list_rows(rows)}
    return replace(same[0], detail={**same[0].detail, **detail}, count=len(same))


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
    strays = _points_of_strays(sheet)
    for at, row in enumerate(sheet.indicators):
        only_vetoes = row.method is Method.NEGATIVE and row.points == 0 and row.veto_grade
        if row.points <= 0 and not only_vetoes:
            yield sheet.problem(at, "points_not_positive", "points", f"{row.points:g}")
        children = [child for child in sheet.indicators if child.parent == row.code]
        scored = [child.points for child in children if child.method is not Method.NEGATIVE]
        difference = float(np.sum(scored)) - row.points
        nearly = POINTS_TOLERANCE * max(1.0, abs(row.points))
        # Points below 0 are an error already, and so are those of a stray row: no sum is wrong beside them.
        told = min([row.points, *scored]) < 0 or any(abs(difference + points) <= nearly for points in strays)
        if scored and abs(difference) > nearly and not told:
            detail = {"sum": f"{np.sum(scored):.10g}", "difference": f"{difference:+.10g}", "node": row.code}
            yield sheet.problem(at, "points_do_not_add_up", "points", f"{row.points:.10g}", **detail)
    roots = [row for row in sheet.indicators if not row.parent and row.method is not Method.NEGATIVE]
    total = float(np.sum([root.points for root in roots]))
    told = any(root.points < 0 for root in roots)
    if roots and not told and abs(total - FULL_POINTS) > POINTS_TOLERANCE * FULL_POINTS:
        column, file = header_of(sheet.frame, "points"), str(sheet.frame.attrs["file"])
        yield Problem("points_not_hundred", Severity.WARNING, file, column=column, value=f"{total:.10g}")


def _points_of_strays(sheet: Sheet) -> list[float]:
    """Points of rows with an unknown parent, an error already: where one is missing, the sum is no other."""
    known = {row.code for row in sheet.indicators}
    return [row.points for row in sheet.indicators if row.parent and row.parent not in known]


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
        elif row.method is Method.QUESTIONNAIRE:
            if sheet.measures is not None and row.source not in sheet.measures:
                yield sheet.problem(at, "unknown_measure", "source", row.source, names=listed(sheet.measures))
        elif row.method is not None:
            # One check, review or event must not count for two leaves; one measure may feed several.
            other = first.setdefault((row.method, row.source), row.code)
            if other != row.code:
                yield sheet.problem(at, "source_twice", "source", row.source, other=other)


def _scorings(sheet: Sheet) -> Iterator[Problem]:
    for at, row in enumerate(sheet.indicators):
        if row.method is None:
            continue
        fitting = FITTING_SCORINGS[row.method]
        if row.scoring not in fitting and not sheet.is_unread(at, "scoring"):
            code = "scoring_does_not_fit" if row.scoring else "scoring_needed"
            yield sheet.problem(at, code, "scoring", row.scoring or "", names=listed(fitting), node=row.code)


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
            code = "geometric_floor_too_high" if row.floor >= 1 else "geometric_without_floor"
            yield sheet.problem(at, code, "floor", f"{row.floor:g}", node=row.code)


def _negative_items(sheet: Sheet) -> Iterator[Problem]:
    for at, row in enumerate(sheet.indicators):
        if row.method is not Method.NEGATIVE:
            continue
        if row.cap is not None and row.cap < 0:
            yield sheet.problem(at, "negative_cap", "cap", f"{row.cap:g}")
        if row.window_months < 1:
            yield sheet.problem(at, "window_not_positive", "window_months", row.window_months)


def _vetoes(sheet: Sheet) -> Iterator[Problem]:
    """A veto of an estimate says below which mark; one of an event needs none."""
    for at, row in enumerate(sheet.indicators):
        if row.method is Method.NEGATIVE:
            if row.veto_below is not None:
                yield sheet.problem(at, "veto_mark_of_event", "veto_below", f"{row.veto_below:g}")
        elif row.veto_grade and row.veto_below is None:
            yield sheet.problem(at, "veto_without_rule", "veto_grade", row.veto_grade, node=row.code)
        elif row.veto_below is not None and not row.veto_grade:
            yield sheet.problem(at, "veto_without_grade", "veto_below", f"{row.veto_below:g}", node=row.code)
        elif row.veto_below is not None and row.direction is Direction.DOWN:
            yield sheet.problem(at, "veto_needs_up", "veto_below", f"{row.veto_below:g}", node=row.code)


def _carried(sheet: Sheet) -> Iterator[Problem]:
    rows = [at for at, row in enumerate(sheet.indicators) if row.missing is Missing.CARRY]
    if rows and not sheet.has_previous:
        yield sheet.warning_of("carry_without_previous", "missing", rows)


def _owners(sheet: Sheet) -> Iterator[Problem]:
    leaves = [at for at, row in enumerate(sheet.indicators) if row.method not in {None, Method.NEGATIVE}]
    orphans = [at for at in leaves if not sheet.indicators[at].lead_unit]
    if orphans and sheet.edition:  # told by its name: its file is not the user's to fill in
        nodes = shorten(listed(sheet.indicators[at].code for at in orphans))
        detail, column = {"nodes": nodes}, header_of(sheet.frame, "lead_unit")
        yield Problem(
            "edition_without_owner", Severity.WARNING, column=column, value=sheet.edition, detail=detail
        )
    elif orphans:
        yield sheet.warning_of("leaves_without_owner", "lead_unit", orphans)
    if not sheet.units:  # without a table of units the sheet's own words are what is printed
        return
    for at, row in enumerate(sheet.indicators):
        named = [("lead_unit", row.lead_unit), ("group", row.group), ("task_force", row.task_force)]
        named += [("supporting_units", unit) for unit in row.supporting_units]
        for column, unit in named:
            if unit and unit not in sheet.units:
                yield sheet.problem(at, "unknown_unit", column, unit)

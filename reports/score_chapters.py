"""Chapters on scores: totals and projects by subdistrict, the district's tree, deductions."""

from __future__ import annotations

import math
from typing import Any

from indicators.framework import Indicator
from indicators.status import NodeStatus
from reports import numbers
from reports.axis import axis_of
from reports.blank_notes import blank_notes
from reports.chart import DotRow, Layout, bar, dot_chart
from reports.context import Context
from reports.deduction_table import deduction_tables
from reports.page import Align, Cell, Chapter, Column, Figure, Figures, RowGroup, Table, Tone
from reports.text_width import text_width
from surveys.questionnaire import Unit
from surveys.verdict import Verdict

MOST_PROJECTS = 8  # columns of one table; more are dealt out evenly over several
BAR_WIDTH = 66.0


def scores_by_subdistrict(context: Context) -> Chapter | None:
    """Totals with their ranges, then 得分率 of each project in each subdistrict."""
    totals = [score for area in _subdistricts(context) if (score := context.score(area.code)) is not None]
    measured = [score for score in totals if not math.isnan(score.points_earned)]
    if not measured:
        return None
    words = context.words
    ordered = sorted(measured, key=lambda score: -score.points_earned)
    ordered += [score for score in totals if math.isnan(score.points_earned)]
    columns = math.ceil(len(context.projects) / math.ceil(len(context.projects) / MOST_PROJECTS))
    tables = [
        _project_table(context, totals, context.projects[i : i + columns])
        for i in range(0, len(context.projects), columns)
    ]
    return Chapter(
        words("scores.title"),
        (_totals_figure(context, ordered), *tables),
        lead=words("list.sentence").join([words("scores.reading"), words("rates.order_note")]),
    )


def district_tree(context: Context) -> Chapter | None:
    """Projects and contents of the district: points, range, coverage, bounds; then deductions."""
    framework = context.framework
    if framework is None:
        return None
    words = context.words
    district = context.assessment.wave.areas.district
    groups = []
    for project in context.projects:
        rows = [_tree_row(context, district.code, project, Tone.STRONG)]
        rows += [
            _tree_row(context, district.code, child, Tone.INDENTED)
            for child in framework.children(project.code)
            if child.method is None
        ]
        groups.append(RowGroup(tuple(rows)))
    columns = (
        Column(words("column.node"), Align.NAME, 24),
        Column(words("column.points"), Align.NUMBER, 8),
        Column(words("column.earned"), Align.NUMBER, 9),
        Column(words("column.interval"), Align.NUMBER, 13),
        Column(words("column.earned_share"), Align.NUMBER, 9),
        Column("", Align.TEXT, 15),
        Column(words("column.coverage"), Align.NUMBER, 9),
        Column(words("column.bounds"), Align.NUMBER, 13),
    )
    groups += _total_rows(context, district.code)
    table = Table(columns, tuple(groups), note=words("scores.tree_note"))
    deductions = deduction_tables(context, district)
    return Chapter(words("scores.tree_title"), (table, *deductions, *blank_notes(context)))


def own_projects(context: Context, area_code: str) -> Table | None:
    """Projects of one area beside the district's, for a scorecard."""
    rows = _own_project_rows(context, area_code)
    if not rows:
        return None
    words = context.words
    columns = (
        Column(words("column.project"), Align.NAME, 22),
        Column(words("column.earned"), Align.NUMBER, 9),
        Column(words("column.interval"), Align.NUMBER, 14),
        Column(words("column.points"), Align.NUMBER, 9),
        Column(words("column.earned_share"), Align.NUMBER, 11),
        Column("", Align.TEXT, 15),
        Column(words("column.district_share"), Align.NUMBER, 11),
        Column(words("column.coverage"), Align.NUMBER),
    )
    return Table(columns, (RowGroup(rows),), heading=words("scorecard.projects"))


def _own_project_rows(context: Context, area_code: str) -> tuple[tuple[Cell, ...], ...]:
    district = context.assessment.wave.areas.district
    rows = []
    for project in context.projects:
        own, whole = context.score(area_code, project.code), context.score(district.code, project.code)
        if own is None:
            continue
        rows.append(
            (
                Cell(project.name),
                Cell(numbers.points(own.points_earned), tone=Tone.STRONG),
                Cell(numbers.interval(own.low, own.high, Unit.POINTS)),
                Cell(numbers.declared(own.points)),
                Cell(numbers.number(own.score_share, Unit.SHARE)),
                Cell("", svg=_share_bar(context, project.name, own.score_share)),
                Cell(numbers.DASH if whole is None else numbers.number(whole.score_share, Unit.SHARE)),
                Cell(numbers.number(own.coverage, Unit.SHARE)),
            )
        )
    return tuple(rows)


def _subdistricts(context: Context) -> tuple[Any, ...]:
    return context.assessment.wave.areas.subdistricts


def _totals_figure(context: Context, totals: list[Any]) -> Figures:
    words = context.words
    district = context.score(context.assessment.wave.areas.district.code)
    rows = [_total_row(context, score) for score in totals]
    if district is not None and not math.isnan(district.points_earned):
        rows.insert(0, _total_row(context, district, strong=True))
    axis = axis_of([v for row in rows for v in (row.value, row.low, row.high, row.mark)], "", 1.0, most=100.0)
    label = min(150.0, max(text_width(row.label, 7.6) for row in rows) + 2)
    layout = Layout(504.0, min(10.6, max(9.0, 560 / len(rows))), label, 80.0, 7.6, 44.0)
    lowest, highest = min(s.points_earned for s in totals), max(s.points_earned for s in totals)
    finding = words("scores.finding", lowest=numbers.points(lowest), highest=numbers.points(highest))
    mark = next((score.target for score in totals if not math.isnan(score.target)), math.nan)
    mark_label = "" if math.isnan(mark) else words("rates.mark", mark=numbers.mark_text(mark, Unit.POINTS))
    chart = dot_chart(
        rows, axis, layout, finding, mark_label=mark_label, count_title=words("column.coverage")
    )
    return Figures(((Figure(chart, words("scores.total"), finding),),))


def _total_row(context: Context, score: Any, *, strong: bool = False) -> DotRow:
    text = numbers.estimate_text(score.points_earned, score.low, score.high, Unit.POINTS, score.target)
    return DotRow(
        label=score.area_name,
        value=score.points_earned,
        low=score.low,
        high=score.high,
        verdict=context.verdict_of(score) or Verdict.NOT_MEASURED,
        value_text=text.value if not math.isnan(score.points_earned) else context.words("value.not_measured"),
        interval_text=text.interval,
        mark=score.target,
        strong=strong,
        count_text=numbers.number(score.coverage, Unit.SHARE),
    )


def _project_table(context: Context, totals: list[Any], projects: tuple[Indicator, ...]) -> Table:
    words = context.words
    district = context.score(context.assessment.wave.areas.district.code)
    shown = [*([district] if district is not None else []), *totals]
    deducted = any(score.deducted > 0 for score in shown)
    columns = (
        Column(words("column.area"), Align.NAME, 15),
        Column(words("scores.total"), Align.NUMBER, 10),
        *([Column(words("scores.before"), Align.NUMBER, 8)] if deducted else []),
        Column(words("column.coverage"), Align.NUMBER, 8),
        *(
            Column(
                p.name, Align.NUMBER, note=words("scores.project_points", points=numbers.declared(p.points))
            )
            for p in projects
        ),
    )
    rows = [_project_cells(context, score, projects, deducted=deducted) for score in shown]
    return Table(
        columns,
        (RowGroup(tuple(rows)),),
        heading=words("scores.projects_title"),
        note=words("scores.projects_note"),
    )


def _project_cells(
    context: Context, total: Any, projects: tuple[Indicator, ...], *, deducted: bool
) -> tuple[Cell, ...]:
    cells = [
        Cell(total.area_name),
        Cell(
            numbers.points(total.points_earned),
            note=numbers.interval(total.low, total.high, Unit.POINTS),
            tone=Tone.STRONG,
        ),
        *([_before_cell(total)] if deducted else []),
        Cell(numbers.number(total.coverage, Unit.SHARE)),
    ]
    for project in projects:
        score = context.score(total.area_code, project.code)
        cells.append(_share_cell(context, score))
    return tuple(cells)


def _before_cell(total: Any) -> Cell:
    """The total before deductions and what was deducted; a dash where nothing was."""
    if math.isnan(total.points_earned):
        return Cell("")
    if not total.deducted > 0:
        return Cell(numbers.DASH, tone=Tone.QUIET)
    return Cell(numbers.points(before_deductions(total)), note=numbers.signed(-total.deducted, Unit.POINTS))


def _share_cell(context: Context, score: Any | None) -> Cell:
    if score is None or math.isnan(score.score_share):
        return Cell(_status_text(context, score), tone=Tone.QUIET)
    points = score.effective_points
    note = (
        "" if not points > 0 else numbers.bare_interval(score.low / points, score.high / points, Unit.SHARE)
    )
    return Cell(numbers.number(score.score_share, Unit.SHARE), note=note)


def _status_text(context: Context, score: Any | None) -> str:
    return context.words(f"status.{NodeStatus.NOT_COLLECTED if score is None else score.status}")


def before_deductions(total: Any) -> float:
    """Points of a total before the negative list; a total never falls below 0, so they cannot be added up."""
    return float(total.effective_points * total.score_share)


def _total_rows(context: Context, area_code: str) -> list[RowGroup]:
    """Below the tree: the sum, what the negative list takes, and the total against its target."""
    words = context.words
    total = context.score(area_code)
    if total is None or math.isnan(total.points_earned):
        return []
    blank = Cell("")
    verdict = context.verdict_of(total)
    target = numbers.mark_text(total.target, Unit.POINTS)
    against = (
        ""
        if verdict is None
        else words("leader.against", verdict=context.verdict_text(verdict), target=target)
    )
    complete = total.coverage >= 1.0 - 1e-9
    bounds = "" if complete else numbers.interval(total.bound_low, total.bound_high, Unit.POINTS)
    last = (
        Cell(words("scores.total"), note=against, tone=Tone.STRONG),
        Cell(numbers.declared(total.points), tone=Tone.STRONG),
        Cell(numbers.points(total.points_earned), tone=Tone.STRONG),
        Cell(numbers.interval(total.low, total.high, Unit.POINTS)),
        blank,
        blank,
        Cell(numbers.number(total.coverage, Unit.SHARE)),
        Cell(bounds, tone=Tone.QUIET),
    )
    if not total.deducted > 0:
        return [RowGroup((last,))]
    before = (
        Cell(words("scores.before")),
        blank,
        Cell(numbers.points(before_deductions(total))),
        *[blank] * 5,
    )
    taken = (
        Cell(words("deductions.title")),
        blank,
        Cell(numbers.signed(-total.deducted, Unit.POINTS)),
        *[blank] * 5,
    )
    return [RowGroup((before, taken, last))]


def _tree_row(context: Context, area_code: str, node: Indicator, tone: Tone) -> tuple[Cell, ...]:
    score = context.score(area_code, node.code)
    if score is None or math.isnan(score.points_earned):
        blank = Cell("")
        status = Cell(_status_text(context, score), tone=Tone.QUIET)
        return (Cell(node.name, tone=tone), Cell(numbers.declared(node.points)), status, *[blank] * 5)
    covered = score.coverage >= 1.0 - 1e-9
    verdict = context.verdict_of(score)
    against = "" if verdict is None else f"{context.verdict_text(verdict)} {_node_target(context, score)}"
    return (
        Cell(node.name, note=against, tone=tone),
        Cell(numbers.declared(score.points)),
        Cell(numbers.points(score.points_earned), tone=tone),
        Cell(numbers.interval(score.low, score.high, Unit.POINTS)),
        Cell(numbers.number(score.score_share, Unit.SHARE)),
        Cell("", svg=_share_bar(context, node.name, score.score_share)),
        Cell(numbers.number(score.coverage, Unit.SHARE)),
        Cell(
            "" if covered else numbers.interval(score.bound_low, score.bound_high, Unit.POINTS),
            tone=Tone.QUIET,
        ),
    )


def _node_target(context: Context, score: Any) -> str:
    """The target of an inner node is a share of its points."""
    return context.words("rates.mark", mark=numbers.mark_text(score.target, Unit.SHARE))


def _share_bar(context: Context, name: str, share: float) -> str:
    if math.isnan(share):
        return ""
    finding = context.words("scores.bar", name=name, share=numbers.number(share, Unit.SHARE))
    return bar(share, BAR_WIDTH, finding)

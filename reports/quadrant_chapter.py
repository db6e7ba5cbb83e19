"""The importance–performance matrix of the district: what matters, what lags, and what of it is sure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from indicators.findings.quadrant import ImportanceKind, Quadrant
from indicators.framework import Method
from reports import numbers
from reports.axis import Axis, axis_of
from reports.context import Context, estimate_of, rows_of
from reports.page import (
    Align,
    Block,
    Cell,
    Chapter,
    Column,
    Figure,
    Figures,
    Prose,
    RowGroup,
    Table,
    Tone,
)
from reports.quadrant_chart import Frame, Point, matrix_chart
from surveys.questionnaire import Unit

MOST_UNSTABLE = 30
"""Rows of the table of points that are not sure; the rest is counted."""
LEAST_DIFFERENCE = 1e-6
"""Of importances that differ."""
MARGIN = 0.15
"""Room on an axis beyond its points, in parts of what they span; error bars that reach further are cut."""


def quadrants(context: Context) -> Chapter | None:
    """Matrix by the edition's points, then by what goes with the overall judgement; None without rows."""
    table = context.assessment.quadrant
    district = context.assessment.wave.areas.district
    here = table[table["area_code"] == district.code]
    if here.empty:
        return None
    words = context.words
    blocks: list[Block] = []
    for kind in ImportanceKind:
        rows = rows_of(here[here["importance_kind"] == str(kind)])
        if rows:
            blocks += _matrix(context, kind, rows) if _differ(rows) else [_equal(context, kind, rows)]
    drawn = any(isinstance(block, Figures) for block in blocks)
    return Chapter(words("quadrant.title"), tuple(blocks), lead=words("quadrant.reading") if drawn else "")


def _differ(rows: Sequence[Any]) -> bool:
    """Whether some indicators are more important than others; one alone has nothing to be set against."""
    importances = [float(row.importance) for row in rows]
    return max(importances) - min(importances) > LEAST_DIFFERENCE


def _equal(context: Context, kind: ImportanceKind, rows: Sequence[Any]) -> Prose:
    """Why there is no matrix: upwards it would hold nothing but rounding errors."""
    points = numbers.declared(round(float(rows[0].importance), 2))
    key = f"quadrant.equal_{kind.value}"
    return Prose((context.words(key, points=points),))


def _matrix(context: Context, kind: ImportanceKind, rows: list[Any]) -> list[Block]:
    words = context.words
    matrix = matrix_chart([_point(context, row) for row in rows], _frame(context, kind, rows))
    note = words("quadrant.legend")
    if any(Method(row.method) is not Method.QUESTIONNAIRE for row in rows):
        note += words("quadrant.shapes")
    if kind is ImportanceKind.DERIVED:
        note += words("quadrant.derived_note")
    if matrix.unnamed:
        note += words("quadrant.unnamed", count=numbers.count(matrix.unnamed))
    heading = words(f"quadrant.heading_{kind.value}")
    blocks: list[Block] = [Figures(((Figure(matrix.svg),),), heading=heading, note=note)]
    sure = _sure(context, [row for row in rows if row.labelled])
    unsure = _unsure(context, kind, [row for row in rows if not row.labelled])
    return [block for block in (*blocks, sure, unsure) if block is not None]


def _frame(context: Context, kind: ImportanceKind, rows: list[Any]) -> Frame:
    words = context.words
    sizes = {quadrant: [row for row in rows if row.quadrant == quadrant] for quadrant in Quadrant}
    corners = {
        quadrant: words(
            "quadrant.corner",
            name=words(f"quadrant_name.{quadrant.value}"),
            count=numbers.count(len(members)),
            sure=numbers.count(sum(bool(row.labelled) for row in members)),
        )
        for quadrant, members in sizes.items()
    }
    repair = [_name(context, row) for row in sizes[Quadrant.REPAIR] if row.labelled]
    finding = words("quadrant.finding", names=words.listed(repair) or words("quadrant.nothing"))
    return Frame(
        across=_across(rows),
        up=_up(kind, rows),
        mark=float(rows[0].importance_mark),
        corners=corners,
        across_title=words("quadrant.across"),
        up_title=words(f"quadrant.up_{kind.value}"),
        finding=finding,
    )


def _across(rows: Sequence[Any]) -> Axis:
    """Gaps of all points; of the limits as much as stays near them, or the points would crowd together."""
    gaps = [0.0, *(float(row.gap) for row in rows)]
    low, high = min(gaps), max(gaps)
    reach = max(0.01, MARGIN * (high - low))
    ends = [end for row in rows for end in (row.gap_low, row.gap_high) if low - reach <= end <= high + reach]
    axis = axis_of([*gaps, *ends], "", 100.0, intervals=10)
    return replace(axis, ticks=tuple((value, label.replace("-", "−")) for value, label in axis.ticks))


def _up(kind: ImportanceKind, rows: Sequence[Any]) -> Axis:
    """Importances with some room above and below for points that are set apart."""
    if kind is ImportanceKind.DERIVED:
        most = max(float(row.importance_high) for row in rows)
        return axis_of([0.0, most], "%", 100.0, most=1.0, intervals=6)
    points = [float(row.importance) for row in rows]
    room = max(0.05, MARGIN / 2 * (max(points) - min(points)))
    tenths = axis_of([max(0.0, min(points) - room), max(points) + room], "", 10.0, intervals=10)
    return replace(tenths, ticks=tuple((value, numbers.declared(value)) for value, _ in tenths.ticks))


def _point(context: Context, row: Any) -> Point:
    return Point(
        name=_name(context, row),
        method=Method(row.method),
        gap=float(row.gap),
        gap_low=float(row.gap_low),
        gap_high=float(row.gap_high),
        importance=float(row.importance),
        importance_low=float(row.importance_low),
        importance_high=float(row.importance_high),
        quadrant=Quadrant(row.quadrant),
        labelled=bool(row.labelled),
    )


def _sure(context: Context, rows: list[Any]) -> Prose | None:
    """Names of the points whose place is sure, by quadrant; the furthest from their targets first."""
    words = context.words
    terms, paragraphs = [], []
    for quadrant in Quadrant:
        here = sorted((row for row in rows if row.quadrant == quadrant), key=lambda row: -abs(row.gap))
        if here:
            terms.append(words(f"quadrant_name.{quadrant.value}"))
            paragraphs.append(words.listed([_name(context, row) for row in here]))
    if not terms:
        return None
    return Prose(tuple(paragraphs), heading=words("quadrant.sure_heading"), terms=tuple(terms))


def _unsure(context: Context, kind: ImportanceKind, rows: list[Any]) -> Table | None:
    """Points that sampling error could move into another quadrant: the important ones first."""
    words = context.words
    order = {quadrant: at for at, quadrant in enumerate(Quadrant)}
    ordered = sorted(rows, key=lambda row: (order[Quadrant(row.quadrant)], -row.importance))
    shown = [_unsure_row(context, kind, row) for row in ordered[:MOST_UNSTABLE]]
    if not shown:
        return None
    columns = (
        Column(words("column.indicator"), Align.NAME, 36),
        Column(words("column.value"), Align.NUMBER, 11),
        Column(words("column.interval"), Align.NUMBER, 17),
        Column(words("column.target"), Align.NUMBER, 10),
        Column(words(f"quadrant.importance_{kind.value}"), Align.NUMBER, 11),
        Column(words("quadrant.place"), Align.TEXT),
    )
    heading, note = words("quadrant.unsure_heading"), words("quadrant.unsure_note")
    if kind is ImportanceKind.DECLARED:
        note += words("quadrant.effective_note")
    if len(ordered) > MOST_UNSTABLE:
        note += words("quadrant.more", count=numbers.count(len(ordered) - MOST_UNSTABLE))
    return Table(columns, (RowGroup(tuple(shown)),), heading, note)


def _unsure_row(context: Context, kind: ImportanceKind, row: Any) -> tuple[Cell, ...]:
    words = context.words
    text = estimate_of(row)
    derived = kind is ImportanceKind.DERIVED
    points = numbers.declared(round(float(row.importance), 2))
    limits = numbers.interval(row.importance_low, row.importance_high, Unit.SHARE, 0)
    return (
        Cell(_name(context, row)),
        Cell(text.value, tone=Tone.STRONG),
        Cell(text.interval),
        Cell(text.mark),
        Cell(numbers.number(row.importance, Unit.SHARE, 0), note=limits) if derived else Cell(points),
        Cell(words(f"quadrant_name.{Quadrant(row.quadrant).value}"), tone=Tone.QUIET),
    )


def _name(context: Context, row: Any) -> str:
    """Name of a standard; a measure has one in the report's language."""
    if row.importance_kind == str(ImportanceKind.DERIVED):
        for measure in context.assessment.wave.measures:
            if measure.name == row.node:
                return context.measure_name(measure)
    return str(row.node_name)

"""The chapter on where a change of the total comes from: by project, by indicator, by subdistrict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from indicators.findings.waterfall import WaterfallStep
from reports import numbers
from reports.axis import axis_of
from reports.context import Context, rows_of
from reports.page import Align, Block, Cell, Chapter, Column, Figure, Figures, Prose, RowGroup, Table, Tone
from reports.standing import score_reason
from reports.text_width import text_width
from reports.waterfall_chart import SIZE, WaterfallRow, waterfall_chart
from surveys.area import AreaLevel
from surveys.compare.vocabulary import ChangeVerdict, NotComparable
from surveys.questionnaire import Unit

WIDTH, WIDEST_LABEL = 504.0, 130.0
MOST_LEAVES = 10
CERTAIN = 1e-9
LEAST_SHOWN = 0.005
"""Points; what is less would print as nothing."""


def waterfall(context: Context) -> Chapter | None:
    """Where the total's change on the previous wave comes from; None without one."""
    table = context.assessment.waterfall
    district = context.assessment.wave.areas.district
    steps = table[table["area_code"] == district.code]
    words = context.words
    blocks: list[Block] = []
    if not steps.empty:
        blocks.append(Figures(((_chart(context, steps),),)))
        blocks.append(_leaf_table(context, steps))
    changes = _area_table(context, table)
    if changes is not None:
        blocks.append(changes)
    if not blocks:
        return None
    remarks = _remarks(context, steps)
    if remarks:
        blocks.append(Prose(remarks))
    return Chapter(words("waterfall.title"), tuple(blocks), lead=words("waterfall.lead"))


def _chart(context: Context, steps: pd.DataFrame) -> Figure:
    """Projects in the order of the sheet, with what moved each most."""
    words = context.words
    start, end = _points(steps, WaterfallStep.START), _points(steps, WaterfallStep.END)
    previous = words("waterfall.start", wave=context.assessment.previous)
    rows = [WaterfallRow(previous, start, start, numbers.points(start), is_end=True)]
    parts: list[tuple[str, float, str]] = []
    for project in context.projects:
        own = steps[(steps["project"] == project.code) & (steps["step"] == WaterfallStep.LEAF)]
        both = steps[steps["project"] == project.code]
        parts.append((project.name, float(both["points"].sum()), _telling(context, own)))
    for step, label in (
        (WaterfallStep.NOT_COMPARABLE, words("waterfall.not_comparable")),
        (WaterfallStep.DEDUCTION, words("waterfall.deduction")),
        (WaterfallStep.NOT_ADDITIVE, words("waterfall.not_additive")),
    ):
        points = _points(steps, step)
        if abs(points) >= LEAST_SHOWN:
            parts.append((label, points, ""))
    stands = start
    for label, points, telling in parts:
        figure = numbers.signed(points, Unit.POINTS, 2)
        rows.append(WaterfallRow(label, stands, stands + points, figure, telling))
        stands += points
    rows.append(WaterfallRow(words("waterfall.end"), end, end, numbers.points(end), is_end=True))
    axis = axis_of([value for row in rows for value in (row.start, row.end)], "", 1.0, most=100.0)
    label_width = min(WIDEST_LABEL, max(text_width(row.label, SIZE) for row in rows) + 2)
    said = [f"{row.label} {row.figure}" for row in rows]
    return Figure(waterfall_chart(rows, axis, WIDTH, label_width, words.listed(said)))


def _telling(context: Context, leaves: pd.DataFrame) -> str:
    """The leaf of a project that moved the total most."""
    if leaves.empty:
        return ""
    row = max(rows_of(leaves), key=lambda step: abs(step.points))
    return "" if abs(row.points) < LEAST_SHOWN else _told(context, row)


def _told(context: Context, step: Any) -> str:
    points = numbers.signed(step.points, Unit.POINTS, 2)
    return context.words("waterfall.telling", name=step.node_name, points=points)


def _leaf_table(context: Context, steps: pd.DataFrame) -> Table:
    """The leaves that moved the total most, the largest first."""
    words = context.words
    leaves = steps[steps["step"] == WaterfallStep.LEAF]
    order = leaves["points"].abs().sort_values(ascending=False, kind="stable").index[:MOST_LEAVES]
    chosen = [row for row in rows_of(leaves.loc[order]) if abs(row.points) >= LEAST_SHOWN]
    shown = {row.node for row in chosen}
    rest = leaves[~leaves["node"].isin(list(shown))]
    rows = tuple(_leaf_row(context, row) for row in chosen)
    columns = (
        Column(words("column.indicator"), Align.NAME, 34),
        Column(words("waterfall.before"), Align.NUMBER),
        Column(words("waterfall.now"), Align.NUMBER),
        Column(words("waterfall.own_change"), Align.NUMBER),
        Column(words("column.verdict"), Align.TEXT),
        Column(words("waterfall.points"), Align.NUMBER),
    )
    others = numbers.signed(float(rest["points"].sum()), Unit.POINTS, 2)
    note = words("waterfall.rest", count=numbers.count(len(rest)), points=others) if len(rest) else ""
    return Table(columns, (RowGroup(rows),), heading=words("waterfall.leaves"), note=note)


def _leaf_row(context: Context, step: Any) -> tuple[Cell, ...]:
    moved = context.score_change(step.area_code, step.node)
    points = Cell(numbers.signed(step.points, Unit.POINTS, 2), tone=Tone.STRONG)
    name = Cell(step.node_name, note=_project_name(context, step.project))
    if moved is None or math.isnan(moved.change):
        why = score_reason(context, str(moved.reason)) if moved is not None else ""
        return (name, Cell(numbers.DASH), Cell(numbers.DASH), Cell(numbers.DASH), Cell(why), points)
    unit = Unit(moved.unit)
    certain = moved.high - moved.low < CERTAIN  # documents were all read
    interval = "" if certain else numbers.signed_interval(moved.low, moved.high, unit)
    return (
        name,
        Cell(numbers.number(moved.old, unit)),
        Cell(numbers.number(moved.new, unit)),
        Cell(numbers.signed(moved.change, unit), note=interval),
        Cell(context.words(f"change_verdict.{moved.verdict}")),
        points,
    )


def _area_table(context: Context, table: pd.DataFrame) -> Table | None:
    """Change of every subdistrict's total, and what moved it most either way."""
    words = context.words
    rows = []
    for area in context.assessment.wave.areas.subdistricts:
        change = context.score_change(area.code)
        if change is None:
            continue
        steps = table[(table["area_code"] == area.code) & (table["step"] == WaterfallStep.LEAF)]
        known = not math.isnan(change.change)
        text = numbers.signed(change.change, Unit.POINTS)
        interval = numbers.signed_interval(change.low, change.high, Unit.POINTS)
        rows.append(
            (
                Cell(area.name),
                Cell(text if known else numbers.DASH, tone=Tone.STRONG),
                Cell(interval, tone=Tone.QUIET),
                Cell(words(f"change_verdict.{change.verdict}"), tone=_tone(str(change.verdict))),
                Cell(_extreme(context, steps, rising=True)),
                Cell(_extreme(context, steps, rising=False)),
            )
        )
    if not rows:
        return None
    columns = (
        Column(words("column.area"), Align.NAME, 14),
        Column(words("waterfall.change"), Align.NUMBER, 8),
        Column(words("column.interval"), Align.NUMBER, 13),
        Column(words("column.verdict"), Align.TEXT, 17),
        Column(words("waterfall.up"), Align.TEXT),
        Column(words("waterfall.down"), Align.TEXT, 24),
    )
    return Table(columns, (RowGroup(tuple(rows)),), heading=words("waterfall.areas"))


def _extreme(context: Context, leaves: pd.DataFrame, *, rising: bool) -> str:
    """The leaf that added most, or took most; a dash where none did."""
    if leaves.empty:
        return numbers.DASH
    sign = 1.0 if rising else -1.0
    row = max(rows_of(leaves), key=lambda step: sign * step.points)
    return _told(context, row) if sign * row.points >= LEAST_SHOWN else numbers.DASH


def _tone(verdict: str) -> Tone:
    match verdict:
        case ChangeVerdict.IMPROVED:
            return Tone.PASS
        case ChangeVerdict.DECLINED:
            return Tone.FAIL
        case _:
            return Tone.QUIET


def _remarks(context: Context, steps: pd.DataFrame) -> tuple[str, ...]:
    """What the reader of the changes should know beside them."""
    changes = context.assessment.score_changes
    totals = changes[changes["depth"] == 0]
    remarks = [context.words("waterfall.errors")]
    composed = totals["reason"] == "composition"
    if composed.any():
        remarks.insert(0, context.words("waterfall.common"))
    district = totals[totals["area_level"] == AreaLevel.DISTRICT]
    reasons: Sequence[str] = [] if district.empty else [str(district["reason"].iloc[0])]
    if "edition" in reasons:
        remarks.insert(0, context.words("waterfall.other_edition"))
    if NotComparable.MODE in reasons:
        remarks.insert(0, context.words("waterfall.other_mode"))
    unlike = steps[steps["step"] == WaterfallStep.NOT_COMPARABLE]
    if not unlike.empty:
        remarks.insert(0, _of_unlike(context, float(unlike["points"].sum())))
    return tuple(remarks)


def _of_unlike(context: Context, points: float) -> str:
    """How many leaves of the district cannot be compared, why, and what they did to the total."""
    changes = context.assessment.score_changes
    framework = context.assessment.framework
    leaves = [] if framework is None else [leaf.code for leaf in framework.leaves]
    blank = changes[
        (changes["area_level"] == AreaLevel.DISTRICT)
        & changes["node"].isin(leaves)
        & (changes["verdict"] == ChangeVerdict.NOT_COMPARABLE)
        & (changes["reason"] != NotComparable.WITHHELD)
    ]
    return context.words(
        "waterfall.unlike",
        count=numbers.count(len(blank)),
        reasons=score_reason(context, ";".join(blank["reason"])),
        points=numbers.signed(points, Unit.POINTS, 2),
    )


def _project_name(context: Context, code: str) -> str:
    return next((project.name for project in context.projects if project.code == code), "")


def _points(steps: pd.DataFrame, step: WaterfallStep) -> float:
    return float(steps.loc[steps["step"] == step, "points"].sum())

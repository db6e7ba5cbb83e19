"""A second tree beside the first (minors): its line on page 1, and its chapter in the district's report."""

from __future__ import annotations

import math
from typing import Any

from indicators.assessment import Companion
from indicators.columns import TOTAL_NODE
from reports import numbers
from reports.chart import bar
from reports.context import Context, rows_of
from reports.page import Align, Block, Cell, Chapter, Column, Prose, RowGroup, Table, Tone
from reports.weak_chapters import SHOWN, class_of, finding_table
from surveys.area import Area
from surveys.questionnaire import Unit
from surveys.verdict import Verdict

BAR_WIDTH = 66.0
MOST_FINDINGS = 8


def combined_lines(context: Context, area: Area) -> tuple[str, ...]:
    """For page 1: the second tree's total against its gate, and the combined total; nothing without one."""
    companion, row = context.assessment.companion, _combined(context, area.code)
    if companion is None or row is None or math.isnan(row.companion_total):
        return ()
    words = context.words
    title = companion.framework.title_in(context.language)
    total = _estimate(row.companion_total, row.companion_low, row.companion_high, row.gate)
    first = words("combined.companion", title=title, total=total.value, gate=_gate_clause(context, row))
    if math.isnan(row.total):
        return (first,)
    whole = _estimate(row.total, row.low, row.high, row.target)
    fields = {"share": numbers.mark_text(row.companion_share, Unit.SHARE), "total": whole.value}
    key = "combined.total_range" if whole.interval else "combined.total"
    return first, words(key, interval=whole.interval, **fields)


def companion_chapter(context: Context) -> Chapter | None:
    """The second tree: totals and combined totals by area, its projects, its weakest indicators."""
    companion = context.assessment.companion
    if companion is None or context.assessment.combined.empty:
        return None
    words = context.words
    district = context.assessment.wave.areas.district
    framework = companion.framework
    lead = words("combined.reading", share=numbers.mark_text(companion.share, Unit.SHARE))
    if framework.gate_points is not None:
        lead += words("combined.gate_reading", gate=numbers.mark_text(framework.gate_points, Unit.POINTS))
    blocks: tuple[Block, ...] = (
        _totals(context),
        _projects(context, companion, district.code),
        _findings(context, companion, district.code),
    )
    return Chapter(framework.title_in(context.language), blocks, lead=lead)


def _combined(context: Context, area_code: str) -> Any | None:
    table = context.assessment.combined
    return next(iter(rows_of(table[table["area_code"] == area_code])), None)


def _estimate(value: float, low: float, high: float, mark: float) -> numbers.Estimate:
    return numbers.estimate_text(value, low, high, Unit.POINTS, mark)


def _gate_clause(context: Context, row: Any) -> str:
    """How the second tree stands to its gate, as the end of a sentence; empty without a gate."""
    if math.isnan(row.gate):
        return ""
    verdict = Verdict(row.gate_verdict)  # not NOT_MEASURED: there is a total
    gate = numbers.mark_text(row.gate, Unit.POINTS)
    chance = ""
    if verdict is Verdict.UNDETERMINED:
        chance = context.words(f"combined.chance_{numbers.chance(row.gate_probability, verdict).value}")
    return context.words(f"combined.gate_{verdict.value}", gate=gate, chance=chance)


def _totals(context: Context) -> Table:
    """District first, then subdistricts in the order of the register."""
    words = context.words
    rows = rows_of(context.assessment.combined)
    has_gate = any(not math.isnan(row.gate) for row in rows)
    has_target = any(not math.isnan(row.target) for row in rows)
    columns = (
        Column(words("column.area"), Align.NAME, 14),
        Column(words("combined.main_column"), Align.NUMBER, 8),
        Column(words("column.interval"), Align.NUMBER, 11),
        Column(words("combined.companion_column"), Align.NUMBER, 8),
        Column(words("column.interval"), Align.NUMBER, 11),
        *([Column(words("combined.gate_column"), Align.TEXT, 13)] if has_gate else []),
        Column(words("combined.total_column"), Align.NUMBER, 8),
        Column(words("column.interval"), Align.NUMBER, 11),
        *([Column(words("combined.target_column"), Align.TEXT)] if has_target else []),
    )
    district = context.assessment.wave.areas.district.code
    lines = tuple(
        _total_row(context, row, strong=row.area_code == district, gate=has_gate, target=has_target)
        for row in rows
    )
    note = words("combined.note")
    return Table(columns, (RowGroup(lines),), heading=words("combined.totals_title"), note=note)


def _total_row(context: Context, row: Any, *, strong: bool, gate: bool, target: bool) -> tuple[Cell, ...]:
    main = _estimate(row.main_total, row.main_low, row.main_high, math.nan)
    companion = _estimate(row.companion_total, row.companion_low, row.companion_high, row.gate)
    total = _estimate(row.total, row.low, row.high, row.target)
    return (
        Cell(str(row.area_name), tone=Tone.STRONG if strong else Tone.PLAIN),
        Cell(main.value),
        Cell(main.interval, tone=Tone.QUIET),
        Cell(companion.value, tone=Tone.STRONG),
        Cell(companion.interval, tone=Tone.QUIET),
        *([context.short_verdict_cell(_verdict(row.gate_verdict))] if gate else []),
        Cell(total.value, tone=Tone.STRONG),
        Cell(total.interval, tone=Tone.QUIET),
        *([context.short_verdict_cell(_verdict(row.verdict))] if target else []),
    )


def _verdict(text: object) -> Verdict | None:
    return Verdict(str(text)) if str(text) not in {"", "nan"} else None


def _projects(context: Context, companion: Companion, area_code: str) -> Table:
    """Projects of the second tree in the district."""
    words = context.words
    scores = companion.scores[companion.scores["area_code"] == area_code]
    row_of = {str(row.node): row for row in rows_of(scores)}
    lines = [
        _node_row(context, project.name, row_of[project.code], Tone.PLAIN)
        for project in companion.framework.roots
        if project.code in row_of
    ]
    if TOTAL_NODE in row_of:
        lines.append(_node_row(context, words("combined.total_row"), row_of[TOTAL_NODE], Tone.STRONG))
    columns = (
        Column(words("column.project"), Align.NAME, 30),
        Column(words("column.points"), Align.NUMBER, 9),
        Column(words("column.earned"), Align.NUMBER, 9),
        Column(words("column.interval"), Align.NUMBER, 14),
        Column(words("column.earned_share"), Align.NUMBER, 10),
        Column("", Align.TEXT, 15),
        Column(words("column.coverage"), Align.NUMBER),
    )
    return Table(columns, (RowGroup(tuple(lines)),), heading=words("combined.projects_title"))


def _node_row(context: Context, name: str, row: Any, tone: Tone) -> tuple[Cell, ...]:
    measured = not math.isnan(row.score_share)
    share = numbers.number(row.score_share, Unit.SHARE)
    drawing = (
        bar(row.score_share, BAR_WIDTH, context.words("scores.bar", name=name, share=share))
        if measured
        else ""
    )
    return (
        Cell(name, tone=tone),
        Cell(numbers.declared(row.points)),
        Cell(numbers.points(row.points_earned), tone=Tone.STRONG),
        Cell(numbers.interval(row.low, row.high, Unit.POINTS)),
        Cell(share),
        Cell("", svg=drawing),
        Cell(numbers.number(row.coverage, Unit.SHARE)),
    )


def _findings(context: Context, companion: Companion, area_code: str) -> Block:
    """The weakest indicators of the second tree."""
    words = context.words
    found = companion.findings[companion.findings["area_code"] == area_code]
    rows = rows_of(found.sort_values("rank", kind="stable"))
    shown = [row for row in rows if class_of(context, row) in SHOWN]
    if not shown:
        return Prose((words("weak.none"),), heading=words("weak.title"))
    table = finding_table(context, shown[:MOST_FINDINGS])
    more = len(shown) - MOST_FINDINGS
    note = words("combined.more", count=numbers.count(more)) + table.note if more > 0 else table.note
    return Table(table.columns, table.groups, words("weak.title"), note)

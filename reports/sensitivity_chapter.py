"""The chapter on how firm the totals are: other ways of scoring beside the sampling error, and its checks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from indicators.findings.scenario import Filling, Scenario
from indicators.scores.error_checks import ErrorCheck, error_checks
from reports import numbers
from reports.axis import Axis, axis_of
from reports.context import Context, rows_of
from reports.page import Align, Block, Cell, Chapter, Column, Pair, RowGroup, Table, Tone
from reports.sensitivity_drawing import TwoRanges, two_ranges
from surveys.area import AreaLevel
from surveys.questionnaire import Unit

RULES = (Scenario.POINTS, Scenario.LEAVE_ONE_OUT, Scenario.GEOMETRIC, Scenario.MISSING)
"""Scenarios of other rules."""
COLUMNS = (*RULES, Scenario.SAMPLING)
DRAWING = 84.0
MOST_ROWS_ALONE = 12


@dataclass(frozen=True)
class Firmness:
    """One area's rows by scenario, beside its target (NaN without one)."""

    rows: Mapping[str, Any]
    target: float

    @property
    def first(self) -> Any:
        """The headline."""
        return self.rows[Scenario.HEADLINE]

    @property
    def rules(self) -> tuple[float, float]:
        """Lowest and highest total under any other rule."""
        found = [self.rows[scenario] for scenario in RULES if scenario in self.rows]
        lows, highs = [row.total_low for row in found], [row.total_high for row in found]
        return min(lows, default=math.nan), max(highs, default=math.nan)

    @property
    def sample(self) -> tuple[float, float]:
        """The 95 % interval."""
        row = self.rows.get(Scenario.SAMPLING)
        return (math.nan, math.nan) if row is None else (row.total_low, row.total_high)

    @property
    def turned(self) -> list[Any]:
        """Rows of the scenarios that turn the verdict, or the third of the places."""
        return [row for row in self.rows.values() if row.fragile]

    @property
    def is_judged(self) -> bool:
        """Whether there is anything to turn: a target, or a place."""
        return not math.isnan(self.target) or self.first.rank_low > 0


def sensitivity(context: Context) -> Chapter | None:
    """One row for each area, then the error of each total three times over."""
    firm = _firmness(context)
    if not firm:
        return None
    words = context.words
    lead = words("list.sentence").join([words("firm.lead"), _finding(context, firm)])
    return Chapter(words("firm.title"), (_table(context, firm), *_checks(context)), lead=lead)


def _firmness(context: Context) -> list[Firmness]:
    by_area: dict[str, dict[str, Any]] = {}
    for row in rows_of(context.assessment.sensitivity):
        by_area.setdefault(row.area_code, {})[row.scenario] = row
    totals = {code: context.score(code) for code in by_area}
    return [
        Firmness(rows, math.nan if (total := totals[code]) is None else total.target)
        for code, rows in by_area.items()
        if Scenario.HEADLINE in rows
    ]


def _finding(context: Context, firm: Sequence[Firmness]) -> str:
    """How many subdistricts' conclusions turn, and in how many the sample leaves more open than the rules."""
    words = context.words
    below = [one for one in firm if one.first.area_level != AreaLevel.DISTRICT and one.is_judged]
    turned = sum(bool(one.turned) for one in below)
    wider = sum(one.sample[1] - one.sample[0] > one.rules[1] - one.rules[0] for one in below)
    if not below:
        return words("firm.finding_district")
    found = words(
        "firm.finding" if turned else "firm.finding_none",
        count=numbers.count(len(below)),
        turned=numbers.count(turned),
    )
    more = words("firm.wider", count=numbers.count(wider)) if wider else ""
    return words("list.sentence").join([found, more]) if more else found


def _table(context: Context, firm: Sequence[Firmness]) -> Table:
    words = context.words
    ends = [end for one in firm for end in (*one.rules, *one.sample, one.target)]
    axis = axis_of(ends, "", 1.0, most=100.0)
    low, high = axis.ticks[0][1], axis.ticks[-1][1]
    columns = (
        Column(words("column.area"), Align.NAME, 12),
        Column(words("firm.drawing"), Align.TEXT, 18, note=f"{low}{numbers.RANGE}{high}"),
        *(Column(words(f"firm_column.{scenario.value}"), Align.NUMBER, 11) for scenario in COLUMNS),
        Column(words("firm.conclusion"), Align.TEXT, 15),
    )
    rows = tuple(_row(context, one, axis) for one in firm)
    marked = any(not math.isnan(one.target) for one in firm)
    note = words("firm.note") + words("firm.note_target" if marked else "firm.note_third")
    return Table(columns, (RowGroup(rows),), note=note)


def _row(context: Context, one: Firmness, axis: Axis) -> tuple[Cell, ...]:
    words, row = context.words, one.first
    total, sample = numbers.points(row.total_low), numbers.interval(*one.sample, Unit.POINTS)
    finding = words(
        "firm.row",
        area=row.area_name,
        total=total,
        rules=numbers.interval(*one.rules, Unit.POINTS),
        sample=sample,
    )
    drawing = two_ranges(TwoRanges(row.total_low, one.rules, one.sample, one.target), axis, DRAWING, finding)
    strong = row.area_level == AreaLevel.DISTRICT
    return (
        Cell(row.area_name, note=total, tone=Tone.STRONG if strong else Tone.PLAIN),
        Cell("", svg=drawing),
        *(_range(context, one.rows.get(scenario)) for scenario in COLUMNS),
        _conclusion(context, one),
    )


def _range(context: Context, row: Any | None) -> Cell:
    """Range of totals and of places under one scenario; what does not move is said in a word."""
    if row is None:
        return Cell(numbers.DASH, tone=Tone.QUIET)
    text = numbers.interval(row.total_low, row.total_high, Unit.POINTS) or context.words("firm.same")
    places = ""
    if row.rank_low > 0:
        same = row.rank_low == row.rank_high
        places = context.words(
            "firm.place" if same else "firm.places",
            first=numbers.count(row.rank_low),
            last=numbers.count(row.rank_high),
        )
    return Cell(text, note=places, tone=Tone.FAIL if row.fragile else Tone.PLAIN)


def _conclusion(context: Context, one: Firmness) -> Cell:
    """Whether the conclusion stands, by shape and word, and what turns it."""
    words = context.words
    if not one.is_judged:
        return Cell(numbers.DASH, tone=Tone.QUIET)
    if not one.turned:
        return Cell(words("firm.stands"))
    causes = [_cause(context, row) for row in one.turned]
    return Cell(words("firm.turns"), note=words.listed(causes), tone=Tone.FAIL)


def _cause(context: Context, row: Any) -> str:
    by = str(row.turned_by)
    if row.scenario == Scenario.MISSING and by in set(Filling):
        return context.words(f"firm_filling.{by}")
    cause = context.words(f"firm_column.{row.scenario}")
    return context.words("firm.cause", cause=cause, by=by) if by else cause


def _checks(context: Context) -> tuple[Block, ...]:
    """The printed error of each total beside linearisation and replicates."""
    checks = list(error_checks(context.assessment.scores))
    if all(math.isnan(check.linearised) and math.isnan(check.replicated) for check in checks):
        return ()
    words = context.words
    columns = (
        Column(words("column.area"), Align.NAME),
        Column(words("firm.drawn"), Align.NUMBER),
        Column(words("firm.linearised"), Align.NUMBER),
        Column(words("firm.replicated"), Align.NUMBER),
    )
    rows = tuple(_check_row(context, check) for check in checks)
    heading, note = words("firm.checks"), words("firm.checks_note")
    if len(rows) <= MOST_ROWS_ALONE or len(rows) > 2 * MOST_ROWS_ALONE:
        return (Table(columns, (RowGroup(rows),), heading=heading, note=note),)
    half = (len(rows) + 1) // 2
    left = Table(columns, (RowGroup(rows[:half]),), heading=heading, note=note)
    return (Pair(left, Table(columns, (RowGroup(rows[half:]),), heading=words("firm.checks_more"))),)


def _check_row(context: Context, check: ErrorCheck) -> tuple[Cell, ...]:
    area = context.assessment.wave.areas.by_code[check.area_code]
    ways = (check.drawn, check.linearised, check.replicated)
    return (Cell(area.name), *(Cell(_half_width(context, way)) for way in ways))


def _half_width(context: Context, half: float) -> str:
    return numbers.DASH if math.isnan(half) else context.words("firm.half", points=numbers.points(half))

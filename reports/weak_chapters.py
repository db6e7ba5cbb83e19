"""Chapters on what is weak: indicators with owners, owners with their load, subdistricts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from indicators.framework import Method
from indicators.status import WeaknessClass
from reports import numbers
from reports.chart import COLOUR, bar
from reports.context import Context, estimate_of
from reports.page import Align, Block, Cell, Chapter, Column, Prose, RowGroup, Table, Tone
from surveys.verdict import Verdict

BAR_WIDTH = 40.0
NAMED_IN_A_ROW = 3
SHOWN = (WeaknessClass.CONFIRMED, WeaknessClass.LIKELY)
CLASS_TONE = {WeaknessClass.CONFIRMED: Tone.FAIL, WeaknessClass.LIKELY: Tone.UNDETERMINED}


def weak_indicators(context: Context) -> Chapter | None:
    """The district's weak indicators, then by owner, then by subdistrict."""
    if context.framework is None:
        return None
    words = context.words
    found = context.findings(context.assessment.wave.areas.district.code)
    shown = [row for row in found if row[_class_index(context)] in SHOWN]
    blocks: list[Block] = []
    if shown:
        blocks.append(finding_table(context, shown))
        blocks.append(_owners(context, shown))
    else:
        blocks.append(Prose((words("weak.none"),)))
    blocks.extend(_by_subdistrict(context))
    rest = len(found) - len(shown)
    lead = words("weak.reading", rest=numbers.count(rest)) if rest else words("weak.reading_all")
    return Chapter(words("weak.title"), tuple(blocks), lead=lead)


def finding_table(context: Context, findings: Sequence[Any]) -> Table:
    """Weak indicators with the standard's own text, the value against its target, cost and owner."""
    words = context.words
    most = max((row.points_recoverable for row in findings), default=0.0)
    columns = (
        Column(words("column.indicator"), Align.NAME, 30),
        Column(words("column.method"), Align.CENTRE),
        Column(words("column.state"), Align.NUMBER, 11),
        Column(words("column.sample"), Align.NUMBER, 7),
        Column(words("column.target"), Align.NUMBER, 6),
        Column(words("column.certainty"), Align.CENTRE, 12),
        Column(words("column.recoverable"), Align.NUMBER, 9),
        Column(words("column.owner"), Align.TEXT),
    )
    rows = tuple(_finding_row(context, row, most) for row in findings)
    return Table(columns, (RowGroup(rows),), note=words("weak.note"))


def class_of(context: Context, row: Any) -> WeaknessClass:
    """Class of a finding (its column is a keyword of the language, so it has no name in the tuple)."""
    return WeaknessClass(row[_class_index(context)])


def certainty_cell(context: Context, row: Any) -> Cell:
    """Class of a finding with the likelihood in words."""
    kind = class_of(context, row)
    note = "" if kind is WeaknessClass.CONFIRMED else likelihood_text(context, row.probability_below)
    return Cell(context.words(f"weakness.{kind.value}"), note=note, tone=CLASS_TONE.get(kind, Tone.QUIET))


def likelihood_text(context: Context, probability_below: float) -> str:
    """P(below the target) in words."""
    return context.words(f"likelihood.{numbers.likelihood(probability_below).value}")


def sample_text(context: Context, row: Any) -> str:
    """What the value of a finding rests on: respondents or checks; documents are no sample."""
    key = {Method.QUESTIONNAIRE: "value.n", Method.OBSERVATION: "value.checks"}.get(Method(row.method))
    return "" if key is None else context.words(key, n=numbers.count(row.n))


def owner_text(context: Context, row: Any) -> str:
    """Lead unit by name."""
    return str(row.lead_unit_name) or context.unit_names(str(row.lead_unit)) or context.words("weak.no_owner")


def _class_index(context: Context) -> int:
    return list(context.assessment.findings.columns).index("class")


def _finding_row(context: Context, row: Any, most: float) -> tuple[Cell, ...]:
    words = context.words
    text = estimate_of(row)
    kind = class_of(context, row)
    share = row.points_recoverable / most if most > 0 else 0.0
    recoverable = numbers.small_points(row.points_recoverable)
    colour = COLOUR[Verdict.FAIL] if kind is WeaknessClass.CONFIRMED else COLOUR[Verdict.UNDETERMINED]
    supporting = context.unit_names(str(row.supporting_units))
    return (
        Cell(str(row.node_name), note=str(row.text), tone=Tone.STRONG),
        Cell(words(f"method.{Method(row.method).value}")),
        Cell(text.value, note=text.interval, tone=Tone.STRONG),
        Cell("" if Method(row.method) is Method.DOCUMENT else numbers.count(row.n)),
        Cell(text.mark),
        certainty_cell(context, row),
        Cell(
            recoverable,
            svg=bar(share, BAR_WIDTH, words("weak.bar", name=row.node_name, points=recoverable), colour),
        ),
        Cell(owner_text(context, row), note=words("weak.supporting", units=supporting) if supporting else ""),
    )


def _owners(context: Context, findings: Sequence[Any]) -> Table:
    words = context.words
    by_owner: dict[str, list[Any]] = {}
    for row in findings:
        by_owner.setdefault(owner_text(context, row), []).append(row)
    ordered = sorted(by_owner.items(), key=lambda item: -sum(row.points_recoverable for row in item[1]))
    rows = []
    for owner, mine in ordered:
        confirmed = [row for row in mine if class_of(context, row) is WeaknessClass.CONFIRMED]
        rows.append(
            (
                Cell(owner, tone=Tone.STRONG),
                Cell(numbers.count(len(confirmed))),
                Cell(numbers.count(len(mine) - len(confirmed))),
                Cell(numbers.small_points(sum(row.points_recoverable for row in mine))),
                Cell(words.listed([str(row.node_name) for row in mine])),
            )
        )
    columns = (
        Column(words("column.owner"), Align.NAME, 30),
        Column(words("weakness.confirmed"), Align.NUMBER, 11),
        Column(words("weakness.likely"), Align.NUMBER, 11),
        Column(words("column.recoverable"), Align.NUMBER, 10),
        Column(words("column.indicators"), Align.TEXT),
    )
    return Table(
        columns, (RowGroup(tuple(rows)),), heading=words("weak.owners_title"), note=words("weak.owners_note")
    )


def _by_subdistrict(context: Context) -> tuple[Table, ...]:
    words = context.words
    rows = []
    for area in context.assessment.wave.areas.subdistricts:
        if context.score(area.code) is None:
            continue
        found = context.findings(area.code)
        confirmed = [row for row in found if class_of(context, row) is WeaknessClass.CONFIRMED]
        likely = [row for row in found if class_of(context, row) is WeaknessClass.LIKELY]
        named = (confirmed + likely)[:NAMED_IN_A_ROW]
        lost = sum(
            row.points_confirmed_loss for row in confirmed if not math.isnan(row.points_confirmed_loss)
        )
        rows.append(
            (
                Cell(area.name),
                Cell(numbers.count(len(confirmed)), tone=Tone.STRONG),
                Cell(numbers.count(len(likely))),
                Cell(numbers.small_points(lost)),
                Cell(words.listed([str(row.node_name) for row in named])),
            )
        )
    if not rows:
        return ()
    columns = (
        Column(words("column.area"), Align.NAME, 19),
        Column(words("weakness.confirmed"), Align.NUMBER, 11),
        Column(words("weakness.likely"), Align.NUMBER, 11),
        Column(words("column.confirmed_loss"), Align.NUMBER, 12),
        Column(words("column.first_indicators"), Align.TEXT),
    )
    return (
        Table(
            columns,
            (RowGroup(tuple(rows)),),
            heading=words("weak.areas_title"),
            note=words("weak.areas_note"),
        ),
    )

"""Chapters on what is weak: indicators with owners, owners with their load, subdistricts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from indicators.framework import Method
from indicators.status import WeaknessClass
from reports import numbers
from reports.chart import COLOUR, bar
from reports.context import Context, estimate_of
from reports.page import Align, Block, Cell, Chapter, Column, Prose, RowGroup, Table, Tone
from reports.words import Words
from surveys.compare.vocabulary import ChangeVerdict
from surveys.questionnaire import Unit
from surveys.verdict import Verdict

BAR_WIDTH = 40.0
NAMED_IN_A_ROW = 3
SHOWN = (WeaknessClass.CONFIRMED, WeaknessClass.LIKELY)
TREND_TONE = {ChangeVerdict.IMPROVED: Tone.PASS, ChangeVerdict.DECLINED: Tone.FAIL}
CLASS_TONE = {WeaknessClass.CONFIRMED: Tone.FAIL, WeaknessClass.LIKELY: Tone.UNDETERMINED}


def weak_indicators(context: Context) -> Chapter | None:
    """The district's weak indicators, then by owner, group and task force, then by subdistrict."""
    if context.framework is None:
        return None
    words = context.words
    found = context.findings(context.assessment.wave.areas.district.code)
    shown = [row for row in found if row[_class_index(context)] in SHOWN]
    blocks: list[Block] = []
    if shown:
        blocks.append(finding_table(context, shown))
        blocks.append(
            _totals(
                context,
                shown,
                (words("weak.owners_column"), words("weak.owners_title")),
                lambda row: owner_text(context, row),
            )
        )
        groups = [row for row in shown if row.group]
        task_forces = [row for row in shown if row.task_force]
        if groups:
            blocks.append(
                _totals(
                    context,
                    groups,
                    (words("weak.groups_column"), words("weak.groups_title")),
                    lambda row: str(row.group),
                )
            )
        if task_forces:
            blocks.append(
                _totals(
                    context,
                    task_forces,
                    (words("weak.task_forces_column"), words("weak.task_forces_title")),
                    lambda row: str(row.task_force),
                )
            )
    else:
        blocks.append(Prose((words("weak.none"),)))
    blocks.extend(_by_subdistrict(context))
    near = [
        row for row in found if class_of(context, row) is WeaknessClass.REST and row.points_recoverable > 0
    ]
    rest = len(near)
    lead = words("weak.reading", rest=numbers.count(rest)) if rest else words("weak.reading_all")
    return Chapter(words("weak.title"), tuple(blocks), lead=lead)


def finding_table(context: Context, findings: Sequence[Any]) -> Table:
    """Weak indicators: the standard's own text, value against target, change, cost and owner."""
    words = context.words
    most = max((row.points_recoverable for row in findings), default=0.0)
    moved = any(row.change_verdict for row in findings)
    columns = (
        Column(words("column.indicator"), Align.NAME, 26),
        Column(words("column.method"), Align.CENTRE, 8),
        Column(words("column.state"), Align.NUMBER, 10),
        Column(words("column.target"), Align.NUMBER, 6),
        *([Column(words("column.change"), Align.NUMBER, 11)] if moved else []),
        Column(words("column.certainty"), Align.CENTRE, 11),
        Column(words("column.recoverable"), Align.NUMBER, 8),
        Column(words("column.owner"), Align.TEXT, 18),
    )
    rows = tuple(_finding_row(context, row, most, moved=moved) for row in findings)
    note = words("weak.note") + (words("weak.change_note") if moved else "")
    return Table(columns, (RowGroup(rows),), note=note)


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


def sample_text(words: Words, row: Any) -> str:
    """What the value of a finding rests on: respondents, checks, or documents that were read."""
    if math.isnan(row.n):
        return ""
    documents = "value.one_document" if row.n == 1 else "value.documents"
    keys = {
        Method.QUESTIONNAIRE: "value.n",
        Method.OBSERVATION: "value.checks",
        Method.DOCUMENT: documents,
    }
    key = keys.get(Method(row.method))
    return "" if key is None else words(key, n=numbers.count(row.n))


def is_unchanged(row: Any) -> bool:
    """Whether a value without sampling error is what it was: that is known, not merely undetected."""
    return bool(row.change == 0.0 and row.change_low == row.change_high)


def owner_text(context: Context, row: Any) -> str:
    """Lead unit by name."""
    return str(row.lead_unit_name) or context.unit_names(str(row.lead_unit)) or context.words("weak.no_owner")


def _class_index(context: Context) -> int:
    return list(context.assessment.findings.columns).index("class")


def _finding_row(context: Context, row: Any, most: float, *, moved: bool) -> tuple[Cell, ...]:
    words = context.words
    text = estimate_of(row)
    kind = class_of(context, row)
    share = row.points_recoverable / most if most > 0 else 0.0
    recoverable = numbers.small_points(row.points_recoverable)
    colour = COLOUR[Verdict.FAIL] if kind is WeaknessClass.CONFIRMED else COLOUR[Verdict.UNDETERMINED]
    supporting = context.unit_names(str(row.supporting_units))
    lost = row.points_confirmed_loss
    confirmed = words("weak.confirmed_loss", points=numbers.small_points(lost)) if lost > 0 else ""
    return (
        Cell(str(row.node_name), note=str(row.text), tone=Tone.STRONG),
        Cell(words(f"method.{Method(row.method).value}"), note=sample_text(words, row)),
        Cell(text.value, note=text.interval, tone=Tone.STRONG),
        Cell(text.mark),
        *([trend_cell(context, row)] if moved else []),
        certainty_cell(context, row),
        Cell(
            recoverable,
            note=confirmed,
            svg=bar(share, BAR_WIDTH, words("weak.bar", name=row.node_name, points=recoverable), colour),
        ),
        Cell(owner_text(context, row), note=words("weak.supporting", units=supporting) if supporting else ""),
    )


def trend_cell(context: Context, row: Any) -> Cell:
    """Change of a finding since the previous wave with its limits: better or worse, if that can be told."""
    if not row.change_verdict:
        return Cell(numbers.DASH, tone=Tone.QUIET)
    verdict, unit = ChangeVerdict(row.change_verdict), Unit(row.unit)
    word = context.words(f"trend.{verdict.value}")
    if math.isnan(row.change):
        return Cell(numbers.DASH, note=word, tone=Tone.QUIET)
    if is_unchanged(row):
        return Cell(context.words("trend.unchanged"), tone=Tone.QUIET)
    tone = TREND_TONE.get(verdict, Tone.PLAIN)
    text = (
        f"{numbers.signed(row.change, unit)} {word}"
        if verdict in TREND_TONE
        else numbers.signed(row.change, unit)
    )
    certain = row.change_low == row.change_high  # documents: two grades, no sampling
    limits = "" if certain else numbers.signed_interval(row.change_low, row.change_high, unit)
    return Cell(text, note=limits, tone=tone)


def _totals(
    context: Context, findings: Sequence[Any], titles: tuple[str, str], name_of: Callable[[Any], str]
) -> Table:
    """How many weak indicators somebody answers for, and the points; the heaviest load first.

    `titles` are those of the first column and of the table.
    """
    words = context.words
    by_name: dict[str, list[Any]] = {}
    for row in findings:
        by_name.setdefault(name_of(row), []).append(row)
    ordered = sorted(by_name.items(), key=lambda item: -sum(row.points_recoverable for row in item[1]))
    rows = []
    for name, mine in ordered:
        confirmed = [row for row in mine if class_of(context, row) is WeaknessClass.CONFIRMED]
        rows.append(
            (
                Cell(name, tone=Tone.STRONG),
                Cell(numbers.count(len(confirmed))),
                Cell(numbers.count(len(mine) - len(confirmed))),
                Cell(numbers.small_points(sum(row.points_recoverable for row in mine))),
                Cell(numbers.small_points(confirmed_loss(mine))),
                Cell(words.listed([str(row.node_name) for row in mine])),
            )
        )
    columns = (
        Column(titles[0], Align.NAME, 27),
        Column(words("weakness.confirmed"), Align.NUMBER, 10),
        Column(words("weakness.likely"), Align.NUMBER, 10),
        Column(words("column.recoverable"), Align.NUMBER, 10),
        Column(words("column.confirmed_loss"), Align.NUMBER, 10),
        Column(words("column.indicators"), Align.TEXT),
    )
    return Table(columns, (RowGroup(tuple(rows)),), heading=titles[1], note=words("weak.owners_note"))


def confirmed_part(row: Any) -> float:
    """How much of the points to be regained is surely lost, as a part of them; 0 where that is not known."""
    return confirmed_loss([row]) / row.points_recoverable if row.points_recoverable > 0 else 0.0


def confirmed_loss(findings: Sequence[Any]) -> float:
    """Points lost even at the better ends of the intervals; a leaf without an interval counts as nothing."""
    known = (row.points_confirmed_loss for row in findings)
    return float(sum(points for points in known if not math.isnan(points)))


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
        lost = confirmed_loss(confirmed)
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

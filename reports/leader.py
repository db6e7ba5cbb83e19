"""Page 1 of both reports: the answer in a sentence, figures with their ranges, the weakest with owners."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from indicators.status import NodeStatus, WeaknessClass
from reports import numbers
from reports.chart import DotRow, Layout, axis_of, dot_chart
from reports.context import TONE, Context, estimate_of
from reports.notes_chapters import record_counts
from reports.page import Align, Cell, Column, Figure, LeadersPage, Priority, RowGroup, Table, Tone, Total
from reports.rate_tables import verdict_counts
from reports.score_chapters import coverage_text, own_projects, range_text
from reports.text_width import text_width
from reports.weak_chapters import CLASS_TONE, class_of, likelihood_text, owner_text
from surveys.area import Area, AreaLevel
from surveys.questionnaire import Measure, Unit
from surveys.verdict import Verdict

MOST_ROWS = 10  # headline measures drawn on page 1
MOST_TALLY_ROWS = 6
NAMED = 3
HOPELESS = 20  # times the interviews there are: nobody will conduct so many
CHART_WIDTH, CHART_BESIDE_TOTAL = 504.0, 352.0
HEADLINE_ROW, HEADLINE_ROW_ALONE = 22.0, 32.0


def leaders_page(context: Context, area: Area) -> LeadersPage:
    """Page 1 for the district, or for one subdistrict beside the district."""
    words = context.words
    is_district = area.level is AreaLevel.DISTRICT
    total = _total(context, area)
    rows = [(m, row) for m in context.headlines if (row := context.rate(m.name, area.code)) is not None][
        :MOST_ROWS
    ]
    findings = [
        row for row in context.findings(area.code) if class_of(context, row) is not WeaknessClass.REST
    ]
    named = findings[:NAMED]
    return LeadersPage(
        answer=words("list.sentence").join(_answer(context, area, rows, findings)),
        total=total,
        figure_heading=words("leader.rates_heading"),
        figures=tuple(_headline_figures(context, area, rows, beside_total=total is not None)),
        legend=words("leader.legend") if is_district else words("leader.legend_subdistrict"),
        tally=_tally(context, rows) if is_district else own_projects(context, area.code),
        priorities_heading=words("leader.priorities_heading"),
        priorities=tuple(_priority(context, row) for row in named),
        priorities_note=words("leader.priorities_note") if named else "",
        uncertain_heading=words("leader.uncertain_heading"),
        uncertain=tuple(_uncertain(context, area, rows)),
    )


def facts(context: Context, area: Area) -> tuple[str, ...]:
    """Commission, dates and sample, as a bulletin begins."""
    words = context.words
    wave = context.assessment.wave
    parts = [words("facts.client", client=wave.client)] if wave.client else []
    if wave.assessor:
        parts.append(words("facts.assessor", assessor=wave.assessor))
    if wave.field is not None:
        begin, end = (
            words("facts.date", year=str(d.year), month=str(d.month), day=str(d.day)) for d in wave.field
        )
        parts.append(words("facts.field", begin=begin, end=end))
    if area.level is AreaLevel.DISTRICT:
        used = record_counts(context.assessment.quality)[1]
        if used:
            key = "facts.sample" if len(wave.responses) == 1 else "facts.samples"
            count, forms = numbers.count(used), numbers.count(len(wave.responses))
            parts.append(words(key, count=count, forms=forms))
    else:
        sizes = [
            row.n + row.excluded
            for m in context.headlines
            if (row := context.rate(m.name, area.code)) is not None
        ]
        if sizes:
            parts.append(words("facts.sample", count=numbers.count(max(sizes))))
    return tuple(parts)


def _answer(
    context: Context, area: Area, rows: Sequence[tuple[Measure, Any]], findings: Sequence[Any]
) -> list[str]:
    words = context.words
    sentences = []
    score = context.score(area.code)
    if score is not None and not math.isnan(score.points_earned):
        text = numbers.estimate_text(score.points_earned, score.low, score.high, Unit.POINTS, score.target)
        key = "answer.total_range" if text.interval else "answer.total"
        sentences.append(words(key, area=area.name, total=text.value, interval=text.interval))
    sentences.extend(_rates_sentence(context, area, rows))
    confirmed = [row for row in findings if class_of(context, row) is WeaknessClass.CONFIRMED]
    if confirmed:
        first = confirmed[0]
        sentences.append(
            words(
                "answer.weak",
                count=numbers.count(len(confirmed)),
                name=str(first.node_name),
                points=numbers.small_points(first.points_recoverable),
            )
        )
    elif context.framework is not None and score is not None:
        sentences.append(words("answer.no_weak"))
    return sentences or [words("answer.nothing")]


def _rates_sentence(context: Context, area: Area, rows: Sequence[tuple[Measure, Any]]) -> list[str]:
    words = context.words
    names: dict[Verdict, list[str]] = {}
    for measure, row in rows:
        verdict = context.verdict_of(row)
        if verdict is not None:
            names.setdefault(verdict, []).append(context.measure_name(measure))
    parts = [
        words(f"answer.{verdict.value}", names=words.listed(names[verdict]))
        for verdict in (Verdict.PASS, Verdict.FAIL, Verdict.UNDETERMINED, Verdict.NOT_MEASURED)
        if verdict in names
    ]
    if not parts:
        return []
    key = "answer.rates" if area.level is AreaLevel.DISTRICT else "answer.rates_subdistrict"
    return [words(key, area=area.name, parts=words("list.semicolon").join(parts))]


def _total(context: Context, area: Area) -> Total | None:
    score = context.score(area.code)
    if score is None or math.isnan(score.points_earned):
        return None
    words = context.words
    verdict = context.verdict_of(score)
    remarks = [coverage_text(context, score)]
    district = context.assessment.wave.areas.district
    whole = context.score(district.code)
    if area.level is not AreaLevel.DISTRICT and whole is not None and not math.isnan(whole.points_earned):
        remarks.insert(0, words("leader.district_total", total=numbers.points(whole.points_earned)))
    deducted = _deducted(context, area)
    if deducted > 0:
        remarks.append(words("leader.deducted", points=numbers.declared(deducted)))
    target = numbers.mark_text(score.target, Unit.POINTS)
    return Total(
        label=words("scores.total"),
        value=numbers.points(score.points_earned),
        unit=words("value.point_unit"),
        range=range_text(context, score),
        verdict=""
        if verdict is None
        else words("leader.against", verdict=context.verdict_text(verdict), target=target),
        tone=Tone.PLAIN if verdict is None else TONE.get(verdict, Tone.QUIET),
        remarks=tuple(remarks),
    )


def _deducted(context: Context, area: Area) -> float:
    deductions = context.assessment.deductions
    mine = deductions[(deductions["area_code"] == area.code) & deductions["counted"].astype(bool)]
    return float(mine["points"].sum())


def _headline_figures(
    context: Context, area: Area, rows: Sequence[tuple[Measure, Any]], *, beside_total: bool
) -> list[Figure]:
    """One chart for each kind of axis: per cent and points share one, other scales have their own."""
    figures = []
    width = CHART_BESIDE_TOTAL if beside_total else CHART_WIDTH

    def axis_kind(pair: tuple[Measure, Any]) -> bool:
        return Unit(pair[1].unit) is Unit.SCALE

    for is_scale, members in groupby(sorted(rows, key=axis_kind), key=axis_kind):
        drawn = [_headline_row(context, area, measure, row) for measure, row in members]
        values = [v for row in drawn for v in (row.value, row.low, row.high, row.mark, row.reference)]
        axis = axis_of(values, "", 1.0) if is_scale else axis_of(values, "", 1.0, most=100.0)
        longest = max(text_width(row.label, 9.0) for row in drawn) + 2
        height = max(14.0, min(HEADLINE_ROW if beside_total else HEADLINE_ROW_ALONE, 170 / len(drawn)))
        layout = Layout(width, height, min(longest, width * 0.32), 100.0, 9.0)
        counted = context.words.listed([f"{row.label} {row.value_text}" for row in drawn])
        figures.append(Figure(dot_chart(drawn, axis, layout, counted, own_marks=True)))
    return figures


def _headline_row(context: Context, area: Area, measure: Measure, row: Any) -> DotRow:
    scale = 100.0 if Unit(row.unit) is Unit.SHARE else 1.0
    district = context.assessment.wave.areas.district
    whole = context.rate(measure.name, district.code) if area.level is not AreaLevel.DISTRICT else None
    text = estimate_of(row)
    measured = not math.isnan(row.value)
    return DotRow(
        label=context.measure_name(measure),
        value=row.value * scale,
        low=row.low * scale,
        high=row.high * scale,
        verdict=context.verdict_of(row) or Verdict.NOT_MEASURED,
        value_text=text.value if measured else context.blank_text(row),
        interval_text=text.interval if measured else "",
        mark=row.target * scale,
        reference=math.nan if whole is None else whole.value * scale,
    )


def _tally(context: Context, rows: Sequence[tuple[Measure, Any]]) -> Table | None:
    words = context.words
    lines = []
    for measure, row in rows:
        _, counts = verdict_counts(context, context.rates_of(measure.name, AreaLevel.SUBDISTRICT))
        if math.isnan(row.target) or not sum(counts.values()):
            continue
        cells = [
            counts["pass"],
            counts["undetermined"],
            counts["fail"],
            counts["withheld"] + counts["not_measured"],
        ]
        name = context.measure_name(measure)
        lines.append((Cell(name), Cell(estimate_of(row).mark), *(Cell(numbers.count(c)) for c in cells)))
    if not lines or len(lines) > MOST_TALLY_ROWS:
        return None
    columns = (
        Column(words("leader.tally_measure"), Align.NAME, 28),
        Column(words("column.target"), Align.NUMBER, 12),
        Column(words("verdict.pass"), Align.NUMBER, 15),
        Column(words("verdict.undetermined"), Align.NUMBER, 15),
        Column(words("verdict.fail"), Align.NUMBER, 15),
        Column(words("leader.no_number"), Align.NUMBER, 15),
    )
    return Table(columns, (RowGroup(tuple(lines)),), heading=words("leader.tally_heading"))


def _priority(context: Context, row: Any) -> Priority:
    words = context.words
    text = estimate_of(row)
    kind = class_of(context, row)
    word = words(f"weakness.{kind.value}")
    sure = kind is WeaknessClass.CONFIRMED
    key = "leader.state" if text.interval else "leader.state_no_interval"
    return Priority(
        name=str(row.node_name),
        standard=str(row.text),
        state=words(key, value=text.value, interval=text.interval, target=text.mark),
        certainty=word
        if sure
        else f"{word}{words('list.comma')}{likelihood_text(context, row.probability_below)}",
        tone=CLASS_TONE.get(kind, Tone.QUIET),
        points=numbers.small_points(row.points_recoverable),
        owner=owner_text(context, row),
    )


def _uncertain(context: Context, area: Area, rows: Sequence[tuple[Measure, Any]]) -> list[str]:
    words = context.words
    lines = []
    open_rows = [(m, r) for m, r in rows if context.verdict_of(r) is Verdict.UNDETERMINED]
    undetermined = [_undetermined(context, m, r) for m, r in open_rows if not context.is_withheld(r)]
    withheld = [context.measure_name(m) for m, r in open_rows if context.is_withheld(r)]
    if undetermined:
        lines.append(words("uncertain.rates", parts=words("list.semicolon").join(undetermined)))
    if withheld:
        lines.append(words("uncertain.withheld", names=words.listed(withheld)))
    score = context.score(area.code)
    if score is not None and score.coverage < 1.0 - 1e-9:
        lines.append(_not_collected(context, area, score))
    if area.level is AreaLevel.DISTRICT:
        read, _, aside = record_counts(context.assessment.quality)
        if aside:
            share = numbers.number(aside / read, Unit.SHARE)
            lines.append(words("uncertain.set_aside", count=numbers.count(aside), share=share))
        lines.append(words("uncertain.order"))
    elif score is not None and _has_district_leaves(context):
        lines.append(words("uncertain.subdistrict_total"))
    return lines


def _has_district_leaves(context: Context) -> bool:
    framework = context.framework
    return framework is not None and any(leaf.level is AreaLevel.DISTRICT for leaf in framework.leaves)


def _undetermined(context: Context, measure: Measure, row: Any) -> str:
    text = estimate_of(row)
    more = "" if math.isnan(row.n_to_settle) else numbers.count(row.n_to_settle)
    key = "uncertain.rate_more" if more else "uncertain.rate"
    if more and row.n_to_settle > HOPELESS * row.n:
        key = "uncertain.rate_close"
    return context.words(
        key, name=context.measure_name(measure), interval=text.interval, mark=text.mark, n=more
    )


def _not_collected(context: Context, area: Area, score: Any) -> str:
    words = context.words
    scores = context.assessment.scores
    here = scores[(scores["area_code"] == area.code) & (scores["method"] != "")]
    blank = here[here["status"].isin([NodeStatus.NOT_COLLECTED, NodeStatus.WITHHELD])]
    names = [str(name) for name in blank["node_name"]]
    shown = words.listed(names[:NAMED]) + (words("list.and_more") if len(names) > NAMED else "")
    bounds = numbers.interval(score.bound_low, score.bound_high, Unit.POINTS)
    return words("uncertain.not_collected", count=numbers.count(len(names)), names=shown, bounds=bounds)

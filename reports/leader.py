"""Page 1 of both reports: the answer in a sentence, figures with their ranges, the weakest with owners."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from indicators.status import WeaknessClass
from reports import numbers
from reports.answer import answer
from reports.change import TONE as MOVED
from reports.change import change_sentence
from reports.combined_card import combined_lines
from reports.context import Context, estimate_of
from reports.headline_chart import headline_figures
from reports.page import Align, Cell, Column, LeadersPage, Priority, RowGroup, Table, Tone
from reports.rate_tables import count_columns, verdict_cells, verdict_counts
from reports.score_chapters import own_projects
from reports.total_card import total_card
from reports.uncertain import uncertain
from reports.weak_chapters import CLASS_TONE, class_of, is_unchanged, likelihood_text, owner_text, sample_text
from surveys.area import Area, AreaLevel
from surveys.compare.vocabulary import ChangeVerdict
from surveys.questionnaire import Measure, Unit

MOST_ROWS = 10  # headline measures drawn on page 1
MOST_TALLY_ROWS = 6
NAMED = 3


def leaders_page(context: Context, area: Area) -> LeadersPage:
    """Page 1 for the district, or for one subdistrict beside the district."""
    words = context.words
    is_district = area.level is AreaLevel.DISTRICT
    total = total_card(context, area)
    rows = [(m, row) for m in context.headlines if (row := context.rate(m.name, area.code)) is not None][
        :MOST_ROWS
    ]
    findings = [
        row for row in context.findings(area.code) if class_of(context, row) is not WeaknessClass.REST
    ]
    named = findings[:NAMED]
    figures, figure_note = headline_figures(context, area, rows, beside_total=total is not None)
    return LeadersPage(
        answer=answer(context, area, rows, findings),
        total=total,
        figure_heading=words("leader.rates_heading"),
        figures=figures,
        figure_note=" ".join(part for part in (change_sentence(context, area), figure_note) if part),
        legend=words("leader.legend") if is_district else words("leader.legend_subdistrict"),
        tally=_tally(context, rows) if is_district else own_projects(context, area.code),
        priorities_heading=words("leader.priorities_heading"),
        priorities=tuple(_priority(context, row) for row in named),
        priorities_note=words("leader.priorities_note") if named else "",
        uncertain_heading=words("leader.uncertain_heading"),
        uncertain=uncertain(context, area, rows),
        second=combined_lines(context, area),
    )


def _tally(context: Context, rows: Sequence[tuple[Measure, Any]]) -> Table | None:
    words = context.words
    lines = []
    for measure, row in rows:
        if math.isnan(row.target) or not context.assessment.wave.areas.subdistricts:
            continue
        _, counts = verdict_counts(context, context.rates_of(measure.name, AreaLevel.SUBDISTRICT))
        name = context.measure_name(measure)
        lines.append((Cell(name), Cell(estimate_of(row).mark), *verdict_cells(counts)))
    if not lines or len(lines) > MOST_TALLY_ROWS:
        return None
    columns = (
        Column(words("leader.tally_measure"), Align.NAME, 22),
        Column(words("column.target"), Align.NUMBER, 8),
        *count_columns(context, 14),
    )
    return Table(columns, (RowGroup(tuple(lines)),), heading=words("leader.tally_heading"))


def _priority(context: Context, row: Any) -> Priority:
    words = context.words
    text = estimate_of(row)
    kind = class_of(context, row)
    word = words(f"weakness.{kind.value}")
    doubt = [] if kind is WeaknessClass.CONFIRMED else [likelihood_text(context, row.probability_below)]
    details = [part for part in (text.interval, sample_text(context.words, row)) if part]
    key = "leader.state" if details else "leader.state_bare"
    state = words(key, value=text.value, details=words("list.clause").join(details), target=text.mark)
    return Priority(
        name=str(row.node_name),
        standard=str(row.text),
        state=state,
        certainty=words("list.comma").join([word, *doubt]),
        tone=CLASS_TONE.get(kind, Tone.QUIET),
        points=numbers.small_points(row.points_recoverable),
        owner=owner_text(context, row),
        trend=_since_last_time(context, row),
    )


def _since_last_time(context: Context, row: Any) -> str:
    """Whether a weak indicator got better or worse; nothing without a comparison."""
    if math.isnan(row.change) or not row.change_verdict:
        return ""
    if is_unchanged(row):
        return context.words("leader.unchanged")
    verdict = ChangeVerdict(row.change_verdict)
    if verdict not in MOVED:
        return context.words("leader.still")
    unit = context.words("change.unit_share" if Unit(row.unit) is Unit.SHARE else "change.unit_points")
    change = numbers.signed(row.change, Unit(row.unit))
    return context.words(f"leader.{verdict.value}", change=change, unit=unit)

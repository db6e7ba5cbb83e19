"""The chapter on change: each headline measure against the previous wave, by subdistrict."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from reports import numbers
from reports.axis import axis_of
from reports.change import change_verdict_of, short_reason
from reports.chart import DotRow, dot_chart
from reports.context import Context
from reports.page import Chapter, Figure, Figures, Prose
from reports.rate_chapters import is_narrow, panel_layout, rows_of_panel
from surveys.area import AreaLevel
from surveys.compare.vocabulary import ChangeVerdict
from surveys.questionnaire import Measure, Unit
from surveys.verdict import Verdict

FIGURES_MORE = 12.0  # than a chart of rates gives to numbers
COUNTS_OF_BOTH = 38.0
PAGE_HEIGHT = 550.0
"""Points for two rows of panels: the chapter begins where another ends, and low ones leave less blank."""
SHAPE = {ChangeVerdict.IMPROVED: Verdict.PASS, ChangeVerdict.DECLINED: Verdict.FAIL}


def changes(context: Context) -> Chapter | None:
    """One panel for each headline measure that can be compared; a sentence on those that cannot."""
    panels = [panel for measure in context.headlines for panel in _panels(context, measure)]
    remarks = tuple(dict.fromkeys(_remarks(context)))
    if not panels and not remarks:
        return None
    words = context.words
    per_row = 2 if is_narrow(context) else 1
    rows = tuple(tuple(panels[i : i + per_row]) for i in range(0, len(panels), per_row))
    lead = words("list.sentence").join([words("change.reading"), words("change.many")]) if panels else ""
    blocks = (*((Figures(rows=rows),) if rows else ()), *((Prose(remarks),) if remarks else ()))
    return Chapter(words("change.title", previous=context.assessment.previous), blocks, lead=lead)


def _panels(context: Context, measure: Measure) -> list[Figure]:
    district = context.rates_of(measure.name, AreaLevel.DISTRICT)
    subdistricts = sorted(
        context.rates_of(measure.name, AreaLevel.SUBDISTRICT),
        key=lambda row: math.inf if math.isnan(row.change) else -row.change,
    )
    everything = [*district, *subdistricts]
    if all(math.isnan(row.change) for row in everything):
        return []
    scale = 100.0 if measure.kind.unit is Unit.SHARE else 1.0
    values = [value * scale for row in everything for value in (row.change, row.change_low, row.change_high)]
    axis = axis_of([*values, 0.0], "", 1.0, intervals=4 if is_narrow(context) else 6)
    size = rows_of_panel(len(subdistricts))
    name = context.measure_name(measure)
    figures = []
    for start in range(0, max(1, len(subdistricts)), size):
        rows = [_row(context, row, scale, strong=True) for row in district]
        rows += [_row(context, row, scale) for row in subdistricts[start : start + size]]
        finding = f"{name}{context.words('list.colon')}{_counts(context, subdistricts)}"
        layout = panel_layout(context, size, PAGE_HEIGHT)
        # Signed limits are longer than those of a rate, and so are the counts of two waves.
        layout = replace(layout, figures=layout.figures + FIGURES_MORE, counts=COUNTS_OF_BOTH)
        svg = dot_chart(
            rows,
            axis,
            layout,
            finding,
            mark_label=context.words("change.zero"),
            count_title=context.words("change.n"),
        )
        caption = name if start == 0 else context.words("rates.continued", name=name)
        figures.append(Figure(svg, caption, _counts(context, subdistricts) if start == 0 else ""))
    return figures


def _row(context: Context, row: Any, scale: float, *, strong: bool = False) -> DotRow:
    verdict = change_verdict_of(row)
    known = not math.isnan(row.change)
    nothing = verdict or ChangeVerdict.NOT_MEASURED
    return DotRow(
        label=row.area_name,
        value=row.change * scale,
        low=row.change_low * scale,
        high=row.change_high * scale,
        verdict=SHAPE.get(nothing, Verdict.UNDETERMINED),
        value_text=numbers.signed(row.change, Unit(row.unit)) if known else _why_not(context, row, nothing),
        interval_text=numbers.signed_interval(row.change_low, row.change_high, Unit(row.unit)),
        mark=0.0,
        strong=strong,
        count_text=numbers.of_both(context.previous_n(row), row.n),
    )


def _why_not(context: Context, row: Any, verdict: ChangeVerdict) -> str:
    """Why a row has no change; its verdict where no reason was given."""
    return short_reason(context, row) or context.words(f"change_verdict.{verdict.value}")


def _counts(context: Context, rows: list[Any]) -> str:
    """How many subdistricts rose, fell, or cannot be told apart from no change."""
    verdicts = [change_verdict_of(row) for row in rows]
    parts = [
        context.words(f"change_count.{verdict.value}", count=numbers.count(verdicts.count(verdict)))
        for verdict in ChangeVerdict
        if verdicts.count(verdict)
    ]
    return context.words.listed(parts)


def _remarks(context: Context) -> list[str]:
    """Headline measures that cannot be compared, each with its reason."""
    remarks = []
    for measure in context.headlines:
        for row in context.rates_of(measure.name, AreaLevel.DISTRICT):
            if math.isnan(row.change) and short_reason(context, row):
                reasons = [context.words(f"change_reason.{code}") for code in row.change_reason.split(";")]
                remarks.append(
                    context.words(
                        "change.not_comparable",
                        name=context.measure_name(measure),
                        reason=context.words.listed(reasons),
                    )
                )
    return remarks

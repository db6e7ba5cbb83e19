"""The headline measures of one area as a chart for page 1, or a sentence where none could be measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from reports.axis import axis_of
from reports.chart import DotRow, Layout, dot_chart
from reports.context import Context
from reports.page import Figure
from reports.rate_chapters import dot_row
from reports.text_width import text_width
from surveys.area import Area, AreaLevel
from surveys.questionnaire import Measure, Unit

WIDTH, WIDTH_BESIDE_TOTAL = 504.0, 332.0
ROW, ROW_BESIDE_TOTAL = 32.0, 22.0
COUNTS = 36.0


def headline_figures(
    context: Context, area: Area, rows: Sequence[tuple[Measure, Any]], *, beside_total: bool
) -> tuple[tuple[Figure, ...], str]:
    """Charts, one for each kind of axis, and a sentence on measures of which there is nothing to draw.

    Per cent and points share an axis, other scales have their own. Without any value an axis would have
    nothing but targets on it.
    """
    words = context.words
    figures, unmeasured = [], []
    for on_scale in (False, True):
        members = [pair for pair in rows if (Unit(pair[1].unit) is Unit.SCALE) is on_scale]
        if all(math.isnan(row.value) for _, row in members):
            unmeasured += [context.measure_name(measure) for measure, _ in members]
            continue
        drawn = [_row(context, area, measure, row) for measure, row in members]
        figures.append(Figure(_chart(context, drawn, on_scale=on_scale, beside_total=beside_total)))
    note = words("leader.no_rates", names=words.listed(unmeasured)) if unmeasured else ""
    return tuple(figures), note


def _chart(context: Context, rows: Sequence[DotRow], *, on_scale: bool, beside_total: bool) -> str:
    values = [v for row in rows for v in (row.value, row.low, row.high, row.mark, row.reference)]
    axis = axis_of(values, "", 1.0) if on_scale else axis_of(values, "", 1.0, most=100.0)
    width = WIDTH_BESIDE_TOTAL if beside_total else WIDTH
    longest = max(text_width(row.label, 9.0) for row in rows) + 2
    height = max(14.0, min(ROW_BESIDE_TOTAL if beside_total else ROW, 170 / len(rows)))
    layout = Layout(width, height, min(longest, width * 0.32), 86.0, 9.0, COUNTS)
    counted = context.words.listed([f"{row.label} {row.value_text}" for row in rows])
    return dot_chart(rows, axis, layout, counted, own_marks=True)


def _row(context: Context, area: Area, measure: Measure, row: Any) -> DotRow:
    district = context.assessment.wave.areas.district
    whole = context.rate(measure.name, district.code) if area.level is not AreaLevel.DISTRICT else None
    drawn = dot_row(
        context,
        row,
        context.measure_name(measure),
        scale=100.0 if Unit(row.unit) is Unit.SHARE else 1.0,
        reference=math.nan if whole is None else whole.value,
    )
    return replace(drawn, count_text=context.words("value.n", n=drawn.count_text))

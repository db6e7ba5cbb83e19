"""The chapter of charts: each headline measure by subdistrict, town beside village."""

from __future__ import annotations

import math
from typing import Any

from reports.chart import Axis, DotRow, Layout, axis_of, dot_chart
from reports.context import Context, by_value, estimate_of
from reports.page import Chapter, Figure, Figures
from reports.rate_tables import verdict_counts
from reports.text_width import text_width
from surveys.area import AreaLevel, UrbanRural
from surveys.questionnaire import Measure, Unit
from surveys.verdict import Verdict

HALF_WIDTH, FULL_WIDTH = 242.0, 504.0
NAME_SIZE = 7.4
WIDEST_HALF_NAME = 64.0
ROW_OF_GROUP = {UrbanRural.URBAN: "rates.urban_row", UrbanRural.RURAL: "rates.rural_row"}
PAGE_HEIGHT = 640.0  # points of a page left for rows of charts
MOST_ROWS = 30  # of one chart; a longer list is dealt out evenly over several


def rates_by_subdistrict(context: Context) -> Chapter | None:
    """One panel for each headline measure: every subdistrict with its interval, and the district."""
    panels = [panel for measure in context.headlines for panel in _panels(context, measure)]
    if not panels:
        return None
    panels.extend(_urban_and_rural(context))
    words = context.words
    per_row = 2 if _longest_name(context) <= WIDEST_HALF_NAME else 1
    rows = tuple(tuple(panels[i : i + per_row]) for i in range(0, len(panels), per_row))
    return Chapter(
        title=words("rates.title"),
        lead=words("list.sentence").join([words("rates.reading"), words("rates.order_note")]),
        blocks=(Figures(rows=rows),),
        new_page=context.framework is not None,  # page 1 of rates alone has room below
    )


def dot_row(
    context: Context,
    row: Any,
    label: str,
    *,
    strong: bool = False,
    scale: float = 1.0,
) -> DotRow:
    """A row of rates as a row of a chart; `scale` takes shares to per cent where an axis is shared."""
    verdict = context.verdict_of(row)
    text = estimate_of(row)
    return DotRow(
        label=label,
        value=row.value * scale,
        low=row.low * scale,
        high=row.high * scale,
        verdict=Verdict.NOT_MEASURED if verdict is None else verdict,
        value_text=context.value_text(row),
        interval_text=text.interval if not math.isnan(row.value) else "",
        mark=row.target * scale,
        strong=strong,
    )


def rate_axis(rows: list[Any]) -> Axis:
    """The axis of rows of one measure."""
    unit = Unit(rows[0].unit)
    values = [value for row in rows for value in (row.value, row.low, row.high, row.target)]
    if unit is Unit.SHARE:
        return axis_of(values, "%", 100.0, most=1.0)
    return axis_of(values, "", 1.0, most=100.0 if unit is Unit.POINTS else math.nan)


def _panels(context: Context, measure: Measure) -> list[Figure]:
    subdistricts = by_value(context.rates_of(measure.name, AreaLevel.SUBDISTRICT))
    district = context.rates_of(measure.name, AreaLevel.DISTRICT)
    everything = [*district, *subdistricts]
    if not everything:
        return []
    axis = rate_axis(everything)
    counted, _ = verdict_counts(context, subdistricts)
    name = context.measure_name(measure)
    no_target = math.isnan(everything[0].target)
    detail = context.words("rates.no_target") if no_target else context.words("rates.counts", counts=counted)
    mark = "" if no_target else context.words("rates.mark", mark=estimate_of(everything[0]).mark)
    narrow = _longest_name(context) <= WIDEST_HALF_NAME
    size = max(1, math.ceil(len(subdistricts) / math.ceil(max(1, len(subdistricts)) / MOST_ROWS)))
    chunks = [subdistricts[i : i + size] for i in range(0, len(subdistricts), size)] or [[]]
    layout = Layout(
        width=HALF_WIDTH if narrow else FULL_WIDTH,
        row=min(14.5, max(9.0, (PAGE_HEIGHT / 2 - 40) / (size + 1))),
        label=min(_longest_name(context), WIDEST_HALF_NAME if narrow else 150.0),
        figures=71.0 if narrow else 92.0,
        size=NAME_SIZE,
    )
    figures = []
    for position, chunk in enumerate(chunks):
        rows = [dot_row(context, row, row.area_name, strong=True) for row in district]
        rows += [dot_row(context, row, row.area_name) for row in chunk]
        caption = name if position == 0 else context.words("rates.continued", name=name)
        svg = dot_chart(rows, axis, layout, f"{name}{context.words('list.colon')}{detail}", mark_label=mark)
        figures.append(Figure(svg, caption, detail if position == 0 else ""))
    return figures


def _urban_and_rural(context: Context) -> list[Figure]:
    """Town beside village for each headline measure in per cent or points."""
    words = context.words
    rows = []
    for measure in context.headlines:
        for group in UrbanRural:
            for row in context.rates_of(measure.name, AreaLevel.DISTRICT, f"urban_rural={group.value}"):
                if row.unit != Unit.SCALE:
                    label = words(ROW_OF_GROUP[group], name=context.measure_name(measure))
                    rows.append(dot_row(context, row, label, scale=100.0 if row.unit == Unit.SHARE else 1.0))
    if not rows:
        return []
    axis = axis_of([v for row in rows for v in (row.value, row.low, row.high, row.mark)], "", 1.0, most=100.0)
    names = min(max(text_width(row.label, NAME_SIZE) for row in rows) + 2, 84.0)
    narrow = _longest_name(context) <= WIDEST_HALF_NAME
    layout = Layout(HALF_WIDTH if narrow else FULL_WIDTH, 13.4, names, 71.0 if narrow else 92.0, NAME_SIZE)
    caption = words("rates.urban_rural")
    detail = words("rates.urban_rural_detail")
    return [Figure(dot_chart(rows, axis, layout, caption, own_marks=True), caption, detail)]


def _longest_name(context: Context) -> float:
    areas = (context.assessment.wave.areas.district, *context.assessment.wave.areas.subdistricts)
    return max(text_width(area.name, NAME_SIZE) for area in areas) + 2

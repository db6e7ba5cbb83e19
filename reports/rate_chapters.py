"""The chapter of charts: each headline measure by subdistrict, town beside village."""

from __future__ import annotations

import math
from typing import Any

from reports import numbers
from reports.axis import Axis, axis_of
from reports.chart import DotRow, Layout, dot_chart
from reports.context import Context, by_value, estimate_of
from reports.page import Chapter, Figure, Figures
from reports.rate_tables import verdict_counts
from reports.text_width import text_width
from surveys.area import AreaLevel, UrbanRural
from surveys.questionnaire import Measure, Unit
from surveys.verdict import Verdict

HALF_WIDTH, FULL_WIDTH = 242.0, 504.0
HALF_FIGURES, FULL_FIGURES = 65.0, 88.0
COUNTS = 24.0
TALLEST_ROW = 27.0  # of the chart beside a longer one
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
    words = context.words
    per_row = 2 if is_narrow(context) else 1
    panels.extend(_urban_and_rural(context, beside=len(panels) % per_row != 0))
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
    reference: float = math.nan,
) -> DotRow:
    """A row of rates as a row of a chart, with its n.

    Parameters
    ----------
    scale
        Takes shares to per cent where an axis is shared.
    reference
        A second value to compare with, on the row's own scale.
    """
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
        reference=reference * scale,
        strong=strong,
        count_text=numbers.count(row.n),
    )


def rate_axis(rows: list[Any], intervals: int) -> Axis:
    """The axis of rows of one measure, with about so many intervals between ticks."""
    unit = Unit(rows[0].unit)
    values = [value for row in rows for value in (row.value, row.low, row.high, row.target)]
    if unit is Unit.SHARE:
        return axis_of(values, "%", 100.0, most=1.0, intervals=intervals)
    return axis_of(values, "", 1.0, most=100.0 if unit is Unit.POINTS else math.nan, intervals=intervals)


def _panels(context: Context, measure: Measure) -> list[Figure]:
    subdistricts = by_value(context.rates_of(measure.name, AreaLevel.SUBDISTRICT))
    district = context.rates_of(measure.name, AreaLevel.DISTRICT)
    everything = [*district, *subdistricts]
    if all(math.isnan(row.value) for row in everything):  # nothing to draw; the table says why
        return []
    axis = rate_axis(everything, 4 if is_narrow(context) else 6)
    counted, _ = verdict_counts(context, subdistricts)
    name = context.measure_name(measure)
    no_target = math.isnan(everything[0].target)
    detail = context.words("rates.no_target") if no_target else context.words("rates.counts", counts=counted)
    mark = "" if no_target else context.words("rates.mark", mark=estimate_of(everything[0]).mark)
    size = rows_of_panel(len(subdistricts))
    chunks = [subdistricts[i : i + size] for i in range(0, len(subdistricts), size)] or [[]]
    layout = panel_layout(context, size)
    figures = []
    for position, chunk in enumerate(chunks):
        rows = [dot_row(context, row, row.area_name, strong=True) for row in district]
        rows += [dot_row(context, row, row.area_name) for row in chunk]
        caption = name if position == 0 else context.words("rates.continued", name=name)
        svg = dot_chart(
            rows,
            axis,
            layout,
            f"{name}{context.words('list.colon')}{detail}",
            mark_label=mark,
            count_title=context.words("column.n"),
        )
        figures.append(Figure(svg, caption, detail if position == 0 else ""))
    return figures


def rows_of_panel(subdistricts: int) -> int:
    """Subdistricts in one chart: a longer list is dealt out evenly over several."""
    return max(1, math.ceil(subdistricts / math.ceil(max(1, subdistricts) / MOST_ROWS)))


def panel_layout(context: Context, size: int, page: float = PAGE_HEIGHT) -> Layout:
    """Measures of a panel of so many subdistricts; two rows of panels take `page` points of height."""
    narrow = is_narrow(context)
    return Layout(
        width=HALF_WIDTH if narrow else FULL_WIDTH,
        row=min(14.5, max(9.0, (page / 2 - 40) / (size + 1))),
        label=min(_longest_name(context), WIDEST_HALF_NAME if narrow else 150.0),
        figures=HALF_FIGURES if narrow else FULL_FIGURES,
        size=NAME_SIZE,
        counts=COUNTS,
    )


def _urban_and_rural(context: Context, *, beside: bool) -> list[Figure]:
    """Town beside village for each headline measure in per cent or points.

    Parameters
    ----------
    beside
        It stands beside a panel of subdistricts and ends level with it; otherwise it takes the whole width.
    """
    words = context.words
    rows = []
    for measure in context.headlines:
        for group in UrbanRural:
            for row in context.rates_of(measure.name, AreaLevel.DISTRICT, f"urban_rural={group.value}"):
                if row.unit != Unit.SCALE:
                    label = words(ROW_OF_GROUP[group], name=context.measure_name(measure))
                    rows.append(dot_row(context, row, label, scale=100.0 if row.unit == Unit.SHARE else 1.0))
    if all(math.isnan(row.value) for row in rows):
        return []
    values = [v for row in rows for v in (row.value, row.low, row.high, row.mark)]
    axis = axis_of(values, "", 1.0, most=100.0, intervals=4 if beside else 6)
    panel = panel_layout(context, size := rows_of_panel(len(context.assessment.wave.areas.subdistricts)))
    layout = Layout(
        width=HALF_WIDTH if beside else FULL_WIDTH,
        row=min(TALLEST_ROW, max(13.4, panel.row * (size + 1) / len(rows))) if beside else 13.4,
        label=min(max(text_width(row.label, NAME_SIZE) for row in rows) + 2, 84.0 if beside else 150.0),
        figures=HALF_FIGURES if beside else FULL_FIGURES,
        size=NAME_SIZE,
        counts=COUNTS,
    )
    caption = words("rates.urban_rural")
    chart = dot_chart(rows, axis, layout, caption, count_title=words("column.n"), own_marks=True)
    return [Figure(chart, caption, words("rates.urban_rural_detail"))]


def is_narrow(context: Context) -> bool:
    """Whether names are short enough for two panels side by side."""
    return _longest_name(context) <= WIDEST_HALF_NAME


def _longest_name(context: Context) -> float:
    areas = (context.assessment.wave.areas.district, *context.assessment.wave.areas.subdistricts)
    return max(text_width(area.name, NAME_SIZE) for area in areas) + 2

"""Charts as SVG strings: dots with their bands and the target line, and small bars.

Every chart carries its finding as ``<title>``, its first child: that is what a screen reader and the tagged
PDF say. Lengths are points (1/72 inch). Status is told by shape and word before colour, so that a
photocopy says the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from reports.axis import Axis
from reports.font import EXTRA_FAMILY, FAMILY
from reports.numbers import coordinate as at
from reports.text_width import cut_to, fitted, text_width, two_lines
from surveys.verdict import Verdict

INK = "#1d2733"
GREY = "#5b6673"
RULE = "#dfe4ea"
COLOUR = {Verdict.PASS: "#0b4f8a", Verdict.UNDETERMINED: "#6b7280", Verdict.FAIL: "#b3401a"}
BAND = {Verdict.PASS: "#b5cde3", Verdict.UNDETERMINED: "#d3d7dd", Verdict.FAIL: "#efc3b0"}
FONT = f"{FAMILY}, {EXTRA_FAMILY}"


@dataclass(frozen=True, slots=True)
class DotRow:
    """One row of a dot chart.

    Parameters
    ----------
    value, low, high, mark
        On the axis' scale; NaN where there is none (a withheld row draws only its words).
    value_text, interval_text
        As `reports.numbers` made them; they stand at the right.
    reference
        A second value to compare with (the district), drawn as a hollow circle.
    strong
        The row of the district: bold, on a tinted ground.
    count_text
        What the value rests on (n, or the coverage of a total); stands small at the right edge.
    """

    label: str
    value: float
    low: float
    high: float
    verdict: Verdict
    value_text: str
    interval_text: str
    mark: float = math.nan
    reference: float = math.nan
    strong: bool = False
    count_text: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """Measures of a dot chart, in points.

    Parameters
    ----------
    width
        Of the whole chart.
    row
        Height of one row.
    label, figures
        Widths of the columns of names (left) and of numbers (right).
    size
        Font size of names and numbers.
    counts
        Width of the last column, of what each value rests on; 0: none.
    """

    width: float
    row: float
    label: float
    figures: float
    size: float = 7.4
    counts: float = 0.0

    @property
    def figures_left(self) -> float:
        """Where the column of numbers begins."""
        return self.width - self.counts - self.figures


def dot_chart(
    rows: Sequence[DotRow],
    axis: Axis,
    layout: Layout,
    finding: str,
    *,
    mark_label: str = "",
    count_title: str = "",
    own_marks: bool = False,
) -> str:
    """Rows of a value with its interval, against a target.

    Parameters
    ----------
    finding
        What the chart shows, in one sentence (its alternative text).
    mark_label
        Words at the common target line; the mark is that of the first row that has one.
    count_title
        Head of the last column; empty where its texts say themselves what they count.
    own_marks
        Each row draws its own target as a short line (rows of different measures).
    """
    plot_left = layout.label + 4
    plot_width = layout.figures_left - plot_left - 6
    top = 13.0 if mark_label or count_title else 4.0
    height = top + len(rows) * layout.row + 11
    bottom = top + len(rows) * layout.row
    parts = [_open(layout.width, height, finding)]
    parts.extend(
        _ground(layout, top + index * layout.row)
        for index, row in enumerate(rows)
        if row.strong and len(rows) > 1
    )
    parts.append(_grid(axis, plot_left, plot_width, top, bottom))
    if count_title:
        parts.append(_text(layout.width, top - 5, count_title, 6.2, anchor="end", fill=GREY))
    marks = [row.mark for row in rows if not math.isnan(row.mark)]
    if marks and not own_marks:
        parts.append(_mark_line(axis.position(marks[0], plot_left, plot_width), top, bottom, mark_label))
    for index, row in enumerate(rows):
        middle = top + (index + 0.5) * layout.row
        parts.append(_row(row, axis, layout, (plot_left, plot_width), middle, own_marks))
    return "".join([*parts, "</svg>"])


def bar(share: float, width: float, finding: str, colour: str = "#5b6673") -> str:
    """A small bar from zero; `share` of its full `width`."""
    length = max(0.0, min(1.0, share)) * width
    return (
        f"{_open(width, 6, finding)}"
        f'<line x1="0" x2="0" y1="0" y2="6" stroke="{GREY}" stroke-width="0.6"/>'
        f'<rect x="0" y="0.8" width="{at(length)}" height="4.4" fill="{colour}"/></svg>'
    )


def _open(width: float, height: float, finding: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{at(width)}pt" height="{at(height)}pt" '
        f'viewBox="0 0 {at(width)} {at(height)}" role="img" font-family="{FONT}">'
        f"<title>{escape(finding)}</title>"
    )


def _text(
    x: float, y: float, text: str, size: float, *, anchor: str = "start", fill: str = INK, bold: str = ""
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{at(x)}" y="{at(y)}" font-size="{at(size)}" text-anchor="{anchor}" fill="{fill}"{weight}>'
        f"{escape(text)}</text>"
    )


def _ground(layout: Layout, top: float) -> str:
    return f'<rect x="0" y="{at(top)}" width="{at(layout.width)}" height="{at(layout.row)}" fill="#eef2f6"/>'


def _grid(axis: Axis, left: float, width: float, top: float, bottom: float) -> str:
    parts = []
    for value, label in axis.ticks:
        x = axis.position(value, left, width)
        parts.append(
            f'<line x1="{at(x)}" x2="{at(x)}" y1="{at(top)}" y2="{at(bottom)}" '
            f'stroke="{RULE}" stroke-width="0.6"/>'
        )
        parts.append(_text(x, bottom + 8, label, 6.2, anchor="middle", fill=GREY))
    return "".join(parts)


def _mark_line(x: float, top: float, bottom: float, label: str) -> str:
    line = (
        f'<line x1="{at(x)}" x2="{at(x)}" y1="{at(top - 3)}" y2="{at(bottom)}" stroke="{INK}" '
        f'stroke-width="0.9" stroke-dasharray="2.4 1.6"/>'
    )
    return line + _text(x, top - 5, label, 6.4, anchor="middle")


def _row(
    row: DotRow, axis: Axis, layout: Layout, plot: tuple[float, float], middle: float, own_marks: bool
) -> str:
    left, width = plot
    baseline = middle + layout.size * 0.36
    parts = [_label(row, layout, middle)]
    figures_left = layout.figures_left
    if row.count_text:
        size = fitted(row.count_text, layout.size * 0.82, layout.counts - 3)
        parts.append(_text(layout.width, baseline, row.count_text, size, anchor="end", fill=GREY))
    if math.isnan(row.value):
        size = fitted(row.value_text, layout.size * 0.9, layout.figures)
        parts.append(_text(figures_left, baseline, row.value_text, size, fill=GREY))
        return "".join(parts)
    thick = min(5.0, layout.row * 0.42)
    if not math.isnan(row.low):
        start, stop = axis.position(row.low, left, width), axis.position(row.high, left, width)
        parts.append(
            f'<rect x="{at(start)}" y="{at(middle - thick / 2)}" width="{at(max(0.8, stop - start))}" '
            f'height="{at(thick)}" fill="{BAND.get(row.verdict, RULE)}"/>'
        )
    if own_marks and not math.isnan(row.mark):
        x = axis.position(row.mark, left, width)
        parts.append(
            f'<line x1="{at(x)}" x2="{at(x)}" y1="{at(middle - layout.row * 0.4)}" '
            f'y2="{at(middle + layout.row * 0.4)}" stroke="{INK}" stroke-width="1.3"/>'
        )
    if not math.isnan(row.reference):
        x = axis.position(row.reference, left, width)
        parts.append(
            f'<circle cx="{at(x)}" cy="{at(middle)}" r="{at(thick * 0.62)}" fill="#ffffff" stroke="{INK}" '
            f'stroke-width="0.8"/>'
        )
    parts.append(
        _shape(row.verdict, axis.position(row.value, left, width), middle, min(3.1, layout.row * 0.27))
    )
    parts.append(_text(figures_left, baseline, row.value_text, layout.size, bold="bold"))
    interval_left = figures_left + max(text_width(row.value_text, layout.size) + 4, layout.figures * 0.38)
    interval_size = fitted(
        row.interval_text, layout.size * 0.9, figures_left + layout.figures - interval_left
    )
    parts.append(_text(interval_left, baseline, row.interval_text, interval_size, fill=GREY))
    return "".join(parts)


def _label(row: DotRow, layout: Layout, middle: float) -> str:
    """The name of a row: on one line, or on two smaller ones; shortened where even that fails."""
    bold = "bold" if row.strong else ""
    size = fitted(row.label, layout.size, layout.label)
    if size >= layout.size * 0.8:
        return _text(layout.label, middle + size * 0.36, row.label, size, anchor="end", bold=bold)
    lines = two_lines(row.label)
    largest = min(layout.size * 0.82, layout.row * 0.46)
    size = min(fitted(line, largest, layout.label) for line in lines)
    return "".join(
        _text(
            layout.label,
            middle + size * shift,
            cut_to(line, size, layout.label),
            size,
            anchor="end",
            bold=bold,
        )
        for line, shift in zip(lines, (-0.1, 0.92), strict=True)
    )


def _shape(verdict: Verdict, x: float, y: float, radius: float) -> str:
    colour = COLOUR.get(verdict, GREY)
    edge = 'stroke="#ffffff" stroke-width="0.6"'
    if verdict is Verdict.PASS:
        return f'<circle cx="{at(x)}" cy="{at(y)}" r="{at(radius)}" fill="{colour}" {edge}/>'
    if verdict is Verdict.FAIL:
        half, up, down = radius * 1.15, radius * 0.85, radius * 1.15
        path = f"M{at(x - half)} {at(y - up)} L{at(x + half)} {at(y - up)} L{at(x)} {at(y + down)} Z"
        return f'<path d="{path}" fill="{colour}" {edge}/>'
    reach = radius * 1.2
    corners = ((x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y))
    path = f"M{' L'.join(f'{at(across)} {at(down)}' for across, down in corners)} Z"
    if verdict is Verdict.NOT_MEASURED:  # a value without a target: no verdict, so a hollow diamond
        return f'<path d="{path}" fill="#ffffff" stroke="{INK}" stroke-width="0.9"/>'
    return f'<path d="{path}" fill="{colour}" {edge}/>'

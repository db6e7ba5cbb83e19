"""A waterfall as SVG: from one total to another, a row for each part, its bar where the sum then stands.

What rises is a filled bar pointed to the right, what falls a hollow one pointed to the left, and the numbers
carry their signs: a photocopy says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from reports.axis import Axis
from reports.chart import FONT, GREY, INK, RULE
from reports.numbers import coordinate as at
from reports.text_width import cut_to, fitted

RISE, FALL_EDGE = "#0b4f8a", "#b3401a"
ROW, TOP, FOOT = 17.0, 6.0, 14.0
POINT = 3.2
"""How far a bar is pointed."""
SIZE, TICK_SIZE = 7.6, 6.2
FIGURES, TELLING = 42.0, 128.0


@dataclass(frozen=True, slots=True)
class WaterfallRow:
    """One row.

    Parameters
    ----------
    start, end
        Total before and after the row; equal for the two ends.
    figure
        The number as text.
    telling
        What the row is mostly made of; stands small at the right.
    is_end
        A total rather than a step: a diamond, in bold.
    """

    label: str
    start: float
    end: float
    figure: str
    telling: str = ""
    is_end: bool = False


def waterfall_chart(
    rows: Sequence[WaterfallRow], axis: Axis, width: float, label_width: float, finding: str
) -> str:
    """The rows below each other; `finding` is the chart's alternative text."""
    left = label_width + 6
    plot = width - left - FIGURES - TELLING - 8
    height, bottom = TOP + len(rows) * ROW + FOOT, TOP + len(rows) * ROW
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{at(width)}pt" height="{at(height)}pt" '
        f'viewBox="0 0 {at(width)} {at(height)}" role="img" font-family="{FONT}">'
        f"<title>{escape(finding)}</title>"
    ]
    for value, label in axis.ticks:
        x = axis.position(value, left, plot)
        parts.append(_line(x, TOP, x, bottom, RULE))
        parts.append(_text(x, bottom + 9, label, TICK_SIZE, anchor="middle", fill=GREY))
    for number, row in enumerate(rows):
        middle = TOP + (number + 0.5) * ROW
        ends = [axis.position(value, left, plot) for value in (row.start, row.end)]
        if number + 1 < len(rows):  # the thread from this row's end to the next
            parts.append(_line(ends[1], middle, ends[1], middle + ROW, GREY, 'stroke-dasharray="1.2 1.2"'))
        parts.append(_mark(row, ends, middle))
        parts.append(_words(row, middle, width, label_width))
    return "".join([*parts, "</svg>"])


def _mark(row: WaterfallRow, ends: Sequence[float], middle: float) -> str:
    start, end = ends
    corners: tuple[tuple[float, float], ...]
    if row.is_end:
        reach = 4.2
        corners = ((end, middle - reach), (end + reach, middle), (end, middle + reach), (end - reach, middle))
        return _path(corners, f'fill="{INK}"')
    half = ROW * 0.29
    up = row.end >= row.start
    tip = min(POINT, abs(end - start)) * (1 if up else -1)
    corners = (
        (start, middle - half),
        (end - tip, middle - half),
        (end, middle),
        (end - tip, middle + half),
        (start, middle + half),
    )
    look = f'fill="{RISE}"' if up else f'fill="#ffffff" stroke="{FALL_EDGE}" stroke-width="1.1"'
    return _path(corners, look)


def _words(row: WaterfallRow, middle: float, width: float, label_width: float) -> str:
    bold = ' font-weight="bold"' if row.is_end else ""
    baseline = middle + SIZE * 0.36
    size = fitted(row.label, SIZE, label_width)
    figures_right = width - TELLING - 6
    telling = cut_to(row.telling, SIZE * 0.8, TELLING)
    return (
        _text(label_width, baseline, cut_to(row.label, size, label_width), size, anchor="end", extra=bold)
        + _text(figures_right, baseline, row.figure, SIZE, anchor="end", extra=bold or ' font-weight="bold"')
        + _text(width - TELLING, baseline, telling, SIZE * 0.8, fill=GREY)
    )


def _path(corners: Sequence[tuple[float, float]], look: str) -> str:
    path = f"M{' L'.join(f'{at(x)} {at(y)}' for x, y in corners)} Z"
    return f'<path d="{path}" {look}/>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, extra: str = "") -> str:
    return (
        f'<line x1="{at(x1)}" y1="{at(y1)}" x2="{at(x2)}" y2="{at(y2)}" stroke="{colour}" '
        f'stroke-width="0.6" {extra}/>'
    )


def _text(
    x: float, y: float, text: str, size: float, *, anchor: str = "start", fill: str = INK, extra: str = ""
) -> str:
    return (
        f'<text x="{at(x)}" y="{at(y)}" font-size="{at(size)}" text-anchor="{anchor}" fill="{fill}"{extra}>'
        f"{escape(text)}</text>"
    )

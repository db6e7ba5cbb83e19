"""A value with its interval, drawn small enough for the cell of a table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from reports.axis import Axis
from reports.chart import GREY, INK, RULE
from reports.numbers import coordinate as at

BAND = "#c3ccd6"
HEIGHT = 9.0


@dataclass(frozen=True, slots=True)
class Band:
    """One value on an axis.

    Parameters
    ----------
    low, high
        NaN where there is no interval: the dot alone is drawn.
    reference
        What it is read against, as a thin line; NaN without one.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    reference: float = math.nan


def band(shown: Band, axis: Axis, width: float, finding: str) -> str:
    """The drawing, with `finding` as its alternative text; only a base line where there is no value."""
    middle = HEIGHT / 2
    left, inner = 2.4, width - 4.8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{at(width)}pt" height="{at(HEIGHT)}pt" '
        f'viewBox="0 0 {at(width)} {at(HEIGHT)}" role="img"><title>{escape(finding)}</title>'
        f'<line x1="{at(left)}" x2="{at(left + inner)}" y1="{at(middle)}" y2="{at(middle)}" '
        f'stroke="{RULE}" stroke-width="0.6"/>'
    ]
    if not math.isnan(shown.low) and not math.isnan(shown.high):
        start, stop = (axis.position(limit, left, inner) for limit in (shown.low, shown.high))
        parts.append(
            f'<rect x="{at(start)}" y="{at(middle - 2.1)}" width="{at(max(0.8, stop - start))}" height="4.2" '
            f'fill="{BAND}"/>'
        )
    if not math.isnan(shown.reference):
        x = axis.position(shown.reference, left, inner)
        parts.append(
            f'<line x1="{at(x)}" x2="{at(x)}" y1="0.4" y2="{at(HEIGHT - 0.4)}" stroke="{GREY}" '
            f'stroke-width="0.8" stroke-dasharray="1.6 1.2"/>'
        )
    if not math.isnan(shown.value):
        x = axis.position(shown.value, left, inner)
        parts.append(f'<circle cx="{at(x)}" cy="{at(middle)}" r="2.1" fill="{INK}"/>')
    return "".join([*parts, "</svg>"])

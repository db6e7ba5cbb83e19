"""Two ranges of one total in the cell of a table: what the rules leave open, what the sample leaves open."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from reports.axis import Axis
from reports.chart import GREY, INK, RULE
from reports.numbers import coordinate as at

SAMPLE, RULES = "#c3ccd6", "#5b6673"
HEIGHT = 15.0


@dataclass(frozen=True, slots=True)
class TwoRanges:
    """On one axis; NaN where there is no range.

    Parameters
    ----------
    rules, sample
        Lowest and highest total under other rules, and the 95 % interval.
    mark
        The target, as a broken line; NaN without one.
    """

    value: float
    rules: tuple[float, float]
    sample: tuple[float, float]
    mark: float = math.nan


def two_ranges(shown: TwoRanges, axis: Axis, width: float, finding: str) -> str:
    """Above a dark bar for the rules, below a light one for the sample, a line through both at the total."""
    left, inner = 2.0, width - 4.0
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{at(width)}pt" height="{at(HEIGHT)}pt" '
        f'viewBox="0 0 {at(width)} {at(HEIGHT)}" role="img"><title>{escape(finding)}</title>'
        f'<line x1="{at(left)}" x2="{at(left + inner)}" y1="{at(HEIGHT - 0.3)}" y2="{at(HEIGHT - 0.3)}" '
        f'stroke="{RULE}" stroke-width="0.6"/>'
    ]
    for (low, high), top, thick, colour in ((shown.rules, 2.2, 4.2, RULES), (shown.sample, 8.2, 4.2, SAMPLE)):
        if math.isnan(low) or math.isnan(high):
            continue
        start, stop = (axis.position(end, left, inner) for end in (low, high))
        parts.append(
            f'<rect x="{at(start)}" y="{at(top)}" width="{at(max(0.8, stop - start))}" height="{at(thick)}" '
            f'fill="{colour}"/>'
        )
    if not math.isnan(shown.mark):
        x = axis.position(shown.mark, left, inner)
        parts.append(
            f'<line x1="{at(x)}" x2="{at(x)}" y1="0" y2="{at(HEIGHT)}" stroke="{GREY}" stroke-width="0.8" '
            f'stroke-dasharray="1.6 1.2"/>'
        )
    at_total = at(axis.position(shown.value, left, inner))
    for colour, thick in (("#ffffff", 2.4), (INK, 1.1)):
        parts.append(
            f'<line x1="{at_total}" x2="{at_total}" y1="1" y2="{at(HEIGHT - 1.6)}" stroke="{colour}" '
            f'stroke-width="{at(thick)}"/>'
        )
    return "".join([*parts, "</svg>"])

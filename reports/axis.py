"""The scale of a chart: round ticks around the values it shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reports.numbers import coordinate as at


@dataclass(frozen=True, slots=True)
class Axis:
    """The scale of a chart and its ticks, with their labels."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]

    def position(self, value: float, left: float, width: float) -> float:
        """Where a value lies between `left` and `left + width`; values outside stop at the edge."""
        share = (value - self.low) / (self.high - self.low)
        return left + min(1.0, max(0.0, share)) * width


def axis_of(
    values: Sequence[float], sign: str, scale: float, most: float = math.nan, intervals: int = 6
) -> Axis:
    """An axis with round ticks around `values`.

    Parameters
    ----------
    sign
        Behind each tick label, such as ``%``.
    scale
        Multiplies a value for its label (100 for shares).
    most
        The largest value there can be; the axis does not run past it.
    intervals
        Between ticks, about; fewer where the chart is narrow.
    """
    known = [value * scale for value in values if not math.isnan(value)] or [0.0, 100.0]
    low, high = min(known), max(known)
    step = next((s for s in (1, 2, 5, 10, 20, 25, 50) if (high - low) / s <= intervals), 100)
    first = float(math.floor(low / step) * step)
    last = float(math.ceil(high / step) * step)
    if not math.isnan(most):
        last = min(last, most * scale)
    if last <= first:
        last = first + step
    count = round((last - first) / step)
    ticks = tuple((first + i * step, f"{at(first + i * step)}{sign}") for i in range(count + 1))
    return Axis(first / scale, last / scale, tuple((tick / scale, label) for tick, label in ticks))

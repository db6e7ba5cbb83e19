"""Charts of places as SVG: each area's value with its band, its range of places as a bar, its tier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from indicators.ranks.vocabulary import Tier
from reports.axis import Axis
from reports.chart import FONT, GREY, INK, RULE
from reports.numbers import coordinate as at
from reports.text_width import cut_to, fitted

COLOUR = {Tier.SURELY_TOP: "#0b4f8a", Tier.UNDECIDED: "#6b7280", Tier.SURELY_BOTTOM: "#b3401a"}
BAND = {Tier.SURELY_TOP: "#b5cde3", Tier.UNDECIDED: "#d3d7dd", Tier.SURELY_BOTTOM: "#efc3b0"}
HEAD, FOOT, GAP = 13.0, 11.0, 6.0
TICK_SIZE = 6.2


@dataclass(frozen=True, slots=True)
class RankRow:
    """One area.

    Parameters
    ----------
    value, low, high
        On the axis' scale.
    first, last
        Best and worst place of its range.
    range_text, tier_text
        As words; the tier's is empty where the chart is too narrow for it.
    """

    label: str
    value: float
    low: float
    high: float
    first: int
    last: int
    tier: Tier | None
    value_text: str
    interval_text: str
    range_text: str
    tier_text: str


@dataclass(frozen=True, slots=True)
class RankLayout:
    """Measures of a chart of places, in points; columns from left to right.

    Parameters
    ----------
    label, plot, figures, places, range, tier
        Widths of names, of values with their bands, of values as numbers (0: none), of bars of places, of
        ranges in words, of tiers.
    """

    row: float
    label: float
    plot: float
    figures: float
    places: float
    range: float
    tier: float
    size: float = 7.4

    @property
    def plot_left(self) -> float:
        """Where the axis of values begins."""
        return self.label + 5

    @property
    def figures_left(self) -> float:
        """Where numbers begin."""
        return self.plot_left + self.plot + GAP

    @property
    def places_left(self) -> float:
        """Where the axis of places begins."""
        return self.figures_left + self.figures + (GAP if self.figures else 12)

    @property
    def range_left(self) -> float:
        """Where ranges in words begin."""
        return self.places_left + self.places + GAP

    @property
    def width(self) -> float:
        """Of the whole chart."""
        return self.range_left + self.range + self.tier


def rank_chart(
    rows: Sequence[RankRow],
    axis: Axis,
    areas: int,
    layout: RankLayout,
    finding: str,
    heads: tuple[str, str],
) -> str:
    """Rows of areas in the order given.

    Parameters
    ----------
    areas
        How many are ranked together: the axis of places ends there. The best place is at the left.
    finding
        What the chart shows, in one sentence (its alternative text).
    heads
        Titles above the values and above the places.
    """
    bottom = HEAD + len(rows) * layout.row
    width, height = at(layout.width), at(bottom + FOOT)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" '
        f'viewBox="0 0 {width} {height}" role="img" font-family="{FONT}">'
        f"<title>{escape(finding)}</title>",
        _written(layout.plot_left, HEAD - 5, heads[0], TICK_SIZE, GREY),
        _written(layout.places_left, HEAD - 5, heads[1], TICK_SIZE, GREY),
    ]
    ticks = [(axis.position(value, layout.plot_left, layout.plot), label) for value, label in axis.ticks]
    ticks += [(_middle(place, areas, layout), str(place)) for place in _marked_places(areas)]
    parts += [_tick(x, label, bottom) for x, label in ticks]
    parts += [
        _row(row, axis, areas, layout, HEAD + (index + 0.5) * layout.row) for index, row in enumerate(rows)
    ]
    return "".join([*parts, "</svg>"])


def tier_mark(tier: Tier | None, x: float, y: float, radius: float) -> str:
    """▲, ◇ or ▼: told apart by shape, then by colour; nothing without tiers."""
    if tier is None:
        return ""
    if tier is Tier.UNDECIDED:
        path = f"M{at(x)} {at(y - radius)} L{at(x + radius)} {at(y)} L{at(x)} {at(y + radius)} "
        path += f"L{at(x - radius)} {at(y)} Z"
        return f'<path d="{path}" fill="#ffffff" stroke="{COLOUR[tier]}" stroke-width="0.8"/>'
    up = -1.0 if tier is Tier.SURELY_TOP else 1.0
    tip, base, half = y + up * radius, y - up * radius * 0.8, radius * 1.05
    path = f"M{at(x - half)} {at(base)} L{at(x + half)} {at(base)} L{at(x)} {at(tip)} Z"
    return f'<path d="{path}" fill="{COLOUR[tier]}"/>'


def _row(row: RankRow, axis: Axis, areas: int, layout: RankLayout, middle: float) -> str:
    baseline, thick = middle + layout.size * 0.36, min(5.0, layout.row * 0.42)
    tier = row.tier or Tier.UNDECIDED
    name = cut_to(row.label, fitted(row.label, layout.size, layout.label), layout.label)
    start = axis.position(row.low, layout.plot_left, layout.plot)
    stop = axis.position(row.high, layout.plot_left, layout.plot)
    first, last = _middle(row.first, areas, layout), _middle(row.last, areas, layout)
    half = _step(areas, layout) / 2
    parts = [
        _written(
            layout.label, baseline, name, fitted(row.label, layout.size, layout.label), INK, anchor="end"
        ),
        _bar(start, stop, middle, thick, "#d3d7dd"),
        f'<circle cx="{at(axis.position(row.value, layout.plot_left, layout.plot))}" cy="{at(middle)}" '
        f'r="{at(min(2.4, layout.row * 0.22))}" fill="{INK}"/>',
        _bar(first - half, last + half, middle, thick + 1, BAND[tier]),
        _ends(first - half, last + half, middle, thick + 1, COLOUR[tier]),
        _written(
            layout.range_left,
            baseline,
            row.range_text,
            fitted(row.range_text, layout.size, layout.range - 3),
            INK,
        ),
        tier_mark(row.tier, layout.range_left + layout.range + 4, middle, min(3.0, layout.row * 0.28)),
    ]
    if layout.figures:
        left = layout.figures_left + layout.figures * 0.36
        size = fitted(row.interval_text, layout.size * 0.9, layout.figures * 0.64)
        parts.append(_written(layout.figures_left, baseline, row.value_text, layout.size, INK))
        parts.append(_written(left, baseline, row.interval_text, size, GREY))
    if row.tier_text:
        size = fitted(row.tier_text, layout.size * 0.9, layout.tier - 11)
        parts.append(_written(layout.range_left + layout.range + 10, baseline, row.tier_text, size, GREY))
    return "".join(parts)


def _step(areas: int, layout: RankLayout) -> float:
    return layout.places / max(areas, 1)


def _middle(place: int, areas: int, layout: RankLayout) -> float:
    return layout.places_left + (place - 0.5) * _step(areas, layout)


def _marked_places(areas: int) -> list[int]:
    """The first place, the last, and the ends of the thirds between them."""
    third = areas // 3
    inner = [third, areas - third + 1] if areas >= 9 else []
    return list(dict.fromkeys([1, *inner, areas]))


def _tick(x: float, label: str, bottom: float) -> str:
    line = (
        f'<line x1="{at(x)}" x2="{at(x)}" y1="{at(HEAD)}" y2="{at(bottom)}" stroke="{RULE}" '
        f'stroke-width="0.6"/>'
    )
    return line + _written(x, bottom + 8, label, TICK_SIZE, GREY, anchor="middle")


def _bar(start: float, stop: float, middle: float, thick: float, colour: str) -> str:
    return (
        f'<rect x="{at(start)}" y="{at(middle - thick / 2)}" width="{at(max(0.8, stop - start))}" '
        f'height="{at(thick)}" fill="{colour}"/>'
    )


def _ends(start: float, stop: float, middle: float, thick: float, colour: str) -> str:
    """Short strokes at both ends: the range stays readable in black and white."""
    up, down = at(middle - thick / 2), at(middle + thick / 2)
    path = f"M{at(start)} {up} L{at(start)} {down} M{at(stop)} {up} L{at(stop)} {down}"
    return f'<path d="{path}" stroke="{colour}" stroke-width="1.2"/>'


def _written(x: float, y: float, text: str, size: float, fill: str, anchor: str = "start") -> str:
    return (
        f'<text x="{at(x)}" y="{at(y)}" font-size="{at(size)}" fill="{fill}" text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )

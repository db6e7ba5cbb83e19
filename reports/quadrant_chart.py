"""The importance–performance matrix as SVG: gap to the target across, importance up, crosshair, error bars.

Shapes tell the method, filled or hollow whether the place is sure, and names stand at sure points only: a
photocopy says the same. Points come in few sizes, so those of one importance are set beside each other,
upwards and downwards, until none hides another; names go where there is room, the most pressing first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from indicators.findings.quadrant import Quadrant
from indicators.framework import Method
from reports.axis import Axis
from reports.chart import FONT, GREY, INK, RULE
from reports.name_placement import Ground, place_names
from reports.numbers import coordinate as at
from reports.placement import Box, first_free, swarm_offsets
from reports.text_width import fitted, text_width

WIDTH, TALL, LOW = 504.0, 400.0, 225.0
LEFT, RIGHT, TOP, BOTTOM = 34.0, 4.0, 15.0, 28.0
RADIUS, NAME_SIZE, CORNER_SIZE, TITLE_SIZE, TICK_SIZE = 2.6, 5.8, 8.0, 7.2, 6.4
MANY = 30
"""From so many points on the matrix is tall."""
BAR = "#bcc4cd"
IMPORTANT_GROUND = "#f3f5f8"
NAMED_FIRST = (Quadrant.REPAIR, Quadrant.CHANCE, Quadrant.STRENGTH, Quadrant.MAINTAIN)


@dataclass(frozen=True, slots=True)
class Point:
    """One indicator of the matrix.

    Parameters
    ----------
    gap, gap_low, gap_high
        Value less target, on the horizontal axis' scale.
    importance_low, importance_high
        NaN for declared points, which are known.
    labelled
        Whether the place in the quadrant is sure enough to be named.
    """

    name: str
    method: Method
    gap: float
    gap_low: float
    gap_high: float
    importance: float
    importance_low: float
    importance_high: float
    quadrant: Quadrant
    labelled: bool


@dataclass(frozen=True)
class Frame:
    """Axes and words of a matrix.

    Parameters
    ----------
    mark
        Importance at which the horizontal line of the crosshair stands; the vertical one stands at gap 0.
    corners
        Words for the four quadrants.
    across_title, up_title
        Of the axes.
    finding
        What the chart shows, in one sentence (its alternative text).
    """

    across: Axis
    up: Axis
    mark: float
    corners: Mapping[Quadrant, str]
    across_title: str
    up_title: str
    finding: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """A drawn matrix; `unnamed` sure points had no room for their names."""

    svg: str
    unnamed: int


@dataclass(frozen=True)
class _Plot:
    """Where things lie, in points of the page."""

    frame: Frame
    box: Box

    def x(self, gap: float) -> float:
        return self.frame.across.position(gap, self.box.left, self.box.right - self.box.left)

    def y(self, importance: float) -> float:
        height = self.box.bottom - self.box.top
        return self.box.bottom - self.frame.up.position(importance, 0.0, height)


def matrix_chart(points: Sequence[Point], frame: Frame) -> Matrix:
    """Draw the points of one area."""
    height = TALL if len(points) >= MANY else LOW
    plot = _Plot(frame, Box(LEFT, TOP, WIDTH - RIGHT, height - BOTTOM))
    places = _places(points, plot)
    names, unnamed = _names(points, places, plot)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{at(WIDTH)}pt" height="{at(height)}pt" '
        f'viewBox="0 0 {at(WIDTH)} {at(height)}" role="img" font-family="{FONT}">',
        f"<title>{escape(frame.finding)}</title>",
        _ground(plot),
        _axes(plot),
        *(_bars(point, place, plot) for point, place in zip(points, places, strict=True)),
        _crosshair(plot),
        *(_corner(kind, words, plot.box) for kind, words in frame.corners.items()),
        *(_shape(point, place) for point, place in zip(points, places, strict=True)),
        *names,
        "</svg>",
    ]
    return Matrix("".join(parts), unnamed)


def _places(points: Sequence[Point], plot: _Plot) -> list[tuple[float, float]]:
    """Where each point stands: at its gap, and as near to its importance as others leave room.

    None leaves its side of the crosshair; where there is no room at all, it stands on its place.
    """
    reach, middle = RADIUS + 0.25, plot.y(plot.frame.mark)
    places: dict[int, tuple[float, float]] = {}
    taken: list[Box] = []
    # Sure points first: their places are the ones that are read.
    for index in sorted(range(len(points)), key=lambda at: (not points[at].labelled, points[at].gap)):
        point = points[index]
        x, y = plot.x(point.gap), plot.y(point.importance)
        upper = point.quadrant in {Quadrant.REPAIR, Quadrant.STRENGTH}
        side = (
            Box(plot.box.left, plot.box.top, plot.box.right, middle)
            if upper
            else Box(plot.box.left, middle, plot.box.right, plot.box.bottom)
        )
        tries = (Box.around(x, y + off, reach) for off in swarm_offsets(2 * reach, 60))
        wide = Box(side.left - reach, side.top, side.right + reach, side.bottom)
        free = first_free(tries, taken, wide) or Box.around(x, y, reach)
        taken.append(free)
        places[index] = (x, (free.top + free.bottom) / 2)
    return [places[index] for index in range(len(points))]


def _names(
    points: Sequence[Point], places: Sequence[tuple[float, float]], plot: _Plot
) -> tuple[list[str], int]:
    """Names beside sure points or at the end of a line from them, and how many found no room."""
    order = {kind: at for at, kind in enumerate(NAMED_FIRST)}
    sure = [index for index, point in enumerate(points) if point.labelled]
    sure.sort(key=lambda at: (order[points[at].quadrant], -points[at].importance, points[at].gap))
    cross_x, cross_y, box = plot.x(0.0), plot.y(plot.frame.mark), plot.box
    bars = [
        Box(plot.x(point.gap_low), y - 0.4, plot.x(point.gap_high), y + 0.4)
        for point, (_, y) in zip(points, places, strict=True)
        if point.gap_high > point.gap_low
    ]
    lines = (
        Box(cross_x - 0.5, box.top, cross_x + 0.5, box.bottom),
        Box(box.left, cross_y - 0.5, box.right, cross_y + 0.5),
    )
    ground = Ground(box, places, RADIUS + 0.3, lines, bars)
    placed = place_names(sure, [text_width(points[at].name, NAME_SIZE) for at in sure], NAME_SIZE, ground)
    drawn = [_line(*places[at], *place.end, GREY, 0.4) for at, place in placed.items() if place.end]
    drawn += [
        _text(place.box.left, place.box.bottom - NAME_SIZE * 0.22, points[at].name, NAME_SIZE)
        for at, place in placed.items()
    ]
    return drawn, len(sure) - len(placed)


def _ground(plot: _Plot) -> str:
    """A faint ground behind what matters more."""
    box, middle = plot.box, plot.y(plot.frame.mark)
    return (
        f'<rect x="{at(box.left)}" y="{at(box.top)}" width="{at(box.right - box.left)}" '
        f'height="{at(middle - box.top)}" fill="{IMPORTANT_GROUND}"/>'
    )


def _axes(plot: _Plot) -> str:
    box, frame = plot.box, plot.frame
    parts = []
    for value, label in frame.across.ticks:
        x = plot.x(value)
        parts += [_line(x, box.top, x, box.bottom, RULE, 0.5)]
        parts += [_text(x, box.bottom + 9, label, TICK_SIZE, anchor="middle", fill=GREY)]
    for value, label in frame.up.ticks:
        y = plot.y(value)
        parts += [_line(box.left, y, box.right, y, RULE, 0.5)]
        parts += [_text(box.left - 4, y + 2.2, label, TICK_SIZE, anchor="end", fill=GREY)]
    centre = (box.top + box.bottom) / 2
    # Between the words for the two lower quadrants.
    beside = max(
        text_width(frame.corners[kind], CORNER_SIZE) for kind in (Quadrant.CHANCE, Quadrant.MAINTAIN)
    )
    room = box.right - box.left - 2 * beside - 12
    size = fitted(frame.across_title, TITLE_SIZE, room)
    middle = (box.left + box.right) / 2
    parts.append(_text(middle, box.bottom + 21, frame.across_title, size, anchor="middle"))
    turned = f' transform="rotate(-90 8 {at(centre)})"'
    parts.append(_text(8, centre, frame.up_title, TITLE_SIZE, anchor="middle", more=turned))
    return "".join(parts)


def _crosshair(plot: _Plot) -> str:
    box, x, y = plot.box, plot.x(0.0), plot.y(plot.frame.mark)
    dashes = ' stroke-dasharray="3 2"'
    return _line(x, box.top, x, box.bottom, INK, 0.9) + _line(box.left, y, box.right, y, INK, 0.9, dashes)


def _bars(point: Point, place: tuple[float, float], plot: _Plot) -> str:
    """Limits of the value across, of a derived importance upwards."""
    x, y = place
    parts = []
    if not math.isnan(point.gap_low) and point.gap_high > point.gap_low:
        parts.append(_line(plot.x(point.gap_low), y, plot.x(point.gap_high), y, BAR, 0.7))
    if not math.isnan(point.importance_low):
        parts.append(_line(x, plot.y(point.importance_high), x, plot.y(point.importance_low), BAR, 0.7))
    return "".join(parts)


def _corner(kind: Quadrant, words: str, box: Box) -> str:
    """Words for a quadrant, outside the frame at its corner: inside they would hide points."""
    leftwards = kind in {Quadrant.REPAIR, Quadrant.CHANCE}
    x, anchor = (box.left, "start") if leftwards else (box.right, "end")
    y = box.top - 4.5 if kind in {Quadrant.REPAIR, Quadrant.STRENGTH} else box.bottom + 21
    return _text(x, y, words, CORNER_SIZE, anchor=anchor, more=' font-weight="bold"')


def _shape(point: Point, place: tuple[float, float]) -> str:
    x, y = place
    fill = INK if point.labelled else "#ffffff"
    edge = f'fill="{fill}" stroke="{INK}" stroke-width="0.7"'
    if point.method is Method.QUESTIONNAIRE:
        return f'<circle cx="{at(x)}" cy="{at(y)}" r="{at(RADIUS * 0.92)}" {edge}/>'
    if point.method is Method.OBSERVATION:
        half, side = RADIUS * 0.83, at(RADIUS * 1.66)
        return f'<rect x="{at(x - half)}" y="{at(y - half)}" width="{side}" height="{side}" {edge}/>'
    up, down = y - RADIUS, y + RADIUS * 0.8
    return f'<path d="M{at(x)} {at(up)} L{at(x + RADIUS)} {at(down)} L{at(x - RADIUS)} {at(down)} Z" {edge}/>'


def _line(x1: float, y1: float, x2: float, y2: float, ink: str, width: float, more: str = "") -> str:
    return (
        f'<line x1="{at(x1)}" y1="{at(y1)}" x2="{at(x2)}" y2="{at(y2)}" stroke="{ink}" '
        f'stroke-width="{at(width)}"{more}/>'
    )


def _text(
    x: float, y: float, text: str, size: float, *, anchor: str = "start", fill: str = INK, more: str = ""
) -> str:
    return (
        f'<text x="{at(x)}" y="{at(y)}" font-size="{at(size)}" text-anchor="{anchor}" fill="{fill}"{more}>'
        f"{escape(text)}</text>"
    )

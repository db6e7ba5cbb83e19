"""Places for names around points: beside them where there is room, else at the end of a short line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reports.placement import Box, first_free

CLEAR = 5.0
"""Room on its line between a name and any point but its own, so that nobody asks whose it is."""
BETWEEN = 2.0
"""Room between two names on one line."""
ON_LINE = 1.5
"""How far up and down a point still counts as standing on a name's line."""
REACHES = (9.0, 16.0, 24.0, 33.0, 44.0, 56.0, 70.0)
"""How far above or below its point a name may stand at the end of a line, in points of the page."""
ASIDE = (0.0, 0.5, -0.5, 1.0, -1.0)
"""How far aside, in parts of that."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What names must keep clear of.

    Parameters
    ----------
    inside
        The frame they stay in.
    points, radius
        Middles of all points, and how far each reaches.
    lines
        Boxes that no name may cover.
    bars
        Boxes that a name covers only where there is no other room.
    """

    inside: Box
    points: Sequence[tuple[float, float]]
    radius: float
    lines: Sequence[Box]
    bars: Sequence[Box]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a name stands; `end` is that of the line from its point, None where it stands beside it."""

    box: Box
    end: tuple[float, float] | None = None


def place_names(
    order: Sequence[int], widths: Sequence[float], size: float, ground: Ground
) -> dict[int, Place]:
    """Places of names by the index of their points; those without room are left out.

    Parameters
    ----------
    order
        Indices of the points that want a name, the most pressing first.
    widths
        Of the names, one for each index of `order`.
    size
        Of the letters.
    """
    placed: dict[int, Place] = {}
    taken: list[Box] = []
    for index, width in zip(order, widths, strict=True):
        place = _place(index, width, size, ground, taken)
        if place is not None:
            placed[index] = place
            box = place.box
            taken.append(Box(box.left - BETWEEN, box.top, box.right + BETWEEN, box.bottom))
            taken += [] if place.end is None else _along(ground.points[index], place.end)
    return placed


def _place(index: int, width: float, size: float, ground: Ground, taken: Sequence[Box]) -> Place | None:
    own, reach = ground.points[index], ground.radius
    others = [point for at, point in enumerate(ground.points) if at != index]
    shapes = [Box.around(x, y, reach) for x, y in others]
    shapes += [Box(x - reach - CLEAR, y - ON_LINE, x + reach + CLEAR, y + ON_LINE) for x, y in others]
    fixed = [*ground.lines, *taken, *shapes, Box.around(*own, reach)]
    near = _beside(*own, width, size, reach)
    if (box := first_free(near, [*fixed, *ground.bars], ground.inside)) is not None:
        return Place(box)
    # A line stays in its quarter and runs through no name, point or other line.
    walls = [line for line in ground.lines if not Box.around(*own, reach).meets(line)]
    obstacles = [*walls, *taken, *(Box.around(*point, reach) for point in others)]
    for box, end in _away(*own, width, size, reach):
        free = first_free([box], [*fixed, *ground.bars], ground.inside) is not None
        if free and not any(step.meets(each) for step in _along(own, end) for each in obstacles):
            return Place(box, end)
    box = first_free(near, fixed, ground.inside)
    return None if box is None else Place(box)


def _beside(x: float, y: float, width: float, size: float, reach: float) -> list[Box]:
    """Boxes for a name: right, left, above, below, and at the corners of its point."""
    half, off = size * 0.55, reach + 0.9
    above, below = y - off - 2 * half, y + off
    lefts = ((x + off, y - half), (x - off - width, y - half), (x - width / 2, above), (x - width / 2, below))
    corners = ((x + 1, above), (x + 1, below), (x - width - 1, above), (x - width - 1, below))
    return [Box(left, top, left + width, top + 2 * half) for left, top in (*lefts, *corners)]


def _away(
    x: float, y: float, width: float, size: float, reach: float
) -> Iterator[tuple[Box, tuple[float, float]]]:
    """Boxes further and further above and below a point, each with the end of the line to its middle."""
    tall = size * 1.1
    for far in REACHES:
        for side in (-1.0, 1.0):
            for aside in ASIDE:
                middle, end = x + aside * far, y + side * (reach + far)
                top = end - tall if side < 0 else end
                yield Box(middle - width / 2, top, middle + width / 2, top + tall), (middle, end)


def _along(start: tuple[float, float], end: tuple[float, float]) -> list[Box]:
    """Small boxes along the line between two points, its ends left out."""
    across, down = end[0] - start[0], end[1] - start[1]
    steps = max(2, int(max(abs(across), abs(down)) / 1.5))
    parts = [at / steps for at in range(1, steps)]
    return [Box.around(start[0] + across * part, start[1] + down * part, 0.4) for part in parts]

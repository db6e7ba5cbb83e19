"""Places for points and their names in a drawing, so that none hides another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle; y runs downwards."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, x: float, y: float, reach: float) -> Box:
        """A square around a point."""
        return cls(x - reach, y - reach, x + reach, y + reach)

    def meets(self, other: Box) -> bool:
        """Whether the two overlap."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def holds(self, other: Box) -> bool:
        """Whether the other lies inside."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )


def first_free(candidates: Iterable[Box], taken: Sequence[Box], inside: Box) -> Box | None:
    """The first box inside the frame that meets none of those taken; None where there is none."""
    for box in candidates:
        if inside.holds(box) and not any(box.meets(other) for other in taken):
            return box
    return None


def swarm_offsets(step: float, most: int) -> list[float]:
    """0, then further and further up and down by half steps: how far a point may move off its place."""
    return [0.0, *(sign * step * at / 2 for at in range(1, most + 1) for sign in (-1.0, 1.0))]

"""What is made of an official table while its rows are read: projects, contents, standards, and problems."""

from __future__ import annotations

from dataclasses import dataclass, field

from indicators.edition.merged_grid import Grid
from indicators.framework import Method
from surveys.problem import Problem, Severity

Cell = tuple[int, int]
"""Row and column, both from 0."""


@dataclass
class Leaf:
    """One way in which a standard is assessed; the first of its units leads.

    `veto` is what stands in place of points where an event caps the grade (一票否决).
    """

    at: Cell
    method: Method
    points: float | None
    units: tuple[str, ...] = ()
    veto: str = ""


@dataclass
class Node:
    """A project, content or standard while the sheet is read; `declared`: points beside a heading."""

    at: Cell
    text: str
    children: list[Node] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    declared: tuple[Cell, float] | None = None


@dataclass
class Reading:
    """What has been read so far."""

    grid: Grid
    projects: list[Node] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    points_seen: dict[Cell, int] = field(default_factory=dict)
    total: tuple[Cell, float] | None = None

    def report(self, at: Cell, code: str, value: str = "", **detail: str) -> None:
        """An error in a cell."""
        self.problems.append(self.grid.problem(at, code, Severity.ERROR, value, **detail))

    def warn(self, at: Cell, code: str, value: str = "", **detail: str) -> None:
        """A warning about a cell."""
        self.problems.append(self.grid.problem(at, code, Severity.WARNING, value, **detail))

"""Rows of the official layout → projects, contents and standards with the ways in which they are assessed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from indicators.edition.merged_grid import METHOD_OF, METHOD_WORDS, Grid, Role, heading
from indicators.framework import Method
from surveys.problem import Problem, Severity

NUMBER = re.compile(r"^[（(]?\s*(?:扣|-|－)?\s*(\d+(?:\.\d+)?)\s*分?\s*[）)]?$")
_SEPARATORS = re.compile(r"[、，,；;/＋+\n]+|\s{2,}")
_TOTALS = ("合计", "小计", "总计", "总分")
_NOTES = ("注", "说明", "备注")
_TICKS = frozenset("√✓●○是有")


@dataclass
class Leaf:
    """One way in which a standard is assessed."""

    at: tuple[int, int]
    method: Method
    points: float | None


@dataclass
class Node:
    """A project, content or standard while the sheet is read."""

    at: tuple[int, int]
    text: str
    children: list[Node] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    units: tuple[str, ...] = ()


@dataclass
class Reading:
    """What has been read so far."""

    grid: Grid
    projects: list[Node] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    points_seen: dict[tuple[int, int], int] = field(default_factory=dict)
    total: tuple[tuple[int, int], float] | None = None

    def report(self, at: tuple[int, int], code: str, value: str = "", **detail: str) -> None:
        """An error in a cell."""
        self.problems.append(self.grid.problem(at, code, Severity.ERROR, value, **detail))

    def warn(self, at: tuple[int, int], code: str, value: str = "", **detail: str) -> None:
        """A warning about a cell."""
        self.problems.append(self.grid.problem(at, code, Severity.WARNING, value, **detail))


def read_row(reading: Reading, row: int) -> None:
    """One row: a standard (or one way of assessing it), a total, a note, or nothing."""
    grid = reading.grid
    filled = [at for at in sorted(grid.text) if at[0] == row]
    if not filled and not any(grid.home.get((row, c), (row, c))[0] < row for c in grid.column_of.values()):
        return
    if filled and heading(grid.text[filled[0]]).startswith(_TOTALS):
        _read_total(reading, filled)
        return
    standard, at = grid.cell(row, Role.STANDARD)
    own_line = len(filled) == 1 and not standard
    across = filled and grid.home.get((row, grid.column_of[Role.STANDARD]), at) == filled[0] != at
    if own_line or across or (len(filled) == 1 and grid.text[filled[0]].startswith(_NOTES)):
        reading.warn(filled[0], "import_row_ignored", grid.text[filled[0]])
        return
    node = _standard_of(reading, row, standard, at)
    if node is None:
        return
    node.units = tuple(dict.fromkeys((*node.units, *_units_of(grid, row))))
    node.leaves += _leaves(reading, row, node)


def _standard_of(reading: Reading, row: int, standard: str, at: tuple[int, int]) -> Node | None:
    """The standard of a row, below its content and project; blanks continue what stands above."""
    project = _level(reading, row, Role.PROJECT, reading.projects)
    if project is None:
        return None
    content = project
    if Role.CONTENT in reading.grid.column_of:
        found = _level(reading, row, Role.CONTENT, project.children)
        if found is None:
            return None
        content = found
    known = content.children[-1] if content.children else None
    if known is not None and (not standard or known.at == at):
        return known
    if not standard:
        reading.report(at, "import_blank_level", heading="测评标准")
        return None
    content.children.append(Node(at, standard))
    return content.children[-1]


def _level(reading: Reading, row: int, role: Role, siblings: list[Node]) -> Node | None:
    text, at = reading.grid.cell(row, role)
    if siblings and (not text or siblings[-1].at == at):
        return siblings[-1]
    if not text:
        heading_text = "测评项目" if role is Role.PROJECT else "测评内容"
        reading.report(at, "import_blank_level", heading=heading_text)
        return None
    siblings.append(Node(at, text))
    return siblings[-1]


def _leaves(reading: Reading, row: int, node: Node) -> list[Leaf]:
    """Ways of assessing in one row: columns of their own, or words in the column of methods."""
    grid = reading.grid
    by_column = [(c, method) for c, method in grid.method_columns.items() if (row, c) in grid.text]
    if by_column:
        return [leaf for c, method in by_column if (leaf := _column_leaf(reading, (row, c), method, row))]
    words, at = grid.cell(row, Role.METHOD)
    if not words:
        if not node.leaves and not grid.method_columns:
            reading.report(at, "import_unknown_method", "", known=_known_methods())
        elif not node.leaves:
            reading.report(
                (row, min(grid.method_columns)), "import_unknown_method", "", known=_known_methods()
            )
        return []
    methods = []
    for word in filter(None, (part.strip() for part in _SEPARATORS.split(words))):
        method = METHOD_OF.get(heading(word))
        if method is None:
            reading.report(at, "import_unknown_method", word, known=_known_methods())
        else:
            methods.append(method)
    points, points_at = _points(reading, row)
    if len(methods) > 1 and points is not None:
        detail = {"methods": "、".join(METHOD_WORDS[method][0] for method in methods)}
        reading.warn(points_at, "import_points_divided", f"{points:g}", **detail)
        points /= len(methods)
    return [Leaf(at, method, points) for method in dict.fromkeys(methods)]


def _column_leaf(reading: Reading, at: tuple[int, int], method: Method, row: int) -> Leaf | None:
    """A leaf from a column of one method: its points, or a tick beside the points."""
    text = reading.grid.text[at]
    number = NUMBER.match(text)
    if number:
        return Leaf(at, method, float(number.group(1)))
    if text in _TICKS:
        return Leaf(at, method, _points(reading, row)[0])
    reading.report(at, "import_bad_points", text)
    return None


def _points(reading: Reading, row: int) -> tuple[float | None, tuple[int, int]]:
    """Points of a row; None (to be filled in) where one cell holds for several rows."""
    text, at = reading.grid.cell(row, Role.POINTS)
    if not text:
        reading.report(at, "import_bad_points", "")
        return None, at
    number = NUMBER.match(text)
    if number is None:
        if reading.points_seen.setdefault(at, row) == row:
            reading.report(at, "import_bad_points", text)
        return None, at
    rows = sum(home == at for home in reading.grid.home.values())
    shared = reading.grid.home.get((at[0] + 1, at[1])) == at and rows > 1
    if shared and _several_lines(reading.grid, at):
        if reading.points_seen.setdefault(at, row) == row:
            reading.warn(at, "import_points_shared", text)
        return None, at
    return float(number.group(1)), at


def _several_lines(grid: Grid, at: tuple[int, int]) -> bool:
    """Whether the rows of a merged points cell hold more than one standard or method."""
    rows = [row for (row, column), home in grid.home.items() if home == at and column == at[1]]
    told = {(grid.cell(row, Role.STANDARD)[1], grid.cell(row, Role.METHOD)[1]) for row in rows}
    return len(told) > 1


def _read_total(reading: Reading, filled: Sequence[tuple[int, int]]) -> None:
    column = reading.grid.column_of.get(Role.POINTS)
    at = next((at for at in filled if at[1] == column), None)
    number = None if at is None else NUMBER.match(reading.grid.text[at])
    if at is not None and number is not None and not heading(reading.grid.text[filled[0]]).startswith("小计"):
        reading.total = (at, float(number.group(1)))


def _units_of(grid: Grid, row: int) -> tuple[str, ...]:
    """Names of responsible units in a row, the leading one first."""
    cells = [grid.cell(row, role)[0] for role in (Role.LEAD, Role.SUPPORTING)]
    names = (part.strip() for cell in cells for part in _SEPARATORS.split(cell))
    return tuple(dict.fromkeys(name for name in names if name))


def _known_methods() -> str:
    return "、".join(words[0] for words in METHOD_WORDS.values())

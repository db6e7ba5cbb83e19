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
    levels = [role for role in (Role.PROJECT, Role.CONTENT) if role in reading.grid.column_of]
    siblings = reading.projects
    content: Node | None = None
    for role in levels:
        content = _level(reading, row, role, siblings)
        if content is None:
            return None
        siblings = content.children
    if content is None:
        return None
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
        return _leaves_of_columns(reading, row, by_column)
    words, at = grid.cell(row, Role.METHOD)
    if not words:
        if not node.leaves:
            cell = (row, min(grid.method_columns)) if grid.method_columns else at
            reading.report(cell, "import_unknown_method", known=_known_methods())
        return []
    if any(leaf.at == at for leaf in node.leaves):  # the method's cell is merged: its leaf is there already
        column = grid.column_of.get(Role.POINTS, -1)
        if (row, column) in grid.text:
            reading.warn((row, column), "import_row_ignored", grid.text[row, column])
        return []
    methods = _methods(reading, words, at)
    points, points_at = _points(reading, row)
    return [Leaf(at, method, part) for method, part in _divided(reading, methods, points, points_at)]


def _methods(reading: Reading, words: str, at: tuple[int, int]) -> tuple[Method, ...]:
    methods: list[Method] = []
    for word in filter(None, (part.strip() for part in _SEPARATORS.split(words))):
        method = METHOD_OF.get(heading(word))
        if method is None:
            reading.report(at, "import_unknown_method", word, known=_known_methods())
        else:
            methods.append(method)
    return tuple(dict.fromkeys(methods))


def _divided(
    reading: Reading, methods: Sequence[Method], points: float | None, at: tuple[int, int]
) -> list[tuple[Method, float | None]]:
    """Points of one cell for several methods: in equal parts, and said so, because the table does not say."""
    if len(methods) > 1 and points is not None:
        listed = "、".join(METHOD_WORDS[method][0] for method in methods)
        reading.warn(at, "import_points_divided", f"{points:g}", methods=listed)
        points /= len(methods)
    return [(method, points) for method in methods]


def _leaves_of_columns(reading: Reading, row: int, columns: Sequence[tuple[int, Method]]) -> list[Leaf]:
    """Leaves from columns of one method each: their points, or ticks beside the points."""
    leaves: list[Leaf] = []
    ticked: list[tuple[int, Method]] = []
    for column, method in columns:
        text = reading.grid.text[row, column]
        number = NUMBER.match(text)
        if number:
            leaves.append(Leaf((row, column), method, float(number.group(1))))
        elif text in _TICKS:
            ticked.append((column, method))
        else:
            reading.report((row, column), "import_bad_points", text)
    if ticked:
        points, at = _points(reading, row)
        parts = _divided(reading, [method for _, method in ticked], points, at)
        leaves += [
            Leaf((row, column), method, part)
            for (column, _), (method, part) in zip(ticked, parts, strict=True)
        ]
    return leaves


def _points(reading: Reading, row: int) -> tuple[float | None, tuple[int, int]]:
    """Points of a row; None (to be filled in) where one cell holds for several standards."""
    text, at = reading.grid.cell(row, Role.POINTS)
    number = NUMBER.match(text)
    first_time = reading.points_seen.setdefault(at, row) == row
    if number is None:
        if first_time:
            reading.report(at, "import_bad_points", text)
        return None, at
    points = float(number.group(1))
    standards, lines = _lines(reading.grid, at)
    if standards > 1:
        if first_time:
            reading.warn(at, "import_points_shared", text)
        return None, at
    if lines > 1:
        if first_time:
            methods = (reading.grid.cell(line, Role.METHOD)[0] for line in _rows_of(reading.grid, at))
            listed = "、".join(dict.fromkeys(filter(None, methods)))
            reading.warn(at, "import_points_divided", f"{points:g}", methods=listed)
        return points / lines, at
    return points, at


def _lines(grid: Grid, at: tuple[int, int]) -> tuple[int, int]:
    """Standards, and ways of assessing, in the rows that a cell of points covers; 1 and 1 if not merged."""
    rows = _rows_of(grid, at)
    standards = {grid.cell(row, Role.STANDARD)[1] for row in rows}
    return len(standards), len({grid.cell(row, Role.METHOD)[1] for row in rows})


def _rows_of(grid: Grid, at: tuple[int, int]) -> list[int]:
    """Rows that a cell covers."""
    return sorted(row for (row, column), home in grid.home.items() if home == at and column == at[1])


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

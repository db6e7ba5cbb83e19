"""Rows of the official layout → projects, contents and standards with the ways in which they are assessed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from indicators.edition.merged_grid import METHOD_OF, METHOD_WORDS, Grid, Role, heading
from indicators.edition.merged_nodes import Cell, Leaf, Node, Reading
from indicators.framework import Method

NUMBER = re.compile(r"^[（(]?\s*(?P<sign>扣|-|－)?\s*(?P<points>\d+(?:\.\d+)?)\s*分?\s*[）)]?$")
_SEPARATORS = re.compile(r"[、，,；;/＋+\n]+|\s{2,}")
_TOTAL = re.compile(
    r"(?P<part>本[项类节页部分]*|分项|各项|其中|全部)?(?P<word>合计|小计|总计|总分)(?:分值|分数|得分|满分|值|数)?"
    r"[:：]?(?:\d+(?:\.\d+)?分?)?"
)
_TOTAL_WORDS = ("合计", "小计", "总计")
_NOTE = re.compile(r"(?:注|附注|说明|备注)[\d一二三四五]*(?:[\s:：、.．].*)?", re.DOTALL)
_SENTENCE_ENDS = ("。", "；", ";")
_VETO = "否决"
_NEGATIVE_LIST = METHOD_WORDS[Method.NEGATIVE][0]
_TICKS = frozenset("√✓●○是有")
_HEADING_ROLES = frozenset({Role.NUMBER, Role.PROJECT, Role.CONTENT, Role.POINTS})
_LEVELS = (Role.PROJECT, Role.CONTENT)


def read_row(reading: Reading, row: int) -> None:
    """One row: a standard (or one way of assessing it), a heading, a total, a note, or nothing."""
    grid = reading.grid
    filled = [at for at in sorted(grid.text) if at[0] == row]
    if not filled and not any(grid.home.get((row, c), (row, c))[0] < row for c in grid.column_of.values()):
        return
    total = _total_in(grid, filled)
    if total is not None:
        _read_total(reading, total, filled)
        return
    text = grid.text[filled[0]] if len(filled) == 1 else ""
    if _NOTE.fullmatch(text) or (_is_alone(grid, filled) and text.endswith(_SENTENCE_ENDS)):
        reading.warn(filled[0], "import_row_ignored", text)
    elif _is_heading(grid, row, filled):
        _read_heading(reading, row, filled)
    elif text and _says_nothing(grid, filled[0]):
        reading.warn(filled[0], "import_row_ignored", text)
    else:
        _read_standard(reading, row)


def _is_alone(grid: Grid, filled: Sequence[Cell]) -> bool:
    """Whether a row is one text in the columns of projects and contents, or across the whole table."""
    return len(filled) == 1 and filled[0][1] < grid.column_of[Role.STANDARD]


def _is_heading(grid: Grid, row: int, filled: Sequence[Cell]) -> bool:
    """Whether a row only names a project or content: what it holds stands in the rows below.

    Its text may be merged over all columns: then the standard's cell is the heading's.
    """
    standard, at = grid.cell(row, Role.STANDARD)
    if standard and (at not in filled or at[1] == grid.column_of[Role.STANDARD]):
        return False
    columns = {grid.column_of[role] for role in _HEADING_ROLES if role in grid.column_of}
    return _named(grid, row, filled) != [] and all(column in columns for _, column in filled)


def _named(grid: Grid, row: int, filled: Sequence[Cell]) -> list[Role]:
    """Levels that a row names itself; a text that is merged over both names the upper one."""
    roles = [role for role in _LEVELS if role in grid.column_of and grid.cell(row, role)[1] in filled]
    return roles[:1] if len({grid.cell(row, role)[1] for role in roles}) == 1 else roles


def _read_heading(reading: Reading, row: int, filled: Sequence[Cell]) -> None:
    """A project or content on a line of its own, perhaps with the points of what is below."""
    siblings = reading.projects
    node: Node | None = None
    named = _named(reading.grid, row, filled)
    for role in _LEVELS[: _LEVELS.index(named[-1]) + 1]:
        if role in reading.grid.column_of:
            node = _level(reading, row, role, siblings)
            if node is None:
                return
            siblings = node.children
    at = (row, reading.grid.column_of.get(Role.POINTS, -1))
    if node is None or at not in filled:
        return
    number = NUMBER.match(reading.grid.text[at])
    if number is None:
        reading.report(at, "import_bad_points", reading.grid.text[at])
    else:
        node.declared = at, float(number["points"])


def _says_nothing(grid: Grid, at: Cell) -> bool:
    """Whether a text that stands alone is neither a standard, nor a way of assessing it, nor its units."""
    roles = (Role.STANDARD, Role.METHOD, Role.LEAD, Role.SUPPORTING)
    known = {grid.column_of[role] for role in roles if role in grid.column_of}
    return at[1] not in known and at[1] not in grid.method_columns


def _read_standard(reading: Reading, row: int) -> None:
    """A standard, or a further way of assessing the one above."""
    standard, at = reading.grid.cell(row, Role.STANDARD)
    node = _standard_of(reading, row, standard, at)
    if node is None:
        return
    leaves, units = _leaves(reading, row, node), _units_of(reading.grid, row)
    if at[0] == row and standard and node.at != at:  # filled in again rather than merged or left blank
        twice = [leaf for leaf in leaves if leaf.method in {known.method for known in node.leaves}]
        if twice:
            first, word = str(node.at[0] + 1), METHOD_WORDS[twice[0].method][0]
            reading.report(at, "import_standard_twice", standard, first=first, method=word)
    if leaves:
        # A blank cell continues the units above, as it does elsewhere.
        above = node.leaves[-1].units if node.leaves else ()
        for leaf in leaves:
            leaf.units = units or above
        node.leaves += leaves
    else:
        for leaf in node.leaves:
            if leaf.at[0] == node.leaves[-1].at[0]:
                leaf.units = tuple(dict.fromkeys((*leaf.units, *units)))


def _standard_of(reading: Reading, row: int, standard: str, at: Cell) -> Node | None:
    """The standard of a row, below its content and project; blanks and repeated names continue."""
    siblings = reading.projects
    content: Node | None = None
    for role in _LEVELS:
        if role in reading.grid.column_of:
            content = _level(reading, row, role, siblings)
            if content is None:
                return None
            siblings = content.children
    if content is None:
        return None
    known = content.children[-1] if content.children else None
    if known is not None and _continues(known, standard, at):
        return known
    if not standard:
        reading.report(at, "import_blank_level", heading="测评标准")
        return None
    content.children.append(Node(at, standard))
    return content.children[-1]


def _level(reading: Reading, row: int, role: Role, siblings: list[Node]) -> Node | None:
    text, at = reading.grid.cell(row, role)
    if siblings and _continues(siblings[-1], text, at):
        return siblings[-1]
    if not text and role is Role.CONTENT and _is_negative(reading):
        text = heading(reading.projects[-1].text)  # a negative list has no contents of its own
    if not text:
        heading_text = "测评项目" if role is Role.PROJECT else "测评内容"
        reading.report(at, "import_blank_level", heading=heading_text)
        return None
    before = next((node for node in siblings if _same(node.text, text)), None)
    if before is not None:
        reading.warn(at, "import_name_again", text, first=str(before.at[0] + 1))
    siblings.append(Node(at, text))
    return siblings[-1]


def _is_negative(reading: Reading) -> bool:
    """Whether the project that is being read is the negative list: its name is 负面清单, perhaps numbered."""
    return bool(reading.projects) and heading(reading.projects[-1].text).endswith(_NEGATIVE_LIST)


def _continues(node: Node, text: str, at: Cell) -> bool:
    """Whether a cell goes on with the node above: blank, merged with it, or the same name filled in again."""
    return not text or node.at == at or _same(node.text, text)


def _same(one: str, other: str) -> bool:
    return "".join(one.split()) == "".join(other.split())


def _leaves(reading: Reading, row: int, node: Node) -> list[Leaf]:
    """Ways of assessing in one row: columns of their own, or words in the column of methods."""
    grid = reading.grid
    by_column = [(c, method) for c, method in grid.method_columns.items() if (row, c) in grid.text]
    if by_column:
        return _leaves_of_columns(reading, row, by_column)
    words, at = grid.cell(row, Role.METHOD)
    if not words and not node.leaves and _is_negative(reading):
        words = _NEGATIVE_LIST  # the block is a way of assessing: its method cells may be blank
    if not words and not node.leaves:
        cell = (row, min(grid.method_columns)) if grid.method_columns else at
        reading.report(cell, "import_unknown_method", known=_known_methods())
        return []
    if not words or any(leaf.at == at for leaf in node.leaves):  # the leaf is there already
        column = grid.column_of.get(Role.POINTS, -1)
        if (row, column) in grid.text:
            reading.warn((row, column), "import_row_ignored", grid.text[row, column])
        return []
    methods = _methods(words)
    for word, method in methods.items():
        if method is None:
            reading.report(at, "import_unknown_method", word, known=_known_methods())
    points = _points(reading, row)
    known = dict.fromkeys(method for method in methods.values() if method is not None)
    veto = _veto(grid.cell(row, Role.POINTS)[0])
    return [Leaf(at, method, points, veto=veto) for method in known]


def _methods(words: str) -> dict[str, Method | None]:
    """Methods by the words of a cell; None for words that are not known."""
    parts = filter(None, (part.strip() for part in _SEPARATORS.split(words)))
    return {word: METHOD_OF.get(heading(word)) for word in parts}


def _leaves_of_columns(reading: Reading, row: int, columns: Sequence[tuple[int, Method]]) -> list[Leaf]:
    """Leaves from columns of one method each: their points, or ticks beside the points."""
    leaves: list[Leaf] = []
    ticked: list[Leaf] = []
    for column, method in columns:
        text = reading.grid.text[row, column]
        points = _number(text, [method])
        if text in _TICKS:
            ticked.append(Leaf((row, column), method, None))
        elif points is None:
            reading.report((row, column), "import_bad_points", text)
        else:
            leaves.append(Leaf((row, column), method, points, veto=_veto(text)))
    if ticked:
        points = _points(reading, row)
        for leaf in ticked:
            leaf.points = points
    return [*leaves, *ticked]


def _points(reading: Reading, row: int) -> float | None:
    """Points of each way of assessing in a row; None (to be filled in) where standards share one cell.

    One cell for several ways is divided in equal parts, and said so, because the table does not say.
    """
    grid = reading.grid
    text, at = grid.cell(row, Role.POINTS)
    first_time = reading.points_seen.setdefault(at, row) == row
    rows = _rows_of(grid, at) or [row]
    ways = dict.fromkeys(way for line in rows for way in _ways(grid, line))
    if not ways and _is_negative(reading):
        ways = {(at, Method.NEGATIVE): None}
    points = _number(text, [method for _, method in ways])
    if points is None:
        if first_time:
            reading.report(at, "import_bad_points", text)
        return None
    standards = {standard for line in rows if (standard := grid.cell(line, Role.STANDARD))[0]}
    if len({"".join(standard.split()) for standard, _ in standards}) > 1:
        if first_time:
            reading.warn(at, "import_points_shared", text)
        return None
    if len(ways) > 1 and first_time:
        listed = "、".join(dict.fromkeys(METHOD_WORDS[method][0] for _, method in ways))
        reading.warn(at, "import_points_divided", f"{points:g}", methods=listed)
    return points / max(len(ways), 1)


def _number(text: str, methods: Sequence[Method]) -> float | None:
    """Points in a cell; None where it is no number, or a deduction for what is not on the negative list.

    On the negative list 一票否决 in place of points is none: the event caps the grade.
    """
    only_negative = bool(methods) and all(method is Method.NEGATIVE for method in methods)
    if _veto(text) and only_negative:
        return 0.0
    number = NUMBER.match(text)
    if number is None or (number["sign"] and any(method is not Method.NEGATIVE for method in methods)):
        return None
    return float(number["points"])


def _veto(text: str) -> str:
    return text.strip() if _VETO in text else ""


def _ways(grid: Grid, row: int) -> list[tuple[Cell, Method]]:
    """Cell and method of each way of assessing that a row ticks or names."""
    ticked = [
        ((row, column), method)
        for column, method in grid.method_columns.items()
        if grid.text.get((row, column)) in _TICKS
    ]
    words, at = grid.cell(row, Role.METHOD)
    return ticked or [(at, method) for method in _methods(words).values() if method is not None]


def _rows_of(grid: Grid, at: Cell) -> list[int]:
    """Rows that a cell covers."""
    return sorted(row for (row, column), home in grid.home.items() if home == at and column == at[1])


def _total_in(grid: Grid, filled: Sequence[Cell]) -> Cell | None:
    """The cell that makes a row a total; None in rows of other kinds.

    A cell that is nothing but such a word does; one that ends with it (一至八项合计), beside points alone.
    What only begins with it is a name (总分结构).
    """
    standard, points = grid.column_of[Role.STANDARD], grid.column_of.get(Role.POINTS)
    for at in filled:
        if at[1] > standard:
            return None
        text = heading(grid.text[at])
        if _TOTAL.fullmatch(text):
            return at
        others = [other for other in filled if other != at]
        beside_points = others != [] and all(column == points for _, column in others)
        if beside_points and at[1] < standard and text.endswith(_TOTAL_WORDS):
            return at
    return None


def _read_total(reading: Reading, total: Cell, filled: Sequence[Cell]) -> None:
    """A row of totals: the grand total is checked later; whatever else it holds is told."""
    grid = reading.grid
    points = grid.column_of.get(Role.POINTS)
    for at in filled:
        if at[1] in {grid.column_of[Role.STANDARD], grid.column_of.get(Role.METHOD)} and at != total:
            reading.warn(at, "import_row_ignored", grid.text[at])
    declared = next((at for at in filled if at[1] == points), None)
    number = None if declared is None else NUMBER.match(grid.text[declared])
    found = _TOTAL.fullmatch(heading(grid.text[total]))
    of_part = found is not None and (found["part"] is not None or found["word"] == "小计")
    top = min(grid.column_of[role] for role in _LEVELS if role in grid.column_of)
    if declared is not None and number is not None and not of_part and total[1] <= top:
        reading.total = (declared, float(number["points"]))


def _units_of(grid: Grid, row: int) -> tuple[str, ...]:
    """Names of responsible units in a row, the leading one first."""
    cells = [grid.cell(row, role)[0] for role in (Role.LEAD, Role.SUPPORTING)]
    names = (part.strip() for cell in cells for part in _SEPARATORS.split(cell))
    return tuple(dict.fromkeys(name for name in names if name))


def _known_methods() -> str:
    return "、".join(words[0] for words in METHOD_WORDS.values())

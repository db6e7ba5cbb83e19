"""A wide sheet with merged cells: its texts, the first cell of each merged range, and what columns hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import python_calamine

from indicators.framework import Method
from surveys.problem import Problem, Severity
from surveys.raw_table import column_letter, excel_text

MOST_TITLE_ROWS = 20
"""Rows at the top among which the header is looked for."""


class Role(StrEnum):
    """What a column of the official layout holds."""

    PROJECT = "project"
    CONTENT = "content"
    STANDARD = "standard"
    METHOD = "method"
    POINTS = "points"
    LEAD = "lead"
    SUPPORTING = "supporting"
    NUMBER = "number"


_HEADINGS: Mapping[Role, tuple[str, ...]] = {
    Role.PROJECT: ("测评项目", "项目", "一级指标", "指标名称"),
    Role.CONTENT: ("测评内容", "内容", "二级指标"),
    Role.STANDARD: ("测评标准", "标准", "三级指标", "具体标准", "测评要求"),
    Role.METHOD: ("测评方法", "测评方式", "方法", "考核方式"),
    Role.POINTS: ("分值", "分数", "满分", "标准分"),
    Role.LEAD: ("责任单位", "牵头单位", "主责单位", "责任部门"),
    Role.SUPPORTING: ("配合单位", "协办单位", "配合部门"),
    Role.NUMBER: ("序号", "编号"),
}
METHOD_WORDS: Mapping[Method, tuple[str, ...]] = {
    Method.QUESTIONNAIRE: ("问卷调查", "问卷", "入户调查", "入户问卷", "电话问卷", "电话调查"),
    Method.OBSERVATION: ("实地考察", "实地", "实地暗访"),
    Method.DOCUMENT: ("材料申报", "材料审核", "材料", "网上申报"),
    Method.NEGATIVE: ("负面清单", "负面", "扣分"),
}
_ROLE_OF = {word: role for role, words in _HEADINGS.items() for word in words}
METHOD_OF = {word: method for method, words in METHOD_WORDS.items() for word in words}


@dataclass(frozen=True)
class Grid:
    """The cells of one sheet below its header.

    Parameters
    ----------
    file
        As users know it: ``official.xlsx[Sheet1]``.
    title
        What stands above the header.
    text
        Text by (row, column), both from 0; of a merged range only its first cell has one.
    home
        First cell of the merged range by (row, column) for every cell of one.
    first_row, last_row
        Rows below the header.
    column_of
        Column by role.
    method_columns
        Columns of points or ticks that belong to one method each.
    """

    file: str
    title: str
    text: Mapping[tuple[int, int], str]
    home: Mapping[tuple[int, int], tuple[int, int]]
    first_row: int
    last_row: int
    column_of: Mapping[Role, int]
    method_columns: Mapping[int, Method]

    def cell(self, row: int, role: Role) -> tuple[str, tuple[int, int]]:
        """Text of a row under a role, and the cell that it stands in; "" without such a column."""
        column = self.column_of.get(role)
        if column is None:
            return "", (row, -1)
        home = self.home.get((row, column), (row, column))
        return self.text.get(home, ""), home

    def problem(
        self, at: tuple[int, int], code: str, severity: Severity, value: str = "", **detail: str
    ) -> Problem:
        """A Problem in one cell, named by its address."""
        row, column = at
        address = f"{column_letter(max(column, 0))}{row + 1}"
        return Problem(code, severity, self.file, row + 1, address, value, detail)


def read_grid(path: Path) -> tuple[Grid | None, tuple[Problem, ...]]:
    """The first sheet of a workbook that has the official header; None with a Problem where none has.

    Further sheets with that header are named in a warning: one table is read at a time.
    """
    if not path.is_file():
        return None, (Problem("import_no_file", Severity.ERROR, file=str(path)),)
    found: list[tuple[Grid, tuple[Problem, ...]]] = []
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            for name in book.sheet_names:
                sheet = book.get_sheet_by_name(name)
                cells = sheet.to_python(skip_empty_area=False)
                ranges = sheet.merged_cell_ranges or []  # .xls files do not tell them
                grid, problems = _grid(cells, ranges, f"{path.name}[{name}]")
                if grid is not None:
                    found.append((grid, problems))
    except (python_calamine.CalamineError, OSError) as error:
        detail = {"reason": str(error)}
        return None, (Problem("unreadable_file", Severity.ERROR, file=path.name, detail=detail),)
    if not found:
        return None, (Problem("import_no_header", Severity.ERROR, file=path.name),)
    others = tuple(Problem("import_sheet_ignored", Severity.WARNING, grid.file) for grid, _ in found[1:])
    return found[0][0], (*found[0][1], *others)


def _grid(
    cells: Sequence[Sequence[object]], ranges: list[tuple[tuple[int, int], tuple[int, int]]], file: str
) -> tuple[Grid | None, tuple[Problem, ...]]:
    text = {
        (row, column): excel_text(cell).strip()
        for row, record in enumerate(cells)
        for column, cell in enumerate(record)
        if excel_text(cell).strip()
    }
    home = {
        (row, column): first
        for first, last in ranges
        for row in range(first[0], last[0] + 1)
        for column in range(first[1], last[1] + 1)
    }
    width = max((len(record) for record in cells), default=0)
    header = next(
        (row for row in range(min(MOST_TITLE_ROWS, len(cells))) if _is_header(text, row, width)), None
    )
    if header is None:
        return None, ()
    bottom = _header_bottom(text, home, header, width)
    paths = {column: _path(text, home, column, header, bottom) for column in range(width)}
    column_of, method_columns, ignored = _roles(paths)
    title = " ".join(dict.fromkeys(text[at] for at in sorted(text) if at[0] < header))
    grid = Grid(file, title, text, home, bottom + 1, len(cells) - 1, column_of, method_columns)
    warnings = tuple(
        grid.problem((header, column), "import_column_ignored", Severity.WARNING, " / ".join(paths[column]))
        for column in ignored
        if any((row, column) in text for row in range(bottom + 1, len(cells)))
    )
    return grid, warnings


def heading(text: str) -> str:
    """A heading without blanks, line breaks and what stands in brackets (分值（100分） → 分值)."""
    return re.sub(r"[（(].*?[）)]", "", re.sub(r"\s+", "", text))


def _is_header(text: Mapping[tuple[int, int], str], row: int, width: int) -> bool:
    roles = {_ROLE_OF.get(heading(text.get((row, column), ""))) for column in range(width)}
    return Role.STANDARD in roles and bool(roles & {Role.PROJECT, Role.CONTENT})


def _header_bottom(
    text: Mapping[tuple[int, int], str],
    home: Mapping[tuple[int, int], tuple[int, int]],
    header: int,
    width: int,
) -> int:
    """Last row of the header: cells of it may be merged downwards over rows of sub-headings."""
    bottom = header
    for column in range(width):
        row = header
        while home.get((row + 1, column), (row + 1, column))[0] <= header and (row + 1, column) in home:
            row += 1
        bottom = max(bottom, row)
    following = [text.get((bottom + 1, column), "") for column in range(width)]
    words = [heading(cell) for cell in following if cell]
    if bottom == header and words and all(word in METHOD_OF for word in words):
        return bottom + 1  # sub-headings below a header that is not merged downwards
    return bottom


def _path(
    text: Mapping[tuple[int, int], str],
    home: Mapping[tuple[int, int], tuple[int, int]],
    column: int,
    header: int,
    bottom: int,
) -> tuple[str, ...]:
    """Headings of a column from top to bottom, each once."""
    homes = [home.get((row, column), (row, column)) for row in range(header, bottom + 1)]
    return tuple(dict.fromkeys(heading(text[at]) for at in homes if at in text))


def _roles(
    paths: Mapping[int, tuple[str, ...]],
) -> tuple[dict[Role, int], dict[int, Method], tuple[int, ...]]:
    """Columns by role, columns of one method each, and columns that nothing is known about."""
    column_of: dict[Role, int] = {}
    methods: dict[int, Method] = {}
    ignored: list[int] = []
    for column, path in paths.items():
        if not path:
            continue
        role = _ROLE_OF.get(path[-1])
        if path[-1] in METHOD_OF:
            methods[column] = METHOD_OF[path[-1]]
        elif role is not None and role not in column_of:
            column_of[role] = column
        else:
            ignored.append(column)
    return column_of, methods, tuple(ignored)

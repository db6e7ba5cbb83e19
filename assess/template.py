"""The workbook that people fill in, and the short ``wave.toml`` beside it.

Excel and WPS turn ``1.10`` into 1.1 and a 12-digit code into 1.4E+11 when they save CSV. So the form is a
workbook whose code columns are formatted as text; CSV is for machines.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from indicators.schema import INDICATOR_TABLES
from surveys.schema import SURVEY_TABLES, CellKind, Column, Table

WORKBOOK = "wave.xlsx"
GUIDE_SHEET = "说明"  # readers skip a sheet of this name
LAST_ROW = 20_000  # drop-downs reach this far; more rows may be filled in
_TEXT_KINDS = frozenset({CellKind.CODE, CellKind.CODES, CellKind.TEXT, CellKind.CHOICE, CellKind.YES_NO})
_LONGEST_LIST = 255  # characters that Excel accepts in the list of a drop-down


def write_template(folder: Path) -> Path:
    """Write ``wave.xlsx``, ``wave.toml`` and an empty ``responses/`` into `folder`.

    Parameters
    ----------
    folder
        Made if it is absent; other files in it stay as they are.

    Returns
    -------
    Path
        The workbook: one sheet for each table, Chinese headers with a note on each, columns of codes
        formatted as text, drop-downs where a column has a fixed list.

    Raises
    ------
    FileExistsError
        A ``wave.xlsx`` or ``wave.toml`` is there already; nothing is written.
    """
    workbook, settings = folder / WORKBOOK, folder / "wave.toml"
    for path in (workbook, settings):
        if path.exists():
            raise FileExistsError(f"{path} 已存在，未作改动。 | {path} exists; nothing was changed.")
    (folder / "responses").mkdir(parents=True, exist_ok=True)
    _write_workbook(workbook, [*SURVEY_TABLES.values(), *INDICATOR_TABLES.values()])
    text = files("assess").joinpath("text", "wave_template.toml").read_text(encoding="utf-8")
    settings.write_text(text, encoding="utf-8")
    return workbook


def _write_workbook(path: Path, tables: Iterable[Table]) -> None:
    with xlsxwriter.Workbook(path) as book:
        bold = book.add_format(
            {"bold": True, "bg_color": "#E8EEF4", "border": 1, "text_wrap": True, "valign": "top"}
        )
        required = book.add_format(
            {"bold": True, "bg_color": "#CFDCEA", "border": 1, "text_wrap": True, "valign": "top"}
        )
        text, day, plain = (
            book.add_format({"num_format": "@"}),
            book.add_format({"num_format": "yyyy-mm-dd"}),
            book.add_format(),
        )
        tables = list(tables)
        _write_guide(book.add_worksheet(GUIDE_SHEET), tables, bold)
        for table in tables:
            sheet = book.add_worksheet(table.chinese[0])
            sheet.freeze_panes(1, 0)
            for position, column in enumerate(table.columns):
                cells = text if column.kind in _TEXT_KINDS else day if column.kind is CellKind.DATE else plain
                sheet.set_column(position, position, _width(column), cells)
                sheet.write_string(0, position, column.chinese[0], required if column.required else bold)
                note = {"x_scale": 2, "y_scale": 1.6, "author": "assess"}
                sheet.write_comment(0, position, _note(column), note)
                _add_list(sheet, position, _choices(column))


def _add_list(sheet: Worksheet, position: int, choices: list[str]) -> None:
    """A drop-down; the list only proposes, because other spellings are accepted as well."""
    if choices and len(",".join(choices)) <= _LONGEST_LIST:
        rule = {"validate": "list", "source": choices, "error_type": "warning"}
        sheet.data_validation(1, position, LAST_ROW, position, rule)


def _choices(column: Column) -> list[str]:
    if column.kind is CellKind.YES_NO:
        return ["是", "否"]
    return [spellings[0] if spellings else value for value, spellings in column.choices.items()]


def _note(column: Column) -> str:
    """What to fill in, in both languages; the English header stands first, as documents and logs name it."""
    lines = [f"{column.name}{'（必填 required）' if column.required else ''}", column.note_zh]
    choices = _choices(column)
    if choices:
        lines.append("可填：" + "、".join(choices))
    if column.kind in {CellKind.SHARE, CellKind.VALUE}:
        lines.append("比率写 90% 或 0.9，不要写 90")
    lines.append(column.note_en)
    return "\n".join(line for line in lines if line)


def _width(column: Column) -> int:
    """Characters; a Chinese one takes two."""
    content = {CellKind.TEXT: 28, CellKind.CODE: 16, CellKind.DATE: 12}.get(column.kind, 12)
    return max(content, 2 * len(column.chinese[0]) + 2)


def _write_guide(sheet: Worksheet, tables: list[Table], bold: Format) -> None:
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 14)
    sheet.set_column(2, 2, 70)
    text = files("assess").joinpath("text", "workbook_guide.txt").read_text(encoding="utf-8")
    lines = text.splitlines()
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, line)
    start = len(lines) + 1
    for position, header in enumerate(("工作表", "必填", "内容")):
        sheet.write_string(start, position, header, bold)
    for row, table in enumerate(tables, start + 1):
        sheet.write_string(row, 0, table.chinese[0])
        sheet.write_string(row, 1, "是" if table.required else "")
        sheet.write_string(row, 2, table.note_zh)

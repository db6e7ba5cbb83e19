"""A small table in the official layout (wide, with merged cells), for tests that import it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

HEADER = ("测评项目", "测评内容", "测评标准", "测评方法", "分值", "责任单位")
BODY: tuple[tuple[str, ...], ...] = (
    ("一、廉洁高效的政务环境", "1.政务公开", "（1）办事指南公开，更新及时。", "材料申报", "2", "行政审批局"),
    ("", "", "（2）窗口服务规范。", "实地考察", "3分", "行政审批局、人社局"),
    ("", "", "", "问卷调查", "1", ""),
    ("", "2.诉求办理", "（1）热线按期办结。", "材料申报", "4", "信访局\n行政审批局"),
    ("二、公共环境", "1.环境卫生", "（1）街巷干净，无乱堆乱放。", "实地考察、问卷调查", "5", "城管局"),
    ("合计", "", "", "", "15", ""),
    ("负面清单", "1.安全", "（1）发生较大安全事故。", "负面清单", "扣3分", "应急局"),
    ("注：本表由编者拟定，只用于检验。", "", "", "", "", ""),
)  # fmt: skip
MERGES = ("A3:A6", "B3:B5", "C4:C5", "F4:F5", "A8:D8", "A10:F10")


def official(
    folder: Path,
    rows: Sequence[Sequence[str]] = BODY,
    merges: Sequence[str] = MERGES,
    header: Sequence[Sequence[str]] = (HEADER,),
) -> Path:
    """A workbook in the official layout: a title over the whole width, the header, the rows; cells merged."""
    path = folder / "official.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("体系表")
        bordered = book.add_format({"border": 1})
        sheet.merge_range("A1:F1", "某市模拟测评体系（2021年版）", bordered)
        texts = {
            (row, at): cell
            for row, record in enumerate([*header, *rows], 1)
            for at, cell in enumerate(record)
            if cell
        }
        for (row, at), cell in texts.items():
            number = cell.replace(".", "", 1).isdigit()
            (sheet.write_number if number else sheet.write_string)(row, at, float(cell) if number else cell)
        for merged in merges:
            sheet.merge_range(merged, "", bordered)
            first = merged.split(":")[0]
            row, at = int(first[1:]) - 1, ord(first[0]) - ord("A")
            if (row, at) in texts:
                sheet.write_string(row, at, texts[row, at], bordered)
    return path

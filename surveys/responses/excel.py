"""A workbook of answers (the first sheet) as if it were the CSV file a spreadsheet would save of it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import python_calamine

from surveys.problem import Problem, Severity
from surveys.raw_table import excel_text
from surveys.responses.export import Export, export_of


def open_workbook(path: Path, file: str) -> tuple[Export | None, tuple[Problem, ...]]:
    """Header and records of the first sheet; rows keep the numbers they have in the sheet."""
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            records = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError) as error:
        detail = {"reason": str(error)}
        return None, (Problem("unreadable_file", Severity.ERROR, file=file, detail=detail),)
    texts = [[excel_text(cell).strip() for cell in record] for record in records]
    while texts and not any(texts[-1]):
        texts.pop()
    start = next((at for at, record in enumerate(texts) if any(record)), None)
    if start is None:
        return None, (Problem("empty_file", Severity.ERROR, file=file),)
    body = io.StringIO(newline="")
    csv.writer(body, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(texts[start + 1 :])
    return export_of(
        file, texts[start], body.getvalue().encode("utf-8"), delimiter=",", first_row=start + 2
    ), ()

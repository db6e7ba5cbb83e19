"""Tables of a wave as they stand: CSV files and sheets of ``wave.xlsx`` as text with spreadsheet rows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

import numpy as np
import pandas as pd
import python_calamine

from surveys.formula import restored
from surveys.problem import Problem, Severity
from surveys.sample import IntArray
from surveys.schema import SURVEY_TABLES, Table, fold
from surveys.text_file import delimiter_of, read_text

WORKBOOKS = ("wave.xlsx", "wave.xlsm", "wave.xls")
GUIDE_SHEETS = frozenset({"说明", "readme", "notes", "guide"})
"""Sheets of a workbook that hold prose for people and are not read."""


@dataclass(frozen=True)
class RawTable:
    """A table as it stands in the file: all text.

    Parameters
    ----------
    file
        The file as the user knows it; a sheet is ``wave.xlsx[areas]``.
    header
        Headers as they stand, trimmed.
    cells
        str; one column for each header, numbered from 0; rows that are wholly blank are left out.
    rows
        Spreadsheet row of each row of `cells` (the header is row 1).
    """

    file: str
    header: tuple[str, ...]
    cells: pd.DataFrame
    rows: IntArray


def read_raw_tables(folder: Path, names: Iterable[str]) -> tuple[dict[str, RawTable], tuple[Problem, ...]]:
    """Tables of a wave folder by name, from ``<name>.csv`` or a sheet of ``wave.xlsx``.

    Parameters
    ----------
    names
        Names to look for, English or Chinese; compared without regard to case.

    Returns
    -------
    (tables, problems)
        Tables under the name they were asked for, or under the canonical name of `SURVEY_TABLES`.
        Problems: files that cannot be read, are empty, or that occur twice.
    """
    wanted = {fold(name): canonical_name(name) for name in names}
    tables: dict[str, RawTable] = {}
    problems: list[Problem] = []
    for stem, raw, found in _every_table(folder, wanted):
        problems += found
        if raw is None:
            continue
        name = wanted[fold(stem)]
        if name in tables:
            detail = {"other": tables[name].file, "table": name}
            problems.append(Problem("table_twice", Severity.ERROR, file=raw.file, detail=detail))
        else:
            tables[name] = raw
    return tables, tuple(problems)


def table_names(folder: Path) -> tuple[str, ...]:
    """Names of all CSV files and sheets that a wave folder has, sorted within each source."""
    stems = [path.stem for path in sorted(folder.glob("*.csv"))]
    for workbook in _workbooks(folder):
        try:
            with python_calamine.CalamineWorkbook.from_path(workbook) as book:
                stems += [name for name in book.sheet_names if fold(name) not in GUIDE_SHEETS]
        except (python_calamine.CalamineError, OSError):
            stems += [workbook.name]  # reading it reports why
    return tuple(dict.fromkeys(stems))


def canonical_name(name: str) -> str:
    """Canonical name of a table of this room; any other name as it is, trimmed."""
    folded = fold(name)
    for table in SURVEY_TABLES.values():
        if folded in {fold(also) for also in table.names}:
            return table.name
    return name.strip()


def stem_of(file: str) -> str:
    """Name of a table in the file as users know it: ``areas.csv`` and ``wave.xlsx[areas]`` are both areas."""
    return file.rpartition("[")[2].removesuffix("]") if file.endswith("]") else Path(file).stem


def find_table(tables: Mapping[str, RawTable], schema: Table) -> RawTable | None:
    """The table that carries any accepted name of `schema`; None where the wave has none."""
    accepted = {fold(name) for name in schema.names}
    return next((raw for name, raw in tables.items() if fold(name) in accepted), None)


def unknown_tables(tables: Mapping[str, RawTable], known: Iterable[Table]) -> tuple[Problem, ...]:
    """A warning for each table that no schema names: most likely a typing error."""
    accepted = {fold(name) for table in known for name in table.names}
    return tuple(
        Problem("unknown_table", Severity.WARNING, file=raw.file, value=name)
        for name, raw in tables.items()
        if fold(name) not in accepted
    )


def read_csv_table(path: Path, file: str) -> tuple[RawTable | None, tuple[Problem, ...]]:
    """One small CSV file as a raw table; None where it cannot be read."""
    text, problems = read_text(path, file)
    if text is None:
        return None, problems
    records: list[list[str]] = []
    try:
        records.extend(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True))
    except csv.Error as error:
        detail = {"reason": str(error)}
        return None, (Problem("bad_quotes", Severity.ERROR, file=file, row=len(records) + 1, detail=detail),)
    return raw_table(records, file)


def raw_table(records: list[list[str]], file: str) -> tuple[RawTable | None, tuple[Problem, ...]]:
    """Records of text, the header first, as a raw table; row numbers count records as a spreadsheet does.

    The apostrophe that keeps spreadsheets from running a cell (`surveys.formula`) is no part of it.
    """
    start = next((at for at, record in enumerate(records) if any(cell.strip() for cell in record)), None)
    if start is None:
        return None, (Problem("empty_file", Severity.ERROR, file=file),)
    header = [restored(cell.strip()) for cell in records[start]]
    while header and not header[-1]:
        header.pop()
    width = len(header)
    kept: list[list[str]] = []
    rows: list[int] = []
    problems: list[Problem] = []
    for at, record in enumerate(records[start + 1 :], start + 2):
        if any(cell.strip() for cell in record[width:]):
            beyond = next(cell for cell in record[width:] if cell.strip())
            detail = {"cells": str(len(record)), "headers": str(width)}
            problems.append(Problem("too_many_cells", Severity.ERROR, file, at, value=beyond, detail=detail))
        if any(cell.strip() for cell in record[:width]):
            kept.append([*map(restored, record[:width]), *[""] * (width - len(record))])
            rows.append(at)
    cells = pd.DataFrame(kept, columns=range(width), dtype="str")
    return RawTable(file, tuple(header), cells, np.asarray(rows, dtype=np.intp)), tuple(problems)


def _workbooks(folder: Path) -> list[Path]:
    return [folder / name for name in WORKBOOKS if (folder / name).is_file()]


def _every_table(
    folder: Path, wanted: Mapping[str, str]
) -> Iterable[tuple[str, RawTable | None, tuple[Problem, ...]]]:
    for path in sorted(folder.glob("*.csv")):
        if fold(path.stem) in wanted:
            yield (path.stem, *read_csv_table(path, path.name))
    for path in _workbooks(folder):
        yield from _sheets(path, wanted)


def _sheets(
    path: Path, wanted: Mapping[str, str]
) -> Iterable[tuple[str, RawTable | None, tuple[Problem, ...]]]:
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            for name in book.sheet_names:
                records = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                if fold(name) in wanted and any(cell != "" for record in records for cell in record):
                    texts = [[excel_text(cell) for cell in record] for record in records]
                    raw, problems = raw_table(texts, f"{path.name}[{name}]")
                    if raw is None or len(raw.rows) or _is_required(name):
                        yield name, raw, problems  # else a sheet of the template that was not needed
    except (python_calamine.CalamineError, OSError) as error:
        detail = {"reason": str(error)}
        yield path.name, None, (Problem("unreadable_file", Severity.ERROR, file=path.name, detail=detail),)


def _is_required(name: str) -> bool:
    table = SURVEY_TABLES.get(canonical_name(name))
    return table is not None and table.required


def excel_text(cell: object) -> str:
    """A cell of a workbook as text: whole numbers without ``.0`` (codes typed as numbers), dates as ISO."""
    match cell:
        case bool():
            return "yes" if cell else "no"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case float():
            return repr(cell)
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime():
            return cell.isoformat(sep=" ")
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)


def column_letter(position: int) -> str:
    """A column as a spreadsheet names it: A, B, …, AA."""
    letters = ""
    while position >= 0:
        letters = chr(ord("A") + position % 26) + letters
        position = position // 26 - 1
    return letters

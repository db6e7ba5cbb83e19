"""Raw tables → typed frames, with every defect collected."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from surveys.cells import CellError, parse_cell
from surveys.problem import Problem, Severity
from surveys.raw_table import (
    RawTable,
    canonical_name,
    column_letter,
    find_table,
    raw_table,
    read_csv_table,
    read_raw_tables,
    stem_of,
    table_names,
    unknown_tables,
)
from surveys.sample import IntArray
from surveys.schema import CellKind, Column, Table, fold

__all__ = [
    "RawTable",
    "canonical_name",
    "find_table",
    "header_of",
    "is_unread",
    "parse_table",
    "problem_at",
    "raw_table",
    "read_csv_table",
    "read_raw_tables",
    "records_of",
    "stem_of",
    "table_names",
    "unknown_tables",
]


def parse_table(raw: RawTable, schema: Table) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """A raw table as a typed frame, and every defect of it at once.

    Parameters
    ----------
    raw
        The table as read.
    schema
        Its declaration.

    Returns
    -------
    (frame, problems)
        Frame: every column of `schema` under its canonical name, in its order (an absent or unreadable cell
        is blank: "", NaN, None or ()), then unknown columns under their own headers as text, then ``_row``.
        CODE, TEXT, CHOICE: str; SHARE, VALUE, NUMBER, WHOLE: float64; DATE, YES_NO, CODES: objects.
        ``frame.attrs``: ``file``, ``headers`` (canonical name → header in the file), and ``unread``
        (canonical name → rows whose cell was refused: later checks do not call it blank as well).
    """
    position_of, problems = _bind_headers(raw, schema)
    headers = {name: raw.header[at] for name, at in position_of.items()}
    columns: dict[str, pd.Series] = {}
    unread: dict[str, frozenset[int]] = {}
    for column in schema.columns:
        if column.name in position_of:
            text = raw.cells[position_of[column.name]].str.strip()
            cells, found, rows = _parse_column(text, column, raw, headers[column.name])
            columns[column.name] = cells
            problems += found
            unread |= {column.name: rows} if rows else {}
        else:
            columns[column.name] = _blank_column(column, len(raw.cells))
    bound = set(position_of.values())
    for at, title in enumerate(raw.header):
        if not title:
            problems += _unnamed(raw, at)
        elif at not in bound and title not in columns:
            columns[title] = raw.cells[at].str.strip()
    frame = pd.DataFrame(columns, index=raw.cells.index).assign(_row=raw.rows)
    frame.attrs = {"file": raw.file, "headers": headers, "unread": unread}
    if schema.required and frame.empty:
        problems.append(Problem("no_rows", Severity.ERROR, file=raw.file))
    return frame, (*problems, *_duplicate_keys(frame, schema))


def is_unread(frame: pd.DataFrame, name: str) -> pd.Series:
    """Whether the cell of each row in column `name` was refused, which is a problem of its own already."""
    return frame["_row"].isin(frame.attrs.get("unread", {}).get(name, ()))


def header_of(frame: pd.DataFrame, name: str) -> str:
    """The header that column `name` has in the file `frame` was read from."""
    headers: dict[str, str] = frame.attrs.get("headers", {})
    return headers.get(name, name)


def records_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a parsed definition table as dictionaries (small tables only)."""
    return [dict(zip(frame.columns, row, strict=True)) for row in frame.itertuples(index=False, name=None)]


def problem_at(
    frame: pd.DataFrame,
    row: int,
    code: str,
    column: str,
    value: str,
    *,
    severity: Severity = Severity.ERROR,
    **detail: str,
) -> Problem:
    """A Problem in one cell of a parsed table, named by the header that its file has.

    Parameters
    ----------
    row
        Spreadsheet row (``_row``).
    column
        Canonical name.
    detail
        Further placeholders of the message.
    """
    file = str(frame.attrs["file"])
    return Problem(code, severity, file, int(row), header_of(frame, column), str(value), detail)


def _unnamed(raw: RawTable, at: int) -> list[Problem]:
    """A column with cells but no header: it may have been meant, so it is not left out in silence."""
    filled = np.flatnonzero(raw.cells[at].str.strip() != "")
    if not len(filled):
        return []
    detail = {"letter": column_letter(at), "row": str(raw.rows[filled[0]])}
    first = str(raw.cells[at].iloc[filled[0]])
    return [Problem("unnamed_column", Severity.ERROR, raw.file, 1, value=first, detail=detail)]


def _bind_headers(raw: RawTable, schema: Table) -> tuple[dict[str, int], list[Problem]]:
    """Position of each column of the schema that the file has, by canonical name."""
    name_of = {fold(also): column.name for column in schema.columns for also in column.headers}
    position_of: dict[str, int] = {}
    problems: list[Problem] = []
    seen: set[str] = set()
    for at, title in enumerate(raw.header):
        name = name_of.get(fold(title))
        if name is None:
            if title and not schema.keeps_extra:
                listed = ", ".join(column.name for column in schema.columns)
                problems.append(
                    Problem("unknown_column", Severity.WARNING, raw.file, 1, title, detail={"names": listed})
                )
        elif name in position_of:
            detail = {"other": raw.header[position_of[name]]}
            problems.append(Problem("duplicate_header", Severity.ERROR, raw.file, 1, title, detail=detail))
        else:
            position_of[name] = at
        if name is None and title and title in seen:
            problems.append(
                Problem("duplicate_header", Severity.WARNING, raw.file, 1, title, detail={"other": title})
            )
        seen.add(title)
    for column in schema.columns:
        if column.required and column.name not in position_of:
            detail = {"names": " / ".join(column.headers)}
            missing = Problem("missing_column", Severity.ERROR, raw.file, 1, column.name, detail=detail)
            problems.append(missing)
    return position_of, problems


def _parse_column(
    text: pd.Series, column: Column, raw: RawTable, header: str
) -> tuple[pd.Series, list[Problem], frozenset[int]]:
    """Values of one column, its problems and the rows that have one; each distinct text is parsed once."""
    value_of_record, distinct = pd.factorize(text)
    blank = _blank_value(column.kind)
    values: list[object] = []
    problems: list[Problem] = []
    refused: set[int] = set()
    for at, cell in enumerate(distinct):
        value = blank
        failure = CellError("blank_cell") if column.required and not cell else None
        try:
            value = parse_cell(cell, column) if cell else blank
        except CellError as error:
            failure = error
        if failure is not None:
            rows = raw.rows[value_of_record == at]
            first = int(rows[0])
            found = (failure.code, Severity.ERROR, raw.file, first, header, cell, failure.detail, len(rows))
            problems.append(Problem(*found))
            refused |= set(rows.tolist())
        values.append(value)
    return _column_of(values, value_of_record, column.kind), problems, frozenset(refused)


def _column_of(values: list[object], value_of_record: IntArray, kind: CellKind) -> pd.Series:
    if kind in {CellKind.SHARE, CellKind.VALUE, CellKind.NUMBER, CellKind.WHOLE}:
        return pd.Series(np.asarray(values, dtype=np.float64)[value_of_record])
    distinct = np.empty(len(values), dtype=object)
    distinct[:] = values
    return pd.Series(
        distinct[value_of_record], dtype="str" if isinstance(_blank_value(kind), str) else "object"
    )


def _blank_value(kind: CellKind) -> object:
    match kind:
        case CellKind.CODE | CellKind.TEXT | CellKind.CHOICE:
            return ""
        case CellKind.SHARE | CellKind.VALUE | CellKind.NUMBER | CellKind.WHOLE:
            return np.nan
        case CellKind.CODES:
            return ()
        case CellKind.DATE | CellKind.YES_NO:
            return None


def _blank_column(column: Column, size: int) -> pd.Series:
    return _column_of([_blank_value(column.kind)], np.zeros(size, dtype=np.intp), column.kind)


def _duplicate_keys(frame: pd.DataFrame, schema: Table) -> list[Problem]:
    key = list(schema.key)
    if not key or frame.empty:
        return []
    named = frame[(frame[key] != "").any(axis=1)]
    problems = []
    for _, group in named[named.duplicated(key, keep=False)].groupby(key, sort=False):
        rows = group["_row"].tolist()
        value = " / ".join(str(part) for part in group.iloc[0][key] if part)
        detail = {"first": str(rows[0]), "rows": ", ".join(str(row) for row in rows)}
        column = header_of(frame, key[-1])
        file = str(frame.attrs["file"])
        problems.append(Problem("duplicate_key", Severity.ERROR, file, rows[1], column, value, detail))
    return problems

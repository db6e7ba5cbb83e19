"""CSV exports → the columns that are needed, each as distinct texts and an index for every record.

pandas' C parser hashes each column's texts while it parses, so a million answers never become a million
Python objects. Columns that nothing asked for, personal data among them, are never materialised.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from surveys.problem import Problem, Severity
from surveys.quality import list_rows
from surveys.responses.export import Export, export_of
from surveys.responses.inspection import inspect, needs_inspection
from surveys.sample import IntArray
from surveys.text_file import decode, delimiter_of

_HEADER_BYTES = 1 << 20


@dataclass(frozen=True)
class TextColumn:
    """A column of an export.

    Parameters
    ----------
    distinct
        The texts that occur, trimmed; shape (texts,).
    text_of_record
        Index into `distinct` for each record.
    """

    distinct: tuple[str, ...]
    text_of_record: IntArray

    @property
    def is_filled(self) -> npt.NDArray[np.bool_]:
        """Whether each record's text is not blank."""
        filled_of_text = np.asarray([text != "" for text in self.distinct], dtype=np.bool_)
        return filled_of_text[self.text_of_record]

    def at(self, records: IntArray) -> TextColumn:
        """The column of some of its records."""
        return TextColumn(self.distinct, self.text_of_record[records])


@dataclass(frozen=True)
class Records:
    """The needed columns of a file.

    Parameters
    ----------
    columns
        Columns by their position in the file.
    row_of_record
        Spreadsheet rows; a line break inside quotes does not begin a new row.
    surplus_of_record
        True where a record has something in a cell beyond the last header.
    """

    columns: dict[int, TextColumn]
    row_of_record: IntArray
    surplus_of_record: npt.NDArray[np.bool_]


def open_csv(path: Path, file: str) -> tuple[Export | None, tuple[Problem, ...]]:
    """Read a CSV file's bytes, settle encoding and separator, and split off the header."""
    try:
        data = path.read_bytes()
    except OSError as error:
        detail = {"reason": error.strerror or type(error).__name__}
        return None, (Problem("unreadable_file", Severity.ERROR, file=file, detail=detail),)
    text, problems = decode(data, file)
    if text is None:
        return None, problems
    body = text.encode("utf-8")
    head = body[:_HEADER_BYTES].decode("utf-8", errors="ignore")
    delimiter = delimiter_of(head)
    # newline="" leaves line ends as they are, so that lengths add up to a position in the file.
    lines = io.StringIO(head, newline="").readlines()
    reader = csv.reader(lines, delimiter=delimiter)
    header: list[str] = []
    records = 0
    while not any(cell.strip() for cell in header):
        header = next(reader, ["?"])
        records += 1
    start = sum(len(line.encode("utf-8")) for line in lines[: reader.line_num])
    # Empty lines at the end are what editors leave; lines of separators are records, and are counted.
    rest = body[start:].rstrip(b"\r\n")
    return export_of(file, header, rest, delimiter=delimiter, first_row=records + 1), ()


def read_columns(export: Export, positions: Iterable[int]) -> tuple[Records | None, tuple[Problem, ...]]:
    """The columns at `positions` of an opened file, and a warning where quotes seem to swallow records."""
    wanted = sorted(set(positions))
    beyond = range(len(export.header), export.cells)
    # The first line, dropped below, keeps short records from deciding how many cells a record has.
    lines = export.delimiter.encode() * (export.cells - 1) + b"\n" + export.body
    try:
        frame = pd.read_csv(
            io.BytesIO(lines),
            sep=export.delimiter,
            header=None,
            names=range(export.cells),
            usecols=[*wanted, *beyond],
            index_col=False,
            dtype="category",
            keep_default_na=False,
            na_filter=False,
            skip_blank_lines=False,
            low_memory=False,
            encoding="utf-8",
        )
    except pd.errors.ParserError as error:
        return None, (_tokenizing_problem(export, str(error)),)
    rows = np.arange(len(frame) - 1, dtype=np.intp) + export.first_row
    columns = {at: _text_column(frame[at], slice(1, None)) for at in wanted}
    surplus = np.zeros(len(rows), dtype=np.bool_)
    for at in beyond:
        surplus |= _text_column(frame[at], slice(1, None)).is_filled
    if not needs_inspection(export, len(rows)):
        return Records(columns, rows, surplus), ()
    inspection = inspect(export, len(rows))
    records = Records(columns, rows, surplus | inspection.surplus_of_record)
    return records, _swallowed(export, rows[inspection.swallowing_of_record])


def joined(parts: Iterable[TextColumn]) -> TextColumn:
    """The same column of several files as one."""
    index_of_text: dict[str, int] = {}
    pieces: list[IntArray] = []
    for part in parts:
        new = [index_of_text.setdefault(text, len(index_of_text)) for text in part.distinct]
        pieces.append(np.asarray(new, dtype=np.intp)[part.text_of_record])
    return TextColumn(tuple(index_of_text), np.concatenate(pieces) if pieces else np.empty(0, dtype=np.intp))


def _text_column(series: pd.Series, records: slice) -> TextColumn:
    values = series.array
    if not isinstance(values, pd.Categorical):
        raise TypeError("the parser was asked for categories")
    raw = TextColumn(tuple(values.categories), values.codes[records].astype(np.intp))
    index_of_text: dict[str, int] = {}
    new = [index_of_text.setdefault(str(text).strip(), len(index_of_text)) for text in raw.distinct]
    return TextColumn(tuple(index_of_text), np.asarray(new, dtype=np.intp)[raw.text_of_record])


def _swallowed(export: Export, rows: IntArray) -> tuple[Problem, ...]:
    if not len(rows):
        return ()
    detail = {"rows": list_rows(rows)}
    row = int(rows[0])
    return (Problem("swallowed_records", Severity.WARNING, export.file, row, detail=detail, count=len(rows)),)


def _tokenizing_problem(export: Export, message: str) -> Problem:
    """Pandas counts rows from 0, and ours begin one earlier."""
    row = re.search(r"(?:row|line) (\d+)", message)
    at = int(row.group(1)) - 1 + export.first_row if row else None
    return Problem(
        "bad_quotes", Severity.ERROR, export.file, at, detail={"reason": message.split("C error: ")[-1]}
    )

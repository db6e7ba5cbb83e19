"""CSV with stray quotes or old line ends, character by character: pandas' parser, Python's csv module."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from surveys.problem import Problem, Severity
from surveys.responses.export import Export
from surveys.responses.inspection import inspect, needs_inspection
from surveys.responses.text_column import TextColumn, column_of_raw

BoolArray = npt.NDArray[np.bool_]


def read_slowly(
    export: Export, positions: Sequence[int]
) -> tuple[tuple[dict[int, TextColumn], BoolArray, BoolArray] | None, tuple[Problem, ...]]:
    """Columns by position, which records have surplus cells, which swallow others; None: open quotes."""
    # The first line, dropped below, keeps short records from deciding how many cells a record has.
    lines = export.delimiter.encode() * (export.cells - 1) + b"\n" + export.body.content()
    try:
        frame = pd.read_csv(
            io.BytesIO(lines),
            sep=export.delimiter,
            header=None,
            names=range(export.cells),
            usecols=list(positions),
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
    records = len(frame) - 1
    columns = {at: _text_column(frame[at]) for at in positions}
    if not needs_inspection(export, records):
        return (columns, np.zeros(records, dtype=np.bool_), np.zeros(records, dtype=np.bool_)), ()
    inspection = inspect(export, records)
    return (columns, inspection.surplus_of_record, inspection.swallowing_of_record), ()


def _text_column(series: pd.Series) -> TextColumn:
    values = series.array
    if not isinstance(values, pd.Categorical):
        raise TypeError("the parser was asked for categories")
    return column_of_raw([str(text) for text in values.categories], values.codes[1:])


def _tokenizing_problem(export: Export, message: str) -> Problem:
    """Pandas counts rows from 0, and ours begin one earlier."""
    row = re.search(r"(?:row|line) (\d+)", message)
    at = int(row.group(1)) - 1 + export.first_row if row else None
    return Problem(
        "bad_quotes", Severity.ERROR, export.file, at, detail={"reason": message.split("C error: ")[-1]}
    )

"""CSV files of an assessment: UTF-8 with BOM, safe to open in a spreadsheet, the same bytes each time."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from surveys.formula import FORMULA_STARTS


def write_table(frame: pd.DataFrame, columns: Mapping[str, str], path: Path) -> Path:
    """Write the columns of a schema in its order.

    Parameters
    ----------
    columns
        Names and types as in ``RATES_COLUMNS``; further columns of `frame` follow behind them.
    """
    names = [*columns, *(str(name) for name in frame.columns if name not in columns)]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([_text(name) for name in names])
        writer.writerows(zip(*(_column(frame[name]) for name in names), strict=True))
    return path


def _column(values: pd.Series[Any]) -> list[str]:
    if pd.api.types.is_bool_dtype(values):
        return ["True" if value else "False" for value in values]
    if pd.api.types.is_numeric_dtype(values):
        return [_number(value) for value in values]
    return [_text("" if pd.isna(value) else str(value)) for value in values]


def _number(value: float) -> str:
    """The shortest text that reads back as the same number; whole numbers stay whole; NaN is empty."""
    if pd.isna(value):
        return ""
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, float) and math.isinf(number):
        return ""
    return repr(number)


def _text(value: str) -> str:
    """Text that no spreadsheet runs: what looks like a formula gets an apostrophe before it."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value

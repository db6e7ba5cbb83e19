"""Many records with one defect → few Problems, each with its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from surveys.problem import Problem, Severity
from surveys.quality import list_rows
from surveys.responses.loading import Loaded
from surveys.responses.quoting import HIDDEN
from surveys.sample import IntArray

LISTED_VALUES = 20
"""Distinct values of one defect and file that get a Problem of their own; the rest share one."""


def problems_by_value(
    code: str,
    severity: Severity,
    loaded: Loaded,
    records: IntArray,
    *,
    column: str = "",
    quote: Callable[[str], str] | None = None,
    detail: Mapping[str, str] | None = None,
) -> list[Problem]:
    """Several records that share a defect: a Problem for each file and value quoted, its rows in the detail.

    Parameters
    ----------
    records
        Indices of the records.
    column
        Name of the column concerned, as in ``loaded.columns``; empty: the whole record.
    quote
        The value as it may be shown; None: values are not shown. What is hidden shares one Problem, and so
        does what goes beyond `LISTED_VALUES`.
    """
    problems: list[Problem] = []
    title = loaded.titles.get(column, "")
    for at in np.unique(loaded.file_of_record[records]).tolist():
        in_file = records[loaded.file_of_record[records] == at]
        for value, group in _by_value(loaded, in_file, column, quote):
            rows = loaded.row_of_record[group]
            listed = {"rows": list_rows(rows), **(detail or {})}
            problems.append(
                Problem(code, severity, loaded.files[at], int(rows[0]), title, value, listed, len(rows))
            )
    return problems


def _by_value(
    loaded: Loaded, records: IntArray, column: str, quote: Callable[[str], str] | None
) -> list[tuple[str, IntArray]]:
    if quote is None:
        return [("", records)]
    texts = loaded.columns[column]
    text_of_record = texts.text_of_record[records]
    texts_of_value: dict[str, list[int]] = {}
    for text in dict.fromkeys(text_of_record.tolist()):
        value = quote(texts.distinct[text]) if len(texts_of_value) < LISTED_VALUES else HIDDEN
        texts_of_value.setdefault(value, []).append(text)
    return [(value, records[np.isin(text_of_record, found)]) for value, found in texts_of_value.items()]

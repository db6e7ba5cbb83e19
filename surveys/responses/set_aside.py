"""Which records cannot be used, and why: each is left out, counted and listed with its rows."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

from surveys.area_lookup import AMBIGUOUS, BLANK_LABEL, UNKNOWN
from surveys.problem import Problem, Severity
from surveys.quality import list_rows
from surveys.responses.csv import TextColumn
from surveys.responses.loading import Loaded
from surveys.responses.place import Design
from surveys.sample import IntArray

USABLE = -1
LISTED_VALUES = 20
"""Distinct values of one kind that get a Problem of their own; the rest share one."""


class Reason(StrEnum):
    """Why a record is set aside, in the order in which reasons are looked for; also the Problem's code."""

    TOO_MANY_CELLS = "record_too_many_cells"
    BLANK_RECORD = "blank_record"
    DUPLICATE = "duplicate_record"
    BLANK_AREA = "blank_area"
    UNKNOWN_AREA = "unknown_area"
    AMBIGUOUS_AREA = "ambiguous_area"
    NO_STRATUM = "blank_stratum"
    NO_PSU = "blank_psu"


REASONS = tuple(Reason)
_COLUMN_OF_REASON = {
    Reason.DUPLICATE: "id",
    Reason.BLANK_AREA: "area",
    Reason.UNKNOWN_AREA: "area",
    Reason.AMBIGUOUS_AREA: "area",
    Reason.NO_STRATUM: "stratum",
    Reason.NO_PSU: "psu",
}
_SHOWS_VALUE = frozenset({Reason.UNKNOWN_AREA, Reason.AMBIGUOUS_AREA})
"""Reasons whose Problem quotes the cell. Ids are personal data and never quoted."""


def reasons_of_records(loaded: Loaded, area_of_record: IntArray, design: Design) -> IntArray:
    """Index into `REASONS` for each record; `USABLE` for those that can be used."""
    unit = design.psu_of_record
    tests: dict[Reason, npt.NDArray[np.bool_]] = {
        Reason.TOO_MANY_CELLS: loaded.surplus_of_record,
        Reason.BLANK_RECORD: _blank_records(loaded),
        Reason.DUPLICATE: _duplicates(loaded)[0],
        Reason.BLANK_AREA: area_of_record == BLANK_LABEL,
        Reason.UNKNOWN_AREA: area_of_record == UNKNOWN,
        Reason.AMBIGUOUS_AREA: area_of_record == AMBIGUOUS,
        Reason.NO_STRATUM: design.stratum_of_record < 0,
        Reason.NO_PSU: np.zeros(loaded.size, dtype=np.bool_) if unit is None else unit < 0,
    }
    reason_of_record = np.full(loaded.size, USABLE, dtype=np.intp)
    for reason, applies in tests.items():
        reason_of_record[applies & (reason_of_record == USABLE)] = REASONS.index(reason)
    return reason_of_record


def set_aside_problems(loaded: Loaded, reason_of_record: IntArray) -> list[Problem]:
    """A Problem for each file, reason and, for areas, value; and for ids that return with other answers."""
    problems: list[Problem] = []
    for at, file in enumerate(loaded.files):
        in_file = loaded.file_of_record == at
        for index, reason in enumerate(REASONS):
            records = np.flatnonzero(in_file & (reason_of_record == index))
            if len(records):
                problems += _problems_of(loaded, reason, file, records)
        repeated = np.flatnonzero(in_file & _duplicates(loaded)[1])
        if len(repeated):
            problems.append(
                grouped_problem("repeated_id", Severity.WARNING, loaded, file, repeated, column="id")
            )
    return problems


def limit_problem(
    loaded: Loaded, reason_of_record: IntArray, limit: float, questionnaire: str
) -> Problem | None:
    """An error where more records were set aside than ``limits.set_aside`` allows."""
    aside = int((reason_of_record != USABLE).sum())
    if aside <= limit * loaded.size:
        return None
    detail = {
        "questionnaire": questionnaire,
        "aside": str(aside),
        "read": str(loaded.size),
        "share": f"{aside / loaded.size:.1%}",
        "limit": f"{limit:.1%}",
    }
    files = ", ".join(loaded.files)
    return Problem("too_many_set_aside", Severity.ERROR, files, detail=detail, count=aside)


def grouped_problem(
    code: str,
    severity: Severity,
    loaded: Loaded,
    file: str,
    records: IntArray,
    *,
    column: str = "",
    value: str = "",
    detail: dict[str, str] | None = None,
) -> Problem:
    """One Problem for several records of a file, the rows listed in its detail."""
    rows = loaded.row_of_record[records]
    title = loaded.titles.get(column, "")
    listed = {"rows": list_rows(rows), **(detail or {})}
    return Problem(code, severity, file, int(rows[0]), title, value, listed, len(rows))


def _problems_of(loaded: Loaded, reason: Reason, file: str, records: IntArray) -> list[Problem]:
    column = _COLUMN_OF_REASON.get(reason, "")
    aside = Severity.SET_ASIDE
    if reason not in _SHOWS_VALUE:
        return [grouped_problem(reason, aside, loaded, file, records, column=column)]
    texts = loaded.columns[column]
    text_of_record = texts.text_of_record[records]
    values = list(dict.fromkeys(text_of_record.tolist()))
    problems = [
        grouped_problem(
            reason,
            aside,
            loaded,
            file,
            records[text_of_record == text],
            column=column,
            value=texts.distinct[text],
        )
        for text in values[:LISTED_VALUES]
    ]
    rest = records[np.isin(text_of_record, values[LISTED_VALUES:])]
    if len(rest):
        problems.append(grouped_problem(reason, aside, loaded, file, rest, column=column, value="…"))
    return problems


def _blank_records(loaded: Loaded) -> npt.NDArray[np.bool_]:
    filled = np.zeros(loaded.size, dtype=np.bool_)
    for column in loaded.columns.values():
        filled |= _filled(column)
    return ~filled


def _duplicates(loaded: Loaded) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Records that repeat an earlier one in every column read, id included; and ids with differing records.

    Without an id nothing is called a duplicate: two residents may well give the same answers.
    """
    nothing = np.zeros(loaded.size, dtype=np.bool_)
    ids = loaded.columns.get("id")
    if ids is None:
        return nothing, nothing
    times = np.bincount(ids.text_of_record, minlength=len(ids.distinct))
    shared = np.flatnonzero((times[ids.text_of_record] > 1) & _filled(ids))
    if not len(shared):
        return nothing, nothing
    contents = pd.DataFrame({name: column.text_of_record[shared] for name, column in loaded.columns.items()})
    exact = contents.duplicated(keep="first").to_numpy()
    differing = contents[~exact].duplicated(["id"], keep=False)
    duplicate, repeated = nothing.copy(), nothing.copy()
    duplicate[shared[exact]] = True
    repeated[shared[differing.index[differing].to_numpy()]] = True
    return duplicate, repeated


def _filled(column: TextColumn) -> npt.NDArray[np.bool_]:
    filled_of_text = np.asarray([text != "" for text in column.distinct], dtype=np.bool_)
    return filled_of_text[column.text_of_record]

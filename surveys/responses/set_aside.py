"""Which records cannot be used, and why: each is left out, counted and listed with its rows."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from surveys.area_lookup import AMBIGUOUS, BLANK_LABEL, UNKNOWN
from surveys.cells import is_spoiled_code
from surveys.problem import Problem, Severity
from surveys.responses.grouping import problems_by_value
from surveys.responses.loading import Loaded
from surveys.responses.place import Design
from surveys.responses.quoting import HIDDEN, quotable
from surveys.responses.repeats import find_repeats
from surveys.sample import IntArray

USABLE = -1


class Reason(StrEnum):
    """Why a record is set aside, in the order in which reasons are looked for; also the Problem's code."""

    TOO_MANY_CELLS = "record_too_many_cells"
    BLANK_RECORD = "blank_record"
    BLANK_AREA = "blank_area"
    UNKNOWN_AREA = "unknown_area"
    AMBIGUOUS_AREA = "ambiguous_area"
    NO_STRATUM = "blank_stratum"
    NO_PSU = "blank_psu"
    DUPLICATE = "duplicate_record"
    NOT_COMPLETED = "not_completed"
    NOT_ELIGIBLE = "not_eligible"


REASONS = tuple(Reason)
_COLUMN_OF_REASON = {
    Reason.DUPLICATE: "id",
    Reason.BLANK_AREA: "area",
    Reason.UNKNOWN_AREA: "area",
    Reason.AMBIGUOUS_AREA: "area",
    Reason.NO_STRATUM: "stratum",
    Reason.NO_PSU: "psu",
}
NO_DEFECTS = (REASONS.index(Reason.NOT_COMPLETED), REASONS.index(Reason.NOT_ELIGIBLE))
"""Contacts that ended without an interview: left out and counted, but no fault of the file."""
_SHOWS_VALUE = frozenset({Reason.UNKNOWN_AREA, Reason.AMBIGUOUS_AREA})
"""Reasons whose Problem quotes the cell. Ids are personal data and never quoted."""


def reasons_of_records(loaded: Loaded, area_of_record: IntArray, design: Design) -> IntArray:
    """Index into `REASONS` for each record; `USABLE` for those that can be used."""
    reason_of_record = reasons_but_repeats(loaded, area_of_record, design)
    # Only among records that could be used: else a sound one would go because of one that is not used.
    repeats, _ = find_repeats(loaded, np.flatnonzero(reason_of_record == USABLE))
    reason_of_record[repeats] = REASONS.index(Reason.DUPLICATE)
    return reason_of_record


def reasons_but_repeats(loaded: Loaded, area_of_record: IntArray, design: Design) -> IntArray:
    """`reasons_of_records` as far as each record says them for itself."""
    unit = design.psu_of_record
    tests: dict[Reason, npt.NDArray[np.bool_]] = {
        Reason.TOO_MANY_CELLS: loaded.surplus_of_record,
        Reason.BLANK_RECORD: _blank_records(loaded),
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


def spoiled_codes(loaded: Loaded, columns: Iterable[str]) -> list[Problem]:
    """An error for each file in which a spreadsheet cut the codes of one of `columns` (``1.40213E+11``)."""
    problems: list[Problem] = []
    for name in columns:
        if name not in loaded.columns:
            continue
        column = loaded.columns[name]
        spoiled = [at for at, text in enumerate(column.distinct) if "+" in text and is_spoiled_code(text)]
        if spoiled:
            records = np.flatnonzero(np.isin(column.text_of_record, spoiled))
            quote = _hide if name == "id" else _quote_spoiled
            problems += problems_by_value(
                "code_in_scientific_notation", Severity.ERROR, loaded, records, column=name, quote=quote
            )
    return problems


def set_aside_problems(loaded: Loaded, reason_of_record: IntArray, district: str = "") -> list[Problem]:
    """A Problem for each file, reason and, for areas, value; and for ids that return with other answers.

    Parameters
    ----------
    district
        Code of the district, by which codes of areas are known from telephone numbers.
    """
    candidates = np.isin(reason_of_record, (USABLE, REASONS.index(Reason.DUPLICATE)))
    _, repeated = find_repeats(loaded, np.flatnonzero(candidates))
    return [
        *problems_by_reason(loaded, reason_of_record, district),
        *problems_by_value("repeated_id", Severity.WARNING, loaded, repeated, column="id"),
    ]


def problems_by_reason(loaded: Loaded, reason_of_record: IntArray, district: str = "") -> list[Problem]:
    """`set_aside_problems` as far as each record's reason says them."""
    problems: list[Problem] = []
    for index, reason in enumerate(REASONS):
        problems += problems_by_value(
            reason,
            Severity.SET_ASIDE,
            loaded,
            np.flatnonzero(reason_of_record == index),
            column=_COLUMN_OF_REASON.get(reason, ""),
            quote=(lambda text: quotable(text, district)) if reason in _SHOWS_VALUE else None,
        )
    return problems


def limit_problem(
    loaded: Loaded,
    reason_of_record: IntArray,
    limit: float,
    code: str,
    severity: Severity,
    questionnaire: str = "",
) -> list[Problem]:
    """A Problem where a larger share of the records than `limit` was set aside."""
    counted = ~np.isin(reason_of_record, NO_DEFECTS)
    aside, read = int((counted & (reason_of_record != USABLE)).sum()), int(counted.sum())
    files = ", ".join(loaded.files)
    return limit_problem_of(aside, read, files, limit, code, severity, questionnaire)


def limit_problem_of(
    aside: int, read: int, files: str, limit: float, code: str, severity: Severity, questionnaire: str = ""
) -> list[Problem]:
    """`limit_problem` of records that were only counted."""
    if aside <= limit * read:
        return []
    detail = {
        "questionnaire": questionnaire,
        "aside": str(aside),
        "read": str(read),
        "share": f"{aside / read:.1%}",
        "limit": f"{limit:.1%}",
    }
    return [Problem(code, severity, files, detail=detail, count=aside)]


def no_usable_records(loaded: Loaded) -> Problem:
    """The error of files of which nothing can be used."""
    return Problem("no_usable_records", Severity.ERROR, ", ".join(loaded.files), count=loaded.size)


def _hide(_: str) -> str:
    return HIDDEN


def _quote_spoiled(text: str) -> str:
    """A code that was cut, unless what is left of it may still be a telephone number."""
    return text if quotable(text.upper().partition("E")[0]) != HIDDEN else HIDDEN


def _blank_records(loaded: Loaded) -> npt.NDArray[np.bool_]:
    filled = np.zeros(loaded.size, dtype=np.bool_)
    for column in loaded.columns.values():
        filled |= column.is_filled
        if filled.all():
            break
    return ~filled

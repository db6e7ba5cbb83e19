"""What became of every record and every answer: the tidy table ``quality.csv``. Nothing is deleted here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from surveys.cores import in_threads
from surveys.questionnaire import Role
from surveys.sample import BLANK, INVALID, CodedQuestion, IntArray, Sample

QUALITY_COLUMNS: dict[str, str] = {
    "questionnaire": "str",
    "file": "str",
    "item": "str",  # "records", or a question's name
    "category": "str",  # read, used, set_aside; answered, not_asked, blank, dont_know, refused, invalid
    "reason": "str",  # code of the Problem for set_aside and invalid
    "count": "int64",
    "rows": "str",  # first rows concerned, as a spreadsheet counts them: "12, 88, 93 …"
}
"""Column names and types, in the order of ``quality.csv``."""

_FEW = 16
"""Comparing bytes so many times is faster than one walk that adds to a table."""
_VALUED = (Role.POSITIVE, Role.NEUTRAL, Role.NEGATIVE)
OUTSIDE_SCALE = "answer_outside_scale"
"""Code of the Problem, and reason, of an answer that its question's scale does not have."""
Row = tuple[str, str, str, str, str, int, str]


def record_rows(
    questionnaire: str,
    files: Sequence[str],
    file_of_record: IntArray,
    row_of_record: IntArray,
    reason_of_record: IntArray,
    reasons: Sequence[str],
) -> list[Row]:
    """Records read, used and set aside (one row for each reason), for each file.

    Parameters
    ----------
    reason_of_record
        Index into `reasons`; negative where the record is used.
    """
    table: list[Row] = []
    for at, file in enumerate(files):
        in_file = file_of_record == at
        used = int((in_file & (reason_of_record < 0)).sum())
        table.append((questionnaire, file, "records", "read", "", int(in_file.sum()), ""))
        table.append((questionnaire, file, "records", "used", "", used, ""))
        for index, reason in enumerate(reasons):
            records = np.flatnonzero(in_file & (reason_of_record == index))
            if len(records):
                rows = list_rows(row_of_record[records])
                table.append((questionnaire, file, "records", "set_aside", str(reason), len(records), rows))
    return table


def answer_rows(sample: Sample) -> list[Row]:
    """What became of the used records' answers to each question, for each file."""
    table: list[Row] = []
    for at, file in enumerate(sample.files):
        records = np.flatnonzero(sample.file_of_record == at)
        within = partial(_within, records=records, whole=sample.size)
        row_of_record = sample.row_of_record[records]
        parts = in_threads(within, sample.questions)
        for question, counts in zip(parts, in_threads(counts_by_answer, parts), strict=True):
            invalid = row_of_record[question.answer_of_record == INVALID]
            for category, count in counts.items():
                if category == "answered" or count:
                    is_outside = category == "invalid" and len(invalid) > 0
                    reason, rows = (OUTSIDE_SCALE, list_rows(invalid)) if is_outside else ("", "")
                    table.append((sample.questionnaire, file, question.name, category, reason, count, rows))
    return table


def _within(question: CodedQuestion, records: IntArray, whole: int) -> CodedQuestion:
    """The question with only some of its records; itself where they are the `whole`."""
    if len(records) == whole:
        return question
    return replace(question, answer_of_record=question.answer_of_record[records])


def quality_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """The table with its declared columns and types."""
    return pd.DataFrame(list(rows), columns=list(QUALITY_COLUMNS)).astype(QUALITY_COLUMNS)


def list_rows(rows: IntArray, most: int = 10) -> str:
    """The first rows as a list, three or more in a row as a span: ``12, 88, 93–107 …``."""
    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    parts: list[str] = []
    for run in np.split(rows, breaks):
        parts += [f"{run[0]}–{run[-1]}"] if len(run) > 2 else [str(row) for row in run]
        if len(parts) > most:
            break
    return ", ".join(parts[:most]) + (" …" if len(parts) > most else "")


def counts_by_answer(question: CodedQuestion) -> Mapping[str, int]:
    """Number of records by what became of their answer: answered, not asked, blank, and so on."""
    counts = answer_counts(question)
    total: dict[str, int] = dict.fromkeys(
        ("answered", "not_asked", "blank", "dont_know", "refused", "invalid"), 0
    )
    for index, answer in enumerate(question.answers):
        category = "answered" if answer.role in _VALUED else answer.role.value
        total["blank" if index == BLANK else category] += int(counts[index])
    return total


def answer_counts(question: CodedQuestion) -> IntArray:
    """Number of records of each answer."""
    code, answers = question.answer_of_record, len(question.answers)
    if answers > _FEW:
        return np.bincount(code, minlength=answers)
    return np.asarray([np.count_nonzero(code == answer) for answer in range(answers)], dtype=np.intp)

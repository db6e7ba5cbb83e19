"""Which sampled contacts ended in an interview: the column ``completed``, in words or AAPOR codes."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from surveys.problem import Problem, Severity
from surveys.responses.grouping import problems_by_value
from surveys.responses.loading import Loaded
from surveys.responses.quoting import quotable
from surveys.responses.set_aside import REASONS, USABLE, Reason
from surveys.sample import IntArray
from surveys.schema import NO, SURVEY_TABLES, YES, fold


class Outcome(StrEnum):
    """What a contact came to."""

    COMPLETED = "completed"
    NOT_COMPLETED = "not_completed"
    NOT_ELIGIBLE = "not_eligible"


_OUTCOME_OF_CODE = {
    **dict.fromkeys(("I", "P"), Outcome.COMPLETED),
    **dict.fromkeys(("R", "NC", "O", "UH", "UO"), Outcome.NOT_COMPLETED),
    "NE": Outcome.NOT_ELIGIBLE,
}
"""Where it is not known whether anybody eligible lives there (UH, UO), they count as not completed."""


def without_interview(loaded: Loaded, reason_of_record: IntArray) -> tuple[IntArray, list[Problem]]:
    """`reason_of_record` with the contacts that brought no interview; unchanged without such a column.

    Records that are set aside for another reason keep it.
    """
    if "completed" not in loaded.columns:
        return reason_of_record, []
    column = loaded.columns["completed"]
    outcomes = [_outcome(text) for text in column.distinct]
    unknown = [at for at, outcome in enumerate(outcomes) if outcome is None]
    usable = reason_of_record == USABLE
    records = np.flatnonzero(usable & np.isin(column.text_of_record, unknown))
    listed = ", ".join(_OUTCOME_OF_CODE)
    problems = problems_by_value(
        "bad_completed",
        Severity.ERROR,
        loaded,
        records,
        column="completed",
        quote=quotable,
        detail={"codes": listed},
    )
    reason_of_outcome = {
        Outcome.NOT_COMPLETED: REASONS.index(Reason.NOT_COMPLETED),
        Outcome.NOT_ELIGIBLE: REASONS.index(Reason.NOT_ELIGIBLE),
    }
    reason_of_text = np.array(
        [USABLE if outcome is None else reason_of_outcome.get(outcome, USABLE) for outcome in outcomes],
        dtype=np.intp,
    )
    return np.where(usable, reason_of_text[column.text_of_record], reason_of_record), problems


def _outcome(text: str) -> Outcome | None:
    """What a cell says; None where it says nothing known."""
    word = fold(text)
    if word in YES or word in {"completed", "complete", "已完成"}:
        return Outcome.COMPLETED
    if word in NO or word in {"not completed", "未完成"}:
        return Outcome.NOT_COMPLETED
    choices = SURVEY_TABLES["dispositions"].column("code").choices
    for code, also in choices.items():
        if word in {fold(code), *(fold(spelling) for spelling in also)}:
            return _OUTCOME_OF_CODE[code]
    return None

"""Items: a measure as answer codes, each with its value and whether it is in the base.

Once a measure is an item, every rate is a linear map of the tally: A = weights @ base,
B = weights @ (base · value).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import assert_never

import numpy as np
import numpy.typing as npt

from surveys.questionnaire import Answer, Base, Measure, MeasureKind, Role, Rule
from surveys.sample import CodedQuestion, FloatArray, Sample

ROLES_OF_BASE = {
    Base.ANSWERED: {Role.POSITIVE, Role.NEUTRAL, Role.NEGATIVE},
    Base.ASKED: {Role.POSITIVE, Role.NEUTRAL, Role.NEGATIVE, Role.DONT_KNOW, Role.REFUSED},
    Base.EVERYONE: set(Role) - {Role.INVALID},
}


@dataclass(frozen=True)
class Item:
    """One measure on one column of answer codes.

    Parameters
    ----------
    column
        Name of the coded column that is tallied: a question, or ``measure:NAME`` where several questions
        make one value.
    value_by_answer
        Value of each answer code: a share in [0, 1], points, or a value on the question's scale; 0 outside
        the base.
    base_by_answer
        1 where the answer is in the denominator, else 0.
    lowest, highest
        Range that the value cannot leave; equal where it is not known.
    """

    measure: Measure
    column: str
    value_by_answer: FloatArray
    base_by_answer: FloatArray
    lowest: float
    highest: float

    @property
    def is_share(self) -> bool:
        """Whether the value is a share (intervals of M3) and not a mean."""
        return self.measure.kind not in (MeasureKind.SATISFACTION_SCORE, MeasureKind.MEAN)


def items_of(
    sample: Sample, measures: Iterable[Measure], multiple_choice: Collection[str] = ()
) -> tuple[tuple[Item, ...], tuple[CodedQuestion, ...]]:
    """Items of the measures, and the coded columns that a tally must hold for them.

    Parameters
    ----------
    multiple_choice
        Names of multiple-choice questions: the score of their answers counts the positive choices.

    Raises
    ------
    KeyError
        A measure names a question that the sample does not have.
    """
    items: list[Item] = []
    columns: dict[str, CodedQuestion] = {}
    for measure in measures:
        questions = [sample.question(name) for name in measure.questions]
        parts = [_part(question, measure, question.name in multiple_choice) for question in questions]
        lowest, highest = _range(questions, measure)
        if len(questions) == 1 and measure.rule is not Rule.AT_LEAST:
            column, (value, base) = questions[0], parts[0]
        else:
            column, value, base = _derived_column(measure, questions, parts)
        columns.setdefault(column.name, column)
        items.append(Item(measure, column.name, value, base, lowest, highest))
    return tuple(items), tuple(columns.values())


def _part(question: CodedQuestion, measure: Measure, multiple: bool) -> tuple[FloatArray, FloatArray]:
    """Value and base of each answer of one question, before several are joined."""
    base = np.array([answer.role in ROLES_OF_BASE[measure.base] for answer in question.answers], dtype=float)
    value = np.array([_value(answer, measure.rule, multiple) for answer in question.answers], dtype=float)
    base[np.isnan(value)] = 0.0  # an answer without a score has no value, so it cannot be averaged
    return np.where(base > 0, value, 0.0), base


def _value(answer: Answer, rule: Rule, multiple: bool) -> float:
    positive = float(answer.role is Role.POSITIVE)
    match rule:
        case Rule.POSITIVE:
            return positive
        case Rule.SCORE:
            return np.nan if answer.score is None else answer.score
        case Rule.AT_LEAST:
            return (answer.score or 0.0) if multiple else positive
        case _:
            assert_never(rule)


def _range(questions: list[CodedQuestion], measure: Measure) -> tuple[float, float]:
    if measure.rule is not Rule.SCORE:
        return 0.0, 1.0
    roles = ROLES_OF_BASE[measure.base]
    scores = [a.score for q in questions for a in q.answers if a.score is not None and a.role in roles]
    return (min(scores), max(scores)) if scores else (0.0, 0.0)


def _derived_column(
    measure: Measure,
    questions: list[CodedQuestion],
    parts: list[tuple[FloatArray, FloatArray]],
) -> tuple[CodedQuestion, FloatArray, FloatArray]:
    """One value for each respondent from several questions, as codes of its distinct values."""
    size = len(questions[0].answer_of_record)
    total, answered = np.zeros(size), np.zeros(size)
    for question, (value, base) in zip(questions, parts, strict=True):
        total += value[question.answer_of_record]
        answered += base[question.answer_of_record]
    if measure.rule is Rule.AT_LEAST:
        value_of_record = (total >= (measure.at_least or 1)).astype(np.float64)
    else:
        value_of_record = total / np.maximum(answered, 1.0)
    # Code 0 is "not in the base"; the others are the distinct values in ascending order.
    distinct, code = np.unique(value_of_record, return_inverse=True)
    answer_of_record: npt.NDArray[np.int32] = np.where(answered > 0, code + 1, 0).astype(np.int32)
    outside = Answer(code="", label="", role=Role.INVALID)
    answers = (outside, *(Answer(f"{v:g}", f"{v:g}", Role.NEUTRAL, score=float(v)) for v in distinct))
    column = CodedQuestion(f"measure:{measure.name}", answers, answer_of_record)
    base_by_answer = np.concatenate([[0.0], np.ones(len(distinct))])
    return column, np.concatenate([[0.0], distinct]), base_by_answer

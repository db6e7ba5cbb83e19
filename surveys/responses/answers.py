"""Answers of the usable records: coded, put under their conditions, and checked against their scales."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from surveys.cores import in_threads
from surveys.problem import Problem, Severity
from surveys.quality import OUTSIDE_SCALE
from surveys.questionnaire import Question, QuestionKind
from surveys.responses.coding import apply_condition, code_column
from surveys.responses.grouping import problems_by_value
from surveys.responses.loading import Loaded
from surveys.responses.quoting import quotable
from surveys.sample import BLANK, INVALID, NOT_ASKED, CodedQuestion, IntArray

_INVALID_SHARE = 0.5
_INVALID_LEAST = 10
"""More than half of at least ten answers outside the scale: the column or the scale is the wrong one."""


def code_answers(
    questions: Iterable[Question], loaded: Loaded, usable: IntArray
) -> tuple[tuple[CodedQuestion, ...], list[Problem]]:
    """Every question whose answers were read.

    Conditions come first: an answer that was not to be given counts as not asked, whether it is in the scale
    or not, so that each answer is counted and reported once.
    """
    asked = {question.name: question for question in questions if _column(question) in loaded.columns}
    parts = in_threads(
        lambda question: code_column(question, loaded.columns[_column(question)].at(usable)), asked.values()
    )
    coded = {question.name: question for question in parts}
    done: dict[str, CodedQuestion] = {}
    problems: list[Problem] = []
    for question in asked.values():
        problems += _condition(question, asked, coded, done, loaded, usable)
    for question in asked.values():
        problems += _outside_scale(question, done[question.name], loaded, usable)
    return tuple(done[name] for name in asked), problems


def _column(question: Question) -> str:
    return f"question:{question.name}"


def _condition(
    question: Question,
    asked: Mapping[str, Question],
    coded: Mapping[str, CodedQuestion],
    done: dict[str, CodedQuestion],
    loaded: Loaded,
    usable: IntArray,
) -> list[Problem]:
    """Apply conditions, those of the deciding question first; `done` receives the results."""
    if question.name in done:
        return []
    condition = asked.get(question.asked_if_question)
    done[question.name] = coded[question.name]  # ends a circle of conditions, which was reported on reading
    if condition is None:
        return []
    problems = _condition(condition, asked, coded, done, loaded, usable)
    done[question.name], contradicting = apply_condition(
        coded[question.name], done[condition.name], question.asked_if_codes
    )
    records = usable[contradicting]
    problems += _codes_that_never_occur(question, condition, done[condition.name], loaded, records)
    return problems + problems_by_value(
        "answered_though_not_asked",
        Severity.WARNING,
        loaded,
        records,
        column=_column(question),
        detail={"question": question.name, "condition": condition.name},
    )


def _codes_that_never_occur(
    question: Question, condition: Question, deciding: CodedQuestion, loaded: Loaded, contradicting: IntArray
) -> list[Problem]:
    """An error where nobody gave an answer that leads to `question`, and yet it was answered.

    A number has no scale against which its codes were checked on reading, so each that nobody gave is a
    warning.
    """
    given = [deciding.answers[at].code for at in np.unique(deciding.answer_of_record)]
    occurring = {code for codes in given for code in codes.split(",")} - {""}
    absent = sorted(question.asked_if_codes - occurring)
    if not absent or not occurring:
        return []
    nobody = len(absent) == len(question.asked_if_codes)
    if not nobody and condition.kind is not QuestionKind.NUMBER:
        return []
    return [
        Problem(
            "condition_never_met" if nobody else "condition_code_absent",
            Severity.ERROR if nobody and len(contradicting) else Severity.WARNING,
            ", ".join(loaded.files),
            None,
            loaded.titles[_column(condition)],
            ", ".join(absent),
            {"question": question.name, "condition": condition.name},
        )
    ]


def _outside_scale(
    question: Question, coded: CodedQuestion, loaded: Loaded, usable: IntArray
) -> list[Problem]:
    """A Problem for each file and answer outside the scale, and an error where most of them are.

    What stands where a number should is never quoted: in a shifted row it is somebody's name.
    """
    invalid = np.flatnonzero(coded.answer_of_record == INVALID)
    if not len(invalid):
        return []
    scale = question.scale
    detail = {"question": question.name, "scale": scale.name if scale else ""}
    column = _column(question)
    problems = problems_by_value(
        OUTSIDE_SCALE if scale else "answer_no_number",
        Severity.SET_ASIDE,
        loaded,
        usable[invalid],
        column=column,
        quote=quotable if scale else None,
        detail=detail,
    )
    silent = (coded.answer_of_record == BLANK) | (coded.answer_of_record == NOT_ASKED)
    given = int(np.count_nonzero(~silent))
    if given >= _INVALID_LEAST and len(invalid) > _INVALID_SHARE * given:
        detail |= {"invalid": str(len(invalid)), "given": str(given)}
        files, title = ", ".join(loaded.files), loaded.titles[column]
        code = "wrong_scale" if scale else "mostly_no_numbers"
        problems.append(Problem(code, Severity.ERROR, files, None, title, detail=detail))
    return problems

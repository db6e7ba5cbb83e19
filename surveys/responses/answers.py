"""Answers of the usable records: coded, put under their conditions, and checked against their scales."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from surveys.cores import in_threads
from surveys.problem import Problem, Severity
from surveys.quality import OUTSIDE_SCALE, answer_counts
from surveys.questionnaire import Answer, Question, QuestionKind
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
    asked = tuple(questions)
    coded, problems = code_records(asked, loaded, usable)
    counts = dict(zip((q.name for q in coded), in_threads(answer_counts, coded), strict=True))
    answers = {question.name: question.answers for question in coded}
    return coded, [*problems, *problems_of_counts(asked, answers, counts, problems, loaded)]


def code_records(
    questions: Iterable[Question], loaded: Loaded, usable: IntArray
) -> tuple[tuple[CodedQuestion, ...], list[Problem]]:
    """Coded answers, and what is wrong with single ones; a part of a file says this for itself."""
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


def problems_of_counts(
    questions: Iterable[Question],
    answers_of: Mapping[str, tuple[Answer, ...]],
    counts_of: Mapping[str, IntArray],
    of_records: Iterable[Problem],
    loaded: Loaded,
) -> list[Problem]:
    """What only all records together show: conditions that nobody met, scales that hardly anybody kept to.

    Parameters
    ----------
    counts_of
        Records of each answer, by question, conditions applied.
    of_records
        What `code_records` found, of all parts.
    loaded
        Names of the files and titles of the columns; its records are not looked at.
    """
    asked = {question.name: question for question in questions if question.name in counts_of}
    contradicted = {
        problem.detail["question"] for problem in of_records if problem.code == "answered_though_not_asked"
    }
    problems: list[Problem] = []
    for question in asked.values():
        condition = asked.get(question.asked_if_question)
        if condition is not None:
            given = [
                answer.code
                for answer, count in zip(answers_of[condition.name], counts_of[condition.name], strict=True)
                if count
            ]
            is_contradicted = question.name in contradicted
            problems += _codes_that_never_occur(question, condition, given, loaded, is_contradicted)
        problems += _wrong_scale(question, counts_of[question.name], loaded)
    return problems


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
    return problems + problems_by_value(
        "answered_though_not_asked",
        Severity.WARNING,
        loaded,
        records,
        column=_column(question),
        detail={"question": question.name, "condition": condition.name},
    )


def _codes_that_never_occur(
    question: Question, condition: Question, given: list[str], loaded: Loaded, is_contradicted: bool
) -> list[Problem]:
    """An error where nobody gave an answer that leads to `question`, and yet it was answered.

    A number has no scale against which its codes were checked on reading, so each that nobody gave is a
    warning.
    """
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
            Severity.ERROR if nobody and is_contradicted else Severity.WARNING,
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
    """A Problem for each file and answer outside the scale.

    What stands where a number should is never quoted: in a shifted row it is somebody's name.
    """
    invalid = np.flatnonzero(coded.answer_of_record == INVALID)
    if not len(invalid):
        return []
    scale = question.scale
    return problems_by_value(
        OUTSIDE_SCALE if scale else "answer_no_number",
        Severity.SET_ASIDE,
        loaded,
        usable[invalid],
        column=_column(question),
        quote=quotable if scale else None,
        detail={"question": question.name, "scale": scale.name if scale else ""},
    )


def _wrong_scale(question: Question, counts: IntArray, loaded: Loaded) -> list[Problem]:
    """An error where most of the answers given are outside the scale."""
    invalid = int(counts[INVALID])
    given = int(counts.sum() - counts[BLANK] - counts[NOT_ASKED])
    if given < _INVALID_LEAST or invalid <= _INVALID_SHARE * given:
        return []
    scale = question.scale
    detail = {"question": question.name, "scale": scale.name if scale else ""}
    detail |= {"invalid": str(invalid), "given": str(given)}
    title = loaded.titles[_column(question)]
    code = "wrong_scale" if scale else "mostly_no_numbers"
    return [Problem(code, Severity.ERROR, ", ".join(loaded.files), None, title, detail=detail)]

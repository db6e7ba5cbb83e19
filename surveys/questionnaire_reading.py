"""Tables `questions` and `answers` → questions with their scales, checked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from surveys.answer_lookup import AnswerLookup
from surveys.cells import plain_number
from surveys.problem import Problem
from surveys.questionnaire import CODED_KINDS, Answer, Question, QuestionKind, Role, Scale
from surveys.table import problem_at, records_of

NEEDS_SCALE = (QuestionKind.SINGLE, QuestionKind.MULTIPLE)


def build_scales(frame: pd.DataFrame) -> dict[str, Scale]:
    """Scales of a parsed table `answers`, by name, answers in the order of the sheet."""
    sound = frame[(frame["scale"] != "") & (frame["code"] != "") & (frame["role"] != "")]
    sound = sound.drop_duplicates(["scale", "code"])
    return {
        str(name): Scale(str(name), tuple(_answer(record) for record in records_of(rows)))
        for name, rows in sound.groupby("scale", sort=False)
    }


def build_questions(
    frame: pd.DataFrame, scales: Mapping[str, Scale], questionnaires: tuple[str, ...]
) -> tuple[tuple[Question, ...], tuple[Problem, ...]]:
    """Questions of a parsed table `questions`.

    Parameters
    ----------
    scales
        Scales by name.
    questionnaires
        Names of the blocks ``[responses.…]``.

    Returns
    -------
    (questions, problems)
        A question of which something is wrong is still returned where it can be built, so that what refers
        to it is not reported a second time.
    """
    questions: list[Question] = []
    problems: list[Problem] = []
    records = records_of(frame)
    for record in records:
        name, found = questionnaire_of(frame, record, questionnaires)
        problems += found
        if record["question"] and record["kind"]:
            problems += _check_scale(frame, record, scales)
            questions.append(_question(record, name, scales))
    of_name = {(question.questionnaire, question.name): question for question in questions}
    for record, question in zip(
        [record for record in records if record["question"] and record["kind"]], questions, strict=True
    ):
        problems += _check_condition(frame, record, question, of_name)
    return tuple(_with_own_codes(question, of_name) for question in of_name.values()), tuple(problems)


def questionnaire_of(
    frame: pd.DataFrame, record: Mapping[str, Any], questionnaires: tuple[str, ...]
) -> tuple[str, list[Problem]]:
    """Questionnaire of a row: the one it names, or the only one there is."""
    name = str(record["questionnaire"])
    names = ", ".join(questionnaires)
    if name in questionnaires or not questionnaires:
        return name, []
    if name:
        return name, [
            problem_at(frame, record["_row"], "unknown_questionnaire", "questionnaire", name, names=names)
        ]
    if len(questionnaires) == 1:
        return questionnaires[0], []
    return "", [problem_at(frame, record["_row"], "blank_questionnaire", "questionnaire", "", names=names)]


def _answer(record: Mapping[str, Any]) -> Answer:
    return Answer(
        code=record["code"],
        label=record["label"] or record["code"],
        role=Role(record["role"]),
        label_en=record["label_en"],
        score=None if math.isnan(record["score"]) else float(record["score"]),
    )


def _question(record: Mapping[str, Any], questionnaire: str, scales: Mapping[str, Scale]) -> Question:
    return Question(
        questionnaire=questionnaire,
        name=record["question"],
        column=record["column"],
        text=record["text"],
        kind=QuestionKind(record["kind"]),
        scale=scales.get(record["scale"]),
        asked_if_question=record["asked_if_question"],
        asked_if_codes=frozenset(record["asked_if_codes"]),
        section=record["section"],
        keep=record["keep"] is True,
    )


def _check_scale(
    frame: pd.DataFrame, record: Mapping[str, Any], scales: Mapping[str, Scale]
) -> list[Problem]:
    scale = record["scale"]
    if not scale and record["kind"] in NEEDS_SCALE:
        return [problem_at(frame, record["_row"], "blank_scale", "scale", record["question"])]
    if scale and scale not in scales:
        names = ", ".join(scales)
        return [problem_at(frame, record["_row"], "unknown_scale", "scale", scale, names=names)]
    return []


def _check_condition(
    frame: pd.DataFrame,
    record: Mapping[str, Any],
    question: Question,
    of_name: Mapping[tuple[str, str], Question],
) -> list[Problem]:
    """A condition names a question of the same questionnaire and codes that its scale has."""
    condition, codes, row = question.asked_if_question, question.asked_if_codes, record["_row"]
    if not condition and not codes:
        return []
    if not condition or not codes:
        column = "asked_if_codes" if condition else "asked_if_question"
        return [problem_at(frame, row, "half_condition", column, condition or ", ".join(sorted(codes)))]
    asked = of_name.get((question.questionnaire, condition))
    if asked is None:
        return [problem_at(frame, row, "unknown_question", "asked_if_question", condition)]
    if _in_circle(question, of_name):
        return [
            problem_at(frame, row, "condition_cycle", "asked_if_question", condition, question=question.name)
        ]
    if asked.kind not in CODED_KINDS:
        kind = asked.kind.value
        return [problem_at(frame, row, "condition_not_read", "asked_if_question", condition, kind=kind)]
    if asked.kind in NEEDS_SCALE and asked.scale is None:
        return []  # reported at that question
    unknown = [code for code in sorted(codes) if not _own_code(asked, code)]
    if asked.scale is None:
        return [problem_at(frame, row, "bad_number", "asked_if_codes", code) for code in unknown]
    scale = asked.scale.name
    return [problem_at(frame, row, "unknown_answer", "asked_if_codes", code, scale=scale) for code in unknown]


def _with_own_codes(question: Question, of_name: Mapping[tuple[str, str], Question]) -> Question:
    """`question` with the codes of its condition as coded answers have them: ``6.0`` is ``6``."""
    asked = of_name.get((question.questionnaire, question.asked_if_question))
    if asked is None:
        return question
    codes = frozenset(_own_code(asked, code) or code for code in question.asked_if_codes)
    return replace(question, asked_if_codes=codes)


def _own_code(asked: Question, text: str) -> str:
    """The code that an answer `text` gets; "" where it would be outside the scale, or is no number."""
    answers = asked.scale.answers if asked.scale else ()
    at = AnswerLookup(answers, 0).find(text)
    if at is not None:
        return answers[at].code
    return plain_number(text) if asked.kind is QuestionKind.NUMBER else ""


def _in_circle(question: Question, of_name: Mapping[tuple[str, str], Question]) -> bool:
    """Whether the conditions that lead to `question` come back to it."""
    at = of_name.get((question.questionnaire, question.asked_if_question))
    for _ in of_name:
        if at is None or at.name == question.name:
            break
        at = of_name.get((at.questionnaire, at.asked_if_question))
    return at is not None and at.name == question.name

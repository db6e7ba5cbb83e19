"""Table `measures` → measures, checked against the questions and scales they are made of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from surveys.cells import is_bare_percent
from surveys.problem import Problem, Severity
from surveys.questionnaire import (
    Answer,
    Base,
    Measure,
    MeasureKind,
    Question,
    QuestionKind,
    Role,
    Rule,
    Unit,
    default_base,
)
from surveys.questionnaire_reading import questionnaire_of
from surveys.table import problem_at, records_of

HEADLINE_KINDS = (
    MeasureKind.AWARENESS,
    MeasureKind.PARTICIPATION,
    MeasureKind.SUPPORT,
    MeasureKind.SATISFACTION_RATE,
    MeasureKind.SATISFACTION_SCORE,
)
MEASURED_KINDS = (QuestionKind.SINGLE, QuestionKind.MULTIPLE, QuestionKind.NUMBER)
"""Kinds of questions that a measure can be made of."""
_VALUED = (Role.POSITIVE, Role.NEUTRAL, Role.NEGATIVE)


def build_measures(
    frame: pd.DataFrame, questions: tuple[Question, ...], questionnaires: tuple[str, ...]
) -> tuple[tuple[Measure, ...], tuple[Problem, ...]]:
    """Measures of a parsed table `measures`; those with a defect are returned too where they can be built."""
    measures: list[Measure] = []
    stated: list[bool | None] = []
    problems: list[Problem] = []
    of_name = {(question.questionnaire, question.name): question for question in questions}
    records = records_of(frame)
    for record in records:
        name, found = questionnaire_of(frame, record, questionnaires)
        problems += found
        if not record["measure"] or not record["kind"]:
            continue
        measure = _measure(record, name)
        used, missing = _questions_of(frame, record, measure, of_name)
        of_measure = [
            *missing,
            *_check_rule(frame, record, measure, used),
            *_check_scales(frame, record, measure, used),
        ]
        target_problems = [] if missing else _check_target(frame, record, measure, used)
        measures.append(replace(measure, target=None) if target_problems else measure)
        stated.append(record["headline"])
        problems += [*of_measure, *target_problems]
    problems += _without_measures(frame, measures, questionnaires)
    return _mark_headlines(measures, stated), tuple(problems)


def _without_measures(
    frame: pd.DataFrame, measures: list[Measure], questionnaires: tuple[str, ...]
) -> list[Problem]:
    """Questionnaires whose answers are read and then used by nothing; an empty table says so itself."""
    file, used = str(frame.attrs["file"]), {measure.questionnaire for measure in measures}
    return [
        Problem("questionnaire_without_measures", Severity.WARNING, file, value=name)
        for name in questionnaires
        if used and name not in used
    ]


def _measure(record: Mapping[str, Any], questionnaire: str) -> Measure:
    kind = MeasureKind(record["kind"])
    return Measure(
        name=record["measure"],
        label=record["name"] or record["measure"],
        kind=kind,
        questionnaire=questionnaire,
        questions=record["questions"],
        rule=_rule(record, kind),
        base=Base(record["base"]) if record["base"] else default_base(kind),
        at_least=None if math.isnan(record["at_least"]) else int(record["at_least"]),
        target=None if math.isnan(record["target"]) else float(record["target"]),
        label_en=record["name_en"],
    )


def _rule(record: Mapping[str, Any], kind: MeasureKind) -> Rule:
    if record["rule"]:
        return Rule(record["rule"])
    if kind.unit is not Unit.SHARE:
        return Rule.SCORE
    return Rule.POSITIVE if math.isnan(record["at_least"]) else Rule.AT_LEAST


def _questions_of(
    frame: pd.DataFrame,
    record: Mapping[str, Any],
    measure: Measure,
    of_name: Mapping[tuple[str, str], Question],
) -> tuple[list[Question], list[Problem]]:
    used: list[Question] = []
    problems: list[Problem] = []
    for name in measure.questions:
        question = of_name.get((measure.questionnaire, name))
        if question is None:
            problems.append(problem_at(frame, record["_row"], "unknown_question", "questions", name))
        elif question.kind not in MEASURED_KINDS:
            problems.append(
                problem_at(
                    frame, record["_row"], "unmeasurable_question", "questions", name, kind=question.kind
                )
            )
        else:
            used.append(question)
    return used, problems


def _check_rule(
    frame: pd.DataFrame, record: Mapping[str, Any], measure: Measure, used: list[Question]
) -> list[Problem]:
    """The rule fits the kind; `at_least` is given exactly where the rule needs it and can be reached."""
    row = record["_row"]
    scored = measure.kind.unit is not Unit.SHARE
    if scored != (measure.rule is Rule.SCORE):
        fitting = Rule.SCORE if scored else f"{Rule.POSITIVE}, {Rule.AT_LEAST}"
        return [
            problem_at(
                frame, row, "rule_does_not_fit", "rule", measure.rule, kind=measure.kind, rules=fitting
            )
        ]
    k = measure.at_least
    if measure.rule is not Rule.AT_LEAST:
        return [] if k is None else [problem_at(frame, row, "at_least_without_rule", "at_least", str(k))]
    if k is None:
        return [problem_at(frame, row, "blank_at_least", "at_least", measure.name)]
    reachable = sum(
        len(question.scale.answers) if question.kind is QuestionKind.MULTIPLE and question.scale else 1
        for question in used
    )
    if len(used) == len(measure.questions) and not 1 <= k <= reachable:
        return [problem_at(frame, row, "at_least_out_of_reach", "at_least", str(k), most=str(reachable))]
    return []


def _check_scales(
    frame: pd.DataFrame, record: Mapping[str, Any], measure: Measure, used: list[Question]
) -> list[Problem]:
    """Each scale has what the rule asks of it: scores, or positive answers."""
    problems: list[Problem] = []
    for question in used:
        if measure.rule is not Rule.SCORE:
            scale = question.scale
            if (scale is not None or question.kind is QuestionKind.NUMBER) and not _positive(question):
                name = scale.name if scale else ""
                problems.append(
                    problem_at(
                        frame,
                        record["_row"],
                        "scale_without_positive",
                        "questions",
                        question.name,
                        scale=name,
                    )
                )
        elif question.kind is QuestionKind.MULTIPLE:
            # Several choices have no score: whether to add, to average or to take the best is nobody's rule.
            problems.append(
                problem_at(frame, record["_row"], "score_of_multiple_choice", "questions", question.name)
            )
        elif question.kind is not QuestionKind.NUMBER and question.scale is not None:
            problems += _check_scores(frame, record, measure, question, question.scale.answers)
    return problems


def _positive(question: Question) -> bool:
    return question.scale is not None and any(
        answer.role is Role.POSITIVE for answer in question.scale.answers
    )


def _check_scores(
    frame: pd.DataFrame,
    record: Mapping[str, Any],
    measure: Measure,
    question: Question,
    answers: tuple[Answer, ...],
) -> list[Problem]:
    scale = question.scale.name if question.scale else ""
    valued = [answer for answer in answers if answer.role in _VALUED]
    unscored = ", ".join(answer.code for answer in valued if answer.score is None)
    if unscored or not valued:
        return [
            problem_at(
                frame,
                record["_row"],
                "scale_without_scores",
                "questions",
                question.name,
                scale=scale,
                codes=unscored,
            )
        ]
    beyond = [answer for answer in valued if answer.score is not None and not 0 <= answer.score <= 100]
    if measure.kind.unit is Unit.POINTS and beyond:
        codes = ", ".join(answer.code for answer in beyond)
        return [
            problem_at(
                frame,
                record["_row"],
                "score_out_of_range",
                "questions",
                question.name,
                scale=scale,
                codes=codes,
            )
        ]
    return []


def _check_target(
    frame: pd.DataFrame, record: Mapping[str, Any], measure: Measure, used: list[Question]
) -> list[Problem]:
    target, row = measure.target, record["_row"]
    if target is None:
        return []
    if measure.kind.unit is Unit.SHARE:
        return check_share(frame, row, "target", target)
    low, high = mark_range(measure, used)
    if low <= target <= high:
        return []
    span = f"{low:g}–{high:g}"
    return [problem_at(frame, row, "target_out_of_range", "target", f"{target:g}", range=span)]


def mark_range(measure: Measure, used: Iterable[Question]) -> tuple[float, float]:
    """Where a mark on the values of `measure` may lie, made of the questions `used`.

    Shares in [0, 1]; points in (1, 100], because a 满意度 of 1 or less was meant as a share; a mean within
    the scores of its scale, anywhere where it has none.
    """
    match measure.kind.unit:
        case Unit.SHARE:
            return 0.0, 1.0
        case Unit.POINTS:
            return 1.0 + 1e-9, 100.0
        case Unit.SCALE:
            scores = [
                answer.score
                for question in used
                for answer in (question.scale.answers if question.scale else ())
                if answer.score is not None and answer.role in _VALUED
            ]
            return (min(scores), max(scores)) if scores else (-math.inf, math.inf)


def check_share(frame: pd.DataFrame, row: int, column: str, value: float) -> list[Problem]:
    """A value that must be a share lies in [0, 1]; a bare 90 gets the message of its own."""
    if 0 <= value <= 1:
        return []
    if is_bare_percent(value):
        share, percent = f"{value / 100:g}", f"{value:g}%"
        return [problem_at(frame, row, "bare_share", column, f"{value:g}", share=share, percent=percent)]
    return [problem_at(frame, row, "share_out_of_range", column, f"{value:g}")]


def _mark_headlines(measures: list[Measure], stated: list[bool | None]) -> tuple[Measure, ...]:
    """What the sheet says; for a headline kind of which no row says yes, its first undecided measure."""
    headline = [value is True for value in stated]
    for kind in HEADLINE_KINDS:
        rows = [at for at, measure in enumerate(measures) if measure.kind is kind]
        undecided = [at for at in rows if stated[at] is None]
        if undecided and not any(headline[at] for at in rows):
            headline[undecided[0]] = True
    return tuple(
        replace(measure, headline=marked) for measure, marked in zip(measures, headline, strict=True)
    )

"""Whether a measure of two waves is the same thing twice (M7): every difference has its reason."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from surveys.compare.vocabulary import NotComparable
from surveys.questionnaire import Measure, Question, Rule
from surveys.wave import Responses, Wave, WeightBase


def reasons_against(
    old_wave: Wave, old: Measure, new_wave: Wave, new: Measure, equivalent: Collection[str] = ()
) -> tuple[NotComparable, ...]:
    """Why a measure cannot be compared between two waves; empty where it can.

    Names of questions, codes of answers and the order of rows in the tables mean nothing; what respondents
    saw, who was asked, how the value is made, who asked and how weights were made do.

    Parameters
    ----------
    equivalent
        What the user declared harmless: a measure's name (all its differences), or a reason (everywhere).

    Notes
    -----
    M7.
    """
    if new.name in equivalent:
        return ()
    old_questions, new_questions = _questions(old_wave, old), _questions(new_wave, new)
    old_wording, new_wording = _wording(old_questions), _wording(new_questions)
    as_many = len(old_questions) == len(new_questions)
    # Where a wording differs, nothing says which question is which: compared is what all of them have.
    in_order = _as_is if old_wording == new_wording else sorted
    scales = in_order(_scales(old_questions, old)), in_order(_scales(new_questions, new))
    conditions = (
        in_order(_conditions(old_wave, old_questions)),
        in_order(_conditions(new_wave, new_questions)),
    )
    differs = {
        NotComparable.WORDING: as_many and old_wording != new_wording,
        NotComparable.SCALE: as_many and scales[0] != scales[1],
        NotComparable.BASE: old.base is not new.base or (as_many and conditions[0] != conditions[1]),
        NotComparable.RULE: not as_many or _rule(old) != _rule(new),
        NotComparable.MODE: _mode_differs(old_wave, old, new_wave, new),
        NotComparable.WEIGHTING: _weighting(old_wave, old) != _weighting(new_wave, new),
    }
    return tuple(
        reason for reason, different in differs.items() if different and reason.value not in equivalent
    )


def unknown_declarations(equivalent: Collection[str], measures: Collection[str]) -> tuple[str, ...]:
    """Entries that name neither a measure nor a reason that may be declared harmless."""
    return tuple(entry for entry in equivalent if entry not in measures and entry not in DECLARABLE)


DECLARABLE = tuple(
    reason.value
    for reason in NotComparable
    if reason not in (NotComparable.ABSENT, NotComparable.WITHHELD)  # nothing there cannot be declared away
)
"""Reasons that a user may declare harmless for all measures."""


def _questions(wave: Wave, measure: Measure) -> list[Question]:
    """Questions of a measure in the order of their wording: the order of a sheet means nothing."""
    by_name: Mapping[str, Question] = {
        question.name: question for question in wave.questions_of(measure.questionnaire)
    }
    return sorted((by_name[name] for name in measure.questions), key=_text)


def _as_is(values: list[Any]) -> list[Any]:
    return values


def _text(question: Question) -> str:
    return _plain(question.text or question.column)


def _plain(text: str) -> str:
    """Text without what no respondent hears: widths of characters, capitals and blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _wording(questions: list[Question]) -> list[str]:
    return [_text(question) for question in questions]


def _scales(questions: list[Question], measure: Measure) -> list[tuple[str, list[tuple[str, str, str]]]]:
    scored = measure.rule is Rule.SCORE
    result = []
    for question in questions:
        answers = [] if question.scale is None else question.scale.answers
        seen = sorted(
            (_plain(answer.label), answer.role.value, str(answer.score) if scored else "")
            for answer in answers
        )
        result.append((question.kind.value, seen))
    return result


def _conditions(wave: Wave, questions: list[Question]) -> list[tuple[str, list[str]]]:
    """Under which answers to which wording each question was asked."""
    result = []
    for question in questions:
        condition = next(
            (
                asked
                for asked in wave.questions_of(question.questionnaire)
                if question.asked_if_question and asked.name == question.asked_if_question
            ),
            None,
        )
        if condition is None:
            result.append(("", sorted(question.asked_if_codes)))
            continue
        answers = () if condition.scale is None else condition.scale.answers
        label_of_code = {answer.code: _plain(answer.label) for answer in answers}
        labels = sorted(label_of_code.get(code, code) for code in question.asked_if_codes)
        result.append((_text(condition), labels))
    return result


def _rule(measure: Measure) -> tuple[str, int | None, str]:
    return measure.rule.value, measure.at_least, measure.kind.unit.value


def _mode_differs(old_wave: Wave, old: Measure, new_wave: Wave, new: Measure) -> bool:
    """Another assessor, or another way of asking where both waves say which."""
    before, now = _responses(old_wave, old), _responses(new_wave, new)
    said = bool(before and now and before.mode and now.mode)
    other = said and before is not None and now is not None and _plain(before.mode) != _plain(now.mode)
    return old_wave.kind is not new_wave.kind or other


def _weighting(wave: Wave, measure: Measure) -> tuple[object, ...]:
    """How weights were made; the numbers behind it (totals, a column's name) may change with the wave."""
    block = _responses(wave, measure)
    if block is None:
        return ()
    plan = block.weighting
    base = "column" if block.weight else (plan.base or WeightBase.EQUAL).value
    return base, sorted(plan.nonresponse), sorted(plan.rake), plan.trim is not None


def _responses(wave: Wave, measure: Measure) -> Responses | None:
    found = (block for block in wave.responses if block.questionnaire == measure.questionnaire)
    return next(found, None)

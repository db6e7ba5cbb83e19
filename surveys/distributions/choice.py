"""A question's answers as the rows of a table: single answers, choices of several, or bands of numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surveys.item import ROLES_OF_BASE, Item
from surveys.questionnaire import Answer, Base, Measure, MeasureKind, Question, QuestionKind, Role, Rule
from surveys.sample import NOT_ASKED, SPECIAL_ANSWERS, CodedQuestion, IntArray
from surveys.variance import BoolArray

MOST_NUMBERS = 12
"""A number with more distinct values is put into bands."""
_STEPS = np.array([1.0, 2.0, 5.0, 10.0])
_MOST_BANDS = 10


@dataclass(frozen=True)
class Choice:
    """One row of a table.

    Parameters
    ----------
    code, label, label_en
        Of the answer, or of the band (``20–29``).
    role
        Of the answer; a band is neutral.
    has_answer
        Which answers of the coded question count for it, shape (answers,).
    """

    code: str
    label: str
    label_en: str
    role: Role
    has_answer: BoolArray


def choices_of(question: Question, coded: CodedQuestion, base: Base) -> tuple[Choice, ...]:
    """Rows of a question's table, in the order of its scale; an answer that nobody gave stays in.

    Choices of a multiple-choice question overlap: their shares do not add up to 1.
    """
    roles = ROLES_OF_BASE[base]
    if question.kind is QuestionKind.MULTIPLE:
        rows = _choices_of_several(question, coded)
    else:
        rows = _single_choices(coded, banded=question.kind is QuestionKind.NUMBER)
    if base is Base.EVERYONE:
        is_silent = np.array([answer.role is Role.NOT_ASKED for answer in coded.answers], dtype=bool)
        silent = SPECIAL_ANSWERS[NOT_ASKED]
        rows = [row for row in rows if row.role is not Role.NOT_ASKED]
        rows.append(Choice("not_asked", silent.label, silent.label_en, Role.NOT_ASKED, is_silent))
    return tuple(row for row in rows if row.role in roles)


def items_of_choices(
    question: Question, coded: CodedQuestion, choices: tuple[Choice, ...], base: Base
) -> tuple[Item, ...]:
    """An item for each choice: the share of the base that gave it."""
    in_base = np.array([answer.role in ROLES_OF_BASE[base] for answer in coded.answers], dtype=np.float64)
    return tuple(
        Item(
            measure=Measure(
                name=choice.code,
                label=choice.label,
                kind=MeasureKind.SHARE,
                questionnaire=question.questionnaire,
                questions=(question.name,),
                rule=Rule.POSITIVE,
                base=base,
            ),
            column=coded.name,
            value_by_answer=in_base * choice.has_answer,
            base_by_answer=in_base,
            lowest=0.0,
            highest=1.0,
        )
        for choice in choices
    )


def choice_of_record(coded: CodedQuestion, choices: tuple[Choice, ...]) -> IntArray:
    """Index of each record's choice, −1 where it has none; for questions whose choices do not overlap."""
    index_of_answer = np.full(len(coded.answers), -1, dtype=np.intp)
    for index, choice in enumerate(choices):
        index_of_answer[choice.has_answer] = index
    return np.asarray(index_of_answer[coded.answer_of_record], dtype=np.intp)


def _single_choices(coded: CodedQuestion, *, banded: bool) -> list[Choice]:
    """The answers of the scale; the numbers of an open question, where there are many, in bands."""
    listed = range(len(SPECIAL_ANSWERS), len(coded.answers))
    numbers = [at for at in listed if banded and _is_number(coded.answers[at])]
    if len(numbers) <= MOST_NUMBERS:
        return [_of_answers(coded, [at]) for at in listed]
    others = [_of_answers(coded, [at]) for at in listed if at not in set(numbers)]
    return [*_bands(coded, numbers), *others]


def _choices_of_several(question: Question, coded: CodedQuestion) -> list[Choice]:
    """Each choice of the scale, with all the sets of choices that hold it."""
    held = [set(answer.code.split(",")) for answer in coded.answers]
    scale = question.scale.answers if question.scale else ()
    return [
        Choice(
            answer.code,
            answer.label,
            answer.label_en or answer.label,
            answer.role,
            np.array([answer.code in codes for codes in held], dtype=bool),
        )
        for answer in scale
    ]


def _of_answers(coded: CodedQuestion, at: list[int]) -> Choice:
    answer = coded.answers[at[0]]
    has_answer = np.isin(np.arange(len(coded.answers)), at)
    return Choice(answer.code, answer.label, answer.label_en or answer.label, answer.role, has_answer)


def _is_number(answer: Answer) -> bool:
    """Numbers that are not on a scale are their own code."""
    return answer.score is not None and answer.code == answer.label == answer.label_en


def _bands(coded: CodedQuestion, numbers: list[int]) -> list[Choice]:
    """About ten bands of a round width that hold all numbers; bands without any are left out."""
    values = np.array([coded.answers[at].score for at in numbers], dtype=np.float64)
    raw = (values.max() - values.min()) / _MOST_BANDS
    power = 10.0 ** np.floor(np.log10(raw))
    width = float(power * _STEPS[np.searchsorted(_STEPS, raw / power * (1 - 1e-9))])
    whole = bool((values == np.round(values)).all())
    width = max(width, 1.0) if whole else width
    band = np.floor(values / width + 1e-9)
    rows = []
    for start in np.unique(band):
        low, high = start * width, (start + 1) * width
        top = high - 1 if whole else high
        label = f"{low:.10g}" if whole and width == 1 else f"{low:.10g}–{top:.10g}"
        members = [at for at, its in zip(numbers, band, strict=True) if its == start]
        has_answer = np.isin(np.arange(len(coded.answers)), members)
        rows.append(Choice(label, label, label, Role.NEUTRAL, has_answer))
    return rows

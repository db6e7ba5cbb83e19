"""Texts of an export → answers of a scale. Each distinct text is looked up once, never each record."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from surveys.answer_lookup import AnswerLookup
from surveys.cells import normal, plain_number
from surveys.questionnaire import Answer, Question, QuestionKind, Role, Scale
from surveys.responses.text_column import TextColumn
from surveys.sample import BLANK, INVALID, NOT_ASKED, SPECIAL_ANSWERS, CodedQuestion

_PLATFORM_BLANKS = {"(空)": BLANK, "(跳过)": NOT_ASKED}
"""What 问卷星 writes where nothing was answered, unless the scale has such an answer of its own."""
_CHOICE_SEPARATORS = re.compile(r"[┋;|、,]")
_VALUED = (Role.POSITIVE, Role.NEUTRAL, Role.NEGATIVE)


def code_column(question: Question, column: TextColumn) -> CodedQuestion:
    """Answers of one question as indices; conditions are applied by `apply_condition`."""
    match question.kind:
        case QuestionKind.NUMBER:
            answers, answer_of_text = _code_numbers(question.scale, column.distinct)
        case QuestionKind.MULTIPLE:
            answers, answer_of_text = _code_choices(question.scale, column.distinct)
        case _:
            answers, answer_of_text = _code_single(question.scale, column.distinct)
    code = np.asarray(answer_of_text, dtype=np.min_scalar_type(-max(len(answers), 1)))
    return CodedQuestion(question.name, answers, code.take(column.text_of_record))


def apply_condition(
    question: CodedQuestion, condition: CodedQuestion, codes: frozenset[str]
) -> tuple[CodedQuestion, npt.NDArray[np.bool_]]:
    """`question` with NOT_ASKED where the condition's answer rules it out.

    Parameters
    ----------
    condition
        The question that decides, itself already conditioned.
    codes
        Its answers for which `question` was asked.

    Returns
    -------
    (question, contradicting)
        `contradicting`: shape (records,), answered although it was not to be asked; such an answer does not
        count. Where the condition's own answer is blank or invalid, nothing is changed.
    """
    met_of_answer = np.asarray(
        [not codes.isdisjoint(answer.code.split(",")) for answer in condition.answers], dtype=np.bool_
    )
    rules_out = ~met_of_answer
    rules_out[[BLANK, INVALID]] = False
    ruled_out = rules_out.take(condition.answer_of_record)
    given = question.answer_of_record
    coded = given.copy()
    coded[ruled_out] = NOT_ASKED
    contradicting = ruled_out & (given != BLANK) & (given != NOT_ASKED)
    return CodedQuestion(question.name, question.answers, coded), contradicting


def _silence(text: str) -> int | None:
    """BLANK or NOT_ASKED where `text` says nothing."""
    return BLANK if not text.strip() else _PLATFORM_BLANKS.get(normal(text))


def _code_single(scale: Scale | None, distinct: tuple[str, ...]) -> tuple[tuple[Answer, ...], list[int]]:
    answers = (*SPECIAL_ANSWERS, *(scale.answers if scale else ()))
    lookup = AnswerLookup(answers[len(SPECIAL_ANSWERS) :], len(SPECIAL_ANSWERS))
    return answers, [_or_invalid(lookup.find(text), _silence(text)) for text in distinct]


def _code_numbers(scale: Scale | None, distinct: tuple[str, ...]) -> tuple[tuple[Answer, ...], list[int]]:
    """Answers of the scale (missing codes, mostly), then one for each further number that occurs."""
    listed = (*SPECIAL_ANSWERS, *(scale.answers if scale else ()))
    lookup = AnswerLookup(listed[len(SPECIAL_ANSWERS) :], len(SPECIAL_ANSWERS))
    known = [_first(lookup.find(text), _silence(text)) for text in distinct]
    number_of_text = [
        plain_number(text) if at is None else "" for at, text in zip(known, distinct, strict=True)
    ]
    numbers = sorted({number for number in number_of_text if number}, key=float)
    index_of_number = {number: len(listed) + at for at, number in enumerate(numbers)}
    answers = (
        *listed,
        *(Answer(number, number, Role.NEUTRAL, number, score=float(number)) for number in numbers),
    )
    coded = [
        _or_invalid(at, index_of_number.get(number)) for at, number in zip(known, number_of_text, strict=True)
    ]
    return answers, coded


def _code_choices(scale: Scale | None, distinct: tuple[str, ...]) -> tuple[tuple[Answer, ...], list[int]]:
    """One answer for each distinct set of choices; its score is the number of positive choices."""
    choices = scale.answers if scale else ()
    lookup = AnswerLookup(choices, 0)
    answers: list[Answer] = list(SPECIAL_ANSWERS)
    index_of_set: dict[tuple[int, ...], int] = {}
    coded: list[int] = []
    for text in distinct:
        chosen = _choices_in(text, lookup)
        if not chosen:
            coded.append(_or_invalid(_silence(text)))
            continue
        if chosen not in index_of_set:
            index_of_set[chosen] = len(answers)
            answers.append(_answer_of_set([choices[at] for at in chosen]))
        coded.append(index_of_set[chosen])
    return tuple(answers), coded


def _choices_in(text: str, lookup: AnswerLookup) -> tuple[int, ...]:
    """Indices of the choices that `text` lists; empty where one of them is unknown."""
    whole = lookup.find(text)
    if whole is not None:
        return (whole,)
    plain = normal(text)
    for parts in (_CHOICE_SEPARATORS.split(plain), plain.split()):
        found = [lookup.find(part) for part in parts if part.strip()]
        known = [at for at in found if at is not None]
        if known and len(known) == len(found):
            return tuple(sorted(set(known)))
    return ()


def _answer_of_set(choices: list[Answer]) -> Answer:
    roles = {choice.role for choice in choices}
    order = (Role.INVALID, *_VALUED, Role.REFUSED, Role.DONT_KNOW, Role.NOT_ASKED)
    return Answer(
        code=",".join(choice.code for choice in choices),
        label="、".join(choice.label for choice in choices),
        role=next(role for role in order if role in roles),
        label_en=", ".join(choice.label_en or choice.label for choice in choices),
        score=float(sum(choice.role is Role.POSITIVE for choice in choices)),
    )


def _first(*indices: int | None) -> int | None:
    """The first that is not None."""
    return next((index for index in indices if index is not None), None)


def _or_invalid(*indices: int | None) -> int:
    first = _first(*indices)
    return INVALID if first is None else first

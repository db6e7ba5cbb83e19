"""Measures as items: who is in the base, and what each respondent's value is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from surveys.item import Item, items_of
from surveys.questionnaire import Answer, Base, Measure, MeasureKind, Role, Rule
from surveys.sample import SPECIAL_ANSWERS, CodedQuestion, Sample
from tests.strategies import make_sample

# Index: 0 not asked, 1 blank, 2 invalid, then the scale.
SCALE = (
    *SPECIAL_ANSWERS,
    Answer("1", "满意", Role.POSITIVE, score=100),
    Answer("2", "一般", Role.NEUTRAL, score=60),
    Answer("3", "不满意", Role.NEGATIVE, score=0),
    Answer("8", "不了解", Role.DONT_KNOW),
    Answer("9", "拒答", Role.REFUSED),
)
MULTIPLE = (
    *SPECIAL_ANSWERS,
    Answer("", "", Role.NEGATIVE, score=0),
    Answer("a", "a", Role.POSITIVE, score=1),
    Answer("a;b", "a;b", Role.POSITIVE, score=2),
)


def sample_with(**answers: list[int]) -> Sample:
    size = len(next(iter(answers.values())))
    sample = make_sample(0, 1, 1, size)
    questions = tuple(
        CodedQuestion(name, MULTIPLE if name.startswith("m") else SCALE, np.array(codes, dtype=np.int32))
        for name, codes in answers.items()
    )
    return replace(sample, questions=questions)


def item_of(
    sample: Sample, questions: tuple[str, ...], rule: Rule, base: Base, at_least: int | None = None
) -> tuple[Item, np.ndarray, np.ndarray]:
    kind = MeasureKind.SATISFACTION_SCORE if rule is Rule.SCORE else MeasureKind.SHARE
    measure = Measure("x", "x", kind, "residents", questions, rule, base, at_least=at_least)
    (item,), (column,) = items_of(sample, [measure], multiple_choice={"m1"})
    code = column.answer_of_record
    return item, item.value_by_answer[code], item.base_by_answer[code]


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (Base.ANSWERED, [0, 0, 0, 1, 1, 1, 0, 0]),
        (Base.ASKED, [0, 0, 0, 1, 1, 1, 1, 1]),
        (Base.EVERYONE, [1, 0, 0, 1, 1, 1, 1, 1]),
    ],
)
def test_base_holds_whom_the_questionnaire_says(base: Base, expected: list[int]) -> None:
    _, value, inside = item_of(sample_with(q=list(range(8))), ("q",), Rule.POSITIVE, base)
    assert inside.tolist() == expected
    assert value.tolist() == [0, 0, 0, 1, 0, 0, 0, 0]


def test_an_answer_without_a_score_has_no_mean_whatever_the_base() -> None:
    item, value, inside = item_of(sample_with(q=list(range(8))), ("q",), Rule.SCORE, Base.EVERYONE)
    assert inside.tolist() == [0, 0, 0, 1, 1, 1, 0, 0]
    assert value[3:6].tolist() == [100, 60, 0]
    assert (item.lowest, item.highest, item.is_share) == (0, 100, False)


def test_several_questions_give_each_respondent_the_mean_over_those_answered() -> None:
    sample = sample_with(q1=[3, 3, 1, 1, 5], q2=[5, 6, 3, 1, 5], q3=[3, 1, 5, 1, 3])
    _, value, inside = item_of(sample, ("q1", "q2", "q3"), Rule.POSITIVE, Base.ANSWERED)
    assert inside.tolist() == [1, 1, 1, 0, 1]
    np.testing.assert_allclose(value[inside > 0], [2 / 3, 1, 1 / 2, 1 / 3])
    _, score, _ = item_of(sample, ("q1", "q2", "q3"), Rule.SCORE, Base.ANSWERED)
    np.testing.assert_allclose(score[inside > 0], [200 / 3, 100, 50, 100 / 3])


def test_at_least_counts_positive_answers_over_questions() -> None:
    sample = sample_with(q1=[3, 3, 1, 1], q2=[3, 5, 3, 1], q3=[3, 5, 3, 1])
    _, value, inside = item_of(sample, ("q1", "q2", "q3"), Rule.AT_LEAST, Base.ANSWERED, at_least=2)
    assert inside.tolist() == [1, 1, 1, 0]
    assert value[:3].tolist() == [1, 0, 1]


def test_at_least_counts_choices_of_a_multiple_choice_question() -> None:
    sample = sample_with(m1=[1, 3, 4, 5])
    _, value, inside = item_of(sample, ("m1",), Rule.AT_LEAST, Base.ANSWERED, at_least=2)
    assert inside.tolist() == [0, 1, 1, 1]
    assert value.tolist() == [0, 0, 0, 1]


def test_a_single_question_is_tallied_once_for_all_its_measures() -> None:
    sample = make_sample(1)
    share = Measure("a", "a", MeasureKind.SHARE, "residents", ("q2",), Rule.POSITIVE, Base.ANSWERED)
    score = replace(share, name="b", kind=MeasureKind.SATISFACTION_SCORE, rule=Rule.SCORE)
    items, columns = items_of(sample, [share, score])
    assert [item.column for item in items] == ["q2", "q2"]
    assert [column.name for column in columns] == ["q2"]


def test_a_measure_on_an_absent_question_is_a_key_error() -> None:
    measure = Measure("a", "a", MeasureKind.SHARE, "residents", ("q99",), Rule.POSITIVE, Base.ANSWERED)
    with pytest.raises(KeyError, match="q99"):
        items_of(make_sample(1), [measure])

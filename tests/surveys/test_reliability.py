"""Cronbach's α by hand calculation and by its algebra; oracles: Spearman–Brown, the formula for two items."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.problem import InputError, Language
from surveys.questionnaire import Answer, Question, QuestionKind, Role
from surveys.records.reliability import (
    ITEM_COLUMNS,
    Reliability,
    cronbach_alpha,
    item_total_correlations,
)
from surveys.records.reliability import reliability as reliability_of
from surveys.sample import SPECIAL_ANSWERS, CodedQuestion, Sample
from surveys.wave import Wave
from tests.strategies import make_sample, make_wave

SCALE = tuple(Answer(str(v), f"{v}分", Role.NEUTRAL, score=float(v)) for v in range(1, 6))
UNSURE = Answer("9", "不了解", Role.DONT_KNOW, score=3.0)


def coded(name: str, scores: list[int]) -> CodedQuestion:
    """Scores 1–5; 0 is blank, 9 不了解 (whose score must not count)."""
    index = [1 if s == 0 else 8 if s == 9 else s + 2 for s in scores]
    return CodedQuestion(name, (*SPECIAL_ANSWERS, *SCALE, UNSURE), np.array(index, dtype=np.int32))


def sample_of(columns: dict[str, list[int]], weight: list[float] | None = None) -> Sample:
    size = len(next(iter(columns.values())))
    sample = make_sample(1, 1, 1, size)
    return replace(
        sample,
        questions=tuple(coded(name, scores) for name, scores in columns.items()),
        weight_of_record=np.ones(size) if weight is None else np.array(weight),
    )


def wave_of(sample: Sample, kind: QuestionKind = QuestionKind.SINGLE) -> Wave:
    """A wave whose questionnaire asks the questions of a sample, all of one kind."""
    asked = tuple(Question("residents", its.name, its.name, its.name, kind) for its in sample.questions)
    return replace(make_wave(1, 1), questions=asked)


def reliability(sample: Sample, names: list[str]) -> Reliability:
    return reliability_of(sample, wave_of(sample), names)


def test_alpha_by_hand() -> None:
    """Five people, three questions: variances 2.5, 2.5, 1.3; the sums 4, 6, 8, 11, 15 have variance 18.7."""
    sample = sample_of({"a": [1, 2, 3, 4, 5], "b": [1, 2, 3, 4, 5], "c": [2, 2, 2, 3, 5]})
    result = reliability(sample, ["a", "b", "c"])
    variances = 2.5 + 2.5 + np.var([2, 2, 2, 3, 5], ddof=1)
    assert result.alpha == pytest.approx(1.5 * (1 - variances / np.var([4, 6, 8, 11, 15], ddof=1)))
    assert result.n == 5
    assert {name: str(dtype) for name, dtype in result.items.dtypes.items()} == ITEM_COLUMNS
    items = result.items.set_index("question")
    assert items.loc["c", "mean"] == pytest.approx(2.8)
    deviations = [np.std(scores, ddof=1) for scores in ([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [2, 2, 2, 3, 5])]
    np.testing.assert_allclose(items["standard_deviation"], deviations, rtol=1e-12)
    assert items.loc["c", "alpha_without"] == pytest.approx(1.0)  # a and b are the same
    expected = np.corrcoef([2, 2, 2, 3, 5], [2, 4, 6, 8, 10])[0, 1]
    assert items.loc["c", "item_total_correlation"] == pytest.approx(expected)


@given(st.integers(2, 12), st.floats(0.01, 0.99))
def test_alpha_of_parallel_items_is_spearman_browns_reliability(size: int, correlation: float) -> None:
    covariance = np.full((size, size), correlation) + (1 - correlation) * np.eye(size)
    expected = size * correlation / (1 + (size - 1) * correlation)
    assert cronbach_alpha(covariance) == pytest.approx(expected, rel=1e-12)
    half = np.sqrt((1 + (size - 2) * correlation) * (size - 1))
    np.testing.assert_allclose(item_total_correlations(covariance), (size - 1) * correlation / half)


@given(st.floats(0.1, 5), st.floats(0.1, 5), st.floats(-0.9, 0.99))
def test_alpha_of_two_items_is_four_covariances_over_the_variance_of_their_sum(
    first: float, second: float, correlation: float
) -> None:
    shared = correlation * first * second
    covariance = np.array([[first**2, shared], [shared, second**2]])
    expected = 4 * shared / (first**2 + second**2 + 2 * shared)
    assert cronbach_alpha(covariance) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_weight_of_two_counts_a_person_twice_but_for_the_divisor() -> None:
    columns = {"a": [1, 2, 3, 5], "b": [2, 1, 4, 4]}
    doubled = {name: [*scores, scores[-1]] for name, scores in columns.items()}
    weighted = reliability(sample_of(columns, [1, 1, 1, 2]), ["a", "b"])
    repeated = reliability(sample_of(doubled), ["a", "b"])
    assert weighted.alpha == pytest.approx(repeated.alpha)
    np.testing.assert_allclose(
        weighted.items["item_total_correlation"], repeated.items["item_total_correlation"]
    )
    rescaled = reliability(sample_of(columns, [3, 3, 3, 6]), ["a", "b"])
    assert rescaled.alpha == pytest.approx(weighted.alpha)


def test_only_records_with_a_scored_answer_to_every_question_count() -> None:
    whole = sample_of({"a": [1, 2, 3, 5], "b": [2, 1, 4, 4]})
    gaps = sample_of({"a": [1, 2, 3, 5, 0, 4], "b": [2, 1, 4, 4, 5, 9]})
    result = reliability(gaps, ["a", "b"])
    assert result.alpha == pytest.approx(reliability(whole, ["a", "b"]).alpha)
    assert result.n == 4
    assert result.items["answered"].tolist() == [5, 5]


def test_a_question_that_runs_the_other_way_has_a_negative_correlation() -> None:
    up, down = [1, 2, 3, 4, 5], [5, 4, 3, 2, 1]
    result = reliability(sample_of({"a": up, "b": [1, 2, 4, 4, 5], "c": down}), ["a", "b", "c"])
    items = result.items.set_index("question")
    assert items.loc["c", "item_total_correlation"] < 0
    assert items.loc["c", "alpha_without"] > 0.9
    assert result.alpha is not None and result.alpha < items.loc["c", "alpha_without"]


@pytest.mark.parametrize(
    "columns",
    [
        {"a": [3, 3, 3], "b": [2, 2, 2]},
        {"a": [4], "b": [5]},
        {"a": [0, 1], "b": [2, 0]},
        {"a": [1, 5], "b": [5, 1]},
    ],
    ids=["constant answers", "one respondent", "no complete record", "sums alike"],
)
def test_alpha_is_none_where_there_is_nothing_to_explain(columns: dict[str, list[int]]) -> None:
    assert reliability(sample_of(columns), ["a", "b"]).alpha is None


def test_wrong_questions_are_all_named_with_those_that_can_be_used() -> None:
    plain = make_sample(1)  # q1 and q3 have no scores
    with pytest.raises(InputError) as caught:
        reliability(plain, ["q1", "q77"])
    assert [problem.value for problem in caught.value.problems] == ["q1", "q77"]
    with pytest.raises(InputError) as alone:
        reliability(plain, ["q2", "q2"])
    assert [problem.code for problem in alone.value.problems] == ["one_question_is_no_scale"]
    for problem in (*caught.value.problems, *alone.value.problems):
        assert all("q2" in problem.remedy(language) for language in Language)


def test_multiple_choice_is_no_part_of_a_scale_and_is_not_offered_as_one() -> None:
    """The answers' score there is the number of choices, which measures nothing in degrees."""
    sample = sample_of({"a": [1, 2, 3, 5], "b": [2, 1, 4, 4], "c": [1, 1, 2, 2]})
    single = wave_of(sample).questions
    wave = replace(wave_of(sample), questions=(*single[:2], replace(single[2], kind=QuestionKind.MULTIPLE)))
    with pytest.raises(InputError) as caught:
        reliability_of(sample, wave, ["a", "c"])
    (problem,) = caught.value.problems
    assert (problem.code, problem.value, problem.detail["names"]) == ("choices_have_no_score", "c", "a, b")
    assert reliability_of(sample, wave, ["a", "b"]).n == 4


def test_one_question_without_scores_is_told_one_thing() -> None:
    with pytest.raises(InputError) as caught:
        reliability(make_sample(1), ["q1"])
    assert [problem.code for problem in caught.value.problems] == ["no_scored_question"]


def test_of_two_questions_no_alpha_is_given_without_one_of_them() -> None:
    """One question is no scale: `alpha_without` starts with three."""
    result = reliability(sample_of({"a": [1, 2, 3, 5], "b": [2, 1, 4, 4]}), ["a", "b"])
    assert result.alpha is not None
    assert result.items["alpha_without"].isna().all()

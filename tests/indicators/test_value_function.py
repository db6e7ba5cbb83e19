"""Value → score: hand values, monotony, slopes; every doctest of the room runs here."""

from __future__ import annotations

import doctest
import importlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.framework import Direction, Framework, Indicator, Method, Scoring, Step
from indicators.scores.leaf_score import leaf_scores, score_slopes
from indicators.value_function import leaf_score, linear_score, step_score

STEPS = {"档": (Step(0.6, start=0.8), Step(1.0, start=0.95), Step(0.2, start=0.5))}
DOCUMENTED = [
    "indicators.value_function",
    "indicators.scores.aggregation",
    "indicators.evidence.observation_form",
    "indicators.evidence.negative_list",
]


@pytest.mark.parametrize("module", DOCUMENTED)
def test_examples_in_docstrings_hold(module: str) -> None:
    result = doctest.testmod(importlib.import_module(module))
    assert result.attempted > 0
    assert result.failed == 0


def leaf(scoring: Scoring, direction: Direction = Direction.UP) -> Indicator:
    return Indicator(
        "1", "一", "", 10, method=Method.QUESTIONNAIRE, scoring=scoring, low=0.5, high=0.9, scale="档",
        direction=direction,
    )  # fmt: skip


@given(
    st.lists(st.floats(-1, 2), min_size=2, max_size=20),
    st.sampled_from([Scoring.LINEAR, Scoring.STEPS]),
    st.sampled_from(Direction),
)
def test_score_is_monotone_and_inside_zero_and_one(
    values: list[float], scoring: Scoring, direction: Direction
) -> None:
    if scoring is Scoring.STEPS and direction is Direction.DOWN:
        return  # a step scale says its own direction
    scores = leaf_score(leaf(scoring, direction), np.sort(values), STEPS)
    assert ((scores >= 0) & (scores <= 1)).all()
    change = np.diff(scores) if direction is Direction.UP else -np.diff(scores)
    assert (change >= 0).all()


def test_a_step_written_as_a_decimal_is_reached_by_the_computed_value() -> None:
    """0.1 + 0.7 is 0.7999999999999999 in binary; the step from 0.8 on is meant."""
    assert step_score(np.array([0.1 + 0.7]), STEPS["档"]).tolist() == [0.6]


def test_blank_value_has_no_score() -> None:
    assert np.isnan(step_score(np.array([np.nan]), STEPS["档"])).all()
    assert np.isnan(linear_score(np.array([np.nan]), 0, 1, Direction.UP)).all()


@pytest.mark.parametrize(("value", "expected"), [(0.4, 0.0), (0.6, 2.5), (0.95, 0.0), (0.9, 2.5), (0.5, 2.5)])
def test_slope_of_a_linear_leaf(value: float, expected: float) -> None:
    """1/(0.9 − 0.5) between and at the goalposts, 0 beyond them; of steps and blanks 0."""
    leaves = [leaf(Scoring.LINEAR), leaf(Scoring.LINEAR, Direction.DOWN), leaf(Scoring.STEPS)]
    slopes = score_slopes(leaves, np.array([[value, value, value], [value, np.nan, np.nan]]))
    np.testing.assert_allclose(slopes, [[expected, -expected, 0.0], [expected, 0.0, 0.0]])


def test_scores_of_all_leaves_at_once_are_those_of_each() -> None:
    """Every form beside the others, for any leading axes; NaN where a value is blank."""
    forms = [Scoring.LINEAR, Scoring.STEPS, Scoring.PASS_SHARE, Scoring.RATIO]
    leaves = [*(leaf(form) for form in forms), leaf(Scoring.LINEAR, Direction.DOWN)]
    rows = tuple(replace(row, code=str(at)) for at, row in enumerate(leaves))
    framework = Framework("f", "f", "", rows, STEPS, "")
    values = np.random.default_rng(1).random((3, 4, len(leaves)))
    values[0, 0, :] = np.nan
    found = leaf_scores(framework, values)
    for at, row in enumerate(rows):
        np.testing.assert_array_equal(found[..., at], leaf_score(row, values[..., at], STEPS))
    assert np.isnan(found[0, 0]).all()
    assert not np.isnan(found[1:]).any()

"""Laws of calibrated weights: what holds for any sample, and what is said where no weights exist."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from surveys.records.linear import linearised_totals
from surveys.weights.calibration import (
    Calibration,
    bounded_linear_calibration,
    calibrated,
    linear_calibration,
    logit_calibration,
    raking_calibration,
)
from surveys.weights.raking import Margin, auxiliaries, factors_of_cells, rake, totals
from surveys.weights.summary import weight_summary
from surveys.weights.trimming import capped_raking, trim, trim_strictly

WEIGHTS = arrays.arrays(float, 40, elements=st.floats(0.5, 20))


@st.composite
def raked(draw: st.DrawFn) -> tuple[np.ndarray, list[Margin]]:
    """Base weights of 40 records, and two margins that some weights of these records meet."""
    base, other = draw(WEIGHTS), draw(WEIGHTS)
    margins = []
    for name, size in (("a", 2), ("b", 3)):
        drawn = draw(arrays.arrays(np.intp, 40 - size, elements=st.integers(0, size - 1)))
        category = np.concatenate([np.arange(size), drawn])  # nobody's category is empty
        known = np.bincount(category, weights=other, minlength=size)
        margins.append(Margin(name, tuple(map(str, range(size))), category, known))
    return base, margins


@given(raked())
@settings(max_examples=40, deadline=None)
def test_raking_meets_its_margins_with_a_product_of_factors(sample: tuple[np.ndarray, list[Margin]]) -> None:
    base, margins = sample
    made = raking_calibration(auxiliaries(margins), base, totals(margins))
    assert made.converged
    assert (made.factor_by_unit > 0).all()
    # log g = λ_a + λ_b: no interaction is left
    design = auxiliaries(margins)
    log = np.log(made.factor_by_unit)
    fitted = design @ np.linalg.lstsq(design, log, rcond=None)[0]
    np.testing.assert_allclose(fitted, log, atol=1e-8)


@given(raked(), st.floats(1e-3, 1e6))
@settings(max_examples=30, deadline=None)
def test_scale_of_base_weights_changes_no_raked_weight(
    sample: tuple[np.ndarray, list[Margin]], scale: float
) -> None:
    base, margins = sample
    x, known = auxiliaries(margins), totals(margins)
    once = factors_of_cells(base, x, known)
    again = factors_of_cells(base * scale, x, known)
    np.testing.assert_allclose(once.weight_by_unit, again.weight_by_unit, rtol=1e-8)


@given(raked())
@settings(max_examples=30, deadline=None)
def test_alternating_margins_and_newton_steps_find_the_same_weights(
    sample: tuple[np.ndarray, list[Margin]],
) -> None:
    base, margins = sample
    swept = rake(base, margins, tolerance=1e-13, most_sweeps=20_000)
    solved = raking_calibration(auxiliaries(margins), base, totals(margins))
    np.testing.assert_allclose(swept.weight_by_unit, solved.weight_by_unit, rtol=1e-6)


@given(raked(), st.sampled_from([linear_calibration, raking_calibration]))
@settings(max_examples=30, deadline=None)
def test_a_total_that_is_known_has_no_error(sample: tuple[np.ndarray, list[Margin]], method: object) -> None:
    """The residuals of the auxiliaries themselves are 0: every record, not only their sum."""
    base, margins = sample
    x = auxiliaries(margins)
    made: Calibration = method(x, base, totals(margins))  # type: ignore[operator]
    scores = linearised_totals(x, made.weight_by_unit, np.ones(x.shape, dtype=bool))
    residual = calibrated(scores, made).score_by_record
    assert np.abs(residual).max() <= 1e-8 * np.abs(scores.score_by_record).max()


@given(WEIGHTS, st.floats(1.05, 4))
@settings(max_examples=40, deadline=None)
def test_trimming_keeps_the_sum_and_the_limit(weight: np.ndarray, times: float) -> None:
    limit = times * weight.mean()
    np.testing.assert_allclose(trim(weight, high=limit).sum(), weight.sum(), rtol=1e-12)
    strict = trim_strictly(weight, high=limit)
    assert strict.max() <= limit
    np.testing.assert_allclose(strict.sum(), weight.sum(), rtol=1e-9)


@given(raked(), st.floats(1.2, 3))
@settings(max_examples=40, deadline=None)
def test_capped_raking_holds_limit_and_margins_wherever_it_says_so(
    sample: tuple[np.ndarray, list[Margin]], times: float
) -> None:
    base, margins = sample
    x, known = auxiliaries(margins), totals(margins)
    cap = times * margins[0].total / len(base)
    cells = np.arange(len(base))
    made = capped_raking(base, cells, x, known, cap)
    weight = made.base_weight_by_record * made.factor_by_cell
    assert weight.max() <= cap * (1 + 1e-12)
    if (np.abs(made.missed_by_auxiliary) <= 1e-9).all():
        np.testing.assert_allclose(x.T @ weight, known, rtol=1e-9)
    else:
        # Only where a category's people do not fit under the limit, alone or together with others.
        free = raking_calibration(x, base, known).weight_by_unit
        assert free.max() > cap


def test_a_limit_that_does_not_bite_changes_nothing() -> None:
    base = np.array([1.0, 2.0, 3.0, 4.0])
    margin = Margin("a", ("0", "1"), np.array([0, 0, 1, 1]), np.array([10.0, 20.0]))
    x = auxiliaries([margin])
    made = capped_raking(base, np.arange(4), x, margin.total_by_category, 1e3)
    weight = made.base_weight_by_record * made.factor_by_cell
    np.testing.assert_allclose(weight, [10 / 3, 20 / 3, 60 / 7, 80 / 7], rtol=1e-12)


def test_bounds_hold() -> None:
    rng = np.random.default_rng(3)
    x = np.column_stack([np.ones(200), rng.normal(50, 10, 200)])
    base = rng.uniform(1, 5, 200)
    known = x.T @ base * np.array([1.0, 1.05])
    for method in (bounded_linear_calibration, logit_calibration):
        made = method(x, base, known, (0.5, 1.8))
        assert made.converged
        assert 0.5 - 1e-12 <= made.factor_by_unit.min() < made.factor_by_unit.max() <= 1.8 + 1e-12


def test_working_variance_makes_a_ratio_estimator() -> None:
    """With one auxiliary and a variance proportional to it, g = T/Σdx for all (Särndal et al. 1992, 6.4)."""
    x = np.array([[1.0], [4.0], [2.0]])
    made = linear_calibration(x, np.ones(3), np.array([21.0]), working_variance_by_unit=x[:, 0])
    np.testing.assert_allclose(made.factor_by_unit, 3.0, rtol=1e-12)
    scores = linearised_totals(
        np.array([[1.0], [5.0], [4.0]]), made.weight_by_unit, np.ones((3, 1), dtype=bool)
    )
    # β = Σy/Σx = 10/7, so E = 3·(y − 10/7·x); without the variance β would be Σxy/Σx² = 29/21
    residual = calibrated(scores, made).score_by_record[:, 0]
    np.testing.assert_allclose(residual, 3 * (np.array([1, 5, 4]) - 10 / 7 * x[:, 0]), rtol=1e-12)


def test_negative_weights_are_a_problem() -> None:
    x = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 10.0]])
    made = linear_calibration(x, np.ones(3), np.array([3.0, 30.0]))
    assert made.converged
    problem = made.problems(("people", "rooms"))[0]
    assert (problem.code, problem.count) == ("negative_weights", 1)
    assert float(problem.detail["smallest"]) < 0


@pytest.mark.parametrize("known", [[10.0, 20.0, 12.0, 19.0], [10.0, 20.0, 31.0, -1.0]])
def test_totals_that_cannot_be_met_are_a_problem_not_a_weight(known: list[float]) -> None:
    """Margins that contradict each other, and a total that no positive weights have."""
    x = np.array([[1.0, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 0], [0, 1, 0, 1]])
    made = raking_calibration(x, np.ones(4), np.array(known))
    assert not made.converged
    assert np.isfinite(made.weight_by_unit).all()
    problem = made.problems(("a0", "a1", "b0", "b1"))[0]
    assert problem.code == "calibration_not_converged"
    assert problem.detail["margin"].startswith(("a", "b"))


@pytest.mark.parametrize(("missed", "is_problem"), [(1e-7, True), (-1e-7, True), (1e-11, False)])
def test_a_total_missed_by_a_ten_millionth_is_a_problem(missed: float, is_problem: bool) -> None:
    """Of a population of ten million that is one person; rounding misses by far less."""
    x = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    factor = np.array([2.0, 3.0, 4.0]) * np.array([1, 1, 1 + missed])
    made = Calibration(x, np.ones(3), np.array([5.0, 4.0]), factor, 1)
    assert made.converged is not is_problem
    assert [problem.detail["margin"] for problem in made.problems(("a", "b"))] == ["b"] * is_problem


def test_cell_that_a_replicate_lost_leaves_the_others_on_their_margins() -> None:
    x = np.array([[1.0, 0, 1, 0], [1, 0, 0, 1], [0, 1, 1, 0], [0, 1, 0, 1]])
    known = np.array([10.0, 20.0, 12.0, 18.0])
    made = factors_of_cells(np.array([3.0, 1.0, 2.0, 0.0]), x, known)
    assert not made.converged  # 18 of b1 must come from a0 alone, which has 10
    made = factors_of_cells(np.array([3.0, 1.0, 2.0, 0.0]), x, np.array([20.0, 10.0, 15.0, 15.0]))
    assert made.converged
    np.testing.assert_allclose(made.weight_by_unit, [5, 15, 10, 0], atol=1e-9)


@given(WEIGHTS)
@settings(max_examples=30, deadline=None)
def test_kish_effect_is_at_least_one_and_one_for_equal_weights(weight: np.ndarray) -> None:
    found = weight_summary(weight)
    assert found.kish_effect >= 1 - 1e-12
    np.testing.assert_allclose(found.effective_n, weight.sum() ** 2 / (weight**2).sum(), rtol=1e-12)
    assert weight_summary(np.full(7, weight[0])).kish_effect == pytest.approx(1, abs=1e-12)


def test_summary_of_huge_weights_is_finite() -> None:
    found = weight_summary(np.array([1.0, 1.0, 1e200]))
    assert found.effective_n == pytest.approx(1)
    assert found.largest_ratio == pytest.approx(3)

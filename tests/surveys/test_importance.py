"""Shapley shares of R²: published numbers, brute force over orders, laws, and the cover of their limits."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.design import Design
from surveys.records.importance import MOST_PREDICTORS, explained_shares, shapley_shares
from surveys.replicates.making import jackknife_replicates, rao_wu_replicates
from surveys.sample import FloatArray

SWISS = np.array(
    [
        [1, 0.35307918, -0.6458827, -0.66378886, 0.4636847, 0.41655603],
        [0.35307918, 1, -0.6865422, -0.63952252, 0.4010951, -0.06085861],
        [-0.6458827, -0.6865422, 1, 0.69841530, -0.5727418, -0.11402160],
        [-0.66378886, -0.63952252, 0.69841530, 1, -0.1538589, -0.09932185],
        [0.4636847, 0.4010951, -0.5727418, -0.1538589, 1, 0.17549591],
        [0.41655603, -0.06085861, -0.11402160, -0.09932185, 0.17549591, 1],
    ]
)
"""Correlations of the 47 Swiss provinces of 1888 (fertility first), as R prints them."""


def data(seed: int, predictors: int, n: int = 60) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Correlated predictors, an outcome, unequal weights."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, predictors)) @ rng.normal(size=(predictors, predictors))
    y = x @ rng.normal(size=predictors) + rng.normal(size=n) * 2
    return x, y, rng.uniform(0.5, 3, n)


def r_squared(x: FloatArray, y: FloatArray, weight: FloatArray) -> float:
    """Weighted least squares by lstsq."""
    root = np.sqrt(weight)
    design = np.column_stack([np.ones(len(y)), x])
    fit = np.linalg.lstsq(design * root[:, None], y * root, rcond=None)[0]
    mean = np.average(y, weights=weight)
    return 1 - float(weight @ (y - design @ fit) ** 2 / (weight @ (y - mean) ** 2))


def one_unit_each(n: int) -> Design:
    return Design(("h",), np.zeros(n, dtype=np.intp), np.array([np.inf]))


def shares(x: FloatArray, y: FloatArray, weight: FloatArray) -> FloatArray:
    units = np.arange(len(y))
    replicates = rao_wu_replicates(one_unit_each(len(y)), 20, seed=1)
    return explained_shares(x, y, weight, replicates, units, len(y) - 1.0).share_by_predictor


def test_shares_equal_those_of_relaimpo_on_the_swiss_data() -> None:
    """R relaimpo, `calc.relimp(lm(Fertility ~ ., swiss), type = "lmg")`; to the digits of SWISS."""
    outcome_last = [1, 2, 3, 4, 5, 0]
    found = shapley_shares(SWISS[np.ix_(outcome_last, outcome_last)])
    expected = [0.0570912208, 0.1711730289, 0.2601346786, 0.1055701504, 0.1127659229]
    np.testing.assert_allclose(found, expected, rtol=2e-7)
    assert found.sum() == pytest.approx(0.706735001593, rel=1e-7)


@pytest.mark.parametrize("predictors", [1, 2, 3, 5])
def test_shares_equal_the_mean_gain_over_all_orders(predictors: int) -> None:
    """Oracle: every order of entry, each R² by weighted least squares."""
    x, y, weight = data(predictors, predictors)
    gains = np.zeros(predictors)
    orders = list(permutations(range(predictors)))
    for order in orders:
        before = 0.0
        for at, predictor in enumerate(order):
            now = r_squared(x[:, order[: at + 1]], y, weight)
            gains[predictor] += (now - before) / len(orders)
            before = now
    np.testing.assert_allclose(shares(x, y, weight), gains, rtol=1e-9, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), predictors=st.integers(1, 7))
def test_shares_add_up_to_r_squared_and_none_is_negative(seed: int, predictors: int) -> None:
    x, y, weight = data(seed, predictors)
    found = shares(x, y, weight)
    assert found.sum() == pytest.approx(r_squared(x, y, weight), abs=1e-9)
    assert (found > -1e-12).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.floats(0.01, 1000), shift=st.floats(-1000, 1000))
def test_units_of_a_predictor_do_not_matter_and_order_is_only_order(
    seed: int, factor: float, shift: float
) -> None:
    x, y, weight = data(seed, 4)
    turned = (x * factor + shift)[:, ::-1]
    np.testing.assert_allclose(shares(turned, y, weight)[::-1], shares(x, y, weight), atol=1e-7)


def test_a_copy_halves_a_share_and_a_constant_has_none() -> None:
    """Two copies are symmetric; least squares gives the sets with both the same R²."""
    x, y, weight = data(3, 2)
    one = shares(x[:, :1], y, weight)[0]
    twice = shares(np.column_stack([x[:, 0], x[:, 0], np.ones(len(y))]), y, weight)
    np.testing.assert_allclose(twice, [one / 2, one / 2, 0.0], atol=1e-9)


def test_an_outcome_that_does_not_vary_has_no_shares() -> None:
    x, y, weight = data(4, 2)
    units = np.arange(len(y))
    replicates = rao_wu_replicates(one_unit_each(len(y)), 10, seed=1)
    found = explained_shares(x, np.full_like(y, 100.0), weight, replicates, units, 59.0)
    assert np.isnan(found.relative).all()


def test_too_many_predictors_are_refused() -> None:
    x, y, weight = data(5, MOST_PREDICTORS + 1)
    replicates = rao_wu_replicates(one_unit_each(len(y)), 10, seed=1)
    with pytest.raises(ValueError, match="13 predictors; at most 12"):
        explained_shares(x, y, weight, replicates, np.arange(len(y)), 59.0)


def test_bootstrap_and_jackknife_agree_on_the_error() -> None:
    """Two ways of replication; 2,000 bootstrap samples know a standard error to about 2 %."""
    x, y, weight = data(6, 3, n=200)
    units = np.arange(200) // 4
    design = Design(("h",), np.zeros(50, dtype=np.intp), np.array([np.inf]))
    errors = [
        np.sqrt(np.diag(explained_shares(x, y, weight, replicates, units, 49.0).covariance))
        for replicates in (rao_wu_replicates(design, 2000, seed=1), jackknife_replicates(design))
    ]
    np.testing.assert_allclose(errors[0], errors[1], rtol=0.15)


def test_limits_cover_the_population_s_importance() -> None:
    """72 sampling units in 18 strata, intraclass correlation .1, 200 samples: at least .93 of 600 limits.

    The population's shares follow from the model: predictors with correlation .5, slopes 3, 2, 1.
    """
    rng = np.random.default_rng(20220815)
    within = np.full((3, 3), 0.5) + np.diag([0.5] * 3)
    slope = np.array([3.0, 2.0, 1.0])
    of_outcome = within @ slope
    variance = slope @ within @ slope + 9.0
    true = shapley_shares(np.block([[within, of_outcome[:, None]], [of_outcome, variance]]))
    design = Design(tuple("abcdefghijklmnopqr"), np.repeat(np.arange(18), 4), np.full(18, np.inf))
    unit = np.repeat(np.arange(72), 12)
    root = np.linalg.cholesky(within)
    covered = 0
    for trial in range(200):
        x = (
            np.sqrt(0.1) * rng.normal(size=(72, 3))[unit] + np.sqrt(0.9) * rng.normal(size=(864, 3))
        ) @ root.T
        noise = np.sqrt(0.1) * rng.normal(size=72)[unit] + np.sqrt(0.9) * rng.normal(size=864)
        replicates = rao_wu_replicates(design, 100, seed=trial)
        found = explained_shares(x, x @ slope + 3 * noise, np.ones(864), replicates, unit, 54.0)
        covered += int(((found.low <= true / true.sum()) & (true / true.sum() <= found.high)).sum())
    assert covered >= 0.93 * 600


def test_errors_are_deviations_of_the_replicates_from_the_estimate() -> None:
    """By hand, each bootstrap sample as weights of its own: the bias of small shares belongs to the error."""
    x, y, weight = data(8, 3, 40)
    units = np.arange(len(y))
    replicates = rao_wu_replicates(one_unit_each(len(y)), 60, seed=4)
    found = explained_shares(x, y, weight, replicates, units, 39.0)
    again = np.array([shares(x, y, weight * factor) for factor in replicates.factor_by_unit.T])
    again /= again.sum(axis=1, keepdims=True)
    away = again - found.relative
    expected = (away.T * replicates.scale_by_replicate) @ away
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-8, atol=1e-12)

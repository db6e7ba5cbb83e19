"""Step-down max-t and false-discovery rates: hand examples, closed forms under independence, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import special

from surveys.compare.multiplicity import DRAWS, benjamini_hochberg, step_down_max_t

MONTE_CARLO = 4 * np.sqrt(0.25 / DRAWS)
"""Four standard errors of a share of the draws, at its largest."""

p_values = st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=40).map(np.array)


def raw_p(statistic: np.ndarray) -> np.ndarray:
    return 2 * special.ndtr(-np.abs(statistic))


def holm(p: np.ndarray) -> np.ndarray:
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)).clip(max=1)
    result = np.empty_like(p)
    result[order] = stepped
    return result


def test_benjamini_hochberg_of_the_example_in_their_paper() -> None:
    """Benjamini & Hochberg (1995, section 4): 15 p-values, of which the procedure rejects four at .05."""
    p = np.array([.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528,
                  .7590, 1.0])  # fmt: skip
    q = benjamini_hochberg(p)
    assert (q <= 0.05).sum() == 4
    np.testing.assert_allclose(q[:5], [0.0015, 0.003, 0.0095, 0.035625, 0.0603], rtol=1e-12)


@given(p_values)
@example(np.array([0.5, 0.5, 0.9242914947654739]))  # p · 3/3 < p in floating point
def test_q_is_never_below_p_nor_above_one_and_keeps_its_order(p: np.ndarray) -> None:
    q = benjamini_hochberg(p)
    assert (q >= p).all() and (q <= 1).all()
    order = np.argsort(p, kind="stable")
    assert (np.diff(q[order]) >= 0).all()
    assert q.max() == pytest.approx(p.max())


@given(p_values, st.randoms(use_true_random=False))
def test_q_does_not_depend_on_the_order_of_the_list(p: np.ndarray, random: object) -> None:
    order = np.array(sorted(range(len(p)), key=lambda _: random.random()))  # type: ignore[attr-defined]
    np.testing.assert_array_equal(benjamini_hochberg(p)[order], benjamini_hochberg(p[order]))


def test_independent_statistics_have_the_closed_form_of_sidak() -> None:
    """Step k: 1 − (1 − p)^(m − k + 1), made monotone."""
    statistic = np.array([2.1, -3.2, 0.4, 2.9, 1.7])
    p = np.sort(raw_p(statistic))
    expected = np.maximum.accumulate(1 - (1 - p) ** np.arange(5, 0, -1))
    adjusted = step_down_max_t(statistic, [np.eye(1)] * 5)
    np.testing.assert_allclose(np.sort(adjusted), expected, atol=MONTE_CARLO)
    assert np.argsort(adjusted)[0] == 1


def test_one_statistic_many_times_is_not_adjusted() -> None:
    statistic = np.full(6, 2.2)
    adjusted = step_down_max_t(statistic, [np.ones((6, 6))])
    np.testing.assert_allclose(adjusted, raw_p(statistic), atol=MONTE_CARLO)


@settings(max_examples=15, deadline=None, derandomize=True)  # draws are compared with closed bounds
@given(st.integers(0, 10_000), st.integers(2, 8))
def test_step_down_is_between_the_raw_p_and_holm_and_never_above_single_step(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((size, size)) + rng.uniform(0, 3) * rng.standard_normal((size, 1))
    length = np.sqrt((root**2).sum(axis=1))
    correlation = (root @ root.T) / np.outer(length, length)
    statistic = rng.normal(0, 2, size)
    adjusted = step_down_max_t(statistic, [correlation])
    p = raw_p(statistic)
    assert (adjusted >= p - MONTE_CARLO).all()
    assert (adjusted <= holm(p) + MONTE_CARLO).all()
    draws = np.abs(rng.standard_normal((20_000, size)) @ (root / length[:, None]).T).max(axis=1)
    single_step = (draws[:, None] >= np.abs(statistic)).mean(axis=0)
    assert (adjusted <= single_step + 2 * MONTE_CARLO).all()


def test_any_false_discovery_has_the_level_when_nothing_changed() -> None:
    """Two correlated measures in ten areas, 600 surveys: some p_adjusted ≤ .05 in 5 % of them."""
    correlation = np.array([[1.0, 0.7], [0.7, 1.0]])
    rng = np.random.default_rng(1)
    z = rng.standard_normal((600, 10, 2)) @ np.linalg.cholesky(correlation).T
    blocks = [correlation] * 10
    found = [step_down_max_t(each.ravel(), blocks, draws=2_000).min() <= 0.05 for each in z]
    assert np.mean(found) == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 600))


def test_the_same_data_give_the_same_bytes_and_no_p_is_zero() -> None:
    statistic = np.array([9.0, 1.0, 0.0])
    first = step_down_max_t(statistic, [np.eye(3)])
    assert first.tobytes() == step_down_max_t(statistic, [np.eye(3)]).tobytes()
    assert first[0] == 1 / (1 + DRAWS)
    assert first[2] == 1.0


def test_an_empty_list_is_an_empty_list() -> None:
    assert len(step_down_max_t(np.empty(0), [])) == 0
    assert len(benjamini_hochberg(np.empty(0))) == 0

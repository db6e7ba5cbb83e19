"""Verdicts, the probability of being below the mark, and the sample that would settle it (M6)."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from surveys.verdict import (
    Verdict,
    n_to_settle,
    probability_mean_below,
    probability_share_below,
    verdict_of,
    verdicts_of,
)


def settle(p: float, t: float, deff: float = 1.5, population: float = np.inf) -> float:
    deviations = np.sqrt(t * (1 - t)), np.sqrt(p * (1 - p))
    return float(n_to_settle(*(np.array(x) for x in (p, t, *deviations, deff, population))))


def test_limits_decide() -> None:
    assert verdict_of(0.90, 0.95, 0.90) is Verdict.PASS
    assert verdict_of(0.80, 0.90, 0.90) is Verdict.UNDETERMINED  # the mark itself is not excluded
    assert verdict_of(0.80, 0.89, 0.90) is Verdict.FAIL
    assert verdict_of(np.nan, np.nan, 0.90) is Verdict.UNDETERMINED
    low, high = np.array([0.9, 0.8, 0.8, np.nan]), np.array([0.95, 0.9, 0.89, np.nan])
    each = [verdict_of(a, b, 0.9) for a, b in zip(low, high, strict=True)]
    assert verdicts_of(low, high, np.full(4, 0.9)).tolist() == each


@given(low=st.floats(0, 1), width=st.floats(0, 1), more=st.floats(0, 1), target=st.floats(0, 1))
def test_a_wider_interval_never_turns_undetermined_into_pass_or_fail(
    low: float, width: float, more: float, target: float
) -> None:
    narrow = verdict_of(low, low + width, target)
    wide = verdict_of(low - more, low + width + more, target)
    assert wide is narrow or wide is Verdict.UNDETERMINED


def test_interviews_that_settle_88_against_90() -> None:
    """docs/methods.md, M6: about 2,780 with a design effect of 1.5."""
    assert abs(settle(0.88, 0.90) - 2780) < 5
    assert settle(0.90, 0.90) == np.inf
    assert settle(0.88, 0.90, population=10_000) < settle(0.88, 0.90)
    assert settle(0.50, 0.90) < settle(0.80, 0.90) < settle(0.89, 0.90)


def test_probability_of_a_share_below_the_mark_is_the_jeffreys_posterior() -> None:
    p, n, t = np.array([0.0, 0.7, 1.0]), np.array([10.0, 50.0, 10.0]), np.array(0.8)
    expected = stats.beta.cdf(0.8, p * n + 0.5, n - p * n + 0.5)
    np.testing.assert_allclose(probability_share_below(p, n, t), expected)


def test_probability_of_a_mean_below_the_mark() -> None:
    below = probability_mean_below(
        np.array([70.0, 70.0, 70.0]), np.array([2.0, 0.0, np.nan]), np.array([9.0, 9.0, 9.0]), np.array(72.0)
    )
    np.testing.assert_allclose(below[0], stats.t.cdf(1.0, 9))
    assert np.isnan(below[1:]).all()

"""Forms of scoring one on-site check (M12): pure functions of arrays, one score in [0, 1] for each check.

Each docstring says what the cells `found`, `required` and `passed` mean for its form. A check that requires
nothing (`required` = 0) is of something that does not exist there: its score is NaN, and it leaves both what
was earned and what was possible.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from indicators.framework import Indicator, Scoring, Step
from indicators.value_function import step_score
from surveys.sample import FloatArray


def quota_score(found: FloatArray, required: FloatArray, steps: tuple[Step, ...] = ()) -> FloatArray:
    """定额缺扣: `found` items of a quota of `required`; each missing one costs, a surplus earns nothing.

    With a step scale the score is that of the number missing; without, each missing item costs 1/required.

    Examples
    --------
    Quota of 4: all there, one surplus, one missing, none there.

    >>> quota_score(np.array([4.0, 5.0, 3.0, 0.0]), np.full(4, 4.0)).tolist()
    [1.0, 1.0, 0.75, 0.0]
    >>> severe = (Step(1.0, start=0), Step(0.5, start=1), Step(0.0, start=2))
    >>> quota_score(np.array([4.0, 3.0, 2.0]), np.full(3, 4.0), severe).tolist()
    [1.0, 0.5, 0.0]
    """
    missing = np.maximum(required - found, 0.0)
    if steps:
        return np.where(required > 0, step_score(missing, steps), np.nan)
    return 1.0 - _ratio(missing, required)


def ratio_score(found: FloatArray, required: FloatArray) -> FloatArray:
    """比例: `found` in order among `required` that were looked at.

    Examples
    --------
    >>> ratio_score(np.array([18.0, 0.0]), np.array([20.0, 0.0])).tolist()
    [0.9, nan]
    """
    return _ratio(found, required)


def threshold_score(found: FloatArray, required: FloatArray, low: float, high: float) -> FloatArray:
    """阈值: the rate found/required scores full from `high` on and rises from 0 at `low`.

    ``low == high`` is all or nothing.

    Examples
    --------
    80 % against full from 90 % on and nothing up to 70 %: half.

    >>> threshold_score(np.array([80.0, 95.0]), np.array([100.0, 100.0]), 0.7, 0.9).round(2).tolist()
    [0.5, 1.0]
    >>> threshold_score(np.array([89.0, 90.0]), np.array([100.0, 100.0]), 0.9, 0.9).tolist()
    [0.0, 1.0]
    """
    rate = _ratio(found, required)
    if low >= high:
        return np.where(np.isnan(rate), np.nan, (rate >= high).astype(np.float64))
    return np.clip((rate - low) / (high - low), 0.0, 1.0)


def zero_tolerance_score(found: FloatArray) -> FloatArray:
    """零容忍: `found` faults; any fault is zero.

    Examples
    --------
    >>> zero_tolerance_score(np.array([0.0, 1.0, 7.0])).tolist()
    [1.0, 0.0, 0.0]
    """
    return (found <= 0).astype(np.float64)


def walk_score(found: FloatArray, required: FloatArray, low: float, high: float) -> FloatArray:
    """步行检查: `found` faults on a walk of `required` stretches (the standard says how long a stretch is).

    Faults per stretch score full up to `low` and nothing from `high` on.

    Examples
    --------
    5 faults on 2 stretches are 2.5 for each; full up to 1, nothing from 4 on: half.

    >>> walk_score(np.array([5.0, 2.0, 9.0]), np.array([2.0, 2.0, 2.0]), 1.0, 4.0).tolist()
    [0.5, 1.0, 0.0]
    """
    return np.clip((high - _ratio(found, required)) / (high - low), 0.0, 1.0)


def pass_score(passed: FloatArray) -> FloatArray:
    """达标率: `passed` as the observer judged it, 1 or 0 (NaN where blank); the others cells are not used.

    Examples
    --------
    >>> pass_score(np.array([1.0, 0.0])).tolist()
    [1.0, 0.0]
    """
    return passed


def check_score(
    leaf: Indicator,
    found: FloatArray,
    required: FloatArray,
    passed: FloatArray,
    steps: Mapping[str, tuple[Step, ...]],
) -> FloatArray:
    """Score of checks of one leaf by its form; NaN where nothing is required. Shapes (checks,)."""
    match leaf.scoring:
        case Scoring.QUOTA:
            score = quota_score(found, required, steps[leaf.scale] if leaf.scale else ())
        case Scoring.RATIO:
            score = ratio_score(found, required)
        case Scoring.THRESHOLD:
            score = threshold_score(found, required, leaf.low, leaf.high)
        case Scoring.ZERO_TOLERANCE:
            score = zero_tolerance_score(found)
        case Scoring.WALK:
            score = walk_score(found, required, leaf.low, leaf.high)
        case Scoring.PASS_SHARE:
            score = pass_score(passed)
        case _:
            raise ValueError(f"{leaf.scoring} of {leaf.code} is no form of observation")
    return np.where(required == 0, np.nan, score)


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), np.nan)

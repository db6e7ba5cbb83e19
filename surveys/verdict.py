"""Verdicts against a mark (M6)."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy import special

from surveys.sample import FloatArray


class Verdict(StrEnum):
    """达标 / 未达标 / 无法判定 / 未测. Withheld estimates are UNDETERMINED with the flag 样本不足."""

    PASS = "pass"
    FAIL = "fail"
    UNDETERMINED = "undetermined"
    NOT_MEASURED = "not_measured"


def verdict_of(low: float, high: float, target: float) -> Verdict:
    """Verdict of one estimate from its 95 % limits.

    Parameters
    ----------
    low, high
        Limits on the target's scale; NaN where withheld.

    Examples
    --------
    >>> verdict_of(0.91, 0.95, 0.9), verdict_of(0.85, 0.89, 0.9), verdict_of(0.85, 0.95, 0.9)
    (<Verdict.PASS: 'pass'>, <Verdict.FAIL: 'fail'>, <Verdict.UNDETERMINED: 'undetermined'>)
    """
    if low >= target:
        return Verdict.PASS
    return Verdict.FAIL if high < target else Verdict.UNDETERMINED


def verdicts_of(low: FloatArray, high: FloatArray, target: FloatArray) -> npt.NDArray[np.object_]:
    """`verdict_of` for arrays that broadcast; a NaN limit is UNDETERMINED."""
    chosen = np.select([low >= target, high < target], [Verdict.PASS, Verdict.FAIL], Verdict.UNDETERMINED)
    return chosen.astype(object)


def probability_share_below(share: FloatArray, binomial_n: FloatArray, target: FloatArray) -> FloatArray:
    """P(true share < t) = I_t(x + ½, N − x + ½), x = p·N, N of M3; arrays that broadcast.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(probability_share_below(np.array(0.9), np.array(100.0), np.array(0.9))), 2)
    0.52
    """
    x = share * binomial_n
    below = special.betainc(x + 0.5, np.maximum(binomial_n - x, 0.0) + 0.5, np.clip(target, 0.0, 1.0))
    return np.asarray(below, dtype=np.float64)


def probability_mean_below(
    value: FloatArray, standard_error: FloatArray, degrees_of_freedom: FloatArray, target: FloatArray
) -> FloatArray:
    """P(true mean < t) from Student's t; NaN without an error or a degree of freedom."""
    usable = (standard_error > 0) & (degrees_of_freedom >= 1)
    z = (target - value) / np.where(usable, standard_error, 1.0)
    t = special.stdtr(np.where(usable, degrees_of_freedom, 1.0), z)
    return np.where(usable, t, np.nan)


def n_to_settle(
    value: FloatArray,
    target: FloatArray,
    target_deviation: FloatArray,
    deviation: FloatArray,
    design_effect: FloatArray,
    population: FloatArray,
) -> FloatArray:
    """Interviews that would settle the verdict with 80 % power if the estimate were the truth.

    n = deff·[1.96·s_t + 0.84·s]²/(p − t)², then n/(1 + n/population); infinite where p = t.

    Parameters
    ----------
    target_deviation, deviation
        Standard deviation of one answer at the target and at the estimate: √(t(1 − t)) and √(p(1 − p)).
    design_effect
        n/n_e: adding PSUs at the same take leaves it as it is.
    population
        Infinity where it is not known.

    Examples
    --------
    >>> import numpy as np
    >>> p, t = np.array(0.88), np.array(0.90)
    >>> need = n_to_settle(p, t, np.sqrt(t * (1 - t)), np.sqrt(p * (1 - p)), np.array(1.5), np.array(np.inf))
    >>> round(float(need), -1)
    2780.0
    """
    gap = np.abs(value - target)
    z, power = special.ndtri(0.975), special.ndtri(0.8)
    effort = design_effect * (z * target_deviation + power * deviation) ** 2
    settled = gap > 0
    need = effort / np.where(settled, gap, 1.0) ** 2
    return np.where(settled, need / (1 + need / population), np.inf)

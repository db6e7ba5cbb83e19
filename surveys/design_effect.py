"""Design effects of means and totals: the design variance against that of a simple random sample (M2)."""

from __future__ import annotations

import numpy as np

from surveys.sample import FloatArray
from surveys.variance import BoolArray


def element_spread(values: FloatArray, weight: FloatArray, member: BoolArray) -> FloatArray:
    """S² = n/(n − 1) · Σw (y − ȳ)²/Σw over the members, shape (estimates,); NaN below two members.

    Parameters
    ----------
    values, member
        Shape (records, estimates).
    weight
        Shape (records,).
    """
    weight_by_record = weight[:, None] * member
    base = weight_by_record.sum(axis=0)
    safe = np.where(base == 0, 1.0, base)
    mean = (weight_by_record * values).sum(axis=0) / safe
    n = member.sum(axis=0)
    spread = (weight_by_record * (values - mean) ** 2).sum(axis=0) / safe
    return np.asarray(np.where(n > 1, n / np.maximum(n - 1, 1), np.nan) * spread, dtype=np.float64)


def deff_with_replacement(variance: FloatArray, spread: FloatArray, n: FloatArray) -> FloatArray:
    """V/(S²/n): against simple random sampling with replacement, R's ``deff="replace"``.

    Parameters
    ----------
    variance
        Design variance of a mean (of a total: divided by (Σw)²).
    spread
        S² of `element_spread`.
    n
        Respondents in the domain.

    Returns
    -------
    NaN where all answers are alike.
    """
    simple = spread / np.maximum(n, 1)
    usable = np.isfinite(simple) & (simple > 0)
    return np.asarray(np.where(usable, variance / np.where(usable, simple, 1.0), np.nan), dtype=np.float64)


def deff_without_replacement(
    variance: FloatArray, spread: FloatArray, n: FloatArray, weight_total: FloatArray
) -> FloatArray:
    """V/(S² (N − n)/(N n)) with N = Σw: against sampling without replacement, R's ``deff=TRUE``.

    Returns
    -------
    NaN where all answers are alike or the weights do not add up to more than n.
    """
    share = 1.0 - n / np.where(weight_total > n, weight_total, np.nan)
    return deff_with_replacement(variance, spread, n) / share

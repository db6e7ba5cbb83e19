"""Intervals of a share from its own estimated variance, as R's ``svyciprop`` makes them (M3, for comparison).

Our default is M3's rule (`surveys.limits`). These serve to compare with other software. Where the variance
says nothing (all answers alike, no degree of freedom), R gives NaN, an error or an interval of no width;
here the answer is Clopper & Pearson's on a stated size, finite and never of zero width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special
from scipy.optimize import elementwise

from surveys.interval import clopper_pearson_interval, student_interval
from surveys.sample import FloatArray
from surveys.variance import BoolArray

_ROUNDING = 1e-12
"""Shares this near to 0 or 1, and standard errors this small, are what rounding leaves of equal answers."""

Interval = tuple[FloatArray, FloatArray]


@dataclass(frozen=True)
class EstimatedShare:
    """Shares with their design-based error; arrays that broadcast to one shape.

    Parameters
    ----------
    share
        In [0, 1].
    standard_error
        Of the share; 0 or NaN where it cannot be estimated.
    degrees_of_freedom
        Sampling units less strata of the domain.
    binomial_n
        Size of the binomial limits that stand in where the error is not usable: N of M3, or respondents.
    """

    share: FloatArray
    standard_error: FloatArray
    degrees_of_freedom: FloatArray
    binomial_n: FloatArray

    @property
    def is_usable(self) -> BoolArray:
        """Whether the estimated error says anything about this share."""
        inside = (self.share > _ROUNDING) & (self.share < 1 - _ROUNDING)
        error = np.nan_to_num(self.standard_error) > _ROUNDING
        return np.asarray(inside & error & (self.degrees_of_freedom >= 1), dtype=np.bool_)


def estimated_share(
    share: npt.ArrayLike,
    standard_error: npt.ArrayLike,
    degrees_of_freedom: npt.ArrayLike,
    binomial_n: npt.ArrayLike,
) -> EstimatedShare:
    """`EstimatedShare` of numbers or arrays, brought to one shape."""
    parts = (share, standard_error, degrees_of_freedom, binomial_n)
    return EstimatedShare(*np.broadcast_arrays(*(np.asarray(part, dtype=np.float64) for part in parts)))


def mean_interval(estimate: EstimatedShare, level: float = 0.95) -> Interval:
    """P ± t·SE, cut to [0, 1] (R's ``mean``, which may leave it)."""
    low, high = student_interval(
        estimate.share, estimate.standard_error, np.maximum(estimate.degrees_of_freedom, 1.0), level
    )
    return _where_usable(estimate, np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0), level)


def logit_interval(estimate: EstimatedShare, level: float = 0.95) -> Interval:
    """Limits of logit p ± t·SE/(p(1 − p)), transformed back (R's ``xlogit`` and ``logit``).

    Notes
    -----
    R's ``logit`` fits a logistic regression of the intercept alone. Its sandwich variance is this one;
    its estimate stops at a relative change of 1e-8 of the deviance.
    """
    p = _inner(estimate)
    half = _quantile(estimate, level) * estimate.standard_error / (p * (1 - p))
    centre = special.logit(p)
    return _where_usable(estimate, special.expit(centre - half), special.expit(centre + half), level)


def arcsine_interval(estimate: EstimatedShare, level: float = 0.95) -> Interval:
    """Limits of asin √p ± t·SE/(2√(p(1 − p))), cut to [0, π/2] and transformed back (R's ``asin``).

    Notes
    -----
    R does not cut: an angle beyond π/2 comes back as a smaller share, even below p itself.
    """
    low, high = arcsine_angles(estimate, level)
    low, high = np.clip(low, 0.0, np.pi / 2), np.clip(high, 0.0, np.pi / 2)
    return _where_usable(estimate, np.sin(low) ** 2, np.sin(high) ** 2, level)


def arcsine_angles(estimate: EstimatedShare, level: float = 0.95) -> Interval:
    """Limits on the scale of asin √p, not cut; NaN where the error is not usable."""
    p = _inner(estimate)
    angle = np.arcsin(np.sqrt(p))
    half = _quantile(estimate, level) * estimate.standard_error / (2 * np.sqrt(p * (1 - p)))
    usable = estimate.is_usable
    return np.where(usable, angle - half, np.nan), np.where(usable, angle + half, np.nan)


def korn_graubard_interval(estimate: EstimatedShare, records: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Clopper–Pearson limits on n_e = p(1 − p)/V·(t_(n−1)/t_df)², not capped (R's ``beta``).

    Parameters
    ----------
    records
        n of t_(n−1): records of the domain, answered or not, as R counts the rows of its design.

    Notes
    -----
    Korn & Graubard (1998).
    """
    size = korn_graubard_size(estimate, records, level)
    low, high = clopper_pearson_interval(_inner(estimate), np.where(size > 0, size, 1.0), level)
    return _where_usable(estimate, low, high, level)


def nchs_interval(estimate: EstimatedShare, n: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Korn & Graubard's limits with the effective size capped at n (NCHS, Series 2, No. 175, 2017).

    Parameters
    ----------
    n
        Respondents.
    """
    size = np.minimum(korn_graubard_size(estimate, n, level), np.asarray(n, dtype=np.float64))
    low, high = clopper_pearson_interval(_inner(estimate), np.where(size > 0, size, 1.0), level)
    return _where_usable(estimate, low, high, level)


def korn_graubard_size(estimate: EstimatedShare, records: npt.ArrayLike, level: float = 0.95) -> FloatArray:
    """Effective size of Korn & Graubard (1998) for the degrees of freedom; 0 without a usable error."""
    p, tail = _inner(estimate), 0.5 + level / 2
    error = np.where(estimate.is_usable, estimate.standard_error, 1.0)
    of_records = special.stdtrit(np.maximum(np.asarray(records, dtype=np.float64) - 1, 1.0), tail)
    size = p * (1 - p) / error**2 * (of_records / _quantile(estimate, level)) ** 2
    return np.where(estimate.is_usable, size, 0.0)


def likelihood_interval(
    estimate: EstimatedShare, dispersion: npt.ArrayLike = 1.0, level: float = 0.95
) -> Interval:
    """Shares whose binomial deviance, scaled to the design's variance, is below t² (R's ``likelihood``).

    Parameters
    ----------
    dispersion
        Dispersion φ of the Pearson residuals; 1 unless said. R takes n/(n − 1), times the mean weight of
        those who answered over that of all records.

    Notes
    -----
    2·KL(p, q)·p(1 − p)/V = t²·φ has one root on each side of p. R interpolates a profile of some ten
    points instead of solving it, hence differs in the fourth or fifth digit. Rao & Scott (1984).
    """
    p = _inner(estimate)
    quantile, error = _quantile(estimate, level), np.where(estimate.is_usable, estimate.standard_error, 1.0)
    threshold = quantile**2 * np.asarray(dispersion, dtype=np.float64) * error**2 / (p * (1 - p))
    centre = special.logit(p)
    # The divergence grows at least as min(p, 1 − p) for each unit of logit far from p: the roots lie inside.
    reach = (threshold / 2 + np.log(2)) / np.minimum(p, 1 - p) + 1

    def excess(logit: FloatArray, p: FloatArray, threshold: FloatArray) -> FloatArray:
        return np.asarray(2 * divergence(p, logit) - threshold, dtype=np.float64)

    roots = [
        elementwise.find_root(excess, sorted_ends, args=(p, threshold)).x
        for sorted_ends in ((centre - reach, centre), (centre, centre + reach))
    ]
    return _where_usable(estimate, special.expit(roots[0]), special.expit(roots[1]), level)


def divergence(share: FloatArray, logit: FloatArray) -> FloatArray:
    """Kullback–Leibler divergence of the share from the one with this logit; half the binomial deviance."""
    entropy = special.xlogy(share, share) + special.xlog1py(1 - share, -share)
    # log q and log(1 − q) straight from the logit keep their digits at both ends.
    crossed = share * special.log_expit(logit) + (1 - share) * special.log_expit(-logit)
    return np.asarray(np.maximum(entropy - crossed, 0.0), dtype=np.float64)


def _quantile(estimate: EstimatedShare, level: float) -> FloatArray:
    degrees = np.maximum(estimate.degrees_of_freedom, 1.0)
    return np.asarray(special.stdtrit(degrees, 0.5 + level / 2), dtype=np.float64)


def _inner(estimate: EstimatedShare) -> FloatArray:
    """The share where its error is usable; ½ elsewhere, so that no transform meets an infinity."""
    return np.where(estimate.is_usable, estimate.share, 0.5)


def _where_usable(estimate: EstimatedShare, low: FloatArray, high: FloatArray, level: float) -> Interval:
    share = np.where(estimate.share > 1 - _ROUNDING, 1.0, estimate.share)
    share = np.where(share < _ROUNDING, 0.0, share)
    binomial_low, binomial_high = clopper_pearson_interval(share, estimate.binomial_n, level)
    usable = estimate.is_usable
    return np.where(usable, low, binomial_low), np.where(usable, high, binomial_high)

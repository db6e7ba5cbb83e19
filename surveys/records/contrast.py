"""Contrasts: differences, ratios and log odds of estimates that share sampling units (M2, M7).

    means = mean_variance(values, weight, design, unit, members)    # a column for each domain
    ratio = ratio_contrast(means, above=1, below=0)
    ratio.value, ratio.standard_error

The covariance between the estimates is in all of them: domains that meet in the same communities are not
independent. Smooth functions by the delta method (Taylor linearisation; Woodruff 1971).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from surveys.interval import student_interval
from surveys.records.linear import Estimates
from surveys.sample import FloatArray


@dataclass(frozen=True)
class Contrasts:
    """Functions of estimates with their design covariance.

    Parameters
    ----------
    value
        Shape (contrasts,); NaN where one of its estimates is not measured or outside the function's domain.
    covariance
        Shape (contrasts, contrasts).
    """

    value: FloatArray
    covariance: FloatArray

    @cached_property
    def standard_error(self) -> FloatArray:
        """Square root of the variance, shape (contrasts,)."""
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    def interval(self, degrees_of_freedom: float, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Value ± t·SE; infinite degrees of freedom give normal limits, less than one NaN."""
        degrees = np.full(self.value.shape, degrees_of_freedom)
        return student_interval(self.value, self.standard_error, degrees, level)


def linear_contrasts(estimates: Estimates, coefficients: FloatArray) -> Contrasts:
    """Weighted sums of estimates, such as differences.

    Parameters
    ----------
    coefficients
        Shape (contrasts, estimates) or (estimates,). An estimate with coefficient 0 takes no part, even
        where it is not measured.

    Examples
    --------
    >>> import numpy as np
    >>> share, df = np.array([0.8, 0.9]), np.array([9.0, 9.0])
    >>> means = Estimates(share, np.array([0.01, 0.01]), 0.01 * np.eye(2), df)
    >>> difference = linear_contrasts(means, np.array([-1.0, 1.0]))
    >>> round(float(difference.value[0]), 3), round(float(difference.standard_error[0]), 3)
    (0.1, 0.141)
    """
    rows = np.atleast_2d(np.asarray(coefficients, dtype=np.float64))
    unknown = np.isnan(estimates.value) | np.isnan(estimates.variance)
    value = rows @ np.where(unknown, 0.0, estimates.value)
    covariance = np.where(np.outer(unknown, unknown) | unknown | unknown[:, None], 0.0, estimates.covariance)
    blank = ((rows != 0) & unknown).any(axis=1)
    result = rows @ covariance @ rows.T
    result[blank, :], result[:, blank] = np.nan, np.nan
    return Contrasts(np.where(blank, np.nan, value), result)


def difference_contrast(estimates: Estimates, *, of: int, less: int) -> Contrasts:
    """Estimate `of` less estimate `less` (indices)."""
    coefficients = np.zeros(len(estimates.value))
    coefficients[of] += 1
    coefficients[less] -= 1
    return linear_contrasts(estimates, coefficients)


def ratio_contrast(estimates: Estimates, *, above: int, below: int) -> Contrasts:
    """Estimate `above` over estimate `below` (indices); NaN where the lower one is 0."""
    top, bottom = estimates.value[above], estimates.value[below]
    if bottom == 0:
        return _undefined()
    gradient = np.zeros(len(estimates.value))
    gradient[above] += 1 / bottom
    gradient[below] -= top / bottom**2
    return _smooth(estimates, top / bottom, gradient)


def log_odds_contrast(estimates: Estimates, *, of: int) -> Contrasts:
    """Logit of a share; NaN at 0 and 1, where it is infinite."""
    share = estimates.value[of]
    if not 0 < share < 1:
        return _undefined()
    gradient = np.zeros(len(estimates.value))
    gradient[of] = 1 / (share * (1 - share))
    return _smooth(estimates, np.log(share / (1 - share)), gradient)


def _smooth(estimates: Estimates, value: float, gradient: FloatArray) -> Contrasts:
    linear = linear_contrasts(estimates, gradient)
    return Contrasts(np.where(np.isnan(linear.value), np.nan, value), linear.covariance)


def _undefined() -> Contrasts:
    return Contrasts(np.full(1, np.nan), np.full((1, 1), np.nan))

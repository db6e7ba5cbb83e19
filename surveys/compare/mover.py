"""Limits of a difference from the limits of its two parts (M7): the method of variance estimates recovery."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from surveys.sample import FloatArray

LARGEST_CORRELATION = 0.95
"""No estimated correlation may take away more of the error than this leaves."""


def mover_interval(
    first: npt.ArrayLike,
    first_limits: tuple[npt.ArrayLike, npt.ArrayLike],
    second: npt.ArrayLike,
    second_limits: tuple[npt.ArrayLike, npt.ArrayLike],
    correlation: npt.ArrayLike = 0.0,
) -> tuple[FloatArray, FloatArray]:
    """Limits of ``second − first`` at the level of the limits that are given.

    Parameters
    ----------
    first, second
        Estimates; all arguments broadcast.
    first_limits, second_limits
        (low, high) of each; they hold their estimate.
    correlation
        Correlation of the two estimates, in [−1, 1].

    Returns
    -------
    (low, high)
        They hold ``second − first``, and are of zero width only where both parts are.

    Notes
    -----
    M7. With a = second − its low limit and b = first's high limit − first (and the other sides for the high
    limit), low = difference − √(a² + b² − 2·r·a·b). Zou & Donner (2008), Zou (2008). Limits that are not
    symmetric, as those of shares near 1, give limits that are not symmetric, where a standard error would
    be 0.

    Examples
    --------
    >>> low, high = mover_interval(0.5, (0.4, 0.6), 0.7, (0.6, 0.8))
    >>> round(float(low), 4), round(float(high), 4)
    (0.0586, 0.3414)
    """
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    low_one, high_one = (np.asarray(limit, dtype=np.float64) for limit in first_limits)
    low_two, high_two = (np.asarray(limit, dtype=np.float64) for limit in second_limits)
    r = np.asarray(correlation, dtype=np.float64)
    difference = two - one
    low = difference - _length(two - low_two, high_one - one, r)
    high = difference + _length(high_two - two, one - low_one, r)
    return low, high


def _length(a: FloatArray, b: FloatArray, correlation: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.maximum(a**2 + b**2 - 2 * correlation * a * b, 0.0)))

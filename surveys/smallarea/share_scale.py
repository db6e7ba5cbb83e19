"""Shares on the arcsine scale, where their sampling variance is known, and back (M8, M10)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from surveys.sample import FloatArray

_RIGHT_ANGLE = np.pi / 2


def to_arcsine(share: npt.ArrayLike, effective_n: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """φ = asin√((p n_e + ⅜)/(n_e + ¾)) and its variance 1/(4n_e + 2).

    Parameters
    ----------
    share
        In [0, 1].
    effective_n
        n_e of M3, not negative; any shape that broadcasts with `share`.

    Notes
    -----
    Anscombe (1948). The variance does not depend on the share, which is why it is usable where a share of
    100 % has an estimated variance of 0.

    Examples
    --------
    >>> phi, variance = to_arcsine(1.0, 30)
    >>> round(float(phi), 4), round(float(variance), 5)
    (1.4605, 0.0082)
    """
    p, n = np.asarray(share, dtype=np.float64), np.asarray(effective_n, dtype=np.float64)
    return np.asarray(np.arcsin(np.sqrt((p * n + 0.375) / (n + 0.75)))), np.asarray(1 / (4 * n + 2))


def from_arcsine(angle: npt.ArrayLike, effective_n: npt.ArrayLike) -> FloatArray:
    """The share whose `to_arcsine` is `angle`, cut to [0, 1]."""
    n = np.asarray(effective_n, dtype=np.float64)
    return np.asarray(np.clip((share_at(angle) * (n + 0.75) - 0.375) / n, 0.0, 1.0))


def share_at(angle: npt.ArrayLike) -> FloatArray:
    """sin² of an angle, cut to [0, π/2] before."""
    return np.asarray(np.sin(np.clip(angle, 0.0, _RIGHT_ANGLE)) ** 2)


def expected_share(angle: npt.ArrayLike, variance: npt.ArrayLike) -> FloatArray:
    """Mean of sin²θ for θ normal around `angle`: ½[1 − cos(2θ̂) exp(−2·variance)] (M10).

    Parameters
    ----------
    angle
        θ̂, cut to [0, π/2]: beyond it sin² would fall again.
    variance
        g1: what is left of θ's variance once the area's own estimate is known.

    Notes
    -----
    The characteristic function of the normal distribution at 2i; Hadam, Würz & Kreutzmann (2020) integrate.

    Examples
    --------
    >>> round(float(expected_share(np.pi / 2, 0.01)), 4)
    0.9901
    """
    centre = np.clip(angle, 0.0, _RIGHT_ANGLE)
    return np.asarray(0.5 * (1 - np.cos(2 * centre) * np.exp(-2 * np.asarray(variance, dtype=np.float64))))


def share_limits(angle: npt.ArrayLike, mse: npt.ArrayLike, quantile: float) -> tuple[FloatArray, FloatArray]:
    """sin² of θ̂ ± quantile·√MSE, each end cut to [0, π/2]: inside [0, 1], and not symmetric."""
    half = quantile * np.sqrt(np.asarray(mse, dtype=np.float64))
    centre = np.clip(angle, 0.0, _RIGHT_ANGLE)
    return share_at(centre - half), share_at(centre + half)

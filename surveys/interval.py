"""Intervals of a share (M3), and Student's for a mean.

The rule for shares pools the intraclass correlation of an item over its domains, because the estimated
variance of one domain fails at 90–100 % with few PSUs; see docs/methods.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from scipy import special

from surveys.design import Design
from surveys.sample import FloatArray
from surveys.variance import sum_by


class IntervalMethod(StrEnum):
    """How the limits of an estimate were made; the column ``method`` of the rates."""

    POOLED = "clopper_pearson_pooled"  # a share: binomial limits on the effective size of M3
    CONDITIONAL = "clopper_pearson_conditional"  # a share within one PSU: its respondents are the units
    STUDENT = "student_t"  # a mean of numbers without a scale: t on the degrees of freedom of its domain
    RESCALED = "clopper_pearson_rescaled"  # a mean on a scale, or one without a usable error
    NONE = "none"  # nobody answered, or a mean of unknown range without a usable error


ASSUMED_CORRELATION = 0.10
"""Intraclass correlation where the data cannot tell one; estimates that use it are flagged."""
LARGEST_CORRELATION = 0.9
LEAST_DISPERSION = 0.05
"""Dispersion below which answers that nearly all agree are not trusted to tell how they vary."""
UNTOLD = 1.2
"""How fast a domain's own answers take over from κ = 1; measured (docs/simulation.md): with 1.0 limits at 96
points are 1.26 times as wide as they need be, with 1.5 a domain with 1 % far answers is covered in .937."""


def clopper_pearson_interval(
    share: npt.ArrayLike, effective_n: npt.ArrayLike, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Clopper–Pearson limits on x = p·N of N, which need not be whole.

    Parameters
    ----------
    share
        In [0, 1].
    effective_n
        Positive; any shape that broadcasts with `share`.

    Returns
    -------
    (low, high)
        Shares; low is 0 at 0 %, high is 1 at 100 %; never of zero width.

    Notes
    -----
    M3, step 6. Clopper & Pearson (1934); for effective sample sizes Korn & Graubard (1998).

    Examples
    --------
    >>> low, high = clopper_pearson_interval(1.0, 20)
    >>> round(float(low), 4), float(high)
    (0.8316, 1.0)
    """
    p, n = _share_and_size(share, effective_n)
    tail = (1 - level) / 2
    x = p * n
    low = special.betaincinv(np.maximum(x, 1e-300), n - x + 1, tail)
    high = special.betaincinv(x + 1, np.maximum(n - x, 1e-300), 1 - tail)
    return np.where(x > 0, low, 0.0), np.where(x < n, high, 1.0)


def wilson_interval(
    share: npt.ArrayLike, effective_n: npt.ArrayLike, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Wilson score limits.

    Notes
    -----
    M3, offered for comparison. Wilson (1927).

    Examples
    --------
    >>> low, high = wilson_interval(0.65, 100)
    >>> round(float(low), 7), round(float(high), 7)
    (0.5525444, 0.7363575)
    """
    p, n = _share_and_size(share, effective_n)
    z = float(special.ndtri(0.5 + level / 2))
    centre = p + z**2 / (2 * n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    return np.maximum((centre - half) / scale, 0.0), np.minimum((centre + half) / scale, 1.0)


def jeffreys_interval(
    share: npt.ArrayLike, effective_n: npt.ArrayLike, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Jeffreys limits: quantiles of Beta(x + ½, N − x + ½), 0 at 0 %, 1 at 100 %; they hold the share.

    Notes
    -----
    M3's narrow option. Brown, Cai & DasGupta (2001).
    """
    p, n = _share_and_size(share, effective_n)
    tail = (1 - level) / 2
    x = p * n
    low = special.betaincinv(x + 0.5, n - x + 0.5, tail)
    high = special.betaincinv(x + 0.5, n - x + 0.5, 1 - tail)
    # Just above 0 or below 1 the quantiles alone would leave the share outside.
    return np.where(x > 0, np.minimum(low, p), 0.0), np.where(x < n, np.maximum(high, p), 1.0)


def student_interval(
    value: FloatArray, standard_error: FloatArray, degrees_of_freedom: FloatArray, level: float = 0.95
) -> tuple[FloatArray, FloatArray]:
    """Value ± t·SE; NaN below one degree of freedom."""
    usable = degrees_of_freedom >= 1
    t = special.stdtrit(np.where(usable, degrees_of_freedom, 1.0), 0.5 + level / 2)
    half = np.where(usable, t, np.nan) * standard_error
    return value - half, value + half


@dataclass(frozen=True)
class Clustering:
    """How the base of each domain is spread over sampling units (M3, step 2); arrays of shape (domains,).

    Parameters
    ----------
    a, b
        Σ w̃_j² over units, Σ w² over respondents divided by W²: the design effect of units with
        correlation ρ is ρ·a + (1 − ρ)·b, times n.
    a_star, b_star
        The same as the variance estimator of M2 sees them.
    """

    a: FloatArray
    b: FloatArray
    a_star: FloatArray
    b_star: FloatArray


def clustering_of(
    weight_by_unit: FloatArray, squared_weight_by_unit: FloatArray, design: Design
) -> Clustering:
    """Constants of M3, step 2.

    Parameters
    ----------
    weight_by_unit, squared_weight_by_unit
        W_j = Σwr and s_j = Σw²r of each unit in each domain, shape (units of the design, domains).

    Notes
    -----
    A stratum with one sampled unit adds nothing to the variance that the correlation is read from, so its
    factor n/(n − 1) is 0 here.
    """
    total = weight_by_unit.sum(axis=0)
    safe = np.where(total > 0, total, 1.0)
    share = weight_by_unit / safe
    strata = len(design.strata)
    stratum = design.stratum_of_unit
    size = design.units_by_stratum[:, None]
    factor = np.where(size > 1, size / np.maximum(size - 1, 1), 0.0)
    e = sum_by(share, stratum, strata)
    u = sum_by(share**2, stratum, strata)
    crossing = factor * (u - e**2 / np.maximum(size, 1))
    own = 1 - 2 * share + u[stratum] - (1 - e[stratum]) ** 2 / size[stratum]
    c = factor[stratum] * own + (crossing.sum(axis=0) - crossing)[stratum]
    squared_share = squared_weight_by_unit / safe**2
    return Clustering(
        a=(share**2).sum(axis=0),
        b=squared_share.sum(axis=0),
        a_star=(c * share**2).sum(axis=0),
        b_star=(c * squared_share).sum(axis=0),
    )


def pooled_correlation(
    variance: FloatArray, spread: FloatArray, clustering: Clustering, in_pool: npt.NDArray[np.bool_]
) -> tuple[float, bool]:
    """Intraclass correlation of one item, pooled over the domains of a partition (M3, step 3).

    Parameters
    ----------
    variance
        V_d of M2 without finite-population correction, shape (domains,).
    spread
        Population variance of the answers within the domain, p(1 − p) for a share; S_d = spread + V_d.
    in_pool
        Domains of the partition whose variance could be estimated.

    Returns
    -------
    (correlation, assumed)
        In [0, 0.9]; `ASSUMED_CORRELATION` and True where the data cannot tell.
    """
    v, s = variance[in_pool], (spread + variance)[in_pool]
    below = float((s * (clustering.a_star - clustering.b_star)[in_pool]).sum())
    if not below > 1e-12 * float(s.sum()):
        return ASSUMED_CORRELATION, True
    above = float((v - s * clustering.b_star[in_pool]).sum())
    return min(max(above / below, 0.0), LARGEST_CORRELATION), False


def effective_size(n: FloatArray, correlation: float, clustering: Clustering) -> FloatArray:
    """n_e = min(n, 1/(ρa + (1 − ρ)b)), shape (domains,); 0 where nobody answered (M3, step 4)."""
    ratio = correlation * clustering.a + (1 - correlation) * clustering.b
    return np.where(n > 0, np.minimum(n, 1 / np.where(ratio > 0, ratio, 1.0)), 0.0)


def widened_size(effective_n: FloatArray, degrees_of_freedom: float, level: float = 0.95) -> FloatArray:
    """N = n_e (z/t_ν)²: the size whose binomial limits also pay for an estimated correlation (M3, step 5).

    Parameters
    ----------
    degrees_of_freedom
        ν, summed over the partition; below 1 the correlation was assumed, not estimated, and N = n_e.
    """
    if degrees_of_freedom < 1:
        return effective_n
    z = special.ndtri(0.5 + level / 2)
    return np.asarray(effective_n * (z / special.stdtrit(degrees_of_freedom, 0.5 + level / 2)) ** 2)


def dispersion(
    share: FloatArray,
    spread: FloatArray,
    variance: FloatArray,
    n: FloatArray,
    in_pool: npt.NDArray[np.bool_],
) -> FloatArray:
    """Variance of the answers over that of yes and no with the same mean, κ_d; shape (domains,).

    Parameters
    ----------
    share
        Mean of the answers rescaled to [0, 1].
    spread, variance
        σ̂² of the rescaled answers, and V_d of M2 of their mean (NaN: unknown, taken as 0).
    n
        Respondents in the base.
    in_pool
        Domains of the partition where somebody answered.

    Returns
    -------
    1·λ + (1 − λ) times the larger of the pooled Σ(σ̂² + V)/Σ[u(1 − u) + V] and the domain's own, with
    λ = exp(−1.2·n·u(1 − u)); at most 1, which it is where all answers of the domain are alike.

    Notes
    -----
    M3. A share has κ = 1. The domain's own part is there because domains may differ in how their answers
    spread; the pooled part because a few low answers, seen or missed, decide on a domain's spread. λ is
    about the chance to meet none of n·u(1 − u) expected answers at the far end: a domain whose answers are
    all alike, or nearly, has told nothing about its own spread, and others cannot tell for it.
    """
    v = np.nan_to_num(variance)
    above, below = spread + v, share * (1 - share) + v
    if not above[in_pool].sum() > 0:
        return np.ones(share.shape)
    pooled = float(above[in_pool].sum() / below[in_pool].sum())
    own = np.divide(above, below, out=np.zeros(share.shape), where=below > 0)
    told = np.clip(np.maximum(own, pooled), LEAST_DISPERSION, 1.0)
    untold = np.where(spread > 0, np.exp(-UNTOLD * n * share * (1 - share)), 1.0)
    return np.asarray(untold + (1 - untold) * told, dtype=np.float64)


def _share_and_size(share: npt.ArrayLike, effective_n: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    p, n = np.broadcast_arrays(np.asarray(share, dtype=np.float64), np.asarray(effective_n, dtype=np.float64))
    return np.clip(p, 0.0, 1.0), n

"""What one site (点位) tells, pooled over the district (M12)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from indicators.evidence.site_totals import SiteTotals
from surveys.sample import FloatArray

LEAST_RELATIVE = 0.05
"""Sites that hardly differ are not taken to know more than twenty yes-or-no sites each."""
ROUNDING = 1e-20
"""Variance below which sites agree but for the last bits of their sums."""


@dataclass(frozen=True)
class SiteVariance:
    """How one site's 得分率 varies, leaf by leaf, pooled over the district.

    Parameters
    ----------
    variance
        NaN where it cannot be estimated.
    relative_variance
        One site's variance over that of a site that is all good or all bad, in [LEAST_RELATIVE, 1].
    widening
        (z/t_ν)² for a variance estimated on ν degrees of freedom; 1 where none was estimated.
    """

    variance: FloatArray
    relative_variance: FloatArray
    widening: FloatArray


def site_variance(sites: SiteTotals) -> SiteVariance:
    """Pool the squared residuals of sites around the 得分率 of their own stratum (M12)."""
    possible = sites.possible_by_site_leaf
    residual, part = _residuals(sites)
    squares = (residual**2).sum(axis=0)
    several = sites.by_stratum((possible > 0).astype(np.float64)) >= 2
    spread = sites.by_stratum(part**2)
    stratum = sites.strata.stratum_of_site
    size = possible * several[stratum]
    expected = (size**2 * (1.0 + spread[stratum] - 2.0 * part)).sum(axis=0)
    degrees = np.maximum(sites.by_stratum((possible > 0).astype(np.float64)) - 1.0, 0.0).sum(axis=0)
    # Where no subdistrict has two sites of a leaf, the district is its stratum: that overstates the error.
    whole_squares, whole_expected = _of_one_stratum(sites)
    sites_seen = (possible > 0).sum(axis=0)
    collapsed = degrees == 0
    degrees = np.where(collapsed, np.maximum(sites_seen - 1.0, 0.0), degrees)
    variance = np.divide(
        np.where(collapsed, whole_squares, squares),
        np.where(collapsed, whole_expected, expected),
        out=np.full(possible.shape[1], np.nan),
        where=degrees > 0,
    )
    variance = np.where(variance < ROUNDING, _variance_of_unanimous(sites), variance)
    t = special.stdtrit(np.maximum(degrees * _evenness(possible), 1.0), 0.975)
    return SiteVariance(
        variance=variance,
        relative_variance=_relative_variance(sites, variance),
        widening=np.where(degrees >= 1, (special.ndtri(0.975) / t) ** 2, 1.0),
    )


def site_covariance(sites: SiteTotals, variance: FloatArray) -> FloatArray:
    """Covariance of one site's 得分率 between leaves, pair by pair as its `variance`; NaN where that is.

    Notes
    -----
    M12. With e = earned − R·possible = possible·(own 得分率 − R), p = possible/Σpossible and R made of the
    same sites, E ee′ = possible·possible′·(1 − p − p′ + Σpp′) for each site of a stratum, 0 for a single one.
    """
    residual, part = _residuals(sites)
    expected = np.zeros((len(variance), len(variance)))
    for inside in sites.strata.sites_of_code.values():
        possible, share = sites.possible_by_site_leaf[inside], part[inside]
        size = possible * ((possible > 0).sum(axis=0) >= 2)
        own_part = (size * share).T @ size
        expected += (size.T @ size) * (1.0 + share.T @ share) - own_part - own_part.T
    products = residual.T @ residual
    covariance = np.divide(products, expected, out=np.zeros_like(products), where=expected > 0)
    return _nearest_covariance(covariance, variance)


def _residuals(sites: SiteTotals) -> tuple[FloatArray, FloatArray]:
    """(e, p) of every site and leaf: e = earned − R·possible, 0 where a stratum has one site of it."""
    stratum = sites.strata.stratum_of_site
    possible = sites.possible_by_site_leaf
    total = sites.by_stratum(possible)
    divisor = np.where(total > 0, total, 1.0)
    several = sites.by_stratum((possible > 0).astype(np.float64)) >= 2
    ratio = sites.by_stratum(sites.earned_by_site_leaf) / divisor
    residual = (sites.earned_by_site_leaf - ratio[stratum] * possible) * several[stratum]
    return residual, possible / divisor[stratum]


def _of_one_stratum(sites: SiteTotals) -> tuple[FloatArray, FloatArray]:
    """Σe² of all sites around the district's 得分率, and what it is expected to be for a variance of 1."""
    earned, possible = sites.earned_by_site_leaf, sites.possible_by_site_leaf
    total = possible.sum(axis=0)
    divisor = np.where(total > 0, total, 1.0)
    several = (possible > 0).sum(axis=0) >= 2
    residual = (earned - earned.sum(axis=0) / divisor * possible) * several
    part, size = possible / divisor, possible * several
    expected = (size**2 * (1.0 + (part**2).sum(axis=0) - 2.0 * part)).sum(axis=0)
    return (residual**2).sum(axis=0), np.asarray(expected, dtype=np.float64)


def _evenness(possible: FloatArray) -> FloatArray:
    """(Σx²)²/(mΣx⁴) of the numbers of checks x: what uneven sites leave of the degrees of freedom."""
    seen, fourth = (possible > 0).sum(axis=0), (possible**4).sum(axis=0)
    even = (possible**2).sum(axis=0) ** 2 / np.where(fourth > 0, fourth * np.maximum(seen, 1), 1.0)
    return np.asarray(np.where(fourth > 0, even, 1.0), dtype=np.float64)


def _relative_variance(sites: SiteTotals, variance: FloatArray) -> FloatArray:
    """κ: the variance of a site's 得分率 over R̄(1 − R̄); 1 where either is not known."""
    total = sites.possible_by_site_leaf.sum(axis=0)
    ratio = sites.earned_by_site_leaf.sum(axis=0) / np.where(total > 0, total, 1.0)
    all_or_nothing = ratio * (1.0 - ratio)
    known = (all_or_nothing > 0) & ~np.isnan(variance)
    relative = np.divide(variance, all_or_nothing, out=np.ones_like(all_or_nothing), where=known)
    return np.asarray(np.clip(relative, LEAST_RELATIVE, 1.0), dtype=np.float64)


def _variance_of_unanimous(sites: SiteTotals) -> FloatArray:
    """Variance of a site's 得分率 where all sites agree: of a share with half a site added that does not."""
    seen = (sites.possible_by_site_leaf > 0).sum(axis=0)
    possible = sites.possible_by_site_leaf.sum(axis=0)
    ratio = sites.earned_by_site_leaf.sum(axis=0) / np.maximum(possible, 1.0)
    share = (ratio * seen + 0.5) / (seen + 1.0)
    variance: FloatArray = share * (1.0 - share)
    return variance


def _nearest_covariance(covariance: FloatArray, variance: FloatArray) -> FloatArray:
    """`covariance` with this diagonal and without negative eigenvalues (pairs are pooled one by one)."""
    known = ~np.isnan(variance) & (variance > 0)
    deviation = np.sqrt(np.where(known, variance, 1.0))
    correlation = np.clip(covariance / np.outer(deviation, deviation), -1.0, 1.0) * np.outer(known, known)
    np.fill_diagonal(correlation, 1.0)
    eigenvalue, vector = np.linalg.eigh(correlation)
    positive = (vector * np.maximum(eigenvalue, 0.0)) @ vector.T
    norm = np.sqrt(np.diag(positive))
    result: FloatArray = positive / np.outer(norm, norm) * np.outer(deviation, deviation)
    result[~known, :] = 0.0
    result[:, ~known] = 0.0
    np.fill_diagonal(result, variance)
    return result

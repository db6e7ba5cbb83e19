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
class SitePool:
    """What one site tells, pooled over the district.

    Parameters
    ----------
    covariance
        Of one site's 得分率 between leaves; NaN on the diagonal where it cannot be estimated.
    relative_variance
        One site's variance over that of a site that is all good or all bad, in [LEAST_RELATIVE, 1].
    widening
        (z/t_ν)² for a variance estimated on ν degrees of freedom; 1 where none was estimated.
    """

    covariance: FloatArray
    relative_variance: FloatArray
    widening: FloatArray


def pool_sites(sites: SiteTotals) -> SitePool:
    """Pool the residuals of sites around the 得分率 of their own stratum (M12)."""
    stratum_of_site = sites.strata
    earned, possible = sites.earned_by_site_leaf, sites.possible_by_site_leaf
    leaves = possible.shape[1]
    products, expected, degrees = np.zeros((leaves, leaves)), np.zeros((leaves, leaves)), np.zeros(leaves)
    for stratum in np.unique(stratum_of_site):
        inside = stratum_of_site == stratum
        of_stratum = _residual_products(earned[inside], possible[inside])
        products, expected = products + of_stratum[0], expected + of_stratum[1]
        degrees += np.maximum((possible[inside] > 0).sum(axis=0) - 1.0, 0.0)
    # Where no subdistrict has two sites of a leaf, the district is its stratum: that overstates the error.
    of_district = [np.diag(matrix) for matrix in _residual_products(earned, possible)]
    sites_seen = (possible > 0).sum(axis=0)
    collapsed = degrees == 0
    degrees = np.where(collapsed, np.maximum(sites_seen - 1.0, 0.0), degrees)
    variance = np.divide(
        np.where(collapsed, of_district[0], np.diag(products)),
        np.where(collapsed, of_district[1], np.diag(expected)),
        out=np.full(leaves, np.nan),
        where=degrees > 0,
    )
    variance = np.where(variance < ROUNDING, _variance_of_unanimous(sites), variance)
    covariance = np.divide(products, expected, out=np.zeros_like(products), where=expected > 0)
    t = special.stdtrit(np.maximum(degrees * _evenness(possible), 1.0), 0.975)
    return SitePool(
        covariance=_nearest_covariance(covariance, variance),
        relative_variance=_relative_variance(sites, variance),
        widening=np.where(degrees >= 1, (special.ndtri(0.975) / t) ** 2, 1.0),
    )


def _residual_products(earned: FloatArray, possible: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Σee′ of one stratum's sites, and what it is expected to be for a variance of 1 of a site's 得分率.

    e = earned − R·possible = possible·(own 得分率 − R). With p = possible/Σpossible and R made of the same
    sites, E ee′ = possible·possible′·(1 − p − p′ + Σpp′) for each site, and 0 for a single one.
    """
    total = possible.sum(axis=0)
    divisor = np.where(total > 0, total, 1.0)
    several = (possible > 0).sum(axis=0) >= 2
    residual = (earned - earned.sum(axis=0) / divisor * possible) * several
    part, size = possible / divisor, possible * several
    own_part = (size * part).T @ size
    expected = (size.T @ size) * (1.0 + part.T @ part) - own_part - own_part.T
    return residual.T @ residual, np.asarray(expected, dtype=np.float64)


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

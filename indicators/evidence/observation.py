"""On-site observations (M12): 得分率 of each leaf in each area, its sampling error, and 达标率 of sites.

The site (点位) is the unit that was sampled; checks of one site hang together. Areas are the strata: the
district's error is made of differences between sites inside subdistricts, not between subdistricts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from indicators.columns import OBSERVATIONS_COLUMNS, empty_frame
from surveys.area import AreaLevel, AreaRegister
from surveys.sample import FloatArray

LEAST_RELATIVE = 0.05
"""Sites that hardly differ are not taken to know more than twenty yes-or-no sites each."""
ROUNDING = 1e-20
"""Variance below which sites agree but for the last bits of their sums."""


@dataclass(frozen=True)
class ObservedLeaves:
    """得分率 of the observation leaves in one area.

    Parameters
    ----------
    value_by_leaf
        Earned over possible, in [0, 1]; NaN where nothing was observed.
    checks_by_leaf, sites_by_leaf
        Usable checks and sites behind each value.
    asked_by_leaf
        Checks made, those included that found no such thing there.
    binomial_n_by_leaf
        N of M12: the number of yes-or-no sites that would know as much; limits are binomial on it.
    covariance
        Leaf × leaf; NaN on the diagonal where the error cannot be estimated.
    """

    value_by_leaf: FloatArray
    checks_by_leaf: FloatArray
    sites_by_leaf: FloatArray
    asked_by_leaf: FloatArray
    binomial_n_by_leaf: FloatArray
    covariance: FloatArray


@dataclass(frozen=True)
class _Pool:
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


@dataclass(frozen=True)
class SiteTotals:
    """Checks added up by site.

    Within a subdistrict one name is one site, whether its checks name the subdistrict or a community of it.

    Parameters
    ----------
    subdistrict_of_site
        Code of the subdistrict that holds the site; "" for sites of the district as a whole.
    earned_by_site_leaf, possible_by_site_leaf, asked_by_site_leaf
        Shape (sites, leaves); a check's full score is 1, so `possible` counts usable checks and `asked`
        all checks.
    """

    subdistrict_of_site: tuple[str, ...]
    earned_by_site_leaf: FloatArray
    possible_by_site_leaf: FloatArray
    asked_by_site_leaf: FloatArray


def add_up_sites(checks: pd.DataFrame, leaves: Sequence[str], register: AreaRegister) -> SiteTotals:
    """Add up checks (`indicators.evidence.tables.CHECKS_COLUMNS`) by site, for these leaves in this order."""
    sites = pd.MultiIndex.from_arrays([subdistrict_of(checks["area_code"], register), checks["site"]])
    site_of_check, labels = pd.factorize(sites)
    leaf_of_check = pd.Index(leaves).get_indexer(pd.Index(checks["node"]))
    shape = (len(labels), len(leaves))
    known = leaf_of_check >= 0
    cell_of_check = site_of_check[known] * len(leaves) + leaf_of_check[known]
    earned_of_check = checks["earned"].to_numpy(dtype=np.float64)[known]
    usable_of_check = ~np.isnan(earned_of_check)

    def summed(of_check: FloatArray) -> FloatArray:
        size = shape[0] * shape[1]
        return np.bincount(cell_of_check, of_check, size).astype(np.float64).reshape(shape)

    return SiteTotals(
        subdistrict_of_site=tuple(str(label[0]) for label in labels),
        earned_by_site_leaf=summed(np.where(usable_of_check, earned_of_check, 0.0)),
        possible_by_site_leaf=summed(usable_of_check.astype(np.float64)),
        asked_by_site_leaf=summed(np.ones(len(cell_of_check))),
    )


def observed_leaves(sites: SiteTotals, register: AreaRegister) -> dict[str, ObservedLeaves]:
    """得分率 of every leaf in the district and in each subdistrict, with covariances between leaves.

    Notes
    -----
    M12. With e = earned − R·possible of a site, R of its own subdistrict (the ratio estimator's residual),
    the covariance of one site's 得分率, S, is pooled over subdistricts: Σee′ over its expectation for S = 1,
    pair by pair; a leaf with no two sites in any subdistrict takes the spread over the whole district. An
    area in which a leaf has one site, or two that happen to agree, borrows what the standard shows elsewhere
    in the district in place of a variance of 0 or none. V of an area is then
    Σ possible·possible′·S over its sites, over (Σpossible)(Σpossible)′.

    Limits are not taken from V: three sites do not make a normal distribution. As for shares (M3) they are
    binomial, on N = (z/t_ν)²/(κ Σ(possible/Σpossible)²), κ the pooled variance of one site over that of a
    site that is all good or all bad, R̄(1 − R̄), and never above 1.
    """
    stratum_of_site = np.array(sites.subdistrict_of_site, dtype=np.dtypes.StringDType())
    pooled = _pool(sites, stratum_of_site)
    result = {register.district.code: _observed(sites, np.ones(len(stratum_of_site), dtype=bool), pooled)}
    for area in register.subdistricts:
        result[area.code] = _observed(sites, stratum_of_site == area.code, pooled)
    return result


def summarise_observations(checks: pd.DataFrame, register: AreaRegister) -> pd.DataFrame:
    """得分率 and 达标率 by area, type of site and demonstration (`OBSERVATIONS_COLUMNS`).

    Sites are those of `SiteTotals`. A site passes where the mean of its checks reaches the mean of their
    marks. Demonstration sites (示范点位) stay apart: they were not chosen as the others were.
    """
    usable = checks[checks["earned"].notna()]
    if usable.empty:
        return empty_frame(OBSERVATIONS_COLUMNS)
    usable = usable.assign(subdistrict=subdistrict_of(usable["area_code"], register))
    of_subdistricts = usable[usable["subdistrict"] != ""]
    parts = [usable.assign(scope=register.district.code), of_subdistricts.assign(scope=usable["subdistrict"])]
    scoped = pd.concat(parts, ignore_index=True)
    keys = ["scope", "site_type", "demonstration"]
    by_site = scoped.groupby([*keys, "subdistrict", "site"], as_index=False, sort=False).agg(
        checks=("earned", "size"),
        earned=("earned", "sum"),
        standing=("standing", "mean"),
        mark=("mark", "mean"),
    )
    by_site = by_site.assign(passed=by_site["standing"] >= by_site["mark"] - 1e-12)
    table = by_site.groupby(keys, as_index=False).agg(
        checks=("checks", "sum"),
        sites=("site", "size"),
        sites_passed=("passed", "sum"),
        earned=("earned", "sum"),
    )
    order = {area.code: at for at, area in enumerate((register.district, *register.subdistricts))}
    table = table.assign(at=table["scope"].map(order)).sort_values(["at", "site_type", "demonstration"])
    named = table.assign(
        area_level=[str(register.by_code[code].level) for code in table["scope"]],
        area_code=table["scope"],
        area_name=[register.by_code[code].name for code in table["scope"]],
        earned_share=table["earned"] / table["checks"],
        passed_share=table["sites_passed"] / table["sites"],
    )
    return named[list(OBSERVATIONS_COLUMNS)].astype(OBSERVATIONS_COLUMNS).reset_index(drop=True)


def _pool(sites: SiteTotals, stratum_of_site: np.ndarray) -> _Pool:
    """Pool the residuals of sites around the 得分率 of their own stratum."""
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
    return _Pool(
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


def _observed(sites: SiteTotals, inside: np.ndarray, pool: _Pool) -> ObservedLeaves:
    possible_by_site_leaf = sites.possible_by_site_leaf[inside]
    possible = possible_by_site_leaf.sum(axis=0)
    divisor = np.where(possible > 0, possible, 1.0)
    concentration = ((possible_by_site_leaf / divisor) ** 2).sum(axis=0)
    sites_alike = np.divide(1.0, concentration, out=np.zeros_like(concentration), where=possible > 0)
    value = np.where(possible > 0, sites.earned_by_site_leaf[inside].sum(axis=0) / divisor, np.nan)
    return ObservedLeaves(
        value_by_leaf=value,
        checks_by_leaf=possible,
        sites_by_leaf=(possible_by_site_leaf > 0).sum(axis=0).astype(np.float64),
        asked_by_leaf=sites.asked_by_site_leaf[inside].sum(axis=0),
        binomial_n_by_leaf=sites_alike / pool.relative_variance * pool.widening,
        covariance=(possible_by_site_leaf.T @ possible_by_site_leaf)
        * pool.covariance
        / np.outer(divisor, divisor),
    )


def subdistrict_of(area_codes: pd.Series, register: AreaRegister) -> pd.Series:
    """Subdistrict that holds each area; "" for the district itself, a stratum of its own."""
    above = {area.code: register.ancestor(area.code, AreaLevel.SUBDISTRICT) for area in register.areas}
    codes = {code: area.code if area is not None else "" for code, area in above.items()}
    return area_codes.map(codes).astype("str")

"""On-site observations (M12): 得分率 of each leaf in each area and its sampling error.

The site (点位) is the unit that was sampled; checks of one site hang together. Areas are the strata: the
district's error is made of differences between sites inside subdistricts, not between subdistricts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indicators.evidence.site_pool import SiteVariance, site_covariance, site_variance
from indicators.evidence.site_totals import SiteTotals, add_up_sites
from surveys.area import AreaRegister
from surveys.sample import FloatArray

__all__ = ["ObservedLeaves", "SiteTotals", "add_up_sites", "observed_leaves"]


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
    pooled = site_variance(sites)
    covariance = site_covariance(sites, pooled.variance)
    everywhere = np.arange(len(sites.subdistrict_of_site))
    result = {register.district.code: _observed(sites, everywhere, pooled, covariance)}
    for area in register.subdistricts:
        inside = sites.strata.sites_of_code.get(area.code, everywhere[:0])
        result[area.code] = _observed(sites, inside, pooled, covariance)
    return result


def _observed(
    sites: SiteTotals, inside: npt.NDArray[np.intp], pooled: SiteVariance, covariance: FloatArray
) -> ObservedLeaves:
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
        binomial_n_by_leaf=sites_alike / pooled.relative_variance * pooled.widening,
        covariance=(possible_by_site_leaf.T @ possible_by_site_leaf)
        * covariance
        / np.outer(divisor, divisor),
    )

"""Checks added up by site (点位), the unit that was sampled (M12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from surveys.area import AreaLevel, AreaRegister
from surveys.sample import FloatArray


@dataclass(frozen=True)
class Strata:
    """Sites by the subdistrict that holds them ("" for those of the district as a whole).

    Parameters
    ----------
    stratum_of_site
        Position of each site's subdistrict in `sites_of_code`.
    sites_of_code
        Positions of the sites of each subdistrict, by its code.
    """

    stratum_of_site: npt.NDArray[np.intp]
    sites_of_code: Mapping[str, npt.NDArray[np.intp]]


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

    @cached_property
    def strata(self) -> Strata:
        """Which sites each subdistrict holds."""
        codes, stratum_of_site = np.unique(
            np.array(self.subdistrict_of_site, dtype=object), return_inverse=True
        )
        order = np.argsort(stratum_of_site, kind="stable")
        ends = np.cumsum(np.bincount(stratum_of_site, minlength=len(codes)))
        return Strata(
            stratum_of_site=stratum_of_site,
            sites_of_code=dict(
                zip((str(code) for code in codes), np.split(order, ends)[: len(codes)], strict=True)
            ),
        )

    def by_stratum(self, by_site: FloatArray) -> FloatArray:
        """Sums over the sites of each stratum, shape (strata, leaves)."""
        summed = np.zeros((len(self.strata.sites_of_code), by_site.shape[1]))
        np.add.at(summed, self.strata.stratum_of_site, by_site)
        return summed


def add_up_sites(checks: pd.DataFrame, leaves: Sequence[str], register: AreaRegister) -> SiteTotals:
    """Add up checks (`indicators.evidence.tables.CHECKS_COLUMNS`) by site, for these leaves in this order."""
    subdistrict_of_check, codes = pd.factorize(subdistrict_of(checks["area_code"], register))
    name_of_check, names = pd.factorize(checks["site"])
    site_of_check, labels = pd.factorize(subdistrict_of_check * max(len(names), 1) + name_of_check)
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
        subdistrict_of_site=tuple(str(codes[int(label) // max(len(names), 1)]) for label in labels),
        earned_by_site_leaf=summed(np.where(usable_of_check, earned_of_check, 0.0)),
        possible_by_site_leaf=summed(usable_of_check.astype(np.float64)),
        asked_by_site_leaf=summed(np.ones(len(cell_of_check))),
    )


def subdistrict_of(area_codes: pd.Series, register: AreaRegister) -> pd.Series:
    """Subdistrict that holds each area; "" for the district itself, a stratum of its own."""
    above = {area.code: register.ancestor(area.code, AreaLevel.SUBDISTRICT) for area in register.areas}
    codes = {code: area.code if area is not None else "" for code, area in above.items()}
    return area_codes.map(codes).astype("str")

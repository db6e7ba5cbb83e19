"""得分率 and 达标率 of on-site checks (M12): of an area, by type of site, mode, standard, and site."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from indicators.columns import OBSERVATIONS_COLUMNS, empty_frame
from indicators.evidence.site_pool import site_variance
from indicators.evidence.site_totals import SiteTotals, add_up_sites, subdistrict_of
from indicators.evidence.vocabulary import Breakdown
from surveys.area import AreaRegister
from surveys.compare.mover import mover_interval
from surveys.interval import clopper_pearson_interval
from surveys.sample import FloatArray

PASSING = 1e-12
"""A mean of marks reaches itself whatever the last bit says."""
_NAME_COLUMN = {
    Breakdown.SITE_TYPE: "site_type",
    Breakdown.MODE: "mode",
    Breakdown.STANDARD: "node",
}


@dataclass(frozen=True)
class _Shares:
    """Shares of categories in areas, shape (areas, categories); NaN where there is no site.

    Parameters
    ----------
    value, low, high
        Share and its 95 % limits.
    weight, sites
        What it is a share of (checks, or sites), and the sites.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray
    weight: FloatArray
    sites: FloatArray


def summarise_observations(checks: pd.DataFrame, register: AreaRegister) -> pd.DataFrame:
    """得分率 and 达标率 with their limits, by area and breakdown (`OBSERVATIONS_COLUMNS`).

    Parameters
    ----------
    checks
        `indicators.evidence.tables.CHECKS_COLUMNS`, demonstration sites among them.

    Notes
    -----
    M12. A site passes where the mean of its checks reaches the mean of their marks. Demonstration sites
    (示范点位) stay apart in every breakdown but that of all sites: they were not chosen as the others were. A
    row of one site has no limits: it was not sampled from anything. It stands under the subdistrict that
    holds it, or under the district where none does.

    The difference is that of 得分率 to the rest of the breakdown: demonstration sites less the others, a mode
    less the other modes at sites of the same kind. Limits are those of `mover_interval` with the two taken as
    independent, which is too wide where one site was seen in both modes.
    """
    usable = checks[checks["earned"].notna()]
    if usable.empty:
        return empty_frame(OBSERVATIONS_COLUMNS)
    usable = usable.assign(subdistrict=subdistrict_of(usable["area_code"], register))
    parts = [
        _of_breakdown(usable, breakdown, register)
        for breakdown in Breakdown
        if breakdown is not Breakdown.SITE
        and (breakdown is not Breakdown.DEMONSTRATION or usable["demonstration"].any())
    ]
    table = pd.concat([*parts, _single_sites(usable, register)], ignore_index=True)
    at_breakdown = table["by"].map({str(breakdown): at for at, breakdown in enumerate(Breakdown)})
    ordered = table.assign(at_breakdown=at_breakdown).sort_values(
        ["at_area", "at_breakdown", "name", "demonstration"], kind="stable"
    )
    areas = (register.district, *register.subdistricts)
    named = ordered.assign(
        area_level=[str(areas[at].level) for at in ordered["at_area"]],
        area_code=[areas[at].code for at in ordered["at_area"]],
        area_name=[areas[at].name for at in ordered["at_area"]],
    )
    return named[list(OBSERVATIONS_COLUMNS)].astype(OBSERVATIONS_COLUMNS).reset_index(drop=True)


def _of_breakdown(checks: pd.DataFrame, breakdown: Breakdown, register: AreaRegister) -> pd.DataFrame:
    """Rows of one breakdown, with `at_area` for the position of the area (0: the district)."""
    column = _NAME_COLUMN.get(breakdown)
    name = checks[column] if column else pd.Series("", index=checks.index)
    show = checks["demonstration"] & (breakdown is not Breakdown.ALL)
    labels = pd.MultiIndex.from_arrays([name, show.astype(bool)]).unique().sort_values()
    category = labels.get_indexer(pd.MultiIndex.from_arrays([name, show.astype(bool)])).astype("str")
    keyed = checks.assign(node=category)
    order = [str(at) for at in range(len(labels))]
    sites = add_up_sites(keyed, order, register)
    earned = _shares(sites, register)
    passed = _shares(add_up_sites(_verdicts(keyed, register), order, register), register)
    is_show = labels.get_level_values(1).to_numpy(dtype=bool)
    rest = _shares(_rest_of(sites, breakdown, is_show), register)
    low, high = mover_interval(rest.value, (rest.low, rest.high), earned.value, (earned.low, earned.high))
    at_area, at = np.nonzero(earned.sites > 0)
    return pd.DataFrame(
        {
            "at_area": at_area,
            "by": str(breakdown),
            "name": labels.get_level_values(0).to_numpy()[at],
            "demonstration": is_show[at],
            "checks": earned.weight[at_area, at],
            "sites": earned.sites[at_area, at],
            "sites_passed": np.round(passed.value * passed.weight)[at_area, at],
            "earned_share": earned.value[at_area, at],
            "earned_low": earned.low[at_area, at],
            "earned_high": earned.high[at_area, at],
            "passed_share": passed.value[at_area, at],
            "passed_low": passed.low[at_area, at],
            "passed_high": passed.high[at_area, at],
            "difference": (earned.value - rest.value)[at_area, at],
            "difference_low": low[at_area, at],
            "difference_high": high[at_area, at],
        }
    )


def _verdicts(keyed: pd.DataFrame, register: AreaRegister) -> pd.DataFrame:
    """One row for each site and category: whether its checks together pass."""
    by_site = keyed.groupby(["node", "subdistrict", "site"], as_index=False, sort=False).agg(
        standing=("standing", "mean"), mark=("mark", "mean")
    )
    return by_site.assign(
        area_code=by_site["subdistrict"].replace("", register.district.code),
        earned=(by_site["standing"] >= by_site["mark"] - PASSING).astype(np.float64),
    )


def _rest_of(sites: SiteTotals, breakdown: Breakdown, is_show: np.ndarray) -> SiteTotals:
    """For each category the sum of those it is compared with: nothing where there is no comparison."""
    alike = is_show[:, None] == is_show[None, :]
    if breakdown is Breakdown.DEMONSTRATION:
        compared = ~alike & is_show[None, :]
    elif breakdown is Breakdown.MODE:
        compared = alike & ~np.eye(len(is_show), dtype=bool)
    else:
        compared = np.zeros_like(alike)
    summing = compared.astype(np.float64)
    return SiteTotals(
        subdistrict_of_site=sites.subdistrict_of_site,
        earned_by_site_leaf=sites.earned_by_site_leaf @ summing,
        possible_by_site_leaf=sites.possible_by_site_leaf @ summing,
        asked_by_site_leaf=sites.asked_by_site_leaf @ summing,
    )


def _shares(sites: SiteTotals, register: AreaRegister) -> _Shares:
    """Earned over possible of each category in the district and each subdistrict, with M12's limits."""
    pooled = site_variance(sites)
    position = {area.code: at for at, area in enumerate(register.subdistricts, start=1)}
    area_of_site = np.array([position.get(code, 0) for code in sites.subdistrict_of_site], dtype=np.int64)

    def by_area(by_site: FloatArray) -> FloatArray:
        summed = np.zeros((len(position) + 1, by_site.shape[1]))
        np.add.at(summed, area_of_site, by_site)
        summed[0] = by_site.sum(axis=0)  # the district holds all sites
        return summed

    earned, possible = by_area(sites.earned_by_site_leaf), by_area(sites.possible_by_site_leaf)
    squares = by_area(sites.possible_by_site_leaf**2)
    known = possible > 0
    value = np.divide(earned, possible, out=np.full_like(possible, np.nan), where=known)
    sites_alike = np.divide(possible**2, squares, out=np.ones_like(possible), where=known)
    binomial_n = sites_alike / pooled.relative_variance * pooled.widening
    low, high = clopper_pearson_interval(np.where(known, value, 0.0), binomial_n)
    return _Shares(
        value=value,
        low=np.where(known, low, np.nan),
        high=np.where(known, high, np.nan),
        weight=possible,
        sites=by_area((sites.possible_by_site_leaf > 0).astype(np.float64)),
    )


def _single_sites(checks: pd.DataFrame, register: AreaRegister) -> pd.DataFrame:
    by_site = checks.groupby(["subdistrict", "site"], as_index=False, sort=False).agg(
        name=("site_label", "first"),
        demonstration=("demonstration", "any"),
        checks=("earned", "size"),
        earned_share=("earned", "mean"),
        standing=("standing", "mean"),
        mark=("mark", "mean"),
    )
    passed = (by_site["standing"] >= by_site["mark"] - PASSING).astype(np.int64)
    position = {area.code: at for at, area in enumerate(register.subdistricts, start=1)} | {"": 0}
    limits = ("earned", "passed", "difference")
    unknown = {f"{stem}_{side}": np.nan for stem in limits for side in ("low", "high")}
    return by_site.drop(columns=["standing", "mark", "site"]).assign(
        at_area=by_site["subdistrict"].map(position),
        by=str(Breakdown.SITE),
        sites=1,
        sites_passed=passed,
        passed_share=passed.astype(np.float64),
        difference=np.nan,
        **unknown,
    )

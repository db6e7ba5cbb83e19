"""One quantity in areas that may be ranked together, and its rows of the ranking (M8)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from indicators.columns import RANKING_COLUMNS
from indicators.ranks.sets import DRAWS, RankArray, joint_rank_sets, overlap_rank_sets, ranks_of
from indicators.ranks.vocabulary import RankedKind, Tier
from surveys.area import Area
from surveys.questionnaire import Unit
from surveys.sample import FloatArray
from surveys.wave import ScoringPlan

LEAST_AREAS_OF_TIERS = 3


@dataclass(frozen=True)
class Ranked:
    """Values of one quantity; arrays over areas, higher is better.

    Parameters
    ----------
    comparable
        Number of the group of areas that are ranked together.
    value, low, high
        As they are printed elsewhere.
    estimate, standard_error
        On the scale on which areas are compared.
    correlation
        Of the errors of different areas, shape (areas, areas).
    """

    kind: RankedKind
    name: str
    label: str
    unit: Unit
    comparable: int
    areas: tuple[Area, ...]
    value: FloatArray
    low: FloatArray
    high: FloatArray
    estimate: FloatArray
    standard_error: FloatArray
    correlation: FloatArray


def ranking_rows(ranked: Ranked, wave: str, plan: ScoringPlan) -> pd.DataFrame:
    """Rows of `RANKING_COLUMNS`, best first.

    Parameters
    ----------
    plan
        Its seed starts the draws; its number of draws counts where it is above 10,000.
    """
    error = ranked.standard_error
    covariance = ranked.correlation * np.outer(error, error)
    sets = joint_rank_sets(ranked.estimate, covariance, draws=max(plan.draws, DRAWS), seed=plan.seed)
    simple = overlap_rank_sets(ranked.estimate, error)
    rank = ranks_of(ranked.value)
    # On the scale of comparison small bases are drawn to the middle, so neighbours may stand the other way.
    low, high = np.minimum(sets.low, rank), np.maximum(sets.high, rank)
    count = len(ranked.areas)
    columns = {
        "wave": wave,
        "kind": str(ranked.kind),
        "name": ranked.name,
        "label": ranked.label,
        "comparable": ranked.comparable,
        "areas": count,
        "area_code": [area.code for area in ranked.areas],
        "area_name": [area.name for area in ranked.areas],
        "value": ranked.value,
        "unit": str(ranked.unit),
        "low": ranked.low,
        "high": ranked.high,
        "rank": rank,
        "rank_low": low,
        "rank_high": high,
        "simple_rank_low": np.minimum(simple.low, rank),
        "simple_rank_high": np.maximum(simple.high, rank),
        "tier": tiers_of(low, high, count),
    }
    rows = pd.DataFrame(columns, columns=list(RANKING_COLUMNS))
    return rows.sort_values("rank", kind="stable", ignore_index=True)


def tiers_of(rank_low: RankArray, rank_high: RankArray, areas: int) -> list[str]:
    """`Tier` of each area; "" where there are fewer than three areas, which have no thirds.

    Examples
    --------
    >>> tiers_of(np.array([1, 1, 4]), np.array([2, 5, 6]), 6)
    ['surely_top', 'undecided', 'undecided']
    """
    if areas < LEAST_AREAS_OF_TIERS:
        return [""] * len(rank_low)
    third = areas // 3
    tiers = np.select(
        [rank_high <= third, rank_low > areas - third],
        [str(Tier.SURELY_TOP), str(Tier.SURELY_BOTTOM)],
        str(Tier.UNDECIDED),
    )
    return [str(tier) for tier in tiers]


def correlation_between(covariance: pd.DataFrame, standard_error: FloatArray) -> FloatArray:
    """Correlation of areas' errors from their design covariance; 0 where an error is 0 or not known.

    Parameters
    ----------
    covariance
        Area × area (`Estimation.between_areas`).
    standard_error
        Design-based error of each area, of which the covariance is a part or the whole.
    """
    known = np.nan_to_num(standard_error, nan=0.0)
    length = np.outer(known, known)
    shared = np.nan_to_num(covariance.to_numpy(dtype=np.float64))
    correlation = np.clip(np.divide(shared, length, out=np.zeros_like(length), where=length > 0), -1.0, 1.0)
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(correlation, dtype=np.float64)

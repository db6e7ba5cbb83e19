"""Does a total, a place, a verdict survive another way of scoring (M9)? One row for each area × scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from indicators.columns import SENSITIVITY_COLUMNS, TOTAL_NODE, empty_frame
from indicators.findings.scenario import (
    DEFAULT_VARIANTS,
    Scenario,
    Variants,
    VariantSettings,
    geometric_means,
    headline,
    leave_one_out,
    missing_policies,
    point_variants,
)
from indicators.scores.scored import Scored
from surveys.sample import FloatArray, IntArray
from surveys.variance import BoolArray

_ALIKE = 9
"""Decimals of points in which totals must agree to share a place, or to lie on the target."""
_FEWEST_FOR_THIRDS = 3


def sensitivity(
    scored: Scored | None,
    scores: pd.DataFrame,
    ranking: pd.DataFrame,
    settings: VariantSettings = DEFAULT_VARIANTS,
) -> pd.DataFrame:
    """Range of totals and places of every area under each scenario (`SENSITIVITY_COLUMNS`).

    Parameters
    ----------
    scores
        `SCORES_COLUMNS` of the same tree: limits, targets and verdicts of its totals.
    ranking
        `RANKING_COLUMNS`: the sets of places that the sampling error leaves.

    Notes
    -----
    M9. A row of `Scenario.SAMPLING` repeats what is printed elsewhere: the 95 % interval of the total, the
    joint 95 % set of places (M8). The others say nothing of the sample, only of the rules. Subdistricts are
    ranked over the leaves that all of them have under a variant. *Fragile*: some variant puts the total on
    the other side of its target; without a target, the area in another third of the places.
    """
    if scored is None:
        return empty_frame(SENSITIVITY_COLUMNS)
    totals = scores[scores["node"] == TOTAL_NODE].set_index("area_code")
    base = headline(scored)
    context = _Context(
        wave=str(totals["wave"].iloc[0]),
        totals=totals,
        base=base.total_by_variant_area[0],
        place=places(base.ranked_by_variant_area)[0],
        ranked=int((~np.isnan(base.ranked_by_variant_area[0])).sum()),
        target=np.array([totals["target"].get(area.code, np.nan) for area in scored.leaves.areas]),
    )
    varied = [
        base,
        point_variants(scored, settings),
        leave_one_out(scored),
        geometric_means(scored, settings),
        missing_policies(scored),
    ]
    by_scenario = [_rows(scored, variants, context) for variants in varied]
    by_scenario.append(_sampling_rows(scored, ranking, context))
    rows = [of_scenario[at] for at in np.flatnonzero(~np.isnan(context.base)) for of_scenario in by_scenario]
    return pd.DataFrame(rows, columns=list(SENSITIVITY_COLUMNS)).astype(SENSITIVITY_COLUMNS)


def places(total_by_variant_area: FloatArray) -> IntArray:
    """Place of each area in each variant, highest total first; ties share the better one; 0 where NaN."""
    rounded = np.round(total_by_variant_area, _ALIKE)
    rank = stats.rankdata(np.where(np.isnan(rounded), np.inf, -rounded), method="min", axis=1)
    return np.where(np.isnan(rounded), 0, rank).astype(np.intp)


@dataclass(frozen=True)
class _Context:
    """The headline that variants are held against; arrays over areas."""

    wave: str
    totals: pd.DataFrame
    base: FloatArray
    place: IntArray
    ranked: int
    target: FloatArray

    def side(self, total: FloatArray) -> BoolArray:
        """Whether totals (…, areas) reach the target."""
        return np.asarray(np.round(total, _ALIKE) >= self.target, dtype=bool)

    def third(self, place: IntArray) -> IntArray:
        """First, second or last third of the places; 0 where not ranked or too few are."""
        enough = self.ranked >= _FEWEST_FOR_THIRDS
        return np.asarray(np.where((place > 0) & enough, -(-3 * place // max(self.ranked, 1)), 0))


def _rows(scored: Scored, variants: Variants, context: _Context) -> list[dict[str, Any]]:
    """One scenario's row of each area."""
    total = variants.total_by_variant_area
    place = np.where(context.place > 0, places(variants.ranked_by_variant_area), 0)
    moved = np.where(np.isnan(total), 0.0, np.abs(total - context.base))
    turned = np.where(
        np.isnan(context.target),
        (context.third(place) != context.third(context.place)) & (place > 0),
        context.side(total) != context.side(context.base),
    )
    turned &= ~np.isnan(total)
    judged = ~np.isnan(context.target) | (context.third(context.place) > 0)
    rows = []
    for at in range(total.shape[1]):
        known = ~np.isnan(total[:, at])
        placed = place[place[:, at] > 0, at]
        rows.append(
            _key(scored, at, variants.scenario, context)
            | {
                "variants": len(total),
                "total_low": float(total[known, at].min()) if known.any() else np.nan,
                "total_high": float(total[known, at].max()) if known.any() else np.nan,
                "rank_low": int(placed.min(initial=len(place[0]))) if len(placed) else 0,
                "rank_high": int(placed.max(initial=0)),
                "verdict_share": float(1.0 - turned[known, at].mean())
                if judged[at] and known.any()
                else np.nan,
                "fragile": bool(turned[:, at].any()),
                "turned_by": _turned_by(variants.names, moved[:, at], turned[:, at]),
            }
        )
    return rows


def _turned_by(names: tuple[str, ...], moved: FloatArray, turned: BoolArray) -> str:
    """The variant that turns the verdict, else the one that moves the total most; nodes before mixtures."""
    named = np.array([name != "" for name in names], dtype=bool)
    candidates = turned if turned.any() else moved > 10.0**-_ALIKE
    if (candidates & named).any():
        candidates = candidates & named
    return names[int(np.argmax(np.where(candidates, moved, -1.0)))] if candidates.any() else ""


def _sampling_rows(scored: Scored, ranking: pd.DataFrame, context: _Context) -> list[dict[str, Any]]:
    """What the sampling error leaves open, as it is printed."""
    draws = scored.total_by_area_draw
    same_side = context.side(draws.T) == context.side(context.base)
    sets = _rank_sets(ranking)
    printed = context.totals
    rows = []
    for at, area in enumerate(scored.leaves.areas):
        low, high = sets.get(area.code, (0, 0)) if context.place[at] else (0, 0)
        rows.append(
            _key(scored, at, Scenario.SAMPLING, context)
            | {
                "variants": draws.shape[1],
                "total_low": float(printed["low"].get(area.code, np.nan)),
                "total_high": float(printed["high"].get(area.code, np.nan)),
                "rank_low": low,
                "rank_high": high,
                "verdict_share": np.nan
                if np.isnan(context.target[at]) or not draws.shape[1]
                else float(same_side[:, at].mean()),
                "fragile": False,
                "turned_by": "",
            }
        )
    return rows


def _rank_sets(ranking: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Joint sets of places of the totals: over common leaves where the plain ones are not all comparable."""
    for kind in ("common", "total"):
        chosen = ranking[ranking["kind"] == kind]
        if not chosen.empty:
            sets = zip(chosen["rank_low"], chosen["rank_high"], strict=True)
            return dict(zip(chosen["area_code"], ((int(low), int(high)) for low, high in sets), strict=True))
    return {}


def _key(scored: Scored, at: int, scenario: Scenario, context: _Context) -> dict[str, Any]:
    area = scored.leaves.areas[at]
    return {
        "wave": context.wave,
        "area_level": str(area.level),
        "area_code": area.code,
        "area_name": area.name,
        "scenario": str(scenario),
        "verdict": str(context.totals["verdict"].get(area.code, "")),
    }

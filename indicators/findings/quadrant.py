"""Importance–performance quadrants (M11): the importance matrix of GB/T 19038, with what is sure of it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from indicators.columns import QUADRANT_COLUMNS, empty_frame
from indicators.findings.importance import DerivedImportance
from indicators.findings.weakness import checked_below
from indicators.framework import Direction, Indicator, Method, Scoring
from indicators.scores.leaf import NORMAL_95
from indicators.scores.scored import Scored
from indicators.status import NodeStatus
from surveys.questionnaire import Measure, Unit
from surveys.sample import FloatArray
from surveys.variance import BoolArray
from surveys.wave import Wave

STABLE_FROM = 0.8
"""Share of draws in the same quadrant from which a point is labelled."""
SAME = 1e-9
"""A value computed as its target reaches it, and equal importances are equal, whatever the last bit says."""
DRAWN_AT_A_TIME = 4_000_000


class Quadrant(StrEnum):
    """Where a point lies; no name says what to do first, nor why."""

    REPAIR = "repair"  # 修补区: important, below the target
    STRENGTH = "strength"  # 优势区: important, target reached
    CHANCE = "chance"  # 机会区: less important, below the target
    MAINTAIN = "maintain"  # 维持区: less important, target reached


class ImportanceKind(StrEnum):
    """What an importance is made of."""

    DECLARED = "declared"  # effective points of the leaf
    DERIVED = "derived"  # Shapley share of R² of the overall judgement


def quadrant(
    scored: Scored | None,
    scores: pd.DataFrame,
    rates: pd.DataFrame,
    wave: Wave,
    importance: DerivedImportance | None = None,
) -> pd.DataFrame:
    """Every measured leaf with a target, by performance and importance (`QUADRANT_COLUMNS`).

    Parameters
    ----------
    scored, scores
        None or empty without a framework. What `scores` withholds is not drawn.
    rates
        `RATES_COLUMNS`: performance of the measures of `importance`.
    importance
        Derived importance; None: declared points alone.

    Notes
    -----
    M11. The crosshair stands at the target (gap 0) and at the mean importance of the points of the same area
    and kind. The gap is (value − target)/range of the scale, turned where less is better. A point is labelled
    where it stays in its quadrant with a probability of at least `STABLE_FROM`: by draws of the leaf's value
    (M9), for observations by their binomial P(below the target), the one of the findings, and by draws of a
    derived importance from its own error, taken as independent of the value's. Declared points and their
    mean are known. Values on a scale whose ends nobody wrote down have no gap and are left out.
    """
    parts = []
    if scored is not None and not scores.empty:
        parts.append(_declared(scored, scores, wave))
    if importance is not None:
        parts.append(_derived(importance, rates, wave))
    known = [part for part in parts if not part.empty]
    if not known:
        return empty_frame(QUADRANT_COLUMNS)
    table = pd.concat(known, ignore_index=True)
    place = {area.code: at for at, area in enumerate(wave.areas.areas)}
    district = table["area_code"] == wave.areas.district.code
    order = table["area_code"].map(place).where(~district, -1)
    ordered = table.assign(_order=order).sort_values("_order", kind="stable")
    return ordered[list(QUADRANT_COLUMNS)].astype(QUADRANT_COLUMNS).reset_index(drop=True)


def _declared(scored: Scored, scores: pd.DataFrame, wave: Wave) -> pd.DataFrame:
    leaves = scored.leaves
    points, shown = _points(scored, scores)
    width = np.array(
        [_width(leaf, unit, wave) for leaf, unit in zip(leaves.leaves, leaves.unit, strict=True)]
    )
    sign = np.array([-1.0 if leaf.direction is Direction.DOWN else 1.0 for leaf in leaves.leaves])
    chosen = shown & leaves.measured & ~np.isnan(leaves.target) & ~np.isnan(width)
    gap = sign * (leaves.value - leaves.target) / width
    ends = np.stack([sign * (end - leaves.target) / width for end in (leaves.low, leaves.high)])
    counted = chosen.sum(axis=1)
    mean = np.where(chosen, points, 0.0).sum(axis=1) / np.maximum(counted, 1)
    mark = np.broadcast_to(mean[:, np.newaxis], points.shape)
    stability = _stays(scored, sign, gap, ends)
    area, leaf = np.nonzero(chosen)
    areas = [leaves.areas[at] for at in area]
    named = [leaves.leaves[at] for at in leaf]
    return _table(
        {
            "wave": wave.id,
            "area_level": [str(each.level) for each in areas],
            "area_code": [each.code for each in areas],
            "area_name": [each.name for each in areas],
            "node": [each.code for each in named],
            "node_name": [each.name for each in named],
            "method": [str(each.method) for each in named],
            "importance_kind": str(ImportanceKind.DECLARED),
            "importance": points[chosen],
            "importance_low": np.nan,
            "importance_high": np.nan,
            "importance_mark": mark[chosen],
            "value": leaves.value[chosen],
            "low": leaves.low[chosen],
            "high": leaves.high[chosen],
            "unit": [str(leaves.unit[at]) for at in leaf],
            "target": leaves.target[chosen],
            "gap": gap[chosen],
            "gap_low": ends.min(axis=0)[chosen],
            "gap_high": ends.max(axis=0)[chosen],
            "stability": stability[chosen],
            "n": leaves.n[chosen],
        }
    )


def _points(scored: Scored, scores: pd.DataFrame) -> tuple[FloatArray, BoolArray]:
    """Effective points of every leaf, and which leaves the table of scores shows; shape (areas, leaves)."""
    leaves = scored.leaves
    rows = scores[scores["node"].isin(list(leaves.column_of_leaf))]
    rows = rows[(rows["status"] == str(NodeStatus.MEASURED)) & rows["value"].notna()]
    at = (
        rows["area_code"].map(leaves.row_of_area).to_numpy(),
        rows["node"].map(leaves.column_of_leaf).to_numpy(),
    )
    points, shown = np.zeros(leaves.value.shape), np.zeros(leaves.value.shape, dtype=bool)
    points[at] = rows["effective_points"].to_numpy(dtype=np.float64)
    shown[at] = True
    return points, shown


def _stays(scored: Scored, sign: FloatArray, gap: FloatArray, ends: FloatArray) -> FloatArray:
    """P(true value on the same side of the target as the estimate), shape (areas, leaves)."""
    leaves = scored.leaves
    seen = np.array([leaf.method is Method.OBSERVATION for leaf in leaves.leaves], dtype=bool)
    binomial_n = np.where(seen, leaves.effective_n, np.nan)
    # Two or three sites make no normal distribution (M12): what findings say of the leaf is said here too.
    probability_below = checked_below(leaves.value, leaves.target, binomial_n)
    probability_below = np.where(sign < 0, 1.0 - probability_below, probability_below)
    of_seen = np.where(gap < -SAME, probability_below, 1.0 - probability_below)
    drawn = _drawn_to_stay(scored, sign, gap, ends)
    return np.asarray(np.where(np.isnan(binomial_n), drawn, of_seen), dtype=np.float64)


def _drawn_to_stay(scored: Scored, sign: FloatArray, gap: FloatArray, ends: FloatArray) -> FloatArray:
    """Share of the drawn values on the same side of the target as the value, shape (areas, leaves)."""
    leaves, draws = scored.leaves, scored.settings.draws
    below = gap < -SAME
    if draws == 0:
        error = np.abs(ends[1] - ends[0]) / (2 * NORMAL_95)
        spread = error > 0
        surely = special.ndtr(np.abs(gap) / np.where(spread, error, 1.0))
        return np.asarray(np.where(spread, surely, 1.0), dtype=np.float64)
    stays = np.empty(gap.shape)
    size = max(1, DRAWN_AT_A_TIME // max(1, draws * gap.shape[1]))
    for start in range(0, len(gap), size):
        rows = list(range(start, min(start + size, len(gap))))
        ahead = sign * (scored.value_draws(rows) - leaves.target[rows][:, np.newaxis, :])
        stays[rows] = ((ahead < -SAME) == below[rows][:, np.newaxis, :]).mean(axis=1)
    return stays


def _derived(importance: DerivedImportance, rates: pd.DataFrame, wave: Wave) -> pd.DataFrame:
    """Measures of the importance in every area: the district's importance, each area's own performance."""
    explained, scoring = importance.explained, wave.scoring
    measures = {measure.name: measure for measure in wave.measures}
    position = {name: at for at, name in enumerate(importance.measures)}
    codes = [wave.areas.district.code, *(area.code for area in wave.areas.subdistricts)]
    rows = rates[
        (rates["group"] == "") & rates["measure"].isin(list(position)) & rates["area_code"].isin(codes)
    ]
    width = rows["measure"].map(lambda name: _measure_width(measures[name], wave)).to_numpy(dtype=np.float64)
    known = rows["value"].notna() & rows["target"].notna() & ~np.isnan(width)
    rows, width = rows[known], width[known]
    if rows.empty:
        return empty_frame(QUADRANT_COLUMNS)
    at = rows["measure"].map(position).to_numpy(dtype=np.intp)
    important = explained.relative[at] >= importance.mark - SAME
    drawn = importance.draws(scoring.draws, scoring.seed)[:, at]
    same_row = ((drawn >= importance.mark - SAME) == important).mean(axis=0)
    value, target, low, high = (
        rows[name].to_numpy(dtype=np.float64) for name in ("value", "target", "low", "high")
    )
    gap = (value - target) / width
    return _table(
        {
            **{name: rows[name] for name in ("wave", "area_level", "area_code", "area_name")},
            "node": rows["measure"],
            "node_name": rows["measure_name"],
            "method": str(Method.QUESTIONNAIRE),
            "importance_kind": str(ImportanceKind.DERIVED),
            "importance": explained.relative[at],
            "importance_low": explained.low[at],
            "importance_high": explained.high[at],
            "importance_mark": importance.mark,
            **{name: rows[name] for name in ("value", "low", "high", "unit", "target", "n")},
            "gap": gap,
            "gap_low": (low - target) / width,
            "gap_high": (high - target) / width,
            "stability": same_row * _same_side(rows, gap < -SAME),
        }
    )


def _same_side(rows: pd.DataFrame, below: BoolArray) -> FloatArray:
    """Share of draws (M9) on the side of the target where the estimate is, as their number grows."""
    share = (rows["unit"] == str(Unit.SHARE)).to_numpy()
    value, target, low, high, n = (
        rows[name].to_numpy(dtype=np.float64) for name in ("value", "target", "low", "high", "effective_n")
    )
    part, mark = np.where(share, value, 0.5), np.where(share, target, 0.5)
    angle = np.arcsin(np.sqrt((part * n + 0.375) / (n + 0.75)))
    of_shares = (np.arcsin(np.sqrt(mark)) - angle) * np.sqrt(4 * n + 2)
    error = (high - low) / (2 * NORMAL_95)
    spread = error > 0
    certain = np.where(value < target, np.inf, -np.inf)
    of_means = np.where(spread, (target - value) / np.where(spread, error, 1.0), certain)
    probability_below = special.ndtr(np.where(share, of_shares, of_means))
    return np.asarray(np.where(below, probability_below, 1.0 - probability_below), dtype=np.float64)


def _table(columns: Mapping[str, Any]) -> pd.DataFrame:
    """Rows with their quadrants."""
    table = pd.DataFrame(columns).reset_index(drop=True)
    important = table["importance"] >= table["importance_mark"] - SAME
    below = table["gap"] < -SAME
    places = np.select(
        [important & below, important, below],
        [str(Quadrant.REPAIR), str(Quadrant.STRENGTH), str(Quadrant.CHANCE)],
        str(Quadrant.MAINTAIN),
    )
    return table.assign(
        quadrant=[str(each) for each in places],
        labelled=table["stability"] >= STABLE_FROM,
    )


def _width(leaf: Indicator, unit: Unit, wave: Wave) -> float:
    """Range of a leaf's scale; NaN where its ends are not known."""
    if unit is not Unit.SCALE:
        return 1.0 if unit is Unit.SHARE else 100.0
    measure = next((each for each in wave.measures if each.name == leaf.source), None)
    width = np.nan if measure is None else _measure_width(measure, wave)
    linear = leaf.scoring is Scoring.LINEAR
    return leaf.high - leaf.low if np.isnan(width) and linear else width


def _measure_width(measure: Measure, wave: Wave) -> float:
    match measure.kind.unit:
        case Unit.SHARE:
            return 1.0
        case Unit.POINTS:
            return 100.0
        case Unit.SCALE:
            asked = [q for q in wave.questions_of(measure.questionnaire) if q.name in measure.questions]
            scored = [a.score for q in asked if q.scale for a in q.scale.answers if a.score is not None]
            return max(scored) - min(scored) if scored and max(scored) > min(scored) else np.nan

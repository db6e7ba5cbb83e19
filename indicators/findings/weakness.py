"""Weak indicators (M11): what lies below its target, how sure that is, what it costs and who answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from indicators.columns import FINDINGS_COLUMNS, empty_frame
from indicators.findings.trend import NO_TREND, Trend, trends_of
from indicators.framework import Direction, Framework, Indicator, Method, Scoring
from indicators.scores.leaf import NORMAL_95
from indicators.status import NodeStatus, WeaknessClass
from indicators.unit import ResponsibleUnit
from indicators.value_function import leaf_score
from surveys.questionnaire import Unit
from surveys.sample import FloatArray
from surveys.verdict import Verdict, probability_share_below
from surveys.wave import Wave

LIKELY_FROM = 0.5
"""P(below the target) from which an undetermined leaf with points to recover is called likely weak."""

_ORDER = {WeaknessClass.CONFIRMED: 0, WeaknessClass.LIKELY: 1, WeaknessClass.REST: 2}


@dataclass(frozen=True)
class Limits:
    """Values of one leaf in several areas: 95 % limits on its own scale, and P(worse than the target)."""

    low: FloatArray
    high: FloatArray
    probability_below: FloatArray


def find_weak(
    framework: Framework | None,
    wave: Wave,
    scores: pd.DataFrame,
    rates: pd.DataFrame,
    units: Mapping[str, ResponsibleUnit],
    changes: pd.DataFrame | None = None,
    score_changes: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Measured leaves with a target of the district and all subdistricts, weakest first (`FINDINGS_COLUMNS`).

    Parameters
    ----------
    scores
        `SCORES_COLUMNS` of `indicators.scores.scoring.score`.
    rates
        `RATES_COLUMNS`: limits of questionnaire leaves on their own scale.
    changes, score_changes
        `CHANGE_COLUMNS` and `SCORE_CHANGES_COLUMNS`; None without a previous wave.

    Notes
    -----
    M11. Order within an area: class (confirmed below the target > undetermined with P(below) ≥ ½ and points
    to recover > the rest, those that reach their target among them), then recoverable points
    W[s(t) − s(v)]₊; the loss that is confirmed, W[s(t) − s(high)]₊, stands beside it. Ties keep the order of
    the sheet. Without points to recover a leaf is not likely weak whatever P(below): one good site is no
    weakness. Inner nodes are never findings: whoever reads one could not tell what to do.
    """
    if framework is None or scores.empty:
        return empty_frame(FINDINGS_COLUMNS)
    shown = scores[(scores["status"] == str(NodeStatus.MEASURED)) & scores["target"].notna()]
    rows_of_leaf = dict(iter(shown.groupby("node", sort=False)))
    rates_of_measure = dict(iter(rates[rates["group"] == ""].groupby("measure", sort=False)))
    nothing, trends = rates.iloc[:0], trends_of(framework, changes, score_changes)
    found = [
        _of_leaf(framework, leaf, rows, rates_of_measure.get(leaf.source, nothing), units, trends)
        for leaf in framework.leaves
        if (rows := rows_of_leaf.get(leaf.code)) is not None
    ]
    if not found:
        return empty_frame(FINDINGS_COLUMNS)
    return _ranked(pd.concat(found, ignore_index=True), wave)


def _of_leaf(
    framework: Framework,
    leaf: Indicator,
    rows: pd.DataFrame,
    rates: pd.DataFrame,
    units: Mapping[str, ResponsibleUnit],
    trends: Mapping[tuple[str, str], Trend],
) -> pd.DataFrame:
    """One leaf in all areas where it was measured; `rates` are those of its measure."""
    value, target, points = (
        rows[name].to_numpy(dtype=np.float64) for name in ("value", "target", "effective_points")
    )
    limits = _limits(leaf, rows, rates)
    best = limits.low if leaf.direction is Direction.DOWN else limits.high
    at_target, at_value, at_best = (leaf_score(leaf, each, framework.steps) for each in (target, value, best))
    recoverable = points * np.maximum(0.0, at_target - at_value)
    kind = _classes(rows["verdict"], limits.probability_below, recoverable)
    trend = [trends.get((code, leaf.code), NO_TREND) for code in rows["area_code"]]
    return pd.DataFrame(
        {
            "area_level": rows["area_level"],
            "area_code": rows["area_code"],
            "area_name": rows["area_name"],
            "node": leaf.code,
            "node_name": leaf.name,
            "text": leaf.text,
            "method": str(leaf.method),
            "class": kind,
            "value": value,
            "low": limits.low,
            "high": limits.high,
            "unit": rows["unit"],
            "target": target,
            "n": rows["n"],
            "points": points,
            "points_lost": points - rows["points_earned"],
            "points_recoverable": recoverable,
            "points_confirmed_loss": points * np.fmax(0.0, at_target - at_best),
            "probability_below": limits.probability_below,
            "verdict": rows["verdict"],
            "previous_value": [each.previous for each in trend],
            "change": [each.change for each in trend],
            "change_low": [each.low for each in trend],
            "change_high": [each.high for each in trend],
            "change_verdict": [each.verdict for each in trend],
            "lead_unit": leaf.lead_unit,
            "lead_unit_name": name_of(leaf.lead_unit, units),
            "supporting_units": "、".join(name_of(code, units) for code in leaf.supporting_units),
            "group": name_of(leaf.group, units),
            "task_force": name_of(leaf.task_force, units),
            "tags": "、".join(leaf.tags),
        }
    )


def _classes(verdict: pd.Series, probability_below: FloatArray, recoverable: FloatArray) -> list[str]:
    more_likely = (probability_below >= LIKELY_FROM) & (recoverable > 0)
    likely = (verdict == str(Verdict.UNDETERMINED)) & more_likely
    other = np.where(likely, str(WeaknessClass.LIKELY), str(WeaknessClass.REST))
    return [str(each) for each in np.where(verdict == str(Verdict.FAIL), str(WeaknessClass.CONFIRMED), other)]


def _limits(leaf: Indicator, rows: pd.DataFrame, rates: pd.DataFrame) -> Limits:
    """Limits on the value's own scale: the rate's for a questionnaire, the score's own for other methods."""
    value, target, points, low, high, effective_n = (
        rows[name].to_numpy(dtype=np.float64)
        for name in ("value", "target", "effective_points", "low", "high", "effective_n")
    )
    low, high = low / points, high / points
    if leaf.method is not Method.QUESTIONNAIRE:
        below = checked_below(value, target, effective_n)
    else:
        rate = rates.set_index("area_code").reindex(rows["area_code"])
        of_rate = {
            name: rate[name].to_numpy(dtype=np.float64)
            for name in ("value", "low", "high", "target", "probability_below", "standard_error")
        }
        # A value carried from an earlier wave has no rate here: its score's limits tell its own.
        own = ~np.isnan(of_rate["value"])
        carried = _values_of_scores(leaf, low, high)
        low, high = np.where(own, of_rate["low"], carried[0]), np.where(own, of_rate["high"], carried[1])
        error = np.where(own, of_rate["standard_error"], (high - low) / (2 * NORMAL_95))
        worked = _rate_below(value, target, Unit(rows["unit"].iloc[0]), effective_n, error)
        same = own & (of_rate["target"] == target) & np.isfinite(of_rate["probability_below"])
        below = np.where(same, of_rate["probability_below"], worked)
    return Limits(low, high, 1.0 - below if leaf.direction is Direction.DOWN else below)


def _values_of_scores(leaf: Indicator, low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Limits of a linear score turned back into values, inside the goalposts; NaN for steps."""
    if leaf.scoring is not Scoring.LINEAR:
        return np.full_like(low, np.nan), np.full_like(high, np.nan)
    width = leaf.high - leaf.low
    if leaf.direction is Direction.DOWN:
        return leaf.high - width * high, leaf.high - width * low
    return leaf.low + width * low, leaf.low + width * high


def _rate_below(
    value: FloatArray, target: FloatArray, unit: Unit, effective_n: FloatArray, error: FloatArray
) -> FloatArray:
    """P(true value < target) where the framework's target is not the measure's.

    Shares on the arcsine scale of M9 with n_e; means by the normal distribution.
    """
    if unit is Unit.SHARE:
        centre = np.arcsin(np.sqrt((value * effective_n + 0.375) / (effective_n + 0.75)))
        mark = np.clip((target * effective_n + 0.375) / (effective_n + 0.75), 0.0, 1.0)
        distance = (np.arcsin(np.sqrt(mark)) - centre) * np.sqrt(4 * effective_n + 2)
        return np.asarray(special.ndtr(distance), dtype=np.float64)
    spread = error > 0
    distance = (target - value) / np.where(spread, error, 1.0)
    # Certain where all answers are alike, NaN where the error is not known.
    certain = np.where(np.isnan(error), np.nan, (value < target).astype(np.float64))
    return np.asarray(np.where(spread, special.ndtr(distance), certain), dtype=np.float64)


def checked_below(value: FloatArray, target: FloatArray, binomial_n: FloatArray) -> FloatArray:
    """P(true value < target) from the sites seen (M6 on N of M12); certain where nothing was sampled.

    Parameters
    ----------
    value, target
        Shares in [0, 1]; shapes broadcast.
    binomial_n
        N of M12; NaN where nothing was sampled, as in documents.
    """
    sampled = ~np.isnan(binomial_n)
    drawn = probability_share_below(value, np.where(sampled, binomial_n, 1.0), target)
    return np.asarray(np.where(sampled, drawn, value < target), dtype=np.float64)


def name_of(code: str, units: Mapping[str, ResponsibleUnit]) -> str:
    """Name of a unit; without a table of units the sheet's own words."""
    unit = units.get(code)
    return code if unit is None else unit.name


def _ranked(found: pd.DataFrame, wave: Wave) -> pd.DataFrame:
    area_order = {area.code: at for at, area in enumerate((wave.areas.district, *wave.areas.subdistricts))}
    keyed = found.assign(
        _area=found["area_code"].map(area_order),
        _class=[_ORDER[WeaknessClass(kind)] for kind in found["class"]],
        _recoverable=-found["points_recoverable"].round(12),
    )
    ordered = keyed.sort_values(["_area", "_class", "_recoverable"], kind="stable")
    ranked = ordered.assign(rank=ordered.groupby("_area").cumcount() + 1)
    return ranked[list(FINDINGS_COLUMNS)].astype(FINDINGS_COLUMNS).reset_index(drop=True)

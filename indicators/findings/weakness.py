"""Weak indicators (M11): what lies below its target, how sure that is, what it costs and who answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from indicators.columns import FINDINGS_COLUMNS, empty_frame
from indicators.framework import Direction, Framework, Indicator, Method
from indicators.status import NodeStatus, WeaknessClass
from indicators.unit import ResponsibleUnit
from indicators.value_function import leaf_score
from surveys.questionnaire import Unit
from surveys.table import records_of
from surveys.verdict import Verdict, probability_share_below
from surveys.wave import Wave

LIKELY_FROM = 0.5
"""P(below the target) from which an undetermined leaf is called likely weak."""

_ORDER = {WeaknessClass.CONFIRMED: 0, WeaknessClass.LIKELY: 1, WeaknessClass.REST: 2}


@dataclass(frozen=True, slots=True)
class Limits:
    """Value of a leaf with its 95 % limits on its own scale, and P(worse than the target)."""

    low: float
    high: float
    probability_below: float


def find_weak(
    framework: Framework | None,
    wave: Wave,
    scores: pd.DataFrame,
    rates: pd.DataFrame,
    units: Mapping[str, ResponsibleUnit],
) -> pd.DataFrame:
    """Weak indicators of the district and of every subdistrict (`FINDINGS_COLUMNS`).

    Parameters
    ----------
    scores
        `SCORES_COLUMNS` of `indicators.scores.scoring.score`.
    rates
        `RATES_COLUMNS`: limits of questionnaire leaves on their own scale.

    Notes
    -----
    M11. Order within an area: class (confirmed below the target > undetermined with P(below) ≥ ½ > the
    rest), then recoverable points W[s(t) − s(v)]₊; the loss that is confirmed, W[s(t) − s(high)]₊, stands
    beside it. Ties keep the order of the sheet. Leaves with a target that were measured are looked at;
    unless confirmed, only those with something to recover are kept: one good site is no weakness.
    """
    if framework is None or scores.empty:
        return empty_frame(FINDINGS_COLUMNS)
    leaf_of = {leaf.code: leaf for leaf in framework.leaves}
    shown = scores[
        scores["node"].isin(list(leaf_of))
        & (scores["status"] == str(NodeStatus.MEASURED))
        & scores["target"].notna()
    ]
    rate_of = {(r["area_code"], r["measure"]): r for r in records_of(rates[rates["group"] == ""])}
    found = [_finding(framework, leaf_of[row["node"]], row, rate_of, units) for row in records_of(shown)]
    kept = [row for row in found if row["class"] == WeaknessClass.CONFIRMED or row["points_recoverable"] > 0]
    if not kept:
        return empty_frame(FINDINGS_COLUMNS)
    return _ranked(pd.DataFrame(kept), wave)


def _finding(
    framework: Framework,
    leaf: Indicator,
    row: Mapping[str, Any],
    rate_of: Mapping[tuple[str, str], Mapping[str, Any]],
    units: Mapping[str, ResponsibleUnit],
) -> dict[str, Any]:
    value, target, points = float(row["value"]), float(row["target"]), float(row["effective_points"])
    limits = _limits(leaf, row, rate_of.get((row["area_code"], leaf.source)))
    best = limits.low if leaf.direction is Direction.DOWN else limits.high
    at_target, at_value, at_best = leaf_score(leaf, np.array([target, value, best]), framework.steps)
    return {
        "area_level": row["area_level"],
        "area_code": row["area_code"],
        "area_name": row["area_name"],
        "node": leaf.code,
        "node_name": leaf.name,
        "text": leaf.text,
        "method": str(leaf.method),
        "class": _class_of(str(row["verdict"]), limits.probability_below),
        "value": value,
        "low": limits.low,
        "high": limits.high,
        "unit": row["unit"],
        "target": target,
        "n": row["n"],
        "points": points,
        "points_lost": points - float(row["points_earned"]),
        "points_recoverable": points * max(0.0, float(at_target - at_value)),
        "points_confirmed_loss": points * float(np.fmax(0.0, at_target - at_best)),
        "probability_below": limits.probability_below,
        "verdict": row["verdict"],
        "previous_value": np.nan,
        "change": np.nan,
        "change_low": np.nan,
        "change_high": np.nan,
        "change_verdict": "",
        "lead_unit": leaf.lead_unit,
        "lead_unit_name": _name_of(leaf.lead_unit, units),
        "supporting_units": "、".join(_name_of(code, units) for code in leaf.supporting_units),
        "group": _name_of(leaf.group, units),
        "task_force": _name_of(leaf.task_force, units),
        "tags": "、".join(leaf.tags),
    }


def _class_of(verdict: str, probability_below: float) -> WeaknessClass:
    if verdict == Verdict.FAIL:
        return WeaknessClass.CONFIRMED
    if verdict == Verdict.UNDETERMINED and probability_below >= LIKELY_FROM:
        return WeaknessClass.LIKELY
    return WeaknessClass.REST


def _limits(leaf: Indicator, row: Mapping[str, Any], rate: Mapping[str, Any] | None) -> Limits:
    """Limits on the value's own scale: the rate's for a questionnaire, the score's own for other methods."""
    value, target = float(row["value"]), float(row["target"])
    if leaf.method is not Method.QUESTIONNAIRE or rate is None:
        points = float(row["effective_points"])
        low, high = float(row["low"]) / points, float(row["high"]) / points
        below = _checked_below(value, target, float(row["effective_n"]))
    else:
        low, high = float(rate["low"]), float(rate["high"])
        below = float(rate["probability_below"])
        if not (float(rate["target"]) == target and np.isfinite(below)):
            below = _rate_below(value, target, rate)
    return Limits(low, high, 1.0 - below if leaf.direction is Direction.DOWN else below)


def _rate_below(value: float, target: float, rate: Mapping[str, Any]) -> float:
    """P(true value < target) where the framework's target is not the measure's.

    Shares on the arcsine scale of M9 with n_e; means by the normal distribution.
    """
    if rate["unit"] == Unit.SHARE:
        n = float(rate["effective_n"])
        centre = np.arcsin(np.sqrt((value * n + 0.375) / (n + 0.75)))
        mark = np.arcsin(np.sqrt(np.clip((target * n + 0.375) / (n + 0.75), 0.0, 1.0)))
        return float(special.ndtr((mark - centre) * np.sqrt(4 * n + 2)))
    return _normal_below(value, target, float(rate["standard_error"]))


def _checked_below(value: float, target: float, binomial_n: float) -> float:
    """P(true value < target) from the sites seen (M6 on N of M12); certain where nothing was sampled."""
    if np.isnan(binomial_n):
        return float(value < target)
    return float(probability_share_below(np.array(value), np.array(binomial_n), np.array(target)))


def _normal_below(value: float, target: float, standard_error: float) -> float:
    """P(true value < target); certain where nothing was sampled, NaN where the error is not known."""
    if standard_error == 0:
        return float(value < target)
    return float(special.ndtr((target - value) / standard_error))


def _name_of(code: str, units: Mapping[str, ResponsibleUnit]) -> str:
    """Name of a unit; without a table of units the sheet's own words."""
    unit = units.get(code)
    return code if unit is None else unit.name


def _ranked(found: pd.DataFrame, wave: Wave) -> pd.DataFrame:
    area_order = {area.code: at for at, area in enumerate((wave.areas.district, *wave.areas.subdistricts))}
    keyed = found.assign(
        _area=found["area_code"].map(area_order),
        _class=[_ORDER[row] for row in found["class"]],
        _recoverable=-found["points_recoverable"].round(12),
    )
    ordered = keyed.sort_values(["_area", "_class", "_recoverable"], kind="stable")
    ranked = ordered.assign(rank=ordered.groupby("_area").cumcount() + 1)
    ranked["class"] = [str(row) for row in ranked["class"]]
    return ranked[list(FINDINGS_COLUMNS)].astype(FINDINGS_COLUMNS).reset_index(drop=True)

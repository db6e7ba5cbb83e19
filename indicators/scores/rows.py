"""One area's tree as rows of the scores: headline, bounds, coverage, intervals, verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from indicators.columns import TOTAL_NODE
from indicators.framework import Direction, Framework, Indicator, Missing
from indicators.scores.leaf import NORMAL_95, AreaLeaves, LeafValue
from indicators.scores.tree import BoolArray, Tree, effective_points, node_scores
from indicators.scores.uncertainty import DrawSettings, node_errors, root_mean_square_error
from indicators.status import NodeStatus, ScoreFlag
from indicators.value_function import leaf_score
from surveys.sample import FloatArray
from surveys.verdict import Verdict, verdict_of

TOTAL_NAME = "总分"


@dataclass(frozen=True)
class AreaScores:
    """Numbers of every node of one area, as shares of the points unless said otherwise; shape (nodes,).

    Parameters
    ----------
    score, low, high
        Headline and its 95 % limits, before deductions.
    points
        Effective points.
    standard_error, root_mean_square_error
        In shares of the points.
    bound_low, bound_high
        Everything not collected (or withheld) at 0 and at full.
    coverage
        Share of the declared points that was measured.
    """

    score: FloatArray
    low: FloatArray
    high: FloatArray
    points: FloatArray
    standard_error: FloatArray
    bound_low: FloatArray
    bound_high: FloatArray
    coverage: FloatArray


def score_rows(
    wave: str,
    framework: Framework,
    tree: Tree,
    area: AreaLeaves,
    correlation: pd.DataFrame,
    deductions: pd.DataFrame,
    settings: DrawSettings,
) -> list[Mapping[str, Any]]:
    """Rows of `SCORES_COLUMNS` of one area: the total, then every node in the order of the sheet."""
    numbers = area_scores(framework, tree, area, correlation, settings)
    blank: dict[str, Any] = {
        "wave": wave,
        "area_level": str(area.area.level),
        "area_code": area.area.code,
        "area_name": area.area.name,
        "method": "",
        "value": np.nan,
        "unit": "",
        "target": np.nan,
        "verdict": "",
        "n": 0,
        "effective_n": np.nan,
        "degrees_of_freedom": np.nan,
        "bootstrap_error": np.nan,
        "root_mean_square_error": np.nan,
        "deducted": 0.0,
        "pass_probability": np.nan,
        "carried_from": "",
        "lead_unit": "",
        "flag": "",
    }
    statuses = _statuses(tree, area)
    rows: list[Mapping[str, Any]] = [blank | _total_row(tree, numbers, deductions, statuses[0])]
    for node, indicator in enumerate(tree.indicators, 1):
        row = blank | _node_row(tree, node, indicator, numbers, statuses[node])
        leaf = tree.leaf_of_node[node]
        if leaf >= 0:
            row |= _leaf_columns(indicator, area.leaves[leaf])
        rows.append(row)
    return rows


def area_scores(
    framework: Framework, tree: Tree, area: AreaLeaves, correlation: pd.DataFrame, settings: DrawSettings
) -> AreaScores:
    """Headline, error, bounds and coverage of every node of one area."""
    leaves, steps = framework.leaves, framework.steps
    measured = area.has_status(NodeStatus.MEASURED)
    zero = _counts_as_zero(leaves, area)
    score_by_leaf = np.zeros(len(leaves))
    for at in np.flatnonzero(measured):
        score_by_leaf[at] = leaf_score(leaves[at], np.asarray(area.leaves[at].value), steps)
    available = measured | zero
    score = np.clip(node_scores(tree, score_by_leaf, available), 0.0, 1.0)  # a mean may miss 1 by a last bit
    errors = node_errors(tree, area, leaves, steps, score_by_leaf, available, correlation, settings)
    half = NORMAL_95 * root_mean_square_error(errors.scores_by_draw, score)
    low, high = np.clip(score - half, 0.0, 1.0), np.clip(score + half, 0.0, 1.0)
    _single_leaf_limits(framework, tree, area, available, low, high)
    low, high = np.minimum(low, score), np.maximum(high, score)  # a geometric floor may lift the score itself
    missing = ~measured & ~area.has_status(NodeStatus.NOT_APPLICABLE)
    ignorable = np.array([leaf.missing is Missing.RENORMALISE for leaf in leaves], dtype=bool)
    bounded = measured | (missing & ~ignorable)
    floor, ceiling = np.where(missing, 0.0, score_by_leaf), np.where(missing, 1.0, score_by_leaf)
    return AreaScores(
        score=score,
        low=low,
        high=high,
        points=effective_points(tree, available),
        standard_error=errors.standard_error,
        bound_low=np.clip(node_scores(tree, floor, bounded), 0.0, 1.0),
        bound_high=np.clip(node_scores(tree, ceiling, bounded), 0.0, 1.0),
        coverage=_coverage(tree, measured, missing),
    )


def leaf_limits(leaf: Indicator, found: LeafValue, framework: Framework) -> tuple[float, float]:
    """Limits of a leaf's score: those of its value, transformed (M9: one leaf alone)."""
    ends = leaf_score(leaf, np.array([found.low, found.high]), framework.steps)
    return float(ends.min()), float(ends.max())


def judge(low: float, high: float, target: float, direction: Direction) -> str:
    """Verdict of limits against a target on the same scale; "" without a target.

    Where less is better, an estimate passes when it lies surely at or below the target.
    """
    if np.isnan(target):
        return ""
    if direction is Direction.DOWN:
        low, high, target = -high, -low, -target
    return str(verdict_of(low, high, target))


def _counts_as_zero(leaves: tuple[Indicator, ...], area: AreaLeaves) -> BoolArray:
    """Leaves that were not collected and of which the framework says that this is a zero."""
    zero = np.array([leaf.missing is Missing.ZERO for leaf in leaves], dtype=bool)
    return np.asarray(zero & area.has_status(NodeStatus.NOT_COLLECTED), dtype=bool)


def _single_leaf_limits(
    framework: Framework,
    tree: Tree,
    area: AreaLeaves,
    available: BoolArray,
    low: FloatArray,
    high: FloatArray,
) -> None:
    """Put the transformed limits of its value where one measured leaf alone makes a node (M9)."""
    for node in range(tree.size):
        below = [leaf for leaf in tree.leaves_below(node) if available[leaf]]
        if len(below) == 1 and area.leaves[below[0]].status is NodeStatus.MEASURED:
            low[node], high[node] = leaf_limits(framework.leaves[below[0]], area.leaves[below[0]], framework)


def _coverage(tree: Tree, measured: BoolArray, missing: BoolArray) -> FloatArray:
    """Declared points of the measured leaves below each node over those of all that apply."""
    points_by_leaf = np.zeros(len(measured))
    for node, leaf in enumerate(tree.leaf_of_node):
        if leaf >= 0:
            points_by_leaf[leaf] = tree.points_by_node[node]
    coverage = np.full(tree.size, np.nan)
    for node in range(tree.size):
        below = list(tree.leaves_below(node))
        applying = points_by_leaf[below][measured[below] | missing[below]].sum()
        if applying > 0:
            coverage[node] = points_by_leaf[below][measured[below]].sum() / applying
    return coverage


def _statuses(tree: Tree, area: AreaLeaves) -> list[NodeStatus]:
    return [
        _status_of({area.leaves[leaf].status for leaf in tree.leaves_below(node)})
        for node in range(tree.size)
    ]


def _status_of(below: set[NodeStatus]) -> NodeStatus:
    """Status of a node from those of its leaves; what is not applicable does not matter beside others."""
    applying = below - {NodeStatus.NOT_APPLICABLE}
    if not applying:
        return NodeStatus.NOT_APPLICABLE
    if len(applying) == 1:
        return next(iter(applying))
    return NodeStatus.PARTLY if NodeStatus.MEASURED in applying else NodeStatus.NOT_COLLECTED


def _total_row(
    tree: Tree, numbers: AreaScores, deductions: pd.DataFrame, status: NodeStatus
) -> dict[str, Any]:
    """The total: 100 × the root's score minus deductions, not below 0."""
    lost = float(deductions["points"].sum()) if not deductions.empty else 0.0
    full = float(numbers.points[0])

    def after(share_by_node: FloatArray) -> float:
        return float(np.maximum(full * share_by_node[0] - lost, 0.0)) if full > 0 else np.nan

    flags = [str(ScoreFlag.RENORMALISED)] * (status is NodeStatus.PARTLY)
    flags += [str(ScoreFlag.VETO)] * bool((deductions["veto_grade"] != "").any())
    flags += [str(ScoreFlag.NO_ERROR_ESTIMATE)] * bool(full > 0 and np.isnan(numbers.standard_error[0]))
    return {
        "node": TOTAL_NODE,
        "node_name": TOTAL_NAME,
        "parent": "",
        "depth": 0,
        "points": float(tree.points_by_node[0]),
        "effective_points": full,
        "score_share": float(numbers.score[0]),
        "points_earned": after(numbers.score),
        "standard_error": full * float(numbers.standard_error[0]) if full > 0 else np.nan,
        "low": after(numbers.low),
        "high": after(numbers.high),
        "coverage": float(numbers.coverage[0]),
        "bound_low": after(numbers.bound_low),
        "bound_high": after(numbers.bound_high),
        "status": str(status),
        "flag": ";".join(flags),
    }


def _node_row(
    tree: Tree, node: int, indicator: Indicator, numbers: AreaScores, status: NodeStatus
) -> dict[str, Any]:
    points = float(numbers.points[node])
    scale = points if points > 0 else np.nan
    target = np.nan if indicator.target is None else indicator.target
    verdict = judge(float(numbers.low[node]), float(numbers.high[node]), target, Direction.UP)
    if verdict and points == 0:
        verdict = str(Verdict.UNDETERMINED if status is NodeStatus.WITHHELD else Verdict.NOT_MEASURED)
    partly = status is NodeStatus.PARTLY
    unknown = points > 0 and np.isnan(numbers.standard_error[node]) and indicator.method is None
    flags = [str(ScoreFlag.RENORMALISED)] * partly + [str(ScoreFlag.NO_ERROR_ESTIMATE)] * bool(unknown)
    return {
        "node": indicator.code,
        "node_name": indicator.name,
        "parent": indicator.parent,
        "depth": tree.depth_of_node[node],
        "method": "" if indicator.method is None else str(indicator.method),
        "points": indicator.points,
        "effective_points": points,
        "score_share": float(numbers.score[node]),
        "points_earned": float(scale * numbers.score[node]),
        "standard_error": float(scale * numbers.standard_error[node]),
        "low": float(scale * numbers.low[node]),
        "high": float(scale * numbers.high[node]),
        "coverage": float(numbers.coverage[node]),
        "bound_low": float(scale * numbers.bound_low[node]),
        "bound_high": float(scale * numbers.bound_high[node]),
        "status": str(status),
        "target": target,
        "verdict": verdict,
        "lead_unit": indicator.lead_unit,
        "flag": ";".join(flags),
    }


def _leaf_columns(indicator: Indicator, found: LeafValue) -> dict[str, Any]:
    """What a leaf's row has besides a node's: value, unit, n, and a verdict on the value's own scale."""
    flags = list(found.flags)
    if found.status is NodeStatus.NOT_COLLECTED and indicator.missing is Missing.ZERO:
        flags.append(str(ScoreFlag.MISSING_AS_ZERO))
    return {
        "value": found.value,
        "unit": str(found.unit),
        "n": found.n,
        "effective_n": found.effective_n,
        "target": found.target,
        "verdict": _leaf_verdict(indicator, found),
        "flag": ";".join(flags),
    }


def _leaf_verdict(indicator: Indicator, found: LeafValue) -> str:
    if np.isnan(found.target) or found.status is NodeStatus.NOT_APPLICABLE:
        return ""
    if found.status is NodeStatus.NOT_COLLECTED:
        return str(Verdict.NOT_MEASURED)
    if found.status is NodeStatus.WITHHELD:
        return str(Verdict.UNDETERMINED)
    if found.rate_verdict and indicator.direction is Direction.UP:
        return found.rate_verdict
    return judge(found.low, found.high, found.target, indicator.direction)

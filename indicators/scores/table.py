"""A scored tree as the tidy table of scores, built column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from indicators.columns import SCORES_COLUMNS, TOTAL_NODE
from indicators.framework import Direction
from indicators.scores.leaf import TextArray, joined_flags
from indicators.scores.linearised import degrees_of_freedom
from indicators.scores.node_limits import bounds, coverage, node_statuses, score_limits
from indicators.scores.scored import Scored, after_deductions
from indicators.scores.tree import BoolArray
from indicators.status import NodeStatus, ScoreFlag
from surveys.sample import FloatArray
from surveys.verdict import Verdict, verdicts_of

TOTAL_NAME = "总分"


def score_table(
    scored: Scored, vetoed: Sequence[str] = (), bootstrap_error_by_area_node: FloatArray | None = None
) -> pd.DataFrame:
    """One row for each area × node (`SCORES_COLUMNS`): the total, then the tree in the order of the sheet.

    Parameters
    ----------
    vetoed
        Codes of the areas whose grade a veto caps.
    bootstrap_error_by_area_node
        Standard errors of points earned by Rao–Wu replicates, shape (areas, nodes); None: not made.
    """
    shape = scored.share_by_area_node.shape
    bootstrap = (
        np.full(shape, np.nan) if bootstrap_error_by_area_node is None else bootstrap_error_by_area_node
    )
    numbers = _numbers(scored) | {"bootstrap_error": bootstrap}
    texts = _texts(scored, numbers, np.array([area.code in vetoed for area in scored.leaves.areas]))
    columns = {name: pd.Series(cells.ravel()) for name, cells in numbers.items()}
    columns |= {name: pd.Series(pd.array(cells.ravel(), dtype="str")) for name, cells in texts.items()}
    columns |= _labels(scored)
    kind_of: Mapping[str, Any] = SCORES_COLUMNS
    typed = {name: columns[name].astype(kind) for name, kind in kind_of.items()}
    return pd.DataFrame(typed, copy=False)  # column by column: one cast of the whole would copy it twice


def _numbers(scored: Scored) -> dict[str, np.ndarray]:
    """Columns of numbers, each (areas, nodes); node 0 is the total, after deductions."""
    leaves, tree = scored.leaves, scored.tree
    points = np.where(scored.points_by_area_node > 0, scored.points_by_area_node, np.nan)
    low, high = score_limits(scored)
    bound_low, bound_high = bounds(scored)

    def earned(share: FloatArray) -> FloatArray:
        result = points * share
        total = after_deductions(share[:, 0], scored.deducted_by_area)
        result[:, 0] = np.where(np.isnan(points[:, 0]), np.nan, total)
        return result

    def of_leaves(cells: np.ndarray, other: float) -> np.ndarray:
        result = np.full(points.shape, other, dtype=cells.dtype)
        result[:, list(tree.node_of_leaf)] = cells
        return result

    target = of_leaves(leaves.target, np.nan)
    targets = [np.nan if node.target is None else node.target for node in tree.indicators]
    inner = [at for at, leaf in enumerate(tree.leaf_of_node) if leaf < 0 and at > 0]
    target[:, inner] = np.array([np.nan, *targets])[inner]
    target[:, 0] = np.nan if scored.framework.target_points is None else scored.framework.target_points
    deducted = np.zeros(points.shape)
    deducted[:, 0] = scored.deducted_by_area
    local, slope = scored.local_slope_by_area_node, scored.score_slope_by_area_leaf
    return {
        "depth": np.broadcast_to(np.array(tree.depth_of_node), points.shape),
        "points": np.broadcast_to(tree.points_by_node, points.shape),
        "effective_points": scored.points_by_area_node,
        "value": of_leaves(leaves.value, np.nan),
        "score_share": scored.share_by_area_node,
        "points_earned": earned(scored.share_by_area_node),
        "standard_error": points * scored.standard_error_by_area_node,
        "degrees_of_freedom": degrees_of_freedom(tree, leaves, scored.available_by_area_leaf, slope, local),
        "root_mean_square_error": points * scored.root_mean_square_error_by_area_node,
        "low": earned(low),
        "high": earned(high),
        "coverage": coverage(scored),
        "bound_low": earned(bound_low),
        "bound_high": earned(bound_high),
        "deducted": deducted,
        "pass_probability": scored.pass_probability_by_area_node,
        "target": target,
        "n": of_leaves(leaves.n, 0),
        "effective_n": of_leaves(leaves.effective_n, np.nan),
    }


def _texts(scored: Scored, numbers: Mapping[str, np.ndarray], vetoed: BoolArray) -> dict[str, TextArray]:
    """Columns of texts that differ by area, each (areas, nodes)."""
    leaves, tree = scored.leaves, scored.tree
    status = node_statuses(scored)
    of_leaf = list(tree.node_of_leaf)
    verdict, flag = _node_verdicts(scored, numbers, status), _node_flags(scored, numbers, status)
    verdict[:, of_leaf] = _leaf_verdicts(scored)
    as_zero = scored.available_by_area_leaf & ~leaves.measured
    flag[:, of_leaf] = joined_flags(leaves.flag, _named(as_zero, ScoreFlag.MISSING_AS_ZERO))
    flag[:, 0] = joined_flags(flag[:, 0], _named(vetoed, ScoreFlag.VETO))
    carried_from = np.full(status.shape, "", dtype=object)
    carried_from[:, of_leaf] = leaves.carried_from
    return {"status": status, "verdict": verdict, "flag": flag, "carried_from": carried_from}


def _node_verdicts(scored: Scored, numbers: Mapping[str, np.ndarray], status: TextArray) -> TextArray:
    """Verdicts of the total (in points, after deductions) and of inner nodes (in shares of their points)."""
    scale = np.where(scored.points_by_area_node > 0, scored.points_by_area_node, np.nan)
    scale[:, 0] = 1.0  # the mark of the total is in points
    target = numbers["target"]
    verdict = verdicts_of(numbers["low"] / scale, numbers["high"] / scale, target)
    blank = np.where(status == NodeStatus.WITHHELD, Verdict.UNDETERMINED, Verdict.NOT_MEASURED)
    verdict = np.where(scored.points_by_area_node > 0, verdict, blank.astype(object))
    return np.where(np.isnan(target), "", verdict).astype(object)


def _leaf_verdicts(scored: Scored) -> TextArray:
    """Verdicts of leaves on the scale of their values; reversed where less is better."""
    leaves = scored.leaves
    down = np.array([leaf.direction is Direction.DOWN for leaf in leaves.leaves], dtype=bool)
    low, high = np.where(down, -leaves.high, leaves.low), np.where(down, -leaves.low, leaves.high)
    verdict = verdicts_of(low, high, np.where(down, -leaves.target, leaves.target))
    verdict = np.where((leaves.rate_verdict != "") & ~down, leaves.rate_verdict, verdict)
    for status, blank in (
        (NodeStatus.WITHHELD, Verdict.UNDETERMINED),
        (NodeStatus.NOT_COLLECTED, Verdict.NOT_MEASURED),
        (NodeStatus.NOT_APPLICABLE, ""),
    ):
        verdict[leaves.has_status(status)] = blank
    verdict[np.isnan(leaves.target)] = ""
    return verdict


def _node_flags(scored: Scored, numbers: Mapping[str, np.ndarray], status: TextArray) -> TextArray:
    """Flags of the total and of inner nodes: what became of the leaves below."""
    available = scored.points_by_area_node > 0
    carried = (scored.leaves.carried & scored.available_by_area_leaf) @ scored.tree.is_below.T.astype(float)
    flag = _named(status == NodeStatus.PARTLY, ScoreFlag.RENORMALISED)
    unknown = available & np.isnan(numbers["standard_error"])
    flag = joined_flags(flag, _named(unknown, ScoreFlag.NO_ERROR_ESTIMATE))
    return joined_flags(flag, _named(carried > 0, ScoreFlag.CARRIED))


def _named(condition: npt.NDArray[np.bool_], flag: ScoreFlag) -> TextArray:
    return np.where(condition, str(flag), "").astype(object)


def _labels(scored: Scored) -> dict[str, pd.Series]:
    """Columns that name areas and nodes, the same for every area or for every node."""
    areas, indicators = scored.leaves.areas, scored.tree.indicators
    row = np.repeat(np.arange(len(areas)), scored.tree.size)
    node = np.tile(np.arange(scored.tree.size), len(areas))
    unit = np.full(scored.tree.size, "", dtype=object)
    unit[list(scored.tree.node_of_leaf)] = [str(unit) for unit in scored.leaves.unit]

    def taken(texts: Sequence[str], at: npt.NDArray[np.intp]) -> pd.Series:
        return pd.Series(pd.array(list(texts), dtype="str").take(at))

    return {
        "wave": taken([scored.wave], np.zeros_like(row)),
        "area_level": taken([str(area.level) for area in areas], row),
        "area_code": taken([area.code for area in areas], row),
        "area_name": taken([area.name for area in areas], row),
        "node": taken([TOTAL_NODE, *(i.code for i in indicators)], node),
        "node_name": taken([TOTAL_NAME, *(i.name for i in indicators)], node),
        "parent": taken(["", *(i.parent for i in indicators)], node),
        "method": taken(["", *("" if i.method is None else str(i.method) for i in indicators)], node),
        "unit": taken(list(unit), node),
        "lead_unit": taken(["", *(i.lead_unit for i in indicators)], node),
    }

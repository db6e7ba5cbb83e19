"""Intervals, bounds, coverage and status of every node, by area (M9); arrays are (areas, nodes)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from indicators.scores.leaf import NORMAL_95
from indicators.scores.leaf_score import leaf_scores
from indicators.scores.scored import Scored, after_deductions
from indicators.scores.tree import BoolArray, node_scores
from indicators.status import NodeStatus
from surveys.sample import FloatArray


def score_limits(scored: Scored) -> tuple[FloatArray, FloatArray]:
    """95 % limits of node scores before deductions: ±1.96 RMSE, cut to [0, 1].

    A node that one measured leaf alone makes has the transformed limits of that leaf's value (M9).
    """
    share = scored.share_by_area_node
    half = NORMAL_95 * scored.root_mean_square_error_by_area_node
    low, high = np.clip(share - half, 0.0, 1.0), np.clip(share + half, 0.0, 1.0)
    leaves = scored.leaves
    below = scored.tree.is_below.T.astype(np.float64)
    alone = (scored.available_by_area_leaf @ below == 1) & (leaves.measured @ below == 1)
    ends = np.stack([leaf_scores(scored.framework, end) for end in (leaves.low, leaves.high)])
    # With one leaf below, the sum over the leaves below is its own limit.
    own_low, own_high = (np.where(leaves.measured, end, 0.0) @ below for end in (ends.min(0), ends.max(0)))
    low, high = np.where(alone, own_low, low), np.where(alone, own_high, high)
    # A geometric floor may lift the score itself above what its leaf alone would show.
    return np.minimum(low, share), np.maximum(high, share)


def total_limits(scored: Scored) -> tuple[FloatArray, FloatArray]:
    """95 % limits of the total in points, after deductions, as printed; shape (areas,)."""
    low, high = (after_deductions(limit[:, 0], scored.deducted_by_area) for limit in score_limits(scored))
    return low, high


def bounds(scored: Scored) -> tuple[FloatArray, FloatArray]:
    """Node scores with everything missing (`missing_leaves`) at 0 and at full."""
    missing, applying = missing_leaves(scored), _applying(scored)
    score = scored.score_by_area_leaf
    floor = node_scores(scored.tree, np.where(missing, 0.0, score), applying)
    ceiling = node_scores(scored.tree, np.where(missing, 1.0, score), applying)
    return np.clip(floor, 0.0, 1.0), np.clip(ceiling, 0.0, 1.0)


def coverage(scored: Scored) -> FloatArray:
    """Declared points of the leaves measured in this wave below each node over those of all that apply."""
    tree, applying = scored.tree, _applying(scored)
    points_by_leaf = tree.points_by_node[list(tree.node_of_leaf)]
    below = (tree.is_below * points_by_leaf).T
    measured, whole = (applying & ~missing_leaves(scored)) @ below, applying @ below
    covered: FloatArray = np.where(whole > 0, measured / np.where(whole > 0, whole, 1.0), np.nan)
    return covered


def missing_leaves(scored: Scored) -> BoolArray:
    """Leaves that apply but were not measured in this wave, whatever stands in for them.

    Not collected (and so left out, at zero or carried over from an earlier wave), or withheld.
    """
    leaves = scored.leaves
    return _applying(scored) & (~leaves.measured | leaves.carried)


def _applying(scored: Scored) -> BoolArray:
    return ~scored.leaves.has_status(NodeStatus.NOT_APPLICABLE)


def node_statuses(scored: Scored) -> npt.NDArray[np.object_]:
    """Status of every node from those of its leaves; what is not applicable does not matter beside others."""
    leaves, below = scored.leaves, scored.tree.is_below.T.astype(np.float64)
    measured, not_collected, withheld = (
        leaves.has_status(status) @ below > 0
        for status in (NodeStatus.MEASURED, NodeStatus.NOT_COLLECTED, NodeStatus.WITHHELD)
    )
    kinds = measured.astype(int) + not_collected + withheld
    names = np.array(list(NodeStatus), dtype=object)
    order = {status: at for at, status in enumerate(NodeStatus)}
    code = np.select(
        [kinds == 0, (kinds > 1) & measured, (kinds > 1) | not_collected, withheld],
        [
            order[NodeStatus.NOT_APPLICABLE],
            order[NodeStatus.PARTLY],
            order[NodeStatus.NOT_COLLECTED],
            order[NodeStatus.WITHHELD],
        ],
        order[NodeStatus.MEASURED],
    )
    return np.asarray(names[code])

"""Two waves' scores evaluated over the leaves that both have, so that a change is none of composition."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pandas as pd

from indicators.columns import TOTAL_NODE
from indicators.findings.known_values import only_areas
from indicators.scores.leaf import LeafTable
from indicators.scores.scored import Scored, evaluate
from indicators.scores.tree import SAME_POINTS, BoolArray, effective_points
from indicators.status import NodeStatus
from surveys.sample import FloatArray, IntArray

AREAS_AT_A_TIME = 200
"""Areas whose covariances are held several times at once."""


def common_nodes(old: Scored, new: Scored, comparable: pd.DataFrame) -> pd.DataFrame:
    """Points of every node of the new tree in both waves, over the leaves that can be compared.

    Parameters
    ----------
    comparable
        Area code × leaf code of the new tree: False where what the leaf measures cannot be compared (absent
        in one wave, another wording, another content, …).

    Returns
    -------
    One row for each area of both × node: ``area_code``, ``node``, ``old``, ``new`` (points; of the total
    after each wave's own deductions), ``error_old``, ``error_new`` (root mean square errors), ``moved``
    (what is left out in either wave changes what the node is made of), ``kept`` (least share of the node's
    effective points, in either wave, that the common leaves hold).

    Notes
    -----
    M9, M7. Both waves go through the new tree; a leaf that is blank in one wave is blank in both, and its
    weight is shared out. Errors are those of the whole scoring function.
    """
    shared = [at for at, area in enumerate(new.leaves.areas) if area.code in old.leaves.row_of_area]
    blocks = [shared[at : at + AREAS_AT_A_TIME] for at in range(0, len(shared), AREAS_AT_A_TIME)]
    # No area's numbers depend on another's; without any the table has its columns still.
    return pd.concat([_of_areas(old, new, comparable, rows) for rows in blocks or [[]]], ignore_index=True)


def _of_areas(old: Scored, new: Scored, comparable: pd.DataFrame, shared: list[int]) -> pd.DataFrame:
    """As `common_nodes`, for these rows of the new tree's areas."""
    new_rows = np.array(shared, dtype=np.intp)
    areas = [new.leaves.areas[at].code for at in shared]
    old_rows = np.array([old.leaves.row_of_area[code] for code in areas], dtype=np.intp)
    codes = [leaf.code for leaf in new.leaves.leaves]
    old_columns = np.array([old.leaves.column_of_leaf.get(code, -1) for code in codes], dtype=np.intp)
    in_old = old.available_by_area_leaf[old_rows][:, old_columns] & (old_columns >= 0)
    in_new = new.available_by_area_leaf[new_rows]
    usable = comparable.reindex(index=areas, columns=codes, fill_value=True).to_numpy(dtype=bool)
    common = in_old & in_new & usable
    before = _evaluated(old, _aligned(old.leaves, new.leaves, old_rows, old_columns), new, old_rows, common)
    now = _evaluated(new, only_areas(new.leaves, shared), new, new_rows, common)
    moved, kept = _left_out(new, common, (in_old, in_new))
    nodes = [TOTAL_NODE, *(indicator.code for indicator in new.tree.indicators)]
    return pd.DataFrame(
        {
            "area_code": np.repeat(areas, len(nodes)),
            "node": np.tile(nodes, len(areas)),
            "old": _points(before).ravel(),
            "new": _points(now).ravel(),
            "error_old": (before.root_mean_square_error_by_area_node * before.points_by_area_node).ravel(),
            "error_new": (now.root_mean_square_error_by_area_node * now.points_by_area_node).ravel(),
            "moved": moved.ravel(),
            "kept": kept.ravel(),
        }
    )


def _aligned(old: LeafTable, new: LeafTable, rows: IntArray, columns: IntArray) -> LeafTable:
    """The old wave's leaves in the places of the new tree's; where it has none (−1) any, to be blanked."""
    part = only_areas(old, rows.tolist())
    by_leaf = {
        field.name: getattr(part, field.name)[:, columns]
        for field in fields(part)
        if isinstance(getattr(part, field.name), np.ndarray) and field.name != "covariance"
    }
    covariance = part.covariance[:, columns[:, None], columns]
    return replace(
        part, leaves=new.leaves, unit=new.unit, sample=new.sample, covariance=covariance, **by_leaf
    )


def _evaluated(wave: Scored, leaves: LeafTable, new: Scored, rows: IntArray, common: BoolArray) -> Scored:
    """A wave's leaves through the new tree, those that are not common blank."""
    # Not applicable rather than not collected: some of these would count as zero.
    blanked = replace(
        leaves,
        status=np.where(common, leaves.status, NodeStatus.NOT_APPLICABLE).astype(object),
        value=np.where(common, leaves.value, np.nan),
        covariance=np.where(common[:, :, None] & common[:, None, :], leaves.covariance, 0.0),
    )
    return evaluate(
        new.framework,
        blanked,
        wave.correlation,
        wave.settings,
        wave.deducted_by_area[rows],
        wave=wave.wave,
        last_day=wave.last_day,
        previous=wave.previous,
    )


def _points(scored: Scored) -> FloatArray:
    points = scored.points_by_area_node
    earned = np.where(points > 0, points * scored.share_by_area_node, np.nan)
    earned[:, 0] = scored.total_by_area
    return earned


def _left_out(
    new: Scored, common: BoolArray, available: tuple[BoolArray, BoolArray]
) -> tuple[BoolArray, FloatArray]:
    """Whether a node is made of other leaves than in either wave, and what share of it remains."""
    tree = new.tree
    of_leaf = list(tree.node_of_leaf)
    below = tree.is_below.T.astype(np.float64)
    points = effective_points(tree, common)[:, of_leaf]
    moved = np.zeros((len(common), tree.size), dtype=bool)
    kept = np.ones(moved.shape)
    for own in available:
        own_points = effective_points(tree, own)
        moved |= (np.abs(own_points[:, of_leaf] - points) > SAME_POINTS) @ below > 0
        held = (own_points[:, of_leaf] * common) @ below
        kept = np.minimum(kept, np.divide(held, own_points, out=np.zeros_like(held), where=own_points > 0))
    return moved, kept

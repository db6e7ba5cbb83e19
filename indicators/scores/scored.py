"""A tree evaluated in several areas, with all that ranks, what-if and sensitivity ask of it (M9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import special

from indicators.framework import FULL_POINTS, Framework, Missing
from indicators.scores.leaf import LeafTable
from indicators.scores.leaf_score import leaf_scores, score_slopes
from indicators.scores.linearised import node_errors, widened_errors
from indicators.scores.tree import (
    BoolArray,
    Tree,
    effective_points,
    leaf_slopes,
    local_slopes,
    node_scores,
    tree_of,
)
from indicators.scores.uncertainty import DrawSettings, Known, draw_leaf_values
from indicators.status import NodeStatus
from surveys.sample import FloatArray

__all__ = ["Scored", "evaluate", "leaf_scores", "total_points"]

NUMBERS_AT_A_TIME = 2_000_000
"""Drawn values held at once: areas are drawn in blocks of about this many numbers."""


@dataclass(frozen=True)
class Scored:
    """A tree evaluated in several areas.

    Parameters
    ----------
    wave, last_day
        Id of the wave, and the last day of its field work (ISO; "" where not known).
    correlation
        Measure × measure: correlation of the answers' errors, pooled over areas.
    score_by_area_leaf, available_by_area_leaf
        Scores in [0, 1] (0 where blank), and which of them are in the headline.
    share_by_area_node, points_by_area_node
        Node scores in [0, 1] (NaN where nothing below is available), and effective points.
    total_by_area, deducted_by_area
        Points after and by deductions; NaN where nothing is measured.
    slope_by_area_leaf
        ∂ total points/∂ leaf value.
    standard_error_by_area_node, root_mean_square_error_by_area_node
        Of the node scores, as shares of the points: linearised, and of the draws around the headline.
    total_by_area_draw
        Total points of each draw, after deductions, not below 0. Shape (areas, 0) without draws.
    pass_probability_by_area_node
        P(at or above the target) of the inner nodes that have one, and of the total; NaN elsewhere.
    previous
        Where carried values come from; None without any.
    known
        Leaves of a what-if that have no error; None where nothing was set.
    """

    wave: str
    last_day: str
    framework: Framework
    tree: Tree
    leaves: LeafTable
    correlation: pd.DataFrame
    settings: DrawSettings
    score_by_area_leaf: FloatArray
    available_by_area_leaf: BoolArray
    share_by_area_node: FloatArray
    points_by_area_node: FloatArray
    total_by_area: FloatArray
    deducted_by_area: FloatArray
    slope_by_area_leaf: FloatArray
    standard_error_by_area_node: FloatArray
    root_mean_square_error_by_area_node: FloatArray
    total_by_area_draw: FloatArray
    pass_probability_by_area_node: FloatArray
    previous: Scored | None = None
    known: Known | None = None

    def value_draws(self, rows: Sequence[int] | None = None, salt: str = "") -> FloatArray:
        """Drawn leaf values, shape (areas, draws, leaves); the same draws every time. NaN where blank.

        Parameters
        ----------
        rows
            Areas to draw for; None: all.
        salt
            Another text gives other draws, independent of these.
        """
        chosen = range(len(self.leaves.areas)) if rows is None else rows
        salts = (salt, f"{self.framework.name} {salt}")
        # The root of a covariance mixes leaves: drawn without those that are known, the others would differ.
        drawn_from = self.leaves if self.known is None else self.known.before
        values = draw_leaf_values(drawn_from, self.correlation, self.settings, chosen, salts)
        carried = self.leaves.carried[list(chosen)]
        if self.previous is not None and carried.any():
            values = np.where(carried[:, np.newaxis, :], self._carried_draws(chosen), values)
        if self.known is None:
            return values
        known = self.known.known_by_area_leaf[list(chosen)]
        return np.where(known[:, np.newaxis, :], self.leaves.value[list(chosen)][:, np.newaxis, :], values)

    def share_draws(self, rows: Sequence[int] | None = None) -> FloatArray:
        """Node scores of each draw, shape (areas, draws, nodes), each through the whole scoring function."""
        chosen = list(range(len(self.leaves.areas)) if rows is None else rows)
        drawn = leaf_scores(self.framework, self.value_draws(chosen))
        kept = self.score_by_area_leaf[chosen][:, np.newaxis, :]
        scores = np.where(np.isnan(drawn), kept, drawn)  # a blank that counts as zero is certain
        return node_scores(self.tree, scores, self.available_by_area_leaf[chosen][:, np.newaxis, :])

    def node_slopes(self, node: int) -> FloatArray:
        """∂ score (share of the points) of one node/∂ leaf value, shape (areas, leaves)."""
        return leaf_slopes(self.tree, node, self.local_slope_by_area_node) * self.score_slope_by_area_leaf

    @cached_property
    def score_slope_by_area_leaf(self) -> FloatArray:
        """∂ score/∂ value of each leaf; 0 where blank, beyond the goalposts and on steps."""
        return score_slopes(self.leaves.leaves, self.leaves.value)

    @cached_property
    def local_slope_by_area_node(self) -> FloatArray:
        """∂ parent's score/∂ own score of each node."""
        return local_slopes(self.tree, self.share_by_area_node, self.available_by_area_leaf)

    def _carried_draws(self, rows: Sequence[int]) -> FloatArray:
        """Draws of an earlier wave, independent of this one's, in the places of this tree."""
        assert self.previous is not None
        earlier, leaves = self.previous, self.leaves
        found = np.full((len(rows), self.settings.draws, len(leaves.leaves)), np.nan)
        column_of, row_of = earlier.leaves.column_of_leaf, earlier.leaves.row_of_area
        # Whatever may be carried is drawn, so that draws do not depend on what other areas lack.
        is_carried: BoolArray = np.any(leaves.carried, axis=0)
        here = [
            at
            for at, leaf in enumerate(leaves.leaves)
            if leaf.code in column_of and (leaf.missing is Missing.CARRY or is_carried[at])
        ]
        pairs = [(at, row_of.get(leaves.areas[row].code, -1)) for at, row in enumerate(rows)]
        pairs = [(at, source) for at, source in pairs if source >= 0 and leaves.carried[rows[at]].any()]
        if not pairs or not here:
            return found
        narrowed = replace(
            earlier,
            leaves=earlier.leaves.subset([column_of[leaves.leaves[at].code] for at in here]),
            settings=replace(earlier.settings, draws=self.settings.draws),
        )
        drawn = narrowed.value_draws([source for _, source in pairs], salt=f"carried {earlier.wave}")
        found[np.array([at for at, _ in pairs])[:, None], :, np.array(here)] = np.swapaxes(drawn, 1, 2)
        return found


def evaluate(
    framework: Framework,
    leaves: LeafTable,
    correlation: pd.DataFrame,
    settings: DrawSettings,
    deducted_by_area: FloatArray,
    *,
    wave: str = "",
    last_day: str = "",
    previous: Scored | None = None,
    known: Known | None = None,
) -> Scored:
    """Evaluate a framework's tree for these leaf values, with its errors.

    What-if is the same function for other values (`dataclasses.replace` of the table), some of them known.

    Parameters
    ----------
    correlation
        Measure × measure (`Estimation.correlation`).
    deducted_by_area
        Points that the negative list takes from each total.
    """
    tree = tree_of(framework)
    zero = np.array([leaf.missing is Missing.ZERO for leaf in framework.leaves], dtype=bool)
    available = leaves.measured | (zero & leaves.has_status(NodeStatus.NOT_COLLECTED))
    score = np.where(leaves.measured, leaf_scores(framework, leaves.value), 0.0)
    share = np.clip(node_scores(tree, score, available), 0.0, 1.0)  # a mean may miss 1 by a last bit
    local, slope = local_slopes(tree, share, available), score_slopes(leaves.leaves, leaves.value)
    blank = np.full(share.shape, np.nan)
    plain = Scored(
        wave=wave,
        last_day=last_day,
        framework=framework,
        tree=tree,
        leaves=leaves,
        correlation=correlation,
        settings=settings,
        score_by_area_leaf=score,
        available_by_area_leaf=available,
        share_by_area_node=share,
        points_by_area_node=effective_points(tree, available),
        total_by_area=after_deductions(share[:, 0], deducted_by_area),
        deducted_by_area=deducted_by_area,
        slope_by_area_leaf=FULL_POINTS * leaf_slopes(tree, 0, local) * slope * available,
        standard_error_by_area_node=np.where(
            np.isnan(share), np.nan, node_errors(tree, leaves, slope, local)
        ),
        root_mean_square_error_by_area_node=blank,
        total_by_area_draw=np.empty((len(share), 0)),
        pass_probability_by_area_node=blank,
        previous=previous,
        known=known,
    )
    return _with_draws(plain) if settings.draws > 0 else _without_draws(plain)


def total_points(
    tree: Tree, score_by_leaf: FloatArray, available_by_leaf: BoolArray, deducted: FloatArray
) -> FloatArray:
    """Points of the total after deductions, not below 0; shape (…, leaves) to (…).

    Parameters
    ----------
    score_by_leaf, available_by_leaf
        As in `tree.node_scores`; any leading axes that broadcast.
    deducted
        Points, shape (…).
    """
    return after_deductions(node_scores(tree, score_by_leaf, available_by_leaf)[..., 0], deducted)


def after_deductions(root_share: FloatArray, deducted: FloatArray) -> FloatArray:
    """Total points of a root's score, not below 0; a blank one (NaN) stays blank. Shapes broadcast."""
    return np.asarray(np.maximum(FULL_POINTS * root_share - deducted, 0.0), dtype=np.float64)


def _with_draws(scored: Scored) -> Scored:
    """Errors, totals and chances of passing from draws through the whole function."""
    error = np.full(scored.share_by_area_node.shape, np.nan)
    passed = np.full(error.shape, np.nan)
    total = np.full((len(error), scored.settings.draws), np.nan)
    target = _targets(scored)
    for rows in _blocks(scored):
        share = scored.share_draws(rows)
        deviation = share - scored.share_by_area_node[rows][:, np.newaxis, :]
        error[rows] = np.sqrt(np.mean(deviation**2, axis=1))
        total[rows] = after_deductions(share[..., 0], scored.deducted_by_area[rows][:, np.newaxis])
        share[..., 0] = total[rows] / FULL_POINTS
        passed[rows] = np.mean(share >= target - 1e-12, axis=1)
    passed[np.isnan(scored.share_by_area_node) | np.isnan(target)] = np.nan
    return replace(
        scored,
        root_mean_square_error_by_area_node=error,
        total_by_area_draw=total,
        pass_probability_by_area_node=passed,
    )


def _without_draws(scored: Scored) -> Scored:
    """The same from linearised errors alone, by the normal distribution."""
    leaves, slope = scored.leaves, scored.score_slope_by_area_leaf
    limits = leaf_scores(scored.framework, leaves.low), leaf_scores(scored.framework, leaves.high)
    error = widened_errors(
        scored.tree,
        leaves,
        slope,
        scored.local_slope_by_area_node,
        limits,
        scored.standard_error_by_area_node,
    )
    error[np.isnan(scored.share_by_area_node)] = np.nan
    share = scored.share_by_area_node.copy()
    share[:, 0] = scored.total_by_area / FULL_POINTS
    ahead = share - _targets(scored)
    uncertain = special.ndtr(ahead / np.where(error > 0, error, 1.0))
    passed = np.where(error > 0, uncertain, (ahead >= 0).astype(np.float64))
    passed[np.isnan(ahead)] = np.nan
    return replace(scored, root_mean_square_error_by_area_node=error, pass_probability_by_area_node=passed)


def _targets(scored: Scored) -> FloatArray:
    """Targets of the total and of inner nodes, as shares of their points; NaN for leaves and without one."""
    of_nodes = [
        np.nan if indicator.method is not None or indicator.target is None else indicator.target
        for indicator in scored.tree.indicators
    ]
    total = scored.framework.target_points
    return np.array([np.nan if total is None else total / FULL_POINTS, *of_nodes])


def _blocks(scored: Scored) -> Iterator[list[int]]:
    """Areas in blocks whose draws fit in memory."""
    areas = len(scored.leaves.areas)
    size = max(1, NUMBERS_AT_A_TIME // (scored.settings.draws * scored.tree.size))
    for start in range(0, areas, size):
        yield list(range(start, min(start + size, areas)))

"""Linearised standard errors of all nodes (M9): √(g′Cg), and the degrees of freedom behind them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from indicators.scores.leaf import LeafTable
from indicators.scores.tree import BoolArray, Tree, leaf_slopes
from indicators.scores.uncertainty import width_error
from surveys.sample import FloatArray

BLOCK = 64
"""Areas whose covariances are worked on at a time, so that they stay in the processor's cache."""


def node_errors(
    tree: Tree, leaves: LeafTable, slope_by_area_leaf: FloatArray, local_by_area_node: FloatArray
) -> FloatArray:
    """Standard error of every node's score in every area, shape (areas, nodes), as shares of the points.

    Parameters
    ----------
    slope_by_area_leaf
        Derivative of each leaf's score by its value (`leaf_score.score_slopes`).
    local_by_area_node
        Derivative of each node's parent's score by its own (`tree.local_slopes`).

    Notes
    -----
    M9: g = ∂score/∂value by the chain rule, C the leaves' design covariance. This equals the design variance
    of one linearised variable per respondent, Σ g_i z_i: covariances between questions of one sample are in
    it. NaN where an error below cannot be estimated, and for a leaf whose slope is 0 although its value is
    uncertain (beyond its goalposts or on a step).
    """
    error = quadratic_errors(tree, leaves.covariance, slope_by_area_leaf, local_by_area_node)
    unknown = np.isnan(np.diagonal(leaves.covariance, axis1=1, axis2=2)) & (slope_by_area_leaf != 0)
    if unknown.any():
        for node in range(tree.size):
            gradient = leaf_slopes(tree, node, local_by_area_node)
            error[((gradient != 0) & unknown).any(axis=1), node] = np.nan
    flat = leaves.measured & (leaves.standard_error != 0) & (slope_by_area_leaf == 0)
    of_leaf = list(tree.node_of_leaf)
    error[:, of_leaf] = np.where(flat, np.nan, error[:, of_leaf])
    return error


def widened_errors(
    tree: Tree,
    leaves: LeafTable,
    slope_by_area_leaf: FloatArray,
    local_by_area_node: FloatArray,
    score_limits: tuple[FloatArray, FloatArray],
    error_by_area_node: FloatArray,
) -> FloatArray:
    """Standard errors that intervals can rest on where nothing is drawn; finite, shape (areas, nodes).

    An error that is not known is that of the value's limits, and a leaf beyond its goalposts or on a step
    counts with the mean slope between its limits.

    Parameters
    ----------
    score_limits
        Scores at the limits of each leaf's value, shape (areas, leaves).
    error_by_area_node
        Of `node_errors`: areas without such leaves keep theirs.
    """
    width = np.where(leaves.measured, leaves.high - leaves.low, 0.0)
    across = (score_limits[1] - score_limits[0]) / np.where(width > 0, width, 1.0)
    slope = np.where(slope_by_area_leaf == 0, np.nan_to_num(across), slope_by_area_leaf)
    unknown = np.isnan(np.diagonal(leaves.covariance, axis1=1, axis2=2))
    borrowed = np.where(unknown, width_error(leaves.low, leaves.high) ** 2, 0.0)
    error = np.nan_to_num(error_by_area_node)
    rows = np.flatnonzero(((slope != slope_by_area_leaf) | (borrowed > 0)).any(axis=1))
    error[rows] = quadratic_errors(tree, leaves.covariance, slope, local_by_area_node, borrowed, rows)
    return error


def quadratic_errors(
    tree: Tree,
    covariance: FloatArray,
    slope_by_area_leaf: FloatArray,
    local_by_area_node: FloatArray,
    more_variance: FloatArray | None = None,
    rows: npt.NDArray[np.intp] | None = None,
) -> FloatArray:
    """√(g′Cg) of every node; entries of C that are not known count as 0. Shape (areas, nodes).

    Parameters
    ----------
    more_variance
        Added to the diagonal of C, shape (areas, leaves).
    rows
        Areas to look at; None: all.
    """
    rows = np.arange(len(covariance)) if rows is None else rows
    error = np.zeros((len(rows), tree.size))
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        known, local = np.nan_to_num(covariance[block]), local_by_area_node[block]
        for node in range(tree.size):
            below = list(tree.leaves_below(node))
            gradient = leaf_slopes(tree, node, local)[:, below] * slope_by_area_leaf[block][:, below]
            matrix = known if len(below) == tree.leaves else known[:, np.array(below)[:, None], below]
            across = (gradient[:, np.newaxis, :] @ matrix)[:, 0, :]
            variance = (across * gradient).sum(axis=1)
            if more_variance is not None:
                variance += (gradient**2 * more_variance[block][:, below]).sum(axis=1)
            error[start : start + BLOCK, node] = np.sqrt(np.maximum(variance, 0.0))
    return error


def degrees_of_freedom(
    tree: Tree,
    leaves: LeafTable,
    available: BoolArray,
    slope_by_area_leaf: FloatArray,
    local_by_area_node: FloatArray,
) -> FloatArray:
    """Degrees of freedom of the survey's part of every node's error, shape (areas, nodes); NaN without one.

    Notes
    -----
    Of one questionnaire: the fewest among its leaves below the node. Of several, whose samples are
    independent, Satterthwaite's (ΣV_k)²/Σ(V_k²/ν_k) over the questionnaires k.
    """
    own = leaves.measured & ~leaves.carried & available
    samples = sorted({name for name in leaves.sample if name})
    fewest, variance = [], []
    for name in samples:
        inside = own & np.array([sample == name for sample in leaves.sample])
        degrees = np.where(inside & ~np.isnan(leaves.degrees_of_freedom), leaves.degrees_of_freedom, np.inf)
        by_node = [degrees[:, list(tree.leaves_below(node))].min(axis=1) for node in range(tree.size)]
        fewest.append(np.stack(by_node, axis=1))
        if len(samples) > 1:
            slope = np.where(inside, slope_by_area_leaf, 0.0)
            variance.append(quadratic_errors(tree, leaves.covariance, slope, local_by_area_node) ** 2)
    if not samples:
        return np.full(local_by_area_node.shape, np.nan)
    least = np.min(fewest, axis=0)
    if len(samples) > 1:
        total = np.sum(variance, axis=0)
        parts = np.sum(
            [v**2 / np.maximum(nu, 1e-300) for v, nu in zip(variance, fewest, strict=True)], axis=0
        )
        least = np.where(parts > 0, total**2 / np.where(parts > 0, parts, 1.0), least)
    return np.where(np.isfinite(least), least, np.nan)

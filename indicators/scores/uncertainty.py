"""Error of a composite score (M9): linearised standard errors, and draws through the whole function."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from indicators.framework import Indicator, Method, Step
from indicators.scores.leaf import NORMAL_95, AreaLeaves, LeafValue
from indicators.scores.tree import BoolArray, Tree, node_scores, node_slopes
from indicators.status import NodeStatus
from indicators.value_function import leaf_score, score_slope
from surveys.questionnaire import Unit
from surveys.sample import FloatArray


@dataclass(frozen=True)
class DrawSettings:
    """How many draws make an interval, and from which seed; both belong to a result's provenance."""

    draws: int = 1000
    seed: int = 20220815


DEFAULT_DRAWS = DrawSettings()


@dataclass(frozen=True)
class NodeErrors:
    """Error of node scores (shares of the points) in one area.

    Parameters
    ----------
    standard_error
        Shape (nodes,): linearised; NaN where an error below cannot be estimated, or where the slope is 0
        although the values are uncertain (a leaf beyond its goalposts or on a step).
    scores_by_draw
        Shape (draws, nodes): the tree evaluated for drawn leaf values.
    """

    standard_error: FloatArray
    scores_by_draw: FloatArray


def node_errors(
    tree: Tree,
    area: AreaLeaves,
    leaves: Sequence[Indicator],
    steps: Mapping[str, tuple[Step, ...]],
    score_by_leaf: FloatArray,
    available_by_leaf: BoolArray,
    correlation: pd.DataFrame,
    settings: DrawSettings = DEFAULT_DRAWS,
) -> NodeErrors:
    """Errors of all nodes of one area.

    Parameters
    ----------
    score_by_leaf, available_by_leaf
        As the headline was made; a missing leaf that counts as zero is certain.
    correlation
        Measure × measure, pooled (`Estimation.correlation`).
    """
    standard_error = linearised_errors(tree, area, leaves, score_by_leaf, available_by_leaf)
    drawn = draw_leaf_values(area, leaves, correlation, settings)
    measured = area.has_status(NodeStatus.MEASURED)
    scores = np.broadcast_to(score_by_leaf, drawn.shape).copy()
    for at in _positions(measured):
        scores[:, at] = leaf_score(leaves[at], drawn[:, at], steps)
    return NodeErrors(standard_error, node_scores(tree, scores, available_by_leaf))


def linearised_errors(
    tree: Tree,
    area: AreaLeaves,
    leaves: Sequence[Indicator],
    score_by_leaf: FloatArray,
    available_by_leaf: BoolArray,
) -> FloatArray:
    """Standard error of every node's score: √(g′Cg), g = ∂score/∂value, C the leaves' design covariance.

    This equals the design variance of one linearised variable per respondent, Σ g_i z_i: covariances between
    questions of one sample are in it. Shape (nodes,).
    """
    value_by_leaf = area.value_by_leaf
    measured = area.has_status(NodeStatus.MEASURED)
    slope_by_leaf = np.array(
        [
            score_slope(leaf, value) if known else 0.0
            for leaf, value, known in zip(leaves, value_by_leaf, measured, strict=True)
        ]
    )
    gradient = node_slopes(tree, score_by_leaf, available_by_leaf) * slope_by_leaf
    unknown = np.isnan(np.diag(area.covariance))
    covariance = np.where(np.isnan(area.covariance), 0.0, area.covariance)
    variance = np.einsum("nl,lk,nk->n", gradient, covariance, gradient)
    error = np.sqrt(np.maximum(variance, 0.0))
    error[(gradient[:, unknown] != 0).any(axis=1)] = np.nan
    for node, leaf in enumerate(tree.leaf_of_node):
        uncertain = leaf >= 0 and measured[leaf] and area.leaves[leaf].standard_error != 0
        if uncertain and slope_by_leaf[leaf] == 0:
            error[node] = np.nan
    return np.asarray(error, dtype=np.float64)


def draw_leaf_values(
    area: AreaLeaves, leaves: Sequence[Indicator], correlation: pd.DataFrame, settings: DrawSettings
) -> FloatArray:
    """Leaf values drawn from their sampling distribution, shape (draws, leaves); NaN where blank.

    Notes
    -----
    M9. Shares: φ* ~ N(φ̂, 1/(4n_e + 2)) on the arcsine scale with the pooled correlation R of their errors;
    points: normal with the width of their limits, other means with their own error, and the same R;
    observations: normal with the covariance of their sites; documents: as they are. Only shares are cut: an
    observation's 得分率 is an unbiased mean, and cutting its draws at 1 would add a bias for every spotless
    leaf, which no estimate has.
    """
    rng = np.random.default_rng([settings.seed, zlib.crc32(area.area.code.encode())])
    values = np.tile(area.value_by_leaf, (settings.draws, 1))
    normal_by_measure = _correlated_normals(correlation, settings.draws, rng)
    column_of = {str(name): at for at, name in enumerate(correlation.columns)}
    seen: list[int] = []
    for at, (leaf, found) in enumerate(zip(leaves, area.leaves, strict=True)):
        if found.status is not NodeStatus.MEASURED:
            continue
        if leaf.method is Method.QUESTIONNAIRE:
            values[:, at] = _drawn_rate(found, normal_by_measure[:, column_of[leaf.source]])
        elif leaf.method is Method.OBSERVATION and np.isnan(found.standard_error):
            # One site in the whole district: its binomial limits are all that is known.
            values[:, at] += rng.standard_normal(settings.draws) * (found.high - found.low) / (2 * NORMAL_95)
        elif leaf.method is Method.OBSERVATION:
            seen.append(at)
    if seen:
        covariance = area.covariance[np.ix_(seen, seen)]
        spread = _square_root(covariance)
        noise = rng.standard_normal((settings.draws, len(seen))) @ spread.T
        values[:, seen] += noise
    return values


def root_mean_square_error(score_by_draw: FloatArray, score: FloatArray) -> FloatArray:
    """√mean (T* − T̂)² over the first axis."""
    return np.asarray(np.sqrt(np.mean((score_by_draw - score) ** 2, axis=0)), dtype=np.float64)


def _positions(chosen: BoolArray) -> list[int]:
    return [int(at) for at in np.flatnonzero(chosen)]


def _drawn_rate(found: LeafValue, normal: FloatArray) -> FloatArray:
    if found.unit is Unit.SHARE:
        n = found.effective_n
        centre = np.arcsin(np.sqrt((found.value * n + 0.375) / (n + 0.75)))
        angle = np.clip(centre + normal / np.sqrt(4 * n + 2), 0.0, np.pi / 2)
        return np.asarray(np.sin(angle) ** 2, dtype=np.float64)
    error = found.standard_error
    # The limits of points (M3) also know what one domain's own error misses; and there may be none: one PSU,
    # or all answers alike.
    if found.unit is Unit.POINTS or not error > 0:
        error = (found.high - found.low) / (2 * NORMAL_95)
    return found.value + normal * (0.0 if np.isnan(error) else error)


def _correlated_normals(correlation: pd.DataFrame, draws: int, rng: np.random.Generator) -> FloatArray:
    """Standard normal draws, shape (draws, measures), with this correlation (unknown entries: 0)."""
    matrix = np.nan_to_num(correlation.to_numpy(dtype=np.float64, copy=True))
    np.fill_diagonal(matrix, 1.0)
    root = _square_root(matrix)
    # A pooled matrix may be slightly indefinite; cutting it must not raise the variances above 1.
    root = root / np.maximum(np.sqrt((root**2).sum(axis=1, keepdims=True)), 1e-12)
    return np.asarray(rng.standard_normal((draws, len(matrix))) @ root.T, dtype=np.float64)


def _square_root(matrix: FloatArray) -> FloatArray:
    """The symmetric A with AA = `matrix`, negative eigenvalues taken as 0.

    Unlike other roots it does not depend on which eigenvectors a processor's arithmetic happens to choose
    where eigenvalues agree, so draws are the same everywhere up to rounding.
    """
    eigenvalue, vector = np.linalg.eigh((matrix + matrix.T) / 2)
    root = (vector * np.sqrt(np.maximum(eigenvalue, 0.0))) @ vector.T
    return np.asarray(root, dtype=np.float64)

"""Scores of all leaves at once, and their slopes: `indicators.value_function` over whole arrays (M9)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from indicators.framework import Direction, Framework, Indicator, Scoring
from indicators.value_function import leaf_score
from surveys.sample import FloatArray


def leaf_scores(framework: Framework, value_by_leaf: FloatArray) -> FloatArray:
    """Score of every leaf's values.

    Parameters
    ----------
    value_by_leaf
        Shape (…, leaves), in the order of `Framework.leaves`, each on its own scale; NaN where blank.

    Returns
    -------
    array
        Shape (…, leaves), shares of the leaf's points; NaN where the value is.
    """
    scores = np.array(value_by_leaf, dtype=np.float64)
    leaves = framework.leaves
    linear = [at for at, leaf in enumerate(leaves) if leaf.scoring is Scoring.LINEAR]
    if linear:
        low, high, down = _goalposts([leaves[at] for at in linear])
        share = np.clip((scores[..., linear] - low) / (high - low), 0.0, 1.0)
        scores[..., linear] = np.where(down, 1.0 - share, share)
    for at, leaf in enumerate(leaves):
        if leaf.scoring is not Scoring.LINEAR:
            scores[..., at] = leaf_score(leaf, scores[..., at], framework.steps)
    return scores


def score_slopes(leaves: Sequence[Indicator], value_by_leaf: FloatArray) -> FloatArray:
    """Derivative of `leaf_scores`: what a small change of each value does to its score.

    Shape (…, leaves) to the same. It is 0 beyond the goalposts, on step scales and where the value is blank.
    There the linearised error says nothing; the interval, made from draws through the whole function, does.
    """
    slopes = np.where(np.isnan(value_by_leaf), 0.0, 1.0)
    linear = [at for at, leaf in enumerate(leaves) if leaf.scoring is Scoring.LINEAR]
    if linear:
        low, high, down = _goalposts([leaves[at] for at in linear])
        value = value_by_leaf[..., linear]
        # At a goalpost itself the one-sided slope is kept: a share of exactly 1 still has sampling error.
        inside = (low <= value) & (value <= high)
        slopes[..., linear] = np.where(inside, np.where(down, -1.0, 1.0) / (high - low), 0.0)
    slopes[..., [at for at, leaf in enumerate(leaves) if leaf.scoring is Scoring.STEPS]] = 0.0
    return slopes


def _goalposts(leaves: Sequence[Indicator]) -> tuple[FloatArray, FloatArray, np.ndarray]:
    low = np.array([leaf.low for leaf in leaves])
    high = np.array([leaf.high for leaf in leaves])
    return low, high, np.array([leaf.direction is Direction.DOWN for leaf in leaves])

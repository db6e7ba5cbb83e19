"""How a node is made of its children (M9): four means over the last axis, and their derivatives.

A child of weight 0 is blank: its score is not looked at, and the others share its weight.
"""

from __future__ import annotations

from typing import assert_never

import numpy as np
import numpy.typing as npt

from indicators.framework import Aggregate
from surveys.sample import FloatArray


def aggregate_scores(
    score_by_child: FloatArray, weight_by_child: FloatArray, how: Aggregate, floor: float = 0.0
) -> FloatArray:
    """Scores of a node from its children's.

    Parameters
    ----------
    score_by_child
        Shape (…, children), in [0, 1]; draws of an error may lie outside. Anything, NaN too, where the
        weight is 0.
    weight_by_child
        Shape (…, children), broadcast against the scores: the children's points, 0 where one is blank.
    floor
        Scores below it count as it in the geometric mean, so that one zero does not wipe out the node.

    Returns
    -------
    array
        Shape (…), in [0, 1]; NaN where every child is blank.

    Examples
    --------
    >>> scores, weights = np.array([0.25, 1.0]), np.array([1.0, 1.0])
    >>> {str(how): round(float(aggregate_scores(scores, weights, how, 0.01)), 3) for how in Aggregate}
    {'arithmetic': 0.625, 'geometric': 0.5, 'harmonic': 0.4, 'minimum': 0.25}
    """
    present, share_by_child = _shares(weight_by_child)
    # 1 is neutral: its logarithm is 0, its reciprocal finite, and no score of a child lies above it.
    score_by_present = np.where(present, score_by_child, np.inf if how is Aggregate.MINIMUM else 1.0)
    node = _mean(score_by_present, share_by_child, how, floor)
    return np.asarray(np.where(present.any(axis=-1), node, np.nan), dtype=np.float64)


def aggregate_slopes(
    score_by_child: FloatArray, weight_by_child: FloatArray, how: Aggregate, floor: float = 0.0
) -> FloatArray:
    """Derivative of a node's score by each child's score.

    Parameters
    ----------
    score_by_child, weight_by_child
        As in `aggregate_scores`.

    Returns
    -------
    array
        Shape (…, children); 0 for blank children. Arithmetic w/Σw; geometric S·w/(s Σw), 0 at and below
        the floor; harmonic S²w/(s² Σw), 0 where a child scores nothing; minimum 1 for the first lowest
        child.
    """
    present, share_by_child = _shares(weight_by_child)
    shape = np.broadcast_shapes(score_by_child.shape, share_by_child.shape)
    score = np.where(present, score_by_child, np.inf if how is Aggregate.MINIMUM else 1.0)
    if how is Aggregate.ARITHMETIC:
        return np.broadcast_to(share_by_child, shape)
    node = _mean(score, share_by_child, how, floor)
    node = np.where(present.any(axis=-1), node, 0.0)[..., np.newaxis]
    match how:
        case Aggregate.GEOMETRIC:
            inside = score > floor
            return np.where(inside, node * share_by_child / np.where(inside, score, 1.0), 0.0)
        case Aggregate.HARMONIC:
            positive = score > 0
            return np.where(positive, (node / np.where(positive, score, 1.0)) ** 2 * share_by_child, 0.0)
        case Aggregate.MINIMUM:
            first_lowest = np.argmin(score, axis=-1)[..., np.newaxis]
            return np.where(present & (np.arange(shape[-1]) == first_lowest), 1.0, 0.0)
        case _:
            assert_never(how)


def _mean(score: FloatArray, share_by_child: FloatArray, how: Aggregate, floor: float) -> FloatArray:
    match how:
        case Aggregate.ARITHMETIC:
            return _weighted(score, share_by_child)
        case Aggregate.GEOMETRIC:
            with np.errstate(divide="ignore"):
                return np.asarray(np.exp(_weighted(np.log(np.maximum(score, floor)), share_by_child)))
        case Aggregate.HARMONIC:
            with np.errstate(divide="ignore", over="ignore"):
                return np.asarray(1.0 / _weighted(1.0 / np.maximum(score, 0.0), share_by_child))
        case Aggregate.MINIMUM:
            return np.asarray(score.min(axis=-1), dtype=np.float64)
        case _:
            assert_never(how)


def _shares(weight_by_child: FloatArray) -> tuple[npt.NDArray[np.bool_], FloatArray]:
    """Which children are there, and the share of the node's weight of each; 0 for all where none is."""
    total = weight_by_child.sum(axis=-1, keepdims=True)
    return weight_by_child > 0, weight_by_child / np.where(total > 0, total, 1.0)


def _weighted(value_by_child: FloatArray, share_by_child: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("...c,...c->...", value_by_child, share_by_child), dtype=np.float64)

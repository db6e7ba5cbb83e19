"""How a node is made of its children (M9): four means over the last axis, and their derivatives."""

from __future__ import annotations

from typing import assert_never

import numpy as np

from indicators.framework import Aggregate
from surveys.sample import FloatArray


def aggregate_scores(
    score_by_child: FloatArray, weight_by_child: FloatArray, how: Aggregate, floor: float = 0.0
) -> FloatArray:
    """Scores of a node from its children's.

    Parameters
    ----------
    score_by_child
        Shape (…, children), in [0, 1]; draws of an error may lie outside.
    weight_by_child
        Shape (children,), positive: the children's points.
    floor
        Scores below it count as it in the geometric mean, so that one zero does not wipe out the node.

    Returns
    -------
    array
        Shape (…), in [0, 1].

    Examples
    --------
    >>> scores, weights = np.array([0.25, 1.0]), np.array([1.0, 1.0])
    >>> {str(how): round(float(aggregate_scores(scores, weights, how, 0.01)), 3) for how in Aggregate}
    {'arithmetic': 0.625, 'geometric': 0.5, 'harmonic': 0.4, 'minimum': 0.25}
    """
    share_by_child = _shares(weight_by_child)
    match how:
        case Aggregate.ARITHMETIC:
            return _weighted(score_by_child, share_by_child)
        case Aggregate.GEOMETRIC:
            floored = np.maximum(score_by_child, floor)
            with np.errstate(divide="ignore"):
                return np.asarray(np.exp(_weighted(np.log(floored), share_by_child)))
        case Aggregate.HARMONIC:
            with np.errstate(divide="ignore"):
                positive = np.maximum(score_by_child, 0.0)
                return np.asarray(1.0 / _weighted(1.0 / positive, share_by_child))
        case Aggregate.MINIMUM:
            return np.asarray(score_by_child.min(axis=-1), dtype=np.float64)
        case _:
            assert_never(how)


def aggregate_slopes(
    score_by_child: FloatArray, weight_by_child: FloatArray, how: Aggregate, floor: float = 0.0
) -> FloatArray:
    """Derivative of a node's score by each child's score, at one point.

    Parameters
    ----------
    score_by_child, weight_by_child
        Shape (children,).

    Returns
    -------
    array
        Shape (children,). Arithmetic w/Σw; geometric S·w/(s Σw), 0 below the floor; harmonic
        S²w/(s² Σw); minimum 1 for the first lowest child.
    """
    share_by_child = _shares(weight_by_child)
    node = aggregate_scores(score_by_child, weight_by_child, how, floor)
    match how:
        case Aggregate.ARITHMETIC:
            return share_by_child
        case Aggregate.GEOMETRIC:
            inside = score_by_child > floor
            return np.where(inside, node * share_by_child / np.maximum(score_by_child, floor), 0.0)
        case Aggregate.HARMONIC:
            positive = score_by_child > 0
            return np.where(
                positive, node**2 * share_by_child / np.where(positive, score_by_child, 1.0) ** 2, 0.0
            )
        case Aggregate.MINIMUM:
            slopes = np.zeros_like(score_by_child)
            slopes[int(np.argmin(score_by_child))] = 1.0
            return slopes
        case _:
            assert_never(how)


def _shares(weight_by_child: FloatArray) -> FloatArray:
    return np.asarray(weight_by_child / weight_by_child.sum(), dtype=np.float64)


def _weighted(value_by_child: FloatArray, share_by_child: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("...c,c->...", value_by_child, share_by_child), dtype=np.float64)

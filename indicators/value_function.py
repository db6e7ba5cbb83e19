"""From a leaf's value to its score (M9): pure functions of arrays, a score being a share of the points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

import numpy as np

from indicators.framework import Direction, Indicator, Scoring, Step
from surveys.sample import FloatArray


def linear_score(value: FloatArray, low: float, high: float, direction: Direction) -> FloatArray:
    """Score between fixed goalposts: 0 at the bad one and beyond, 1 at the good one and beyond.

    Parameters
    ----------
    value
        Values of any shape, on the goalposts' scale.
    low, high
        Goalposts, ``low < high``. Under `Direction.DOWN` `low` is the good one.

    Examples
    --------
    >>> linear_score(np.array([0.4, 0.8, 1.0]), 0.5, 1.0, Direction.UP).round(2).tolist()
    [0.0, 0.6, 1.0]
    >>> float(linear_score(np.array(0.25), 0.0, 1.0, Direction.DOWN))
    0.75
    """
    share = np.clip((value - low) / (high - low), 0.0, 1.0)
    return share if direction is Direction.UP else 1.0 - share


def step_score(value: FloatArray, steps: tuple[Step, ...]) -> FloatArray:
    """Score of the highest step whose start the value reaches; 0 below the lowest start.

    Examples
    --------
    >>> scale = (Step(0.6, start=0.8), Step(1.0, start=0.95))
    >>> step_score(np.array([0.7, 0.8, 0.949, 0.95]), scale).tolist()
    [0.0, 0.6, 0.6, 1.0]
    """
    ordered = sorted(steps, key=lambda step: -np.inf if step.start is None else step.start)
    starts = np.array([step.start for step in ordered], dtype=np.float64)
    scores = np.array([0.0, *(step.score_share for step in ordered)])
    # A value computed as 0.9 must reach the step written as 0.9 whatever the last bit says.
    reached = np.searchsorted(starts, np.asarray(value) + 1e-12, side="right")
    return np.where(np.isnan(value), np.nan, scores[reached])


def leaf_score(leaf: Indicator, value: FloatArray, steps: Mapping[str, tuple[Step, ...]]) -> FloatArray:
    """Score of values of one leaf.

    The value of an observation leaf is its 得分率 or 达标率 and that of a document leaf the score of its
    grade: both are scores already.
    """
    if leaf.scoring is None:
        raise ValueError(f"indicator {leaf.code} has no scoring")
    match leaf.scoring:
        case Scoring.LINEAR:
            return linear_score(value, leaf.low, leaf.high, leaf.direction)
        case Scoring.STEPS if any(step.grade for step in steps[leaf.scale]):
            return value
        case Scoring.STEPS:
            return step_score(value, steps[leaf.scale])
        case (
            Scoring.PASS_SHARE
            | Scoring.QUOTA
            | Scoring.RATIO
            | Scoring.THRESHOLD
            | Scoring.ZERO_TOLERANCE
            | Scoring.WALK
        ):
            return value
        case Scoring.PER_EVENT:
            raise ValueError(f"negative item {leaf.code} deducts points; it has no score")
        case _:
            assert_never(leaf.scoring)

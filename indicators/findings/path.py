"""The way to 达标: which leaves, how far, and what each step makes of the total and of the chance to pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from indicators.columns import WAY_COLUMNS
from indicators.findings.known_values import KnownCells, scored_again
from indicators.framework import Direction, Framework, Indicator, Scoring
from indicators.scores.leaf import NORMAL_95
from indicators.scores.leaf_score import leaf_scores
from indicators.scores.node_limits import total_limits
from indicators.scores.scored import Scored, after_deductions
from indicators.scores.tree import node_scores
from surveys.questionnaire import Unit
from surveys.sample import FloatArray

LEAST_GAIN = 1e-9
"""Points; a step that adds less adds nothing but rounding."""
NEARLY = 1e-9
DECIMALS = {Unit.SHARE: 3, Unit.POINTS: 1, Unit.SCALE: 2}
"""Decimals of a value that people are told to reach."""


class WayStage(StrEnum):
    """How far a step goes."""

    TO_TARGET = "to_target"  # to the leaf's own target; to full where it has none
    TO_FULL = "to_full"  # beyond it, where targets are not enough


class WayMark(StrEnum):
    """What a step reaches."""

    ESTIMATE = "estimate"  # the total is at its target: about as likely above as below
    SURELY = "surely"  # its lower limit is too: 达标


class WayEnd(StrEnum):
    """How the way ends."""

    PASSING = "passing"  # no step needed: the lower limit is at the target already
    SURELY = "surely"  # the steps lead to 达标
    ESTIMATE = "estimate"  # everything at full brings the total to its target, but not surely
    SHORT = "short"  # not even that


@dataclass(frozen=True)
class Way:
    """Steps to the target, cheapest first by the points that they recover.

    Parameters
    ----------
    steps
        `WAY_COLUMNS`; empty where the total passes already.
    total, low, high, pass_probability
        Where the way begins.
    framework
        The tree whose total it is.
    """

    area_code: str
    area_name: str
    target: float
    total: float
    low: float
    high: float
    pass_probability: float
    end: WayEnd
    steps: pd.DataFrame
    framework: Framework


def way_to_pass(scored: Scored, area_code: str, target: float) -> Way:
    """Which leaves, how far, until the lower limit of the total is at its target.

    Parameters
    ----------
    target
        Mark of the total, in points (`Framework.target_points`, or another one).

    Notes
    -----
    M9, M11. First each leaf to its own target (without one: to full), the one that adds most to the total
    first, scored again after each step, so that it holds for trees that are not additive; where all of that
    is not enough, from there to full. The last step goes only as far as it must. What is set is taken as
    known. Deductions stay. Leaves that are blank have no value to move.
    """
    row = scored.leaves.row_of_area[area_code]
    marked = replace(scored, framework=replace(scored.framework, target_points=target))
    walk = _Walk(scored_again(marked, scored.leaves, [row]), target)
    start = walk.state
    for stage in WayStage:
        walk.go(stage)
    return Way(
        area_code=area_code,
        area_name=scored.leaves.areas[row].name,
        target=target,
        total=start.total,
        low=start.low,
        high=start.high,
        pass_probability=start.chance,
        end=walk.end(),
        steps=pd.DataFrame(walk.steps, columns=list(WAY_COLUMNS)).astype(WAY_COLUMNS),
        framework=scored.framework,
    )


def full_value(leaf: Indicator, framework: Framework) -> float:
    """The nearest value at which a leaf has its full score."""
    match leaf.scoring:
        case Scoring.LINEAR:
            return leaf.low if leaf.direction is Direction.DOWN else leaf.high
        case Scoring.STEPS:
            steps = framework.steps[leaf.scale]
            best = max(step.score_share for step in steps)
            starts = [step.start for step in steps if step.score_share == best and step.start is not None]
            return min(starts) if starts else best
        case _:
            return 1.0


@dataclass(frozen=True, slots=True)
class _State:
    """The total with its limits and the chance to pass, somewhere on the way."""

    total: float
    low: float
    high: float
    chance: float


class _Walk:
    """Where a way stands while it is made; `scored` holds the one area."""

    def __init__(self, scored: Scored, target: float) -> None:
        self._scored, self._target = scored, target
        self._leaves = scored.leaves
        self._known: dict[int, float] = {}
        # The same draws at every step: what is known is put in their place, the rest need not be drawn again.
        drawn = leaf_scores(scored.framework, scored.value_draws()[0])
        self._drawn = np.where(np.isnan(drawn), scored.score_by_area_leaf[0], drawn)
        # One leaf alone makes a total whose limits are the leaf's own, as they are printed (M9).
        self._alone = int(scored.available_by_area_leaf[0].sum()) == 1
        self.steps: list[dict[str, Any]] = []
        self.state = self._state(self._known)

    def go(self, stage: WayStage) -> None:
        """Take the steps of a stage until the target is surely reached or nothing more adds points."""
        goal = self._goals(stage)
        while not self._is_sure(self.state):
            best = self._next(goal)
            if best is None:
                return
            self._step(stage, best, float(goal[best]))

    def end(self) -> WayEnd:
        """How the way ends, from where it stands."""
        if self._is_sure(self.state):
            return WayEnd.SURELY if self.steps else WayEnd.PASSING
        return WayEnd.ESTIMATE if self._is_reached(self.state.total) else WayEnd.SHORT

    def _step(self, stage: WayStage, column: int, goal: float) -> None:
        leaf, value, before = self._leaves.leaves[column], float(self._value[column]), self.state.total
        marks = self._marks(column, value, goal)
        after = self._state(self._known | {column: goal})
        needed, reached = np.nan, ""
        if not self._is_reached(before) and self._is_reached(after.total):
            needed = self._first(marks, lambda mark: self._is_reached(self._with(column, mark)))
            reached = str(WayMark.ESTIMATE)
        if self._is_sure(after):
            goal = self._first(marks, lambda mark: self._is_sure(self._state(self._known | {column: mark})))
            after = self._state(self._known | {column: goal})
            reached = str(WayMark.SURELY)
        self._known[column] = goal
        self.state = after
        self.steps.append(
            {
                "order": len(self.steps) + 1,
                "node": leaf.code,
                "node_name": leaf.name,
                "lead_unit": leaf.lead_unit,
                "stage": str(stage),
                "value": value,
                "set_to": goal,
                "needed": needed,
                "unit": str(self._leaves.unit[column]),
                "points": after.total - before,
                "total_after": after.total,
                "low_after": after.low,
                "high_after": after.high,
                "pass_probability": after.chance,
                "reached": reached,
            }
        )

    def _is_reached(self, total: float) -> bool:
        return total >= self._target - LEAST_GAIN

    def _is_sure(self, state: _State) -> bool:
        return state.low >= self._target - LEAST_GAIN

    @property
    def _value(self) -> FloatArray:
        value: FloatArray = self._leaves.value[0].copy()
        value[list(self._known)] = list(self._known.values())
        return value

    def _goals(self, stage: WayStage) -> FloatArray:
        """Values that leaves are to reach; NaN where there is nothing to do."""
        framework, leaves = self._scored.framework, self._leaves
        full = np.array([full_value(leaf, framework) for leaf in leaves.leaves])
        target = np.where(np.isnan(leaves.target[0]), full, leaves.target[0])
        goal = target if stage is WayStage.TO_TARGET else full
        better = leaf_scores(framework, goal) > leaf_scores(framework, self._value)
        return np.where(better & leaves.measured[0], goal, np.nan)

    def _next(self, goal: FloatArray) -> int | None:
        """The leaf that at its goal would add most to the total now; None where none adds anything."""
        value = self._value
        candidates = np.flatnonzero(~np.isnan(goal) & (value != goal))
        if not len(candidates):
            return None
        trial = np.tile(value, (len(candidates) + 1, 1))
        trial[np.arange(len(candidates)), candidates] = goal[candidates]
        trial[-1, candidates] = goal[candidates]
        gain = self._totals(trial) - self.state.total
        if gain[:-1].max() > LEAST_GAIN:
            return int(candidates[np.argmax(gain[:-1])])
        if gain[-1] <= LEAST_GAIN:
            return None
        # Only together do they add: the lowest child of a minimum has its like beside it.
        score = leaf_scores(self._scored.framework, value)[candidates]
        return int(candidates[np.argmin(score)])

    def _totals(self, value_by_leaf: FloatArray) -> FloatArray:
        """Total points for values of shape (trials, leaves)."""
        shares = self._shares(value_by_leaf)
        return after_deductions(shares, self._scored.deducted_by_area)

    def _with(self, column: int, value: float) -> float:
        """The total with one more leaf known."""
        trial = self._value
        trial[column] = value
        return float(self._totals(trial[np.newaxis])[0])

    def _state(self, known: Mapping[int, float]) -> _State:
        """Total, limits and chance to pass with these leaves known."""
        columns, values = list(known), np.array(list(known.values()), dtype=np.float64)
        if self._alone or not len(self._drawn):
            return self._state_of_engine(columns, values)
        trial = self._leaves.value[0].copy()
        trial[columns] = values
        share, drawn = self._shares(trial), self._drawn.copy()
        drawn[:, columns] = leaf_scores(self._scored.framework, trial)[columns]
        root = node_scores(self._scored.tree, drawn, self._scored.available_by_area_leaf[0])[:, 0]
        half = NORMAL_95 * np.sqrt(np.mean((root - share) ** 2))
        ends = np.clip(np.array([share, share - half, share + half]), 0.0, 1.0)
        total, low, high = after_deductions(ends, self._scored.deducted_by_area)
        passed = after_deductions(root, self._scored.deducted_by_area) >= self._target - LEAST_GAIN
        return _State(float(total), float(low), float(high), float(np.mean(passed)))

    def _state_of_engine(self, columns: list[int], values: FloatArray) -> _State:
        """The same, by scoring the tree again."""
        rows = np.zeros(len(columns), dtype=np.intp)
        cells = KnownCells(rows, np.array(columns, dtype=np.intp), values)
        again = scored_again(self._scored, self._leaves, [0], cells)
        low, high = total_limits(again)
        chance = again.pass_probability_by_area_node[0, 0]
        return _State(float(again.total_by_area[0]), float(low[0]), float(high[0]), float(chance))

    def _shares(self, value_by_leaf: FloatArray) -> FloatArray:
        """Score of the root for values of shape (…, leaves)."""
        scored = self._scored
        score = np.where(self._leaves.measured[0], leaf_scores(scored.framework, value_by_leaf), 0.0)
        root: FloatArray = node_scores(scored.tree, score, scored.available_by_area_leaf[0])[..., 0]
        return root

    def _marks(self, column: int, value: float, goal: float) -> FloatArray:
        """Values on the way to a goal that people can be told: grades, tenths of a per cent or of a point."""
        leaf = self._leaves.leaves[column]
        steps = self._scored.framework.steps.get(leaf.scale, ())
        if any(step.grade for step in steps) and self._leaves.n[0, column] == 1:
            scores = np.array(sorted(step.score_share for step in steps))
            return np.append(scores[(scores > value) & (scores < goal)], goal)
        decimals = DECIMALS[self._leaves.unit[column]]
        sign = 1.0 if goal > value else -1.0
        first, last = (np.floor(sign * end * 10**decimals + NEARLY) for end in (value, goal))
        marks = sign * np.arange(first + 1, last + 1) / 10**decimals
        return np.append(marks[sign * marks < sign * goal], goal)

    @staticmethod
    def _first(marks: FloatArray, enough: Callable[[float], bool]) -> float:
        """The first mark that is enough; the last one always is."""
        low, high = 0, len(marks) - 1
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if enough(float(marks[middle])) else (middle + 1, high)
        return float(marks[high])

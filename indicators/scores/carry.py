"""Values of an earlier wave for leaves that were not collected now (M9, ``missing = carry``)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from indicators.framework import Framework, Indicator, Missing, Step
from indicators.scores.leaf import LeafTable, joined_flags
from indicators.scores.likeness import reasons_by_leaf
from indicators.scores.scored import Scored
from indicators.status import NodeStatus, ScoreFlag
from surveys.problem import Problem, Severity
from surveys.toml_section import FILE
from surveys.wave import Wave

NUMBERS = ("value", "low", "high", "standard_error", "degrees_of_freedom", "effective_n", "n")


def with_carried(
    framework: Framework, leaves: LeafTable, previous: Scored | None, unlike: Collection[str] = ()
) -> LeafTable:
    """Leaves in which an earlier wave's values stand in where the framework says ``carry``.

    A leaf is carried, with its limits, error and n, where nothing was collected now and the earlier wave
    measured the same area by a leaf of the same code and content (source, scoring, scale, goalposts). It is
    then MEASURED, flagged, and names its wave; its target is this wave's. Without such a value it stays
    blank. What is withheld now is never replaced: the gap would give it back.

    Parameters
    ----------
    unlike
        Leaves whose values of the two waves are not the same thing (`likeness.reasons_by_leaf`): never
        carried.
    """
    pairs = _pairs(framework, leaves, previous, unlike)
    if previous is None or not pairs:
        return leaves
    earlier = previous.leaves
    carried = _copied(leaves)
    here, there = np.array([at for at, _ in pairs]), np.array([at for _, at in pairs])
    source = f"{previous.wave} {previous.last_day}".strip()
    for row, area in enumerate(leaves.areas):
        old = earlier.row_of_area.get(area.code)
        if old is None:
            continue
        usable = (leaves.status[row, here] == NodeStatus.NOT_COLLECTED) & earlier.measured[old, there]
        to, of = here[usable], there[usable]
        for name in NUMBERS:
            getattr(carried, name)[row, to] = getattr(earlier, name)[old, of]
        carried.status[row, to] = NodeStatus.MEASURED
        flag = np.full(len(to), str(ScoreFlag.CARRIED), dtype=object)
        fresh = ~earlier.carried[old, of]
        carried.flag[row, to] = np.where(
            fresh, joined_flags(earlier.flag[old, of], flag), earlier.flag[old, of]
        )
        carried.carried_from[row, to] = np.where(fresh, source, earlier.carried_from[old, of])
        carried.covariance[row, to[:, None], to] = earlier.covariance[old, of[:, None], of]
    return carried


def check_carried(framework: Framework, old: Wave, new: Wave) -> tuple[Problem, ...]:
    """A warning where leaves would carry a value of the previous wave that is not the same thing."""
    unlike = reasons_by_leaf(framework, old, new)
    leaves = [leaf.code for leaf in framework.leaves if leaf.missing is Missing.CARRY and leaf.code in unlike]
    if not leaves:
        return ()
    reasons = dict.fromkeys(why for code in leaves for why in unlike[code])
    detail = {"reasons": ", ".join(reasons), "previous": old.id}
    value = "、".join(leaves)
    return (Problem("not_carried", Severity.WARNING, FILE, None, "compare.equivalent", value, detail),)


def _pairs(
    framework: Framework, leaves: LeafTable, previous: Scored | None, unlike: Collection[str]
) -> list[tuple[int, int]]:
    """Columns of the leaves that may be carried: here, and in the earlier wave."""
    if previous is None:
        return []
    column_of, pairs = previous.leaves.column_of_leaf, []
    for at, leaf in enumerate(leaves.leaves):
        column = column_of.get(leaf.code)
        if leaf.missing is not Missing.CARRY or column is None or leaf.code in unlike:
            continue
        old = previous.leaves.leaves[column]
        same_unit = previous.leaves.unit[column] is leaves.unit[at]
        if same_unit and _content(leaf, framework.steps) == _content(old, previous.framework.steps):
            pairs.append((at, column))
    return pairs


def _content(leaf: Indicator, steps: Mapping[str, tuple[Step, ...]]) -> tuple[object, ...]:
    """What a leaf's value and score rest on."""
    scale = steps.get(leaf.scale, ())
    return (leaf.method, leaf.source, leaf.scoring, leaf.low, leaf.high, scale, leaf.direction, leaf.level)


def _copied(leaves: LeafTable) -> LeafTable:
    names = (*NUMBERS, "status", "flag", "carried_from", "covariance")
    return replace(leaves, **{name: getattr(leaves, name).copy() for name in names})

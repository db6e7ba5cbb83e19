"""Totals and projects of subdistricts, ranked where they are made of the same leaves (M8, M9)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from indicators.columns import TOTAL_NODE
from indicators.framework import FULL_POINTS, Method
from indicators.ranks.ranked import Ranked, correlation_between
from indicators.ranks.vocabulary import RankedKind
from indicators.scores.node_limits import score_limits
from indicators.scores.scored import Scored, after_deductions, evaluate
from indicators.scores.table import TOTAL_NAME
from indicators.status import NodeStatus
from surveys.area import AreaLevel
from surveys.estimate import Estimation
from surveys.questionnaire import Unit
from surveys.sample import FloatArray, IntArray

_SAME_POINTS = 9
"""Digits in which effective points agree: they are sums and quotients of declared ones."""


def ranked_scores(scored: Scored, estimation: Estimation) -> Iterator[Ranked]:
    """The total, the common total where totals are not all comparable, then every project.

    Notes
    -----
    M8, M9. The error of a score is that of its draws through the whole function (their root mean square
    distance from the estimate, which makes its printed interval too). Correlation between areas: linearised
    scores of the answers; sites are drawn area by area and are independent of each other.
    """
    yield from _groups(scored, estimation, RankedKind.TOTAL, [0])
    if not totals_are_comparable(scored):
        yield from _groups(common_scored(scored), estimation, RankedKind.COMMON, [0])
    projects = [node for node, depth in enumerate(scored.tree.depth_of_node) if depth == 1]
    yield from _groups(scored, estimation, RankedKind.NODE, projects)


def totals_are_comparable(scored: Scored) -> bool:
    """Whether all subdistricts that have a total have the same leaves in it."""
    groups = comparable_groups(scored, 0)
    ranked = max((len(rows) for rows in groups), default=0)
    return ranked == int(np.isfinite(scored.total_by_area[subdistrict_rows(scored)]).sum())


def comparable_groups(scored: Scored, node: int) -> list[IntArray]:
    """Rows of the subdistricts whose leaves below a node have the same effective points, largest group first.

    Subdistricts in which nothing below the node is available are in no group, and there are no groups of one.
    """
    rows = subdistrict_rows(scored)
    rows = rows[~np.isnan(scored.share_by_area_node[rows, node])]
    below = [scored.tree.node_of_leaf[leaf] for leaf in scored.tree.leaves_below(node)]
    points = np.round(scored.points_by_area_node[np.ix_(rows, below)], _SAME_POINTS)
    if node and len(rows):
        # A project's points also depend on blanks in others; what it is made of are shares of its own.
        points = np.round(points / points.sum(axis=1, keepdims=True), _SAME_POINTS)
    _, group = np.unique(points, axis=0, return_inverse=True)
    found = [rows[group.ravel() == number] for number in range(int(group.max(initial=-1)) + 1)]
    several = [members for members in found if len(members) > 1]
    return sorted(several, key=lambda members: (-len(members), int(members[0])))


def common_scored(scored: Scored) -> Scored:
    """The same tree over the leaves that every subdistrict with a total has; the others are left out."""
    rows = subdistrict_rows(scored)
    rows = rows[~np.isnan(scored.total_by_area[rows])]
    kept = scored.available_by_area_leaf[rows].all(axis=0)
    leaves = scored.leaves
    status = leaves.status.copy()
    status[:, ~kept] = NodeStatus.NOT_APPLICABLE
    table = replace(
        leaves,
        status=status,
        value=np.where(kept, leaves.value, np.nan),
        low=np.where(kept, leaves.low, np.nan),
        high=np.where(kept, leaves.high, np.nan),
        covariance=np.where(np.outer(kept, kept), leaves.covariance, 0.0),
    )
    return evaluate(
        scored.framework,
        table,
        scored.correlation,
        scored.settings,
        scored.deducted_by_area,
        wave=scored.wave,
        last_day=scored.last_day,
        previous=scored.previous,
    )


def subdistrict_rows(scored: Scored) -> IntArray:
    """Rows of the subdistricts among the areas of a tree."""
    levels = [area.level is AreaLevel.SUBDISTRICT for area in scored.leaves.areas]
    return np.flatnonzero(np.array(levels, dtype=bool))


def _groups(
    scored: Scored, estimation: Estimation, kind: RankedKind, nodes: Sequence[int]
) -> Iterator[Ranked]:
    limits = score_limits(scored)
    for node in nodes:
        for number, rows in enumerate(comparable_groups(scored, node), 1):
            yield _ranked(scored, estimation, limits, kind, node, number, rows)


def _ranked(
    scored: Scored,
    estimation: Estimation,
    limits: tuple[FloatArray, FloatArray],
    kind: RankedKind,
    node: int,
    comparable: int,
    rows: IntArray,
) -> Ranked:
    low, high = (limit[rows, node] for limit in limits)
    value = scored.share_by_area_node[rows, node]
    error = scored.root_mean_square_error_by_area_node[rows, node]
    own = scored.standard_error_by_area_node[rows, node]
    if node == 0:
        deducted = scored.deducted_by_area[rows]
        value, low, high = (after_deductions(share, deducted) for share in (value, low, high))
        error, own = FULL_POINTS * error, FULL_POINTS * own
    gradient = _gradient(scored, node, rows, list(estimation.correlation.columns))
    indicator = scored.tree.indicators[node - 1] if node else None
    return Ranked(
        kind=kind,
        name=TOTAL_NODE if indicator is None else indicator.code,
        label=TOTAL_NAME if indicator is None else indicator.name,
        unit=Unit.POINTS if node == 0 else Unit.SHARE,
        comparable=comparable,
        areas=tuple(scored.leaves.areas[row] for row in rows),
        value=value,
        low=low,
        high=high,
        estimate=value,
        standard_error=error,
        correlation=correlation_between(estimation.between_areas(gradient), own),
    )


def _gradient(scored: Scored, node: int, rows: IntArray, measures: Sequence[str]) -> pd.DataFrame:
    """∂ score/∂ rate of each measure in each area; a carried value has the errors of its own wave."""
    slope = scored.slope_by_area_leaf if node == 0 else scored.node_slopes(node)
    slope = np.where(scored.leaves.measured & ~scored.leaves.carried, slope, 0.0)[rows]
    by_measure: dict[str, FloatArray] = {name: np.zeros(len(rows)) for name in measures}
    for at, leaf in enumerate(scored.framework.leaves):
        # Of a questionnaire that nobody answered in this wave there is no measure, and nothing to share.
        if leaf.method is Method.QUESTIONNAIRE and leaf.source in by_measure:
            by_measure[leaf.source] = by_measure[leaf.source] + slope[:, at]
    return pd.DataFrame(by_measure, index=[scored.leaves.areas[row].code for row in rows])

"""Other ways to score the same values (M9): what each of them makes of every area's total.

A scenario is a family of variants. Each variant scores all areas once more: with other points, without a
leaf, with another kind of mean, or with another rule for what is missing. Values and deductions stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from indicators.framework import FULL_POINTS, Aggregate
from indicators.scores.aggregation import aggregate_scores
from indicators.scores.node_limits import missing_leaves
from indicators.scores.scored import Scored, total_points
from indicators.scores.table import TOTAL_NAME
from indicators.scores.tree import BoolArray, Tree, available_nodes, node_scores
from surveys.area import AreaLevel
from surveys.sample import FloatArray

_AT_ONCE = 4_000_000
"""Variants × areas × nodes that are held at once (32 MB)."""


class Scenario(StrEnum):
    """What is varied."""

    HEADLINE = "headline"  # nothing: the scores as they are printed
    POINTS = "points"  # declared points ± 25 %
    LEAVE_ONE_OUT = "leave_one_out"  # each leaf in turn
    GEOMETRIC = "geometric"  # arithmetic ↔ geometric, at each inner node in turn and at all of them
    MISSING = "missing"  # what was not collected: at zero, left out, at full
    SAMPLING = "sampling"  # the sampling error, for comparison


class Filling(StrEnum):
    """What is done with a leaf that was not collected, as it stands in ``turned_by``."""

    ZERO = "zero"
    LEFT_OUT = "left_out"  # its weight is shared out
    FULL = "full"


@dataclass(frozen=True)
class VariantSettings:
    """How far points are varied, in how many variants, and the floor of geometric means without one."""

    spread: float = 0.25
    variants: int = 500
    floor: float = 0.01


DEFAULT_VARIANTS = VariantSettings()


@dataclass(frozen=True)
class Variants:
    """Totals under the variants of one scenario.

    Parameters
    ----------
    names
        Of each variant: a node's name, with the change where its points are varied; a `Filling`; empty where
        many nodes are changed at once.
    total_by_variant_area
        Points after deductions; NaN where nothing is left to score.
    ranked_by_variant_area
        The totals by which subdistricts are ranked: over the leaves that all of them have. NaN where an area
        is not ranked (the district; all of them where they have no leaf in common).
    """

    scenario: Scenario
    names: tuple[str, ...]
    total_by_variant_area: FloatArray
    ranked_by_variant_area: FloatArray


def headline(scored: Scored) -> Variants:
    """The scores as they are: one variant."""
    evaluated = _evaluated(scored, scored.tree, scored.score_by_area_leaf, scored.available_by_area_leaf)
    return Variants(Scenario.HEADLINE, ("",), *evaluated)


def point_variants(scored: Scored, settings: VariantSettings = DEFAULT_VARIANTS) -> Variants:
    """Declared points of all nodes times factors drawn evenly from 1 ± spread; then of top nodes alone.

    Only its size beside those of a node's siblings makes a factor matter.
    """
    tree = scored.tree
    low, high = 1.0 - settings.spread, 1.0 + settings.spread
    rng = np.random.default_rng(scored.settings.seed)
    tops = tree.children_of_node[0]
    alone = np.ones((2 * len(tops), tree.size))
    alone[np.arange(len(alone)), np.repeat(tops, 2)] = np.tile([high, low], len(tops))
    factors = np.concatenate([rng.uniform(low, high, (settings.variants, tree.size)), alone])
    varied = replace(tree, points_by_node=(tree.points_by_node * factors)[:, np.newaxis, :])
    evaluated = _evaluated(scored, varied, scored.score_by_area_leaf, scored.available_by_area_leaf)
    signs = [f"{sign}{settings.spread:.0%}" for sign in "+−"]
    names = [f"{_name(tree, top)} {sign}" for top in tops for sign in signs]
    return Variants(Scenario.POINTS, (*[""] * settings.variants, *names), *evaluated)


def leave_one_out(scored: Scored) -> Variants:
    """Each leaf in turn left out, its weight shared out among its siblings."""
    leaves = scored.framework.leaves
    kept = ~np.eye(len(leaves), dtype=bool)[:, np.newaxis, :]
    available = scored.available_by_area_leaf & kept
    evaluated = _evaluated(scored, scored.tree, scored.score_by_area_leaf, available)
    return Variants(Scenario.LEAVE_ONE_OUT, tuple(leaf.name for leaf in leaves), *evaluated)


def geometric_means(scored: Scored, settings: VariantSettings = DEFAULT_VARIANTS) -> Variants:
    """Each inner node in turn, then all together: geometric where it is arithmetic, arithmetic where not."""
    tree, own = scored.tree, scored.available_by_area_leaf
    inner = [node for node in range(tree.size) if len(tree.children_of_node[node]) > 1]
    families = [*([node] for node in inner), inner]
    names = [_name(tree, node) if node else TOTAL_NAME for node in inner]

    def totals(available: BoolArray) -> FloatArray:
        scores = node_scores(tree, scored.score_by_area_leaf, available)
        present = available_nodes(tree, available)
        share = [_with_other_means(tree, scores, present, nodes, settings.floor) for nodes in families]
        return np.maximum(FULL_POINTS * np.stack(share) - scored.deducted_by_area, 0.0)

    own_totals, common = totals(own), _common_leaves(scored, own)
    compared = own_totals if common is None else totals(common)
    return Variants(Scenario.GEOMETRIC, (*names, ""), own_totals, _of_ranked(scored, compared))


def missing_policies(scored: Scored) -> Variants:
    """What was not collected, may not be printed, or is carried over: at zero, left out, at full.

    At zero and at full are the bounds that are printed beside the total.
    """
    missing = missing_leaves(scored)
    without = scored.available_by_area_leaf & ~missing
    filled = np.array([0.0, 0.0, 1.0])[:, np.newaxis, np.newaxis]
    included = np.array([True, False, True])[:, np.newaxis, np.newaxis]
    scores = np.where(missing, filled, scored.score_by_area_leaf)
    evaluated = _evaluated(scored, scored.tree, scores, without | (missing & included))
    return Variants(Scenario.MISSING, tuple(map(str, Filling)), *evaluated)


def ranked_areas(scored: Scored) -> BoolArray:
    """Subdistricts of which anything was measured, shape (areas,); none where there are not two of them."""
    below = np.array([area.level is not AreaLevel.DISTRICT for area in scored.leaves.areas], dtype=bool)
    ranked = below & scored.available_by_area_leaf.any(axis=1)
    return np.asarray(ranked & (ranked.sum() > 1), dtype=bool)


def _evaluated(
    scored: Scored, tree: Tree, score_by_leaf: FloatArray, available_by_leaf: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """Totals by variant and area over each area's own leaves, and over those that all ranked ones share.

    Leading axes (variants, areas) of the scores, of what is available and of the tree's points broadcast.
    """
    own = _points(scored, tree, score_by_leaf, available_by_leaf)
    common = _common_leaves(scored, available_by_leaf)
    compared = own if common is None else _points(scored, tree, score_by_leaf, common)
    return own, _of_ranked(scored, compared)


def _points(
    scored: Scored, tree: Tree, score_by_leaf: FloatArray, available_by_leaf: BoolArray
) -> FloatArray:
    """Total points, shape (variants, areas), a block of areas at a time."""
    areas = len(scored.deducted_by_area)
    variants = np.broadcast_shapes(
        score_by_leaf.shape[:-2], available_by_leaf.shape[:-2], tree.points_by_node.shape[:-2]
    )
    block = max(_AT_ONCE // (tree.size * max(*variants, 1)), 1) if variants else areas
    parts = []
    for start in range(0, areas, block):
        some = slice(start, start + block)
        scores, available = score_by_leaf[..., some, :], available_by_leaf[..., some, :]
        points = total_points(tree, scores, available, scored.deducted_by_area[some])
        parts.append(np.atleast_2d(points))
    return np.concatenate(parts, axis=1)


def _common_leaves(scored: Scored, available_by_leaf: BoolArray) -> BoolArray | None:
    """What is available in every ranked area, in the shape of `available_by_leaf`; None where they agree."""
    of_ranked = available_by_leaf[..., ranked_areas(scored), :]
    common = of_ranked.all(axis=-2, keepdims=True)
    if (of_ranked == common).all():
        return None
    return np.broadcast_to(common, available_by_leaf.shape)


def _of_ranked(scored: Scored, total_by_variant_area: FloatArray) -> FloatArray:
    return np.where(ranked_areas(scored), total_by_variant_area, np.nan)


def _with_other_means(
    tree: Tree, score_by_area_node: FloatArray, available: BoolArray, nodes: Sequence[int], floor: float
) -> FloatArray:
    """Share of the total, shape (areas,), where `nodes` take the other kind of mean."""
    scores = score_by_area_node.copy()
    changed = set(nodes)
    for node in nodes:
        while (node := tree.parent_of_node[node]) >= 0:
            changed.add(node)
    for node in sorted(changed, reverse=True):  # children come after their parents
        children = list(tree.children_of_node[node])
        weights = tree.points_by_node[children] * available[:, children]
        how, own_floor = tree.how(node)
        if node in nodes:
            is_mean = how is Aggregate.ARITHMETIC
            how, own_floor = (
                (Aggregate.GEOMETRIC, own_floor or floor) if is_mean else (Aggregate.ARITHMETIC, 0.0)
            )
        scores[:, node] = aggregate_scores(scores[:, children], weights, how, own_floor)
    return scores[:, 0]


def _name(tree: Tree, node: int) -> str:
    return tree.indicators[node - 1].name

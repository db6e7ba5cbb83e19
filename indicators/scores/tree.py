"""The tree as arrays: node scores, their slopes and the points each node is worth.

Node 0 is the total; every node comes after its parent. Arrays over leaves follow `Framework.leaves`. Leading
axes are whatever the caller has (areas, draws, variants); only nodes are walked one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from indicators.framework import FULL_POINTS, Aggregate, Framework, Indicator, Method
from indicators.scores.aggregation import aggregate_scores, aggregate_slopes
from surveys.sample import FloatArray

BoolArray = npt.NDArray[np.bool_]

SAME_POINTS = 1e-9
"""Effective points that differ by less agree: they are sums and quotients of declared ones."""


@dataclass(frozen=True)
class Tree:
    """Structure of a framework.

    Parameters
    ----------
    indicators
        Indicator of each node; the total (node 0) has none, so the tuple starts with node 1.
    parent_of_node
        −1 for the total.
    depth_of_node
        0 for the total, 1 for projects.
    children_of_node
        Node numbers; empty for leaves.
    leaf_of_node
        Number of the leaf, −1 for inner nodes.
    points_by_node
        Declared points, shape (…, nodes); of the total: the sum over the top nodes. Leading axes, for trees
        whose points vary, are broadcast against those of the scores.
    """

    indicators: tuple[Indicator, ...]
    parent_of_node: tuple[int, ...]
    depth_of_node: tuple[int, ...]
    children_of_node: tuple[tuple[int, ...], ...]
    leaf_of_node: tuple[int, ...]
    points_by_node: FloatArray

    @property
    def size(self) -> int:
        """Number of nodes, the total included."""
        return len(self.parent_of_node)

    @cached_property
    def leaves(self) -> int:
        """Number of leaves."""
        return sum(leaf >= 0 for leaf in self.leaf_of_node)

    @cached_property
    def is_below(self) -> BoolArray:
        """Which leaves lie at or below each node, shape (nodes, leaves)."""
        below = np.zeros((self.size, self.leaves), dtype=bool)
        for node in range(self.size):
            below[node, list(self.leaves_below(node))] = True
        return below

    @cached_property
    def node_of_leaf(self) -> tuple[int, ...]:
        """Node of each leaf."""
        node_of = {leaf: node for node, leaf in enumerate(self.leaf_of_node) if leaf >= 0}
        return tuple(node_of[leaf] for leaf in range(self.leaves))

    def leaves_below(self, node: int) -> tuple[int, ...]:
        """Numbers of the leaves at or below a node."""
        leaf = self.leaf_of_node[node]
        if leaf >= 0:
            return (leaf,)
        return tuple(below for child in self.children_of_node[node] for below in self.leaves_below(child))

    def how(self, node: int) -> tuple[Aggregate, float]:
        """Kind of mean of an inner node, and its floor."""
        if node == 0:
            return Aggregate.ARITHMETIC, 0.0
        indicator = self.indicators[node - 1]
        return indicator.aggregate, indicator.floor


def tree_of(framework: Framework) -> Tree:
    """Arrays of a framework, negative items left out."""
    indicators = tuple(row for row in framework.indicators if row.method is not Method.NEGATIVE)
    node_of = {row.code: at for at, row in enumerate(indicators, 1)}
    leaf_of = {row.code: at for at, row in enumerate(framework.leaves)}
    parents = (-1, *(node_of[row.parent] if row.parent else 0 for row in indicators))
    depths = [0]
    for parent in parents[1:]:
        depths.append(depths[parent] + 1)
    children: list[list[int]] = [[] for _ in parents]
    for node, parent in enumerate(parents):
        if parent >= 0:
            children[parent].append(node)
    return Tree(
        indicators=indicators,
        parent_of_node=parents,
        depth_of_node=tuple(depths),
        children_of_node=tuple(tuple(nodes) for nodes in children),
        leaf_of_node=(-1, *(leaf_of.get(row.code, -1) for row in indicators)),
        points_by_node=np.array(
            [sum(root.points for root in framework.roots), *(row.points for row in indicators)]
        ),
    )


def available_nodes(tree: Tree, available_by_leaf: BoolArray) -> BoolArray:
    """Which nodes have a score: leaves as given, an inner node where any child has one.

    Shape (…, leaves) to (…, nodes).
    """
    available = np.zeros((*available_by_leaf.shape[:-1], tree.size), dtype=bool)
    for node in reversed(range(tree.size)):
        leaf = tree.leaf_of_node[node]
        if leaf >= 0:
            available[..., node] = available_by_leaf[..., leaf]
        else:
            available[..., node] = available[..., list(tree.children_of_node[node])].any(axis=-1)
    return available


def node_scores(tree: Tree, score_by_leaf: FloatArray, available_by_leaf: BoolArray) -> FloatArray:
    """Score of every node.

    Parameters
    ----------
    score_by_leaf
        Shape (…, leaves), in [0, 1]; leaves that are not available are not looked at.
    available_by_leaf
        Shape (…, leaves), broadcast against the scores; the weight of the others is shared out among their
        siblings.

    Returns
    -------
    array
        Shape (…, nodes); NaN where nothing below is available.
    """
    available = available_nodes(tree, available_by_leaf)
    axes = (score_by_leaf.shape[:-1], available.shape[:-1], tree.points_by_node.shape[:-1])
    scores = np.full((*np.broadcast_shapes(*axes), tree.size), np.nan)
    for node in reversed(range(tree.size)):
        leaf = tree.leaf_of_node[node]
        if leaf >= 0:
            scores[..., node] = np.where(available[..., node], score_by_leaf[..., leaf], np.nan)
        elif tree.children_of_node[node]:
            children, weights = _family(tree, node, available)
            scores[..., node] = aggregate_scores(scores[..., children], weights, *tree.how(node))
    return scores


def local_slopes(tree: Tree, score_by_node: FloatArray, available_by_leaf: BoolArray) -> FloatArray:
    """Derivative of each node's parent's score by its own score, shape (…, nodes); of the total 1."""
    available = available_nodes(tree, available_by_leaf)
    slopes = np.zeros(np.broadcast_shapes(score_by_node.shape, available.shape))
    slopes[..., 0] = 1.0
    for node in range(tree.size):
        if tree.children_of_node[node]:
            children, weights = _family(tree, node, available)
            scores = score_by_node[..., children]
            slopes[..., children] = aggregate_slopes(scores, weights, *tree.how(node))
    return slopes


def leaf_slopes(tree: Tree, node: int, local_by_node: FloatArray) -> FloatArray:
    """Derivative of one node's score by every leaf's score, by the chain rule (M9).

    Parameters
    ----------
    local_by_node
        Shape (…, nodes), of `local_slopes`.

    Returns
    -------
    array
        Shape (…, leaves); 0 where a leaf is blank or not below the node.
    """
    slopes = np.zeros((*local_by_node.shape[:-1], tree.leaves))
    ahead = [(node, np.ones(local_by_node.shape[:-1]))]
    while ahead:
        at, slope = ahead.pop()
        if tree.leaf_of_node[at] >= 0:
            slopes[..., tree.leaf_of_node[at]] = slope
        ahead += [(child, slope * local_by_node[..., child]) for child in tree.children_of_node[at]]
    return slopes


def node_slopes(tree: Tree, score_by_leaf: FloatArray, available_by_leaf: BoolArray) -> FloatArray:
    """Derivative of every node's score by every leaf's score, shape (…, nodes, leaves)."""
    scores = node_scores(tree, score_by_leaf, available_by_leaf)
    local = local_slopes(tree, scores, available_by_leaf)
    available = available_nodes(tree, available_by_leaf)[..., np.newaxis]
    slopes = np.stack([leaf_slopes(tree, node, local) for node in range(tree.size)], axis=-2)
    return np.where(available, slopes, 0.0)


def effective_points(tree: Tree, available_by_leaf: BoolArray) -> FloatArray:
    """Points of every node after the weight of blank siblings was shared out; the total has 100.

    Shape (…, leaves) to (…, nodes). Blank nodes have 0. For an inner node that is no arithmetic mean they are
    the points its children share, though its score is not their sum.
    """
    available = available_nodes(tree, available_by_leaf)
    shape = np.broadcast_shapes(available.shape, tree.points_by_node.shape)
    points = np.zeros(shape)
    points[..., 0] = np.where(available[..., 0], FULL_POINTS, 0.0)
    for node in range(tree.size):
        if tree.children_of_node[node]:
            children, weights = _family(tree, node, available)
            total = weights.sum(axis=-1, keepdims=True)
            points[..., children] = points[..., [node]] * weights / np.where(total > 0, total, 1.0)
    return points


def _family(tree: Tree, node: int, available_by_node: BoolArray) -> tuple[list[int], FloatArray]:
    """Children of a node and their points, 0 where one is blank."""
    children = list(tree.children_of_node[node])
    points: FloatArray = tree.points_by_node[..., children] * available_by_node[..., children]
    return children, points

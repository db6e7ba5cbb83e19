"""The tree as arrays: node scores, their slopes and the points each node is worth, for draws all at once.

Node 0 is the total; every node comes after its parent. Arrays over leaves follow `Framework.leaves`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from indicators.framework import Aggregate, Framework, Indicator, Method
from indicators.scores.aggregation import aggregate_scores, aggregate_slopes
from surveys.sample import FloatArray

BoolArray = npt.NDArray[np.bool_]

FULL_POINTS = 100.0
"""Points of the total; other sums of the top nodes are rescaled to it."""


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
        Declared points; of the total: the sum over the top nodes.
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
    """Which nodes have a score: leaves as given, an inner node where any child has one."""
    available = np.zeros(tree.size, dtype=bool)
    for node in reversed(range(tree.size)):
        leaf = tree.leaf_of_node[node]
        children = list(tree.children_of_node[node])
        available[node] = available_by_leaf[leaf] if leaf >= 0 else bool(available[children].any())
    return available


def node_scores(tree: Tree, score_by_leaf: FloatArray, available_by_leaf: BoolArray) -> FloatArray:
    """Score of every node.

    Parameters
    ----------
    score_by_leaf
        Shape (…, leaves), in [0, 1]; leaves that are not available are not looked at.
    available_by_leaf
        Shape (leaves,); the weight of the others is shared out among their siblings.

    Returns
    -------
    array
        Shape (…, nodes); NaN where nothing below is available.
    """
    available = available_nodes(tree, available_by_leaf)
    scores = np.full((*score_by_leaf.shape[:-1], tree.size), np.nan)
    for node in reversed(range(tree.size)):
        if not available[node]:
            continue
        leaf = tree.leaf_of_node[node]
        if leaf >= 0:
            scores[..., node] = score_by_leaf[..., leaf]
            continue
        children = [child for child in tree.children_of_node[node] if available[child]]
        weights = tree.points_by_node[children]
        scores[..., node] = aggregate_scores(scores[..., children], weights, *tree.how(node))
    return scores


def node_slopes(tree: Tree, score_by_leaf: FloatArray, available_by_leaf: BoolArray) -> FloatArray:
    """Derivative of every node's score by every leaf's score, by the chain rule (M9).

    Parameters
    ----------
    score_by_leaf
        Shape (leaves,).

    Returns
    -------
    array
        Shape (nodes, leaves); 0 where a leaf is not available or not below the node.
    """
    available = available_nodes(tree, available_by_leaf)
    scores = node_scores(tree, score_by_leaf, available_by_leaf)
    slopes = np.zeros((tree.size, len(score_by_leaf)))
    for node in reversed(range(tree.size)):
        if not available[node]:
            continue
        leaf = tree.leaf_of_node[node]
        if leaf >= 0:
            slopes[node, leaf] = 1.0
            continue
        children = [child for child in tree.children_of_node[node] if available[child]]
        weights = tree.points_by_node[children]
        slopes[node] = aggregate_slopes(scores[children], weights, *tree.how(node)) @ slopes[children]
    return slopes


def effective_points(tree: Tree, available_by_leaf: BoolArray) -> FloatArray:
    """Points of every node after the weight of blank siblings was shared out; the total has 100.

    Blank nodes have 0. For an inner node that is no arithmetic mean they are the points its children share,
    though its score is not their sum.
    """
    available = available_nodes(tree, available_by_leaf)
    points = np.zeros(tree.size)
    points[0] = FULL_POINTS if available[0] else 0.0
    for node in range(tree.size):
        children = [child for child in tree.children_of_node[node] if available[child]]
        if children:
            weights = tree.points_by_node[children]
            points[children] = points[node] * weights / weights.sum()
    return points

"""What a node is made of, so that two editions can be told apart node by node and not only as a whole."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from indicators.framework import Framework, Indicator


@dataclass(frozen=True)
class Contents:
    """Content of every node of an edition; equal contents are scored alike.

    Parameters
    ----------
    of_node
        By code: for a leaf how its value is made and scored, for an inner node that and the points of all
        below it. Names, wording, owners and tags are not in it.
    of_total
        The whole tree, the negative list and its cap.
    """

    of_node: dict[str, Hashable]
    of_total: Hashable


def contents_of(framework: Framework) -> Contents:
    """Content of every node of an edition."""
    of_node: dict[str, Hashable] = {}
    for row in reversed(framework.indicators):  # children come after their parents
        children = framework.children(row.code)
        if row.method is not None:
            of_node[row.code] = _leaf(framework, row)
        else:
            below = tuple((child.code, child.points, of_node[child.code]) for child in children)
            of_node[row.code] = (row.aggregate, row.floor, below)
    tree = tuple((root.code, root.points, of_node[root.code]) for root in framework.roots)
    negative = tuple(
        (row.code, row.points, row.cap, row.window_months, row.veto_grade, row.level)
        for row in framework.negative_items
    )
    return Contents(of_node, (tree, negative, framework.deduction_cap))


def _leaf(framework: Framework, leaf: Indicator) -> Hashable:
    """How a leaf's value is made and scored."""
    steps = framework.steps.get(leaf.scale, ()) if leaf.scale else ()
    return (
        leaf.method,
        leaf.source,
        leaf.scoring,
        leaf.low,
        leaf.high,
        leaf.direction,
        leaf.level,
        leaf.missing,
        tuple(steps),
    )

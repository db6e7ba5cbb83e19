"""Aggregation: the four means, their slopes by the chain rule, shared-out points, blanks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from indicators.framework import Aggregate, Framework, Indicator, Method, Scoring
from indicators.scores.aggregation import aggregate_scores, aggregate_slopes
from indicators.scores.tree import Tree, effective_points, node_scores, node_slopes, tree_of

FLOOR = 0.05


def tree(how: Aggregate = Aggregate.ARITHMETIC) -> Tree:
    """Two projects; the first has three leaves and this aggregate, the second two."""

    def leaf(code: str, parent: str, points: float) -> Indicator:
        return Indicator(
            code, code, parent, points, method=Method.DOCUMENT, source=code, scoring=Scoring.STEPS
        )

    rows = (
        Indicator("1", "甲", "", 60, aggregate=how, floor=FLOOR),
        leaf("1.1", "1", 30),
        leaf("1.2", "1", 20),
        leaf("1.3", "1", 10),
        Indicator("2", "乙", "", 40),
        leaf("2.1", "2", 15),
        leaf("2.2", "2", 25),
    )
    return tree_of(Framework("t", "t", "", rows, {}, ""))


scores_of_five = hnp.arrays(np.float64, 5, elements=st.floats(0.1, 0.95))
masks_of_five = hnp.arrays(np.bool_, 5)


@pytest.mark.parametrize("how", Aggregate)
@given(scores=scores_of_five, available=masks_of_five)
def test_slopes_are_the_derivatives_of_scores(
    how: Aggregate, scores: np.ndarray, available: np.ndarray
) -> None:
    """Against central differences; for the minimum only where no other leaf is close to being the lowest."""
    plan = tree(how)
    first = np.sort(scores[:3][available[:3]])
    if how is Aggregate.MINIMUM and len(first) > 1 and first[1] - first[0] < 1e-3:
        return
    slopes = node_slopes(plan, scores, available)
    step = 1e-6
    up = node_scores(plan, scores + step * np.eye(5), available)
    down = node_scores(plan, scores - step * np.eye(5), available)
    expected = np.nan_to_num((up - down) / (2 * step)).T
    np.testing.assert_allclose(slopes, expected, atol=1e-6)


@pytest.mark.parametrize("how", Aggregate)
@given(scores=scores_of_five, available=masks_of_five, raised=st.integers(0, 4))
def test_every_node_is_inside_its_children_and_rises_with_each_leaf(
    how: Aggregate, scores: np.ndarray, available: np.ndarray, raised: int
) -> None:
    plan = tree(how)
    before = node_scores(plan, scores, available)
    after = node_scores(plan, scores + 0.05 * np.eye(5)[raised], available)
    known = ~np.isnan(before)
    assert (after[known] >= before[known] - 1e-12).all()
    assert (before[known] >= 0).all()
    assert (before[known] <= 1 + 1e-12).all()
    if available.any():
        assert scores[available].min() - 1e-12 <= before[0] <= scores[available].max() + 1e-12


@given(scores=scores_of_five, gone=st.integers(0, 4))
def test_not_applicable_leaf_is_as_if_it_were_not_in_the_tree(scores: np.ndarray, gone: int) -> None:
    """The weight goes to the siblings: the same as a framework written without that leaf."""
    plan = tree()
    available = np.arange(5) != gone
    rows = [row for row in plan.indicators if row.code != plan.indicators[[1, 2, 3, 5, 6][gone]].code]
    smaller = tree_of(Framework("t", "t", "", tuple(rows), {}, ""))
    left = node_scores(smaller, scores[available], np.ones(4, dtype=bool))
    here = node_scores(plan, scores, available)
    kept = [0, *(1 + at for at, row in enumerate(plan.indicators) if row in rows)]
    np.testing.assert_allclose(here[kept], left, rtol=1e-12)


@given(available=masks_of_five)
def test_effective_points_of_leaves_add_up_to_a_hundred(available: np.ndarray) -> None:
    plan = tree()
    points = effective_points(plan, available)
    leaves = [node for node, leaf in enumerate(plan.leaf_of_node) if leaf >= 0]
    assert points[leaves].sum() == pytest.approx(100.0 if available.any() else 0.0)
    assert (points[leaves][~available] == 0).all()


def test_draws_are_evaluated_together_as_one_by_one() -> None:
    rng = np.random.default_rng(1)
    drawn, plan = rng.random((50, 5)), tree(Aggregate.GEOMETRIC)
    everything = np.ones(5, dtype=bool)
    together = node_scores(plan, drawn, everything)
    singly = np.array([node_scores(plan, row, everything) for row in drawn])
    np.testing.assert_allclose(together, singly, rtol=1e-14)


def test_means_by_hand() -> None:
    """Scores 0.25 and 1 with weights 3 and 1: 0.4375; 0.25^0.75 = 0.3536; 1/(0.75/0.25 + 0.25) = 0.3077."""
    scores, weights = np.array([0.25, 1.0]), np.array([3.0, 1.0])
    found = [float(aggregate_scores(scores, weights, how, FLOOR)) for how in Aggregate]
    assert found == pytest.approx([0.4375, 0.25**0.75, 1 / 3.25, 0.25])


def test_a_zero_wipes_out_the_harmonic_but_not_the_floored_geometric_mean() -> None:
    scores, weights = np.array([0.0, 1.0]), np.array([1.0, 1.0])
    assert float(aggregate_scores(scores, weights, Aggregate.HARMONIC)) == 0.0
    assert aggregate_slopes(scores, weights, Aggregate.HARMONIC).tolist() == [0.0, 0.0]
    assert float(aggregate_scores(scores, weights, Aggregate.GEOMETRIC, 0.04)) == pytest.approx(0.2)
    assert aggregate_slopes(scores, weights, Aggregate.GEOMETRIC, 0.04)[0] == 0.0

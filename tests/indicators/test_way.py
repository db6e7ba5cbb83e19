"""The way to the target: by hand without errors, against the engine with them, and where it ends."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from indicators.columns import WAY_COLUMNS
from indicators.findings.known_values import KnownCells, scored_again
from indicators.findings.path import WayEnd, full_value, way_to_pass
from indicators.framework import Aggregate, Direction, Indicator, Method, Scoring, Step
from indicators.scores.node_limits import total_limits
from indicators.scores.scored import evaluate
from indicators.scores.table import score_table
from indicators.scores.uncertainty import DrawSettings
from tests.factory_tree import plain_leaf, scored_for, tree_of_rows, two_projects

NAN = float("nan")


def test_dearest_gain_first_and_the_last_only_as_far_as_needed() -> None:
    """Targets 0.8, 0.9, none, none from 0.5, 0.6, 0.8, 1.0: gains 12, 6, and 6 to full.

    66 + 12 reaches 78; of the next 6 it takes 2.5 to reach 80.5: 1.2 from 0.6 to 0.725.
    Without errors both marks coincide.
    """
    way = way_to_pass(scored_for(two_projects(), [[0.5, 0.6, 0.8, 1.0]]), "A0", 80.5)
    assert list(way.steps.columns) == list(WAY_COLUMNS)
    assert way.end is WayEnd.SURELY and way.total == pytest.approx(66.0)
    assert way.steps["node"].tolist() == ["1.1", "1.2"]
    assert way.steps["set_to"].tolist() == pytest.approx([0.8, 0.725])
    assert way.steps["points"].tolist() == pytest.approx([12.0, 2.5])
    assert way.steps["reached"].tolist() == ["", "surely"]
    assert way.steps["needed"].tolist() == pytest.approx([NAN, 0.725], nan_ok=True)
    assert way.steps["lead_unit"].tolist() == ["U1", ""]


def test_beyond_targets_to_full_where_they_are_not_enough() -> None:
    """All at target (and full without one): 32 + 18 + 30 + 10 = 90; to 92 the first leaf goes on to 0.85."""
    way = way_to_pass(scored_for(two_projects(), [[0.5, 0.6, 0.8, 1.0]]), "A0", 92.0)
    assert way.steps["node"].tolist() == ["1.1", "1.2", "2.1", "1.1"]
    assert way.steps["stage"].tolist() == ["to_target"] * 3 + ["to_full"]
    assert way.steps["set_to"].iloc[-1] == pytest.approx(0.85)
    assert way.steps["total_after"].tolist() == pytest.approx([78.0, 84.0, 90.0, 92.0])


def test_passing_already_needs_no_step_and_a_way_may_fall_short() -> None:
    scored = scored_for(two_projects(), [[0.5, 0.6, 0.8, 1.0]], deducted=[5.0])
    assert way_to_pass(scored, "A0", 60.0).end is WayEnd.PASSING
    assert way_to_pass(scored, "A0", 60.0).steps.empty
    short = way_to_pass(scored, "A0", 96.0)
    assert short.end is WayEnd.SHORT and short.steps["total_after"].iloc[-1] == pytest.approx(95.0)


def test_estimate_comes_before_certainty_and_the_end_is_the_engine_s_own() -> None:
    """With errors the total reaches its mark before its lower limit does.

    The last row equals the tree scored again with all steps known.
    """
    scored = scored_for(two_projects(), [[0.5, 0.6, 0.8, 0.9]], error=0.04, draws=500)
    way = way_to_pass(scored, "A0", 82.0)
    marks = way.steps["reached"].tolist()
    assert way.end is WayEnd.SURELY and marks.index("estimate") < marks.index("surely")
    assert way.steps["low_after"].iloc[-1] >= 82.0 - 1e-9 > way.steps["low_after"].iloc[-2]
    known = way.steps.drop_duplicates("node", keep="last")
    columns = np.array([scored.leaves.column_of_leaf[node] for node in known["node"]])
    cells = KnownCells(np.zeros_like(columns), columns, known["set_to"].to_numpy())
    marked = replace(scored, framework=replace(scored.framework, target_points=82.0))
    again = scored_again(marked, scored.leaves, [0], cells)
    low, high = total_limits(again)
    last = way.steps.iloc[-1]
    assert last["total_after"] == pytest.approx(again.total_by_area[0], abs=1e-9)
    assert (last["low_after"], last["high_after"]) == pytest.approx((low[0], high[0]), abs=1e-9)
    assert last["pass_probability"] == again.pass_probability_by_area_node[0, 0]


@pytest.mark.parametrize("draws", [0, 500])
def test_a_total_of_one_leaf_begins_at_the_limits_that_are_printed(draws: int) -> None:
    """0.9 in [0.75, 0.95] of a leaf with error 0.03: 75 to 95 as in the scores, not 90 ± 1.96·3.

    The mark of 80 lies between, so it is no total that passes already; known at 0.9, it does.
    """
    scored = scored_for(two_projects(), [[0.9, NAN, NAN, NAN]], error=0.03)
    ends = {
        "low": np.where(scored.leaves.measured, 0.75, NAN),
        "high": np.where(scored.leaves.measured, 0.95, NAN),
    }
    leaves, settings = replace(scored.leaves, **ends), DrawSettings(draws)
    scored = evaluate(scored.framework, leaves, scored.correlation, settings, np.zeros(1))
    printed = score_table(scored).iloc[0]
    way = way_to_pass(scored, "A0", 80.0)
    assert (way.low, way.high) == pytest.approx((printed["low"], printed["high"]))
    assert (way.low, way.high) == pytest.approx((75.0, 95.0))
    assert way.end is not WayEnd.PASSING
    longer = way_to_pass(scored, "A0", 92.0)
    assert longer.end is WayEnd.SURELY and longer.steps["set_to"].iloc[-1] == pytest.approx(0.92)


def test_where_only_a_larger_sample_would_do_the_way_says_so() -> None:
    """1.1 cannot be set (it is at full by its estimate) but keeps its error, so the limit stays below."""
    rows = [plain_leaf("1", "", 60.0), plain_leaf("2", "", 40.0)]
    scored = scored_for(tree_of_rows(rows), [[1.0, 0.5]], error=0.05, draws=500)
    way = way_to_pass(scored, "A0", 99.0)
    assert way.end is WayEnd.ESTIMATE
    assert way.steps["reached"].tolist() == ["estimate"]
    assert way.steps["needed"].tolist() == pytest.approx([0.975])


def test_two_equal_children_of_a_minimum_are_both_raised() -> None:
    """Alone neither adds anything; together they do."""
    rows = [
        Indicator("1", "1", "", 100.0, aggregate=Aggregate.MINIMUM),
        plain_leaf("1.1", "1", 50.0),
        plain_leaf("1.2", "1", 50.0),
    ]
    way = way_to_pass(scored_for(tree_of_rows(rows), [[0.4, 0.4]]), "A0", 70.0)
    assert way.end is WayEnd.SURELY
    assert way.steps["set_to"].tolist() == pytest.approx([1.0, 0.7])


def test_blank_leaves_are_not_on_the_way_without_draws_either() -> None:
    scored = scored_for(two_projects(), [[0.5, NAN, 0.8, 1.0]], error=0.02, draws=0)
    way = way_to_pass(scored, "A0", 85.0)
    assert "1.2" not in set(way.steps["node"])
    assert way.steps["low_after"].iloc[-1] >= 85.0 - 1e-9


def test_full_is_the_nearest_value_with_the_full_score() -> None:
    steps = {
        "档": (Step(0.5, start=0.6), Step(1.0, start=0.9), Step(1.0, start=0.95)),
        "级": (Step(0.9, grade="良"),),
    }
    tree = replace(two_projects(), steps=steps)
    up = plain_leaf("a", "", 1.0, low=0.5, high=0.95)
    assert full_value(up, tree) == 0.95
    assert full_value(replace(up, direction=Direction.DOWN), tree) == 0.5
    assert full_value(replace(up, scoring=Scoring.STEPS, scale="档"), tree) == 0.9
    document = replace(up, method=Method.DOCUMENT, scoring=Scoring.STEPS, scale="级")
    assert full_value(document, tree) == 0.9
    assert full_value(replace(up, scoring=Scoring.RATIO), tree) == 1.0

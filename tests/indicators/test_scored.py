"""The evaluated tree: nodes by hand, areas beside one another, slopes, draws, and limits without draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.framework import Aggregate, Direction, Framework, Indicator, Method, Missing, Scoring
from indicators.scores.scored import Scored, evaluate, leaf_scores, total_points
from indicators.scores.table import score_table
from indicators.scores.uncertainty import DrawSettings
from indicators.status import NodeStatus
from tests.factory_scoring import leaf_table_of

NONE = pd.DataFrame()


def leaf(code: str, parent: str, points: float, **more: object) -> Indicator:
    """A leaf between goalposts 0 and 1."""
    rest: dict[str, object] = {"method": Method.OBSERVATION, "scoring": Scoring.LINEAR} | more
    return Indicator(code, code, parent, points, **rest)  # type: ignore[arg-type]


def nested(**of_leaf: object) -> Framework:
    """Every kind of mean, one inside the other: the harmonic and the least inside the geometric."""
    rows = (
        Indicator("1", "1", "", 60.0, aggregate=Aggregate.GEOMETRIC, floor=0.05),
        Indicator("1.1", "1.1", "1", 40.0, aggregate=Aggregate.HARMONIC),
        leaf("1.1.1", "1.1", 10.0, **of_leaf),
        leaf("1.1.2", "1.1", 30.0),
        Indicator("1.2", "1.2", "1", 20.0, aggregate=Aggregate.MINIMUM),
        leaf("1.2.1", "1.2", 5.0),
        leaf("1.2.2", "1.2", 15.0),
        Indicator("2", "2", "", 40.0),
        leaf("2.1", "2", 40.0, low=0.2, high=0.6, direction=Direction.DOWN),
    )
    return Framework("nested", "nested", "", rows, {}, "")


def evaluated(
    framework: Framework, values: object, error: float = 0.0, draws: int = 0, **more: object
) -> Scored:
    leaves = leaf_table_of(framework, np.array(values, dtype=np.float64), standard_error=error)
    none = np.zeros(len(leaves.areas))
    return evaluate(framework, leaves, NONE, DrawSettings(draws), none, **more)  # type: ignore[arg-type]


def shares(scored: Scored, row: int = 0) -> dict[str, float]:
    names = ["total", *(indicator.code for indicator in scored.tree.indicators)]
    return dict(zip(names, scored.share_by_area_node[row].tolist(), strict=True))


def test_nested_kinds_of_mean_by_hand() -> None:
    """Leaves 0.5, 0.8; 0.9, 0.6; and 0.3 where less is better.

    1.1 = 1/(¼/0.5 + ¾/0.8) = 0.695652; 1.2 = least of 0.9 and 0.6; 1 = 0.695652^⅔ · 0.6^⅓;
    2.1 = 1 − (0.3 − 0.2)/(0.6 − 0.2) = 0.75, less being better; total = 0.6·S₁ + 0.4·0.75.
    """
    found = shares(evaluated(nested(), [[0.5, 0.8, 0.9, 0.6, 0.3]]))
    harmonic = 1 / (0.25 / 0.5 + 0.75 / 0.8)
    assert found["1.1"] == pytest.approx(harmonic, rel=1e-14)
    assert found["1.2"] == 0.6
    assert found["1"] == pytest.approx(harmonic ** (2 / 3) * 0.6 ** (1 / 3), rel=1e-14)
    assert found["2.1"] == found["2"] == pytest.approx(0.75)
    assert found["total"] == pytest.approx(0.6 * found["1"] + 0.4 * 0.75, rel=1e-14)


def test_a_zero_inside_a_harmonic_mean_lifts_to_the_floor_of_the_geometric_above() -> None:
    """1.1 = 0 because one child is; in 1 it counts as the declared floor: 0.05^⅔ · 0.6^⅓."""
    found = shares(evaluated(nested(), [[0.0, 0.8, 0.9, 0.6, 0.3]]))
    assert found["1.1"] == 0.0
    assert found["1"] == pytest.approx(0.05 ** (2 / 3) * 0.6 ** (1 / 3), rel=1e-14)


def test_blanks_differ_by_area_and_share_their_weight_out_in_each() -> None:
    """Area 0 lacks 1.1.1, area 1 all of 1.2, area 2 nothing but 2.1."""
    gap = np.nan
    values = [[gap, 0.8, 0.9, 0.6, 0.3], [0.5, 0.8, gap, gap, 0.3], [gap, gap, gap, gap, 0.3]]
    scored = evaluated(nested(), values)
    assert shares(scored, 0)["1.1"] == 0.8
    assert shares(scored, 1)["1"] == pytest.approx(1 / (0.25 / 0.5 + 0.75 / 0.8))
    assert shares(scored, 2)["total"] == pytest.approx(0.75)
    assert np.isnan(shares(scored, 2)["1"])
    points = scored.points_by_area_node[
        :, [list(shares(scored)).index(code) for code in ("1.1.2", "1.1", "2")]
    ]
    np.testing.assert_allclose(points, [[40, 40, 40], [45, 60, 40], [0, 0, 100]])


def test_three_kinds_of_blank_in_one_node_are_told_apart() -> None:
    """Not applicable does not count in coverage; not collected and withheld do."""
    scored = evaluated(nested(), [[np.nan, 0.8, 0.9, 0.6, 0.3]])
    table = {}
    for status in (NodeStatus.NOT_APPLICABLE, NodeStatus.NOT_COLLECTED, NodeStatus.WITHHELD):
        leaves = leaf_table_of(scored.framework, scored.leaves.value, blank=status)
        again = evaluate(scored.framework, leaves, NONE, DrawSettings(0), np.zeros(1))
        table[status] = score_table(again).set_index("node")
    columns = ["status", "coverage", "bound_low", "bound_high"]
    of_parent = {status: rows.loc["1.1", columns].tolist() for status, rows in table.items()}
    whole = of_parent[NodeStatus.NOT_APPLICABLE]
    assert whole == ["measured", 1.0, pytest.approx(32.0), pytest.approx(32.0)]
    # At nothing the harmonic mean is 0; at full 1/(¼ + ¾/0.8) of 40 points.
    partly = ["partly", 0.75, 0.0, pytest.approx(40 / (0.25 + 0.75 / 0.8))]
    assert of_parent[NodeStatus.NOT_COLLECTED] == of_parent[NodeStatus.WITHHELD] == partly
    assert [rows.loc["1.1.1", "status"] for rows in table.values()] == [str(status) for status in table]


def test_missing_as_zero_is_a_zero_in_the_headline() -> None:
    scored = evaluated(nested(missing=Missing.ZERO), [[np.nan, 0.8, 0.9, 0.6, 0.3]])
    assert shares(scored)["1.1"] == 0.0
    assert score_table(scored).set_index("node").loc["1.1.1", "flag"] == "missing_as_zero"


values_of_areas = st.lists(
    st.lists(st.one_of(st.floats(0, 1), st.just(np.nan)), min_size=5, max_size=5), min_size=1, max_size=4
)


@settings(max_examples=25, deadline=None)
@given(values_of_areas, st.randoms(use_true_random=False))
def test_areas_in_another_order_or_alone_have_the_same_numbers(
    values: list[list[float]], random: object
) -> None:
    order = list(range(len(values)))
    random.shuffle(order)  # type: ignore[attr-defined]
    together, shuffled = evaluated(nested(), values), evaluated(nested(), [values[at] for at in order])
    for name in ("share_by_area_node", "points_by_area_node", "slope_by_area_leaf", "total_by_area"):
        expected = getattr(together, name)
        np.testing.assert_allclose(getattr(shuffled, name), expected[order], rtol=1e-12)
        alone = [getattr(evaluated(nested(), [row]), name)[0] for row in values]
        np.testing.assert_allclose(alone, expected, rtol=1e-12)


def test_drawn_areas_do_not_depend_on_their_neighbours() -> None:
    values = [[0.5, 0.8, 0.9, 0.6, 0.3], [0.6, 0.7, 0.8, 0.5, 0.4], [0.4, 0.9, 0.7, 0.8, 0.5]]
    together = evaluated(nested(), values, error=0.05, draws=50)
    fewer = replace(together.leaves, areas=together.leaves.areas[1:])
    for name in (
        "status",
        "value",
        "low",
        "high",
        "standard_error",
        "effective_n",
        "carried_from",
        "covariance",
    ):
        fewer = replace(fewer, **{name: getattr(together.leaves, name)[1:]})
    alone = evaluate(together.framework, fewer, NONE, together.settings, np.zeros(2))
    np.testing.assert_allclose(alone.total_by_area_draw, together.total_by_area_draw[1:], rtol=1e-12)
    assert together.total_by_area_draw.std(axis=1).min() > 0.5


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.06, 0.95), min_size=5, max_size=5, unique=True))
def test_slopes_of_the_total_are_its_derivatives(values: list[float]) -> None:
    """Central differences of the total, away from kinks, through the value functions."""
    framework, step = nested(), 1e-6
    least = sorted(values[2:4])
    if least[1] - least[0] < 1e-4 or min(abs(values[4] - post) for post in (0.2, 0.6)) < 1e-4:
        return
    scored = evaluated(framework, [values])
    moved = np.array(values) + step * np.concatenate([np.eye(5), -np.eye(5)])
    total = total_points(
        scored.tree, leaf_scores(framework, moved), scored.available_by_area_leaf, np.zeros(10)
    )
    np.testing.assert_allclose(
        scored.slope_by_area_leaf[0], (total[:5] - total[5:]) / (2 * step), rtol=1e-4, atol=1e-4
    )


def test_total_points_takes_any_leading_axes_and_stops_at_nothing() -> None:
    scored = evaluated(nested(), [[0.5, 0.8, 0.9, 0.6, 0.3], [0.1, 0.1, 0.1, 0.1, 0.6]])
    grid = np.broadcast_to(scored.score_by_area_leaf, (3, 2, 5))
    available = scored.available_by_area_leaf
    lost = np.array([[0.0], [5.0], [50.0]])
    found = total_points(scored.tree, grid, available, lost)
    np.testing.assert_allclose(found, np.maximum(scored.total_by_area - lost, 0.0))
    assert found[2, 1] == 0.0


def test_the_same_draws_come_again_and_make_the_printed_error() -> None:
    scored = evaluated(nested(), [[0.5, 0.8, 0.9, 0.6, 0.3]], error=0.03, draws=400)
    np.testing.assert_array_equal(scored.value_draws(), scored.value_draws())
    share = scored.share_draws()
    np.testing.assert_allclose(100 * share[..., 0], scored.total_by_area_draw)
    deviation = share - scored.share_by_area_node[:, None, :]
    error = np.sqrt((deviation**2).mean(axis=1))
    np.testing.assert_allclose(error, scored.root_mean_square_error_by_area_node, rtol=1e-12)


def test_interval_without_draws_is_the_linearised_one() -> None:
    """2 is one leaf of slope −2.5 on the value: its limits are those of the leaf; the total's ±1.96 SE."""
    scored = evaluated(nested(), [[0.5, 0.8, 0.9, 0.6, 0.3]], error=0.01)
    rows = score_table(scored).set_index("node")
    total = rows.loc["total"]
    slope = scored.slope_by_area_leaf[0]
    assert total["standard_error"] == pytest.approx(0.01 * np.sqrt((slope**2).sum()), rel=1e-12)
    assert total["high"] - total["points_earned"] == pytest.approx(1.959964 * total["standard_error"])
    assert rows.loc["2.1", "standard_error"] == pytest.approx(40 * 2.5 * 0.01)
    assert rows.loc["2", "low"] == pytest.approx(40 * (1 - (0.3 + 0.0196 - 0.2) / 0.4))
    assert scored.total_by_area_draw.shape == (1, 0)


def test_a_leaf_beyond_its_goalpost_has_no_linearised_error_but_an_interval_without_draws() -> None:
    """2.1 at 0.19 of goalposts 0.2–0.6, ±0.0392: slope 0, but the limit 0.2292 scores 0.927."""
    scored = evaluated(nested(), [[0.5, 0.8, 0.9, 0.6, 0.19]], error=0.02)
    rows = score_table(scored).set_index("node")
    assert np.isnan(rows.loc["2.1", "standard_error"])
    assert rows.loc["2.1", "low"] == pytest.approx(40 * (1 - 0.0292 / 0.4))
    certain = evaluated(nested(), [[0.5, 0.8, 0.9, 0.6, 0.1]], error=0.02)
    wider = scored.root_mean_square_error_by_area_node[0, 0]
    assert wider > certain.root_mean_square_error_by_area_node[0, 0] > 0


def test_draws_agree_with_the_linearised_error_where_the_tree_is_smooth() -> None:
    scored = evaluated(nested(), [[0.5, 0.8, 0.9, 0.6, 0.4]], error=0.01, draws=4000)
    linear = scored.standard_error_by_area_node[0]
    drawn = scored.root_mean_square_error_by_area_node[0]
    np.testing.assert_allclose(drawn, linear, rtol=0.04)


def test_verdict_and_chance_of_the_total_against_its_mark() -> None:
    """Total 0.6·S₁ + 0.4·0.75 = 67.5 points: marks far below, far above, and at it."""
    values = [[0.5, 0.8, 0.9, 0.6, 0.3]]
    total = float(evaluated(nested(), values).total_by_area[0])
    found = {}
    for mark in (total - 10, total + 10, total):
        scored = evaluated(replace(nested(), target_points=mark), values, error=0.02, draws=1000)
        found[mark] = score_table(scored).set_index("node").loc["total"]
    verdicts = [row["verdict"] for row in found.values()]
    assert verdicts == ["pass", "fail", "undetermined"]
    chances = [row["pass_probability"] for row in found.values()]
    assert chances[0] == 1.0
    assert chances[1] == 0.0
    assert 0.4 < chances[2] < 0.6
    assert [row["target"] for row in found.values()] == list(found)


def test_a_deduction_moves_the_total_below_its_mark_but_no_node() -> None:
    framework = replace(nested(), target_points=60.0)
    leaves = leaf_table_of(framework, np.array([[0.5, 0.8, 0.9, 0.6, 0.3]]))
    none, five = (
        score_table(evaluate(framework, leaves, NONE, DrawSettings(10), np.array([lost]))).set_index("node")
        for lost in (0.0, 15.0)
    )
    assert none.loc["total", "verdict"] == "pass"
    assert five.loc["total", "verdict"] == "fail"
    assert five.loc["total", "deducted"] == 15.0
    assert five.loc["total", "points_earned"] == pytest.approx(none.loc["total", "points_earned"] - 15.0)
    assert five.loc["total", "score_share"] == none.loc["total", "score_share"]
    pd.testing.assert_frame_equal(five.drop(index="total"), none.drop(index="total"))


@pytest.mark.parametrize("draws", [1000, 0])
def test_the_chance_of_the_total_is_that_of_its_points_after_deductions(draws: int) -> None:
    """The mark lies 10 points below the total before 10 are deducted: reached in half of the draws."""
    values = np.array([[0.5, 0.8, 0.9, 0.6, 0.3]])
    mark = float(evaluated(nested(), values).total_by_area[0]) - 10.0
    framework = replace(nested(), target_points=mark)
    leaves = leaf_table_of(framework, values, standard_error=0.02)
    scored = evaluate(framework, leaves, NONE, DrawSettings(draws), np.array([10.0]))
    chance = scored.pass_probability_by_area_node[0, 0]
    assert 0.4 < chance < 0.6
    if draws:
        assert chance == np.mean(scored.total_by_area_draw[0] >= mark)


def test_coverage_and_bounds_take_a_carried_value_as_missing() -> None:
    """1.1.2 (30 of 40 points of 1.1) stands in from an earlier wave: in the headline, not in the coverage."""
    plain = evaluated(nested(), [[0.5, 0.8, 0.9, 0.6, 0.3]])
    carried_from = plain.leaves.carried_from.copy()
    carried_from[0, 1] = "2022Q1"
    carried = replace(plain.leaves, carried_from=carried_from)
    again = evaluate(plain.framework, carried, NONE, DrawSettings(0), np.zeros(1))
    table, before = (score_table(scored).set_index("node") for scored in (again, plain))
    pd.testing.assert_series_equal(table["points_earned"], before["points_earned"])
    assert table.loc["1.1.2", ["coverage", "bound_low", "bound_high"]].tolist() == [0.0, 0.0, 30.0]
    assert table.loc["1.1", "coverage"] == 0.25
    assert table.loc["1.1", "bound_low"] == 0.0  # the harmonic mean with a 0
    assert table.loc["1.1", "bound_high"] == pytest.approx(40 / (0.25 / 0.5 + 0.75))
    assert table.loc["2", ["coverage", "flag"]].tolist() == [1.0, ""]
    assert table.loc["total", "coverage"] == pytest.approx(0.7)
    assert table.loc["total", "flag"] == "carried"

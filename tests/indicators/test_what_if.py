"""What-if: by hand, as laws, and against the engine's own way of making the district from its parts."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.assessment import Assessment
from indicators.columns import WHAT_IF_COLUMNS, WHAT_IF_SETTINGS_COLUMNS
from indicators.findings.known_values import KnownCells, scored_again
from indicators.findings.setting import Setting
from indicators.findings.what_if import parts_of_district, what_if
from indicators.framework import Aggregate, Indicator
from indicators.scores.scored import Scored
from indicators.status import NodeStatus
from tests.factory_tree import plain_leaf, scored_for, tree_of_rows, two_projects

NO_BASES = pd.DataFrame()
ROWS = [[0.5, 0.6, 0.8, 1.0], [0.4, 0.6, 0.8, 1.0], [0.6, 0.6, 0.8, 1.0]]


def of_two(how: Aggregate = Aggregate.ARITHMETIC, **more: object) -> Scored:
    """A district of two areas with one check each: its values are their means."""
    scored = scored_for(two_projects(how, target=70.0), ROWS, **more)  # type: ignore[arg-type]
    scored.leaves.n[0] = 2
    return scored


def test_a_subdistrict_and_its_district_by_hand() -> None:
    """1.1 of A1 from 0.4 to 0.9: +20 there; the district's from 0.5 to 0.75: +10."""
    found = what_if(of_two(), [Setting(1, 0, 0.9)], NO_BASES)
    assert list(found.totals.columns) == list(WHAT_IF_COLUMNS)
    assert list(found.settings.columns) == list(WHAT_IF_SETTINGS_COLUMNS)
    assert found.totals["area_code"].tolist() == ["A0", "A1"]
    assert found.totals["before"].tolist() == pytest.approx([66.0, 62.0])
    assert found.totals["after"].tolist() == pytest.approx([76.0, 82.0])
    row = found.settings.iloc[0]
    assert (row["value"], row["set_to"], row["points"]) == pytest.approx((0.4, 0.9, 20.0))
    assert (row["district_set_to"], row["district_points"]) == pytest.approx((0.75, 10.0))
    assert found.totals["verdict_before"].tolist() == ["fail", "fail"]
    assert found.totals["verdict_after"].tolist() == ["pass", "pass"]


def test_subdistricts_do_not_follow_the_district() -> None:
    found = what_if(of_two(), [Setting(0, 0, 0.9)], NO_BASES)
    assert found.totals["area_code"].tolist() == ["A0"]
    assert found.totals["change"].tolist() == pytest.approx([16.0])


def withheld_in(areas: list[int]) -> Scored:
    """A district of four areas with one check each; 1.1 is withheld in some of them."""
    rows = np.full((5, 4), 0.6)
    rows[areas, 0] = np.nan
    scored = scored_for(two_projects(), rows)
    leaves = scored.leaves
    leaves.n[0] = 4
    leaves.status[areas, 0] = NodeStatus.WITHHELD
    return replace(scored, leaves=replace(leaves))


def test_a_district_does_not_follow_where_that_would_give_one_withheld_value_back() -> None:
    """M17: parts 1/4 of three shown leave 1/4 to the fourth; its value is what is left of the district's.

    The district's total must not move either: it would tell the part as well. Another leaf's setting does.
    """
    scored = withheld_in([4])
    found = what_if(scored, [Setting(1, 0, 0.9), Setting(2, 1, 0.8)], NO_BASES)
    hidden, told = found.settings.iloc[0], found.settings.iloc[1]
    assert hidden["points"] == pytest.approx(40 * 0.3)
    assert hidden[["district_set_to", "district_points"]].isna().all()
    assert (told["district_set_to"], told["district_points"]) == pytest.approx((0.65, 20 * 0.05))
    totals = found.totals.set_index("area_code")
    assert totals.loc["A0", ["change", "singles"]].tolist() == pytest.approx([1.0, 1.0])
    alone = what_if(scored, [Setting(1, 0, 0.9)], NO_BASES).totals
    assert alone["area_code"].tolist() == ["A1"]


def test_a_district_follows_where_two_values_are_withheld_or_its_own_is_set() -> None:
    row = what_if(withheld_in([3, 4]), [Setting(1, 0, 0.9)], NO_BASES).settings.iloc[0]
    assert row["district_set_to"] == pytest.approx(0.6 + 0.3 / 4)
    own = what_if(withheld_in([4]), [Setting(0, 0, 0.9)], NO_BASES).settings.iloc[0]
    assert (own["district_set_to"], own["district_points"]) == pytest.approx((0.9, 12.0))


def test_no_what_if_of_the_demo_tells_a_part_of_a_leaf_withheld_once(demo_assessment: Assessment) -> None:
    """Settings of every shown area of such a leaf leave the district blank, so that no part can be solved."""
    scored = demo_assessment.scored
    assert scored is not None
    withheld = scored.leaves.has_status(NodeStatus.WITHHELD)[1:]
    once = np.flatnonzero(withheld.sum(axis=0) == 1)
    assert len(once) > 0
    for column in once:
        shown = 1 + np.flatnonzero(scored.leaves.measured[1:, column])
        found = what_if(
            scored, [Setting(int(row), int(column), 1.0) for row in shown], demo_assessment.base_by_area
        )
        assert found.settings[["district_set_to", "district_points"]].isna().all(axis=None)
        assert "140213" not in set(found.totals["area_code"])


def test_other_leaves_keep_their_draws_when_one_is_known() -> None:
    """Errors of observations that go together: with one known, the others' draws are to the bit as before."""
    scored = scored_for(two_projects(target=70.0), ROWS, error=0.05, draws=300)
    together = 0.05**2 * (np.full((4, 4), 0.6) + 0.4 * np.eye(4))
    leaves = replace(scored.leaves, covariance=np.tile(together, (3, 1, 1)))
    scored = replace(scored, leaves=leaves)
    known = scored_again(scored, leaves, [1], KnownCells(np.array([1]), np.array([2]), np.array([0.7])))
    drawn, before = known.value_draws()[0], scored.value_draws([1])[0]
    assert (drawn[:, 2] == 0.7).all() and before[:, 2].std() > 0.04
    others = [0, 1, 3]
    np.testing.assert_array_equal(drawn[:, others], before[:, others])


def test_a_what_if_copies_no_covariance_of_areas_that_it_leaves_alone() -> None:
    """300 areas × 60 leaves, 8 settings: less memory than one copy of all covariances (8.6 MB)."""
    tree = tree_of_rows(
        [Indicator("1", "1", "", 60.0), *(plain_leaf(f"1.{at}", "1", 1.0) for at in range(60))]
    )
    scored = scored_for(tree, np.full((300, 60), 0.5), draws=0)
    chosen = [Setting(row, row, 0.9) for row in range(1, 9)]
    tracemalloc.start()
    try:
        found = what_if(scored, chosen, NO_BASES)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(found.settings) == 8
    assert peak < scored.leaves.covariance.nbytes


def test_what_is_set_is_known_and_the_rest_keeps_its_error() -> None:
    """Four leaves of error 0.05: √(40² + 20² + 30² + 10²)·0.05; with 1.1 known √(20² + 30² + 10²)·0.05."""
    scored = of_two(error=0.05, draws=4000)
    row = what_if(scored, [Setting(1, 0, 0.6)], NO_BASES).totals.set_index("area_code").loc["A1"]
    for name, squares in (("before", 3000.0), ("after", 1400.0)):
        width = row[f"{name}_high"] - row[f"{name}_low"]
        assert width == pytest.approx(2 * 1.959964 * 0.05 * np.sqrt(squares), rel=0.04)
    assert row["before_pass_probability"] < row["after_pass_probability"]


def test_everything_known_leaves_no_error_at_all() -> None:
    scored = of_two(error=0.05)
    found = what_if(scored, [Setting(1, at, 0.7) for at in range(4)], NO_BASES)
    row = found.totals.set_index("area_code").loc["A1"]
    assert row[["after", "after_low", "after_high"]].tolist() == pytest.approx([70.0] * 3)
    assert row["after_pass_probability"] == 1.0


setting_lists = st.lists(
    st.builds(Setting, st.integers(1, 2), st.integers(0, 3), st.floats(0.05, 1)),
    min_size=1,
    max_size=4,
    unique_by=lambda setting: (setting.row, setting.column),
)


@settings(max_examples=30, deadline=None)
@given(setting_lists)
def test_singles_add_up_in_an_additive_tree(chosen: list[Setting]) -> None:
    totals = what_if(of_two(draws=0), chosen, NO_BASES).totals
    assert totals["singles"].tolist() == pytest.approx(totals["change"].tolist(), abs=1e-9)


def test_singles_do_not_add_up_under_a_geometric_mean() -> None:
    """A1: 60·(0.4^⅔ 0.6^⅓) of project 1. Alone, and together to 0.8 and 0.9."""
    totals = what_if(of_two(Aggregate.GEOMETRIC), [Setting(1, 0, 0.8), Setting(1, 1, 0.9)], NO_BASES).totals
    row = totals.set_index("area_code").loc["A1"]

    def project(one: float, two: float) -> float:
        return float(60 * one ** (2 / 3) * two ** (1 / 3))

    now = project(0.4, 0.6)
    assert row["change"] == pytest.approx(project(0.8, 0.9) - now)
    assert row["singles"] == pytest.approx(project(0.8, 0.6) + project(0.4, 0.9) - 2 * now)


@settings(max_examples=20, deadline=None)
@given(setting_lists)
def test_values_as_they_are_change_no_total(chosen: list[Setting]) -> None:
    scored = of_two(error=0.03)
    same = [Setting(s.row, s.column, float(scored.leaves.value[s.row, s.column])) for s in chosen]
    totals = what_if(scored, same, NO_BASES).totals
    assert totals["change"].tolist() == pytest.approx([0.0] * len(totals), abs=1e-12)


def test_the_district_is_the_sum_of_its_parts_as_the_engine_made_it(demo_assessment: Assessment) -> None:
    """Σ part · value over subdistricts is the district's value: rates, 得分率 and mean grades of the demo."""
    scored = demo_assessment.scored
    assert scored is not None
    leaves = scored.leaves
    part = parts_of_district(leaves, demo_assessment.base_by_area)
    whole = part[1:].sum(axis=0)
    complete = np.isclose(whole, 1.0, atol=1e-9)
    methods = {str(leaf.method) for leaf, held in zip(leaves.leaves, complete, strict=True) if held}
    assert complete.sum() > 60 and methods == {"questionnaire", "observation", "document"}
    made = (part[1:] * np.nan_to_num(leaves.value[1:])).sum(axis=0)
    np.testing.assert_allclose(made[complete], leaves.value[0, complete], atol=1e-10)


def test_before_is_what_the_scores_print(demo_assessment: Assessment) -> None:
    scored = demo_assessment.scored
    assert scored is not None
    column = next(at for at, leaf in enumerate(scored.leaves.leaves) if leaf.code == "1.1.1")
    totals = what_if(scored, [Setting(3, column, 0.9)], demo_assessment.base_by_area).totals
    scores = demo_assessment.scores
    printed = scores[scores["node"] == "total"].set_index("area_code").loc[totals["area_code"]]
    for name, column_name in (("before", "points_earned"), ("before_low", "low"), ("before_high", "high")):
        assert totals[name].tolist() == pytest.approx(printed[column_name].tolist(), abs=1e-9)
    assert totals["before_pass_probability"].tolist() == printed["pass_probability"].tolist()

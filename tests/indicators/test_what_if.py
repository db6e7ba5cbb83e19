"""What-if: by hand, as laws, and against the engine's own way of making the district from its parts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.assessment import Assessment
from indicators.columns import WHAT_IF_COLUMNS, WHAT_IF_SETTINGS_COLUMNS
from indicators.findings.setting import Setting
from indicators.findings.what_if import parts_of_district, what_if
from indicators.framework import Aggregate
from indicators.scores.scored import Scored
from tests.factory_tree import scored_for, two_projects

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

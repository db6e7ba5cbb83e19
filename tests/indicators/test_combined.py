"""Two trees in one total: by hand, and as laws of the weight, the shared draws and the gate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.columns import COMBINED_COLUMNS
from indicators.evidence.tables import Evidence
from indicators.framework import Framework
from indicators.reading import read_evidence, read_framework
from indicators.scores.combined import combine_trees
from indicators.scores.scored import Scored
from indicators.scores.scoring import score
from indicators.scores.uncertainty import DrawSettings
from surveys.verdict import Verdict
from surveys.wave import Wave
from tests.factory_scoring import estimation_of, share_measure, small_wave, tables_of

HEADER = "code,name,points,method,source,scoring,scale\n"
ASKED = HEADER + "1,甲,60,questionnaire,a,linear,\n2,乙,40,questionnaire,b,linear,\n"
GRADED = HEADER + "1,材料,100,document,D1,steps,等级\nN,负面,3,negative,NG,,\n"
SEEN = HEADER + "1,实地,100,observation,OB,ratio,\n"
STEPS = "scale,grade,score\n等级,优,1\n等级,良,0.8\n等级,中,0.9\n"
VALUES = {"a": 0.9, "b": 0.7}


def wave() -> Wave:
    return small_wave(("S1", "S2"), (share_measure("a"), share_measure("b")))


def scored(
    sheet: str, name: str, draws: int = 400, values: dict[str, float] = VALUES, **texts: str
) -> Scored:
    """The tree of a sheet, scored in D, S1 and S2; as a companion it has a share of .2 and a gate at 85."""
    texts = {"steps": STEPS} | texts if "等级" in sheet else texts
    tables = tables_of(framework=sheet, **texts)
    framework, problems = read_framework(tables, wave())
    assert framework is not None, problems
    named: Framework = replace(framework, name=name, share=0.2, gate_points=85.0, target_points=82.0)
    evidence, _ = read_evidence(tables, replace(wave(), set_aside_limit=1.0), framework)
    estimation = estimation_of(wave(), dict.fromkeys(("D", "S1", "S2"), values))
    found = score(named, wave(), estimation, evidence, DrawSettings(draws=draws)).scored
    assert found is not None
    return found


def row(table: pd.DataFrame, area: str = "S1") -> pd.Series:
    assert list(table.columns) == list(COMBINED_COLUMNS)
    return table.set_index("area_code").loc[area]


def graded(name: str, grade: str, events: str = "") -> Scored:
    texts = {"documents": f"standard,area,grade\nD1,S1,{grade}\nD1,,{grade}\n"}
    if events:
        texts["negative_list"] = "item,date,area,verified\n" + events
    return scored(GRADED, name, **texts)


def test_combined_total_by_hand() -> None:
    """Main 80 less 3 for an event, companion 90: .8·77 + .2·90 = 79.6. Documents have no error: 未达标 at 82.

    The gate at 85 is passed for certain; S2, where nothing was reviewed, has no total.
    """
    main = graded("main", "良", "NG,2022-08-01,S1,是\n")
    table = combine_trees(main, graded("minors", "中"))
    found = row(table)
    assert found["main_total"] == pytest.approx(77.0)
    assert found["companion_total"] == pytest.approx(90.0)
    for column in ("total", "low", "high"):
        assert found[column] == pytest.approx(79.6)
    assert found["root_mean_square_error"] == pytest.approx(0.0, abs=1e-12)
    assert (found["gate"], found["gate_verdict"], found["gate_probability"]) == (85.0, Verdict.PASS, 1.0)
    assert (found["target"], found["verdict"], found["pass_probability"]) == (82.0, Verdict.FAIL, 0.0)
    blank = row(table, "S2")
    assert np.isnan(blank["total"])
    assert (blank["verdict"], blank["gate_verdict"]) == (Verdict.NOT_MEASURED, Verdict.NOT_MEASURED)
    assert np.isnan(blank["gate_probability"])


def test_a_total_at_the_gate_is_not_under_it() -> None:
    found = row(combine_trees(graded("main", "优"), graded("minors", "中"), gate=90.0, target=98.0))
    assert (found["gate_verdict"], found["gate_probability"]) == (Verdict.PASS, 1.0)
    assert (found["total"], found["verdict"]) == (pytest.approx(98.0), Verdict.PASS)


@settings(max_examples=10, deadline=None)
@given(st.floats(0.05, 0.95))
def test_two_trees_of_the_same_answers_err_together(share: float) -> None:
    """The same questions in both trees: whatever the weight, total and error are those of either tree."""
    main = scored(ASKED, "main")
    found = row(combine_trees(main, scored(ASKED, "minors"), share=share))
    at = main.leaves.row_of_area["S1"]
    assert found["total"] == pytest.approx(main.total_by_area[at])
    error = 100 * main.root_mean_square_error_by_area_node[at, 0]
    assert found["root_mean_square_error"] == pytest.approx(error, rel=1e-9)
    assert (found["low"], found["high"]) == pytest.approx((found["main_low"], found["main_high"]))


def sites(*found: int) -> dict[str, str]:
    rows = "".join(f"{at},OB,点{at},S1,{number},10\n" for at, number in enumerate(found))
    return {"observations": "id,standard,site,area,found,required\n" + rows}


def test_trees_of_different_sites_err_apart() -> None:
    """Observations of two trees are drawn apart: RMSE² = (.8·e₁)² + (.2·e₂)², but for 4,000 draws' noise."""
    main = scored(SEEN, "main", 4000, **sites(9, 7, 8, 6))
    companion = scored(SEEN, "minors", 4000, **sites(2, 9, 4, 7))
    found = row(combine_trees(main, companion))
    at = main.leaves.row_of_area["S1"]
    errors = [100 * tree.root_mean_square_error_by_area_node[at, 0] for tree in (main, companion)]
    assert found["root_mean_square_error"] == pytest.approx(
        np.hypot(0.8 * errors[0], 0.2 * errors[1]), rel=0.03
    )


def test_without_draws_the_error_is_no_smaller() -> None:
    """Errors taken as fully correlated: for the same answers exactly so, else above that of the draws."""
    drawn = row(combine_trees(scored(ASKED, "main"), scored(SEEN, "minors", **sites(2, 9, 4, 7))))
    plain = row(combine_trees(scored(ASKED, "main", 0), scored(SEEN, "minors", 0, **sites(2, 9, 4, 7))))
    assert plain["total"] == drawn["total"]
    assert plain["root_mean_square_error"] > drawn["root_mean_square_error"]
    assert 0 <= plain["pass_probability"] <= 1


@settings(max_examples=10, deadline=None)
@given(st.floats(0.5, 0.95), st.floats(60, 95))
def test_the_gate_is_held_against_the_limits_of_its_own_tree(value: float, gate: float) -> None:
    companion = scored(ASKED, "minors", values={"a": value, "b": value})
    found = row(combine_trees(graded("main", "良"), companion, gate=gate))
    low, high = found["companion_low"], found["companion_high"]
    expected = Verdict.PASS if low >= gate else Verdict.FAIL if high < gate else Verdict.UNDETERMINED
    assert found["gate_verdict"] == expected
    assert 0 <= found["gate_probability"] <= 1


def test_no_share_or_other_settings_are_refused() -> None:
    main, companion = graded("main", "良"), graded("minors", "中")
    nameless = replace(companion, framework=replace(companion.framework, share=None))
    with pytest.raises(ValueError, match="no share"):
        combine_trees(main, nameless)
    with pytest.raises(ValueError, match="same settings"):
        combine_trees(main, scored(ASKED, "minors", 30))


def test_areas_of_the_companion_may_stand_in_another_order() -> None:
    """Its register lists S2 before S1: every area is still joined with itself, totals, gate and draws."""
    values = {"D": {"a": 0.9, "b": 0.7}, "S1": {"a": 0.95, "b": 0.9}, "S2": {"a": 0.6, "b": 0.5}}

    def tree(*subdistricts: str) -> Scored:
        there = small_wave(subdistricts, wave().measures)
        framework, problems = read_framework(tables_of(framework=ASKED), there)
        assert framework is not None, problems
        named = replace(framework, share=0.2, gate_points=85.0, target_points=82.0)
        found = score(named, there, estimation_of(there, values), Evidence(), DrawSettings(200)).scored
        assert found is not None
        return found

    main = tree("S1", "S2")
    expected = combine_trees(main, tree("S1", "S2"))
    pd.testing.assert_frame_equal(combine_trees(main, tree("S2", "S1")), expected)
    assert expected["companion_total"].nunique() == 3

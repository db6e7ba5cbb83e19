"""Values carried over from an earlier wave (``missing = carry``), by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from indicators.evidence.tables import GRADES_COLUMNS, Evidence
from indicators.framework import Framework, Missing
from indicators.reading import read_framework
from indicators.scores.carry import check_carried
from indicators.scores.scored import Scored
from indicators.scores.scoring import Scoring, score
from indicators.scores.uncertainty import DrawSettings
from surveys.wave import Wave, WaveKind
from tests.factory_scoring import estimation_of, share_measure, small_wave, tables_of
from tests.factory_tree import plain_leaf, scored_for, tree_of_rows

SHEET = (
    "code,name,points,method,source,scoring,low,high,scale,missing,lead_unit\n"
    "1,知晓,50,questionnaire,a,linear,{low},1,,,U\n"
    "2,满意,30,questionnaire,b,linear,0.5,1,,carry,U\n"
    "3,材料,20,document,DA,steps,,,等级,carry,U\n"
)
STEPS = "scale,from,grade,score\n等级,,优,1\n等级,,差,0.4\n"
DRAWS = DrawSettings(draws=2000)
FIRST_LAST_DAY = (date(2022, 2, 1), date(2022, 2, 20))


def wave(first: bool = False) -> Wave:
    made = small_wave(("S1", "S2"), (share_measure("a", 0.9), share_measure("b", 0.8)), "")
    return replace(made, id="2022Q1", field=FIRST_LAST_DAY) if first else made


def framework_of(wave_: Wave, sheet: str = SHEET.format(low=0.5)) -> Framework:
    framework, problems = read_framework(tables_of(framework=sheet, steps=STEPS), wave_)
    assert framework is not None, problems
    return framework


def scoring_of(
    wave_: Wave,
    values: Mapping[str, Mapping[str, float]],
    grades: tuple[tuple[str, float], ...] = (),
    previous: Scored | None = None,
    framework: Framework | None = None,
    withheld: tuple[tuple[str, str], ...] = (),
) -> Scoring:
    rows = [("3", area, "", share) for area, share in grades]
    table = pd.DataFrame(rows, columns=list(GRADES_COLUMNS)).astype(GRADES_COLUMNS)
    estimation = estimation_of(wave_, values, withheld=withheld)
    evidence = Evidence(grades=table)
    return score(framework or framework_of(wave_), wave_, estimation, evidence, DRAWS, previous)


def first_wave() -> Scored:
    """S1 was asked a and b and reviewed; of S2 only a is known."""
    values = {"D": {"a": 0.8, "b": 0.9}, "S1": {"a": 0.8, "b": 0.9}, "S2": {"a": 0.7}}
    scored = scoring_of(wave(first=True), values, (("S1", 0.4),)).scored
    assert scored is not None
    return scored


NOW = {"D": {"a": 0.9}, "S1": {"a": 0.9}, "S2": {"a": 0.9}}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return scoring_of(wave(), NOW, previous=first_wave()).scores.set_index(["area_code", "node"])


def test_a_leaf_not_collected_takes_the_earlier_value_with_its_limits_and_date(rows: pd.DataFrame) -> None:
    """In 2022Q1 b was 0.9 of 100 answers: limits 0.9 ± 2·0.03; score (0.9 − 0.5)/0.5 = 0.8 of 30."""
    leaf = rows.loc[("S1", "2")]
    assert (leaf["status"], leaf["flag"]) == ("measured", "carried")
    assert leaf["carried_from"] == "2022Q1 2022-02-20"
    assert (leaf["value"], leaf["n"]) == (0.9, 100)
    assert leaf["points_earned"] == pytest.approx(24.0)
    assert [leaf["low"], leaf["high"]] == pytest.approx([30 * 0.68, 30 * 0.92])
    assert leaf["verdict"] == "pass"


def test_a_document_is_carried_too_and_the_total_is_whole_but_flagged(rows: pd.DataFrame) -> None:
    """0.8·50 + 24 + 0.4·20 = 72 of 100; only the 50 were measured in this wave: bounds 40 and 90."""
    total = rows.loc[("S1", "total")]
    assert rows.loc[("S1", "3"), "value"] == 0.4
    assert total["points_earned"] == pytest.approx(72.0)
    assert (total["coverage"], total["status"]) == (0.5, "measured")
    assert total["flag"] == "carried"
    assert [total["bound_low"], total["bound_high"]] == pytest.approx([40.0, 90.0])


def test_without_an_earlier_value_it_behaves_as_bounds(rows: pd.DataFrame) -> None:
    """S2 had neither b nor a document: 0.8 of the leaf that is there, bounds 40 and 90."""
    total = rows.loc[("S2", "total")]
    assert rows.loc[("S2", "2"), "status"] == "not_collected"
    assert total["points_earned"] == pytest.approx(80.0)
    assert [total["bound_low"], total["bound_high"]] == pytest.approx([40.0, 90.0])
    assert total["flag"] == "renormalised"
    pd.testing.assert_series_equal(
        scoring_of(wave(), NOW).scores.set_index(["area_code", "node"]).loc[("S2", "total")], total
    )


def test_a_value_of_now_and_a_withheld_one_are_never_replaced() -> None:
    now = {"D": {"a": 0.9, "b": 0.6}, "S1": {"a": 0.9, "b": 0.6}, "S2": {"a": 0.9}}
    result = scoring_of(wave(), now, previous=first_wave(), withheld=(("S1", "b"),))
    found = result.scores.set_index(["area_code", "node"])
    assert found.loc[("D", "2"), "value"] == 0.6
    assert found.loc[("D", "2"), "carried_from"] == ""
    assert found.loc[("S1", "2"), "status"] == "withheld"


@pytest.mark.parametrize(
    "change", [("b,linear,0.5,1", "b,linear,0.6,1"), ("questionnaire,b", "questionnaire,a")]
)
def test_a_leaf_whose_content_changed_is_not_carried(change: tuple[str, str]) -> None:
    earlier = framework_of(wave(first=True), SHEET.format(low=0.5).replace(*change))
    values = {"D": {"a": 0.8, "b": 0.9}, "S1": {"a": 0.8, "b": 0.9}}
    previous = scoring_of(wave(first=True), values, framework=earlier).scored
    found = scoring_of(wave(), NOW, previous=previous).scores.set_index(["area_code", "node"])
    assert found.loc[("S1", "2"), "status"] == "not_collected"


def test_the_error_of_a_carried_value_is_in_the_total_and_independent_of_this_waves() -> None:
    """Variance of the total = (50·2)²V(a) + (30·2)²V(b): drawn and linearised, whatever a and b share."""
    correlation = pd.DataFrame([[1.0, 0.9], [0.9, 1.0]], index=["a", "b"], columns=["a", "b"])
    estimation = replace(estimation_of(wave(), NOW), correlation=correlation)
    result = score(framework_of(wave()), wave(), estimation, Evidence(), DRAWS, first_wave())
    assert result.scored is not None
    total = result.scores.set_index(["area_code", "node"]).loc[("S1", "total")]
    variance = (100 * 0.03) ** 2 + (60 * 0.03) ** 2
    assert total["standard_error"] == pytest.approx(np.sqrt(variance), rel=1e-12)
    row = result.scored.leaves.row_of_area["S1"]
    drawn = result.scored.value_draws()[row]
    assert abs(np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1]) < 0.07
    assert drawn[:, 1].std() == pytest.approx(0.03, rel=0.1)
    assert (drawn[:, 2] == 0.4).all()


def test_a_value_that_is_another_thing_is_not_carried() -> None:
    """Where the value of 2 meant something else before, it stays blank; 3 is carried all the same."""
    evidence, estimation = Evidence(), estimation_of(wave(), NOW)
    result = score(
        framework_of(wave()), wave(), estimation, evidence, DRAWS, first_wave(), unlike=frozenset({"2"})
    )
    found = result.scores.set_index(["area_code", "node"])
    assert (found.loc[("S1", "2"), "status"], found.loc[("S1", "2"), "carried_from"]) == ("not_collected", "")
    assert found.loc[("S1", "3"), "value"] == 0.4


def test_who_carries_from_another_kind_of_assessment_is_warned() -> None:
    old, new = replace(wave(first=True), kind=WaveKind.SELF_CHECK), wave()
    (problem,) = check_carried(framework_of(new), old, replace(new, measures=()))
    assert (problem.code, problem.value, problem.detail["reasons"]) == ("not_carried", "2、3", "mode")
    declared = replace(new, measures=(), equivalent=("mode",))
    assert check_carried(framework_of(new), old, declared) == ()


def test_a_value_carried_twice_keeps_the_name_of_the_wave_that_measured_it() -> None:
    middle = scoring_of(replace(wave(), id="2022Q2"), NOW, previous=first_wave()).scored
    again = scoring_of(wave(), NOW, previous=middle)
    leaf = again.scores.set_index(["area_code", "node"]).loc[("S1", "2")]
    assert (leaf["value"], leaf["carried_from"], leaf["flag"]) == (0.9, "2022Q1 2022-02-20", "carried")
    assert again.scored is not None
    assert np.isfinite(again.scored.value_draws()[again.scored.leaves.row_of_area["S1"]]).all()


def test_a_carried_value_has_its_error_also_where_the_framework_now_says_otherwise() -> None:
    """Leaf 2 was carried under another edition; leaf 1 is carried by this one. Both draw their 0.02."""
    tree = tree_of_rows([plain_leaf("1", "", 60.0, missing=Missing.CARRY), plain_leaf("2", "", 40.0)])
    old = scored_for(tree, [[0.5, 0.6]], error=0.02, draws=2000)
    everywhere = np.full((1, 2), "2022Q2 2022-05-29", dtype=object)
    for carried_from in (everywhere, np.array([["", "2022Q2 2022-05-29"]], dtype=object)):
        new = replace(old, leaves=replace(old.leaves, carried_from=carried_from), previous=old)
        assert new.value_draws()[0].std(axis=0) == pytest.approx([0.02, 0.02], rel=0.1)

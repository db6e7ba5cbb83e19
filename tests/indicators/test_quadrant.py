"""Importance and performance (M11): places by hand, sureness by the law of the draws, what is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from indicators.assessment import Assessment
from indicators.columns import QUADRANT_COLUMNS
from indicators.evidence.tables import GRADES_COLUMNS, Evidence
from indicators.findings.importance import DerivedImportance
from indicators.findings.quadrant import STABLE_FROM, quadrant
from indicators.framework import Direction
from indicators.reading import read_framework
from indicators.scores.scored import Scored, evaluate
from indicators.scores.scoring import score
from indicators.scores.table import score_table
from indicators.scores.uncertainty import DrawSettings
from surveys.records.importance import ExplainedShares
from surveys.wave import Wave
from tests.factory_scoring import (
    estimation_of,
    leaf_table_of,
    score_measure,
    share_measure,
    small_wave,
    tables_of,
)
from tests.factory_tree import plain_leaf, tree_of_rows

SHEET = (
    "code,name,points,method,source,scoring,low,high,direction,target,scale\n"
    "1,重而低,30,questionnaire,low,linear,0,1,,0.9,\n"
    "2,重而高,30,questionnaire,high,linear,0,1,,0.9,\n"
    "3,轻而低,5,questionnaire,points,linear,0,100,,85,\n"
    "4,越低越好,5,questionnaire,down,linear,0,1,down,0.1,\n"
    "5,临界,20,questionnaire,near,linear,0,1,,0.9,\n"
    "6,正好,5,document,DC,steps,,,,0.85,等级\n"
    "7,未显示,3,questionnaire,hidden,linear,0,1,,0.9,\n"
    "8,无目标,2,questionnaire,none,linear,0,1,,,\n"
)
STEPS = "scale,from,grade,score\n等级,,良,0.85\n等级,,差,0.3\n"
VALUES = {"low": 0.7, "high": 0.98, "points": 70.0, "down": 0.04, "near": 0.89, "hidden": 0.5, "none": 0.5}
MEASURES = tuple(
    score_measure(name, 85.0) if name == "points" else share_measure(name, None if name == "none" else 0.9)
    for name in VALUES
)
POINTS = {"1": 30.0, "2": 30.0, "3": 5.0, "4": 5.0, "5": 20.0, "6": 5.0}


def scoring_of(
    draws: int = 20_000, values: dict[str, dict[str, float]] | None = None
) -> tuple[Wave, pd.DataFrame, Scored, pd.DataFrame]:
    wave = small_wave(("S1",), MEASURES)
    framework, problems = read_framework(tables_of(framework=SHEET, steps=STEPS), wave)
    assert framework is not None, problems
    grades = pd.DataFrame([("6", "S1", "良", 0.85)], columns=list(GRADES_COLUMNS)).astype(GRADES_COLUMNS)
    estimation = estimation_of(wave, values or {"D": VALUES, "S1": VALUES}, withheld=(("S1", "hidden"),))
    settings = DrawSettings(draws, 1)
    result = score(framework, wave, estimation, Evidence(grades=grades), settings)
    assert result.scored is not None
    return wave, result.scores, result.scored, estimation.rates


@pytest.fixture(scope="module")
def placed() -> pd.DataFrame:
    wave, scores, scored, rates = scoring_of()
    table = quadrant(scored, scores, rates, wave)
    return table[table["area_code"] == "S1"].set_index("node")


def test_places_follow_gap_and_mean_importance(placed: pd.DataFrame) -> None:
    """97 of 100 points are measured, 95 of them with a target: the mean of six is 95/6 · 100/97."""
    assert placed["quadrant"].to_dict() == {
        "1": "repair",
        "2": "strength",
        "3": "chance",
        "4": "maintain",
        "5": "repair",
        "6": "maintain",
    }
    np.testing.assert_allclose(placed["importance"], [POINTS[node] * 100 / 97 for node in placed.index])
    np.testing.assert_allclose(placed["importance_mark"], 95 / 6 * 100 / 97)
    assert placed["importance_low"].isna().all()


def test_gaps_are_shares_of_the_scale_and_turned_where_less_is_better(placed: pd.DataFrame) -> None:
    expected = {"1": -0.2, "2": 0.08, "3": -0.15, "4": 0.06, "5": -0.01, "6": 0.0}
    assert placed["gap"].to_dict() == pytest.approx(expected)
    width = np.sqrt(0.7 * 0.3 / 100)
    assert placed.loc["1", "gap_low"] == pytest.approx(-0.2 - 2 * width)
    down = placed.loc["4"]
    assert down["gap_low"] == pytest.approx(0.1 - down["high"])
    assert (placed["gap_low"] <= placed["gap"]).all()
    assert (placed["gap"] <= placed["gap_high"]).all()


def test_a_target_met_exactly_is_reached_and_sure_where_nothing_was_sampled(placed: pd.DataFrame) -> None:
    assert placed.loc["6", "gap"] == 0
    assert placed.loc["6", "stability"] == 1


def test_stability_is_the_probability_of_the_side_by_the_arcsine_law(placed: pd.DataFrame) -> None:
    """Oracle: draws φ* ~ N(φ̂, 1/(4·100 + 2)) lie below arcsin √.9 (M9); 20,000 know it to .01."""
    for node, value in (("1", 0.7), ("2", 0.98), ("5", 0.89)):
        centre = np.arcsin(np.sqrt((value * 100 + 0.375) / 100.75))
        below = stats.norm.cdf((np.arcsin(np.sqrt(0.9)) - centre) * np.sqrt(402))
        expected = below if value < 0.9 else 1 - below
        assert placed.loc[node, "stability"] == pytest.approx(expected, abs=0.01)
    assert not placed.loc["5", "labelled"]
    assert (placed["labelled"] == (placed["stability"] >= STABLE_FROM)).all()


def test_without_draws_limits_tell_nearly_the_same(placed: pd.DataFrame) -> None:
    """Limits of ±2 SE instead of the arcsine law: .05 apart at most."""
    wave, scores, scored, rates = scoring_of(draws=0)
    table = quadrant(scored, scores, rates, wave)
    plain = table[table["area_code"] == "S1"].set_index("node")
    np.testing.assert_allclose(plain["stability"], placed["stability"], atol=0.05)


def test_each_area_has_its_own_crosshair_and_the_district_comes_first() -> None:
    """In S1 leaf 7 is withheld, in D it is not: 98 of 100 points have a target there."""
    wave, scores, scored, rates = scoring_of(draws=100)
    table = quadrant(scored, scores, rates, wave)
    assert list(table.columns) == list(QUADRANT_COLUMNS)
    assert table["area_code"].drop_duplicates().tolist() == ["D", "S1"]
    assert table[table["area_code"] == "D"]["importance_mark"].to_numpy() == pytest.approx(98 / 7)
    assert "7" not in set(table[table["area_code"] == "S1"]["node"])
    assert "8" not in set(table["node"])


def test_what_the_table_of_scores_withholds_is_not_drawn() -> None:
    wave, scores, scored, rates = scoring_of(draws=100)
    hidden = (scores["node"] == "1") & (scores["area_code"] == "S1")
    scores = scores.assign(
        value=scores["value"].mask(hidden), status=scores["status"].mask(hidden, "withheld")
    )
    table = quadrant(scored, scores, rates, wave)
    assert "1" not in set(table[table["area_code"] == "S1"]["node"])


def derived(relative: list[float], error: float) -> DerivedImportance:
    parts = np.array(relative)
    covariance = np.diag(np.full(len(parts), error**2))
    low, high = np.clip(parts - 2 * error, 0, 1), np.clip(parts + 2 * error, 0, 1)
    explained = ExplainedShares(parts / 2, 0.5, parts, covariance, low, high, 200.0, 500)
    return DerivedImportance("q", "points", ("low", "high", "near"), explained, 600)


def test_derived_importance_places_measures_by_the_mean_part() -> None:
    """Parts .6, .3, .1 about the mean 1/3; performance is the rate's against the measure's own target."""
    wave, scores, scored, rates = scoring_of()
    table = quadrant(scored, scores, rates, wave, derived([0.6, 0.3, 0.1], 0.02))
    here = table[(table["importance_kind"] == "derived") & (table["area_code"] == "S1")].set_index("node")
    assert here["quadrant"].to_dict() == {"low": "repair", "high": "maintain", "near": "chance"}
    np.testing.assert_allclose(here["importance_mark"], 1 / 3)
    np.testing.assert_allclose(here["importance_low"], [0.56, 0.26, 0.06])
    assert here["labelled"].to_dict() == {"low": True, "high": True, "near": False}
    declared = table[(table["importance_kind"] == "declared") & (table["area_code"] == "S1")]
    near = declared.loc[declared["node"] == "5", "stability"].iloc[0]
    assert here.loc["near", "stability"] == pytest.approx(near, abs=0.02)


def test_a_measure_exactly_at_the_mean_counts_as_important_and_surely_so() -> None:
    """Equal importances without error are the mean, whatever the last bit says; draws agree with it."""
    wave, _, _, rates = scoring_of(draws=100)
    parts = [1 / 3 - 1e-12, 1 / 3 + 1e-12, 1 / 3]
    table = quadrant(None, pd.DataFrame(), rates, wave, derived(parts, 0.0))
    here = table[table["area_code"] == "S1"].set_index("node")
    assert here["quadrant"].to_dict() == {"low": "repair", "high": "strength", "near": "repair"}
    assert here.loc["low", "stability"] > 0.99


def test_an_unsure_importance_makes_a_place_unsure() -> None:
    """Leaf 2 is surely at its target; with an error of .1 its part of .3 is as likely above the mean."""
    wave, scores, scored, rates = scoring_of(draws=2000)
    wave = replace(wave, scoring=replace(wave.scoring, draws=4000))
    table = quadrant(scored, scores, rates, wave, derived([0.6, 0.3, 0.1], 0.1))
    row = table[(table["importance_kind"] == "derived") & (table["area_code"] == "S1")].set_index("node")
    wide = stats.t.ppf(0.975, 200) / stats.norm.ppf(0.975) * 0.1
    sure = stats.norm.cdf((1 / 3 - 0.3) / wide)
    assert row.loc["high", "stability"] == pytest.approx(sure, abs=0.03)
    assert not row.loc["high", "labelled"]


def test_without_a_framework_only_derived_rows_and_without_both_none() -> None:
    wave, _, _, rates = scoring_of(draws=100)
    empty = pd.DataFrame()
    assert set(quadrant(None, empty, rates, wave, derived([0.6, 0.3, 0.1], 0.02))["node"]) == {
        "low",
        "high",
        "near",
    }
    table = quadrant(None, empty, rates, wave)
    assert table.empty
    assert list(table.columns) == list(QUADRANT_COLUMNS)


def test_the_side_of_an_observation_is_as_sure_as_its_finding_says(demo_assessment: Assessment) -> None:
    """One P(below the target): a point cannot be named where its finding holds it for open, nor otherwise."""
    points = demo_assessment.quadrant
    observed = points[(points["method"] == "observation") & (points["importance_kind"] == "declared")]
    below = demo_assessment.findings.set_index(["area_code", "node"])["probability_below"]
    probability = below.loc[list(zip(observed["area_code"], observed["node"], strict=True))].to_numpy()
    expected = np.where(observed["gap"] < -1e-9, probability, 1 - probability)
    assert len(observed) > 300
    np.testing.assert_allclose(observed["stability"], expected, rtol=0, atol=1e-12)


def test_the_side_of_an_observation_is_binomial_and_turned_where_less_is_better() -> None:
    """2.5 of N = 4 against .8: I_.8(3, 2), with draws and without; where less is better the rest of it."""
    framework = tree_of_rows(
        [
            plain_leaf("1", "", 60.0, target=0.8),
            plain_leaf("2", "", 40.0, target=0.8, direction=Direction.DOWN),
        ]
    )
    table = replace(
        leaf_table_of(framework, np.array([[0.625, 0.625], [0.625, 0.625]]), standard_error=0.1),
        effective_n=np.full((2, 2), 4.0),
    )
    wave = small_wave(("A1",), ())
    for draws in (0, 500):
        scored = evaluate(framework, table, pd.DataFrame(), DrawSettings(draws, 1), np.zeros(2))
        scores = score_table(scored)
        found = quadrant(scored, scores, pd.DataFrame(columns=["group"]), wave).query("area_code == 'A1'")
        below = stats.beta.cdf(0.8, 2.5 + 0.5, 1.5 + 0.5)
        np.testing.assert_allclose(found["stability"], [below, below], rtol=1e-12)
        assert found["quadrant"].tolist() == ["repair", "maintain"]

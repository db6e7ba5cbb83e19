"""A small tree worked by hand, from the sheets to the total, its error, bounds and deductions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from indicators.reading import read_evidence, read_framework
from indicators.scores.scoring import Scoring, score
from surveys.problem import errors_of
from tests.factory_scoring import estimation_of, score_measure, share_measure, small_wave, tables_of

FRAMEWORK = """
code,parent,name,points,method,source,scoring,low,high,scale,target,level,cap,window_months
1,,政务,60,,,,,,,,,,
1.1,1,知晓,30,questionnaire,m1,linear,0.5,1.0,,0.9,,,
1.2,1,满意度,20,questionnaire,m2,linear,60,100,,,,,
1.3,1,材料,10,document,DC1,steps,,,等级,0.85,,,
2,,环境,40,,,,,,,,,,
2.1,2,摊位,20,observation,OB1,ratio,,,,0.85,,,
2.2,2,公厕,20,observation,OB2,pass_share,,,,,,,
N1,,事故,3,negative,NG1,per_event,,,,,subdistrict,4,12
"""
STEPS = """
scale,from,grade,score
等级,,优,1.0
等级,,良,0.8
"""
OBSERVATIONS = """
id,standard,site,site_type,area,found,required,passed
1,OB1,A,市场,S1a,18,20,
2,OB1,B,市场,S1b,14,20,
"""
DOCUMENTS = """
standard,area,grade,date
DC1,S1,良,2022-08-20
"""
EVENTS = """
item,date,area,description,verified
NG1,2022-01-10,S1a,事故一,是
NG1,2022-03-10,S1,事故二,是
NG1,2022-04-10,S1,未核实的事故,否
NG1,2021-08-14,S1,早一天的事故,是
"""


def scored() -> Scoring:
    wave = small_wave(("S1", "S2"), (share_measure("m1", 0.9), score_measure("m2")))
    tables = tables_of(
        framework=FRAMEWORK,
        steps=STEPS,
        observations=OBSERVATIONS,
        documents=DOCUMENTS,
        negative_list=EVENTS,
    )
    framework, problems = read_framework(tables, wave)
    evidence, more = read_evidence(tables, wave, framework)
    assert errors_of((*problems, *more)) == ()
    values = {code: {"m1": 0.8, "m2": 90.0} for code in ("D", "S1", "S2")}
    covariance = np.array([[0.04**2, 0.05], [0.05, 2.0**2]])
    estimation = estimation_of(wave, values, covariance=dict.fromkeys(values, covariance))
    return score(framework, wave, estimation, evidence)


@pytest.fixture(scope="module")
def result() -> Scoring:
    return scored()


@pytest.fixture(scope="module")
def s1(result: Scoring) -> pd.DataFrame:
    return result.scores[result.scores["area_code"] == "S1"].set_index("node")


def test_leaves_by_hand(s1: pd.DataFrame) -> None:
    """Value → score, M9.

    1.1  (0.8 − 0.5)/(1.0 − 0.5) = 0.60 of 30 → 18
    1.2  (90 − 60)/(100 − 60) = 0.75 of 20 → 15
    1.3  grade 良 = 0.80 of 10 → 8
    2.1  (18/20 + 14/20)/2 = 0.80 of 40 → 32: 2.2 was not collected, so its 20 points went to its sibling
    2.2  not collected: no points, no score
    """
    assert s1.loc["1.1", "score_share"] == pytest.approx(0.60)
    assert s1.loc["1.2", "score_share"] == pytest.approx(0.75)
    assert s1.loc["1.3", "score_share"] == pytest.approx(0.80)
    assert s1.loc["2.1", "score_share"] == pytest.approx(0.80)
    earned = s1.loc[["1.1", "1.2", "1.3", "2.1"], "points_earned"]
    np.testing.assert_allclose(earned, [18.0, 15.0, 8.0, 32.0], rtol=1e-12)
    assert s1.loc["2.2", "status"] == "not_collected"
    assert s1.loc["2.2", "effective_points"] == 0
    assert np.isnan(s1.loc["2.2", "points_earned"])


def test_total_by_hand(s1: pd.DataFrame) -> None:
    """Nodes and total.

    1      18 + 15 + 8 = 41 of 60
    2      32 of 40, one of two leaves measured: coverage 0.5
    total  41 + 32 = 73 before deductions; two events in the window cost 3 each, the cap lets 4 through
           → 69. Coverage (30 + 20 + 10 + 20)/100 = 0.8.
    """
    assert s1.loc["1", "points_earned"] == pytest.approx(41.0)
    assert s1.loc["2", "points_earned"] == pytest.approx(32.0)
    assert s1.loc["2", "coverage"] == pytest.approx(0.5)
    assert s1.loc["2", "status"] == "partly"
    assert s1.loc["total", "score_share"] == pytest.approx(0.73)
    assert s1.loc["total", "points_earned"] == pytest.approx(69.0)
    assert s1.loc["total", "coverage"] == pytest.approx(0.8)


def test_bounds_by_hand(s1: pd.DataFrame) -> None:
    """2.2 at nothing: 2 scores (20·0.8 + 0)/40 = 0.4 → 41 + 16 − 4 = 53; at full: 0.9 → 41 + 36 − 4 = 73."""
    assert s1.loc["total", "bound_low"] == pytest.approx(53.0)
    assert s1.loc["total", "bound_high"] == pytest.approx(73.0)
    assert s1.loc["2", "bound_low"] == pytest.approx(16.0)
    assert s1.loc["2", "bound_high"] == pytest.approx(36.0)
    assert s1.loc["1", "bound_low"] == pytest.approx(41.0)


def test_variance_by_hand(s1: pd.DataFrame) -> None:
    """Linearised variance, M9.

    Slopes of the total: 1.1 30/(1.0 − 0.5) = 60 points per unit; 1.2 20/(100 − 60) = 0.5 per point; 2.1 40.
    Answers: 60²·0.0016 + 0.5²·4 + 2·60·0.5·0.05 = 5.76 + 1 + 3 = 9.76 (independence would say 6.76).
    Sites: residuals ±0.1 → one site's variance (0.01 + 0.01)/(2 − 1) = 0.02; two sites, two possible
    points: V = 2·0.02/2² = 0.01; 40²·0.01 = 16. Documents were all read: 0.
    Total 25.76, error 5.0754; of node 1 √9.76, of node 2 √16.
    """
    assert s1.loc["total", "standard_error"] == pytest.approx(np.sqrt(25.76), rel=1e-12)
    assert s1.loc["1", "standard_error"] == pytest.approx(np.sqrt(9.76), rel=1e-12)
    assert s1.loc["2", "standard_error"] == pytest.approx(4.0, rel=1e-12)
    assert s1.loc["1.1", "standard_error"] == pytest.approx(2.4, rel=1e-12)
    assert s1.loc["1.3", "standard_error"] == 0


def test_interval_of_a_single_leaf_transforms_its_limits(s1: pd.DataFrame) -> None:
    """1.1: limits 0.8 ± 2·√(0.8·0.2/100) = 0.72 … 0.88 → (0.44, 0.76) of 30; a document has no width."""
    assert s1.loc["1.1", "low"] == pytest.approx(30 * 0.44)
    assert s1.loc["1.1", "high"] == pytest.approx(30 * 0.76)
    assert s1.loc["1.3", "low"] == s1.loc["1.3", "high"] == pytest.approx(8.0)


def test_interval_of_the_total_holds_it_and_has_the_width_of_its_error(s1: pd.DataFrame) -> None:
    """±1.96 RMSE: draws are made from n_e and a correlation of 0 here: 60²·0.0016 + 0.5²·9 + 16 = 24.01."""
    total = s1.loc["total"]
    assert total["low"] < 69.0 < total["high"]
    assert (total["high"] - total["low"]) / 2 == pytest.approx(1.96 * np.sqrt(24.01), rel=0.08)


def test_deductions_are_itemised(result: Scoring) -> None:
    """Four events touch S1 and so the district; two count: 3 points, then the 1 that the cap left."""
    rows = result.deductions[result.deductions["area_code"] == "S1"]
    assert rows["date"].tolist() == ["2021-08-14", "2022-01-10", "2022-03-10", "2022-04-10"]
    assert rows["points"].tolist() == [0.0, 3.0, 1.0, 0.0]
    assert rows["counted"].tolist() == [False, True, True, False]
    assert rows["reason"].tolist() == ["outside_window", "", "", "unverified"]
    assert result.deductions[result.deductions["area_code"] == "D"]["points"].sum() == 4.0
    assert result.deductions[result.deductions["area_code"] == "S2"].empty


def test_district_takes_the_mean_of_its_subdistricts_documents(result: Scoring) -> None:
    """The district has no grade of its own; one subdistrict was reviewed: its 0.8."""
    leaf = result.scores.set_index(["area_code", "node"]).loc[("D", "1.3")]
    assert leaf["value"] == pytest.approx(0.8)
    assert leaf["flag"] == "mean_of_subdistricts"


def test_nothing_collected_is_no_zero(result: Scoring) -> None:
    """S2 has answers but no document and no check: project 2 is blank, and the total is that of project 1.

    1: (30·0.6 + 20·0.75)/50 = 0.66 → 66 of 100; coverage 50/100; bounds 33 and 33 + 50.
    """
    s2 = result.scores.set_index(["area_code", "node"]).loc["S2"]
    assert s2.loc["2", "status"] == "not_collected"
    assert s2.loc["total", "points_earned"] == pytest.approx(66.0)
    assert s2.loc["total", "coverage"] == pytest.approx(0.5)
    assert s2.loc["total", "bound_low"] == pytest.approx(33.0)
    assert s2.loc["total", "bound_high"] == pytest.approx(83.0)

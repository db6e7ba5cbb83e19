"""Findings: classes, order, cost in points, certainty, owners (M11)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from indicators.columns import FINDINGS_COLUMNS
from indicators.evidence.tables import GRADES_COLUMNS, Evidence
from indicators.findings.weakness import find_weak
from indicators.reading import read_framework
from indicators.scores.scoring import score
from indicators.unit import ResponsibleUnit, UnitKind
from tests.factory_scoring import estimation_of, share_measure, small_wave, tables_of

NAMES = ("sure", "likely", "above", "own", "down", "hidden", "none")
SHEET = (
    "code,parent,name,text,points,method,source,scoring,low,high,direction,target,scale,lead_unit,supporting_units,group\n"
    "1,,确定,标准一,20,questionnaire,sure,linear,0.5,1,,,,U1,U2、U9,G1\n"
    "2,,可能,,30,questionnaire,likely,linear,0.5,1,,,,,,\n"
    "3,,达标,,10,questionnaire,above,linear,0.5,1,,,,,,\n"
    "4,,自有目标,,10,questionnaire,own,linear,0,1,,0.9,,,,\n"
    "5,,逆向,,10,questionnaire,down,linear,0,0.5,down,0.1,,,,\n"
    "6,,未显示,,5,questionnaire,hidden,linear,0,1,,,,,,\n"
    "7,,无目标,,5,questionnaire,none,linear,0,1,,,,,,\n"
    "8,,材料,,10,document,DC,steps,,,,0.85,等级,,,\n"
)
STEPS = "scale,from,grade,score\n等级,,优,1\n等级,,差,0.3\n"
VALUES = {"sure": 0.7, "likely": 0.88, "above": 0.97, "own": 0.8, "down": 0.3, "hidden": 0.2, "none": 0.1}
UNITS = {
    "U1": ResponsibleUnit("U1", "甲局", UnitKind.UNIT),
    "U2": ResponsibleUnit("U2", "乙局", UnitKind.UNIT),
    "G1": ResponsibleUnit("G1", "一组", UnitKind.GROUP),
}


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    targets = {"own": 0.7, "down": None, "none": None}
    measures = tuple(share_measure(name, targets.get(name, 0.9)) for name in NAMES)
    wave = small_wave(("S1",), measures)
    framework, problems = read_framework(tables_of(framework=SHEET, steps=STEPS), wave)
    assert framework is not None, problems
    grades = pd.DataFrame([("8", "S1", "差", 0.3)], columns=list(GRADES_COLUMNS)).astype(GRADES_COLUMNS)
    estimation = estimation_of(wave, {"D": VALUES, "S1": VALUES}, withheld=(("S1", "hidden"),))
    scores = score(framework, wave, estimation, Evidence(grades=grades)).scores
    table = find_weak(framework, wave, scores, estimation.rates, UNITS)
    return table[table["area_code"] == "S1"].set_index("node")


def test_class_comes_before_cost(found: pd.DataFrame) -> None:
    """Confirmed by recoverable points, then likely, then passing; the withheld and target-less are not there.

    Effective points are declared · 100/95, as the withheld leaf (5) is left out. Recoverable, declared:
    1 20·(0.8 − 0.4) = 8; 8 10·(0.85 − 0.3) = 5.5; 5 10·((0.5 − 0.1) − (0.5 − 0.3))/0.5 = 4; 4 10·0.1 = 1.
    Likely: 2 with 30·0.04 = 1.2, though it costs more than 4.
    """
    assert found.index.tolist() == ["1", "8", "5", "4", "2", "3"]
    assert found["rank"].tolist() == [1, 2, 3, 4, 5, 6]
    assert found["class"].tolist() == ["confirmed"] * 4 + ["likely", "rest"]
    recoverable = np.array([8.0, 5.5, 4.0, 1.0, 1.2, 0.0]) * 100 / 95
    np.testing.assert_allclose(found["points_recoverable"], recoverable, rtol=1e-12)


def test_confirmed_loss_is_that_of_the_better_limit(found: pd.DataFrame) -> None:
    """1: high = 0.7 + 2·√(0.7·0.3/100); for 5, where less is better, the low limit is the better one."""
    high = 0.7 + 2 * np.sqrt(0.21 / 100)
    low = 0.3 - 2 * np.sqrt(0.21 / 100)
    points = 100 / 95
    assert found.loc["1", "points_confirmed_loss"] == pytest.approx(20 * points * (0.9 - high) / 0.5)
    assert found.loc["5", "points_confirmed_loss"] == pytest.approx(10 * points * (low - 0.1) / 0.5)
    assert found.loc["2", "points_confirmed_loss"] == 0
    assert found.loc["8", "points_confirmed_loss"] == found.loc["8", "points_recoverable"]


def test_probability_uses_the_framework_s_own_target(found: pd.DataFrame) -> None:
    """4: the measure's mark is 0.7, the leaf's 0.9: on the arcsine scale of M9 with n_e = 100."""
    n, value, target = 100.0, 0.8, 0.9

    def angle(share: float) -> float:
        return float(np.arcsin(np.sqrt((share * n + 0.375) / (n + 0.75))))

    expected = stats.norm.cdf((angle(target) - angle(value)) * np.sqrt(4 * n + 2))
    assert found.loc["4", "probability_below"] == pytest.approx(expected)
    assert found.loc["4", "target"] == 0.9
    assert found.loc["5", "probability_below"] > 0.99
    assert found.loc["8", "probability_below"] == 1.0


def test_probability_agrees_with_draws_of_the_jeffreys_posterior() -> None:
    """80 of 100 against 0.85: the share of draws of Beta(80.5, 20.5) below it."""
    measures = (share_measure("own", 0.5),)
    wave = small_wave(("S1",), measures)
    sheet = "code,name,points,method,source,target\n4,四,100,questionnaire,own,0.85\n"
    framework, _ = read_framework(tables_of(framework=sheet), wave)
    assert framework is not None
    estimation = estimation_of(wave, {"S1": {"own": 0.8}})
    scores = score(framework, wave, estimation, Evidence()).scores
    below = find_weak(framework, wave, scores, estimation.rates, {})["probability_below"].iloc[0]
    draws = np.random.default_rng(1).beta(80.5, 20.5, 200_000)
    assert below == pytest.approx((draws < 0.85).mean(), abs=0.02)


def test_owners_are_named_and_unknown_codes_stand_as_they_are(found: pd.DataFrame) -> None:
    first = found.loc["1"]
    assert (first["lead_unit"], first["lead_unit_name"]) == ("U1", "甲局")
    assert first["supporting_units"] == "乙局、U9"
    assert first["group"] == "一组"
    assert first["text"] == "标准一"


def test_without_a_target_nothing_is_found() -> None:
    wave = small_wave(("S1",), (share_measure("m"),))
    sheet = "code,name,points,method,source\n1,一,100,questionnaire,m\n"
    framework, _ = read_framework(tables_of(framework=sheet), wave)
    estimation = estimation_of(wave, {"S1": {"m": 0.9}})
    scores = score(framework, wave, estimation, Evidence()).scores
    table = find_weak(framework, wave, scores, estimation.rates, {})
    assert table.empty
    assert list(table.columns) == list(FINDINGS_COLUMNS)
    assert find_weak(None, wave, scores, estimation.rates, {}).empty


CHANGED = {"area_code": "S1", "group": "", "value_old": 0.6, "change": 0.1, "low": 0.02, "high": 0.18}


def trends(*, own: dict[str, object]) -> pd.DataFrame:
    """Findings of measures `up` and `down` (less is better), each 0.6 → 0.7, and of an observed leaf."""
    measures = (share_measure("up", 0.9), share_measure("down", 0.1))
    wave = small_wave(("S1",), measures)
    sheet = (
        "code,name,points,method,source,scoring,low,high,direction,target\n"
        "1,一,50,questionnaire,up,linear,0.5,1,,\n"
        "2,二,30,questionnaire,down,linear,0,1,down,0.1\n"
        "3,三,20,document,DC,steps,,,,0.85\n"
    ).replace(",direction,target\n", ",direction,target,scale\n")
    sheet = sheet.replace("up,linear,0.5,1,,\n", "up,linear,0.5,1,,,\n").replace("down,0.1\n", "down,0.1,\n")
    sheet = sheet.replace("DC,steps,,,,0.85\n", "DC,steps,,,,0.85,等级\n")
    framework, problems = read_framework(tables_of(framework=sheet, steps=STEPS), wave)
    assert framework is not None, problems
    grades = pd.DataFrame([("3", "S1", "差", 0.3)], columns=list(GRADES_COLUMNS)).astype(GRADES_COLUMNS)
    estimation = estimation_of(wave, {"S1": {"up": 0.7, "down": 0.7}})
    scores = score(framework, wave, estimation, Evidence(grades=grades)).scores
    changes = pd.DataFrame([CHANGED | {"measure": name} | own for name in ("up", "down")])
    of_scores = pd.DataFrame(
        [
            {"area_code": "S1", "node": "3", "old": 1.0, "change": -0.7, "low": -0.7, "high": -0.7}
            | {"verdict": "declined"},
            {"area_code": "S1", "node": "1", "old": 9.0, "change": 9.0, "low": 9.0, "high": 9.0}
            | {"verdict": "improved"},
        ]
    )
    found = find_weak(framework, wave, scores, estimation.rates, {}, changes, of_scores)
    return found[found["area_code"] == "S1"].set_index("node")


def test_trend_is_that_of_the_same_measure_and_area() -> None:
    """1: 0.6 → 0.7 of its measure, not the change of its score; 3: the change of its grade."""
    found = trends(own={"verdict": "improved"})
    first = found.loc["1", ["previous_value", "change", "change_low", "change_high"]]
    np.testing.assert_allclose(first.astype(float), [0.6, 0.1, 0.02, 0.18])
    assert found.loc["1", "change_verdict"] == "improved"
    assert (found.loc["3", "previous_value"], found.loc["3", "change"]) == (1.0, -0.7)
    assert found.loc["3", "change_verdict"] == "declined"


def test_a_rising_value_is_a_decline_where_less_is_better() -> None:
    assert trends(own={"verdict": "improved"}).loc["2", "change_verdict"] == "declined"
    assert trends(own={"verdict": "declined"}).loc["2", "change_verdict"] == "improved"
    still = trends(own={"verdict": "no_detectable_change"})
    assert still.loc["2", "change_verdict"] == "no_detectable_change"


def test_changes_of_breakdowns_and_other_areas_are_no_trend() -> None:
    for own in ({"group": "urban_rural=urban"}, {"area_code": "D"}):
        found = trends(own=own | {"verdict": "improved"})
        assert np.isnan(found.loc["1", "change"])
        assert found.loc["1", "change_verdict"] == ""


def found_in(sheet: str, values: dict[str, float], targets: dict[str, float], **own: object) -> pd.DataFrame:
    """Findings of S1 by node; `own` are columns of the rates that differ from the made ones."""
    wave = small_wave(("S1",), tuple(share_measure(name, targets.get(name)) for name in values))
    framework, problems = read_framework(tables_of(framework=sheet), wave)
    assert framework is not None, problems
    estimation = estimation_of(wave, {"S1": values})
    scores = score(framework, wave, estimation, Evidence()).scores
    found = find_weak(framework, wave, scores, estimation.rates.assign(**own), {})
    return found[found["area_code"] == "S1"].set_index("node")


def test_what_reaches_its_target_is_the_rest_and_comes_last(found: pd.DataFrame) -> None:
    """3 has 0.97 against 0.9: nothing to recover, nothing confirmed, and it is told nonetheless."""
    row = found.loc["3"]
    assert (row["class"], row["verdict"]) == ("rest", "pass")
    assert row["points_recoverable"] == row["points_confirmed_loss"] == 0
    assert row["rank"] == len(found)


def test_without_points_to_recover_nothing_is_likely_weak() -> None:
    """At its target P(below) is .52 (Jeffreys), the verdict open, and there is nothing to win."""
    sheet = "code,name,points,method,source,scoring,low,high\n1,一,100,questionnaire,m,linear,0,1\n"
    at_target = found_in(sheet, {"m": 0.9}, {"m": 0.9}, probability_below=0.52)
    assert at_target.loc["1", ["class", "verdict"]].tolist() == ["rest", "undetermined"]
    below = found_in(sheet, {"m": 0.899}, {"m": 0.9}, probability_below=0.52)
    assert below.loc["1", "class"] == "likely"
    unlikely = found_in(sheet, {"m": 0.899}, {"m": 0.9}, probability_below=0.49)
    assert unlikely.loc["1", "class"] == "rest" and unlikely.loc["1", "points_recoverable"] > 0


def test_the_rate_s_probability_is_taken_only_for_the_rate_s_own_target() -> None:
    """1 and 2 are the same measure, whose mark is .9; the sheet asks .9 of one and .7 of the other."""
    sheet = (
        "code,name,points,method,source,scoring,low,high,target\n"
        "1,一,50,questionnaire,m,linear,0,1,\n"
        "2,二,50,questionnaire,m,linear,0,1,0.7\n"
    )
    found = found_in(sheet, {"m": 0.8}, {"m": 0.9}, probability_below=0.987)
    assert found.loc["1", "probability_below"] == 0.987
    assert found.loc["2", "probability_below"] < 0.05


def test_equal_losses_keep_the_order_of_the_sheet_whatever_the_last_bit() -> None:
    """20·(.95 − .35) and 80·(.80 − .65) are 12 points, the first of them less in its last bit."""
    sheet = (
        "code,name,points,method,source,scoring,low,high\n"
        "1,一,20,questionnaire,a,linear,0,1\n"
        "2,二,80,questionnaire,b,linear,0,1\n"
    )
    found = found_in(sheet, {"a": 0.35, "b": 0.65}, {"a": 0.95, "b": 0.8}, probability_below=0.99)
    assert found.index.tolist() == ["1", "2"]
    first, second = found["points_recoverable"]
    assert first < second == pytest.approx(first, rel=1e-14)


def test_a_carried_score_of_steps_has_no_limits_on_the_value_s_scale() -> None:
    """Limits of a score of steps cannot be turned back; those of a linear score can."""
    sheet = (
        "code,name,points,method,source,scoring,low,high,scale,target,missing\n"
        "1,一,40,questionnaire,now,linear,0,1,,,\n"
        "2,二,30,questionnaire,steps,steps,,,满意,0.9,carry\n"
        "3,三,30,questionnaire,line,linear,0.5,1,,0.9,carry\n"
    )
    steps = "scale,from,grade,score\n满意,60%,,1\n满意,0%,,0.4\n"
    wave = small_wave(("S1",), tuple(share_measure(name) for name in ("now", "steps", "line")))
    framework, problems = read_framework(tables_of(framework=sheet, steps=steps), wave)
    assert framework is not None, problems
    before = estimation_of(wave, {"S1": {"now": 0.8, "steps": 0.7, "line": 0.7}})
    earlier = score(framework, replace(wave, id="2022Q1"), before, Evidence()).scored
    now = estimation_of(wave, {"S1": {"now": 0.8}})
    scores = score(framework, wave, now, Evidence(), previous=earlier).scores
    table = find_weak(framework, wave, scores, now.rates, {})
    found = table[table["area_code"] == "S1"].set_index("node")
    assert found.loc["2", ["low", "high"]].isna().all()
    assert 0 < found.loc["2", "probability_below"] <= 1
    error = np.sqrt(0.21 / 100)
    limits = found.loc["3", ["low", "high"]].astype(float)
    np.testing.assert_allclose(limits, [0.7 - 2 * error, 0.7 + 2 * error], atol=1e-9)

"""Laws that any score obeys, on random small trees with blanks, deductions and errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from indicators.evidence.tables import EVENTS_COLUMNS, GRADES_COLUMNS, Evidence
from indicators.framework import Framework
from indicators.reading import read_evidence, read_framework
from indicators.scores.scoring import score
from indicators.scores.uncertainty import DrawSettings
from surveys.wave import Wave
from tests.factory_scoring import estimation_of, score_measure, share_measure, small_wave, tables_of

HEADER = "code,parent,name,points,method,source,scoring,low,high,scale,aggregate,floor,level,missing,cap\n"
SHEET = HEADER + (
    "1,,甲,60,,,,,,,{aggregate},0.05,,,\n"
    "1.1,1,一,30,questionnaire,a,linear,0.5,0.95,,,,,{missing},\n"
    "1.2,1,二,20,questionnaire,b,steps,,,档,,,,,\n"
    "1.3,1,三,10,questionnaire,c,linear,60,100,,,,,,\n"
    "2,,乙,40,,,,,,,,,,,\n"
    "2.1,2,四,25,document,DA,steps,,,等级,,,,,\n"
    "2.2,2,五,15,document,DB,steps,,,等级,,,district,,\n"
    "N,,负面,3,negative,NG,,,,,,,,,5\n"
)
STEPS = "scale,from,grade,score\n档,0.9,,1\n档,0.7,,0.6\n档,0,,0\n等级,,优,1\n等级,,差,0.3\n"
FAST = DrawSettings(draws=60)
AREAS = ("D", "S1")


def wave() -> Wave:
    return small_wave(("S1",), (share_measure("a", 0.9), share_measure("b"), score_measure("c")))


def framework_with(aggregate: str = "arithmetic", missing: str = "bounds") -> Framework:
    tables = tables_of(framework=SHEET.format(aggregate=aggregate, missing=missing), steps=STEPS)
    framework, problems = read_framework(tables, wave())
    assert framework is not None, problems
    return framework


def graded(*nodes: str) -> pd.DataFrame:
    rows = [(node, area, "差", 0.3) for node in nodes for area in AREAS]
    return pd.DataFrame(rows, columns=list(GRADES_COLUMNS)).astype(GRADES_COLUMNS)


def events(number: int) -> pd.DataFrame:
    rows = [("N", "S1", date(2022, 8, 1), "事件", True)] * number
    return pd.DataFrame(rows, columns=list(EVENTS_COLUMNS)).astype(EVENTS_COLUMNS)


def scored(
    framework: Framework,
    values: Mapping[str, float],
    evidence: Evidence,
    withheld: tuple[tuple[str, str], ...] = (),
) -> pd.DataFrame:
    wave_ = wave()
    estimation = estimation_of(wave_, dict.fromkeys(AREAS, values), withheld=withheld)
    scores = score(framework, wave_, estimation, evidence, FAST).scores
    return scores.set_index(["area_code", "node"])


leaf_values = st.fixed_dictionaries(
    {}, optional={"a": st.floats(0, 1), "b": st.floats(0, 1), "c": st.floats(0, 100)}
)
evidences = st.builds(
    lambda nodes, number: Evidence(grades=graded(*nodes), events=events(number)),
    st.sampled_from([(), ("2.1",), ("2.1", "2.2")]),
    st.integers(0, 3),
)
frameworks = st.sampled_from(
    [
        framework_with(a, m)
        for a in ("arithmetic", "geometric", "harmonic", "minimum")
        for m in ("bounds", "zero")
    ]
)


@settings(max_examples=40, deadline=None)
@given(frameworks, leaf_values, evidences)
def test_scores_intervals_and_bounds_are_in_range_and_in_order(
    framework: Framework, values: dict[str, float], evidence: Evidence
) -> None:
    scores = scored(framework, values, evidence)
    share = scores["score_share"].dropna()
    assert ((share >= 0) & (share <= 1)).all()
    known = scores[scores["points_earned"].notna()]
    full = known["effective_points"] + 1e-9
    for column in ("points_earned", "low", "high", "bound_low", "bound_high"):
        assert (known[column].to_numpy() >= 0).all(), column
        assert (known[column] <= full).all(), column
    assert (known["low"] <= known["points_earned"] + 1e-9).all()
    assert (known["points_earned"] <= known["high"] + 1e-9).all()
    assert (known["bound_low"] <= known["bound_high"] + 1e-9).all()
    coverage = scores["coverage"].dropna()
    assert ((coverage >= 0) & (coverage <= 1)).all()
    blank = scores[scores["points_earned"].isna()]
    assert (blank["effective_points"] == 0).all()


@settings(max_examples=40, deadline=None)
@given(frameworks, leaf_values, st.sampled_from(["a", "b", "c"]), st.floats(0, 0.3))
def test_total_rises_with_each_leaf(
    framework: Framework, values: dict[str, float], name: str, more: float
) -> None:
    if name not in values:
        return
    top = 100.0 if name == "c" else 1.0
    better = values | {name: min(top, values[name] + more * top)}
    before = scored(framework, values, Evidence())["points_earned"]
    after = scored(framework, better, Evidence())["points_earned"]
    assert after[("S1", "total")] >= before[("S1", "total")] - 1e-9


@settings(max_examples=30, deadline=None)
@given(leaf_values, st.integers(0, 3))
def test_deductions_never_raise_and_are_capped(values: dict[str, float], number: int) -> None:
    """3 points each, capped at 5; the total never below 0; what is below the total does not change."""
    if not values:
        return
    without = scored(framework_with(), values, Evidence())
    with_events = scored(framework_with(), values, Evidence(events=events(number)))
    lost = min(3.0 * number, 5.0)
    expected = max(0.0, without.loc[("S1", "total"), "points_earned"] - lost)
    assert with_events.loc[("S1", "total"), "points_earned"] == pytest.approx(expected)
    pd.testing.assert_frame_equal(
        with_events.drop(index="total", level="node"), without.drop(index="total", level="node")
    )


@settings(max_examples=30, deadline=None)
@given(leaf_values, st.sampled_from(["arithmetic", "minimum"]))
def test_more_coverage_narrows_the_bounds(values: dict[str, float], aggregate: str) -> None:
    framework = framework_with(aggregate)
    fewer = scored(framework, values, Evidence()).loc[("D", "total")]
    more = scored(framework, values, Evidence(grades=graded("2.1", "2.2"))).loc[("D", "total")]
    assert more["coverage"] >= fewer["coverage"] if values else True
    if values:
        assert more["bound_low"] >= fewer["bound_low"] - 1e-9
        assert more["bound_high"] <= fewer["bound_high"] + 1e-9


def test_district_leaf_changes_nothing_for_a_subdistrict() -> None:
    """Not applicable: S1 scores as by a framework that never had leaf 2.2, whose points 2.1 takes."""
    values = {"a": 0.8, "b": 0.85, "c": 80.0}
    text = SHEET.format(aggregate="", missing="")
    lines = [line for line in text.splitlines() if not line.startswith("2.2")]
    without_text = "\n".join(lines).replace("2.1,2,四,25", "2.1,2,四,40")
    without, _ = read_framework(tables_of(framework=without_text, steps=STEPS), wave())
    assert without is not None
    grades = Evidence(grades=graded("2.1", "2.2"))
    here = scored(framework_with(), values, grades).loc["S1"]
    there = scored(without, values, Evidence(grades=graded("2.1"))).loc["S1"]
    assert here.loc["2.2", "status"] == "not_applicable"
    columns = ["points_earned", "standard_error", "low", "high", "coverage", "bound_low", "bound_high"]
    pd.testing.assert_frame_equal(here.drop(index="2.2")[columns].astype(float), there[columns].astype(float))


def test_withheld_leaf_cannot_be_had_from_the_total() -> None:
    """M9's leak: with any value behind the withheld leaf, everything printed is the same."""
    hidden = (("S1", "a"), ("D", "a"))
    low = scored(framework_with(), {"a": 0.55, "b": 0.8, "c": 80.0}, Evidence(), hidden)
    high = scored(framework_with(), {"a": 0.99, "b": 0.8, "c": 80.0}, Evidence(), hidden)
    pd.testing.assert_frame_equal(low, high)
    leaf = low.loc[("S1", "1.1")]
    assert (leaf["status"], leaf["verdict"], leaf["flag"]) == (
        "withheld",
        "undetermined",
        "insufficient_sample",
    )
    assert np.isnan(leaf["value"])
    assert low.loc[("S1", "total"), "coverage"] == pytest.approx(30 / 85)


def test_missing_as_zero_lowers_the_headline_and_leaves_the_bounds_and_renormalise_changes_nothing() -> None:
    """1.1 (30 of 60) not collected; b = .8 → .6, c = 80 → .5: 1 is (12 + 5)/30, or (0 + 12 + 5)/60."""
    values = {"b": 0.8, "c": 80.0}
    plain = scored(framework_with(), values, Evidence()).loc["S1"]
    zero = scored(framework_with(missing="zero"), values, Evidence()).loc["S1"]
    shared = scored(framework_with(missing="renormalise"), values, Evidence()).loc["S1"]
    assert plain.loc["1", "score_share"] == pytest.approx(17 / 30)
    assert zero.loc["1", "score_share"] == pytest.approx(17 / 60)
    assert zero.loc["1.1", "flag"] == "missing_as_zero"
    assert zero.loc["1.1", "points_earned"] == 0
    assert plain.loc["1", "bound_low"] == pytest.approx(100 * 17 / 60)
    assert plain.loc["1", "bound_high"] == pytest.approx(100 * 47 / 60)
    bounds = ["bound_low", "bound_high"]
    np.testing.assert_allclose(
        zero.loc["total", bounds].astype(float), plain.loc["total", bounds].astype(float), rtol=1e-12
    )
    pd.testing.assert_frame_equal(shared, plain)
    assert plain.loc["1", "coverage"] == pytest.approx(0.5)


def test_same_seed_same_bits_and_order_of_areas_does_not_matter() -> None:
    values = {"a": 0.8, "b": 0.85, "c": 80.0}
    first = scored(framework_with(), values, Evidence())
    pd.testing.assert_frame_equal(first, scored(framework_with(), values, Evidence()))
    wave_ = small_wave(("S0", "S1"), wave().measures)
    estimation = estimation_of(wave_, dict.fromkeys(("D", "S0", "S1"), values))
    again = score(framework_with(), wave_, estimation, Evidence(), FAST).scores
    again = again.set_index(["area_code", "node"]).loc[["S1"]]
    pd.testing.assert_frame_equal(again, first.loc[["S1"]])


def test_nothing_measured_gives_blanks_and_no_warning() -> None:
    scores = scored(framework_with(), {}, Evidence())
    assert scores["points_earned"].isna().all()
    assert scores.loc[("S1", "total"), "coverage"] == 0
    assert scores.loc[("D", "2.2"), "status"] == "not_collected"


def test_points_that_are_not_a_hundred_are_rescaled() -> None:
    """Two leaves of 3 and 1 points: the total is out of 100, the leaves share 75 and 25."""
    sheet = HEADER + "1,,甲,3,questionnaire,a\n2,,乙,1,questionnaire,b\n"
    framework, _ = read_framework(tables_of(framework=sheet), wave())
    assert framework is not None
    scores = scored(framework, {"a": 0.8, "b": 0.4}, Evidence()).loc["S1"]
    assert scores["effective_points"].tolist() == [100.0, 75.0, 25.0]
    assert scores.loc["total", "points_earned"] == pytest.approx(70.0)


def test_veto_is_flagged_and_named() -> None:
    sheet = SHEET.format(aggregate="", missing="").replace(
        ",3,negative,NG,,,,,,,,,5", ",3,negative,NG,,,,,,,,,5,不得评优"
    )
    sheet = sheet.replace("missing,cap\n", "missing,cap,veto_grade\n")
    framework, problems = read_framework(tables_of(framework=sheet, steps=STEPS), wave())
    assert framework is not None, problems
    wave_ = wave()
    estimation = estimation_of(wave_, {area: {"a": 0.8} for area in AREAS})
    result = score(framework, wave_, estimation, Evidence(events=events(1)), FAST)
    assert result.deductions["veto_grade"].tolist() == ["不得评优", "不得评优"]
    flag = result.scores.set_index(["area_code", "node"]).loc[("S1", "total"), "flag"]
    assert "veto" in flag.split(";")


def test_without_a_framework_there_are_empty_tables() -> None:
    result = score(None, wave(), estimation_of(wave(), {}), Evidence())
    assert result.scores.empty
    assert result.deductions.empty


def test_overall_cap_of_the_negative_list() -> None:
    framework = replace(framework_with(), deduction_cap=4.0)
    scores = scored(framework, {"a": 0.8}, Evidence(events=events(3)))
    free = scored(framework, {"a": 0.8}, Evidence())
    lost = free.loc[("S1", "total"), "points_earned"] - scores.loc[("S1", "total"), "points_earned"]
    assert lost == pytest.approx(4.0)


def test_unknown_error_leaves_a_score_and_the_widest_honest_interval() -> None:
    """One leaf seen at one site in the whole district: no standard error; Clopper–Pearson on N = 1.

    At x = 0.7 of 1 the limits are Beta⁻¹(.025; 0.7, 1.3) and Beta⁻¹(.975; 1.7, 0.3).
    """
    wave_ = wave()
    sheet = HEADER + "1,,甲,100,observation,OB,ratio\n"
    tables = tables_of(
        framework=sheet, observations="id,standard,site,area,found,required\n1,OB,点,S1,7,10\n"
    )
    framework, _ = read_framework(tables, wave_)
    evidence, problems = read_evidence(tables, wave_, framework)
    assert problems == ()
    scores = score(framework, wave_, estimation_of(wave_, {}), evidence, FAST).scores
    total = scores.set_index(["area_code", "node"]).loc[("S1", "total")]
    assert total["points_earned"] == pytest.approx(70.0)
    assert np.isnan(total["standard_error"])
    assert total["low"] == pytest.approx(100 * stats.beta.ppf(0.025, 0.7, 1.3))
    assert total["high"] == pytest.approx(100 * stats.beta.ppf(0.975, 1.7, 0.3))
    assert "no_error_estimate" in total["flag"]

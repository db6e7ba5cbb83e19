"""Draws behind the intervals: common to trees that share answers, apart for what they do not share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from indicators.evidence.tables import Evidence
from indicators.framework import Framework, Indicator, Method, Scoring
from indicators.reading import read_evidence, read_framework
from indicators.scores.leaf_values import leaf_table
from indicators.scores.scored import Scored
from indicators.scores.scoring import score
from indicators.scores.uncertainty import DrawSettings
from surveys.estimate import Estimation
from surveys.questionnaire import Measure
from surveys.wave import ScoringPlan
from tests.benchmarks.scoring import errors_of_one_area, make_case, score_case, score_one_area
from tests.factory_scoring import estimation_of, share_measure, small_wave, tables_of

TWO_SAMPLES = (
    "code,name,points,method,source,scoring,low,high,lead_unit\n"
    "1,居民,40,questionnaire,a,linear,0.5,1,U\n"
    "2,居民,30,questionnaire,b,linear,0,1,U\n"
    "3,学生,30,questionnaire,c,linear,0.2,1,U\n"
)
CHECKS = (
    "id,standard,site,area,found,required\n"
    "1,OB,甲,S1,18,20\n2,OB,乙,S1,14,20\n3,OC,甲,S1,7,10\n4,OC,乙,S1,10,10\n"
)


def tree(name: str, rows: list[tuple[str, Method, str]]) -> Framework:
    forms = {Method.QUESTIONNAIRE: Scoring.LINEAR, Method.OBSERVATION: Scoring.RATIO}
    indicators = [
        Indicator(code, code, "", 50.0, method=method, source=source, scoring=forms[method])
        for code, method, source in rows
    ]
    return Framework(name, name, "", tuple(indicators), {}, "")


def from_two_samples() -> tuple[Estimation, tuple[Measure, ...]]:
    """Measures a and b of one sample, correlated; c of another, on fewer degrees of freedom."""
    measures = (share_measure("a"), share_measure("b"), replace(share_measure("c"), questionnaire="students"))
    wave = small_wave(("S1",), measures)
    values = {area: {"a": 0.8, "b": 0.7, "c": 0.6} for area in ("D", "S1")}
    matrix = np.array([[0.0016, 0.0009, 0.0], [0.0009, 0.0021, 0.0], [0.0, 0.0, 0.0024]])
    estimation = estimation_of(wave, values, covariance=dict.fromkeys(values, matrix))
    rates = estimation.rates
    rates.loc[rates["measure"] == "c", "degrees_of_freedom"] = 6.0
    return replace(estimation, rates=rates), measures


def test_two_samples_add_their_variances() -> None:
    """Slopes 80, 30 and 37.5: V = 80²·.0016 + 30²·.0021 + 2·80·30·.0009 and, beside it, 37.5²·.0024.

    Degrees of freedom: of each sample 20 and 6; Satterthwaite's (V₁ + V₂)²/(V₁²/20 + V₂²/6) for the total.
    """
    estimation, measures = from_two_samples()
    wave = small_wave(("S1",), measures)
    framework, problems = read_framework(tables_of(framework=TWO_SAMPLES), wave)
    assert framework is not None, problems
    total = score(framework, wave, estimation, Evidence()).scores.set_index(["area_code", "node"]).loc["S1"]
    first = 80**2 * 0.0016 + 30**2 * 0.0021 + 2 * 80 * 30 * 0.0009
    second = 37.5**2 * 0.0024
    assert total.loc["total", "standard_error"] == pytest.approx(np.sqrt(first + second), rel=1e-12)
    degrees = (first + second) ** 2 / (first**2 / 20 + second**2 / 6)
    assert total.loc["total", "degrees_of_freedom"] == pytest.approx(degrees, rel=1e-12)
    assert total.loc[["1", "3"], "degrees_of_freedom"].tolist() == [20.0, 6.0]


def scored_pair() -> tuple[Scored, Scored]:
    """Two trees of one wave: both ask a, each has an observation, of the same sites."""
    wave = small_wave(("S1",), (share_measure("a"), share_measure("b")))
    first = tree("main", [("x", Method.OBSERVATION, "OB"), ("y", Method.QUESTIONNAIRE, "a")])
    second = tree("minors", [("p", Method.QUESTIONNAIRE, "a"), ("q", Method.OBSERVATION, "OC")])
    values = {area: {"a": 0.8, "b": 0.7} for area in ("D", "S1")}
    found = []
    for framework, code, standard in ((first, "x", "OB"), (second, "q", "OC")):
        lines = [line for line in CHECKS.splitlines() if f",{standard}," in line or line.startswith("id")]
        sheet = f"code,name,points,method,source,scoring\n{code},{code},100,observation,{standard},ratio\n"
        tables = tables_of(framework=sheet, observations="\n".join(lines))
        alone, _ = read_framework(tables, wave)
        evidence, _ = read_evidence(tables, wave, alone)
        found.append(score(framework, wave, estimation_of(wave, values), evidence, DrawSettings(4000)).scored)
    assert found[0] is not None
    assert found[1] is not None
    return found[0], found[1]


def test_trees_that_ask_the_same_question_draw_the_same_answers() -> None:
    first, second = scored_pair()
    np.testing.assert_array_equal(first.value_draws()[:, :, 1], second.value_draws()[:, :, 0])


def test_observations_of_two_trees_are_drawn_apart() -> None:
    """Correlation of 4,000 independent draws: 0 ± .05."""
    first, second = scored_pair()
    row = first.leaves.row_of_area["S1"]
    ours, theirs = first.value_draws()[row, :, 0], second.value_draws()[row, :, 1]
    assert ours.std() > 0.05 < theirs.std()
    assert abs(np.corrcoef(ours, theirs)[0, 1]) < 0.05


def test_another_salt_gives_independent_draws_of_the_same_spread() -> None:
    first, _ = scored_pair()
    row = first.leaves.row_of_area["S1"]
    plain, salted = first.value_draws()[row], first.value_draws(salt="another")[row]
    for leaf in range(2):
        assert abs(np.corrcoef(plain[:, leaf], salted[:, leaf])[0, 1]) < 0.05
        assert salted[:, leaf].std() == pytest.approx(plain[:, leaf].std(), rel=0.06)


def test_draws_of_shares_have_the_spread_and_correlation_of_the_arcsine_scale() -> None:
    """φ = asin√p has variance 1/(4n_e + 2), and two measures the pooled correlation."""
    wave = small_wave(("S1",), (share_measure("a"), share_measure("b")))
    framework = tree("main", [("x", Method.QUESTIONNAIRE, "a"), ("y", Method.QUESTIONNAIRE, "b")])
    values = {area: {"a": 0.8, "b": 0.6} for area in ("D", "S1")}
    correlation = pd.DataFrame([[1.0, 0.6], [0.6, 1.0]], index=["a", "b"], columns=["a", "b"])
    estimation = replace(estimation_of(wave, values), correlation=correlation)
    scored = score(framework, wave, estimation, Evidence(), DrawSettings(20_000)).scored
    assert scored is not None
    angle = np.arcsin(np.sqrt(scored.value_draws()[0]))
    np.testing.assert_allclose(angle.std(axis=0), 1 / np.sqrt(402), rtol=0.02)
    assert np.corrcoef(angle.T)[0, 1] == pytest.approx(0.6, abs=0.02)


def test_the_loop_that_the_benchmark_times_gives_the_same_scores_and_errors() -> None:
    """120 leaves in 12 subdistricts, every node from plain Python."""
    case = make_case(12)
    scores = score_case(case, 0)
    scores = scores[scores["method"] != "document"]  # without error: a constant
    leaves = leaf_table(case.framework, case.wave, case.estimation, case.evidence)
    children_of = {i.code: case.framework.children(i.code) for i in case.framework.indicators}
    for row, area in enumerate(leaves.areas):
        values = dict(zip(leaves.column_of_leaf, leaves.value[row].tolist(), strict=True))
        share = score_one_area(case.framework, children_of, values)
        error = errors_of_one_area(
            case.framework, children_of, leaves.column_of_leaf, values, leaves.covariance[row]
        )
        found = scores[scores["area_code"] == area.code].set_index("node").rename(index={"total": ""})
        np.testing.assert_allclose(found["score_share"], [share[code] for code in found.index], rtol=1e-12)
        points = found["standard_error"] / found["effective_points"]
        np.testing.assert_allclose(points, [error[code] for code in found.index], rtol=1e-10)


def test_draws_and_seed_are_those_of_the_wave_unless_told_otherwise() -> None:
    wave = replace(small_wave(("S1",), (share_measure("a"),)), scoring=ScoringPlan(draws=40, seed=7))
    framework = tree("main", [("x", Method.QUESTIONNAIRE, "a")])
    estimation = estimation_of(wave, {area: {"a": 0.8} for area in ("D", "S1")})
    scored = score(framework, wave, estimation, Evidence()).scored
    told = score(framework, wave, estimation, Evidence(), DrawSettings(10, 7)).scored
    assert scored is not None
    assert told is not None
    assert scored.settings == DrawSettings(40, 7)
    assert (scored.total_by_area_draw.shape, told.total_by_area_draw.shape) == ((2, 40), (2, 10))


def test_shares_are_drawn_around_anscombes_angle_with_its_variance() -> None:
    """(φ* − φ̂)·√(4n + 2) with φ̂ = asin√((p̂n + ⅜)/(n + ¾)) is the same standard normal for any n (M9)."""
    wave = small_wave(("S1",), (share_measure("a"),))
    framework = tree("main", [("x", Method.QUESTIONNAIRE, "a")])
    normal = []
    for n in (8.0, 4000.0):
        estimation = estimation_of(wave, {area: {"a": 0.7} for area in ("D", "S1")}, n=n)
        scored = score(framework, wave, estimation, Evidence(), DrawSettings(4000)).scored
        assert scored is not None
        angle = np.arcsin(np.sqrt(scored.value_draws()[0, :, 0]))
        normal.append((angle - np.arcsin(np.sqrt((0.7 * n + 0.375) / (n + 0.75)))) * np.sqrt(4 * n + 2))
        uncut = angle < np.pi / 2 - 1e-6
        normal[-1] = np.where(uncut & (angle > 1e-6), normal[-1], np.nan)
    cut = np.isnan(normal[0])
    assert cut.mean() < 0.01
    np.testing.assert_allclose(normal[0][~cut], normal[1][~cut], atol=1e-9)
    assert normal[1].mean() == pytest.approx(0.0, abs=0.05)
    assert normal[1].std() == pytest.approx(1.0, abs=0.04)

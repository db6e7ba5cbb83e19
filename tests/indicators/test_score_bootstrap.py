"""Replicates through the whole score: R's errors where it is smooth, others at kinks, none where unknown."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
import pytest

from indicators.evidence.tables import Evidence
from indicators.framework import Framework
from indicators.reading import read_evidence, read_framework
from indicators.scores.bootstrap import bootstrap_errors, replicate_problems
from indicators.scores.scored import Scored, evaluate
from indicators.scores.scoring import score
from indicators.scores.uncertainty import DrawSettings
from surveys.design import unit_of_record
from surveys.estimate import estimate
from surveys.measured import measure_all
from surveys.problem import Language, Severity, errors_of
from surveys.replicates.area_rates import AreaReplicates, Unreplicated, area_replicates
from surveys.replicates.estimation import replicated_means
from surveys.replicates.making import rao_wu_replicates
from surveys.sample import Sample
from surveys.wave import Wave
from tests.factory_scoring import tables_of
from tests.indicators.test_composite_oracle import by_school_type, framework_for, survey
from tests.oracle import oracle
from tests.strategies import make_sample, make_wave

NO_DRAWS = DrawSettings(draws=0)
MANY = 3000
"""Replicates with which an error is known to 1.3 %."""
SMOOTH = (
    "code,name,points,method,source,scoring,low,high\n"
    "1,知晓,40,questionnaire,awareness,linear,0,1\n"
    "2,满意率,30,questionnaire,satisfied,linear,0,1\n"
    "3,满意度,30,questionnaire,score,linear,0,100\n"
)


def framework_of(text: str, wave: Wave) -> Framework:
    framework, problems = read_framework(tables_of(framework=text), wave)
    assert framework is not None, problems
    return framework


def scored_of(text: str, sample: Sample, wave: Wave) -> Scored:
    """A sample's scores by a sheet, without draws."""
    framework = framework_of(text, wave)
    scored = score(framework, wave, estimate(sample, wave), Evidence(), NO_DRAWS).scored
    assert scored is not None
    return scored


def linearised(scored: Scored) -> np.ndarray:
    """Linearised errors in points, shape (areas, nodes)."""
    points = np.where(np.arange(scored.tree.size) == 0, 100.0, scored.points_by_area_node)
    return scored.standard_error_by_area_node * points


@pytest.mark.parametrize(("case", "tolerance"), [("strat", 0.05), ("clus1", 0.12), ("clus1_nofpc", 0.12)])
def test_error_of_a_smooth_total_is_that_of_r(case: str, tolerance: float) -> None:
    """survey_tree_variance.json (svycontrast of svymean); 3,000 replicates know it to 1.3 %.

    The 15 clusters hold 1 to 37 schools, so a mean over them is no smooth function of so few: 20,000
    replicates of its linearised variable spread by R's error (2.63 for 2.61), of the mean itself by 2.87.
    """
    sample, wave = by_school_type(survey("apistrat" if case == "strat" else "apiclus1", case))
    estimation = estimate(sample, wave)
    scored = score(framework_for(wave), wave, estimation, Evidence(), NO_DRAWS).scored
    assert scored is not None
    errors = bootstrap_errors(scored, area_replicates(measure_all([sample], wave), MANY, seed=1))
    expected = oracle("composite", "survey_tree_variance.json")[case]
    assert errors[0, 0] == pytest.approx(expected["se_total"], rel=tolerance)
    leaves = np.array([40.0, 35.0, 25.0]) * np.sqrt(np.diag(expected["vcov"]))
    np.testing.assert_allclose(errors[0, 1:], leaves, rtol=tolerance)


def test_replicates_of_a_linear_score_are_those_of_its_weighted_sum() -> None:
    """The tree through three rates equals one weighted mean of the records, under the same replicates."""
    sample, wave = by_school_type(survey("apiclus1", "clus1"))
    scored = score(framework_for(wave), wave, estimate(sample, wave), Evidence(), NO_DRAWS).scored
    assert scored is not None
    measured = measure_all([sample], wave)
    found = area_replicates(measured, 200, seed=1)
    totals = found.value_by_replicate_area_measure[:, 0] @ [40.0, 35.0, 25.0]
    assert bootstrap_errors(scored, found)[0, 0] == pytest.approx(totals.std(ddof=1), rel=1e-10)
    answers = [
        np.array([answer.score or 0.0 for answer in question.answers])[question.answer_of_record]
        for question in sample.questions
    ]
    seed = int(np.random.SeedSequence([1, zlib.crc32(b"frame")]).generate_state(1)[0])
    made = rao_wu_replicates(measured[0].design, 200, seed)
    points = np.stack(answers, axis=1) @ [40.0, 35.0, 25.0]
    again = replicated_means(points, sample.weight_of_record, made, unit_of_record(sample))
    np.testing.assert_allclose(again.value_by_replicate[:, 0], totals, rtol=1e-10)


def test_errors_of_all_nodes_and_areas_are_the_linearised_ones_where_the_score_is_smooth() -> None:
    """Arithmetic, geometric and harmonic means of three measures; 40 PSUs of 25 in each subdistrict."""
    sheet = (
        "code,parent,name,points,method,source,scoring,low,high,aggregate,floor\n"
        "1,,甲,60,,,,,,geometric,0.05\n"
        "1.1,1,知晓,40,questionnaire,awareness,linear,0,1,,\n"
        "1.2,1,满意率,20,questionnaire,satisfied,linear,0,1,,\n"
        "2,,乙,40,,,,,,harmonic,\n"
        "2.1,2,知晓再,10,questionnaire,awareness,linear,0,1,,\n"
        "2.2,2,满意度,30,questionnaire,score,linear,0,100,,\n"
    )
    sample, wave = make_sample(3, 2, 40, 25), make_wave(2, 40)
    scored = scored_of(sheet, sample, wave)
    errors = bootstrap_errors(scored, area_replicates(measure_all([sample], wave), MANY, seed=2))
    np.testing.assert_allclose(errors, linearised(scored), rtol=0.06)


def test_at_a_goalpost_replicates_differ_from_linearisation() -> None:
    """Half of the replicates lie beyond it: the spread of max(N, 0)-like scores is .58 of N's.

    √(½ − 1/(2π)) = .5838; linearisation keeps the slope of the one side.
    """
    sample, wave = make_sample(4, 2, 40, 25), make_wave(2, 40)
    rate = scored_of(SMOOTH, sample, wave).leaves.value[0, 0]
    head, first, *_ = SMOOTH.splitlines()
    sheet = f"{head}\n{first.replace('linear,0,1', f'linear,0.2,{rate}')}\n"
    scored = scored_of(sheet, sample, wave)
    errors = bootstrap_errors(scored, area_replicates(measure_all([sample], wave), MANY, seed=3))
    assert errors[0, 1] / linearised(scored)[0, 1] == pytest.approx(np.sqrt(0.5 - 0.5 / np.pi), abs=0.05)


def test_where_every_replicate_is_beyond_the_goalpost_no_error_is_claimed() -> None:
    sample, wave = make_sample(5, 2, 10, 25), make_wave(2, 10)
    sheet = SMOOTH.replace("awareness,linear,0,1", "awareness,linear,0,0.2")
    errors = bootstrap_errors(
        scored_of(sheet, sample, wave), area_replicates(measure_all([sample], wave), 50, seed=4)
    )
    assert np.isnan(errors[:, 1]).all()
    assert (errors[:, [0, 2, 3]] > 0).all()


def observations_of(wave: Wave) -> str:
    """Twelve sites in each subdistrict, found of twenty required."""
    rng = np.random.default_rng(6)
    rows = ["id,standard,site,site_type,area,found,required,passed"]
    for area in wave.areas.subdistricts:
        for site in range(12):
            number = len(rows)
            rows.append(f"{number},OB1,点位{site},市场,{area.code},{rng.integers(8, 20)},20,")
    return "\n".join(rows)


def test_observations_move_with_the_covariance_of_their_sites_and_documents_do_not() -> None:
    """A linear tree of all three methods: errors are the linearised ones, of a document alone 0."""
    sheet = """
        code,name,points,method,source,scoring,low,high,scale
        1,知晓,40,questionnaire,awareness,linear,0,1,
        2,巡查,30,observation,OB1,ratio,,,
        3,材料,30,document,DC1,steps,,,grade
        """
    sample, wave = make_sample(7, 2, 40, 25), make_wave(2, 40)
    tables = tables_of(
        framework=sheet,
        steps="scale,grade,score\ngrade,优,1\ngrade,良,0.5",
        observations=observations_of(wave),
        documents="standard,area,grade,date\nDC1,D0,优,2022-08-20\nDC1,D1,良,2022-08-20",
    )
    framework, problems = read_framework(tables, wave)
    evidence, more = read_evidence(tables, wave, framework)
    assert errors_of((*problems, *more)) == ()
    scored = score(framework, wave, estimate(sample, wave), evidence, NO_DRAWS).scored
    assert scored is not None
    errors = bootstrap_errors(scored, area_replicates(measure_all([sample], wave), MANY, seed=5))
    np.testing.assert_allclose(errors[:, :3], linearised(scored)[:, :3], rtol=0.06)
    np.testing.assert_array_equal(errors[:, 3], 0.0)


def test_an_answer_without_replicates_leaves_the_nodes_above_it_without_an_error() -> None:
    sample, wave = make_sample(8, 2, 10, 10), make_wave(2, 10)
    scored = scored_of(SMOOTH, sample, wave)
    found = area_replicates(measure_all([sample], wave), 20, seed=6)
    known = found.known_by_area_measure.copy()
    known[1, found.measures.index("awareness")] = False
    errors = bootstrap_errors(scored, replace(found, known_by_area_measure=known))
    assert np.isnan(errors[1]).tolist() == [True, True, False, False]
    assert not np.isnan(errors[[0, 2]]).any()


def test_deductions_that_leave_nothing_leave_no_spread() -> None:
    """The total is not below 0: with more deducted than was earned, replicates say nothing of it."""
    sample, wave = make_sample(9, 2, 10, 10), make_wave(2, 10)
    scored = scored_of(SMOOTH, sample, wave)
    found = area_replicates(measure_all([sample], wave), 50, seed=7)
    plain = bootstrap_errors(scored, found)
    for deducted, same in ((2.0, True), (100.0, False)):
        less = evaluate(scored.framework, scored.leaves, scored.correlation, NO_DRAWS, np.full(3, deducted))
        errors = bootstrap_errors(less, found)
        np.testing.assert_allclose(errors[:, 1:], plain[:, 1:], rtol=1e-12)
        assert np.allclose(errors[:, 0], plain[:, 0]) is same


def test_lost_replicates_and_missing_ones_are_warnings_in_both_languages() -> None:
    found = AreaReplicates(
        area_codes=("D", "S"),
        measures=("a", "b"),
        value_by_replicate_area_measure=np.zeros((50, 2, 2)),
        known_by_area_measure=np.ones((2, 2), dtype=bool),
        lost_by_area_measure=np.array([[0, 0], [0, 3]]),
        unreplicated={"parents": Unreplicated.RECORDS_GONE, "staff": Unreplicated.TOO_MANY_RECORDS},
    )
    problems = replicate_problems(found)
    assert {problem.severity for problem in problems} == {Severity.WARNING}
    english = [problem.message(Language.ENGLISH) for problem in problems]
    assert "parents" in english[0]
    assert "staff" in english[1]
    assert "3" in english[2]
    assert "50" in english[2]
    assert all(problem.message(Language.CHINESE) for problem in problems)

"""Respondents as the second stage of PSUs drawn without replacement, through the tally (M2)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.covariance import area_covariances
from surveys.design import design_of
from surveys.domain import domains_of
from surveys.estimate import estimate
from surveys.item import items_of
from surveys.precision import precision_of
from surveys.problem import Severity
from surveys.reading import read_wave
from surveys.responses import read_samples
from surveys.sample import Sample, WeightingCells
from surveys.tally import tally
from surveys.wave import LonelyPSU
from tests.engine import engine, read
from tests.oracle import oracle
from tests.strategies import MEASURES, make_sample, make_wave, mean_of, sample_of_frame
from tests.wave_folder import minimal_wave, replace_in, the

NAMES = ["high", "visits"]


def finite(sample: Sample, psus: float = 9, residents: float = 30) -> Sample:
    """The sample as drawn from so many PSUs a stratum, of so many residents each."""
    return replace(
        sample,
        population_psus_of_stratum=np.full(len(sample.strata), psus),
        population_of_psu=np.full(len(sample.psu_strata), residents),
    )


def test_two_stages_with_both_corrections_equal_r() -> None:
    """svydesign(~community+row, fpc=~n_comm_pop+m_pop): svymean, svyby, na.rm; R survey 4.1-1.

    S08 is one PSU: R removes its first stage and prints what is left, here there is no error at all.
    """
    results = oracle("survey", "syn_fpc_two_stage", "result.json")["results"]
    sample = sample_of_frame(
        read("syn_fpc_two_stage"),
        [*NAMES, "aware"],
        psu="community",
        strata="subdistrict",
        weight="weight",
        fpc="n_comm_pop",
        residents="m_pop",
        groups=("sex", "subdistrict"),
        lonely=LonelyPSU.REMOVE,
    )
    measures = [mean_of(name) for name in (*NAMES, "aware")]
    for by, entry in (("sex", "by"), ("subdistrict", "by_sub")):
        ours = engine(sample, measures, by)
        mean = results["mean"]
        np.testing.assert_allclose(ours["value"][0, :2], list(mean["estimate"].values()), rtol=1e-10)
        np.testing.assert_allclose(ours["se"][0, :2], mean["se"], rtol=1e-10)
        np.testing.assert_allclose(ours["covariance"]["all"].iloc[:2, :2], mean["vcov"], rtol=1e-10)
        np.testing.assert_allclose(ours["value"][0, 2], results["mean_na"]["estimate"]["aware"], rtol=1e-10)
        np.testing.assert_allclose(ours["se"][0, 2], results["mean_na"]["se"], rtol=1e-10)
        assert (ours["df"][0] == results["design"]["degf"]).all()
        for row in results[entry]["table"]:
            domain = ours["labels"].index(row[by])
            np.testing.assert_allclose(ours["value"][domain, :2], [row[n] for n in NAMES], rtol=1e-10)
            if row[by] == "S08":
                assert np.isnan(ours["se"][domain]).all()
                continue
            expected = [row[f"se.{name}"] for name in NAMES]
            np.testing.assert_allclose(ours["se"][domain, :2], expected, rtol=1e-10, atol=1e-15)


def test_municipalities_in_two_stages_equal_r() -> None:
    """svydesign(~id1+id2, fpc=~n1+n2), weights implied; svymean(deff=TRUE), R survey 4.1-1."""
    results = oracle("survey", "mu284_two_stage", "result.json")["results"]
    data = read("mu284_two_stage")
    data["weight"] = data["n1"] / 5 * data["n2"] / 3
    np.testing.assert_allclose(data["weight"], results["weights"], rtol=1e-12)
    sample = sample_of_frame(data, ["y1"], psu="id1", weight="weight", fpc="n1", residents="n2")
    ours = engine(sample, [mean_of("y1")])
    np.testing.assert_allclose(ours["value"][0], results["mean"]["estimate"]["y1"], rtol=1e-10)
    np.testing.assert_allclose(ours["se"][0], results["mean"]["se"], rtol=1e-10)
    np.testing.assert_allclose(ours["covariance"]["all"], results["mean"]["vcov"], rtol=1e-10)
    assert ours["df"][0, 0] == results["design"]["degf"]


@pytest.mark.parametrize(("entry", "fpc"), [("nofpc", ""), ("fpc_N", "Nh"), ("fpc_fraction", "Nh")])
def test_a_first_stage_observed_whole_has_no_second(entry: str, fpc: str) -> None:
    """fpc_equivalents: elements as units with N_h as a count or a fraction; svymean, R survey 4.1-1."""
    results = oracle("survey", "fpc_equivalents", "result.json")["results"][entry]
    data = read("fpc_equivalents").assign(one=1.0)
    if entry == "fpc_fraction":
        data["weight"] = data["Nh"] / data["nh"]
    for residents in ("", "one"):  # m = M = 1: the term is 0, not 0 · 1/0
        arguments = {"psu": "psuid", "strata": "stratid", "weight": "weight", "fpc": fpc}
        sample = sample_of_frame(data, ["x"], residents=residents, **arguments)
        ours = engine(sample, [mean_of("x")])
        np.testing.assert_allclose(ours["value"][0], results["mean"]["estimate"]["x"], rtol=1e-10)
        np.testing.assert_allclose(ours["se"][0], results["mean"]["se"], rtol=1e-10)


def test_one_respondent_of_a_larger_unit_leaves_its_stratum_without_correction() -> None:
    """One of M says nothing about the spread within: V₁ as with replacement, in that stratum only."""
    sample = make_sample(2, 2, 4, 10)
    keep = (sample.psu_of_record != 1) | (np.arange(sample.size) == 10)
    thin = replace(
        finite(sample),
        questions=tuple(replace(q, answer_of_record=q.answer_of_record[keep]) for q in sample.questions),
        weight_of_record=sample.weight_of_record[keep],
        area_of_record=sample.area_of_record[keep],
        stratum_of_record=sample.stratum_of_record[keep],
        psu_of_record=sample.psu_of_record[keep],
        groups={"stratum": (("first", "second"), sample.stratum_of_record[keep])},
    )
    infinite = replace(thin, population_psus_of_stratum=np.array([np.inf, 9.0]))
    measures = [replace(m, questionnaire="residents") for m in MEASURES[:3]]
    ours, expected = engine(thin, measures, "stratum"), engine(infinite, measures, "stratum")
    np.testing.assert_array_equal(ours["se"], expected["se"])
    assert np.isfinite(ours["se"]).all() and (ours["se"] > 0).all()
    # With the one respondent as all of the unit, the correction is back.
    whole = replace(thin, population_of_psu=np.where(np.arange(8) == 1, 1.0, 30.0))
    assert (engine(whole, measures, "stratum")["se"][:2] != ours["se"][:2]).all()


@given(seed=st.integers(0, 500), calibrated=st.booleans(), psus=st.sampled_from([3.0, 4.0, 40.0]))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_second_stage_lies_between_none_and_all_of_the_correction(
    seed: int, calibrated: bool, psus: float
) -> None:
    """V grows with M from that of units observed whole; covariances keep the errors on their diagonal."""
    sample = make_sample(seed, 2, 3, 8)
    if calibrated:
        cell = np.random.default_rng(seed).integers(0, 3, sample.size)
        sample = replace(sample, weighting=WeightingCells(cell, np.eye(3)[:, :2] + 1, np.array([1, 2, 0.5])))
    wave = make_wave(2, 3)
    measures = list(MEASURES)
    variances = []
    for residents in (8.0, 20.0, np.inf):
        two_stage = finite(sample, psus, residents)
        items, columns = items_of(two_stage, measures)
        totals, design = tally(two_stage, columns), design_of(two_stage)
        domains = domains_of(two_stage, wave.areas, totals)[:3]
        precision = precision_of(totals, items, design, domains)
        variances.append(precision.variance)
        for records in (two_stage, None):
            covariances = area_covariances(
                records, columns, totals, items, design, domains, precision, range(3)
            )
            for index, matrix in enumerate(covariances.values()):
                known = ~np.isnan(precision.variance[index])
                matrix_known = matrix.to_numpy()[np.ix_(known, known)]
                np.testing.assert_allclose(
                    np.diag(matrix_known), precision.variance[index][known], rtol=1e-8, atol=1e-14
                )
                scale = max(np.abs(matrix_known).max(initial=0.0), 1e-12)
                assert np.linalg.eigvalsh(matrix_known).min(initial=0.0) > -1e-9 * scale
    whole, some, infinite = (np.nan_to_num(v) for v in variances)
    assert (whole <= some + 1e-15).all() and (some <= infinite + 1e-15).all()
    assert (whole < infinite).any()


def test_records_and_tally_agree_on_the_second_stage_of_calibrated_weights() -> None:
    """Every term written out over the records: V₁ of residual totals, and f (1 − m/M) m s² within PSUs."""
    sample = finite(make_sample(4, 2, 4, 9, missing=0.2), 7, 25)
    rng = np.random.default_rng(0)
    cell, x, g = rng.integers(0, 4, sample.size), rng.normal(size=(4, 2)), np.array([0.8, 1.0, 1.3, 2.0])
    sample = replace(sample, weighting=WeightingCells(cell, x, g))
    ours = engine(sample, [replace(MEASURES[2], questionnaire="residents")], "urban_rural")
    w, base_weight = sample.weight_of_record, sample.weight_of_record / g[cell]
    question = sample.question("q2")
    score = np.array([np.nan if a.score is None else a.score for a in question.answers])
    y = score[question.answer_of_record]
    inside = np.isfinite(y) & (sample.stratum_of_record == 0)  # subdistrict 0 is rural
    mean = (w * inside * np.nan_to_num(y)).sum() / (w * inside).sum()
    e = np.where(inside, np.nan_to_num(y) - mean, 0.0) / (w * inside).sum()
    beta = np.linalg.lstsq(np.sqrt(base_weight)[:, None] * x[cell], np.sqrt(base_weight) * e, rcond=None)[0]
    z = w * (e - x[cell] @ beta)
    f, expected = 4 / 7, 0.0
    for stratum in range(2):
        psus = [z[sample.psu_of_record == psu] for psu in range(4 * stratum, 4 * stratum + 4)]
        totals = np.array([part.sum() for part in psus])
        expected += (1 - f) * 4 * totals.var(ddof=1)
        expected += sum(f * (1 - 9 / 25) * 9 * part.var(ddof=1) for part in psus)
    np.testing.assert_allclose(ours["se"][ours["labels"].index("rural"), 0] ** 2, expected, rtol=1e-10)


def test_residents_of_communities_come_from_the_area_sheet(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    replace_in(
        folder / "areas.csv", "永泰第一社区,community,140213050,,", "永泰第一社区,community,140213050,,900"
    )
    wave = read_wave(folder)[0]
    assert wave is not None
    samples, _, problems = read_samples(wave)
    assert problems == ()
    sample = samples[0]
    known = pd.Series(sample.population_of_psu, index=sample.psus)
    assert known["140213050001"] == 900 and np.isinf(known.drop("140213050001")).all()
    assert estimate(sample, wave).rates["n"].gt(0).any()


def test_fewer_residents_than_interviews_are_a_warning_and_no_population(tmp_path: Path) -> None:
    folder = minimal_wave(tmp_path)
    replace_in(
        folder / "areas.csv", "永泰第一社区,community,140213050,,", "永泰第一社区,community,140213050,,1"
    )
    wave = read_wave(folder)[0]
    assert wave is not None
    samples, _, problems = read_samples(wave)
    problem = the(problems, "fewer_residents_than_interviews")
    assert (problem.severity, problem.value, problem.column) == (Severity.WARNING, "1", "population")
    assert samples[0].population_of_psu is not None and np.isinf(samples[0].population_of_psu).all()


def test_without_records_errors_of_single_respondents_count_as_fully_correlated() -> None:
    """A file in chunks without PSUs: products of two items are gone; the largest suits sums of one sign.

    Where a measure lowers the sum it is not: errors that move together cancel.
    """
    sample = make_sample(3, 2, 3, 20, clustered=False)
    items, columns = items_of(sample, MEASURES)
    totals, design = tally(sample, columns), design_of(sample)
    domains = domains_of(sample, make_wave(2, 3).areas, totals)[:1]
    precision = precision_of(totals, items, design, domains)
    known, cautious = (
        area_covariances(source, columns, totals, items, design, domains, precision, [0])["D"].to_numpy()
        for source in (sample, None)
    )
    np.testing.assert_allclose(np.diag(cautious), np.diag(known), rtol=1e-12)
    np.testing.assert_allclose(
        cautious, np.outer(precision.standard_error, precision.standard_error), rtol=1e-12
    )
    points = np.random.default_rng(1).uniform(0, 10, (50, len(items)))
    assert (((points @ known) * points).sum(axis=1) <= ((points @ cautious) * points).sum(axis=1)).all()
    points[:, 0] *= -1
    assert (((points @ known) * points).sum(axis=1) > ((points @ cautious) * points).sum(axis=1)).any()

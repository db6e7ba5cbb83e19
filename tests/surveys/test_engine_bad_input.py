"""Samples that say little: flagged, finite, honest answers; no NaN beside a value, no silent zero (M2–M5)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.design import Design
from surveys.estimate import estimate, estimate_groups
from surveys.flag import Flag
from surveys.gate import GateSettings
from surveys.sample import Sample, WeightingCells
from surveys.wave import LonelyPSU
from tests.engine import engine
from tests.strategies import MEASURES, calibrated, make_sample, make_wave, share_of

OPEN = GateSettings(least_n=0, least_effective_n=0, widest=2, relative_width=np.inf, least_count=0)
quick = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def assert_honest(table: pd.DataFrame) -> None:
    """Every estimate that is shown has limits of positive width around it and inside its range."""
    shown = table[table["value"].notna()]
    top = np.where(shown["unit"] == "points", 100.0, 1.0)
    assert shown[["low", "high", "effective_n"]].notna().all(axis=None)
    assert np.isfinite(shown[["value", "low", "high", "effective_n"]].to_numpy()).all()
    assert ((shown["low"] >= 0) & (shown["high"] <= top)).all()
    assert (shown["high"] - shown["low"] > 1e-9 * top).all()
    assert (shown["standard_error"].dropna() >= 0).all()
    alike = shown["flag"].str.contains("constant_answers") | (
        shown["unit"].eq("share") & shown["value"].isin([0.0, 1.0])
    )
    assert (shown["standard_error"].ne(0) | alike).all()


@pytest.mark.parametrize("clustered", [True, False])
@pytest.mark.parametrize("raked", [True, False])
def test_a_weight_of_a_million_millions_makes_one_interview_of_the_sample(
    clustered: bool, raked: bool
) -> None:
    """The effective size says so and the estimate is withheld; with open gates the limits are as wide."""
    sample = make_sample(3, 2, 4, 30, clustered=clustered, missing=0)
    sample = calibrated(sample, 3) if raked else sample
    weight = sample.weight_of_record.copy()
    weight[17] = 1e12
    heavy = replace(sample, weight_of_record=weight)
    wave = make_wave(2, 4)
    everyone = estimate(heavy, wave, OPEN).rates
    assert_honest(everyone)
    of_district = everyone[(everyone["area_code"] == "D") & (everyone["group"] == "")]
    assert (of_district["effective_n"] < 1.01).all() and (of_district["n"] > 200).all()
    assert (
        of_district["high"] - of_district["low"] > 0.9 * np.where(of_district["unit"] == "points", 100, 1)
    ).all()
    gated = estimate(heavy, wave).rates
    assert of_district["standard_error"].isna().all()
    assert of_district["flag"].str.contains(Flag.ONE_PSU).all()
    withheld = gated[gated["area_code"].isin(["D", "D0"]) & (gated["group"] == "")]
    assert withheld["value"].isna().all()
    assert withheld["flag"].str.contains(Flag.INSUFFICIENT_SAMPLE).all()
    # What it does not touch is as it was.
    columns = ["value", "n", "degrees_of_freedom"]
    other = everyone["area_code"].str.startswith("D1")
    plain = estimate(sample, wave, OPEN).rates
    pd.testing.assert_frame_equal(everyone.loc[other, columns], plain.loc[other, columns])


@given(
    seed=st.integers(0, 300),
    clustered=st.booleans(),
    raked=st.booleans(),
    exponent=st.integers(-12, 12),
    finite=st.booleans(),
)
@quick
def test_no_weight_makes_an_answer_that_is_not_finite(
    seed: int, clustered: bool, raked: bool, exponent: int, finite: bool
) -> None:
    sample = make_sample(seed, 2, 3, 6, clustered=clustered)
    sample = calibrated(sample, seed) if raked else sample
    weight = sample.weight_of_record.copy()
    weight[seed % sample.size] *= 10.0**exponent
    sample = replace(sample, weight_of_record=weight)
    if finite:
        residents = np.full(len(sample.psu_strata), 40.0) if clustered else None
        sample = replace(sample, population_psus_of_stratum=np.full(2, 50.0), population_of_psu=residents)
    assert_honest(estimate(sample, make_wave(2, 3), OPEN).rates)


@given(seed=st.integers(0, 300), clustered=st.booleans(), raked=st.booleans(), code=st.sampled_from([3, 6]))
@quick
def test_constant_answers_are_flagged_and_have_binomial_limits(
    seed: int, clustered: bool, raked: bool, code: int
) -> None:
    sample = make_sample(seed, 2, 3, 8, clustered=clustered)
    alike = tuple(
        replace(q, answer_of_record=np.minimum(np.full_like(q.answer_of_record, code), len(q.answers) - 1))
        for q in sample.questions
    )
    sample = replace(sample, questions=alike)
    sample = calibrated(sample, seed) if raked else sample
    table = estimate(sample, make_wave(2, 3), OPEN).rates
    assert_honest(table)
    answered = table[table["n"] > 0]
    flagged = answered["flag"].str.contains("extreme_share|constant_answers")
    assert flagged.all()
    communities = answered["area_level"] == "community"
    expected = answered["standard_error"].isna() if clustered else answered["standard_error"].eq(0)
    assert expected[communities].all()


@pytest.mark.parametrize("clustered", [True, False])
@pytest.mark.parametrize("raked", [True, False])
def test_a_domain_of_one_respondent_is_flagged_and_has_no_error(clustered: bool, raked: bool) -> None:
    sample = make_sample(5, 2, 4, 20, clustered=clustered, missing=0)
    sample = calibrated(sample, 5) if raked else sample
    alone = (np.arange(sample.size) == 33).astype(np.intp)
    answer = sample.question("q1").answer_of_record.copy()
    answer[33] = 4
    questions = (replace(sample.questions[0], answer_of_record=answer), *sample.questions[1:])
    sample = replace(sample, questions=questions, groups={"who": (("rest", "one"), alone)})
    measure = replace(MEASURES[0], questionnaire="residents")
    gated = estimate_groups(sample, [measure], "who").set_index("group").loc["who=one"]
    assert gated["n"] == 1 and np.isnan(gated["value"])
    assert Flag.INSUFFICIENT_SAMPLE in gated["flag"].split(";")
    shown = estimate_groups(sample, [measure], "who", OPEN).set_index("group").loc["who=one"]
    assert shown["value"] == 0 and np.isnan(shown["standard_error"]) and shown["degrees_of_freedom"] <= 0
    assert shown["low"] == 0 and shown["high"] > 0.9
    assert Flag.ONE_PSU in shown["flag"].split(";")


def test_an_fpc_smaller_than_the_sample_is_no_correction_below_zero() -> None:
    """Intake refuses it (psu_count_too_small); a design made by hand has a factor of 0, none below."""
    design = Design(("h",), np.zeros(5, dtype=np.intp), np.array([3.0]))
    assert design.unsampled_share_by_stratum.tolist() == [0.0] and not design.is_lonely.any()
    sample = replace(
        make_sample(2, 1, 5, 10),
        population_psus_of_stratum=np.array([3.0]),
        population_of_psu=np.full(5, 4.0),  # fewer residents than interviews, too
    )
    ours = engine(sample, [share_of("q1")])
    assert ours["se"][0, 0] == 0  # everybody was asked


@pytest.mark.parametrize("rule", [rule for rule in LonelyPSU if rule is not LonelyPSU.FAIL])
@pytest.mark.parametrize("raked", [True, False])
@pytest.mark.parametrize("population", [np.inf, 40.0])
def test_one_psu_in_a_stratum_is_flagged_and_finite(rule: LonelyPSU, raked: bool, population: float) -> None:
    sample = make_sample(6, 3, 4, 20)
    psu_strata = np.array([0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 2])
    sample = replace(
        sample,
        psu_strata=psu_strata,
        stratum_of_record=psu_strata[sample.psu_of_record],
        population_psus_of_stratum=np.full(3, population),
        population_of_psu=np.full(12, 500.0),
        lonely_psu=rule,
    )
    sample = calibrated(sample, 6) if raked else sample
    table = estimate(sample, make_wave(3, 4), OPEN).rates
    assert_honest(table)
    meets = table[table["area_code"].isin(["D", "D1"]) & (table["group"] == "")]
    assert meets["flag"].str.contains(Flag.LONELY_PSU).all()
    assert (meets["standard_error"] > 0).all()


def test_few_answers_that_the_auxiliaries_pass_through_have_no_error_instead_of_one_of_zero() -> None:
    """Two answers in weighting cells of their own two PSUs: whatever they are, the residual is 0."""
    sample = make_sample(1, 1, 4, 10, missing=0)
    some = np.zeros(sample.size, dtype=bool)
    some[[3, 14]] = True
    answer = np.where(some, np.where(np.arange(sample.size) == 3, 3, 6), 1).astype(np.int32)
    sample = replace(
        sample, questions=(sample.questions[0], replace(sample.questions[1], answer_of_record=answer))
    )
    # One auxiliary, +1 and −1 in weighting cells of one record each, in different PSUs: none is a unit's own.
    cell = np.where(np.arange(sample.size) == 3, 1, np.where(np.arange(sample.size) == 14, 2, 0))
    x = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, -1.0]])
    even = np.where(some, 1.0, sample.weight_of_record)
    plain = replace(sample, weight_of_record=even)
    fitted = replace(plain, weighting=WeightingCells(cell, x, np.ones(3)))
    measures = [MEASURES[1]]
    assert engine(plain, measures)["se"][0, 0] > 0
    assert np.isnan(engine(fitted, measures)["se"][0, 0])


def test_a_sample_without_weighting_totals_in_some_records_uses_those_that_have() -> None:
    """Weighting cell −1: matched to nothing, so nothing is explained there; finite and between the two."""
    sample: Sample = make_sample(8, 2, 4, 20, missing=0)
    whole = calibrated(sample, 8)
    assert whole.weighting is not None
    outside = np.arange(sample.size) % 5 == 0
    cell = np.where(outside, -1, whole.weighting.cell_of_record)
    partly = replace(whole, weighting=replace(whole.weighting, cell_of_record=cell))
    table = estimate(partly, make_wave(2, 4), OPEN).rates
    assert_honest(table)
    nowhere = replace(whole, weighting=replace(whole.weighting, cell_of_record=np.full(sample.size, -1)))
    ignoring = estimate(replace(whole, weighting=None), make_wave(2, 4), OPEN).rates
    pd.testing.assert_frame_equal(estimate(nowhere, make_wave(2, 4), OPEN).rates, ignoring)


@pytest.mark.parametrize("population", [np.inf, 8.0, 4.0])
def test_units_that_agree_to_the_last_digit_have_no_error_unless_all_units_were_sampled(
    population: float,
) -> None:
    """Half of each PSU says yes: Taylor's 0 of four units is chance, of four of four it is right."""
    sample = make_sample(1, 1, 4, 10, missing=0)
    half = np.where(np.arange(sample.size) % 2 == 0, 3, 4).astype(np.int32)
    sample = replace(
        sample,
        questions=tuple(replace(q, answer_of_record=half) for q in sample.questions),
        weight_of_record=np.ones(sample.size),
        population_psus_of_stratum=np.array([population]),
    )
    table = estimate(sample, make_wave(1, 4), OPEN).rates
    row = table[(table["area_code"] == "D0") & (table["measure"] == "awareness")].iloc[0]
    assert row["value"] == 0.5
    assert (row["standard_error"] == 0) if population == 4 else np.isnan(row["standard_error"])
    assert row["low"] < 0.4 and row["high"] > 0.6

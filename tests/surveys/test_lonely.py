"""Strata with a single sampled unit: scores use the errors that the rates show; none is a false 0 (M2)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from surveys.design import Design
from surveys.estimate import Estimation, estimate
from surveys.flag import Flag
from surveys.gate import GateSettings
from surveys.sample import Sample
from surveys.variance import covariance, variance
from surveys.wave import LonelyPSU
from tests.strategies import make_sample, make_wave

OPEN = GateSettings(least_n=0, least_effective_n=0, widest=2, relative_width=np.inf, least_count=0)
RULES = [rule for rule in LonelyPSU if rule is not LonelyPSU.FAIL]
SUBDISTRICTS, COMMUNITIES, TAKE = 3, 4, 12


def restratified(stratum_of_psu: list[int], rule: LonelyPSU, *, clustered: bool = True) -> Sample:
    """Twelve communities of three subdistricts in strata of our choice; PSUs are communities or respondents.

    Without PSUs a stratum that would hold one community holds one respondent of it; the others join the
    stratum before.
    """
    sample = make_sample(5, SUBDISTRICTS, COMMUNITIES, TAKE, clustered=clustered)
    psu_strata = np.array(stratum_of_psu, dtype=np.intp)
    stratum = np.repeat(psu_strata, TAKE)
    if not clustered:
        for lone in np.flatnonzero(np.bincount(psu_strata) == 1):
            rest = np.flatnonzero(stratum == lone)[1:]
            stratum[rest] = lone - 1 if lone else np.bincount(psu_strata).argmax()
    count = int(psu_strata.max()) + 1
    return replace(
        sample,
        strata=tuple(f"h{h}" for h in range(count)),
        stratum_of_record=stratum,
        population_psus_of_stratum=np.full(count, np.inf),
        psu_strata=psu_strata if clustered else sample.psu_strata,
        lonely_psu=rule,
    )


def rows_of(result: Estimation, area: str) -> pd.DataFrame:
    table = result.rates[(result.rates["area_code"] == area) & (result.rates["group"] == "")]
    return table.set_index("measure")


@pytest.mark.parametrize("clustered", [True, False])
@pytest.mark.parametrize("rule", RULES)
def test_scores_use_the_errors_that_the_rates_show(rule: LonelyPSU, clustered: bool) -> None:
    """diag(C) = SE² in every area: D0 meets a lonely stratum and another, D1 none, D2 two and one."""
    sample = restratified([0, 0, 0, 1, 2, 2, 3, 3, 4, 5, 6, 6], rule, clustered=clustered)
    result = estimate(sample, make_wave(SUBDISTRICTS, COMMUNITIES), OPEN)
    assert rows_of(result, "D0")["flag"].str.contains(Flag.LONELY_PSU).all()
    for code, matrix in result.covariance_by_area.items():
        errors = rows_of(result, code).loc[list(matrix.index), "standard_error"].to_numpy()
        assert (errors > 0).all()
        np.testing.assert_allclose(np.diag(matrix), errors**2, rtol=1e-10)
        assert np.linalg.eigvalsh(matrix.to_numpy()).min() > -1e-12


@pytest.mark.parametrize("rule", RULES)
def test_the_diagonal_of_a_covariance_is_the_variance_of_its_domains(rule: LonelyPSU) -> None:
    """Three estimates whose domains meet different strata, two of the four strata lonely."""
    rng = np.random.default_rng(4)
    stratum = np.array([0, 0, 0, 1, 2, 2, 3])
    design = Design(tuple("abcd"), stratum, np.array([9.0, 5, np.inf, np.inf]), lonely_psu=rule)
    present = np.stack([stratum != 9, stratum < 2, stratum != 1], axis=1)
    score = rng.normal(size=present.shape) * present
    expected = variance(score, design, present)
    np.testing.assert_allclose(np.diag(covariance(score, design, present)), expected, rtol=1e-12)


@pytest.mark.parametrize("clustered", [True, False])
@pytest.mark.parametrize("rule", [LonelyPSU.REMOVE, LonelyPSU.CERTAINTY, LonelyPSU.AVERAGE])
def test_where_every_stratum_is_lonely_there_is_no_error(rule: LonelyPSU, clustered: bool) -> None:
    """D0's four communities are four strata; a sum over nothing is not an error of 0."""
    strata = [0, 1, 2, 3, 4, 4, 4, 4, 5, 5, 5, 5]
    sample = restratified(strata, rule)
    if not clustered:  # one respondent a community: those of D0 are the strata, their answers differ
        first = np.arange(0, sample.size, TAKE)
        alternating = (3 + np.arange(len(first)) % 2).astype(np.int32)
        sample = replace(
            sample,
            questions=tuple(replace(q, answer_of_record=alternating) for q in sample.questions),
            weight_of_record=sample.weight_of_record[first],
            area_of_record=sample.area_of_record[first],
            stratum_of_record=sample.stratum_of_record[first],
            psu_of_record=None,
            psus=(),
            psu_strata=np.empty(0, dtype=np.intp),
            groups={},
        )
    result = estimate(sample, make_wave(SUBDISTRICTS, COMMUNITIES), OPEN)
    rows = rows_of(result, "D0")
    assert (rows["degrees_of_freedom"] == 0).all() and (rows["n"] > 1).all()
    assert rows["standard_error"].isna().all() and rows["design_effect"].isna().all()
    assert (rows["low"] < rows["high"]).all()
    assert result.covariance_by_area["D0"].isna().all(axis=None)
    assert (rows_of(result, "D1")["standard_error"] >= 0).all()


@pytest.mark.parametrize("rule", RULES)
def test_units_that_are_whole_strata_have_a_true_error_of_zero(rule: LonelyPSU) -> None:
    """N_h = n_h = 1 in all strata of D0: nothing was sampled there, and nothing is lonely."""
    sample = restratified([0, 1, 2, 3, 4, 4, 4, 4, 5, 5, 5, 5], rule)
    sample = replace(sample, population_psus_of_stratum=np.array([1.0, 1, 1, 1, 9, 9]))
    rows = rows_of(estimate(sample, make_wave(SUBDISTRICTS, COMMUNITIES), OPEN), "D0")
    assert (rows["standard_error"] == 0).all()
    assert not rows["flag"].str.contains(Flag.LONELY_PSU).any()

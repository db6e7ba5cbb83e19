"""Intervals of a share in every method equal R's ``svyciprop`` (R 4.2.2, survey 4.1-1).

Each case is walked whole. The entries of the same form in other cases are walked by test_oracle_survey.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from surveys.design import design_of
from surveys.domain import group_domains
from surveys.interval import clopper_pearson_interval
from surveys.item import items_of
from surveys.limits import limits_of
from surveys.precision import precision_of
from surveys.records.linear import mean_variance
from surveys.records.proportion_interval import (
    arcsine_interval,
    divergence,
    estimated_share,
    korn_graubard_interval,
    korn_graubard_size,
    likelihood_interval,
    logit_interval,
    mean_interval,
    nchs_interval,
)
from surveys.tally import tally
from surveys.wave import LonelyPSU
from tests.ciprop_case import check_proportion
from tests.oracle import oracle
from tests.strategies import sample_of_frame, share_of
from tests.survey_case import Case, equal, everyone, read_case

CASES = ("apiclus1_ciprop", "apistrat_ciprop", "yrbs")
DESIGNS: dict[str, dict[str, str]] = {
    "apiclus1_ciprop": {"psu": "dnum", "weight": "pw", "fpc": "fpc"},
    "apistrat_ciprop": {"strata": "stype", "weight": "pw", "fpc": "fpc"},
    "yrbs": {"psu": "psu", "strata": "stratum", "weight": "weight"},
}
ENTRIES: dict[str, dict[str, Any]] = {
    "apiclus1_ciprop": {
        "overall": {
            "awards": "awards01",
            "sch_wide": "sch_wide01",
            "yr_rnd": "yr_rnd01",
            "awards90": "awards01",
        },
        "by_stype_awards": ("awards01", "stype"),
        "by_stype_schwide": ("sch_wide01", "stype"),
    },
    "apistrat_ciprop": {
        "overall": {"awards": "awards01", "yr_rnd": "yr_rnd01"},
        "by_stype": ("awards01", "stype"),
        "by_schwide": ("awards01", "sch_wide"),
    },
    "yrbs": {"ciprop": "qn8yes"},
}


def read(name: str) -> Case:
    case = read_case(name, **DESIGNS[name])
    return replace(case, data=case.data.assign(qn8yes=2 - case.data["qn8"])) if name == "yrbs" else case


def walk(case: Case, spec: Any, expected: Any, where: str) -> None:
    match spec:
        case str():
            check_proportion(case, spec, expected, where)
        case (str() as name, str() as by):
            assert set(expected) == set(case.data[by].dropna().astype(str))
            for level, entry in expected.items():
                domain = case.subset(case.data[by].astype(str) == level)
                check_proportion(domain, name, entry, f"{where}/{level}")
        case _:
            assert spec.keys() == expected.keys(), where
            for name, inner in spec.items():
                walk(case, inner, expected[name], f"{where}/{name}")


@pytest.mark.parametrize("name", CASES)
def test_intervals_of_a_share_equal_svyciprop(name: str) -> None:
    case, results = read(name), oracle("survey", name, "result.json")["results"]
    if "design" in results:
        expected = results.pop("design")
        assert expected == {"degf": everyone(case).degrees_of_freedom[0], "n": len(case.data)}
    if name == "yrbs":
        check_mean(case, results.pop("mean"))
    walk(case, ENTRIES[name], results, name)


def check_mean(case: Case, expected: dict[str, Any]) -> None:
    """``svymean`` of the same share: its own entry of the case."""
    result = mean_variance(case.values(["qn8yes"]), case.weight, case.design, case.unit, case.inside)
    value, error, df = result.value, result.standard_error, expected["df"]
    t = np.array([special.ndtri(0.975), special.stdtrit(df, 0.975)])
    check = oracle("survey", "yrbs", "result.json")["results"]["ciprop"]
    computed = {
        "estimate": value,
        "se": error,
        "vcov": result.covariance,
        "cv": error / value,
        "deff": check["deff_replace"],  # held against our own by `check_proportion`
        "ci95_normal": value + t[0] * error * np.array([-1, 1]),
        "ci95_t": value + t[1] * error * np.array([-1, 1]),
        "df": everyone(case).degrees_of_freedom,
    }
    assert computed.keys() == expected.keys()
    assert expected["estimate"].keys() == {"qn8yes"}
    for entry, numbers in computed.items():
        wanted = expected["estimate"]["qn8yes"] if entry == "estimate" else expected[entry]
        equal(numbers, wanted, f"yrbs/mean/{entry}")


ESTIMATES = st.builds(
    estimated_share,
    st.floats(0.001, 0.999),
    st.floats(1e-6, 0.3),
    st.integers(1, 200),
    st.integers(5, 500),
)


@given(ESTIMATES)
def test_every_method_holds_the_share_and_stays_in_the_unit_interval(estimate: Any) -> None:
    n = estimate.binomial_n
    intervals = [
        mean_interval(estimate),
        logit_interval(estimate),
        arcsine_interval(estimate),
        likelihood_interval(estimate),
        korn_graubard_interval(estimate, n),
        nchs_interval(estimate, n),
    ]
    for low, high in intervals:
        assert 0 <= low <= estimate.share + 1e-12
        assert estimate.share - 1e-12 <= high <= 1
        assert low < high


@given(ESTIMATES)
def test_a_share_and_its_complement_have_mirrored_limits(estimate: Any) -> None:
    mirrored = replace(estimate, share=1 - estimate.share)
    for interval in (mean_interval, logit_interval, arcsine_interval, likelihood_interval):
        low, high = interval(estimate)
        other_low, other_high = interval(mirrored)
        np.testing.assert_allclose([1 - other_high, 1 - other_low], [low, high], atol=1e-9)


@given(ESTIMATES)
def test_likelihood_limits_are_where_the_deviance_reaches_the_squared_quantile(estimate: Any) -> None:
    p, error = estimate.share, estimate.standard_error
    for limit in likelihood_interval(estimate):
        # Beyond these a limit has too few digits for its logit, or its distance from p too few for a square.
        if 1e-12 < limit < 1 - 1e-9 and abs(limit - p) > 1e-4:
            deviance = 2 * divergence(p, special.logit(limit)) * p * (1 - p) / error**2
            quantile = special.stdtrit(estimate.degrees_of_freedom, 0.975)
            np.testing.assert_allclose(deviance, quantile**2, rtol=1e-5)


def test_methods_agree_in_large_samples() -> None:
    estimate = estimated_share(0.4, 1e-5, 10_000, 10**9)
    expected = mean_interval(estimate)
    for interval in (logit_interval, arcsine_interval, likelihood_interval):
        np.testing.assert_allclose(interval(estimate), expected, atol=1e-9)


def test_nchs_caps_the_effective_size_where_clustering_seems_to_help() -> None:
    estimate = estimated_share(0.8, 0.01, 100, 200)  # n_e = 1,600 of 200 respondents
    assert korn_graubard_size(estimate, 200) > 1500
    np.testing.assert_allclose(nchs_interval(estimate, 200), clopper_pearson_interval(0.8, 200))


def test_clopper_pearson_inverts_the_binomial_test_where_no_error_is_usable() -> None:
    """13 of 20 on no degree of freedom: each limit puts exactly 2.5 % on what was seen or beyond."""
    low, high = logit_interval(estimated_share(13 / 20, 0.0, 0, 20))
    counts = np.arange(21)

    def probability(q: float) -> np.ndarray:
        return np.asarray(special.binom(20, counts) * q**counts * (1 - q) ** (20 - counts))

    np.testing.assert_allclose(probability(float(low))[13:].sum(), 0.025, rtol=1e-9)
    np.testing.assert_allclose(probability(float(high))[:14].sum(), 0.025, rtol=1e-9)


def test_where_r_gives_nothing_the_binomial_size_of_m3_gives_the_limits_of_the_rates() -> None:
    """syn_assessment, subdistrict S08 (one PSU, df 0) and S01 (100 %): NaN, errors or no width in R.

    With N of M3 as the size, every method falls back on exactly what the rates print. That is right where
    the plain n is not: N pays for the likeness of people within the one community that was asked.
    """
    case = read_case("syn_assessment", psu="community", strata="subdistrict", weight="weight")
    data = case.data.assign(aware=case.data["aware"].astype(float))
    names = ["aware", "high"]
    sample = sample_of_frame(
        data,
        names,
        psu="community",
        strata="subdistrict",
        weight="weight",
        groups=("subdistrict",),
        lonely=LonelyPSU.REMOVE,
    )
    items, columns = items_of(sample, [share_of(name) for name in names])
    totals, design = tally(sample, columns), design_of(sample)
    domains = group_domains(sample, "subdistrict", totals)
    precision = precision_of(totals, items, design, domains)
    limits = limits_of(precision, items, np.ones(len(domains), dtype=bool))
    error = np.nan_to_num(precision.standard_error)
    estimate = estimated_share(precision.value, error, precision.degrees_of_freedom, limits.binomial_n)
    labels = [domain.group.partition("=")[2] for domain in domains]
    lone, full = labels.index("S08"), labels.index("S01")
    assert not estimate.is_usable[lone].any()
    assert not estimate.is_usable[full, 1] and precision.value[full, 1] == 1
    fallback = ~estimate.is_usable
    for interval in (mean_interval, logit_interval, arcsine_interval, likelihood_interval):
        low, high = interval(estimate)
        np.testing.assert_allclose(low[fallback], limits.low[fallback], rtol=1e-10)
        np.testing.assert_allclose(high[fallback], limits.high[fallback], rtol=1e-10)
        assert np.isfinite(low).all() and np.isfinite(high).all()
        assert (high > low).all()
    # 14 people of one community are worth fewer than 14.
    plain = clopper_pearson_interval(precision.value[lone, 0], precision.n[lone, 0])
    assert limits.high[lone, 0] - limits.low[lone, 0] > plain[1] - plain[0]

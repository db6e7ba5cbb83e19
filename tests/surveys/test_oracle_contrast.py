"""Contrasts of domain means equal R's ``svycontrast`` on ``svyby(covmat=TRUE)`` (R 4.2.2, survey 4.1-1)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import special

from surveys.records.contrast import (
    Contrasts,
    difference_contrast,
    linear_contrasts,
    log_odds_contrast,
    ratio_contrast,
)
from surveys.records.linear import Estimates, mean_variance
from tests.oracle import oracle
from tests.survey_case import equal, read_case

CASES = ("contrast",)
E, H, M = 0, 1, 2


@pytest.fixture(name="means")
def means_by_school_type() -> Estimates:
    case = read_case("contrast", psu="dnum", weight="pw", fpc="fpc")
    awards = case.values(["awards01"])[:, [0, 0, 0]]
    member = np.column_stack([case.data["stype"] == level for level in "EHM"])
    return mean_variance(awards, case.weight, case.design, case.unit, member)


def check(result: Contrasts, expected: dict[str, Any], where: str) -> None:
    error, names = result.standard_error, list(expected["estimate"])
    half = special.ndtri(0.975) * error
    computed: dict[str, Any] = {
        "se": error,
        "vcov": result.covariance,
        "cv": error / result.value,
        "ci95_normal": np.column_stack([result.value - half, result.value + half]),
    }
    assert expected.keys() == {"estimate", *computed}
    equal(result.value, [expected["estimate"][name] for name in names], where)
    for entry, value in computed.items():
        equal(value, expected[entry], f"{where}/{entry}")
    equal(np.column_stack(result.interval(np.inf)), expected["ci95_normal"], where)


def test_contrasts_equal_svycontrast(means: Estimates) -> None:
    results = oracle("survey", "contrast", "result.json")["results"]
    table = results.pop("means")
    assert table.keys() == {"table", "vcov", "columns"}
    assert table["columns"] == ["stype", "awards01", "se"]
    assert [row["stype"] for row in table["table"]] == ["E", "H", "M"]
    equal(means.value, [row["awards01"] for row in table["table"]], "means")
    equal(means.standard_error, [row["se"] for row in table["table"]], "means/se")
    equal(means.covariance, table["vcov"], "means/vcov")
    contrasts = {
        "H_minus_E": difference_contrast(means, of=H, less=E),
        "M_minus_E": difference_contrast(means, of=M, less=E),
        "ratio_H_E": ratio_contrast(means, above=H, below=E),
        "logit_E": log_odds_contrast(means, of=E),
        "range": linear_contrasts(means, np.array([[1.0, -1.0, 0.0], [0.0, 1.0, -1.0]])),
    }
    assert results.keys() == contrasts.keys()
    for name, contrast in contrasts.items():
        check(contrast, results[name], name)


def test_an_estimate_that_is_not_measured_spoils_only_the_contrasts_that_use_it() -> None:
    value, variance = np.array([0.8, np.nan, 0.9]), np.array([0.01, np.nan, 0.01])
    means = Estimates(value, variance, np.diag(variance), np.array([5.0, 0.0, 5.0]))
    result = linear_contrasts(means, np.array([[-1.0, 0.0, 1.0], [-1.0, 1.0, 0.0]]))
    np.testing.assert_allclose(result.value, [0.1, np.nan])
    np.testing.assert_allclose(result.standard_error, [np.sqrt(0.02), np.nan])


def test_ratios_to_nothing_and_log_odds_of_all_or_nothing_are_blank_not_infinite() -> None:
    means = Estimates(np.array([0.0, 1.0]), np.zeros(2), np.zeros((2, 2)), np.array([5.0, 5.0]))
    assert np.isnan(ratio_contrast(means, above=1, below=0).value).all()
    assert np.isnan(log_odds_contrast(means, of=0).value).all()
    assert np.isnan(log_odds_contrast(means, of=1).standard_error).all()


def test_the_difference_of_an_estimate_with_itself_is_0_without_error(means: Estimates) -> None:
    same = difference_contrast(means, of=H, less=H)
    assert same.value[0] == 0
    assert same.standard_error[0] == 0

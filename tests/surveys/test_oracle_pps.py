"""Counties drawn with unequal probabilities: with replacement, Brewer's and Overton's forms, as R survey.

``../shared/oracles/survey/election_pps_wr_brewer``: R survey 4.1-1, data `election_pps`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from surveys.problem import InputError
from surveys.records.horvitz_thompson import overton_estimates
from surveys.records.linear import Estimates, Linearised, linearised_ratios, linearised_totals
from surveys.records.stage_columns import StageColumns, design_of_stages
from surveys.records.stages import multistage_estimates
from tests.oracle import oracle, shared_path
from tests.survey_entries import check_statistic

CASES = ("election_pps_wr_brewer",)
CANDIDATES = ["Bush", "Kerry", "Nader"]


def estimates(form: str, linearised: Linearised, data: pd.DataFrame) -> Estimates:
    probability = None if form == "with_replacement" else data["p"]
    design = design_of_stages([StageColumns(data.index, probability=probability)])
    if form == "overton":
        return overton_estimates(linearised, design.stages[0])
    return multistage_estimates(linearised, design)


@pytest.mark.parametrize("form", ["with_replacement", "brewer", "overton"])
def test_totals_and_ratios_of_unequal_probabilities_equal_r(form: str) -> None:
    results: dict[str, Any] = oracle("survey", CASES[0], "result.json")["results"]
    assert set(results) == {"with_replacement", "brewer", "overton"}
    data = pd.read_csv(shared_path("oracles", "survey", CASES[0], "data.csv"))
    weight = 1 / data["p"].to_numpy()
    votes = data[CANDIDATES].to_numpy(float)
    everyone = np.ones((len(data), 1), dtype=bool)
    assert set(results[form]) == {"total", "ratio"}
    total = estimates(form, linearised_totals(votes, weight, np.repeat(everyone, 3, axis=1)), data)
    check_statistic(CANDIDATES, total, results[form]["total"], f"{form}/total")
    ratio = estimates(form, linearised_ratios(votes[:, [0]], votes[:, [1]], weight, everyone), data)
    check_statistic(["Bush/Kerry"], ratio, results[form]["ratio"], f"{form}/ratio")


def test_overton_equals_the_double_sum_over_pairs() -> None:
    """Σ_ij (π_ij − π_i π_j)/π_ij z_i z_j with π_ii = π_i, in two strata."""
    rng = np.random.default_rng(3)
    stratum, share, z = np.repeat([0, 1], [4, 5]), rng.uniform(0.1, 0.9, 9), rng.normal(size=9)
    design = design_of_stages([StageColumns(range(9), stratum, probability=share)])
    ones = np.ones((9, 1), dtype=bool)
    found = overton_estimates(Linearised(np.zeros(1), z[:, None], ones), design.stages[0])
    expected = 0.0
    for h in (0, 1):
        p, part = share[stratum == h], z[stratum == h]
        n = len(p)
        joint = (n - 1) * np.outer(p, p) / (n - (p[:, None] + p) / 2)
        np.fill_diagonal(joint, p)
        expected += float(part @ ((joint - np.outer(p, p)) / joint) @ part)
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-12)


def test_equal_probabilities_are_simple_random_sampling() -> None:
    """π = n/N for all: Brewer's form is the variance with a finite population of N."""
    y = np.array([[2.0], [3.0], [7.0], [1.0]])
    scores = linearised_totals(y, np.full(4, 2.5), np.ones((4, 1), dtype=bool))
    simple = design_of_stages([StageColumns(range(4), population=[10] * 4)])
    brewer = design_of_stages([StageColumns(range(4), probability=[0.4] * 4)])
    expected = multistage_estimates(scores, simple).variance
    np.testing.assert_allclose(multistage_estimates(scores, brewer).variance, expected, rtol=1e-13)


def test_one_unit_drawn_with_an_unequal_probability_is_lonely_and_a_certain_one_is_not() -> None:
    scores = linearised_totals(np.ones((3, 1)), np.ones(3), np.ones((3, 1), dtype=bool))
    strata = ["S1", "S1", "S2"]
    lonely = design_of_stages([StageColumns(range(3), strata, probability=[0.5, 0.6, 0.5])])
    with pytest.raises(InputError, match="S2"):
        overton_estimates(scores, lonely.stages[0])
    with pytest.raises(InputError, match="S2"):
        multistage_estimates(scores, lonely)
    certain = design_of_stages([StageColumns(range(3), strata, probability=[0.5, 0.6, 1.0])])
    assert np.isfinite(overton_estimates(scores, certain.stages[0]).covariance).all()
    assert np.isfinite(multistage_estimates(scores, certain).variance).all()


def test_a_negative_variance_estimate_is_none() -> None:
    """The estimate of Horvitz and Thompson may fall below zero; that is no error of 0."""
    share, z = np.array([0.1, 0.9, 0.9]), np.array([9.0, 10.5, 10.5])
    design = design_of_stages([StageColumns(range(3), probability=share)])
    scores = linearised_totals(z[:, None], np.ones(3), np.ones((3, 1), dtype=bool))
    result = overton_estimates(scores, design.stages[0])
    assert result.covariance[0, 0] < 0
    assert np.isnan(result.variance[0]) and np.isnan(result.standard_error[0])

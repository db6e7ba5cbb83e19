"""Trimmed weights and their errors equal R survey 4.1-1's ``trimWeights``.

R 4.2.2, survey 4.1-1; calls in ``../shared/oracles/survey/trim_weights/case.R``. The JSON is walked whole.
"""

from __future__ import annotations

import dataclasses

import pytest

from surveys.weights.raking import rake, sweep_residuals
from surveys.weights.trimming import trim, trim_strictly
from tests.oracle_calibrated import check_estimates, equal, mean, read_calibrated, total
from tests.surveys.test_oracle_raking import margins_of

CASES = ("trim_weights",)


@pytest.mark.parametrize("entry", ["raked", "upper40", "upper40_strict", "lower25_upper45"])
def test_trimmed_weights_and_standard_errors_equal_trimWeights(entry: str) -> None:  # noqa: N802  R's name
    """Raked first, with R's ``rake()`` residuals; R's sweeps end at 1e-10 of the totals, so 1e-8."""
    case, results = read_calibrated("trim_weights", fpc=False)
    assert set(results) == {"raked", "upper40", "upper40_strict", "lower25_upper45"}
    case = dataclasses.replace(case, rtol=1e-8)
    margins = margins_of(case)
    raked = rake(case.weight, margins, tolerance=1e-14).weight_by_unit
    weight = {
        "raked": raked,
        "upper40": trim(raked, high=40),
        "upper40_strict": trim_strictly(raked, high=40),
        "lower25_upper45": trim(raked, low=25, high=45),
    }[entry]
    case = case.weighted(weight, lambda scores: sweep_residuals(scores, margins, raked))
    expected = results[entry]
    assert set(expected) == {"weights", "mean", "total"}
    equal(case, weight, expected["weights"], "weights")
    check_estimates(case, mean("api00", "awards01"), expected["mean"], "mean")
    check_estimates(case, total("enroll"), expected["total"], "total")

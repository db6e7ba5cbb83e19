"""Raked weights and both of R's standard errors for them equal R survey 4.1-1.

R 4.2.2, survey 4.1-1; calls in ``../shared/oracles/survey/rake/case.R``. The JSON is walked whole.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from surveys.weights.calibration import calibrated
from surveys.weights.raking import Margin, auxiliaries, factors_of_cells, rake, sweep_residuals, totals
from tests.oracle_calibrated import (
    SCHOOL_TYPES,
    SCHOOLS_BY_TYPE,
    Calibrated,
    check_estimates,
    check_table,
    equal,
    mean,
    read_calibrated,
    total,
)

CASES = ("rake",)


def margins_of(case: Calibrated) -> list[Margin]:
    answers = ("No", "Yes")
    return [
        Margin("stype", SCHOOL_TYPES, case.indices("stype", SCHOOL_TYPES), SCHOOLS_BY_TYPE),
        Margin("sch_wide", answers, case.indices("sch_wide", answers), np.array([1072.0, 5122.0])),
    ]


def test_raked_weights_and_standard_errors_equal_rake_and_calibrate() -> None:
    """R sweeps until 1e-10 of the totals is left: its weights are known to about 1e-9, so 1e-8."""
    case, expected = read_calibrated("rake", fpc=True)
    case = dataclasses.replace(case, rtol=1e-8)
    margins = margins_of(case)
    made = rake(case.weight, margins, tolerance=1e-14)
    assert made.converged
    r_rake = case.weighted(made.weight_by_unit, lambda s: sweep_residuals(s, margins, made.weight_by_unit))
    r_calibrate = case.weighted(made.weight_by_unit, lambda s: calibrated(s, made))
    inner = expected["as_calibrate_raking"]
    assert set(expected) == {"margins", "epsilon", "weights", "mean", "total", "as_calibrate_raking"}
    assert set(inner) == {"weights", "mean", "total", "by_stype"}
    for margin, known in zip(margins, expected["margins"], strict=True):
        pairs = zip(margin.categories, margin.total_by_category, strict=True)
        assert [(row[margin.name], row["Freq"]) for row in known] == list(pairs)
    assert expected["epsilon"] == 1e-10
    for weighted, results in ((r_rake, expected), (r_calibrate, inner)):
        equal(case, weighted.weight, results["weights"], "weights")
        check_estimates(weighted, mean("api00", "awards01"), results["mean"], "mean")
        check_estimates(weighted, total("enroll", "awards01"), results["total"], "total")
    check_table(r_calibrate, mean("api00", "awards01"), "stype", inner["by_stype"], "by_stype")


def test_cells_give_the_weights_that_records_give() -> None:
    """A file that is read in chunks is raked from its tally: factors of cells, to 1e-12."""
    case, _ = read_calibrated("rake", fpc=True)
    margins = margins_of(case)
    made = rake(case.weight, margins, tolerance=1e-14)
    key = margins[0].category_of_unit * 2 + margins[1].category_of_unit
    present, cell_of_record = np.unique(key, return_inverse=True)
    cells = [
        dataclasses.replace(margin, category_of_unit=category)
        for margin, category in zip(margins, np.divmod(present, 2), strict=True)
    ]
    base = np.bincount(cell_of_record, weights=case.weight)
    found = factors_of_cells(base, auxiliaries(cells), totals(cells))
    assert found.converged
    np.testing.assert_allclose(found.factor_by_unit[cell_of_record], made.factor_by_unit, rtol=1e-12)

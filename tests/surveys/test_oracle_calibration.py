"""Post-stratified, calibrated and aggregated weights, and their errors, equal R survey 4.1-1.

R 4.2.2, survey 4.1-1; calls in ``../shared/oracles/survey/*/case.R``. The JSON is walked whole.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from surveys.weights.calibration import (
    Calibration,
    bounded_linear_calibration,
    calibrated,
    linear_calibration,
    logit_calibration,
    mean_within,
    raking_calibration,
)
from tests.ciprop_case import check_proportion
from tests.oracle_calibrated import (
    SCHOOL_TYPES,
    SCHOOLS_BY_TYPE,
    Calibrated,
    check_estimates,
    check_table,
    equal,
    mean,
    ratio,
    read_calibrated,
    total,
)
from tests.survey_case import Case

CASES = ("poststratify", "calibrate_linear", "calibrate_raking_logit")
SCORES_OF_1999 = 3914069.0


def auxiliaries(case: Calibrated, *, scores: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """R's ``~stype`` or ``~stype + api99`` and its totals, as indicators of all types."""
    x = (case.data["stype"].to_numpy()[:, None] == np.array(SCHOOL_TYPES)).astype(float)
    if not scores:
        return x, SCHOOLS_BY_TYPE
    columns = np.column_stack([x, case.data["api99"].to_numpy(dtype=float)])
    return columns, np.append(SCHOOLS_BY_TYPE, SCORES_OF_1999)


def with_weights(case: Calibrated, made: Calibration, rtol: float = 1e-10) -> Calibrated:
    assert made.converged
    assert made.problems(("total",) * len(made.total_by_auxiliary)) == ()
    weighted = case.weighted(made.weight_by_unit, lambda scores: calibrated(scores, made))
    return dataclasses.replace(weighted, rtol=rtol)


def walk(case: Calibrated, expected: dict[str, Any], entries: dict[str, Any], where: str) -> None:
    assert set(expected) == set(entries), where
    for entry, spec in entries.items():
        what = f"{where}/{entry}"
        if isinstance(spec, tuple):
            check_table(case, *spec, expected[entry], what)
        elif callable(spec):
            check_estimates(case, spec, expected[entry], what)
        else:
            equal(case, spec, expected[entry], what)


def test_post_stratified_estimates_equal_postStratify() -> None:  # noqa: N802  R's name
    case, expected = read_calibrated("poststratify", fpc=True)
    x, known = auxiliaries(case)
    assert [(row["stype"], row["Freq"]) for row in expected["pop"]] == list(
        zip(SCHOOL_TYPES, SCHOOLS_BY_TYPE, strict=True)
    )
    case = with_weights(case, linear_calibration(x, case.weight, known))
    entries = {
        "pop": SCHOOLS_BY_TYPE,
        "weights": case.weight,
        "degf": 14,
        "mean": mean("api00", "awards01"),
        "total": total("enroll", "awards01"),
        "counts": total("stypeE", "stypeH", "stypeM"),
        "ratio": ratio("api_stu", "enroll"),
        "by": (mean("api00", "awards01"), "sch_wide"),
        "by_stype": (mean("api00"), "stype"),
    }
    proportion = expected.pop("ciprop")
    expected["pop"] = [row["Freq"] for row in expected["pop"]]
    walk(case, expected, entries, "poststratify")
    everyone = np.ones(len(case.data), dtype=bool)
    plain = Case(case.data, case.design, case.unit, case.weight, everyone, case.residual)
    check_proportion(plain, "awards01", proportion, "poststratify/ciprop")


@pytest.mark.parametrize("entry", ["stype", "stype_api99", "bounded_0.4_1.6"])
def test_linear_calibration_equals_calibrate(entry: str) -> None:
    """GREG with counts, with counts and a total of scores, and with factors inside .4–1.6."""
    case, results = read_calibrated("calibrate_linear", fpc=True)
    assert set(results) == {"stype", "stype_api99", "bounded_0.4_1.6"}
    base = case.weight
    x, known = auxiliaries(case, scores=entry != "stype")
    made = (
        bounded_linear_calibration(x, base, known, (0.4, 1.6))
        if entry.startswith("bounded")
        else linear_calibration(x, base, known)
    )
    case = with_weights(case, made)
    entries = {
        "weights": made.weight_by_unit,
        "g": made.factor_by_unit,
        "mean": mean("api00", "awards01"),
        "total": total("api00", "enroll", "awards01"),
        "ratio": ratio("api_stu", "enroll"),
        "by": (mean("api00", "awards01"), "sch_wide"),
    }
    walk(case, results[entry], entries, entry)


@pytest.mark.parametrize("entry", ["raking", "logit_0.3_2.5", "aggregate_stage1"])
def test_raking_logit_and_aggregated_calibration_equal_calibrate(entry: str) -> None:
    """R iterates the first two until totals are met to 1e-9: 1e-8 there, 1e-10 for the closed form."""
    case, results = read_calibrated("calibrate_raking_logit", fpc=True)
    assert set(results) == {"raking", "logit_0.3_2.5", "aggregate_stage1"}
    x, known = auxiliaries(case, scores=entry != "aggregate_stage1")
    base = case.weight
    if entry == "raking":
        case = with_weights(case, raking_calibration(x, base, known), 1e-8)
    elif entry == "logit_0.3_2.5":
        case = with_weights(case, logit_calibration(x, base, known, (0.3, 2.5)), 1e-8)
    else:
        unit = case.unit
        made = linear_calibration(mean_within(x, unit), mean_within(base, unit), known)
        case = with_weights(case, made)
    entries = {
        "weights": case.weight,
        "mean": mean("api00", "awards01"),
        "total": total("api00", "enroll", "awards01"),
    }
    walk(case, results[entry], entries, entry)

"""Totals of three indicators of one sample and their standard errors, against R's survey."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from indicators.evidence.tables import Evidence
from indicators.framework import Framework
from indicators.reading import read_framework
from indicators.scores.scoring import score
from surveys.area import Area, AreaLevel, AreaRegister
from surveys.estimate import estimate
from surveys.sample import Sample
from surveys.wave import LonelyPSU, Wave
from tests.factory_scoring import small_wave, tables_of
from tests.oracle import oracle, shared_path
from tests.strategies import sample_of_frame, share_of

NAMES = ["y1", "y2", "y3"]
WEIGHTS = np.array([40.0, 35.0, 25.0])
SHEET = """
code,parent,name,points,method,source,scoring,low,high
1,,one,40,questionnaire,y1,linear,0,1
2,,two,35,questionnaire,y2,linear,0,1
3,,three,25,questionnaire,y3,linear,0,1
"""


def survey(name: str, case: str) -> Sample:
    data = pd.read_csv(shared_path("oracles", "composite", f"{name}.csv"), dtype={"cds": str})
    if case == "strat":
        return sample_of_frame(data, NAMES, strata="stype", weight="pw", fpc="fpc", groups=("stype",))
    fpc = "fpc" if case == "clus1" else ""
    return sample_of_frame(data, NAMES, psu="dnum", weight="pw", fpc=fpc, groups=("stype",))


def by_school_type(sample: Sample) -> tuple[Sample, Wave]:
    """The same sample with the school types as subdistricts E, H and M."""
    labels, type_of_record = sample.groups["stype"]
    types = tuple(Area(label, label, AreaLevel.SUBDISTRICT, "D") for label in labels)
    register = AreaRegister((Area("D", "D", AreaLevel.DISTRICT), *types))
    wave = replace(small_wave(()), areas=register, measures=tuple(share_of(name) for name in NAMES))
    placed = replace(
        sample, area_codes=labels, area_of_record=type_of_record, groups={}, lonely_psu=LonelyPSU.ADJUST
    )
    return placed, wave


def framework_for(wave: Wave) -> Framework:
    framework, problems = read_framework(tables_of(framework=SHEET), wave)
    assert framework is not None, problems
    return framework


def scored(case: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    sample, wave = by_school_type(survey("apistrat" if case == "strat" else "apiclus1", case))
    framework = framework_for(wave)
    result = score(framework, wave, estimate(sample, wave), Evidence()).scores
    return result.set_index(["area_code", "node"]), oracle("composite", "survey_tree_variance.json")[case]


@pytest.mark.parametrize("case", ["strat", "clus1", "clus1_nofpc"])
def test_total_and_its_error_equal_svycontrast_of_svymean(case: str) -> None:
    """R survey: svycontrast(svymean(~y1 + y2 + y3), 40 y1 + 35 y2 + 25 y3); survey_tree_variance.json."""
    scores, expected = scored(case)
    total = scores.loc[("D", "total")]
    np.testing.assert_allclose(total["points_earned"], expected["total"], rtol=1e-10)
    np.testing.assert_allclose(total["standard_error"], expected["se_total"], rtol=1e-10)


@pytest.mark.parametrize("case", ["strat", "clus1", "clus1_nofpc"])
def test_error_is_not_that_of_independent_indicators(case: str) -> None:
    """The mistake that the oracle shows: leaving out the covariances understates the error by a third."""
    scores, expected = scored(case)
    total = scores.loc[("D", "total")]
    assert total["standard_error"] > 1.4 * expected["se_total_if_independent"]
    leaves = scores.loc["D"].loc[["1", "2", "3"], "standard_error"].to_numpy()
    np.testing.assert_allclose(np.hypot.reduce(leaves), expected["se_total_if_independent"], rtol=1e-10)


@pytest.mark.parametrize("case", ["strat", "clus1", "clus1_nofpc"])
def test_each_leaf_equals_svymean(case: str) -> None:
    """Points and error of each leaf: weight × R's mean and √(diagonal of R's vcov)."""
    scores, expected = scored(case)
    leaves = scores.loc["D"].loc[["1", "2", "3"]]
    np.testing.assert_allclose(leaves["points_earned"], WEIGHTS * expected["mean"], rtol=1e-10)
    errors = WEIGHTS * np.sqrt(np.diag(expected["vcov"]))
    np.testing.assert_allclose(leaves["standard_error"], errors, rtol=1e-10)


@pytest.mark.parametrize("case", ["strat", "clus1", "clus1_nofpc"])
def test_leaf_of_a_domain_equals_svyby(case: str) -> None:
    """y1 by school type (svyby): types are the subdistricts; those withheld by M4 print nothing."""
    scores, expected = scored(case)
    by_type = expected["by_stype"]
    shown = 0
    for at, label in enumerate(by_type["level"]):
        leaf = scores.loc[(label, "1")]
        if leaf["status"] == "withheld":
            assert np.isnan(leaf["points_earned"])
            continue
        shown += 1
        np.testing.assert_allclose(leaf["value"], by_type["mean"][at], rtol=1e-10)
        error = np.sqrt(by_type["vcov"][at][at])
        np.testing.assert_allclose(leaf["standard_error"] / leaf["effective_points"], error, rtol=1e-10)
    assert shown >= 1


def test_interval_of_drawn_scores_is_near_the_linearised_one() -> None:
    """No kink is near: ±1.96 RMSE of draws and of R's error agree up to M3's pooling and 1,000 draws."""
    scores, expected = scored("strat")
    total = scores.loc[("D", "total")]
    drawn = (total["high"] - total["low"]) / (2 * 1.96)
    assert drawn == pytest.approx(expected["se_total"], rel=0.2)


def test_pooled_interval_is_not_narrower_than_the_linearised_one() -> None:
    """15 clusters whose own errors are below simple random sampling's: M3 does not believe that."""
    scores, expected = scored("clus1")
    total = scores.loc[("D", "total")]
    assert (total["high"] - total["low"]) / (2 * 1.96) > expected["se_total"]

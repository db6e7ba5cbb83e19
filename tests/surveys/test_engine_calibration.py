"""Calibrated weights in the variance, through the tally: equal to R's ``calibrate`` (M5, Deville–Särndal)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from surveys.sample import FloatArray, IntArray, Sample, WeightingCells
from tests.engine import engine, read
from tests.oracle import oracle
from tests.strategies import make_sample, mean_of, sample_of_frame, share_of

MEASURES = [mean_of("api00"), mean_of("awards01")]
CLOSED, ITERATED = 1e-10, 1e-8  # R solves raking and logit by Newton steps to epsilon 1e-9


def indicators(columns: list[pd.Series]) -> FloatArray:
    """A column of 0 and 1 for each category of each margin: dependent, as margins are."""
    return np.concatenate([pd.get_dummies(column).to_numpy(dtype=float) for column in columns], axis=1)


def cells_of(data: pd.DataFrame, columns: list[str]) -> IntArray:
    return data.groupby(columns).ngroup().to_numpy().astype(np.intp)


def calibrated(
    data: pd.DataFrame, weights: FloatArray, cell: IntArray, auxiliary: FloatArray, **design: Any
) -> Sample:
    """apiclus1 with R's final weights; base weights are `pw`, auxiliaries by record."""
    _, first = np.unique(cell, return_index=True)
    factor = (weights / data["pw"].to_numpy())[first]
    weighting = WeightingCells(cell, auxiliary[first], factor)
    return sample_of_frame(
        data.assign(weight=weights),
        ["api00", "awards01"],
        psu="dnum",
        weight="weight",
        fpc="fpc",
        groups=("sch_wide", "stype"),
        weighting=weighting,
        **design,
    )


def assert_mean(ours: dict[str, Any], mean: dict[str, Any], rtol: float) -> None:
    np.testing.assert_allclose(ours["value"][0], list(mean["estimate"].values()), rtol=rtol)
    np.testing.assert_allclose(ours["se"][0], mean["se"], rtol=rtol)
    np.testing.assert_allclose(ours["covariance"]["all"].to_numpy(), mean["vcov"], rtol=rtol)


def assert_by(ours: dict[str, Any], by: str, table: list[dict[str, Any]], rtol: float) -> None:
    for row in table:
        domain = ours["labels"].index(row[by])
        np.testing.assert_allclose(ours["value"][domain], [row["api00"], row["awards01"]], rtol=rtol)
        expected = [row["se.api00"], row["se.awards01"]]
        np.testing.assert_allclose(ours["se"][domain], expected, rtol=rtol, atol=1e-15)


@pytest.mark.parametrize("entry", ["stype", "stype_api99", "bounded_0.4_1.6"])
def test_linear_calibration_has_the_errors_of_calibrate(entry: str) -> None:
    """calibrate(~stype), (~stype + api99), bounds c(.4, 1.6); svymean and svyby, R survey 4.1-1.

    With api99, a number, every school is a weighting cell of its own.
    """
    expected = oracle("survey", "calibrate_linear", "result.json")["results"][entry]
    data = read("calibrate_linear")
    weights = np.array(expected["weights"])
    x = indicators([data["stype"]])
    cell = cells_of(data, ["stype"])
    if entry != "stype":
        x, cell = np.column_stack([x, data["api99"]]), np.arange(len(data))
    np.testing.assert_allclose(weights / data["pw"], expected["g"], rtol=1e-12)
    ours = engine(calibrated(data, weights, cell, x), MEASURES, "sch_wide")
    assert_mean(ours, expected["mean"], CLOSED)
    assert_by(ours, "sch_wide", expected["by"]["table"], CLOSED)


@pytest.mark.parametrize("entry", ["raking", "logit_0.3_2.5"])
def test_raking_and_logit_calibration_have_the_errors_of_calibrate(entry: str) -> None:
    """calibrate(~stype + api99, calfun = "raking", "logit"); svymean, R survey 4.1-1."""
    expected = oracle("survey", "calibrate_raking_logit", "result.json")["results"][entry]
    data = read("calibrate_raking_logit")
    x = np.column_stack([indicators([data["stype"]]), data["api99"]])
    sample = calibrated(data, np.array(expected["weights"]), np.arange(len(data)), x)
    assert_mean(engine(sample, MEASURES), expected["mean"], ITERATED)


def test_raking_to_two_margins_has_the_errors_of_calibrate() -> None:
    """calibrate(~stype + sch_wide, calfun = "raking"); svymean and svyby, R survey 4.1-1.

    Six weighting cells, five dependent auxiliaries. R's weights are from epsilon 1e-12.
    """
    expected = oracle("survey", "rake", "result.json")["results"]["as_calibrate_raking"]
    data = read("rake")
    x = indicators([data["stype"], data["sch_wide"]])
    cell = cells_of(data, ["stype", "sch_wide"])
    ours = engine(calibrated(data, np.array(expected["weights"]), cell, x), MEASURES, "stype")
    assert_mean(ours, expected["mean"], ITERATED)
    assert_by(ours, "stype", expected["by_stype"]["table"], ITERATED)
    # The margins as contrasts instead of dependent indicators span the same directions.
    contrasts = np.delete(x, [0, 3], axis=1) - x[:, [3]]
    contrasts = np.column_stack([np.ones(len(x)), contrasts, 2 * x[:, 0]])
    other = engine(calibrated(data, np.array(expected["weights"]), cell, contrasts), MEASURES, "stype")
    np.testing.assert_allclose(other["se"], ours["se"], rtol=1e-12)


def test_post_stratification_is_calibration_on_indicators_of_its_cells() -> None:
    """The fast form by group means and the general one: the same, also against R's postStratify."""
    results = oracle("survey", "poststratify", "result.json")["results"]
    data = read("poststratify")
    sample = calibrated(
        data, np.array(results["weights"]), cells_of(data, ["stype"]), indicators([data["stype"]])
    )
    assert sample.weighting is not None
    general = engine(sample, MEASURES, "sch_wide")
    fast = engine(
        replace(sample, weighting=WeightingCells(sample.weighting.cell_of_record)), MEASURES, "sch_wide"
    )
    np.testing.assert_allclose(general["se"], fast["se"], rtol=1e-12)
    assert_mean(general, results["mean"], CLOSED)


@pytest.mark.parametrize("clustered", [True, False])
def test_calibration_on_one_indicator_a_cell_is_post_stratification_with_its_rule_for_lone_units(
    clustered: bool,
) -> None:
    """Cells of every kind: in many PSUs, in one PSU, of one record; general and fast form agree."""
    sample = make_sample(3, 2, 4, 10, clustered=clustered)
    cell = np.random.default_rng(3).integers(0, 4, sample.size)
    cell[sample.area_of_record == 2] = 4  # a community of its own
    cell[5] = 5  # a record of its own
    indicator = np.eye(6)
    measures = [replace(m, questionnaire="residents") for m in (share_of("q1"), share_of("q2"))]
    fast = engine(replace(sample, weighting=WeightingCells(cell)), measures, "urban_rural")
    general = engine(
        replace(sample, weighting=WeightingCells(cell, indicator, np.ones(6))), measures, "urban_rural"
    )
    for name in ("value", "se", "df"):
        np.testing.assert_allclose(general[name], fast[name], rtol=1e-10)
    np.testing.assert_allclose(general["covariance"]["all"], fast["covariance"]["all"], rtol=1e-9)


def test_what_only_one_psu_knows_about_does_not_erase_its_error() -> None:
    """Margins of sex and of a stratum with one PSU: the PSU's own total is no regression's to explain.

    With the stratum's indicator alone the residual of that PSU would be 0 by construction. Here its total
    stays in full and its records may still be explained by sex.
    """
    sample = make_sample(9, 2, 4, 40, missing=0)
    sex = np.random.default_rng(1).integers(0, 2, sample.size)
    lone = (sample.psu_of_record == 7).astype(int)
    cell = 2 * lone + sex
    x = np.array([[1.0, 0, 1, 0], [0, 1, 1, 0], [1, 0, 0, 1], [0, 1, 0, 1]])
    weighted = replace(sample, weighting=WeightingCells(cell, x, np.ones(4)))
    by_sex = replace(sample, weighting=WeightingCells(cell, x[:, :2], np.ones(4)))
    groups = {"lone": (("rest", "lone"), lone)}
    measures = [share_of("q1"), share_of("q2")]
    kept, sexes, plain = (
        engine(replace(s, groups=groups), measures, "lone") for s in (weighted, by_sex, sample)
    )
    # A domain that is the PSU has no error that could be estimated, with or without the margin.
    assert np.isnan(kept["se"][2]).all()
    assert (kept["se"][0] > 0.5 * plain["se"][0]).all()
    np.testing.assert_allclose(kept["se"][0], sexes["se"][0], rtol=0.15)

"""The engine's own path (sample → tally → precision) equals R survey 4.1-1 where the records' path does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from surveys.wave import LonelyPSU
from tests.engine import engine, read
from tests.oracle import oracle, shared_path
from tests.strategies import mean_of, sample_of_frame, share_of

CASES: dict[str, tuple[dict[str, str], str, str]] = {
    "apistrat_nofpc": ({"strata": "stype", "weight": "pw"}, "by_schwide", "sch_wide"),
    "apistrat_fpc": ({"strata": "stype", "weight": "pw", "fpc": "fpc"}, "by_schwide_mean", "sch_wide"),
    "apiclus1_fpc": ({"psu": "dnum", "weight": "pw", "fpc": "fpc"}, "by_stype", "stype"),
    "apisrs_fpc": ({"fpc": "fpc"}, "by", "stype"),
    "apiclus2_wr": ({"psu": "dnum", "weight": "pw"}, "by", "stype"),
}


@pytest.mark.parametrize("name", sorted(CASES))
@pytest.mark.parametrize("make", [mean_of, share_of])
def test_tally_gives_means_and_errors_of_domains_as_r_does(name: str, make: Any) -> None:
    """R: svymean and svyby(svymean) of api00 and awards01; awards01 also as a share of the answer 1."""
    design, entry, by = CASES[name]
    columns = ["awards01"] if make is share_of else ["api00", "awards01"]
    sample = sample_of_frame(read(name), ["api00", "awards01"], groups=(by,), **design)
    ours = engine(sample, [make(column) for column in columns], by)
    results = oracle("survey", name, "result.json")["results"]
    mean = results["mean_deff_replace" if "mean_deff_replace" in results else "mean"]
    for index, column in enumerate(columns):
        np.testing.assert_allclose(ours["value"][0, index], mean["estimate"][column], rtol=1e-10)
        r_index = list(mean["estimate"]).index(column)
        np.testing.assert_allclose(ours["se"][0, index], mean["se"][r_index], rtol=1e-10)
        if name != "apisrs_fpc":  # R was asked for deff=TRUE there, the engine prints "replace"
            np.testing.assert_allclose(ours["deff"][0, index], mean["deff"][r_index], rtol=1e-10)
        for row in results[entry]["table"]:
            domain = ours["labels"].index(row[by])
            np.testing.assert_allclose(ours["value"][domain, index], row[column], rtol=1e-10)
            np.testing.assert_allclose(ours["se"][domain, index], row[f"se.{column}"], rtol=1e-10, atol=1e-15)
    assert (ours["df"][0] == results["design"]["degf"]).all()


def test_tally_leaves_out_blank_answers_as_a_domain_as_r_does() -> None:
    """NHANES: svymean(~HI_CHOL, na.rm=TRUE) by race; svyby, R survey 4.1-1."""
    results = oracle("survey", "nhanes_overall", "result.json")["results"]
    design = {"psu": "SDMVPSU", "strata": "SDMVSTRA", "weight": "WTMEC2YR"}
    sample = sample_of_frame(read("nhanes_overall"), ["HI_CHOL"], groups=("race",), **design)
    ours = engine(sample, [share_of("HI_CHOL")], "race")
    np.testing.assert_allclose(ours["value"][0, 0], results["mean"]["estimate"]["HI_CHOL"], rtol=1e-10)
    np.testing.assert_allclose(ours["se"][0, 0], results["mean"]["se"], rtol=1e-10)
    np.testing.assert_allclose(ours["deff"][0, 0], results["mean"]["deff"], rtol=1e-10)
    assert ours["n"][0, 0] == results["ciprop"]["n_unweighted"]
    assert ours["df"][0, 0] == results["ciprop"]["df"]
    for row in results["by_race"]["table"]:
        domain = ours["labels"].index(str(row["race"]))
        np.testing.assert_allclose(ours["value"][domain, 0], row["HI_CHOL"], rtol=1e-10)
        np.testing.assert_allclose(ours["se"][domain, 0], row["se"], rtol=1e-10)


def test_tally_gives_rates_by_subdistrict_as_r_does() -> None:
    """syn_assessment, lonely PSU removed; a subdistrict of one PSU has SE 0 in R and none at all here."""
    results = oracle("survey", "syn_assessment", "result.json")["results"]["by_sub"]
    design = {"psu": "community", "strata": "subdistrict", "weight": "weight", "lonely": LonelyPSU.REMOVE}
    names = ["aware", "top2", "satis"]
    sample = sample_of_frame(read("syn_assessment"), names, groups=("subdistrict",), **design)
    ours = engine(sample, [mean_of(name) for name in names], "subdistrict")
    for index, name in enumerate(names):
        for row in results[name]["table"]:
            domain = ours["labels"].index(row["subdistrict"])
            np.testing.assert_allclose(ours["value"][domain, index], row[name], rtol=1e-10)
            if row["subdistrict"] == "S08":
                assert row["se"] < 1e-15 and np.isnan(ours["se"][domain, index])
                continue
            np.testing.assert_allclose(ours["se"][domain, index], row["se"], rtol=1e-10)
            np.testing.assert_allclose(ours["deff"][domain, index], row[f"DEff.{name}"], rtol=1e-10)


def test_population_weights_carry_their_gain_as_postStratify_does() -> None:  # noqa: N802 (R's name)
    """M5: residuals from the weighting cell's mean; svymean and svyby after postStratify, R survey 4.1-1."""
    results = oracle("survey", "poststratify", "result.json")["results"]
    data = read("poststratify").assign(weight=results["weights"])
    design = {"psu": "dnum", "weight": "weight", "poststratum": "stype"}
    sample = sample_of_frame(data, ["api00", "awards01"], groups=("sch_wide",), fpc="fpc", **design)
    ours = engine(sample, [mean_of("api00"), mean_of("awards01")], "sch_wide")
    np.testing.assert_allclose(ours["value"][0], list(results["mean"]["estimate"].values()), rtol=1e-10)
    np.testing.assert_allclose(ours["covariance"]["all"].to_numpy(), results["mean"]["vcov"], rtol=1e-10)
    for row in results["by"]["table"]:
        domain = ours["labels"].index(row["sch_wide"])
        expected = [row["se.api00"], row["se.awards01"]]
        np.testing.assert_allclose(ours["se"][domain], expected, rtol=1e-10, atol=1e-15)
    # The same records with each respondent as a unit: the form that works from squared weights.
    respondents = sample_of_frame(data, ["awards01"], weight="weight", poststratum="stype")
    ours = engine(respondents, [share_of("awards01")])
    np.testing.assert_allclose(ours["se"][0] ** 2, np.diag(ours["covariance"]["all"]), rtol=1e-10)


@pytest.mark.parametrize("design", ["strat", "clus1", "clus1_nofpc"])
def test_covariances_of_three_indicators_equal_r(design: str) -> None:
    """oracles/composite/survey_tree_variance.json: svymean(~y1+y2+y3), at 13 digits."""
    expected = oracle("composite", "survey_tree_variance.json")[design]
    table = "apistrat" if design == "strat" else "apiclus1"
    data = pd.read_csv(shared_path("oracles", "composite", f"{table}.csv"))
    arguments = {"strata": "stype"} if design == "strat" else {"psu": "dnum"}
    if design != "clus1_nofpc":
        arguments["fpc"] = "fpc"
    sample = sample_of_frame(data, ["y1", "y2", "y3"], weight="pw", groups=("stype",), **arguments)
    ours = engine(sample, [share_of(name) for name in ("y1", "y2", "y3")], "stype")
    # The file keeps 13 decimals, so small covariances have about 10 digits.
    np.testing.assert_allclose(ours["value"][0], expected["mean"], atol=1e-13)
    np.testing.assert_allclose(ours["covariance"]["all"].to_numpy(), expected["vcov"], rtol=1e-9, atol=1e-15)
    if "degf" in expected:
        assert (ours["df"][0] == expected["degf"]).all()
    by = expected["by_stype"]
    rows = [ours["labels"].index(level) for level in by["level"]]
    np.testing.assert_allclose(ours["value"][rows, 0], by["mean"], atol=1e-13)
    np.testing.assert_allclose(ours["se"][rows, 0] ** 2, np.diag(by["vcov"]), rtol=1e-9)


def test_districts_of_juarez_equal_r() -> None:
    """Real answers: means and shares 8–10 by district, strata = district, clusters = AGEB (1e-8)."""
    folder = shared_path("data", "juarez")
    data = pd.read_csv(folder / "per_2023_districts_and_clusters.csv")
    expected = pd.read_csv(folder / "expected_R_survey.csv")
    expected = expected[expected["wave"].eq(2023) & expected["dataset"].eq("juarez_aej")]
    questions = [name for name in data.columns if name.startswith("Q")]
    for name in questions:
        data[f"{name} share 8-10"] = (data[name] >= 8).astype(float).where(data[name].notna())
        data[f"{name} mean 1-10"] = data[name]
    indicators = [name for name in data.columns if " " in name]
    sample = sample_of_frame(data, indicators, psu="AGEB", strata="distrito", groups=("distrito",))
    ours = engine(sample, [mean_of(name) for name in indicators], "distrito")
    assert len(expected) >= 60
    for row in expected.itertuples():
        domain = 0 if row.domain == "all" else ours["labels"].index(str(row.domain))
        item = indicators.index(row.indicator)
        actual = [ours[key][domain, item] for key in ("value", "se", "deff", "n")]
        np.testing.assert_allclose(actual, [row.estimate, row.se, row.deff, row.n], rtol=1e-8)

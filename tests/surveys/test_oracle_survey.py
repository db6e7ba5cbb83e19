"""Means, totals, ratios, SEs, covariances, degrees of freedom and design effects equal R survey 4.1-1.

The JSON of each case is walked whole: an entry that no line of `ENTRIES` names fails the test, so that
nothing is skipped in silence. R 4.2.2, survey 4.1-1; calls in ``../shared/oracles/survey/*/case.R``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import special

from surveys.design_effect import deff_with_replacement, deff_without_replacement, element_spread
from surveys.problem import InputError
from surveys.records.linear import Estimates, mean_variance, ratio_variance, total_variance
from surveys.wave import LonelyPSU
from tests.ciprop_case import check_proportion
from tests.oracle import oracle
from tests.survey_case import Case, equal, everyone, read_case

Estimator = Callable[[Case], tuple[list[str], Estimates, np.ndarray]]


def mean(*names: str, deff: str = "replace") -> Estimator:
    def estimate(case: Case) -> tuple[list[str], Estimates, np.ndarray]:
        values = case.values(list(names))
        result = mean_variance(values, case.weight, case.design, case.unit, case.inside)
        return list(names), result, design_effect(case, values, result.variance, deff)

    return estimate


def total(*names: str, deff: str = "") -> Estimator:
    def estimate(case: Case) -> tuple[list[str], Estimates, np.ndarray]:
        values = case.values(list(names))
        result = total_variance(values, case.weight, case.design, case.unit, case.inside)
        weights = case.weight[case.inside].sum()
        return list(names), result, design_effect(case, values, result.variance / weights**2, deff)

    return estimate


def ratio(above: str, below: str) -> Estimator:
    def estimate(case: Case) -> tuple[list[str], Estimates, np.ndarray]:
        y, x = case.values([above]), case.values([below])
        result = ratio_variance(y, x, case.weight, case.design, case.unit, case.inside)
        # R takes the design effect of a ratio from the total of its linearised variable.
        residual = np.where(case.inside[:, None], y - result.value * x, np.nan)
        scale = np.nansum(case.weight[:, None] * x * case.inside[:, None]) / case.weight[case.inside].sum()
        return [f"{above}/{below}"], result, design_effect(case, residual, result.variance * scale**2, "TRUE")

    return estimate


def design_effect(case: Case, values: np.ndarray, variance: np.ndarray, form: str) -> np.ndarray:
    member = case.inside[:, None] & ~np.isnan(values)
    spread = element_spread(np.nan_to_num(values), case.weight, member)
    n = member.sum(axis=0)
    if form == "TRUE":
        return deff_without_replacement(variance, spread, n, (case.weight[:, None] * member).sum(axis=0))
    return deff_with_replacement(variance, spread, n)


def check_estimates(case: Case, estimator: Estimator, expected: dict[str, Any], where: str) -> None:
    names, result, deff = estimator(case)
    scale = max(1.0, float(np.nanmax(np.abs(result.value))) ** 2)
    assert names == list(expected["estimate"])
    cv = np.divide(
        result.standard_error, result.value, out=np.full(len(names), np.nan), where=result.value != 0
    )
    df = expected.get("df", np.nan)
    for entry, values in expected.items():
        what = f"{where}/{entry}"
        match entry:
            case "estimate":
                equal(result.value, list(values.values()), what)
            case "se":
                equal(result.standard_error, np.atleast_1d(values), what)
            case "vcov":
                equal(result.covariance, values, what, scale)
                equal(result.variance, np.diag(np.atleast_2d(values)), what, scale)
            case "cv":
                equal(cv, np.atleast_1d(np.array(values, dtype=float)), what)
            case "deff":
                equal(deff, np.atleast_1d(values), what)
            case "df":
                # R reports degf of the (domain's) design: every member counts, answered or not.
                assert everyone(case).degrees_of_freedom[0] == values
            case "ci95_normal" | "ci95_t":
                t = special.ndtri(0.975) if entry == "ci95_normal" else special.stdtrit(df, 0.975)
                half = t * result.standard_error
                equal(np.column_stack([result.value - half, result.value + half]), values, what)
            case _:
                raise AssertionError(f"no check for {what}")


def check_table(
    case: Case, estimator: Estimator, by: list[str], expected: dict[str, Any], where: str
) -> None:
    assert set(expected) <= {"table", "vcov", "columns", "covmat_error"}, where
    values_by_row, scores = [], []
    for row in expected["table"]:
        mask = np.logical_and.reduce([case.data[name].astype(str) == str(row[name]) for name in by])
        names, result, deff = estimator(case.subset(mask))
        values_by_row.append(result.value)
        scores.append((estimator, mask))
        for column, value in row.items():
            if column in by:
                continue
            kind, _, name = (column, "", "") if column in names else column.partition(".")
            index = names.index(kind if column in names else name) if (name or column in names) else 0
            estimate, error = result.value[index], result.standard_error[index]
            half = special.ndtri(0.975) * error
            computed = {
                "se": error,
                "ci_l": estimate - half,
                "ci_u": estimate + half,
                "cv": error / estimate if estimate else np.nan,
                "DEff": deff[index],
            }
            equal(estimate if column in names else computed[kind], value, f"{where} {row} {column}")
    if "vcov" in expected:
        check_domain_covariance(case, names, [mask for _, mask in scores], expected["vcov"], where)


def check_domain_covariance(case: Case, names: list[str], masks: list[Any], vcov: Any, where: str) -> None:
    """Covariances between domains: every item × domain is an estimate of its own, variables slowest."""
    values = np.column_stack([case.data[name].to_numpy(float) for name in names for _ in masks])
    member = np.column_stack([np.asarray(mask) for _ in names for mask in masks])
    result = mean_variance(values, case.weight, case.design, case.unit, member)
    equal(result.covariance, vcov, f"{where}/vcov", float(np.max(np.abs(vcov))))


def check_design(case: Case, expected: dict[str, Any]) -> None:
    assert set(expected) == {"degf", "n"}
    assert everyone(case).degrees_of_freedom[0] == expected["degf"]
    assert len(case.data) == expected["n"]


API = ("api00", "awards01", "enroll")
TWO = ("api00", "awards01")
RATIO = ratio("api_stu", "enroll")
ENTRIES: dict[str, dict[str, Any]] = {
    "apistrat_nofpc": {
        "mean": mean(*API),
        "total": total(*API),
        "ratio": RATIO,
        "by_schwide": (mean(*TWO), ["sch_wide"]),
    },
    "apistrat_fpc": {
        "mean": mean(*API, deff="TRUE"),
        "mean_deff_replace": mean(*API),
        "total": total(*API, deff="TRUE"),
        "ratio": RATIO,
        "mean_factor": mean("stypeE", "stypeH", "stypeM", "sch_wideNo", "sch_wideYes"),
        "by_stype_mean": (mean(*TWO, deff="TRUE"), ["stype"]),
        "by_schwide_mean": (mean(*TWO, deff="TRUE"), ["sch_wide"]),
        "by_schwide_total": (total("enroll", "awards01"), ["sch_wide"]),
        "by_cross": (mean(*TWO), ["sch_wide", "comp_imp"]),
        "by_ratio": (RATIO, ["sch_wide"]),
    },
    "apiclus1_fpc": {
        "mean": mean(*API, deff="TRUE"),
        "mean_deff_replace": mean(*TWO),
        "total": total(*API),
        "ratio": RATIO,
        "by_stype": (mean(*TWO, deff="TRUE"), ["stype"]),
        "by_stype_total": (total("enroll"), ["stype"]),
        "by_cross": (mean("awards01"), ["stype", "sch_wide"]),
    },
    "apisrs_fpc": {
        "mean": mean(*TWO, deff="TRUE"),
        "total": total("enroll", "awards01"),
        "ratio": RATIO,
        "by": (mean(*TWO, deff="TRUE"), ["stype"]),
        "ciprop": "awards01",
        "ciprop_by": ("awards01", "stype"),
    },
    "apiclus2_wr": {
        "mean": mean(*TWO),
        "total": total("api_stu", "awards01"),
        "by": (mean(*TWO), ["stype"]),
    },
    "nhanes_overall": {
        "mean": mean("HI_CHOL"),
        "total": total("HI_CHOL"),
        "equivalent_domain": mean("HI_CHOL"),
        "ratio_sex": ratio("HI_CHOL", "RIAGENDR"),
        "by_race": (mean("HI_CHOL"), ["race"]),
        "by_sex": (mean("HI_CHOL"), ["RIAGENDR"]),
        "ciprop": "HI_CHOL",
        "ciprop_race": ("HI_CHOL", "race"),
    },
    "syn_assessment": {
        "mean": {name: mean(name) for name in ("aware", "top2", "satis", "high", "visits")},
        "total": total("high", "visits"),
        "by_sub": {name: (mean(name), ["subdistrict"]) for name in ("aware", "top2", "satis")},
        "by_sub_sex": (mean("aware"), ["subdistrict", "sex"]),
        "ciprop": "aware",
        "ciprop_sub": ("aware", "subdistrict"),
        "ciprop_high": ("high", "subdistrict"),
    },
    "constants": {
        "zero": "zero",
        "one": "one",
        "single": "single",
        "single_by": ("single", "stype"),
        "mean": mean("zero", "one", "single"),
    },
}
DESIGNS: dict[str, dict[str, str]] = {
    "apistrat_nofpc": {"strata": "stype", "weight": "pw"},
    "apistrat_fpc": {"strata": "stype", "weight": "pw", "fpc": "fpc"},
    "apiclus1_fpc": {"psu": "dnum", "weight": "pw", "fpc": "fpc"},
    "apisrs_fpc": {"fpc": "fpc"},
    "apiclus2_wr": {"psu": "dnum", "weight": "pw"},
    "nhanes_overall": {"psu": "SDMVPSU", "strata": "SDMVSTRA", "weight": "WTMEC2YR"},
    "syn_assessment": {"psu": "community", "strata": "subdistrict", "weight": "weight"},
    "constants": {"strata": "stype", "weight": "pw", "fpc": "fpc"},
    "domain_vanishing_psu": {"psu": "dnum", "weight": "pw"},
    "lonely_psu": {"psu": "community", "strata": "subdistrict", "weight": "weight"},
}

CASES = tuple(DESIGNS)
"""Cases that are walked whole here."""


def read(name: str, lonely: LonelyPSU = LonelyPSU.FAIL, *, domain_lonely: bool = False) -> Case:
    case = read_case(name, **DESIGNS[name])
    data = case.data
    if name == "apistrat_fpc":
        factors = {
            f"{c}{v}": (data[c] == v).astype(float) for c in ("stype", "sch_wide") for v in data[c].unique()
        }
        data = data.assign(**factors)
    if name == "constants":
        data = data.assign(zero=0.0, one=1.0, single=(data["row"] == 1).astype(float))
    design = replace(case.design, lonely_psu=lonely, adjust_domain_lonely=domain_lonely)
    return replace(case, data=data, design=design)


def walk(case: Case, spec: Any, expected: Any, where: str) -> None:
    match spec:
        case str():
            check_proportion(case, spec, expected, where)
        case (str() as name, str() as by):
            for level, entry in expected.items():
                check_proportion(
                    case.subset(case.data[by].astype(str) == level), name, entry, f"{where}/{level}"
                )
        case (estimator, by):
            check_table(case, estimator, by, expected, where)
        case dict():
            assert spec.keys() == expected.keys(), where
            for name, inner in spec.items():
                walk(case, inner, expected[name], f"{where}/{name}")
        case _:
            check_estimates(case, spec, expected, where)


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_estimates_equal_r_survey(name: str) -> None:
    results = oracle("survey", name, "result.json")["results"]
    lonely = LonelyPSU.REMOVE if name == "syn_assessment" else LonelyPSU.FAIL
    case = read(name, lonely)
    if "design" in results:
        check_design(case, results.pop("design"))
    assert results.keys() == ENTRIES[name].keys()
    for entry, spec in ENTRIES[name].items():
        walk(case, spec, results[entry], f"{name}/{entry}")


def test_domains_that_miss_whole_psus_equal_r_subset_and_not_the_filtered_design() -> None:
    """R: svymean(subset(des, …)); the entries `filtered_wrong` drop units first, and ours must differ."""
    results = oracle("survey", "domain_vanishing_psu", "result.json")["results"]
    case = read("domain_vanishing_psu")
    assert everyone(case).degrees_of_freedom[0] == results.pop("full_degf")
    data = case.data
    domains = {"high_schools": data["stype"] == "H", "no_schwide": data["sch_wide"] == "No"}
    domains["big"] = data["enroll"] > 1000
    assert results.keys() == domains.keys()
    for name, mask in domains.items():
        domain, expected = case.subset(mask), results[name]
        assert expected.keys() == {"degf", "mean", "total", "filtered_wrong", "filtered_wrong_total"}
        assert everyone(domain).degrees_of_freedom[0] == expected["degf"]
        check_estimates(domain, mean(*TWO), expected["mean"], f"{name}/mean")
        check_estimates(domain, total("enroll", "awards01"), expected["total"], f"{name}/total")
        wrong = (("filtered_wrong", mean(*TWO)), ("filtered_wrong_total", total("enroll", "awards01")))
        for entry, estimator in wrong:
            _, ours, _ = estimator(domain)
            theirs = np.array(expected[entry]["se"])
            varies = theirs > 0  # a constant has SE 0 either way
            assert varies.any()
            assert (np.abs(ours.standard_error / np.where(varies, theirs, 1) - 1) > 1e-3)[varies].all()


LONELY: dict[str, Any] = {
    "mean": mean("visits", "high"),
    "mean_item_na": mean("aware"),
    "total": total("visits", "high"),
    "ratio": ratio("visits", "agegrp"),
    "by_sex": (mean("high", "visits"), ["sex"]),
    "by_subdistrict": (mean("high", "visits"), ["subdistrict"]),
}


@pytest.mark.parametrize(
    "option", ["remove", "certainty", "average", "remove_domainlonely", "average_domainlonely"]
)
def test_lonely_psu_options_equal_r(option: str) -> None:
    """options(survey.lonely.psu=…, survey.adjust.domain.lonely=…)."""
    results = oracle("survey", "lonely_psu", "result.json")["results"]
    word, _, domain = option.partition("_")
    case = read("lonely_psu", LonelyPSU(word), domain_lonely=bool(domain))
    check_design(case, results["design"])
    assert results[option].keys() == LONELY.keys()
    for entry, spec in LONELY.items():
        walk(case, spec, results[option][entry], f"{option}/{entry}")


def test_lonely_psu_fails_where_r_fails_and_names_the_stratum() -> None:
    results = oracle("survey", "lonely_psu", "result.json")["results"]["fail"]
    assert set(results) == set(LONELY)
    for entry, spec in LONELY.items():
        assert "S08" in results[entry]["error"]
        estimator = spec[0] if isinstance(spec, tuple) else spec
        with pytest.raises(InputError, match="S08"):
            estimator(read("lonely_psu"))

"""Jackknife, half-samples, Fay's method and bootstraps equal R survey 4.1-1, every entry walked.

Calls in ``../shared/oracles/survey/*/case.R``. Where R exported the weights of its replicates, ours equal
them; R's random bootstraps are read as supplied weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from surveys.design import Design
from surveys.design_effect import deff_with_replacement, element_spread
from surveys.records.linear import Estimates, mean_variance, ratio_variance, total_variance
from surveys.replicates.estimation import Replicates
from surveys.replicates.making import balanced_replicates, fay_replicates, jackknife_replicates
from surveys.replicates.supplied import poststratified, recalibrated, supplied_replicates
from surveys.wave import ReplicateType
from tests.oracle import oracle, shared_path
from tests.replicated_case import Replicated, check_proportion
from tests.survey_entries import check_statistic, check_table, equal

CASES = ("crowd_jk", "hospital_rep", "rep_bootstrap", "rep_jk1_jkn", "scd_brr_fay")


def read(name: str, file: str = "data.csv") -> pd.DataFrame:
    path = shared_path("oracles", "survey", name, file)
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def design_of(data: pd.DataFrame, unit: str, stratum: str = "", fpc: str = "") -> tuple[Design, np.ndarray]:
    """Design of one stage and the unit of each record."""
    strata, labels = pd.factorize(data[stratum] if stratum else pd.Series(["all"] * len(data)))
    units, _ = pd.factorize(pd.Series(strata).astype(str) + "|" + data[unit].astype(str))
    stratum_of_unit = pd.Series(strata).groupby(units).first().to_numpy()
    population = np.full(len(labels), np.inf)
    if fpc:
        population = data.groupby(strata)[fpc].first().to_numpy(dtype=np.float64)
    return Design(tuple(map(str, labels)), stratum_of_unit, population), units


def replicated(
    data: pd.DataFrame,
    weight: str,
    make: Callable[[Design], Replicates],
    unit: str,
    stratum: str = "",
    fpc: str = "",
    *,
    t_limits: bool = True,
) -> Replicated:
    design, units = design_of(data, unit, stratum, fpc)
    degrees = float(design.unit_count - len(design.strata)) if t_limits else np.nan
    weights = data[weight].to_numpy(float) if weight else np.ones(len(data))
    return Replicated(data, weights, make(design), units, np.ones(len(data), dtype=bool), degrees)


Check = Callable[[Replicated, Any, str], None]


def statistic(estimate: Callable[[Replicated], Estimates], *names: str) -> Check:
    def check(case: Replicated, expected: Any, where: str) -> None:
        check_statistic(names, estimate(case), expected, where, degrees_of_freedom=case.degrees)

    return check


def mean(*names: str) -> Check:
    return statistic(lambda case: case.mean(*names), *names)


def total(*names: str) -> Check:
    return statistic(lambda case: case.total(*names), *names)


def ratio(above: str, below: str) -> Check:
    return statistic(lambda case: case.ratio(above, below), f"{above}/{below}")


def by(column: str, *names: str) -> Check:
    def check(case: Replicated, expected: Any, where: str) -> None:
        check_table(
            lambda member: (list(names), case.mean(*names, member=member)), case.data[column], expected, where
        )

    return check


def subset(column: str, inner: Check) -> Check:
    def check(case: Replicated, expected: Any, where: str) -> None:
        inner(replace(case, inside=case.data[column].to_numpy() == 1), expected, where)

    return check


def facts(case: Replicated, expected: dict[str, Any], where: str) -> dict[str, Any]:
    """What R says of the replicates themselves; the rest of the entries is left to name."""
    rest = dict(expected)
    made, scale = case.replicates, np.atleast_1d(expected.get("rscales", 1.0)) * expected.get("scale", 1.0)
    for entry in expected:
        match entry:
            case "degf":
                everyone = np.arange(len(made.factor_by_unit))
                assert made.degrees_of_freedom(everyone) == expected[entry], where
            case "scale" | "rscales":
                equal(made.scale_by_replicate, np.broadcast_to(scale, made.count), f"{where}/{entry}")
            case "mse":
                assert expected[entry] is False and made.centre == "mean", where
            case "analysis_weights" | "combined":
                if expected[entry] != "see rule: JKn":
                    equal(case.analysis_weights, expected[entry], f"{where}/{entry}")
            case "repweights":
                equal(made.factor_by_unit[case.unit], expected[entry], f"{where}/{entry}")
            case "pweights":
                equal(case.weight, expected[entry], f"{where}/{entry}")
            case "type" | "rho":  # what was asked for, named by the caller
                pass
            case _:
                continue
        del rest[entry]
    return rest


def walk(case: Replicated, checks: dict[str, Check], expected: dict[str, Any], where: str) -> None:
    rest = facts(case, expected, where)
    assert rest.keys() == checks.keys(), where
    for entry, check in checks.items():
        check(case, rest[entry], f"{where}/{entry}")


API: dict[str, Check] = {
    "mean": mean("api00", "awards01"),
    "total": total("enroll", "awards01"),
    "ratio": ratio("api_stu", "enroll"),
    "by": by("sch_wide", "api00", "awards01"),
}


API_REPLICATES = {
    "jk1_fpc": ("apiclus1.csv", "dnum", "", "fpc"),
    "jk1": ("apiclus1.csv", "dnum", "", ""),
    "jkn_strat": ("apistrat.csv", "row", "stype", ""),
}


@pytest.mark.parametrize("name", [*API_REPLICATES, "jk1_poststratified"])
def test_jackknife_of_schools_equals_r(name: str) -> None:
    """as.svrepdesign(type = "JK1" and "JKn"), postStratify() of the replicates."""
    results = oracle("survey", "rep_jk1_jkn", "result.json")["results"]
    assert set(results) == {*API_REPLICATES, "jk1_poststratified"}
    file, unit, stratum, fpc = API_REPLICATES.get(name, API_REPLICATES["jk1"])
    data = read("rep_jk1_jkn", file)
    if stratum:  # R leaves units out stratum by stratum, we in the order of the records
        data = data.sort_values(stratum, kind="stable", ignore_index=True)
    data["row"] = np.arange(len(data))
    case = replicated(data, "pw", jackknife_replicates, unit, stratum, fpc)
    if name == "jk1_poststratified":
        cell, levels = pd.factorize(data["stype"])
        known = np.array([{"E": 4421.0, "H": 755.0, "M": 1018.0}[level] for level in levels])
        weight, anew = recalibrated(
            case.weight, case.replicates, case.unit, lambda base: poststratified(base, cell, known)
        )
        case = replace(case, weight=weight, replicates=anew, unit=np.arange(len(data)))
    walk(case, {**API, "ciprop": check_proportion}, results[name], name)


def test_jackknife_of_a_crowded_household_equals_r() -> None:
    """JK1 without strata, JKn with; subsets that miss clusters; linearisation beside them."""
    results = oracle("survey", "crowd_jk", "result.json")["results"]
    data = read("crowd_jk").assign(room_ratio=lambda d: d["rooms"] / d["person"])
    data["overcrowded"] = (data["person"] > data["rooms"]).astype(int)
    three, two = ("rooms", "person", "room_ratio"), ("rooms", "person")
    assert set(results) == {"jk1", "jkn", "linear"}
    jk1 = replicated(data, "weight", jackknife_replicates, "cluster")
    checks = {"mean": mean(*three), "sub_mean": subset("overcrowded", mean(*three))}
    checks["sub_total"] = subset("overcrowded", total(*two))
    walk(jk1, checks, results["jk1"], "jk1")
    jkn = replicated(data, "weight", jackknife_replicates, "cluster", "stratum")
    walk(jkn, {"mean": mean(*two), "total": total(*two)}, results["jkn"], "jkn")
    design, units = design_of(data, "cluster", "stratum")
    weight, linear = data["weight"].to_numpy(float), results["linear"]
    assert set(linear) == {"mean", "ratio"}
    means = mean_variance(data[list(three)].to_numpy(float), weight, design, units)
    check_statistic(three, means, linear["mean"], "linear/mean", degrees_of_freedom=3)
    rooms, person = data["rooms"].to_numpy(float), data["person"].to_numpy(float)
    per_person = ratio_variance(rooms, person, weight, design, units)
    check_statistic(["rooms/person"], per_person, linear["ratio"], "linear/ratio", degrees_of_freedom=3)


def test_jackknife_with_finite_populations_equals_r() -> None:
    """Hospitals in three strata: JKn's scales carry the fpc; replicate weights and their totals."""
    results = oracle("survey", "hospital_rep", "result.json")["results"]
    assert set(results) == {"linear", "jkn"}
    data = read("hospital_rep")
    case = replicated(data, "weighta", jackknife_replicates, "hospno", "oblevel", "tothosp")
    walk(case, {"mean": mean("births"), "total": total("births")}, results["jkn"], "jkn")
    design, units = design_of(data, "hospno", "oblevel", "tothosp")
    linear = results["linear"]
    assert linear.pop("design") == {"degf": case.degrees, "n": len(data)}
    births, weight = data["births"].to_numpy(float), data["weighta"].to_numpy(float)
    assert set(linear) == {"mean", "total"}
    for entry, estimate in (("mean", mean_variance), ("total", total_variance)):
        result = estimate(births, weight, design, units)
        check_statistic(["births"], result, linear[entry], entry, degrees_of_freedom=case.degrees)


@pytest.mark.parametrize("form", ["brr", "fay", "levy", "jkn"])
def test_half_samples_of_ambulances_equal_r(form: str) -> None:
    """BRR and Fay (ρ = .3) with R's own half-samples; Levy and Lemeshow's as supplied weights; JKn."""
    results = oracle("survey", "scd_brr_fay", "result.json")["results"]
    assert set(results) == {"linear", "brr", "fay", "levy", "jkn"}
    make: dict[str, Callable[[Design], Replicates]] = {
        "brr": balanced_replicates,
        "fay": lambda design: fay_replicates(design, rho=0.3),
        "levy": lambda _: supplied_replicates(
            np.ones(6), np.array(results["levy"]["analysis_weights"]), ReplicateType.BRR
        ),
        "jkn": jackknife_replicates,
    }
    case = replicated(read("scd_brr_fay"), "", make[form], "ambulance", "ESA")
    assert results[form]["type"].lower() == {"levy": "brr"}.get(form, form)
    assert results[form]["rho"] == {"fay": 0.3, "levy": None}.get(form, 0)
    checks = {
        "ratio": ratio("alive", "arrests"),
        "mean": mean("alive", "arrests"),
        "total": total("alive", "arrests"),
    }
    walk(case, checks, results[form], form)


def test_linearisation_of_ambulances_equals_r() -> None:
    expected = oracle("survey", "scd_brr_fay", "result.json")["results"]["linear"]
    data = read("scd_brr_fay")
    design, units = design_of(data, "ambulance", "ESA")
    assert expected.pop("design") == {"degf": 3, "n": 6}
    values, weight = data[["alive", "arrests"]].to_numpy(float), np.ones(6)
    result = mean_variance(values, weight, design, units)
    spread = element_spread(values, weight, np.ones(values.shape, dtype=bool))
    effect = deff_with_replacement(result.variance, spread, np.array([6.0, 6.0]))
    assert set(expected) == {"mean", "ratio"}
    check_statistic(
        ("alive", "arrests"), result, expected["mean"], "mean", design_effect=effect, degrees_of_freedom=3
    )
    result = ratio_variance(values[:, 0], values[:, 1], weight, design, units)
    check_statistic(["alive/arrests"], result, expected["ratio"], "ratio", degrees_of_freedom=3)


@pytest.mark.parametrize("form", ["bootstrap", "subbootstrap"])
def test_bootstrap_weights_of_r_give_rs_errors(form: str) -> None:
    """Given the 60 sets of weights that R drew, all that R made of them."""
    results = oracle("survey", "rep_bootstrap", "result.json")["results"]
    assert set(results) == {"bootstrap", "subbootstrap"}
    data, expected = read("rep_bootstrap"), results[form]
    weight = data["pw"].to_numpy(float)
    made_by_r = np.array(expected["analysis_weights"])
    # Canty and Davison's scale makes up for n_h draws by the harmonic mean of n_h = 100, 50, 50; ours too.
    scale = expected["scale"] if form == "bootstrap" else None
    supplied = supplied_replicates(weight, made_by_r, ReplicateType.BOOTSTRAP, scale=scale)
    everyone = np.ones(len(data), dtype=bool)
    case = Replicated(data, weight, supplied, np.arange(len(data)), everyone)
    checks = {"mean": mean("api00", "awards01"), "total": total("enroll"), "by": by("sch_wide", "api00")}
    walk(case, checks, expected, form)

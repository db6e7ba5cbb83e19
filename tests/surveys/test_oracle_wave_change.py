"""Changes between two waves with shared communities equal R survey 4.1-1 (R 4.2.2), to 1e-10.

``../shared/oracles/survey/wave_change``: R holds both waves in one design; ours are two samples whose PSUs
are matched. The JSON is walked whole: an entry that no line names fails.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special

from surveys.area import AreaLevel
from surveys.compare.difference import Pairing, differences
from surveys.compare.joint import JointDesign, joint_design_of
from surveys.compare.psu_scores import psu_scores
from surveys.design import Design
from surveys.domain import Domain, group_domains
from surveys.item import items_of
from surveys.measured import Measured, measured
from surveys.sample import Sample
from surveys.tally import tally
from surveys.variance import covariance
from tests.oracle import oracle, shared_path
from tests.strategies import mean_of, sample_of_frame

CASES = ("wave_change",)
RTOL = 1e-10
NAMES = ["aware", "score"]
SUBDISTRICTS = ["S1", "S2", "S3", "S4", "S5"]


def equal(actual: Any, expected: Any, what: str) -> None:
    np.testing.assert_allclose(actual, np.array(expected, dtype=float), rtol=RTOL, atol=1e-13, err_msg=what)


def samples(*, panel: bool) -> tuple[Sample, Sample]:
    """Both waves; without `panel` the strata and communities of each wave are its own."""
    data = pd.read_csv(shared_path("oracles", "survey", "wave_change", "data.csv"))
    result = []
    for wave in (1, 2):
        rows = data[data["wave"] == wave].reset_index(drop=True)
        sample = sample_of_frame(
            rows, NAMES, psu="community", strata="subdistrict", weight="weight", groups=("subdistrict",)
        )
        labels = rows["community"].astype(str).groupby(sample.psu_of_record).first()
        mark = "" if panel else f" of wave {wave}"
        strata = tuple(f"{stratum}{mark}" for stratum in sample.strata)
        result.append(replace(sample, strata=strata, psus=tuple(labels)))
    return result[0], result[1]


def estimated(sample: Sample) -> Measured:
    """All records, then the subdistricts S1 to S5; means, so that nothing but M2 is at work."""
    items, columns = items_of(sample, [mean_of(name) for name in NAMES])
    totals = tally(sample, columns)
    everyone = Domain(AreaLevel.DISTRICT, "", "", "", None, np.ones(totals.cell_count, dtype=bool))
    parts = group_domains(sample, "subdistrict", totals)
    assert [part.group for part in parts] == [f"subdistrict={name}" for name in SUBDISTRICTS]
    partition = np.arange(1 + len(parts)) > 0
    return measured(sample, totals, items, (everyone, *parts), partition)


def both(*, panel: bool) -> tuple[Measured, Measured, JointDesign]:
    old, new = (estimated(sample) for sample in samples(panel=panel))
    joint = joint_design_of(old, new)
    assert joint is not None
    return old, new, joint


def degf(design: Design) -> int:
    return design.unit_count - len(design.strata)


def joint_covariance(
    old: Measured, new: Measured, joint: JointDesign, domains: list[int], items: list[int]
) -> np.ndarray:
    """Covariance of all estimates in R's order: items slowest, then domains, then waves."""
    columns = []
    by_wave = [psu_scores(wave, domains, items) for wave in (old, new)]
    for item in range(len(items)):
        for domain in range(len(domains)):
            for wave, place in enumerate((joint.unit_of_old, joint.unit_of_new)):
                column = np.zeros(joint.design.unit_count)
                column[place] = by_wave[wave][domain].score[:, item]
                columns.append(column)
    return covariance(np.column_stack(columns), joint.design)


def values(wave: Measured, domain: int) -> np.ndarray:
    return wave.precision.value[domain]


def check_means(old: Measured, new: Measured, joint: JointDesign, expected: dict[str, Any]) -> None:
    assert expected.keys() == {"table", "vcov", "columns"}
    assert expected["columns"] == ["wave", "aware", "score", "se.aware", "se.score"]
    matrix = joint_covariance(old, new, joint, [0], [0, 1])
    equal(matrix, expected["vcov"], "vcov")
    for row, wave in zip(expected["table"], (old, new), strict=True):
        assert row.keys() == set(expected["columns"])
        error = np.sqrt(np.diag(matrix))[row["wave"] - 1 :: 2]
        ours = [row["wave"], *values(wave, 0), *error]
        equal(ours, [row[name] for name in expected["columns"]], f"wave {row['wave']}")


def check_change(
    old: Measured, new: Measured, joint: JointDesign, expected: dict[str, Any], *, with_t: bool
) -> None:
    entries = {"estimate", "se", "vcov", "cv", "ci95_normal"} | ({"ci95_t", "df"} if with_t else set())
    assert expected.keys() == entries
    contrast = np.array([[-1, 1, 0, 0], [0, 0, -1, 1]])
    matrix = contrast @ joint_covariance(old, new, joint, [0], [0, 1]) @ contrast.T
    change = values(new, 0) - values(old, 0)
    check_differences(change, matrix, expected, NAMES)
    pairing = Pairing(np.zeros((1, 2), dtype=np.intp), np.array([[0, 0], [1, 1]]), np.array([True]))
    result = differences(old, new, pairing)
    equal(result.value[0], change, "engine's value")
    assert result.is_student.all()
    if with_t:
        assert degf(joint.design) == expected["df"]
        equal(np.column_stack([result.low[0], result.high[0]]), expected["ci95_t"], "ci95_t")


def check_differences(
    change: np.ndarray, matrix: np.ndarray, expected: dict[str, Any], names: list[str]
) -> None:
    error = np.sqrt(np.diag(matrix))
    assert list(expected["estimate"]) == names
    equal(change, list(expected["estimate"].values()), "estimate")
    equal(error, expected["se"], "se")
    equal(matrix, expected["vcov"], "vcov")
    equal(error / change, expected["cv"], "cv")
    half = special.ndtri(0.975) * error
    equal(np.column_stack([change - half, change + half]), expected["ci95_normal"], "ci95_normal")


def check_subdistricts(old: Measured, new: Measured, joint: JointDesign, results: dict[str, Any]) -> None:
    table, changes = results["by_subdistrict"], results["change_by_sub"]
    assert table.keys() == {"table", "vcov", "columns"}
    assert changes.keys() == {"estimate", "se", "vcov", "cv", "ci95_normal"}
    domains = list(range(1, 6))
    matrix = joint_covariance(old, new, joint, domains, [0])
    equal(matrix, table["vcov"], "vcov")
    for place, row in enumerate(table["table"]):
        wave = (old, new)[row["wave"] - 1]
        domain = 1 + SUBDISTRICTS.index(row["subdistrict"])
        equal(
            [values(wave, domain)[0], np.sqrt(matrix[place, place])],
            [row["aware"], row["se"]],
            f"row {place}",
        )
    contrast = np.kron(np.eye(5), [-1.0, 1.0])
    change = np.array([values(new, d)[0] - values(old, d)[0] for d in domains])
    check_differences(change, contrast @ matrix @ contrast.T, changes, SUBDISTRICTS)
    pairs = np.column_stack([domains, domains])
    result = differences(old, new, Pairing(pairs, np.array([[0, 0]]), np.ones(5, dtype=bool)))
    degrees = np.array([joint_degrees(joint, name) for name in SUBDISTRICTS])
    half = special.stdtrit(degrees, 0.975) * np.array(changes["se"])
    equal(result.low[:, 0], change - half, "engine's low")
    equal(result.high[:, 0], change + half, "engine's high")


def joint_degrees(joint: JointDesign, stratum: str) -> int:
    return int((joint.design.stratum_of_unit == joint.design.strata.index(stratum)).sum()) - 1


def test_change_with_shared_communities_equals_svycontrast_of_svyby() -> None:
    results = oracle("survey", "wave_change", "result.json")["results"]
    assert results.keys() == {
        "degf", "means", "change", "by_subdistrict", "change_by_sub", "independent", "ttest"
    }  # fmt: skip
    old, new, joint = both(panel=True)
    assert degf(joint.design) == results["degf"]
    check_means(old, new, joint, results["means"])
    check_change(old, new, joint, results["change"], with_t=True)
    check_subdistricts(old, new, joint, results)


def test_communities_of_their_own_give_what_independence_says() -> None:
    expected = oracle("survey", "wave_change", "result.json")["results"]["independent"]
    assert expected.keys() == {"means", "change", "degf"}
    old, new, joint = both(panel=False)
    assert degf(joint.design) == expected["degf"]
    check_means(old, new, joint, expected["means"])
    check_change(old, new, joint, expected["change"], with_t=False)


def test_test_of_a_change_equals_svyttest() -> None:
    """R takes one degree of freedom for the difference; ours are those of the design: 34 against 35."""
    expected = oracle("survey", "wave_change", "result.json")["results"]["ttest"]
    assert expected.keys() == {"method", "statistic", "parameter", "p_value", "estimate", "conf_int"}
    assert expected["method"] == "Design-based t-test"
    old, new, joint = both(panel=True)
    pairing = Pairing(np.zeros((1, 2), dtype=np.intp), np.array([[0, 0]]), np.array([True]))
    result = differences(old, new, pairing)
    change, p = float(result.value[0, 0]), float(result.p[0, 0])
    equal(change, expected["estimate"], "estimate")
    df = degf(joint.design)
    half = float(result.high[0, 0]) - change
    error = half / special.stdtrit(df, 0.975)
    equal(change / error, expected["statistic"]["t"], "t")
    assert df - 1 == expected["parameter"]["df"]
    theirs = special.stdtrit(df - 1, 0.975) * error
    equal([change - theirs, change + theirs], expected["conf_int"], "conf_int")
    equal(2 * special.stdtr(df - 1, -change / error), expected["p_value"], "p at 34 degrees of freedom")
    assert p == pytest.approx(2 * special.stdtr(df, -change / error), rel=1e-9)

"""Several stages with finite populations, and populations given in any form, equal R survey 4.1-1.

Calls in ``../shared/oracles/survey/*/case.R``; every entry of a case is walked.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from surveys.design_effect import deff_without_replacement, element_spread
from surveys.problem import InputError, Language, Problem
from surveys.records.linear import Estimates, linearised_means, linearised_totals
from surveys.records.stage_columns import Nesting, StageColumns, design_of_stages
from surveys.records.stages import MultistageDesign, multistage_estimates
from surveys.wave import LonelyPSU
from tests.oracle import oracle, shared_path
from tests.survey_entries import check_statistic, check_table, equal, spread_over

CASES = ("mu284_two_stage", "syn_fpc_two_stage", "fpc_equivalents")


def read(name: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    path = shared_path("oracles", "survey", name, "data.csv")
    return pd.read_csv(path, keep_default_na=False, na_values=[""]), oracle("survey", name, "result.json")[
        "results"
    ]


def mean(
    data: pd.DataFrame, names: list[str], design: MultistageDesign, weight: Any, member: Any = None
) -> Estimates:
    return multistage_estimates(linearised_means(*_parts(data, names, weight, member)), design)


def total(
    data: pd.DataFrame, names: list[str], design: MultistageDesign, weight: Any, member: Any = None
) -> Estimates:
    return multistage_estimates(linearised_totals(*_parts(data, names, weight, member)), design)


def _parts(data: pd.DataFrame, names: list[str], weight: Any, member: Any) -> tuple[Any, Any, Any]:
    values = data[names].to_numpy(np.float64)
    inside = np.ones(len(data), dtype=bool) if member is None else member
    values = spread_over(values, inside)
    inside = (inside[:, None] if inside.ndim == 1 else inside) & ~np.isnan(values)
    return np.nan_to_num(values), np.asarray(weight), inside


def check_design(data: pd.DataFrame, design: MultistageDesign, expected: dict[str, Any]) -> float:
    assert set(expected) == {"degf", "n"}
    assert len(data) == expected["n"]
    degrees = design.stages[0].degrees_of_freedom(np.ones((len(data), 1), dtype=bool))[0]
    assert degrees == expected["degf"]
    return float(degrees)


def test_two_stages_of_a_population_of_municipalities_equal_r() -> None:
    """svydesign(id=~id1+id2, fpc=~n1+n2): weights, totals and means with design effects."""
    data, results = read("mu284_two_stage")
    stages = [
        StageColumns(data["id1"], population=data["n1"]),
        StageColumns(data["id2"], population=data["n2"]),
    ]
    design = design_of_stages(stages)
    degrees = check_design(data, design, results.pop("design"))
    weight = design.implied_weight_of_record
    equal(weight, results.pop("weights"), "weights")
    everyone = np.ones((len(data), 1), dtype=bool)
    spread = element_spread(data[["y1"]].to_numpy(float), weight, everyone)
    size = weight.sum()
    forms = {"total": (total, size**2), "mean": (mean, 1.0)}
    assert results.keys() == forms.keys()
    for entry, (estimate, scale) in forms.items():
        result = estimate(data, ["y1"], design, weight)
        effect = deff_without_replacement(result.variance / scale, spread, np.array([15.0]), size)
        check_statistic(
            ["y1"], result, results[entry], entry, design_effect=effect, degrees_of_freedom=degrees
        )


def two_stages() -> tuple[pd.DataFrame, dict[str, Any], MultistageDesign]:
    """options(survey.lonely.psu="remove"): stratum S08 has one community."""
    data, results = read("syn_fpc_two_stage")
    stages = [
        StageColumns(data["community"], data["subdistrict"], data["n_comm_pop"]),
        StageColumns(data["row"], population=data["m_pop"]),
    ]
    return data, results, design_of_stages(stages, lonely_psu=LonelyPSU.REMOVE)


def test_two_stage_assessment_with_a_lonely_community_equals_r() -> None:
    data, results, design = two_stages()
    degrees = check_design(data, design, results.pop("design"))
    assert set(results) == {"mean", "total", "by", "by_sub", "mean_na"}
    weight, both = data["weight"], ["high", "visits"]
    for entry, names, estimate in (
        ("mean", both, mean),
        ("total", both, total),
        ("mean_na", ["aware"], mean),
    ):
        result = estimate(data, names, design, weight)
        check_statistic(names, result, results[entry], entry, degrees_of_freedom=degrees)
    for entry, column in (("by", "sex"), ("by_sub", "subdistrict")):
        check_table(
            lambda m: (both, mean(data, both, design, weight, m)), data[column], results[entry], entry
        )


@pytest.mark.parametrize("form", ["nofpc", "fpc_N", "fpc_fraction"])
def test_a_population_may_be_given_as_a_count_a_share_or_not_at_all(form: str) -> None:
    """svydesign(nest=TRUE) with fpc=~Nh, fpc=~I(nh/Nh) (weights implied) and without."""
    data, results = read("fpc_equivalents")
    assert set(results) == {"nofpc", "fpc_N", "fpc_fraction"}
    population = {"nofpc": None, "fpc_N": data["Nh"], "fpc_fraction": data["nh"] / data["Nh"]}[form]
    stage = StageColumns(data["psuid"], data["stratid"], population)
    design = design_of_stages([stage], nesting=Nesting.NESTED)
    expected = results[form]
    degrees = check_design(data, design, expected.pop("design"))
    assert set(expected) == {"mean", "total"}
    weight = design.implied_weight_of_record if form == "fpc_fraction" else data["weight"]
    for entry, estimate in (("mean", mean), ("total", total)):
        result = estimate(data, ["x"], design, weight)
        check_statistic(["x"], result, expected[entry], entry, degrees_of_freedom=degrees)


def test_weights_do_not_follow_from_an_unknown_population() -> None:
    design = design_of_stages([StageColumns(["a", "b"])])
    with pytest.raises(ValueError, match="population is known"):
        _ = design.implied_weight_of_record


def two_stage_api() -> tuple[pd.DataFrame, MultistageDesign]:
    """R's apiclus2 with both populations: 10 of its 40 districts have one school, which is sampled."""
    data, _ = read("apiclus2_wr")
    stages = [
        StageColumns(data["dnum"], population=data["fpc1"]),
        StageColumns(data["snum"], population=data["fpc2"]),
    ]
    return data, design_of_stages(stages)


def test_a_unit_that_is_all_there_is_adds_no_second_stage_error() -> None:
    """Where m = M = 1, m/(m − 1)·0 is NaN; R's manual of apiclus2 prints SE 30.099 of the mean of api00."""
    data, design = two_stage_api()
    whole = (design.stages[1].units_by_stratum == 1) & (data.groupby("dnum")["fpc2"].first().to_numpy() == 1)
    assert whole.sum() == 10 and not design.lonely_by_stage[1].any()
    result = mean(data, ["api00"], design, design.implied_weight_of_record)
    assert round(float(result.value[0]), 2) == 670.81
    assert round(float(result.standard_error[0]), 3) == 30.099


def problems_of(*columns: StageColumns, **options: Any) -> list[Problem]:
    with pytest.raises(InputError) as raised:
        design_of_stages(columns, **options).check()
    return list(raised.value.problems)


def test_one_sampled_of_several_at_the_second_stage_names_the_unit_above() -> None:
    first = StageColumns(list("aabbc"), population=[9] * 5)
    second = StageColumns(range(5), population=[4, 4, 4, 4, 3])
    (problem,) = problems_of(first, second)
    assert (problem.code, problem.value) == ("lonely_later_unit", "c")
    # Drawn with replacement, the second stage does not matter and nothing is wrong.
    design_of_stages([StageColumns(list("aabbc")), second]).check()


@pytest.mark.parametrize("rule", [LonelyPSU.REMOVE, LonelyPSU.CERTAINTY, LonelyPSU.ADJUST, LonelyPSU.AVERAGE])
def test_a_lonely_second_stage_unit_follows_the_rule(rule: LonelyPSU) -> None:
    """Unit c adds nothing, its square about the mean of all, or the mean of what a and b add."""
    y = np.array([1.0, 3.0, 2.0, 6.0, 5.0])
    first = StageColumns(list("aabbc"), population=[9] * 5)
    second = StageColumns(range(5), population=[4, 4, 4, 4, 3])
    design = design_of_stages([first, second], lonely_psu=rule)
    values, weight, member = y[:, None], np.ones(5), np.ones((5, 1), dtype=bool)
    result = multistage_estimates(linearised_totals(values, weight, member), design)
    stage_1 = (1 - 3 / 9) * 3 / 2 * np.sum((np.array([4.0, 8.0, 5.0]) - 17 / 3) ** 2)
    inside = 3 / 9 * (1 - 2 / 4) * 2 * np.array([2.0, 8.0])
    lone = {
        LonelyPSU.ADJUST: 3 / 9 * (1 - 1 / 3) * (5 - y.mean()) ** 2,
        LonelyPSU.AVERAGE: inside.mean(),
    }.get(rule, 0.0)
    np.testing.assert_allclose(result.variance, stage_1 + inside.sum() + lone, rtol=1e-12)


def test_a_unit_in_two_strata_is_a_problem_unless_labels_are_nested() -> None:
    columns = StageColumns(["1", "2", "1", "3"], ["S1", "S1", "S2", "S2"])
    (problem,) = problems_of(columns)
    assert (problem.code, problem.value, problem.detail["strata"]) == ("unit_in_two_strata", "1", "S1, S2")
    design = design_of_stages([columns], nesting=Nesting.NESTED)
    assert design.stages[0].unit_count == 4


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["a", "a", None, np.nan, " ", "b"], dtype=object),
        np.array([1.0, 1.0, np.nan, np.nan, np.nan, 2.0]),
        pd.Series(["a", "a", None, None, "", "b"]),
    ],
    ids=["texts", "numbers", "a column"],
)
def test_a_blank_label_is_no_unit_and_no_stratum(labels: Any) -> None:
    """All blanks were once a single unit of their own, called nan or None."""
    full = np.array(list("aabbcc"))
    (problem,) = problems_of(StageColumns(labels))
    assert (problem.code, problem.value, problem.detail["stage"]) == ("blank_stage_unit", "3", "1")
    found = problems_of(StageColumns(full, stratum=labels), StageColumns(labels), nesting=Nesting.NESTED)
    assert [(one.code, one.detail["stage"]) for one in found] == [
        ("blank_stage_stratum", "1"),
        ("blank_stage_unit", "2"),
    ]
    assert all("{" not in one.line(language) for one in found for language in Language)


@pytest.mark.parametrize(
    ("population", "code"),
    [
        ([1, 1, 5, 5], "population_below_sample"),
        ([0, 0, 5, 5], "population_not_positive"),
        ([np.nan, np.nan, 5, 5], "population_not_positive"),
        ([8, 9, 5, 5], "population_varies"),
        ([0.5, 0.5, 5, 5], "population_mixed"),
    ],
)
def test_a_population_that_cannot_be_names_its_stratum(population: list[float], code: str) -> None:
    (problem,) = problems_of(StageColumns(range(4), ["S1", "S1", "S2", "S2"], population))
    assert (problem.code, problem.detail["stratum"]) == (code, "S1")


@pytest.mark.parametrize(
    ("probability", "code"),
    [([0.0, 0.0, 0.5], "unit_probability_out_of_range"), ([0.5, 1.5, 0.5], "unit_probability_out_of_range"),
     ([0.5, 0.6, 0.5], "unit_probability_varies")],
)  # fmt: skip
def test_an_inclusion_probability_that_cannot_be_names_its_unit(probability: list[float], code: str) -> None:
    (problem,) = problems_of(StageColumns(["a", "a", "b"], probability=probability))
    assert (problem.code, problem.detail["unit"]) == (code, "a")


def test_three_stages_add_up_by_hand() -> None:
    """One household of two, two persons of four in it, in each of two villages of five: V by the formula."""
    village, house, person = list("aaaabbbb"), [1, 1, 2, 2, 1, 1, 2, 2], range(8)
    y = np.array([1.0, 2, 4, 8, 3, 3, 5, 9])
    design = design_of_stages(
        [
            StageColumns(village, population=[5] * 8),
            StageColumns(house, population=[3] * 8),
            StageColumns(person, population=[4] * 8),
        ]
    )
    member = np.ones((8, 1), dtype=bool)
    result = multistage_estimates(linearised_totals(y[:, None], np.ones(8), member), design)

    def term(values: list[float], population: float) -> float:
        n = len(values)
        return (1 - n / population) * n * float(np.var(values, ddof=1))

    houses = [[3.0, 12.0], [6.0, 14.0]]
    persons = [[1.0, 2], [4, 8], [3, 3], [5, 9]]
    expected = (
        term([15, 20], 5)
        + 2 / 5 * sum(term(part, 3) for part in houses)
        + 2 / 5 * 2 / 3 * sum(term(part, 4) for part in persons)
    )
    np.testing.assert_allclose(result.variance, expected, rtol=1e-13)
    np.testing.assert_allclose(design.implied_weight_of_record, 5 / 2 * 3 / 2 * 4 / 2, rtol=1e-13)

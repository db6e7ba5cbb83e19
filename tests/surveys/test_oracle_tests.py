"""t tests equal R's ``svyttest``, tests of tables its ``svychisq`` (R 4.2.2, survey 4.1-1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from surveys.design import Design
from surveys.records.cross_table import CrossTable, cross_table, excess_covariance
from surveys.records.hypothesis_test import (
    AssociationTest,
    TTest,
    adjusted_wald_test,
    pearson_statistic,
    rao_scott_chi_squared_test,
    rao_scott_f_test,
    t_test_of_difference,
    t_test_of_mean,
    wald_test,
)
from tests.oracle import oracle
from tests.survey_case import Case, equal, read_case

CASES = ("ttest", "chisq")
LEFT_OUT = {"lincom", "saddlepoint"}
"""Other approximations to the same X²; left out by name, as the oracles' README allows."""


def check_t(result: TTest, expected: dict[str, Any], method: str, where: str) -> None:
    computed = {
        "method": method,
        "statistic": {"t": result.statistic},
        "parameter": {"df": result.degrees_of_freedom},
        "p_value": result.p_value,
        "estimate": result.estimate,
        "conf_int": [result.low, result.high],
    }
    assert expected.keys() == computed.keys()
    assert expected["method"] == method
    for entry, inner in (("statistic", "t"), ("parameter", "df")):
        assert expected[entry].keys() == {inner}
        equal(computed[entry][inner], expected[entry][inner], f"{where}/{entry}")  # type: ignore[index]
    for entry in ("p_value", "estimate", "conf_int"):
        equal(computed[entry], expected[entry], f"{where}/{entry}")
    # atol of `equal` would hide p-values of 1e-37; they agree in their digits too.
    np.testing.assert_allclose(result.p_value, expected["p_value"], rtol=1e-10)


def test_t_tests_equal_svyttest() -> None:
    results = oracle("survey", "ttest", "result.json")["results"]
    case = read_case("ttest", strata="stype", weight="pw", fpc="fpc")

    def values(name: str) -> np.ndarray:
        return case.data[name].to_numpy(dtype=np.float64)

    def two(name: str, group: str) -> TTest:
        known = case.data[group].notna().to_numpy()
        second = (case.data[group] == "Yes").to_numpy()
        return t_test_of_difference(values(name), second, case.weight, case.design, case.unit, known)

    two_sample, one_sample = "Design-based t-test", "Design-based one-sample t-test"
    tests = {
        "two": (two("api00", "comp_imp"), two_sample),
        "binary": (two("awards01", "sch_wide"), two_sample),
        "one": (t_test_of_mean(values("growth"), case.weight, case.design, case.unit), one_sample),
        "enroll_yr": (two("enroll", "yr_rnd"), two_sample),
    }
    assert results.keys() == tests.keys()
    for name, (result, method) in tests.items():
        check_t(result, results[name], method, name)


FORMS: dict[str, Callable[[CrossTable, np.ndarray], AssociationTest]] = {
    "F": lambda table, _: rao_scott_f_test(table),
    "Chisq": lambda table, _: rao_scott_chi_squared_test(table),
    "Wald": wald_test,
    "adjWald": adjusted_wald_test,
}


def table_of(case: Case, rows: str, columns: str) -> tuple[CrossTable, np.ndarray]:
    row, column = (np.unique(case.data[name], return_inverse=True)[1] for name in (rows, columns))
    table = cross_table(row, column, case.weight, case.design, case.unit)
    return table, excess_covariance(table, row, column, case.weight, case.design, case.unit)


def check_association(result: AssociationTest, expected: dict[str, Any], where: str) -> None:
    assert expected.keys() == {"method", "statistic", "parameter", "p_value", "estimate", "conf_int"}
    assert expected["estimate"] == expected["conf_int"] == []
    (statistic,) = expected["statistic"].values()
    equal(result.statistic, statistic, f"{where}/statistic")
    degrees = {"ndf": result.numerator_degrees, "ddf": result.denominator_degrees}
    degrees |= {"df": result.numerator_degrees}
    for name, value in expected["parameter"].items():
        equal(degrees[name], value, f"{where}/{name}")
    np.testing.assert_allclose(result.p_value, expected["p_value"], rtol=1e-10, err_msg=where)
    assert result.is_testable


def test_tests_of_tables_equal_svychisq() -> None:
    results = oracle("survey", "chisq", "result.json")["results"]
    case = read_case("chisq", psu="dnum", weight="pw", fpc="fpc")
    tables = {
        "schwide_stype": table_of(case, "sch_wide", "stype"),
        "awards_stype": table_of(case, "awards", "stype"),
        "awards_yr": table_of(case, "awards", "yr_rnd"),
    }
    totals = results.pop("table")
    equal(tables["schwide_stype"][0].share_by_row_column * case.weight.sum(), totals, "table")
    assert results.keys() == tables.keys()
    for name, table in tables.items():
        assert results[name].keys() == {*FORMS, *LEFT_OUT}
        for form, test in FORMS.items():
            check_association(test(*table), results[name][form], f"{name}/{form}")


def simple(rows: list[int], columns: list[int]) -> tuple[CrossTable, np.ndarray]:
    n = len(rows)
    row, column = np.array(rows, dtype=np.intp), np.array(columns, dtype=np.intp)
    design = Design(("all",), np.zeros(n, dtype=np.intp), np.array([np.inf]))
    table = cross_table(row, column, np.ones(n), design, np.arange(n))
    return table, excess_covariance(table, row, column, np.ones(n), design, np.arange(n))


def test_with_one_unit_each_and_equal_weights_pearson_is_the_textbook_statistic() -> None:
    rng = np.random.default_rng(7)
    rows, columns = rng.integers(0, 3, 400), rng.integers(0, 4, 400)
    table, _ = simple(list(rows), list(columns))
    expected = stats.chi2_contingency(table.count_by_row_column, correction=False)
    np.testing.assert_allclose(pearson_statistic(table), expected.statistic, rtol=1e-12)
    # A simple random sample has design effects of 1, up to n/(n − 1) and the fit of the null.
    np.testing.assert_allclose(rao_scott_chi_squared_test(table).p_value, expected.pvalue, atol=0.02)


@pytest.mark.parametrize("test", FORMS.values(), ids=FORMS)
def test_relabelled_rows_and_columns_change_no_test(test: Any) -> None:
    rng = np.random.default_rng(11)
    rows, columns = rng.integers(0, 3, 200), rng.integers(0, 3, 200)
    one, other = (
        test(*simple(list(rows), list(columns))),
        test(*simple(list(2 - columns), list((rows + 1) % 3))),
    )
    np.testing.assert_allclose(
        [one.statistic, one.p_value, one.denominator_degrees],
        [other.statistic, other.p_value, other.denominator_degrees],
    )


@pytest.mark.parametrize("test", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(
    ("rows", "columns"),
    [([0, 0, 0], [0, 1, 0]), ([], []), ([0, 1], [0, 1]), ([0], [0]), ([-1, -1], [0, 1])],
    ids=["one row", "nobody", "two respondents", "one respondent", "no answers"],
)
def test_a_table_without_anything_to_test_is_finite(test: Any, rows: list[int], columns: list[int]) -> None:
    result = test(*simple(rows, columns))
    assert 0 <= result.p_value <= 1
    assert np.isfinite(result.statistic)
    if len(set(rows)) < 2:
        assert not result.is_testable
        assert result.p_value == 1


def test_a_difference_of_constants_says_that_it_cannot_be_tested() -> None:
    design = Design(("all",), np.zeros(6, dtype=np.intp), np.array([np.inf]))
    unit, weight, second = np.arange(6), np.ones(6), np.arange(6) >= 3
    for values in (np.ones(6), second.astype(float)):
        result = t_test_of_difference(values, second, weight, design, unit)
        assert (result.is_testable, result.p_value, result.statistic) == (False, 1.0, 0.0)
        assert result.low == result.high == result.estimate
    nobody = t_test_of_mean(np.full(6, np.nan), weight, design, unit)
    assert (nobody.is_testable, nobody.p_value) == (False, 1.0)


def test_mean_against_its_own_value_has_p_of_1() -> None:
    design = Design(("all",), np.zeros(5, dtype=np.intp), np.array([np.inf]))
    values = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    result = t_test_of_mean(values, np.ones(5), design, np.arange(5), hypothesis=3.0)
    assert result.is_testable
    np.testing.assert_allclose(result.p_value, 1.0)
    # n − 1 = 4 degrees of the design, less 1 by svyttest's convention.
    assert result.degrees_of_freedom == 3

"""Quantiles and their limits equal R's ``svyquantile`` (R 4.2.2, survey 4.1-1); the case is walked whole."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from surveys.design import Design
from surveys.records import quantile
from surveys.records.linear import mean_variance
from surveys.records.proportion_interval import (
    EstimatedShare,
    Interval,
    arcsine_interval,
    korn_graubard_interval,
    logit_interval,
    mean_interval,
)
from surveys.records.quantile import (
    Quantile,
    QuantileRule,
    ShareInterval,
    score_limits,
    woodruff_limits,
    woodruff_quantile,
)
from tests.oracle import oracle
from tests.survey_case import Case, equal, read_case

CASES = ("quantile",)
PROBABILITIES = (0.1, 0.25, 0.5, 0.75, 0.9)


def r_shahvaish(values: np.ndarray, weight: np.ndarray, probability: float) -> float:
    """R's positions, where w/2 is of the raw weights (about 31 here) and S of the scaled ones."""
    order = np.argsort(values, kind="stable")
    x, w = values[order], weight[order]
    position = (np.cumsum(w / w.mean()) + 0.5 - w / 2) / (len(x) + 1)
    return quantile.step_quantile(x, position, probability)


RULES: dict[str, QuantileRule] = {
    "math": quantile.hyndman_fan_1,
    "school": quantile.hyndman_fan_2,
    "shahvaish": r_shahvaish,
    "hf1": quantile.hyndman_fan_1,
    "hf2": quantile.hyndman_fan_2,
    "hf3": quantile.hyndman_fan_3,
    "hf4": quantile.hyndman_fan_4,
    "hf5": quantile.hyndman_fan_5,
    "hf6": quantile.hyndman_fan_6,
    "hf7": quantile.hyndman_fan_7,
    "hf8": quantile.hyndman_fan_8,
    "hf9": quantile.hyndman_fan_9,
}
OURS = [*(rule for name, rule in RULES.items() if name.startswith("hf")), quantile.shah_vaish]


def beta(estimate: EstimatedShare, level: float) -> Interval:
    return korn_graubard_interval(estimate, estimate.binomial_n, level)


INTERVALS: dict[str, ShareInterval] = {
    "mean": mean_interval,
    "beta": beta,
    "xlogit": logit_interval,
    "asin": arcsine_interval,
}


@pytest.fixture(name="case")
def case_of_quantiles() -> Case:
    return read_case("quantile", strata="stype", weight="pw", fpc="fpc")


def as_r(case: Case, values: np.ndarray, probability: float, rule: QuantileRule) -> Quantile:
    """The quantile with R's limits, which need not hold it, and R's error."""
    value = rule(values, case.weight, probability)
    low, high = woodruff_limits(values, case.weight, case.design, case.unit, value, rule=rule)
    error = (high - low) / (2 * special.stdtrit(197, 0.975))
    return Quantile(value, low, high, error, 197, len(values))


def check(estimate: Callable[[float], Quantile], expected: dict[str, Any], where: str) -> None:
    assert expected["rows"] == [f"{p:g}" for p in PROBABILITIES]
    # Rule 4 leaves the name of a record behind the first column: "quantile.48".
    assert expected["cols"][0].partition(".")[0] == "quantile"
    assert expected["cols"][1:] == ["ci.2.5", "ci.97.5", "se"]
    results = [estimate(p) for p in PROBABILITIES]
    rows = [[r.value, r.low, r.high, r.standard_error] for r in results]
    equal(rows, expected["values"], where)


def test_quantiles_by_every_rule_equal_svyquantile(case: Case) -> None:
    results = oracle("survey", "quantile", "result.json")["results"]
    assert results.keys() == {"rules", "intervals"}
    assert results["rules"].keys() == RULES.keys()
    for name, rule in RULES.items():
        assert results["rules"][name].keys() == {"api00", "enroll"}
        for variable, expected in results["rules"][name].items():
            values = case.values([variable])[:, 0]
            check(partial(as_r, case, values, rule=rule), expected, f"{name}/{variable}")
            estimate = partial(woodruff_quantile, values, case.weight, case.design, case.unit, rule=rule)
            if name != "shahvaish":  # whose limits are beside nearly all of its quantiles, see below
                check(estimate, expected, f"{name}/{variable}")


def test_limits_of_every_type_equal_svyquantile(case: Case) -> None:
    results = oracle("survey", "quantile", "result.json")["results"]["intervals"]
    assert results.keys() == {*INTERVALS, "score"}
    values = case.values(["api00"])[:, 0]
    for name, interval in INTERVALS.items():
        assert results[name].keys() == {"api00"}
        estimate = partial(woodruff_quantile, values, case.weight, case.design, case.unit, interval=interval)
        check(estimate, results[name]["api00"], name)


def test_score_limits_are_where_r_finds_them_before_it_looks_them_up_in_the_wrong_distribution(
    case: Case,
) -> None:
    """R takes the *unweighted* share at or below each root and asks the weighted quantile of that share.

    Its root is a step of the statistic, found to about 0.001 on either side, so the value at the step is
    counted or not. From our limits the same look-up, with and without it, gives R's numbers and no others.
    """
    results = oracle("survey", "quantile", "result.json")["results"]["intervals"]["score"]
    assert results.keys() == {"api00"}
    expected, t = results["api00"], special.stdtrit(197, 0.975)
    assert expected["rows"] == [f"{p:g}" for p in PROBABILITIES]
    assert expected["cols"] == ["quantile", "ci.2.5", "ci.97.5", "se"]
    values = case.values(["api00"])[:, 0]
    for probability, (value, *limits, error) in zip(PROBABILITIES, expected["values"], strict=True):
        assert quantile.hyndman_fan_1(values, case.weight, probability) == value
        ours = score_limits(values, case.weight, case.design, case.unit, probability)
        for limit, of_r in zip(ours, limits, strict=True):
            shares = (float((values <= limit).mean()), float((values < limit).mean()))
            assert of_r in [quantile.hyndman_fan_1(values, case.weight, share) for share in shares]
        equal((limits[1] - limits[0]) / (2 * t), error, f"score/{probability}/se")


@pytest.mark.parametrize("probability", PROBABILITIES)
def test_the_score_test_keeps_what_lies_between_its_limits_and_nothing_else(
    case: Case, probability: float
) -> None:
    values, t = case.values(["api00"])[:, 0], special.stdtrit(197, 0.975)
    low, high = score_limits(values, case.weight, case.design, case.unit, probability)
    distinct = np.unique(values)[:-1]  # nobody is above the last
    above = mean_variance((values[:, None] > distinct).astype(float), case.weight, case.design, case.unit)
    statistic = (above.value - (1 - probability)) / above.standard_error
    np.testing.assert_array_equal((distinct >= low) & (distinct < high), np.abs(statistic) <= t)


def test_shah_and_vaish_with_scaled_weights_is_a_quantile_and_rs_unscaled_one_is_not(case: Case) -> None:
    values = case.values(["api00"])[:, 0]
    for probability in PROBABILITIES:
        ours = quantile.shah_vaish(values, case.weight, probability)
        theirs = r_shahvaish(values, case.weight, probability)
        share = [float(case.weight[values <= q].sum() / case.weight.sum()) for q in (ours, theirs)]
        assert abs(share[0] - probability) < 0.015
        assert abs(share[1] - probability) > 0.03
        unit_weights = np.ones(len(values))
        assert quantile.shah_vaish(values, unit_weights, probability) == r_shahvaish(
            values, unit_weights, probability
        )


@pytest.mark.parametrize(("variable", "at"), [("api00", 0), ("api00", 4), ("enroll", 1)])
def test_where_rs_limits_are_beside_the_quantile_the_nearer_one_is_moved_to_it(
    case: Case, variable: str, at: int
) -> None:
    """R's own numbers: its faulty positions put the 10th percentile of api00, 542, below 565 to 593."""
    results = oracle("survey", "quantile", "result.json")["results"]["rules"]["shahvaish"]
    value, low, high, error = results[variable]["values"][at]
    values = case.values([variable])[:, 0]
    ours = woodruff_quantile(values, case.weight, case.design, case.unit, PROBABILITIES[at], rule=r_shahvaish)
    assert not low <= value <= high
    assert (ours.value, ours.low, ours.high) == (value, min(low, value), max(high, value))
    assert ours.standard_error > error


def test_shares_met_exactly_are_answered_as_r_does() -> None:
    """R's rules at a share of exactly 1/4, 1/2, 3/4: the first value, both, the one of even rank."""
    values, weight = np.array([40.0, 10.0, 30.0, 20.0]), np.full(4, 2.0)
    expected = {
        quantile.hyndman_fan_1: [10, 20, 30],
        quantile.hyndman_fan_2: [15, 25, 35],
        quantile.hyndman_fan_3: [20, 20, 40],
    }
    for rule, right in expected.items():
        assert [rule(values, weight, probability) for probability in (0.25, 0.5, 0.75)] == right
    # Ranks are those of distinct values: 20 is told twice and stays the second.
    twice = np.append(values, 20.0), np.array([2.0, 2.0, 2.0, 1.0, 1.0])
    assert [quantile.hyndman_fan_3(*twice, share) for share in (0.25, 0.5, 0.75)] == [20, 20, 40]


def test_a_step_is_taken_where_the_probability_is_its_position() -> None:
    """Three equal weights stand at 1/4, 1/2 and 3/4: from there on the value holds, not after it."""
    values = np.array([3.0, 1.0, 2.0])
    found = [quantile.shah_vaish(values, np.ones(3), share) for share in (0.2, 0.25, 0.5, 0.74, 0.75, 1)]
    assert found == [1, 1, 2, 2, 3, 3]


NUMPY_METHODS = {
    1: "inverted_cdf",
    2: "averaged_inverted_cdf",
    4: "interpolated_inverted_cdf",
    5: "hazen",
    6: "weibull",
    7: "linear",
    8: "median_unbiased",
    9: "normal_unbiased",
}


@pytest.mark.parametrize("number", NUMPY_METHODS)
def test_with_equal_weights_the_rules_are_numpys(number: int) -> None:
    """Rule 3 is left out: at ties R's survey and numpy take different neighbours."""
    rule = getattr(quantile, f"hyndman_fan_{number}")
    values = np.random.default_rng(3).permutation(np.arange(17.0) ** 1.5)
    for probability in (0.03, 0.1, 0.25, 0.5, 0.77, 0.99):
        expected = np.quantile(values, probability, method=NUMPY_METHODS[number])
        np.testing.assert_allclose(rule(values, np.full(17, 2.5), probability), expected, rtol=1e-12)


RECORDS = st.lists(st.tuples(st.integers(0, 20), st.floats(0.1, 10)), min_size=1, max_size=30)


@pytest.mark.parametrize("rule", OURS, ids=lambda rule: rule.__name__)
@given(records=RECORDS, probability=st.floats(0, 1))
def test_quantiles_stay_among_the_values_and_ignore_the_scale_of_weights(
    rule: QuantileRule, records: list[tuple[int, float]], probability: float
) -> None:
    values = np.array([float(value) for value, _ in records])
    weight = np.array([w for _, w in records])
    result = rule(values, weight, probability)
    assert values.min() <= result <= values.max()
    # A power of two rescales without rounding.
    assert rule(values, 8 * weight, probability) == result


def simple_design(size: int) -> Design:
    return Design(("all",), np.zeros(size, dtype=np.intp), np.array([np.inf]))


def test_limits_are_finite_where_r_has_none() -> None:
    """At the 95th percentile of ten, p + t·SE passes 1 and R gives NaN: the largest value is the limit."""
    values = np.arange(10.0)
    result = woodruff_quantile(values, np.ones(10), simple_design(10), np.arange(10), 0.95)
    assert result.high == 9
    assert np.isfinite([result.low, result.standard_error]).all()


@pytest.mark.parametrize("rule", OURS, ids=lambda rule: rule.__name__)
@settings(max_examples=50, deadline=None)
@given(records=RECORDS, probability=st.floats(0, 1), heavy=st.sampled_from([1.0, 50.0, 1e4]))
def test_limits_hold_the_quantile_even_beside_a_weight_that_outweighs_all_others(
    rule: QuantileRule, records: list[tuple[int, float]], probability: float, heavy: float
) -> None:
    values = np.array([float(value) for value, _ in records])
    weight = np.array([w for _, w in records])
    weight[0] *= heavy
    size = len(values)
    where = (values, weight, simple_design(size), np.arange(size))
    result = woodruff_quantile(*where, probability, rule=rule)
    assert values.min() <= result.low <= result.value <= result.high <= values.max()
    assert result.value == rule(values, weight, probability)
    # They are R's, or wider on one side alone.
    low, high = woodruff_limits(*where, result.value, rule=rule)
    assert (result.low, result.high) in [(low, high), (result.value, high), (low, result.value)]


@pytest.mark.parametrize("values", [[4.0], [4.0, 4.0, 4.0]], ids=["one respondent", "constant answers"])
def test_constant_answers_have_their_value_as_every_quantile(values: list[float]) -> None:
    size = len(values)
    result = woodruff_quantile(np.array(values), np.ones(size), simple_design(size), np.arange(size), 0.5)
    assert (result.value, result.low, result.high) == (4.0, 4.0, 4.0)


@pytest.mark.parametrize("stratum", [0, 1, 2])
def test_a_domain_that_is_a_stratum_is_as_its_own_sample_and_blanks_are_outside(
    case: Case, stratum: int
) -> None:
    """Limits and degrees of freedom, too: those of the other strata say nothing about it."""
    values = case.values(["api00"])[:, 0]
    member = case.design.stratum_of_unit[case.unit] == stratum
    population = case.design.population_by_stratum[[stratum]]
    size = int(member.sum())
    alone = Design(("one",), np.zeros(size, dtype=np.intp), population)
    right = woodruff_quantile(values[member], case.weight[member], alone, np.arange(size), 0.3)
    found = woodruff_quantile(values, case.weight, case.design, case.unit, 0.3, member)
    blank = np.where(member, values, np.nan)
    blanked = woodruff_quantile(blank, case.weight, case.design, case.unit, 0.3)
    assert (right.n, right.degrees_of_freedom) == (size, size - 1)
    for ours in (found, blanked):
        assert (ours.value, ours.low, ours.high) == (right.value, right.low, right.high)
        assert (ours.n, ours.degrees_of_freedom) == (right.n, right.degrees_of_freedom)
        assert ours.standard_error == pytest.approx(right.standard_error, rel=1e-12)


def test_a_domain_without_answers_is_blank_with_n_0() -> None:
    result = woodruff_quantile(np.full(3, np.nan), np.ones(3), simple_design(3), np.arange(3), 0.5)
    assert np.isnan(result.value)
    assert result.n == 0

"""Laws of replicates: where they must equal linearisation, and what they may never do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.design import Design
from surveys.problem import InputError
from surveys.records.linear import mean_variance, ratio_variance, total_variance
from surveys.replicates.estimation import Replicates, replicated_means, replicated_ratios, replicated_totals
from surveys.replicates.making import (
    balanced_replicates,
    bootstrap_replicates,
    fay_replicates,
    jackknife_replicates,
    rao_wu_replicates,
)
from surveys.replicates.raking import raked_anew
from surveys.replicates.supplied import supplied_replicates
from surveys.wave import LonelyPSU, ReplicateCentre, ReplicateType
from surveys.weights.raking import factors_of_cells


def make_design(sizes: list[int], population: float, rule: LonelyPSU = LonelyPSU.FAIL) -> Design:
    """Strata of these many sampled units, each of `population` times as many."""
    stratum = np.repeat(np.arange(len(sizes)), sizes)
    labels = tuple(f"S{h}" for h in range(len(sizes)))
    return Design(labels, stratum, np.array(sizes, dtype=float) * population, rule)


def make_records(design: Design, seed: int, take: int = 3) -> tuple[Any, Any, Any]:
    """(values, weight, unit) of a few records of each unit."""
    rng = np.random.default_rng(seed)
    unit = np.repeat(np.arange(design.unit_count), take)
    effect = rng.normal(size=design.unit_count)[unit]
    return 5 + effect + rng.normal(size=len(unit)), rng.uniform(0.5, 3, len(unit)), unit


designs = st.builds(
    make_design,
    st.lists(st.integers(2, 6), min_size=1, max_size=5),
    st.sampled_from([1.0, 1.5, 4.0, np.inf]),
)


@settings(max_examples=50, deadline=None)
@given(designs, st.integers(0, 1000))
def test_the_jackknife_of_a_total_is_linearisation(design: Design, seed: int) -> None:
    """To the digit, whatever the strata and finite populations; so is its covariance with another total."""
    values, weight, unit = make_records(design, seed)
    both = np.column_stack([values, values**2])
    replicates = jackknife_replicates(design)
    linear = total_variance(both, weight, design, unit).covariance
    found = replicated_totals(both, weight, replicates, unit).covariance
    np.testing.assert_allclose(found, linear, rtol=1e-9, atol=1e-9 * max(1.0, np.abs(linear).max()))


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 9), st.sampled_from([1.5, 4.0, np.inf]), st.sampled_from([0.0, 0.3, 0.7]))
def test_half_samples_of_a_total_are_linearisation(strata: int, population: float, rho: float) -> None:
    """Balance: what two strata do together cancels over the replicates; Fay's ρ changes nothing."""
    design = make_design([2] * strata, population)
    values, weight, unit = make_records(design, strata)
    replicates = fay_replicates(design, rho) if rho else balanced_replicates(design)
    np.testing.assert_allclose(replicates.factor_by_unit.mean(axis=1), 1.0, rtol=1e-13)
    linear = total_variance(values, weight, design, unit)
    found = replicated_totals(values, weight, replicates, unit)
    np.testing.assert_allclose(found.variance, linear.variance, rtol=1e-10)


def test_jackknife_and_linearisation_of_a_ratio_agree_in_the_limit() -> None:
    """Their relative difference falls like 1/n: at least eightfold for ten times as many units."""
    apart = []
    for units in (10, 100, 1000):
        design = make_design([units], np.inf)
        rng = np.random.default_rng(7)
        x = rng.uniform(1, 3, units)
        y = x * rng.uniform(0.5, 1, units)
        weight, unit = rng.uniform(1, 2, units), np.arange(units)
        linear = ratio_variance(y, x, weight, design, unit).variance[0]
        found = replicated_ratios(y, x, weight, jackknife_replicates(design), unit).variance[0]
        apart.append(abs(found / linear - 1))
    assert apart[0] > 8 * apart[1] > 64 * apart[2] > 0
    assert apart[2] < 0.005


@pytest.mark.parametrize("population", [4.0, np.inf])
@pytest.mark.parametrize("make", [rao_wu_replicates, bootstrap_replicates])
def test_bootstraps_of_a_total_are_linearisation_on_average(make: Any, population: float) -> None:
    """Strata of one size, 4,000 replicates: a variance from these has a relative error of √(2/4000)."""
    design = make_design([5, 5, 5, 5], population)
    values, weight, unit = make_records(design, 3)
    replicates = make(design, 4000, seed=11)
    assert (replicates.factor_by_unit >= 0).all()
    np.testing.assert_allclose(replicates.factor_by_unit.mean(axis=1), 1.0, atol=5 / np.sqrt(4000))
    linear = total_variance(values, weight, design, unit).variance[0]
    found = replicated_totals(values, weight, replicates, unit).variance[0]
    # Copies without replacement of N = 20 vary by N/(N − 1) more than the fpc says.
    exact = linear * 20 / 19 if make is bootstrap_replicates and population == 4 else linear
    assert abs(found / exact - 1) < 3.5 * np.sqrt(2 / 4000)


def test_rao_and_wu_rescale_within_each_stratum() -> None:
    """Strata of 2 and 9 with different finite populations, where one common scale would fail."""
    design = Design(("a", "b"), np.repeat([0, 1], [2, 9]), np.array([8.0, 12.0]))
    values, weight, unit = make_records(design, 5)
    linear = total_variance(values, weight, design, unit).variance[0]
    found = replicated_totals(values, weight, rao_wu_replicates(design, 6000, seed=2), unit).variance[0]
    assert abs(found / linear - 1) < 3.5 * np.sqrt(2 / 6000)


def test_a_seed_gives_the_same_bootstrap() -> None:
    design = make_design([4, 3], np.inf)
    for make in (rao_wu_replicates, bootstrap_replicates):
        first, again, other = (make(design, 20, seed=seed).factor_by_unit for seed in (1, 1, 2))
        assert (first == again).all() and (first != other).any()


@settings(max_examples=50, deadline=None)
@given(designs, st.integers(0, 100), st.floats(0.01, 100))
def test_rescaled_weights_leave_means_alone(design: Design, seed: int, factor: float) -> None:
    values, weight, unit = make_records(design, seed)
    replicates = jackknife_replicates(design)
    mean, scaled = (replicated_means(values, w, replicates, unit) for w in (weight, factor * weight))
    np.testing.assert_allclose(scaled.value, mean.value, rtol=1e-12)
    np.testing.assert_allclose(scaled.variance, mean.variance, rtol=1e-9, atol=1e-14)
    total = replicated_totals(values, weight, replicates, unit)
    larger = replicated_totals(values, factor * weight, replicates, unit)
    np.testing.assert_allclose(larger.standard_error, factor * total.standard_error, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("rule", [LonelyPSU.REMOVE, LonelyPSU.CERTAINTY, LonelyPSU.AVERAGE])
@pytest.mark.parametrize("make", [jackknife_replicates, balanced_replicates])
def test_a_lonely_stratum_counts_as_in_linearisation(rule: LonelyPSU, make: Any) -> None:
    design = make_design([2, 1, 2], np.inf, rule)
    values, weight, unit = make_records(design, 8)
    linear = total_variance(values, weight, design, unit)
    found = replicated_totals(values, weight, make(design), unit)
    np.testing.assert_allclose(found.variance, linear.variance, rtol=1e-10)


@pytest.mark.parametrize("make", [jackknife_replicates, balanced_replicates])
def test_an_adjusted_lonely_unit_adds_the_square_of_its_total(make: Any) -> None:
    """ADJUST squares a linearised variable about 0, its mean over the population."""
    values, weight, unit = make_records(make_design([2, 1, 2], np.inf), 8)
    found, without = (
        replicated_totals(values, weight, make(make_design([2, 1, 2], np.inf, rule)), unit)
        for rule in (LonelyPSU.ADJUST, LonelyPSU.REMOVE)
    )
    lone = (weight * values)[unit == 2].sum()
    np.testing.assert_allclose(found.variance - without.variance, lone**2, rtol=1e-9)


def test_an_adjusted_lonely_unit_varies_in_the_bootstrap_too() -> None:
    for make in (rao_wu_replicates, bootstrap_replicates):
        factor = make(make_design([3, 1], np.inf, LonelyPSU.ADJUST), 500, seed=4).factor_by_unit[3]
        assert set(factor) == {0.0, 2.0}
        assert (make(make_design([3, 1], np.inf, LonelyPSU.REMOVE), 500, seed=4).factor_by_unit[3] == 1).all()


@pytest.mark.parametrize("make", [jackknife_replicates, balanced_replicates])
def test_a_lonely_stratum_fails_by_name_when_asked_to(make: Any) -> None:
    with pytest.raises(InputError, match="S1"):
        make(make_design([2, 1], np.inf))


def test_half_samples_of_three_units_name_the_stratum() -> None:
    with pytest.raises(InputError, match="S1” has 3 sampled units"):
        balanced_replicates(make_design([2, 3], np.inf))


def test_a_stratum_sampled_whole_has_no_error() -> None:
    design = Design(("a", "b"), np.array([0, 1, 1]), np.array([1.0, 2.0]))
    values, weight, unit = make_records(design, 1)
    for make in (
        jackknife_replicates,
        balanced_replicates,
        lambda d: rao_wu_replicates(d, 9, seed=1),
    ):
        np.testing.assert_allclose(
            replicated_totals(values, weight, make(design), unit).variance, 0, atol=1e-9
        )


def test_a_replicate_that_loses_a_domain_is_counted_and_made_up_for() -> None:
    """Replicate 1 of 3 leaves nobody of the domain: the other two stand for all three."""
    weight = np.ones(4)
    supplied = np.array([[0.0, 2, 1], [0, 1, 2], [3, 1, 1], [1, 1, 1]])
    replicates = supplied_replicates(weight, supplied, ReplicateType.BOOTSTRAP)
    y, member = np.array([1.0, 4.0, 0, 0]), np.array([True, True, False, False])
    result = replicated_means(y, weight, replicates, np.arange(4), member)
    assert result.undefined_replicates[0] == 1
    left = np.array([(2 * 1 + 1 * 4) / 3, (1 * 1 + 2 * 4) / 3])
    # 1/(R − 1) for each of three replicates: half the sum of squares, times 3/2 for the one that is lost.
    expected = 3 / 2 * 1 / 2 * np.sum((left - left.mean()) ** 2)
    np.testing.assert_allclose(result.variance[0], expected, rtol=1e-13)


def test_a_domain_in_one_unit_has_no_error_rather_than_none_to_speak_of() -> None:
    """All its replicates are alike: SE 0 would be false. Its total does vary."""
    design = make_design([4], np.inf)
    values, weight, unit = make_records(design, 2)
    replicates, member = jackknife_replicates(design), unit == 1
    result = replicated_means(values, weight, replicates, unit, member)
    assert np.isnan(result.variance[0]) and np.isfinite(result.value[0])
    assert result.undefined_replicates[0] == 1 and result.degrees_of_freedom[0] == 0
    assert replicated_totals(values, weight, replicates, unit, member).variance[0] > 0


def test_squares_about_the_estimate_are_never_smaller() -> None:
    design = make_design([3, 4], np.inf)
    values, weight, unit = make_records(design, 6)
    about_mean = jackknife_replicates(design)
    about_estimate = Replicates(
        about_mean.factor_by_unit, about_mean.scale_by_replicate, ReplicateCentre.ESTIMATE
    )
    means = [replicated_means(values, weight, r, unit).variance[0] for r in (about_mean, about_estimate)]
    assert means[1] >= means[0] > 0


def test_degrees_of_freedom_are_those_of_linearisation_and_in_domains_no_fewer() -> None:
    """R's rule for replicates is their rank less 1: units less strata of the whole, and at least that."""
    design = make_design([4, 3, 5], np.inf)
    values, weight, unit = make_records(design, 1)
    replicates = jackknife_replicates(design)
    assert replicated_means(values, weight, replicates, unit).degrees_of_freedom == 12 - 3
    member = (unit >= 4) & (unit != 9)
    linear = mean_variance(values, weight, design, unit, member)
    found = replicated_means(values, weight, replicates, unit, member)
    assert 5 == linear.degrees_of_freedom[0] <= found.degrees_of_freedom[0] <= 6


GOOD = np.array([[0.0, 2, 1], [2, 0, 1]])


@pytest.mark.parametrize(
    ("weights", "options", "code"),
    [
        (GOOD[:, :1], {}, "too_few_replicates"),
        (np.array([[1.0, -1], [1, 1]]), {}, "bad_replicate_weight"),
        (np.array([[1.0, np.nan], [1, 1]]), {}, "bad_replicate_weight"),
        (GOOD, {"kind": ReplicateType.JKN}, "jkn_without_scale"),
        (GOOD, {"scale": 0.0}, "bad_replicate_scale"),
        (GOOD, {"scale_by_replicate": np.array([1.0, -1, 1])}, "bad_replicate_scale"),
        (GOOD, {"scale_by_replicate": np.ones(2)}, "replicate_scales_do_not_fit"),
        (GOOD, {"kind": ReplicateType.FAY, "fay_rho": 1.0}, "fay_rho_out_of_range"),
    ],
)
def test_supplied_weights_that_cannot_be_are_problems(weights: Any, options: Any, code: str) -> None:
    options = {"kind": ReplicateType.JK1, **options}
    with pytest.raises(InputError) as raised:
        supplied_replicates(np.ones(2), weights, options.pop("kind"), **options)
    assert [problem.code for problem in raised.value.problems] == [code]


@pytest.mark.parametrize(
    ("kind", "rho", "scale"),
    [
        (ReplicateType.JK1, 0.0, 2 / 3),
        (ReplicateType.BRR, 0.0, 1 / 3),
        (ReplicateType.FAY, 0.5, 4 / 3),
        (ReplicateType.BOOTSTRAP, 0.0, 1 / 2),
    ],
)
def test_the_type_of_supplied_weights_sets_their_scale(kind: ReplicateType, rho: float, scale: float) -> None:
    replicates = supplied_replicates(np.ones(2), GOOD, kind, fay_rho=rho)
    np.testing.assert_allclose(replicates.scale_by_replicate, scale, rtol=1e-15)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 1000), st.booleans())
def test_raking_all_replicates_at_once_is_raking_each(seed: int, lost: bool) -> None:
    """Two margins of 3 and 4 categories, weights up to fourfold apart, some cells lost in some replicates."""
    rng = np.random.default_rng(seed)
    row, column = np.repeat(np.arange(3), 4), np.tile(np.arange(4), 3)
    auxiliary = np.hstack([np.eye(3)[row], np.eye(4)[column]])
    weight = rng.uniform(1, 4, (12, 8))
    if lost:
        weight[rng.integers(0, 12, 2), rng.integers(0, 8, 2)] = 0.0
    known = auxiliary.T @ rng.uniform(1, 2, 12)
    found = raked_anew(weight, auxiliary, known)
    for replicate in range(8):
        one = factors_of_cells(weight[:, replicate], auxiliary, known)
        if one.converged:
            kept = weight[:, replicate] > 0
            np.testing.assert_allclose(found[kept, replicate], one.factor_by_unit[kept], rtol=1e-7)
        else:
            assert np.isnan(found[:, replicate]).all()

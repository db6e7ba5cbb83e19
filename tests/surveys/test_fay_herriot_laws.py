"""Laws, edges and truth of the model of a share over areas (M10)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from surveys.sample import FloatArray
from surveys.smallarea.area_model import AreaModel, independent_columns, regress
from surveys.smallarea.bootstrap import bootstrap_mse
from surveys.smallarea.calibration import calibration_of
from surveys.smallarea.fit import (
    li_lahiri_reml_variance,
    ml_variance,
    moment_variance,
    reml_variance,
    yoshimori_lahiri_reml_variance,
)
from surveys.smallarea.likelihood import log_likelihood, restricted_log_likelihood, restricted_score, score
from surveys.smallarea.prediction import predict, reml_error
from surveys.smallarea.share_model import DirectShares, ShareEstimates, estimate_shares
from surveys.smallarea.share_scale import expected_share, from_arcsine, share_at, share_limits, to_arcsine


def shares(
    share: list[float] | FloatArray,
    effective_n: list[float] | FloatArray,
    *,
    covariates: FloatArray | None = None,
    total: float | None = None,
) -> DirectShares:
    p, n = np.array(share, dtype=float), np.array(effective_n, dtype=float)
    ones = np.ones((len(p), 1))
    return DirectShares(p, n, ones if covariates is None else np.hstack([ones, covariates]), 3 * n, total)


def assert_sound(found: ShareEstimates) -> None:
    arrays = (found.share, found.low, found.high, found.weight)
    assert all(np.isfinite(values).all() for values in arrays)
    assert (found.low <= found.share).all() and (found.share <= found.high).all()
    assert (found.low >= 0).all() and (found.high <= 1).all() and (found.low < found.high).all()
    assert (found.weight >= 0).all() and (found.weight <= 1).all()


@st.composite
def area_sets(draw: st.DrawFn) -> DirectShares:
    """4 to 12 areas with shares of whole counts, of 1 to 60 answers."""
    areas = draw(st.integers(4, 12))
    n = draw(st.lists(st.integers(1, 60), min_size=areas, max_size=areas))
    counts = [draw(st.integers(0, size)) for size in n]
    part = np.array(counts) / np.array(n)
    total = float(np.average(part, weights=n)) if draw(st.booleans()) else None
    return shares(part, [float(size) for size in n], total=total)


@settings(max_examples=60, deadline=None)
@given(area_sets())
def test_every_set_of_areas_gets_finite_estimates_inside_their_limits(direct: DirectShares) -> None:
    assert direct.fits()
    assert_sound(estimate_shares(direct))


@settings(max_examples=40, deadline=None)
@given(area_sets(), st.randoms(use_true_random=False))
def test_the_order_of_areas_changes_nothing(direct: DirectShares, random: object) -> None:
    order = np.arange(len(direct.sampled))
    random.shuffle(order)  # type: ignore[attr-defined]
    other = DirectShares(
        direct.share_by_area[order],
        direct.effective_n_by_area[order],
        direct.auxiliary_by_area[order],
        direct.base_by_area[order],
        direct.total,
    )
    one, two = estimate_shares(direct), estimate_shares(other)
    for name in ("share", "low", "high", "weight"):
        # Where REML is flat down to rounding (Â next to 0) the last digits depend on the order of sums.
        np.testing.assert_allclose(getattr(one, name)[order], getattr(two, name), rtol=1e-6, atol=1e-7)


@settings(max_examples=40, deadline=None)
@given(area_sets())
def test_benchmarked_estimates_add_up_to_the_direct_share(direct: DirectShares) -> None:
    found = estimate_shares(direct)
    if direct.total is not None and not found.unreachable:
        assert float(found.share @ direct.part_by_area) == pytest.approx(direct.total, abs=1e-12)
    else:
        assert found.shift == 0


def test_limits_move_with_the_benchmark() -> None:
    p, n = [0.8, 0.95, 0.9, 0.7, 0.99, 0.85], [40.0, 20, 30, 25, 35, 50]
    plain, benchmarked = estimate_shares(shares(p, n)), estimate_shares(shares(p, n, total=0.6))
    assert benchmarked.shift < -0.5
    for name in ("share", "low", "high"):
        moved = special.logit(getattr(benchmarked, name)) - special.logit(getattr(plain, name))
        np.testing.assert_allclose(moved, benchmarked.shift, rtol=1e-9)


def test_the_bootstrap_pays_for_estimating_the_variance_and_for_the_benchmark() -> None:
    """Beside the same draws fitted with A as it is: at eight areas estimating A adds about a tenth."""
    rng = np.random.default_rng(3)
    n, variance = np.full(8, 30.0), 0.004
    p = np.round(rng.beta(18, 2, 8) * n) / n
    one = shares(p, n)
    normal = rng.standard_normal((1000, 2, 8))
    angle = float(regress(one.model, one.angle, variance).on_basis @ one.model.basis[0])
    truth = angle + np.sqrt(variance) * normal[:, 0]
    direct = truth + np.sqrt(one.model.sampling_variance_by_area) * normal[:, 1]
    fitted = predict(one.model, direct, np.full(len(direct), variance))
    left = fitted.weight * one.model.sampling_variance_by_area
    known = ((expected_share(fitted.value, left) - share_at(truth)) ** 2).mean()
    assert 1.05 * known < bootstrap_mse(one, variance, normal).mean() < 1.3 * known
    # A benchmark passes the error of the direct total on.
    benchmarked = bootstrap_mse(shares(p, n, total=float(p.mean())), variance, normal)
    assert not np.allclose(benchmarked, bootstrap_mse(one, variance, normal), rtol=1e-6)


def random_model(seed: int, areas: int = 12, covariates: int = 1) -> tuple[AreaModel, FloatArray]:
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(areas), rng.normal(size=(areas, covariates))])
    variance = rng.uniform(0.2, 3.0, areas)
    return AreaModel(x, variance), x.sum(axis=1) + rng.normal(size=areas) * np.sqrt(
        variance + rng.uniform(0, 2)
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_estimate_is_the_highest_point_of_its_likelihood(seed: int) -> None:
    model, direct = random_model(seed)
    for variance_of, likelihood, slope in (
        (reml_variance, restricted_log_likelihood, restricted_score),
        (ml_variance, log_likelihood, score),
    ):
        best = float(variance_of(model, direct))
        grid = np.concatenate([[0.0], np.geomspace(1e-6, 1e3, 300)])
        heights = np.array([float(likelihood(model, direct, point)) for point in grid])
        assert float(likelihood(model, direct, best)) >= heights.max() - 1e-10
        assert abs(float(slope(model, direct, best))) < 1e-9 or (best == 0 and slope(model, direct, 0.0) <= 0)


@pytest.mark.parametrize(
    "likelihood", [(log_likelihood, score), (restricted_log_likelihood, restricted_score)]
)
def test_scores_are_the_slopes_of_the_likelihoods(likelihood: tuple) -> None:
    model, direct = random_model(3)
    value, slope = likelihood
    for at in (0.1, 1.0, 5.0):
        step = 1e-5 * at
        difference = (value(model, direct, at + step) - value(model, direct, at - step)) / (2 * step)
        assert float(slope(model, direct, at)) == pytest.approx(float(difference), rel=1e-6, abs=1e-9)


def test_replicates_are_fitted_as_if_one_by_one() -> None:
    model, _ = random_model(4)
    direct = np.random.default_rng(5).normal(size=(6, model.areas)) * 2
    for variance_of in (reml_variance, ml_variance, moment_variance, li_lahiri_reml_variance):
        together = variance_of(model, direct)
        alone = [float(variance_of(model, row)) for row in direct]
        np.testing.assert_allclose(together, alone, rtol=1e-10, atol=1e-12)


def test_the_own_estimate_counts_fully_as_its_sampling_variance_vanishes() -> None:
    rng = np.random.default_rng(6)
    p = rng.uniform(0.8, 0.95, 10)
    weights = []
    for n in (30.0, 3e3, 3e5):
        found = estimate_shares(shares(p, np.full(10, n)))
        weights.append(found.weight.min())
    assert weights[0] < weights[1] < weights[2] and weights[2] > 0.999
    np.testing.assert_allclose(found.share, p, atol=1e-4)


def test_equal_areas_shrink_to_their_mean() -> None:
    """No difference between areas: REML says 0, the floor keeps γ small, and all get nearly one number."""
    direct = shares([0.87, 0.93, 0.9, 0.88, 0.92, 0.9, 0.91, 0.89], [40.0] * 8)
    found = estimate_shares(direct)
    assert found.floored and found.weight.max() < 0.5
    assert np.ptp(found.share) < 0.5 * np.ptp(direct.share_by_area)
    same = estimate_shares(shares([0.9] * 8, [40.0] * 8))
    assert np.ptp(same.share) < 1e-12


def test_a_covariate_that_explains_the_areas_predicts_the_unsampled_ones() -> None:
    x = np.linspace(-1, 1, 14)
    truth = special.expit(2 + 0.8 * x)
    n = np.full(14, 200.0)
    n[[3, 10]] = 0
    p = np.where(n > 0, truth, np.nan)
    found = estimate_shares(shares(p, n, covariates=x[:, None]))
    assert_sound(found)
    np.testing.assert_allclose(found.share[[3, 10]], truth[[3, 10]], atol=0.01)
    assert found.weight[3] == found.weight[10] == 0
    flat = estimate_shares(shares(p, n))
    assert abs(flat.share[3] - truth[3]) > 0.03
    widths = flat.high - flat.low
    assert widths[3] > widths[[0, 1, 5]].max()


def test_all_answers_positive_is_a_finite_estimate_below_1() -> None:
    """Direct intervals would have width 0. No benchmark reaches 1, so none is made, and that is said."""
    found = estimate_shares(shares([1.0] * 6, [12.0, 20, 33.5, 8, 15, 40], total=1.0))
    assert_sound(found)
    assert found.unreachable and found.shift == 0
    assert (found.share < 1).all() and (found.share > 0.97).all() and (found.high == 1).all()


@pytest.mark.parametrize("areas", [1, 2, 3])
def test_too_few_areas_are_refused_and_not_guessed(areas: int) -> None:
    direct = shares([0.9] * areas, [30.0] * areas)
    assert not direct.fits()
    assert not shares([0.9] * areas + [np.nan] * 5, [30.0] * areas + [0.0] * 5).fits()
    with pytest.raises(ValueError, match=r"too few|cannot tell"):
        li_lahiri_reml_variance(direct.model, direct.angle)


def test_dependent_covariates_are_refused() -> None:
    x = np.arange(8.0)[:, None]
    assert not shares([0.9] * 8, [30.0] * 8, covariates=np.hstack([x, 2 * x + 5])).fits()
    assert shares([0.9] * 8, [30.0] * 8, covariates=1e9 + x).fits()
    assert independent_columns(np.hstack([x, 0 * x, x**2, x - 3 * x**2])).tolist() == [
        True,
        False,
        True,
        False,
    ]
    with pytest.raises(ValueError, match="combination"):
        AreaModel(np.hstack([x, x]), np.ones(8))
    with pytest.raises(ValueError, match="positive"):
        AreaModel(np.ones((8, 1)), np.zeros(8))


def test_adjusted_likelihoods_never_give_0() -> None:
    model = AreaModel(np.ones((8, 1)), np.full(8, 0.01))
    direct = 1.2 + 0.01 * np.linspace(-1, 1, 8)
    assert reml_variance(model, direct) == 0
    assert 0 < yoshimori_lahiri_reml_variance(model, direct) < li_lahiri_reml_variance(model, direct) < 0.02


def test_arcsine_scale_and_back() -> None:
    p = np.linspace(0, 1, 11)
    phi, variance = to_arcsine(p, 25.0)
    np.testing.assert_allclose(from_arcsine(phi, 25.0), p, atol=1e-12)
    assert variance == 1 / 102
    low, high = share_limits(np.array([0.0, 1.2, 1.57]), np.array([0.01, 0.01, 0.01]), 1.96)
    assert low[0] == 0 and high[2] == 1 and (low < high).all()
    # Prediction beyond a right angle (covariates reach far) is 100 % less what is left, not a falling share.
    assert expected_share(1.9, 0.0) == 1 and share_at(1.9) == 1


@pytest.mark.parametrize(("n", "p"), [(9, 0.9), (25, 0.95), (400, 0.8)])
def test_calibrated_angles_have_the_mean_and_variance_they_claim(n: int, p: float) -> None:
    """By exact summation over the binomial distribution."""
    calibration = calibration_of(np.array([p]), np.array([float(n)]))
    pooled = np.sin(calibration.centre) ** 2
    count = np.arange(n + 1)
    angle = calibration.angle((count / n)[:, None])[:, 0]
    weight = stats.binom.pmf(count, n, pooled)
    assert weight @ angle == pytest.approx(calibration.centre, abs=1e-12)
    claimed = float(calibration.sampling_variance_by_area[0])
    assert weight @ (angle - calibration.centre) ** 2 == pytest.approx(claimed, rel=1e-10)
    np.testing.assert_allclose(calibration.share(angle[:, None])[:, 0], count / n, atol=1e-12)
    step = 1e-4  # the mean follows asin√p to first order
    near = np.sin(calibration.centre + step) ** 2
    moved = stats.binom.pmf(count, n, near) @ angle
    assert moved - calibration.centre == pytest.approx(step, rel=5e-3)


def test_calibration_of_large_samples_is_the_plain_scale() -> None:
    p = np.array([0.7, 0.8, 0.85])
    calibration = calibration_of(p, np.full(3, 5e3))
    phi, variance = to_arcsine(p, 5e3)
    np.testing.assert_allclose(calibration.angle(p), phi, atol=2e-4)
    np.testing.assert_allclose(calibration.sampling_variance_by_area, variance, rtol=2e-3)
    between = calibration_of(np.full(3, 0.9), np.array([20.0, 20.5, 21.0])).sampling_variance_by_area
    assert between[0] > between[1] > between[2]


def test_mean_squared_errors_are_parts_of_a_whole() -> None:
    """γ → 1: the error is the sampling variance. γ → 0: what is left is that of the regression."""
    model = AreaModel(np.ones((10, 1)), np.full(10, 0.01))
    np.testing.assert_allclose(reml_error(model, 1e6).total, 0.01, rtol=1e-4)
    small = reml_error(model, 1e-12)
    np.testing.assert_allclose(small.g1 + small.g2, 0.001, rtol=1e-6)
    np.testing.assert_allclose(predict(model, np.arange(10.0), 1e6).value, np.arange(10.0), atol=1e-6)


def simulate(seed: int, replicates: int, p: float, spread: float, sizes: tuple[int, int]) -> dict[str, float]:
    """Coverage and error of 18 areas' benchmarked estimates, beside the direct ones with Wald's interval."""
    rng = np.random.default_rng(seed)
    covered, squared, wald, own, bootstrap = [], [], [], [], []
    for replicate in range(replicates):
        truth = special.expit(special.logit(p) + spread * rng.standard_normal(18))
        n = rng.integers(*sizes, size=18).astype(float)
        direct = rng.binomial(n.astype(int), truth) / n
        one = shares(direct, n, total=float(np.average(direct, weights=n)))
        found = estimate_shares(one)
        covered.append((found.low <= truth) & (truth <= found.high))
        squared.append((found.share - truth) ** 2)
        wald.append(np.abs(direct - truth) <= 1.96 * np.sqrt(direct * (1 - direct) / n))
        own.append((direct - truth) ** 2)
        if replicate < 25:
            bootstrap.append(bootstrap_mse(one, found.between_variance, rng.standard_normal((100, 2, 18))))
    return {
        "coverage": float(np.mean(covered)),
        "rmse": float(np.sqrt(np.mean(squared))),
        "wald": float(np.mean(wald)),
        "direct_rmse": float(np.sqrt(np.mean(own))),
        "bootstrap_rmse": float(np.sqrt(np.mean(bootstrap))),
    }


@pytest.mark.parametrize(
    ("p", "spread", "sizes"), [(0.90, 0.4, (20, 61)), (0.90, 0.8, (20, 61)), (0.95, 0.5, (8, 17))]
)
def test_coverage_and_error_at_18_areas(p: float, spread: float, sizes: tuple[int, int]) -> None:
    """18 areas: at least .93 covered, less error than the direct estimates, an honest bootstrap.

    100 populations each, 1,800 intervals; .012 is allowed for chance (two standard errors).
    """
    result = simulate(20100731, 100, p, spread, sizes)
    assert result["coverage"] >= 0.93 - 0.012, result
    assert result["coverage"] > result["wald"] + 0.02, result
    assert result["rmse"] < 0.95 * result["direct_rmse"], result
    assert 0.8 < result["bootstrap_rmse"] / result["rmse"] < 1.35, result

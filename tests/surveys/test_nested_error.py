"""The model of Battese, Harter and Fuller: R lme4, laws, and truth by simulation (M10)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from surveys.smallarea.nested_error import (
    NestedErrorFit,
    UnitData,
    fit_nested_error,
    nested_error_at,
    predict_means,
)
from tests.oracle import oracle, shared_path

CASES = ("bhf_lme4",)


def lme4_data() -> tuple[UnitData, list[str]]:
    """``visits ~ agegrp + sex + (1 | subdistrict)``."""
    data = pd.read_csv(shared_path("oracles", "survey", "bhf_lme4", "data.csv")).dropna(
        subset=["visits", "agegrp", "sex"]
    )
    area, labels = pd.factorize(data["subdistrict"], sort=True)
    auxiliary = np.column_stack([np.ones(len(data)), data["agegrp"], data["sex"] == "M"]).astype(float)
    return UnitData(data["visits"].to_numpy(float), auxiliary, area, len(labels)), list(labels)


def check(fit: NestedErrorFit, expected: dict[str, object], labels: list[str], rtol: float) -> None:
    assert expected.keys() == {"lme4", "beta", "vb", "var_subdistrict", "var_resid", "ranef"}
    ranef, beta = expected["ranef"], expected["beta"]
    assert isinstance(ranef, dict) and isinstance(beta, dict)
    assert ranef["subdistrict"] == labels and list(beta) == ["(Intercept)", "agegrp", "sexM"]
    np.testing.assert_allclose(fit.coefficients, list(beta.values()), rtol=rtol)
    np.testing.assert_allclose(fit.covariance, np.array(expected["vb"]), rtol=rtol)
    np.testing.assert_allclose(fit.between_variance, expected["var_subdistrict"], rtol=rtol)
    np.testing.assert_allclose(fit.within_variance, expected["var_resid"], rtol=rtol)
    np.testing.assert_allclose(fit.effect_by_area, ranef["u"], rtol=rtol)


def test_reml_fit_equals_lme4() -> None:
    """``lmer(…, REML = TRUE)`` of lme4 1.1-31.

    lme4's search stops 1.3e-7 from the maximum though asked for 1e-12: its criterion is flat to the last
    digit there. So all is compared at lme4's own ratio of variances to 1e-10; our ratio solves the score
    equation, is as likely, and gives the same numbers to 2e-7.
    """
    data, labels = lme4_data()
    expected = oracle("survey", "bhf_lme4", "result.json")["results"]
    theirs = nested_error_at(data, expected["var_subdistrict"] / expected["var_resid"])
    ours = fit_nested_error(data)
    check(theirs, expected, labels, 1e-10)
    check(ours, expected, labels, 2e-7)
    assert ours.restricted_log_likelihood >= theirs.restricted_log_likelihood - 1e-12


def simulated(
    rng: np.random.Generator, areas: int, between: float, size: int = 8
) -> tuple[UnitData, np.ndarray, np.ndarray]:
    """Answers, population means of the covariates, and the true area means."""
    area = np.repeat(np.arange(areas), size)
    auxiliary = np.column_stack([np.ones(len(area)), rng.normal(size=len(area))])
    effect = np.sqrt(between) * rng.standard_normal(areas)
    value = auxiliary @ [70.0, 3.0] + effect[area] + 5 * rng.standard_normal(len(area))
    means = np.column_stack([np.ones(areas), np.full(areas, 0.2)])
    return UnitData(value, auxiliary, area, areas), means, means @ [70.0, 3.0] + effect


def test_predicted_means_cover_the_truth_and_beat_the_areas_own_means() -> None:
    rng = np.random.default_rng(7)
    covered, squared, own = [], [], []
    for _ in range(150):
        data, means, truth = simulated(rng, 20, between=4.0)
        value, mse = predict_means(data, fit_nested_error(data), means)
        covered.append(np.abs(value - truth) <= 1.96 * np.sqrt(mse))
        squared.append((value - truth) ** 2)
        mean = np.bincount(data.area_of_record, data.value_of_record) / data.size_by_area
        own.append((mean - truth) ** 2)
    assert 0.93 <= np.mean(covered) <= 0.98
    assert np.mean(squared) < 0.8 * np.mean(own)


def test_the_mean_squared_error_is_that_of_the_prediction_by_matrices() -> None:
    """g1 + g2 + 2·g3 of Prasad & Rao (1990) with V of all records, the slope of b = V⁻¹c taken numerically.

    θ̂ = l′β̂ + c′V⁻¹(y − Xβ̂), c the covariance of the area's effect with the records:
    g1 = σ²_u − c′V⁻¹c, g2 = d′(X′V⁻¹X)⁻¹d with d = l − X′V⁻¹c, g3 = tr(∂b′ V ∂b · I⁻¹) with
    I_jk = ½ tr(V⁻¹∂V_j V⁻¹∂V_k). Areas of 1 to 12 respondents, one without.
    """
    rng = np.random.default_rng(11)
    area = np.repeat(np.arange(8), [1, 2, 4, 5, 7, 9, 10, 12])
    x = np.column_stack([np.ones(50), rng.normal(size=50) + area / 4])
    y = x @ [70.0, 3.0] + 2 * rng.standard_normal(8)[area] + 3 * rng.standard_normal(50)
    data = UnitData(y, x, area, 9)
    fit = fit_nested_error(data)
    assert fit.between_variance > 0.5
    member = (area[:, None] == np.arange(9)).astype(float)
    slopes = (member @ member.T, np.eye(50))
    variances = np.array([fit.between_variance, fit.within_variance])

    def covariance(of: np.ndarray) -> np.ndarray:
        return np.asarray(of[0] * slopes[0] + of[1] * slopes[1])

    means = np.column_stack([np.ones(9), np.linspace(-1, 3, 9)])
    inverse = np.linalg.inv(covariance(variances))
    spread = np.linalg.inv(x.T @ inverse @ x)
    beta = spread @ x.T @ inverse @ y
    information = [[0.5 * np.trace(inverse @ one @ inverse @ two) for two in slopes] for one in slopes]
    value, mse = predict_means(data, fit, means)
    for k in range(9):
        c = variances[0] * member[:, k]
        g1 = variances[0] - c @ inverse @ c
        d = means[k] - x.T @ inverse @ c
        steps = 1e-4 * variances[:, None] * np.eye(2)
        b = [
            [np.linalg.solve(covariance(at), at[0] * member[:, k]) for at in (variances + h, variances - h)]
            for h in steps
        ]
        change = np.array([(up - down) / (2 * h.sum()) for (up, down), h in zip(b, steps, strict=True)])
        g3 = np.trace(change @ covariance(variances) @ change.T @ np.linalg.inv(information))
        np.testing.assert_allclose(value[k], means[k] @ beta + c @ inverse @ (y - x @ beta), rtol=1e-10)
        np.testing.assert_allclose(mse[k], g1 + d @ spread @ d + 2 * g3, rtol=1e-6)


def test_variances_are_found_again() -> None:
    data, _, _ = simulated(np.random.default_rng(1), areas=400, between=4.0)
    fit = fit_nested_error(data)
    assert fit.between_variance == pytest.approx(4.0, rel=0.15)
    assert fit.within_variance == pytest.approx(25.0, rel=0.05)
    np.testing.assert_allclose(fit.coefficients, [70.0, 3.0], rtol=0.05)


def test_an_area_without_answers_is_predicted_from_its_covariates_alone() -> None:
    data, means, _ = simulated(np.random.default_rng(2), areas=10, between=4.0)
    wider = UnitData(data.value_of_record, data.auxiliary_of_record, data.area_of_record, 11)
    fit = fit_nested_error(wider)
    value, mse = predict_means(wider, fit, np.vstack([means, means[:1]]))
    assert fit.weight_by_area[10] == 0 and fit.effect_by_area[10] == 0
    assert value[10] == pytest.approx(means[0] @ fit.coefficients)
    assert mse[10] > fit.between_variance
    np.testing.assert_allclose(value[:10], predict_means(data, fit_nested_error(data), means)[0], rtol=1e-10)


def test_no_difference_between_areas_gives_variance_0_and_the_ordinary_least_squares_fit() -> None:
    rng = np.random.default_rng(3)
    auxiliary = np.column_stack([np.ones(60), rng.normal(size=60)])
    residual = rng.normal(size=60)
    area = np.repeat(np.arange(6), 10)
    residual -= (np.bincount(area, residual) / 10)[area]  # every area has the same mean
    auxiliary[:, 1] -= (np.bincount(area, auxiliary[:, 1]) / 10)[area]
    data = UnitData(auxiliary @ [1.0, 2.0] + residual, auxiliary, area, 6)
    fit = fit_nested_error(data)
    ordinary = np.linalg.lstsq(auxiliary, data.value_of_record, rcond=None)[0]
    assert fit.between_variance == 0
    np.testing.assert_allclose(fit.coefficients, ordinary, rtol=1e-10)
    np.testing.assert_allclose(fit.effect_by_area, 0, atol=1e-12)


def test_units_and_the_order_of_records_change_nothing() -> None:
    data, _, _ = simulated(np.random.default_rng(4), areas=8, between=4.0)
    fit = fit_nested_error(data)
    order = np.random.default_rng(5).permutation(len(data.value_of_record))
    other = fit_nested_error(
        UnitData(
            10 * data.value_of_record[order],
            data.auxiliary_of_record[order] * [1.0, 1e6],
            data.area_of_record[order],
            8,
        )
    )
    np.testing.assert_allclose(other.between_variance, 100 * fit.between_variance, rtol=1e-9)
    np.testing.assert_allclose(other.coefficients, fit.coefficients * [10, 1e-5], rtol=1e-9)
    np.testing.assert_allclose(other.effect_by_area, 10 * fit.effect_by_area, rtol=1e-9)


def test_what_cannot_be_fitted_says_why() -> None:
    ones, area = np.ones((6, 1)), np.array([0, 0, 1, 1, 2, 2])
    with pytest.raises(ValueError, match="explain every answer exactly"):
        fit_nested_error(UnitData(np.full(6, 80.0), ones, area, 3))
    with pytest.raises(ValueError, match="no combinations"):
        UnitData(np.arange(6.0), np.hstack([ones, ones]), area, 3)


@pytest.mark.parametrize(
    ("area", "varying"),
    [
        ([0, 1, 2, 3, 4, 5], False),  # one respondent an area: every deviation may be either's
        ([0, 0, 1, 2, 3, 4], True),  # the only pair differs in its covariate, which explains it
        ([0, 0, 0, 0, 0, 0], False),  # one area: its effect is the constant
    ],
)
def test_variances_that_nothing_tells_apart_are_refused(area: list[int], varying: bool) -> None:
    """They were once printed with γ ≈ 1, and their mean squared error ended in a singular matrix."""
    rng = np.random.default_rng(6)
    auxiliary = np.column_stack([np.ones(6), rng.normal(size=6)][: 2 if varying else 1])
    with pytest.raises(ValueError, match="cannot be told apart"):
        fit_nested_error(UnitData(rng.normal(size=6), auxiliary, np.array(area), 6))


def test_one_pair_in_an_area_is_enough_to_tell_the_variances_apart() -> None:
    rng = np.random.default_rng(7)
    data = UnitData(rng.normal(size=6), np.ones((6, 1)), np.array([0, 0, 1, 2, 3, 4]), 5)
    assert data.tells_variances_apart
    assert np.isfinite(predict_means(data, fit_nested_error(data), np.ones((5, 1)))[1]).all()

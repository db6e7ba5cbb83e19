"""Log-likelihoods of the variance between areas, their slopes, and adjustments that keep it from 0 (M10)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from surveys.sample import FloatArray
from surveys.smallarea.area_model import AreaModel, Regression, regress


def log_likelihood(model: AreaModel, direct: FloatArray, variance: npt.ArrayLike) -> FloatArray:
    """Profile log-likelihood of A, with β̂ of that A; shape (…).

    Parameters
    ----------
    direct
        Direct estimates, shape (…, areas).
    variance
        A, shape (…).
    """
    fit = regress(model, direct, variance)
    return np.asarray(
        -0.5 * (model.areas * np.log(2 * np.pi) - np.log(fit.weight).sum(axis=-1) + _quadratic(fit))
    )


def restricted_log_likelihood(model: AreaModel, direct: FloatArray, variance: npt.ArrayLike) -> FloatArray:
    """Residual (restricted) log-likelihood of A, that of m − p error contrasts; shape (…).

    Notes
    -----
    Patterson & Thompson (1971), Harville (1974): with ½ log|X′X| it does not depend on the scale of x.
    """
    fit = regress(model, direct, variance)
    determinant = -np.linalg.slogdet(fit.inverse_information)[1]
    return np.asarray(
        -0.5
        * (
            model.spare_areas * np.log(2 * np.pi)
            - np.log(fit.weight).sum(axis=-1)
            + determinant
            + _quadratic(fit)
        )
    )


def score(model: AreaModel, direct: FloatArray, variance: npt.ArrayLike) -> FloatArray:
    """Slope of `log_likelihood` in A: ½(y′P²y − tr V⁻¹); shape (…)."""
    fit = regress(model, direct, variance)
    return np.asarray(0.5 * (_squares(fit) - fit.weight.sum(axis=-1)))


def restricted_score(model: AreaModel, direct: FloatArray, variance: npt.ArrayLike) -> FloatArray:
    """Slope of `restricted_log_likelihood` in A: ½(y′P²y − tr P); shape (…)."""
    fit = regress(model, direct, variance)
    trace = fit.weight.sum(axis=-1) - leverage_trace(model, fit)
    return np.asarray(0.5 * (_squares(fit) - trace))


def leverage_trace(model: AreaModel, fit: Regression) -> FloatArray:
    """Trace of V⁻¹ − P, tr[(X′V⁻¹X)⁻¹ X′V⁻²X]: what the estimation of β takes away; shape (…)."""
    return np.asarray(
        np.trace(fit.inverse_information @ model.information(fit.weight**2), axis1=-2, axis2=-1)
    )


def li_lahiri(_: AreaModel, variance: npt.ArrayLike) -> FloatArray:
    """Log A, the adjustment of Li & Lahiri (2010): −∞ at 0, so that the maximum lies above."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(variance))


def li_lahiri_slope(_: AreaModel, variance: npt.ArrayLike) -> FloatArray:
    """1/A."""
    with np.errstate(divide="ignore"):
        return np.asarray(1 / np.asarray(variance, dtype=np.float64))


def yoshimori_lahiri(model: AreaModel, variance: npt.ArrayLike) -> FloatArray:
    """(1/m) log arctan Σ A/(A + D), the milder adjustment of Yoshimori & Lahiri (2014)."""
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.arctan(_weights_of_areas(model, variance))) / model.areas)


def yoshimori_lahiri_slope(model: AreaModel, variance: npt.ArrayLike) -> FloatArray:
    """Slope of `yoshimori_lahiri` in A."""
    total = _weights_of_areas(model, variance)
    below = np.asarray(variance, dtype=np.float64)[..., None] + model.sampling_variance_by_area
    slope = (model.sampling_variance_by_area / below**2).sum(axis=-1)
    with np.errstate(divide="ignore"):
        return np.asarray(slope / (1 + total**2) / np.arctan(total) / model.areas)


def _weights_of_areas(model: AreaModel, variance: npt.ArrayLike) -> FloatArray:
    between = np.asarray(variance, dtype=np.float64)[..., None]
    return np.asarray((between / (between + model.sampling_variance_by_area)).sum(axis=-1))


def _quadratic(fit: Regression) -> FloatArray:
    return np.asarray((fit.weight * fit.residual**2).sum(axis=-1))


def _squares(fit: Regression) -> FloatArray:
    """y′P²y = Σ (w r)²."""
    return np.asarray(((fit.weight * fit.residual) ** 2).sum(axis=-1))

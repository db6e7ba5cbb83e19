"""Empirical best linear unbiased predictions of areas, and their mean squared errors (M10)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from surveys.sample import FloatArray
from surveys.smallarea.area_model import AreaModel, Regression, regress
from surveys.smallarea.likelihood import leverage_trace


@dataclass(frozen=True)
class Prediction:
    """Predictions of the areas with a direct estimate; shapes (…, areas).

    Parameters
    ----------
    value
        γ·direct + (1 − γ)·x′β̂.
    weight
        γ = A/(A + D): how much of the area's own estimate is in it.
    synthetic
        x′β̂, what the other areas and the covariates say.
    """

    value: FloatArray
    weight: FloatArray
    synthetic: FloatArray


@dataclass(frozen=True)
class ErrorParts:
    """Parts of a mean squared error (Prasad & Rao 1990); shapes (…, areas).

    Parameters
    ----------
    g1, g2
        If A were known: γD, and what estimating β adds.
    g3
        What estimating A adds once; it enters twice, because g1(Â) is too small by as much again.
    shrinkage
        (1 − γ)²: how a bias of Â enters g1.
    """

    g1: FloatArray
    g2: FloatArray
    g3: FloatArray
    shrinkage: FloatArray

    @property
    def total(self) -> FloatArray:
        """g1 + g2 + 2·g3, for an estimator of A without bias to this order."""
        return self.g1 + self.g2 + 2 * self.g3


def predict(model: AreaModel, direct: FloatArray, variance: npt.ArrayLike) -> Prediction:
    """EBLUP of every area with a direct estimate (Fay & Herriot 1979).

    Parameters
    ----------
    direct
        Direct estimates, shape (…, areas).
    variance
        Estimate of A, shape (…).
    """
    between = np.asarray(variance, dtype=np.float64)
    fit = regress(model, direct, between)
    weight = between[..., None] * fit.weight
    synthetic = direct - fit.residual
    return Prediction(synthetic + weight * fit.residual, weight, synthetic)


def predict_unsampled(
    model: AreaModel, direct: FloatArray, variance: npt.ArrayLike, auxiliary_by_area: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Value x′β̂ and mean squared error A + x′(X′V⁻¹X)⁻¹x of areas without a sample; shapes (…, areas)."""
    between = np.asarray(variance, dtype=np.float64)
    fit = regress(model, direct, between)
    rows = model.raw_basis(auxiliary_by_area)
    return fit.on_basis @ rows.T, between[..., None] + _spread_of(fit, rows)


def reml_error(model: AreaModel, variance: npt.ArrayLike) -> ErrorParts:
    """Parts for REML, whose Â has variance 2/Σ(A + D)⁻² and no bias to this order (Datta & Lahiri 2000)."""
    fit = _weights(model, variance)
    return _parts(model, fit, variance, 2 / (fit.weight**2).sum(axis=-1))


def reml_mse(model: AreaModel, variance: npt.ArrayLike) -> FloatArray:
    """g1 + g2 + 2·g3; also for REML with the adjustment of Yoshimori & Lahiri."""
    return reml_error(model, variance).total


def ml_mse(model: AreaModel, variance: npt.ArrayLike) -> FloatArray:
    """For ML, less the bias of Â in g1 (Datta & Lahiri 2000); also with Yoshimori & Lahiri's adjustment."""
    fit = _weights(model, variance)
    bias = -leverage_trace(model, fit) / (fit.weight**2).sum(axis=-1)
    return _corrected(reml_error(model, variance), bias)


def li_lahiri_reml_mse(model: AreaModel, variance: npt.ArrayLike) -> FloatArray:
    """For REML with log A added: the bias (2/A)/Σ(A + D)⁻² of Â is taken out (Li & Lahiri 2010)."""
    between = np.asarray(variance, dtype=np.float64)
    fit = _weights(model, between)
    return _corrected(reml_error(model, between), 2 / between / (fit.weight**2).sum(axis=-1))


def li_lahiri_ml_mse(model: AreaModel, variance: npt.ArrayLike) -> FloatArray:
    """For ML with log A added: both biases are taken out (Li & Lahiri 2010)."""
    between = np.asarray(variance, dtype=np.float64)
    fit = _weights(model, between)
    bias = (2 / between - leverage_trace(model, fit)) / (fit.weight**2).sum(axis=-1)
    return _corrected(reml_error(model, between), bias)


def moment_mse(model: AreaModel, variance: npt.ArrayLike) -> FloatArray:
    """For the moment method of Fay & Herriot: variance 2m/(Σ(A + D)⁻¹)², with its bias taken out.

    Notes
    -----
    Datta, Rao & Smith (2005).
    """
    fit = _weights(model, variance)
    first, second = fit.weight.sum(axis=-1), (fit.weight**2).sum(axis=-1)
    bias = 2 * (model.areas * second - first**2) / first**3
    return _corrected(_parts(model, fit, variance, 2 * model.areas / first**2), bias)


def _weights(model: AreaModel, variance: npt.ArrayLike) -> Regression:
    between = np.asarray(variance, dtype=np.float64)
    return regress(model, np.zeros((*between.shape, model.areas)), between)


def _parts(
    model: AreaModel, fit: Regression, variance: npt.ArrayLike, variance_of_estimate: FloatArray
) -> ErrorParts:
    between = np.asarray(variance, dtype=np.float64)[..., None]
    shrinkage = (model.sampling_variance_by_area * fit.weight) ** 2
    return ErrorParts(
        g1=between * fit.weight * model.sampling_variance_by_area,
        g2=shrinkage * _spread_of(fit, model.basis),
        g3=shrinkage * fit.weight * np.asarray(variance_of_estimate)[..., None],
        shrinkage=shrinkage,
    )


def _corrected(parts: ErrorParts, bias: FloatArray) -> FloatArray:
    return parts.total - parts.shrinkage * np.asarray(bias)[..., None]


def _spread_of(fit: Regression, rows: FloatArray) -> FloatArray:
    """x′(X′V⁻¹X)⁻¹x for each row, shape (…, rows)."""
    return np.asarray(np.einsum("di,...ij,dj->...d", rows, fit.inverse_information, rows))

"""The variance between areas: REML, ML, adjusted likelihoods, and the method of moments (M10).

Every function takes direct estimates with any leading axes of replicates, so a parametric bootstrap is one
call. The search is global: the likelihood on a grid from 0 up to a bound that no maximum exceeds, then the
root of its slope beside the best point.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.optimize import elementwise

from surveys.sample import FloatArray, IntArray
from surveys.smallarea.area_model import AreaModel, regress
from surveys.smallarea.likelihood import (
    li_lahiri,
    li_lahiri_slope,
    log_likelihood,
    restricted_log_likelihood,
    restricted_score,
    score,
    yoshimori_lahiri,
    yoshimori_lahiri_slope,
)

_GRID_POINTS = 40
_LEAST_PART = 1e-7
"""The least positive point of the grid, as a part of its end."""

Criterion = Callable[[AreaModel, FloatArray, FloatArray], FloatArray]
Adjustment = Callable[[AreaModel, npt.ArrayLike], FloatArray]


def reml_variance(model: AreaModel, direct: FloatArray) -> FloatArray:
    """Â by residual maximum likelihood, cut at 0; shape of the replicates (M10).

    Parameters
    ----------
    direct
        Direct estimates, shape (…, areas).
    """
    return _maximum(model, direct, restricted_log_likelihood, restricted_score)


def ml_variance(model: AreaModel, direct: FloatArray) -> FloatArray:
    """Â by maximum likelihood, cut at 0."""
    return _maximum(model, direct, log_likelihood, score)


def li_lahiri_reml_variance(model: AreaModel, direct: FloatArray) -> FloatArray:
    """Â = argmax{log A + residual log-likelihood}: always above 0 (Li & Lahiri 2010).

    Raises
    ------
    ValueError
        There are not at least three areas more than coefficients: the criterion has no maximum.
    """
    _check_spare_areas(model, model.spare_areas)
    return _adjusted(
        model, direct, (restricted_log_likelihood, restricted_score), (li_lahiri, li_lahiri_slope)
    )


def li_lahiri_ml_variance(model: AreaModel, direct: FloatArray) -> FloatArray:
    """Â = argmax{log A + profile log-likelihood} (Li & Lahiri 2010); needs three areas or more."""
    _check_spare_areas(model, model.areas)
    return _adjusted(model, direct, (log_likelihood, score), (li_lahiri, li_lahiri_slope))


def yoshimori_lahiri_reml_variance(model: AreaModel, direct: FloatArray) -> FloatArray:
    """As `li_lahiri_reml_variance`, with the adjustment of Yoshimori & Lahiri (2014)."""
    return _adjusted(
        model,
        direct,
        (restricted_log_likelihood, restricted_score),
        (yoshimori_lahiri, yoshimori_lahiri_slope),
    )


def yoshimori_lahiri_ml_variance(model: AreaModel, direct: FloatArray) -> FloatArray:
    """As `li_lahiri_ml_variance`, with the adjustment of Yoshimori & Lahiri (2014)."""
    return _adjusted(model, direct, (log_likelihood, score), (yoshimori_lahiri, yoshimori_lahiri_slope))


def moment_variance(model: AreaModel, direct: FloatArray) -> FloatArray:
    """Â that makes Σ (y − x′β̂)²/(A + D) its expectation m − p, cut at 0.

    Notes
    -----
    Fay & Herriot (1979); Paule & Mandel (1982) in meta-analysis. The sum falls in A, so the root is unique.
    """

    def excess(_: AreaModel, values: FloatArray, variance: FloatArray) -> FloatArray:
        fit = regress(model, values, variance)
        return np.asarray((fit.weight * fit.residual**2).sum(axis=-1) - model.spare_areas)

    flat = _flat(direct)
    result = np.zeros(len(flat))
    positive = excess(model, flat, result) > 0
    high = np.full(int(positive.sum()), _bound(model, flat[positive]))
    result[positive] = _root(model, flat[positive], excess, np.zeros(len(high)), high)
    return result.reshape(direct.shape[:-1])


def closed_moment_variance(model: AreaModel, direct: FloatArray) -> FloatArray:
    """Â in closed form from the residuals weighted by 1/D, cut at 0 (DerSimonian & Laird 1986)."""
    fit = regress(model, direct, np.zeros(direct.shape[:-1]))
    lost = np.trace(fit.inverse_information @ model.information(fit.weight**2), axis1=-2, axis2=-1)
    quadratic = (fit.weight * fit.residual**2).sum(axis=-1)
    return np.asarray(np.maximum((quadratic - model.spare_areas) / (fit.weight.sum(axis=-1) - lost), 0.0))


def _adjusted(
    model: AreaModel,
    direct: FloatArray,
    likelihood: tuple[Criterion, Criterion],
    adjustment: tuple[Adjustment, Adjustment],
) -> FloatArray:
    def value(inner: AreaModel, values: FloatArray, variance: FloatArray) -> FloatArray:
        return likelihood[0](inner, values, variance) + adjustment[0](inner, variance)

    def slope(inner: AreaModel, values: FloatArray, variance: FloatArray) -> FloatArray:
        return likelihood[1](inner, values, variance) + adjustment[1](inner, variance)

    return _maximum(model, direct, value, slope)


def _maximum(model: AreaModel, direct: FloatArray, value: Criterion, slope: Criterion) -> FloatArray:
    """Argument A ≥ 0 of the largest value, for each replicate."""
    flat = _flat(direct)
    end = _bound(model, flat)
    while (slope(model, flat, np.full(len(flat), end)) > 0).any():
        end *= 2  # an adjustment moves maxima up; it ends, because every criterion falls in the end
    grid = np.concatenate([[0.0], end * np.geomspace(_LEAST_PART, 1.0, _GRID_POINTS)])
    # One A for all replicates: their weights are shared, which makes the grid cheap.
    height = np.array([value(model, flat, np.asarray(point)) for point in grid])
    best = height.argmax(axis=0)
    rising = slope(model, flat, grid[best]) > 0
    low = grid[np.where(rising, best, np.maximum(best - 1, 0))]
    high = grid[np.where(rising, np.minimum(best + 1, len(grid) - 1), best)]
    inside = low < high
    result = grid[best].copy()
    result[inside] = _root(model, flat[inside], slope, low[inside], high[inside])
    return np.asarray(result.reshape(direct.shape[:-1]))


def _root(
    model: AreaModel, direct: FloatArray, function: Criterion, low: FloatArray, high: FloatArray
) -> FloatArray:
    """Root between `low` and `high`; where both slopes point one way, the end to which they point."""
    if not len(direct):
        return np.zeros(0)

    def at(variance: FloatArray, replicate: IntArray) -> FloatArray:
        return function(model, direct[replicate], variance)

    found = elementwise.find_root(
        at, (low, high), args=(np.arange(len(direct)),), tolerances={"xrtol": 1e-14}
    )
    falling_only = function(model, direct, low) <= 0
    return np.where(found.success, found.x, np.where(falling_only, low, high))


def _bound(model: AreaModel, direct: FloatArray) -> float:
    """A variance above every maximum: s + max D, s the residual variance of ordinary least squares.

    With a = A + min D and δ = max D − min D the slope is negative if (m − p)a² > (m − p)s(a + δ), which
    a = s + δ meets.
    """
    residual = direct - (direct @ model.basis) @ model.basis.T
    spread = (residual**2).sum(axis=-1) / model.spare_areas
    return float(spread.max(initial=0.0) + model.sampling_variance_by_area.max())


def _check_spare_areas(model: AreaModel, spare: int) -> None:
    if spare < 3:
        raise ValueError(f"{model.areas} areas are too few for an adjusted likelihood")


def _flat(direct: FloatArray) -> FloatArray:
    return direct.reshape(-1, direct.shape[-1])

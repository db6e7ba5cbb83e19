"""Calibration (M5): factors that make weighted totals of auxiliaries equal to known ones, and its residuals.

Shared notation: unit k is a record, or a cell of records whose auxiliaries are alike; d_k its base weight,
x_k its auxiliaries, T the known totals, g_k = F(x_k′λ/v_k) its factor. λ solves Σ d_k g_k x_k = T by Newton
steps on the convex dual problem, so a solution is found wherever there is one.

Sources: Deville & Särndal (1992), JASA 87, 376–382; Deville, Särndal & Sautory (1993), JASA 88, 1013–1020.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import linalg, special

from surveys.problem import Problem, Severity
from surveys.records.linear import Linearised
from surveys.sample import FloatArray, IntArray

CONVERGED = 1e-9
"""Largest part of a total that may be missed."""
_ROUNDING = 1e-14
_MOST_STEPS, _MOST_HALVINGS = 100, 40
_RIDGE = 1e-12
_SOFTENING = 0.05
"""Slope of units at a bound, as a part of their weight, where a step would else be blind to them."""

Response = Callable[[FloatArray], tuple[FloatArray, FloatArray, FloatArray]]
"""u = x′λ of each unit → ∫dF, dF and dF′ (weights, not factors) of each unit."""


@dataclass(frozen=True)
class Calibration:
    """Weights made to match known totals.

    Parameters
    ----------
    auxiliary_by_unit
        x, shape (units, totals).
    base_weight_by_unit
        d, shape (units,).
    total_by_auxiliary
        T, shape (totals,).
    factor_by_unit
        g, shape (units,); the best found where it did not converge.
    steps
        Newton steps, or sweeps over the margins.
    working_variance_by_unit
        v, shape (units,); None: 1.
    """

    auxiliary_by_unit: FloatArray
    base_weight_by_unit: FloatArray
    total_by_auxiliary: FloatArray
    factor_by_unit: FloatArray
    steps: int
    working_variance_by_unit: FloatArray | None = None

    @property
    def weight_by_unit(self) -> FloatArray:
        """Final weights d·g."""
        return self.base_weight_by_unit * self.factor_by_unit

    @property
    def missed_by_auxiliary(self) -> FloatArray:
        """What the final weights give minus the known total, as a part of its size."""
        weighted = np.abs(self.auxiliary_by_unit) * np.abs(self.weight_by_unit)[:, None]
        size = np.maximum(np.abs(self.total_by_auxiliary), weighted.sum(axis=0))
        missed = self.auxiliary_by_unit.T @ self.weight_by_unit - self.total_by_auxiliary
        return np.asarray(missed / np.where(size > 0, size, 1.0), dtype=np.float64)

    @property
    def converged(self) -> bool:
        """Whether every total is met."""
        return bool((np.abs(self.missed_by_auxiliary) <= CONVERGED).all())

    def problems(self, names: tuple[str, ...]) -> tuple[Problem, ...]:
        """Errors of weights that nothing should be computed from.

        Parameters
        ----------
        names
            What each total counts, for the messages.
        """
        found: list[Problem] = []
        if not self.converged:
            missed = self.missed_by_auxiliary
            worst = int(np.argmax(np.abs(missed)))
            detail = {"margin": names[worst], "missed": f"{missed[worst]:+.2%}", "steps": str(self.steps)}
            found.append(Problem("calibration_not_converged", Severity.ERROR, detail=detail))
        negative = int((self.weight_by_unit < 0).sum())
        if negative:
            detail = {"smallest": f"{self.weight_by_unit.min():.4g}"}
            found.append(Problem("negative_weights", Severity.ERROR, detail=detail, count=negative))
        return tuple(found)


def linear_calibration(
    auxiliary_by_unit: FloatArray,
    base_weight_by_unit: FloatArray,
    total_by_auxiliary: FloatArray,
    *,
    working_variance_by_unit: FloatArray | None = None,
) -> Calibration:
    """Generalised regression (GREG): g = 1 + x′λ/v. Weights may become negative; `problems` says so.

    Parameters
    ----------
    auxiliary_by_unit
        Shape (units, totals); columns may depend on each other if their totals do too.
    base_weight_by_unit
        Positive, shape (units,).
    total_by_auxiliary
        Shape (totals,).
    working_variance_by_unit
        Variance of the working model up to a constant; None: the same for all.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> linear_calibration(x, np.ones(3), np.array([6.0, 5.0])).factor_by_unit.round(6).tolist()
    [3.0, 3.0, 5.0]
    """
    bounds = (-np.inf, np.inf)
    return _calibrated(
        auxiliary_by_unit,
        base_weight_by_unit,
        total_by_auxiliary,
        lambda u: _linear(u, bounds),
        working_variance_by_unit,
    )


def bounded_linear_calibration(
    auxiliary_by_unit: FloatArray,
    base_weight_by_unit: FloatArray,
    total_by_auxiliary: FloatArray,
    bounds: tuple[float, float],
) -> Calibration:
    """Linear calibration with factors cut at `bounds` (low < 1 < high); see `linear_calibration`."""
    return _calibrated(
        auxiliary_by_unit, base_weight_by_unit, total_by_auxiliary, lambda u: _linear(u, bounds)
    )


def raking_calibration(
    auxiliary_by_unit: FloatArray, base_weight_by_unit: FloatArray, total_by_auxiliary: FloatArray
) -> Calibration:
    """Raking: g = exp(x′λ), always positive; see `linear_calibration`."""
    return _calibrated(auxiliary_by_unit, base_weight_by_unit, total_by_auxiliary, _exponential)


def logit_calibration(
    auxiliary_by_unit: FloatArray,
    base_weight_by_unit: FloatArray,
    total_by_auxiliary: FloatArray,
    bounds: tuple[float, float],
) -> Calibration:
    """Calibration with factors inside `bounds` (low < 1 < high) by a logistic curve."""
    return _calibrated(
        auxiliary_by_unit, base_weight_by_unit, total_by_auxiliary, lambda u: _logistic(u, bounds)
    )


def mean_within(values: FloatArray, group_of_unit: IntArray) -> FloatArray:
    """Mean of the group of each unit. Auxiliaries and base weights so averaged give every group one factor.

    Parameters
    ----------
    values
        Shape (units,) or (units, columns).
    """
    size = np.bincount(group_of_unit).astype(np.float64)
    columns = values.reshape(len(values), -1)
    total = np.column_stack([np.bincount(group_of_unit, weights=column) for column in columns.T])
    return np.asarray((total / size[:, None])[group_of_unit].reshape(values.shape), dtype=np.float64)


def calibrated(linearised: Linearised, calibration: Calibration) -> Linearised:
    """Scores of estimates whose weights were calibrated: E = U − g·d·x′β.

    β is the regression of U/(g·d), the unweighted score, with weights d/v over *all* units, 0 for those
    outside the domain. `surveys.records.linear.estimates_of` makes the variance of it.

    Parameters
    ----------
    linearised
        Estimates made with the final weights, one row for each unit of the calibration.
    """
    x, d, g = calibration.auxiliary_by_unit, calibration.base_weight_by_unit, calibration.factor_by_unit
    variance = calibration.working_variance_by_unit
    precision = np.ones_like(d) if variance is None else 1.0 / variance
    scale = _scale(x)
    scaled = x / scale
    root = np.sqrt(d * precision)
    # A factor of 0 leaves nothing of its unit in any estimate.
    used = (g != 0) & (d > 0)
    unweighted = linearised.score_by_record / np.where(used, g * d, 1.0)[:, None] * used[:, None]
    # Through singular values: columns of several margins add up to 1 each, so they depend on each other.
    beta = np.linalg.lstsq(scaled * root[:, None], unweighted * root[:, None], rcond=1e-10)[0]
    score = linearised.score_by_record - (g * d)[:, None] * (scaled @ beta)
    return Linearised(linearised.value, score, linearised.member_by_record)


def solve_dual(
    auxiliary_by_unit: FloatArray, total_by_auxiliary: FloatArray, response: Response
) -> tuple[FloatArray, int]:
    """The u = x′λ that minimises Σ∫dF(u) − T′λ, and the number of Newton steps taken.

    Where the totals cannot be met there is no minimum; the last u before steps stopped helping is given.
    """
    scale = _scale(auxiliary_by_unit)
    x, total = auxiliary_by_unit / scale, total_by_auxiliary / scale
    at = np.zeros(x.shape[1])
    value, fitted, slope = response(x @ at)
    objective = float(value.sum())
    for step in range(_MOST_STEPS):
        gap = total - x.T @ fitted
        missed = _missed(gap, total, x, fitted)
        if missed <= _ROUNDING:
            return x @ at, step
        direction = _direction(x, gap, fitted, slope)
        gain = float(gap @ direction)
        for halving in range(_MOST_HALVINGS):
            length = 0.5**halving
            new = at + length * direction
            value, fitted_new, slope_new = response(x @ new)
            lower = float(value.sum() - total @ new)
            # Close to the solution the objective no longer tells steps apart, the gap still does.
            nearer = _missed(total - x.T @ fitted_new, total, x, fitted_new) < missed
            if lower <= objective - 1e-4 * length * gain or (nearer and missed < 1e-6):
                break
        else:
            return x @ at, step
        if lower >= objective and not nearer:
            return x @ at, step
        at, fitted, slope, objective = new, fitted_new, slope_new, lower
    return x @ at, _MOST_STEPS


def _direction(x: FloatArray, gap: FloatArray, fitted: FloatArray, slope: FloatArray) -> FloatArray:
    """Newton's step; where units at a bound leave it blind to a part of the gap, one that sees all of it."""
    hessian = x.T @ (slope[:, None] * x)
    step = _solved(hessian, gap)
    unseen = gap - hessian @ step
    if np.abs(unseen).max() <= 1e-6 * np.abs(gap).max():
        return step
    softened = slope + _SOFTENING * np.abs(fitted)
    return _solved(x.T @ (softened[:, None] * x), gap)


def _solved(hessian: FloatArray, gap: FloatArray) -> FloatArray:
    """Solution of equations that may depend on each other, as those of several margins do.

    Directions that no unit sees get no weight from `_RIDGE`; its error is taken back by the next step.
    """
    ridge = _RIDGE * float(np.max(np.diag(hessian), initial=0.0))
    try:
        factor = linalg.cho_factor(hessian + ridge * np.eye(len(gap)))
    except linalg.LinAlgError:
        return np.asarray(np.linalg.lstsq(hessian, gap, rcond=1e-13)[0], dtype=np.float64)
    return np.asarray(linalg.cho_solve(factor, gap), dtype=np.float64)


def _missed(gap: FloatArray, total: FloatArray, x: FloatArray, fitted: FloatArray) -> float:
    """Largest gap as a part of its total's size."""
    size = np.maximum(np.abs(total), np.abs(x).T @ np.abs(fitted))
    return float(np.max(np.abs(gap) / np.where(size > 0, size, 1.0), initial=0.0))


def _calibrated(
    x: FloatArray,
    d: FloatArray,
    total: FloatArray,
    distance: Callable[[FloatArray], tuple[FloatArray, FloatArray, FloatArray]],
    variance: FloatArray | None = None,
) -> Calibration:
    v = np.ones_like(d) if variance is None else variance

    def response(u: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        integral, factor, slope = distance(u / v)
        return d * v * integral, d * factor, d / v * slope

    u, steps = solve_dual(x, total, response)
    return Calibration(x, d, total, distance(u / v)[1], steps, variance)


def _linear(u: FloatArray, bounds: tuple[float, float]) -> tuple[FloatArray, FloatArray, FloatArray]:
    low, high = bounds[0] - 1.0, bounds[1] - 1.0
    cut = np.clip(u, low, high)
    integral = u + cut * u - cut**2 / 2
    return integral, 1.0 + cut, ((u > low) & (u < high)).astype(np.float64)


def _exponential(u: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    factor = np.exp(np.minimum(u, 300.0))  # a step that far is taken back, but must not overflow
    return factor, factor, factor


def _logistic(u: FloatArray, bounds: tuple[float, float]) -> tuple[FloatArray, FloatArray, FloatArray]:
    low, high = bounds
    steepness = (high - low) / ((1 - low) * (high - 1))
    at = steepness * u + np.log((1 - low) / (high - 1))
    share = special.expit(at)
    integral = low * u + (high - low) / steepness * np.logaddexp(0.0, at)
    return integral, low + (high - low) * share, (high - low) * steepness * share * (1 - share)


def _scale(auxiliary_by_unit: FloatArray) -> FloatArray:
    """Size of each column, so that incomes beside indicators do not spoil the equations."""
    largest = np.max(np.abs(auxiliary_by_unit), axis=0, initial=0.0)
    return np.where(largest > 0, largest, 1.0)

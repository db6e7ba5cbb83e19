"""The unit-level model of Battese, Harter and Fuller: y = x′β + area effect + own deviation (M10)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import elementwise

from surveys.sample import FloatArray, IntArray
from surveys.smallarea.area_model import independent_columns
from surveys.variance import sum_by

_GRID_POINTS = 60
_LARGEST_RATIO = 1e6


@dataclass(frozen=True)
class NestedErrorFit:
    """REML fit of the nested-error model.

    Parameters
    ----------
    coefficients, covariance
        β̂ and σ̂²_e (X′V⁻¹X)⁻¹ with V in units of σ²_e; shapes (p,) and (p, p).
    between_variance, within_variance
        σ̂²_u of areas and σ̂²_e of respondents.
    effect_by_area
        Predicted area effects û = γ(ȳ − x̄′β̂), shape (areas,); 0 where nobody answered.
    weight_by_area
        γ = σ²_u/(σ²_u + σ²_e/n), shape (areas,).
    restricted_log_likelihood
        At the maximum, with ½ log|X′X|.
    """

    coefficients: FloatArray
    covariance: FloatArray
    between_variance: float
    within_variance: float
    effect_by_area: FloatArray
    weight_by_area: FloatArray
    restricted_log_likelihood: float


@dataclass(frozen=True)
class UnitData:
    """Answers of respondents with their covariates and areas.

    Parameters
    ----------
    value_of_record
        y, shape (records,).
    auxiliary_of_record
        x with its column of ones, shape (records, p).
    area_of_record
        Index of the area, shape (records,).
    areas
        Number of areas, with those in which nobody answered.

    Raises
    ------
    ValueError
        A column of x is a combination of the others, or there are no more records than columns.
    """

    value_of_record: FloatArray
    auxiliary_of_record: FloatArray
    area_of_record: IntArray
    areas: int

    def __post_init__(self) -> None:
        """Check what the fit relies on."""
        records, columns = self.auxiliary_of_record.shape
        if records <= columns or not independent_columns(self.auxiliary_of_record).all():
            raise ValueError("more records than columns are needed, and columns that are no combinations")

    @cached_property
    def size_by_area(self) -> FloatArray:
        """Respondents, shape (areas,)."""
        return np.bincount(self.area_of_record, minlength=self.areas).astype(np.float64)

    @cached_property
    def triangle(self) -> FloatArray:
        """R of x = Q·R."""
        return np.asarray(np.linalg.qr(self.auxiliary_of_record)[1])

    @cached_property
    def total_by_area(self) -> FloatArray:
        """Sums of the rows of Q, then of y, over the respondents of each area; shape (areas, p + 1)."""
        return np.asarray(sum_by(self._columns, self.area_of_record, self.areas))

    @cached_property
    def products(self) -> FloatArray:
        """Cross-products of the columns of Q and y, shape (p + 1, p + 1)."""
        return np.asarray(self._columns.T @ self._columns)

    @property
    def tells_variances_apart(self) -> bool:
        """Whether residuals are left both within areas and between their means.

        Within: more records than areas and columns that vary inside them. Between: more areas than columns
        that do not.
        """
        size = np.maximum(self.size_by_area, 1.0)
        mean = self.total_by_area[:, :-1] / size[:, None]
        inside = np.linalg.qr(self.auxiliary_of_record)[0] - mean[self.area_of_record]
        varying = int(np.linalg.matrix_rank(inside, tol=1e-9))
        sampled = int((self.size_by_area > 0).sum())
        records, columns = self.auxiliary_of_record.shape
        return bool(records > sampled + varying and sampled > columns - varying)

    @cached_property
    def _columns(self) -> FloatArray:
        basis = np.linalg.qr(self.auxiliary_of_record)[0]
        return np.column_stack([basis, self.value_of_record])


def fit_nested_error(data: UnitData) -> NestedErrorFit:
    """Fit by residual maximum likelihood, profiled to the ratio σ²_u/σ²_e.

    Raises
    ------
    ValueError
        The covariates explain every answer exactly: there is no variance to share out; or nothing tells the
        two variances apart, as with one respondent an area.

    Notes
    -----
    M10. Battese, Harter & Fuller (1988); Patterson & Thompson (1971). V⁻¹ of an area is
    (I − λ/(1 + nλ) 11′)/σ²_e, so all the fit needs is sums over areas.
    """
    if not data.tells_variances_apart:
        raise ValueError(
            "respondents of one area must differ in more than their covariates, and areas too: "
            "otherwise the variances between and within areas cannot be told apart"
        )
    if float(_profile(data, np.zeros(1)).quadratic[0]) <= 1e-20 * float(data.products[-1, -1]):
        raise ValueError("the covariates explain every answer exactly: there is no variance to share out")
    return nested_error_at(data, _best_ratio(data))


def nested_error_at(data: UnitData, ratio: float) -> NestedErrorFit:
    """The fit for a given ratio σ²_u/σ²_e of the two variances, σ̂²_e that of REML for this ratio."""
    state = _profile(data, np.array([ratio]))
    back = np.linalg.inv(data.triangle)
    spare = len(data.value_of_record) - len(back)
    within = float(state.quadratic[0]) / spare
    size, p = data.size_by_area, len(back)
    residual_total = data.total_by_area[:, p] - data.total_by_area[:, :p] @ state.on_basis[0]
    return NestedErrorFit(
        coefficients=np.asarray(back @ state.on_basis[0]),
        covariance=within * back @ np.linalg.inv(state.information[0]) @ back.T,
        between_variance=ratio * within,
        within_variance=within,
        effect_by_area=residual_total * ratio / (1 + size * ratio),
        weight_by_area=size * ratio / (1 + size * ratio),
        restricted_log_likelihood=float(_criterion(data, np.array([ratio]))[0]),
    )


def predict_means(
    data: UnitData, fit: NestedErrorFit, mean_by_area: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """EBLUP X̄′β̂ + û of area means, and its mean squared error g1 + g2 + 2·g3; shapes (areas,).

    Parameters
    ----------
    mean_by_area
        Population means of the covariates, shape (areas, p).

    Notes
    -----
    Prasad & Rao (1990), for samples that are a small part of their areas. g3 takes the asymptotic covariance
    of the REML estimates of both variances.
    """
    size, gamma = data.size_by_area, fit.weight_by_area
    safe = np.maximum(size, 1.0)
    sampled = data.total_by_area[:, : len(fit.coefficients)] @ data.triangle / safe[:, None]
    difference = mean_by_area - gamma[:, None] * np.where(size[:, None] > 0, sampled, 0.0)
    g1 = (1 - gamma) * fit.between_variance
    g2 = np.einsum("di,ij,dj->d", difference, fit.covariance, difference)
    # Without respondents γ = 0 whatever the variances: nothing is lost by estimating them.
    total = fit.between_variance + fit.within_variance / safe
    covariance = np.linalg.inv(_variance_information(data, fit))
    slope = np.stack([fit.within_variance / safe, np.full(len(size), -fit.between_variance) / safe], axis=1)
    g3 = np.where(size > 0, np.einsum("di,ij,dj->d", slope, covariance, slope) / total**3, 0.0)
    return mean_by_area @ fit.coefficients + fit.effect_by_area, g1 + g2 + 2 * g3


@dataclass(frozen=True)
class _Profile:
    on_basis: FloatArray
    information: FloatArray
    quadratic: FloatArray


def _profile(data: UnitData, ratio: FloatArray) -> _Profile:
    """β̂ and the residual sum of squares for given ratios, shape (ratios, …), in units of σ²_e."""
    factor = ratio[:, None] / (1 + data.size_by_area * ratio[:, None])
    total = data.total_by_area
    crossed = data.products - np.einsum("rd,di,dj->rij", factor, total, total)
    information, right = crossed[:, :-1, :-1], crossed[:, :-1, -1]
    on_basis = np.linalg.solve(information, right[..., None])[..., 0]
    quadratic = crossed[:, -1, -1] - np.einsum("ri,ri->r", right, on_basis)
    return _Profile(on_basis, information, np.maximum(quadratic, 0.0))


def _criterion(data: UnitData, ratio: FloatArray) -> FloatArray:
    """Residual log-likelihood profiled to the ratio, shape (ratios,)."""
    state = _profile(data, ratio)
    spare = len(data.value_of_record) - data.auxiliary_of_record.shape[1]
    inside = np.log1p(data.size_by_area * ratio[:, None]).sum(axis=1)
    return np.asarray(
        -0.5
        * (
            spare * (1 + np.log(2 * np.pi * state.quadratic / spare))
            + inside
            + np.linalg.slogdet(state.information)[1]
        )
    )


def _slope(data: UnitData, ratio: FloatArray) -> FloatArray:
    """Slope of `_criterion`, shape (ratios,)."""
    state = _profile(data, ratio)
    spare = len(data.value_of_record) - data.auxiliary_of_record.shape[1]
    below = 1 + data.size_by_area * ratio[:, None]
    total = data.total_by_area[:, :-1]
    residual = data.total_by_area[:, -1] - state.on_basis @ total.T
    change = np.einsum("rd,di,dj->rij", 1 / below**2, total, total)
    lost = np.trace(np.linalg.solve(state.information, change), axis1=1, axis2=2)
    fitted = (residual**2 / below**2).sum(axis=1)
    return np.asarray(
        -0.5 * ((data.size_by_area / below).sum(axis=1) - lost - spare * fitted / state.quadratic)
    )


def _best_ratio(data: UnitData) -> float:
    """λ ≥ 0 of the largest criterion: the best point of a grid, then the root of the slope beside it."""
    grid = np.concatenate([[0.0], np.geomspace(1e-8, _LARGEST_RATIO, _GRID_POINTS)])
    best = int(_criterion(data, grid).argmax())
    rising = float(_slope(data, grid[[best]])[0]) > 0
    low, high = (
        (grid[best], grid[min(best + 1, len(grid) - 1)]) if rising else (grid[max(best - 1, 0)], grid[best])
    )
    if low == high:
        return float(grid[best])
    found = elementwise.find_root(lambda x: _slope(data, x), (np.array([low]), np.array([high])))
    return float(found.x[0]) if bool(found.success[0]) else float(grid[best])


def _variance_information(data: UnitData, fit: NestedErrorFit) -> FloatArray:
    """Expected information of (σ²_u, σ²_e) without the terms of β, shape (2, 2) (Prasad & Rao 1990)."""
    size = data.size_by_area[data.size_by_area > 0]
    eigenvalue = fit.within_variance + size * fit.between_variance
    between = (size**2 / eigenvalue**2).sum()
    crossed = (size / eigenvalue**2).sum()
    within = ((size - 1) / fit.within_variance**2 + 1 / eigenvalue**2).sum()
    return 0.5 * np.array([[between, crossed], [crossed, within]])

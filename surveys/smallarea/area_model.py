"""The area-level model of Fay and Herriot: direct estimate = x′β + area effect + sampling error."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from surveys.sample import FloatArray

_SMALLEST_PIVOT = 1e-9
"""Relative to the column's own length: below it a column adds nothing to those before it."""


@dataclass(frozen=True)
class AreaModel:
    """Areas with a direct estimate: what explains them, and how precise they are.

    θ_d = x_d′β + u_d with u_d ~ N(0, A); the direct estimate is θ_d + e_d with e_d ~ N(0, D_d), D_d known.

    Parameters
    ----------
    auxiliary_by_area
        x, with its column of ones; shape (areas, coefficients), of full column rank.
    sampling_variance_by_area
        D, positive and finite; shape (areas,).

    Raises
    ------
    ValueError
        A sampling variance is not positive, there are no more areas than coefficients, or a column of x is a
        combination of the others.
    """

    auxiliary_by_area: FloatArray
    sampling_variance_by_area: FloatArray

    def __post_init__(self) -> None:
        """Check what every formula relies on."""
        variance = self.sampling_variance_by_area
        areas, coefficients = self.auxiliary_by_area.shape
        if variance.shape != (areas,) or not (np.isfinite(variance) & (variance > 0)).all():
            raise ValueError("sampling variances must be positive and finite, one for each area")
        if areas <= coefficients:
            raise ValueError(f"{areas} areas cannot tell {coefficients} coefficients and a variance")
        if not independent_columns(self.auxiliary_by_area).all():
            raise ValueError("a column of the auxiliaries is a combination of those before it")

    @property
    def areas(self) -> int:
        """Number of areas with a direct estimate."""
        return len(self.sampling_variance_by_area)

    @property
    def spare_areas(self) -> int:
        """Areas beyond the number of coefficients."""
        return self.areas - int(self.auxiliary_by_area.shape[1])

    @cached_property
    def basis(self) -> FloatArray:
        """Orthonormal columns that span those of x: covariates of any size, without loss of digits."""
        return np.asarray(np.linalg.qr(self.auxiliary_by_area)[0])

    @cached_property
    def triangle(self) -> FloatArray:
        """R of x = basis · R."""
        return np.asarray(np.linalg.qr(self.auxiliary_by_area)[1])

    @cached_property
    def _products(self) -> FloatArray:
        """Products of the basis' columns, shape (areas, coefficients²)."""
        return np.asarray((self.basis[:, :, None] * self.basis[:, None, :]).reshape(self.areas, -1))

    def information(self, weight: FloatArray) -> FloatArray:
        """Σ w q q′ over areas, q the row of the basis; shape (…, coefficients, coefficients)."""
        size = self.basis.shape[1]
        return np.asarray((weight @ self._products).reshape(*weight.shape[:-1], size, size))

    def raw_basis(self, auxiliary_by_area: FloatArray) -> FloatArray:
        """Rows of the basis for any areas, such as those without a sample; shape (areas, coefficients)."""
        return np.asarray(np.linalg.solve(self.triangle.T, auxiliary_by_area.T).T)


@dataclass(frozen=True)
class Regression:
    """Generalised least squares of direct estimates for given variances between areas.

    Every array may have leading axes of replicates, the same for all.

    Parameters
    ----------
    weight
        1/(A + D), shape (…, areas).
    inverse_information
        (Σ w q q′)⁻¹ on the basis, shape (…, coefficients, coefficients).
    on_basis
        Coefficients on the basis, shape (…, coefficients).
    residual
        Direct estimate less x′β̂, shape (…, areas).
    """

    weight: FloatArray
    inverse_information: FloatArray
    on_basis: FloatArray
    residual: FloatArray


def regress(model: AreaModel, direct: FloatArray, variance: npt.ArrayLike) -> Regression:
    """Fit β for given variances between areas.

    Parameters
    ----------
    direct
        Direct estimates, shape (…, areas).
    variance
        A, not negative, shape (…).
    """
    between = np.asarray(variance, dtype=np.float64)
    weight = 1 / (between[..., None] + model.sampling_variance_by_area)
    inverse = np.asarray(np.linalg.inv(model.information(weight)), dtype=np.float64)
    on_basis = np.einsum("...ij,...j->...i", inverse, (weight * direct) @ model.basis)
    return Regression(weight, inverse, on_basis, direct - on_basis @ model.basis.T)


def coefficients(model: AreaModel, regression: Regression) -> tuple[FloatArray, FloatArray]:
    """β̂ and its covariance (X′V⁻¹X)⁻¹ on the auxiliaries' own units; shapes (…, p) and (…, p, p)."""
    back = np.linalg.inv(model.triangle)
    return regression.on_basis @ back.T, back @ regression.inverse_information @ back.T


def independent_columns(matrix: FloatArray) -> npt.NDArray[np.bool_]:
    """Columns that are no combination of the columns before them, shape (columns,)."""
    length = np.linalg.norm(matrix, axis=0)
    kept: list[FloatArray] = []
    result = np.zeros(matrix.shape[1], dtype=bool)
    for column in range(matrix.shape[1]):  # over a handful of covariates
        rest = matrix[:, column] / (length[column] or 1.0)
        for _ in range(2):  # once more takes away what rounding left
            for known in kept:
                rest = rest - known * float(known @ rest)
        size = float(np.linalg.norm(rest))
        if length[column] > 0 and size > _SMALLEST_PIVOT:
            result[column] = True
            kept.append(rest / size)
    return result

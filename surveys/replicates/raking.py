"""Raking of many replicates at once (M2, M5): the same known totals from the weights of each replicate."""

from __future__ import annotations

import numpy as np

from surveys.sample import FloatArray
from surveys.variance import BoolArray
from surveys.weights.raking import factors_of_cells

_STEPS = 25
_ROUNDING = 1e-13
"""A total is met when no more than this part of it is missed."""
_DEPENDENT = 1e-9
"""Directions of the auxiliaries below this part of the largest depend on the others."""
_RIDGE = 1e-12
"""Keeps equations solvable where a replicate has lost cells; that totals are met is checked afterwards."""


def raked_anew(
    weight_by_cell: FloatArray, auxiliary_by_cell: FloatArray, total_by_auxiliary: FloatArray
) -> FloatArray:
    """Raking factors of cells in each replicate.

    Newton steps for all replicates together; those that they do not settle are raked one by one, more
    carefully.

    Parameters
    ----------
    weight_by_cell
        Weights of the cells in each replicate, not negative, shape (cells, replicates).
    auxiliary_by_cell, total_by_auxiliary
        As for `surveys.weights.raking.factors_of_cells`; the totals are met by weights near those of the
        replicates.

    Returns
    -------
    Shape (cells, replicates); NaN for a replicate whose weights cannot meet the totals.
    """
    basis, total = _basis(weight_by_cell.mean(axis=1), auxiliary_by_cell, total_by_auxiliary)
    cells, directions = basis.shape
    products = (basis[:, :, None] * basis[:, None, :]).reshape(cells, -1)
    at = np.zeros((directions, weight_by_cell.shape[1]))
    ridge = _RIDGE * np.eye(directions)
    for _ in range(_STEPS):
        weights = weight_by_cell * _factor(basis, at)
        gap = total[:, None] - basis.T @ weights
        slope = (products.T @ weights).T.reshape(-1, directions, directions) + ridge
        # A step too far is cut: factors change by at most e, and what does not settle is raked one by one.
        step = np.linalg.solve(slope, gap.T[:, :, None])[:, :, 0].T
        longest = np.abs(basis @ step).max(axis=0, initial=0.0)
        at += step / np.maximum(longest, 1.0)
        if longest.max(initial=0.0) < _ROUNDING:
            break
    factor = _factor(basis, at)
    for replicate in np.flatnonzero(~_met(weight_by_cell * factor, auxiliary_by_cell, total_by_auxiliary)):
        raked = factors_of_cells(weight_by_cell[:, replicate], auxiliary_by_cell, total_by_auxiliary)
        factor[:, replicate] = raked.factor_by_unit if raked.converged else np.nan
    return factor


def _basis(weight: FloatArray, auxiliary: FloatArray, total: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Directions that span the auxiliaries, orthonormal under the weights, and their totals."""
    root = np.sqrt(weight)[:, None]
    _, size, rotation = np.linalg.svd(root * auxiliary, full_matrices=False)
    kept = size > _DEPENDENT * size.max(initial=0.0)
    turn = rotation[kept].T / size[kept]
    return auxiliary @ turn, turn.T @ total


def _factor(basis: FloatArray, at: FloatArray) -> FloatArray:
    return np.exp(np.clip(basis @ at, -300.0, 300.0))


def _met(weight_by_cell: FloatArray, auxiliary: FloatArray, total: FloatArray) -> BoolArray:
    size = np.maximum(np.abs(total)[:, None], np.abs(auxiliary).T @ weight_by_cell)
    missed = np.abs(auxiliary.T @ weight_by_cell - total[:, None])
    return np.asarray((missed <= 1e-10 * size).all(axis=0), dtype=np.bool_)

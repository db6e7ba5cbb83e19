"""Limits on weights (M5): as R's ``trimWeights``, and raking that keeps a limit while its margins hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surveys.sample import FloatArray, IntArray
from surveys.weights.calibration import solve_dual

_MOST_ROUNDS = 10_000


def trim(weight_by_record: FloatArray, *, low: float = -np.inf, high: float = np.inf) -> FloatArray:
    """Weights cut at the limits once; what was cut off is shared equally among those that were inside.

    The sum of weights stays. Those that receive may pass the limit by it: see `trim_strictly`.

    Examples
    --------
    >>> import numpy as np
    >>> trim(np.array([1.0, 2.0, 9.0]), high=6).tolist()
    [2.5, 3.5, 6.0]
    """
    cut = np.clip(weight_by_record, low, high)
    outside = cut != weight_by_record
    inside = ~outside
    if not outside.any() or not inside.any():
        return cut
    shared = (weight_by_record - cut).sum() / inside.sum()
    return np.where(inside, cut + shared, cut)


def trim_strictly(weight_by_record: FloatArray, *, low: float = -np.inf, high: float = np.inf) -> FloatArray:
    """`trim`, repeated until no weight is outside the limits.

    Where the limits cannot hold together with the sum of weights, the limits go before the sum.
    """
    weight = weight_by_record
    for _ in range(_MOST_ROUNDS):
        if ((weight >= low) & (weight <= high)).all():
            return weight
        weight = trim(weight, low=low, high=high)
    return np.clip(weight, low, high)


@dataclass(frozen=True)
class Capped:
    """Raked weights with an upper limit.

    Parameters
    ----------
    base_weight_by_record
        Base weights as trimmed: within a cell all final weights are the same multiple of them.
    factor_by_cell
        That multiple, shape (cells,).
    missed_by_auxiliary
        What the weights give minus the known total, as a part of it, shape (totals,).
    """

    base_weight_by_record: FloatArray
    factor_by_cell: FloatArray
    missed_by_auxiliary: FloatArray


def capped_raking(
    base_weight_by_record: FloatArray,
    cell_of_record: IntArray,
    auxiliary_by_cell: FloatArray,
    total_by_auxiliary: FloatArray,
    cap: float,
) -> Capped:
    """Weights min(d·exp(x′λ), cap) that meet all totals (Deville & Särndal's truncated exponential).

    Trimming *after* raking would break the margins; here both hold at once wherever they can.

    Parameters
    ----------
    base_weight_by_record
        d, positive.
    cell_of_record
        Cell of each record, all known.
    auxiliary_by_cell
        x, shape (cells, totals); raking margins as of `surveys.weights.raking.auxiliaries`.
    cap
        Largest final weight.
    """
    size = float((auxiliary_by_cell.sum(axis=1)[cell_of_record] * base_weight_by_record).sum())
    scale = float(total_by_auxiliary.sum()) / size
    base = base_weight_by_record * scale
    respond = _Truncated(base, cell_of_record, len(auxiliary_by_cell), cap)
    u, _ = solve_dual(auxiliary_by_cell, total_by_auxiliary, respond)
    factor = np.exp(np.clip(u, -300.0, 300.0))  # totals that cannot be met lead far away
    trimmed = np.minimum(base, cap / factor[cell_of_record])
    fitted = auxiliary_by_cell.T @ respond(u)[1]
    return Capped(trimmed / scale, factor * scale, fitted / total_by_auxiliary - 1)


@dataclass(frozen=True)
class _Truncated:
    """Weights min(d·exp(u), cap), their integral and slope, summed over the records of each cell."""

    base_weight_by_record: FloatArray
    cell_of_record: IntArray
    cells: int
    cap: float

    def __call__(self, u: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        at = u[self.cell_of_record]
        at_cap = np.log(self.cap / self.base_weight_by_record)
        weight = self.base_weight_by_record * np.exp(np.minimum(at, at_cap))
        integral = weight + np.where(at < at_cap, 0.0, self.cap * (at - at_cap))
        slope = np.where(at < at_cap, weight, 0.0)
        return self._sums(integral), self._sums(weight), self._sums(slope)

    def _sums(self, values: FloatArray) -> FloatArray:
        return np.bincount(self.cell_of_record, weights=values, minlength=self.cells).astype(np.float64)

"""Linearised scores: what each cell of the tally contributes to the error of an estimate (M2, M5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surveys.design import Design
from surveys.product import product
from surveys.sample import FloatArray, IntArray
from surveys.tally import PSU, WEIGHTING, Tally
from surveys.variance import BoolArray, sum_by

_RANK_TOLERANCE = 1e-9
"""An auxiliary depends on others where they leave less than this part of it; margins always do."""
_OWN_TOLERANCE = 1e-9
"""A unit with all but this part of the weight behind a direction is the only one that knows it."""


@dataclass(frozen=True)
class Weighting:
    """The regression that calibrated weights take out of an estimate's error (M5).

    Known totals of auxiliaries x have no sampling error, so neither has the part of a score that x explains:
    E = u − w·x′β, with β from *base* weights over all sampled. Deville & Särndal (1992); R's ``calibrate``.

    Parameters
    ----------
    cell_of_row
        Weighting cell of each cell of the tally (or of each class of these); −1 where there is none.
    weight_by_cell
        Σw of the final weights over *all sampled* records of a weighting cell, answered or not.
    factor_by_cell
        Final over base weight (g of M5).
    basis_by_cell
        Directions that span x and are orthonormal under the base weights, shape (cells, directions). None:
        each cell has a total of its own (post-stratification), and the regression is the cell's mean.
    """

    cell_of_row: IntArray
    weight_by_cell: FloatArray
    factor_by_cell: FloatArray
    basis_by_cell: FloatArray | None = None

    def fit(self, total_by_cell: FloatArray) -> FloatArray:
        """x′β of each weighting cell for scores with these totals, both of shape (cells, estimates)."""
        if self.basis_by_cell is None:
            return total_by_cell / np.where(self.weight_by_cell > 0, self.weight_by_cell, 1.0)[:, None]
        coefficient = product(self.basis_by_cell.T, total_by_cell / self.factor_by_cell[:, None])
        return product(self.basis_by_cell, coefficient)

    def fit_by_row(self, total_by_row: FloatArray) -> FloatArray:
        """x′β of each row (0 where it has no weighting cell) from the totals of rows, shape of both."""
        inside = self.cell_of_row >= 0
        total = sum_by(total_by_row[inside], self.cell_of_row[inside], len(self.weight_by_cell))
        return np.where(inside[:, None], self.fit(total)[self.cell_of_row], 0.0)


def weighting_of(totals: Tally, design: Design) -> Weighting | None:
    """The regression of a tally's weights; None where they were not made from population totals.

    What only one sampling unit knows about is left out: a weighting cell that holds a single unit, or any
    direction of the auxiliaries that is zero in all other units. Its residual would be 0 by construction,
    and the error of that unit would vanish from the estimate instead of being small.
    """
    index = totals.index_by_axis[WEIGHTING]
    inside = index >= 0
    if not inside.any():
        return None
    auxiliary = design.auxiliary_by_weighting_cell
    count = int(index.max()) + 1 if auxiliary is None else len(auxiliary)
    weight = sum_by(totals.weight_by_cell[inside, None], index[inside], count)[:, 0]
    factor = design.factor_by_weighting_cell
    factor = np.ones(count) if factor is None else np.where(weight > 0, factor, 1.0)
    cell_of_pair, unit_of_pair, share_of_pair = _pairs(totals, weight)
    if auxiliary is None:
        units = np.bincount(cell_of_pair, minlength=count)
        kept = inside & (units[index] > 1)
        return Weighting(np.where(kept, index, -1), weight, factor) if kept.any() else None
    basis = _orthonormal(auxiliary, weight / factor)
    basis = _without_own(basis, weight / factor, cell_of_pair, unit_of_pair, share_of_pair)
    return Weighting(index, weight, factor, basis)


def _pairs(totals: Tally, weight_by_weighting_cell: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Weighting cell and sampling unit of each pair that occurs, and the unit's share of the cell's weight.

    Where respondents are the units, all that matters is which cells hold a single one: such a cell is one
    pair, and the others are two halves.
    """
    index, psu = totals.index_by_axis[WEIGHTING], totals.index_by_axis[PSU]
    inside = index >= 0
    if not (psu >= 0).all():
        n = np.bincount(index[inside], weights=totals.count_by_cell[inside])
        single, several = np.flatnonzero(n == 1), np.flatnonzero(n > 1)
        cell = np.concatenate([single, several, several])
        share = np.where(np.arange(len(cell)) < len(single), 1.0, 0.5)
        return cell, np.arange(len(cell)), share
    units = int(psu.max()) + 1
    key, pair_of_row = np.unique(index[inside] * units + psu[inside], return_inverse=True)
    weight = np.bincount(pair_of_row, weights=totals.weight_by_cell[inside])
    cell, unit = np.divmod(key, units)
    return cell, unit, weight / weight_by_weighting_cell[cell]


def _orthonormal(auxiliary_by_cell: FloatArray, base_weight_by_cell: FloatArray) -> FloatArray:
    """Basis K of the auxiliaries with Σ K_c K_c′ · base weight = 1, of as many directions as they have.

    Several margins each add up to the population, so the auxiliaries are dependent; what the columns before
    leave nothing of is left out, and any basis has the same x′β. Gram and Schmidt's steps, each taken twice
    (as good as Householder's: Giraud, Langou & Rozložník 2005), in plain sums: the singular value
    decomposition of LAPACK differs in its last digits with the number of cores.
    """
    root = np.sqrt(base_weight_by_cell)
    weighted = root[:, None] * auxiliary_by_cell
    size = np.sqrt((weighted**2).sum(axis=0))
    basis = np.zeros((len(root), 0))
    for column in (weighted / np.where(size > 0, size, 1.0)).T:
        left = column
        for _ in range(2):
            left = left - np.einsum("cr,r->c", basis, np.einsum("cr,c->r", basis, left))
        length = np.sqrt((left**2).sum())
        if length > _RANK_TOLERANCE:
            basis = np.column_stack([basis, left / length])
    return np.asarray(basis / np.where(root > 0, root, np.inf)[:, None], dtype=np.float64)


def _without_own(
    basis: FloatArray,
    base_weight_by_cell: FloatArray,
    cell_of_pair: IntArray,
    unit_of_pair: IntArray,
    share_of_pair: FloatArray,
) -> FloatArray:
    """The basis without directions that are zero in all units but one.

    Σ_i G_i = 1 for the units' parts G_i = Σ K K′·base weight, so a direction belongs to unit i alone where
    G_i has an eigenvalue of 1. Such directions of different units are orthogonal.
    """
    weight_of_pair = share_of_pair * base_weight_by_cell[cell_of_pair]
    trace = np.bincount(unit_of_pair, weights=weight_of_pair * (basis[cell_of_pair] ** 2).sum(axis=1))
    own = []
    for unit in np.flatnonzero(trace > 1 - _OWN_TOLERANCE):
        pairs = np.flatnonzero(unit_of_pair == unit)
        part = basis[cell_of_pair[pairs]]
        value, vector = np.linalg.eigh((part * weight_of_pair[pairs, None]).T @ part)
        own.append(vector[:, value > 1 - _OWN_TOLERANCE])
    if not own:
        return basis
    directions = np.concatenate(own, axis=1)
    return np.asarray(basis - (basis @ directions) @ directions.T, dtype=np.float64)


def cell_scores(
    a: FloatArray, b: FloatArray, ratio: FloatArray, base: FloatArray, in_cell: BoolArray
) -> FloatArray:
    """U = (B − R·A)/A_D of each cell inside the domain, 0 outside.

    All arguments broadcast to (cells, estimates): A and B by cell, R and A_D by estimate.
    """
    return np.where(in_cell, (b - ratio * a) / np.where(base > 0, base, 1.0), 0.0)


def residual_scores(score_by_cell: FloatArray, totals: Tally, weighting: Weighting | None) -> FloatArray:
    """E = U − W·x′β: the scores of a calibrated estimate; unchanged without weighting cells."""
    if weighting is None:
        return score_by_cell
    return score_by_cell - totals.weight_by_cell[:, None] * weighting.fit_by_row(score_by_cell)

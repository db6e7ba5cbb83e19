"""Linearised scores: what each cell of the tally contributes to the error of an estimate (M2, M5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surveys.sample import FloatArray, IntArray
from surveys.tally import PSU, WEIGHTING, Tally
from surveys.variance import BoolArray, sum_by


@dataclass(frozen=True)
class Weighting:
    """Weighting cells whose known totals the weights were made to match (M5).

    Parameters
    ----------
    poststratum_of_cell
        Index of the weighting cell of each cell of the tally; −1 where there is none.
    weight_by_poststratum
        Σw over *all sampled* records, answered or not.
    """

    poststratum_of_cell: IntArray
    weight_by_poststratum: FloatArray

    def mean_by_cell(self, total_by_cell: FloatArray) -> FloatArray:
        """Mean for each unit of weight over the cell's weighting cell, shape of `total_by_cell`.

        E = U − W·mean is the residual whose design variance is that of the post-stratified estimate.
        """
        inside = self.poststratum_of_cell >= 0
        total = sum_by(
            total_by_cell[inside], self.poststratum_of_cell[inside], len(self.weight_by_poststratum)
        )
        mean = total / np.where(self.weight_by_poststratum > 0, self.weight_by_poststratum, 1.0)[:, None]
        return np.where(inside[:, None], mean[self.poststratum_of_cell], 0.0)


def weighting_of(totals: Tally) -> Weighting | None:
    """Weighting cells of a tally; None where weights were not made from population totals.

    A weighting cell that holds a single sampling unit is left out: its residual would be 0 by construction,
    and the error of that unit would vanish from the estimate instead of being small.
    """
    index = totals.index_by_axis[WEIGHTING]
    inside = index >= 0
    if not inside.any():
        return None
    count = int(index.max()) + 1
    psu = totals.index_by_axis[PSU]
    if (psu >= 0).all():
        pairs = np.unique(np.column_stack([index[inside], psu[inside]]), axis=0)
        units = np.bincount(pairs[:, 0], minlength=count).astype(np.float64)
    else:
        sampled = totals.count_by_cell[inside]
        units = np.bincount(index[inside], weights=sampled, minlength=count).astype(np.float64)
    kept = inside & (units[index] > 1)
    if not kept.any():
        return None
    weight = np.bincount(index[kept], weights=totals.weight_by_cell[kept], minlength=count)
    return Weighting(np.where(kept, index, -1), weight.astype(np.float64))


def cell_scores(
    a: FloatArray, b: FloatArray, ratio: FloatArray, base: FloatArray, in_cell: BoolArray
) -> FloatArray:
    """U = (B − R·A)/A_D of each cell inside the domain, 0 outside.

    All arguments broadcast to (cells, estimates): A and B by cell, R and A_D by estimate.
    """
    return np.where(in_cell, (b - ratio * a) / np.where(base > 0, base, 1.0), 0.0)


def residual_scores(score_by_cell: FloatArray, totals: Tally, weighting: Weighting | None) -> FloatArray:
    """E = U − W·Ū: the scores of a post-stratified estimate; unchanged without weighting cells."""
    if weighting is None:
        return score_by_cell
    return score_by_cell - totals.weight_by_cell[:, None] * weighting.mean_by_cell(score_by_cell)

"""Raking to margins (M5): weights whose totals by sex, by age, by subdistrict … are all known.

    margins = [Margin("sex", ("1", "2"), sex_of_cell, totals), …]
    factor = factors_of_cells(base_weight_by_cell, auxiliaries(margins), totals(margins)).factor_by_unit

Units are records or cells of records alike, so a file read in chunks is weighted from its tally.

Sources: Deming & Stephan (1940), Annals of Mathematical Statistics 11, 427–444; Deville, Särndal & Sautory
(1993). The residuals of `sweep_residuals` are those of ``rake()`` in Lumley's R package survey.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from surveys.records.linear import Linearised
from surveys.sample import FloatArray, IntArray
from surveys.variance import sum_by
from surveys.weights.calibration import Calibration, raking_calibration


@dataclass(frozen=True)
class Margin:
    """Known totals of the categories of one variable.

    Parameters
    ----------
    categories
        Names, for messages.
    category_of_unit
        Index of each unit's category; −1 where it is not known.
    total_by_category
        Known totals, positive.
    """

    name: str
    categories: tuple[str, ...]
    category_of_unit: IntArray
    total_by_category: FloatArray

    @property
    def total(self) -> float:
        """What the categories add up to."""
        return float(self.total_by_category.sum())

    @property
    def share_by_category(self) -> FloatArray:
        """Known shares of the categories."""
        return self.total_by_category / self.total


def auxiliaries(margins: Sequence[Margin]) -> FloatArray:
    """The x of M5: a column of 0 and 1 for each category of each margin, shape (units, categories of all).

    A unit whose category is not known counts in every category with its known share: it weighs on other
    margins, and among the units that are known the shares are exactly those of the population.
    """
    columns = []
    for margin in margins:
        indicator = np.vstack([np.eye(len(margin.categories)), margin.share_by_category])
        columns.append(indicator[margin.category_of_unit])
    return np.hstack(columns)


def totals(margins: Sequence[Margin]) -> FloatArray:
    """Known totals in the order of the columns of `auxiliaries`."""
    return np.concatenate([margin.total_by_category for margin in margins])


def factors_of_cells(
    base_weight_by_cell: FloatArray, auxiliary_by_cell: FloatArray, total_by_auxiliary: FloatArray
) -> Calibration:
    """Raking factors of cells from their sums of base weights; the scale of the base weights is free.

    Parameters
    ----------
    base_weight_by_cell
        Σ base weights of all records of the cell, shape (cells,); 0 allowed (a cell that a replicate lost).
    auxiliary_by_cell
        Shape (cells, totals), as of `auxiliaries` or ``Sample.weighting``.
    total_by_auxiliary
        Shape (totals,); where weights were raked before, ``auxiliary_by_cell.T @ final_weight_by_cell``.

    Returns
    -------
    ``factor_by_unit`` of the result: final over base weight of each cell. Ask `Calibration.converged`.
    """
    # Every row of x adds up to the number of margins, so the sizes tell the scale that Newton starts from.
    per_weight = float((auxiliary_by_cell.T @ base_weight_by_cell).sum())
    scale = float(total_by_auxiliary.sum()) / per_weight if per_weight > 0 else 1.0
    fitted = raking_calibration(auxiliary_by_cell, base_weight_by_cell * scale, total_by_auxiliary)
    return replace(
        fitted,
        base_weight_by_unit=base_weight_by_cell,
        factor_by_unit=fitted.factor_by_unit * scale,
    )


def rake(
    base_weight_by_unit: FloatArray,
    margins: Sequence[Margin],
    *,
    tolerance: float = 1e-10,
    most_sweeps: int = 1000,
) -> Calibration:
    """Raking by alternating margins, all categories known; the same weights as `raking_calibration`.

    Parameters
    ----------
    tolerance
        Sweeps end where no total is missed by more than this part of it.
    """
    weight = base_weight_by_unit.astype(np.float64)
    sweeps = 0
    for sweeps in range(1, most_sweeps + 1):  # noqa: B007  the number is the result
        for margin in margins:
            weight = weight * _ratios(weight, margin)[margin.category_of_unit]
        missed = max(float(np.abs(_ratios(weight, margin) - 1).max()) for margin in margins)
        if missed <= tolerance:
            break
    return Calibration(
        auxiliaries(margins), base_weight_by_unit, totals(margins), weight / base_weight_by_unit, sweeps
    )


def sweep_residuals(
    linearised: Linearised, margins: Sequence[Margin], weight_by_record: FloatArray, *, sweeps: int = 10
) -> Linearised:
    """Residuals of R's ``rake()``: the mean of each category is taken off, margin after margin, ten times.

    The means are not weighted by base weights, so standard errors differ slightly from those of
    `surveys.weights.calibration.calibrated`, which the engine uses.

    Parameters
    ----------
    weight_by_record
        Weights as raked; trimming after it changes the scores only.
    """
    weight = weight_by_record[:, None]
    unweighted = linearised.score_by_record / weight
    for _ in range(sweeps):
        for margin in margins:
            category, count = margin.category_of_unit, len(margin.categories)
            size = np.bincount(category, minlength=count).astype(np.float64)
            mean = sum_by(unweighted, category, count) / np.maximum(size, 1.0)[:, None]
            unweighted = unweighted - mean[category]
    return Linearised(linearised.value, unweighted * weight, linearised.member_by_record)


def _ratios(weight: FloatArray, margin: Margin) -> FloatArray:
    """Known total over weighted total of each category; 1 where the category has no weight."""
    weighted = np.bincount(margin.category_of_unit, weights=weight, minlength=len(margin.categories))
    return np.divide(
        margin.total_by_category, weighted, out=np.ones(len(margin.categories)), where=weighted > 0
    )

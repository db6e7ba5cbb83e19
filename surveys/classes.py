"""Cells of the tally joined by all that matters where every respondent is a sampling unit (M2, M5)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from surveys.sample import FloatArray, IntArray
from surveys.score import Weighting
from surveys.tally import STRATUM, Tally
from surveys.variance import BoolArray, sum_by


@dataclass(frozen=True)
class Classes:
    """Classes of equal stratum and weighting cell: far fewer than cells where breakdowns multiply these.

    Parameters
    ----------
    class_of_cell, stratum_of_class
        Shapes (cells,) and (classes,).
    weight_by_class, squared_weight_by_class
        Over all sampled records, shape (classes, 1).
    weighting
        Weighting cells of the classes instead of the tally's cells; None where there are none.
    member
        1 where a cell belongs to a domain, shape (cells, domains); a cell belongs to few.
    """

    class_of_cell: IntArray
    stratum_of_class: IntArray
    weight_by_class: FloatArray
    squared_weight_by_class: FloatArray
    weighting: Weighting | None
    member: csr_array

    def sums(self, values_by_cell: FloatArray) -> FloatArray:
        """Sums over the cells of each class that lie in each domain, shape (classes, domains)."""
        cells = np.arange(len(self.class_of_cell))
        shape = (len(self.stratum_of_class), len(cells))
        by_class = csr_array((values_by_cell, (self.class_of_cell, cells)), shape=shape)
        return np.asarray((by_class @ self.member).toarray(), dtype=np.float64)


def classes_of(totals: Tally, in_cell: BoolArray, weighting: Weighting | None) -> Classes:
    """Classes of a tally; `in_cell` has shape (domains, cells)."""
    stratum = totals.index_by_axis[STRATUM]
    weighting_cell = np.full(len(stratum), -1) if weighting is None else weighting.cell_of_row
    _, first, class_of_cell = np.unique(
        np.column_stack([stratum, weighting_cell]), axis=0, return_index=True, return_inverse=True
    )
    count = len(first)
    return Classes(
        class_of_cell=class_of_cell,
        stratum_of_class=stratum[first],
        weight_by_class=sum_by(totals.weight_by_cell[:, None], class_of_cell, count),
        squared_weight_by_class=sum_by(totals.squared_weight_by_cell[:, None], class_of_cell, count),
        weighting=weighting and replace(weighting, cell_of_row=weighting_cell[first]),
        member=csr_array(in_cell.T.astype(np.float64)),
    )

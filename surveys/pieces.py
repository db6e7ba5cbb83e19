"""Pieces of domains: what each sampling unit and weighting cell has of them, for many items at once (M2, M5).

A domain meets few units, so its cells are summed once into the pieces that occur. All that the variance
needs of calibrated scores, their totals and their squares by unit or by stratum, is then a few products.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy.sparse import csr_array

from surveys.design import Design
from surveys.sample import FloatArray, IntArray
from surveys.score import Weighting
from surveys.tally import PSU, Moments, Tally
from surveys.variance import BoolArray, sum_by


@dataclass(frozen=True)
class Pieces:
    """Distinct (group, weighting cell, domain); groups are sampling units, or strata where respondents are.

    Arrays over estimates have one column for each domain and, within a domain, each item.

    Parameters
    ----------
    group_of_piece, weighting_cell_of_piece, domain_of_piece
        Shape (pieces,); the weighting cell is −1 where there is none.
    cells
        1 where a cell of the tally belongs to a piece, shape (pieces, cells).
    group_count, domain_count
        How many there are.
    weight, squared_weight
        Σw and Σw² over all sampled records, in the domain or not, shape (groups, weighting cells).
    weighting
        None where the weights were not calibrated.
    """

    group_of_piece: IntArray
    weighting_cell_of_piece: IntArray
    domain_of_piece: IntArray
    cells: csr_array
    group_count: int
    domain_count: int
    weight: csr_array
    squared_weight: csr_array
    weighting: Weighting | None

    def sums(self, values_by_cell: FloatArray) -> FloatArray:
        """Sums over the cells of each piece, shape (pieces, items)."""
        return np.asarray(self.cells @ values_by_cell, dtype=np.float64)

    def by_group(self, values_by_piece: FloatArray) -> FloatArray:
        """Sums of pieces by group, shape (groups, estimates)."""
        return self._spread(self.group_of_piece, self.group_count, values_by_piece)

    def fit(self, score_by_piece: FloatArray) -> FloatArray:
        """What the auxiliaries explain of a record's score, for each unit of weight (M5).

        Returns
        -------
        Shape (weighting cells, estimates); no rows where the weights were not calibrated.
        """
        if self.weighting is None:
            return np.zeros((0, self.domain_count * score_by_piece.shape[1]))
        inside = self.weighting_cell_of_piece >= 0
        total = self._spread(
            self.weighting_cell_of_piece, len(self.weighting.weight_by_cell), score_by_piece, inside
        )
        return self.weighting.fit(total)

    def fit_by_piece(self, fit: FloatArray) -> FloatArray:
        """`fit` of each piece's weighting cell and domain, shape (pieces, items)."""
        items = fit.shape[1] // self.domain_count
        rows = np.maximum(self.weighting_cell_of_piece, 0) * self.domain_count + self.domain_of_piece
        inside = self.weighting_cell_of_piece >= 0
        return np.where(inside[:, None], fit.reshape(-1, items)[rows], 0.0)

    def _spread(
        self, row_of_piece: IntArray, rows: int, values: FloatArray, kept: BoolArray | None = None
    ) -> FloatArray:
        pieces = np.arange(len(row_of_piece)) if kept is None else np.flatnonzero(kept)
        target = row_of_piece[pieces] * self.domain_count + self.domain_of_piece[pieces]
        shape = (rows * self.domain_count, len(row_of_piece))
        summed = csr_array((np.ones(len(pieces)), (target, pieces)), shape=shape) @ values
        return np.asarray(summed, dtype=np.float64).reshape(rows, -1)


def pieces_of(
    totals: Tally,
    in_cell: BoolArray,
    group_of_cell: IntArray,
    group_count: int,
    weighting: Weighting | None,
) -> Pieces:
    """Pieces of the domains `in_cell` (shape (domains, cells)), cut by group and weighting cell."""
    domain, cell = np.nonzero(in_cell)
    width = 0 if weighting is None else len(weighting.weight_by_cell)
    cell_of_row = np.full(totals.cell_count, -1) if weighting is None else weighting.cell_of_row
    block = group_of_cell * (width + 1) + cell_of_row + 1
    key, piece = np.unique(block[cell] * max(len(in_cell), 1) + domain, return_inverse=True)
    block_of_piece, domain_of_piece = np.divmod(key, max(len(in_cell), 1))
    group_of_piece, above = np.divmod(block_of_piece, width + 1)
    inside = np.flatnonzero(cell_of_row >= 0)
    place = (group_of_cell[inside], cell_of_row[inside])
    shape = (group_count, width)
    return Pieces(
        group_of_piece=group_of_piece,
        weighting_cell_of_piece=above - 1,
        domain_of_piece=domain_of_piece,
        cells=csr_array((np.ones(len(cell)), (piece, cell)), shape=(len(key), totals.cell_count)),
        group_count=group_count,
        domain_count=len(in_cell),
        weight=csr_array((totals.weight_by_cell[inside], place), shape=shape),
        squared_weight=csr_array((totals.squared_weight_by_cell[inside], place), shape=shape),
        weighting=weighting,
    )


def crossed_scores(pieces: Pieces, cell: Moments, domain: Moments) -> FloatArray:
    """Σ w·u of each piece, shape (pieces, items): what a fit meets in the squares of residuals."""
    base = np.where(domain.a > 0, domain.a, 1.0)
    of_piece = pieces.domain_of_piece
    ratio = (domain.b / base)[of_piece]
    return np.asarray((pieces.sums(cell.b2) - ratio * pieces.sums(cell.a2)) / base[of_piece])


def domain_moments(cell: Moments, in_cell: BoolArray) -> Moments:
    """Moments of domains (shape of `in_cell`: (domains, cells)): sums over their cells."""
    member = csr_array(in_cell.astype(np.float64))
    sums = {field.name: member @ getattr(cell, field.name) for field in fields(Moments)[1:]}
    return Moments(centre=cell.centre, **sums)


def sampled_by_unit(totals: Tally, design: Design) -> FloatArray:
    """All sampled respondents of each PSU, shape (units,); ones where respondents are the units."""
    psu = totals.index_by_axis[PSU]
    if not (psu >= 0).all():
        return np.ones(design.unit_count)
    return sum_by(totals.count_by_cell[:, None], psu, design.unit_count)[:, 0]


@dataclass(frozen=True)
class GroupScores:
    """Scores z = u − w·x′β of all sampled records, summed by group; every array (groups, estimates).

    Parameters
    ----------
    n
        Respondents of the domain in the base.
    plain
        Σu: without the gain from calibration.
    fit
        x′β, shape (weighting cells, estimates).
    total
        Σz.
    plain_squares, squares
        Σu² and Σz² over records; None where they were not asked for.
    """

    n: FloatArray
    plain: FloatArray
    fit: FloatArray
    total: FloatArray
    plain_squares: FloatArray | None
    squares: FloatArray | None


def group_scores(pieces: Pieces, cell: Moments, domain: Moments, *, with_squares: bool) -> GroupScores:
    """Scores of all estimates by group.

    Parameters
    ----------
    cell, domain
        Moments by cell and by domain, of the same items.
    """
    base = np.where(domain.a > 0, domain.a, 1.0)
    of_piece = pieces.domain_of_piece
    ratio, base = (domain.b / base)[of_piece], base[of_piece]
    score = (pieces.sums(cell.b) - ratio * pieces.sums(cell.a)) / base
    plain = pieces.by_group(score)
    fit = pieces.fit(score)
    plain_squares = squares = None
    if with_squares:
        # Σ(u − w·x′β)² = Σu² − 2 Σ x′β·wu + Σ (x′β)²·w²; the last over all records, in the domain or not.
        of_pieces = pieces.sums(cell.q2) - 2 * ratio * pieces.sums(cell.b2) + ratio**2 * pieces.sums(cell.a2)
        of_pieces = of_pieces / base**2
        plain_squares = squares = pieces.by_group(of_pieces)
        if pieces.weighting is not None:
            of_pieces = of_pieces - 2 * pieces.fit_by_piece(fit) * crossed_scores(pieces, cell, domain)
            squares = pieces.by_group(of_pieces) + pieces.squared_weight @ fit**2
    return GroupScores(
        n=pieces.by_group(pieces.sums(cell.n)),
        plain=plain,
        fit=fit,
        total=plain - pieces.weight @ fit if pieces.weighting is not None else plain,
        plain_squares=plain_squares,
        squares=squares,
    )

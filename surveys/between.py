"""What errors of different areas have in common (M2, M5, M8): covariances between them from one tally.

Areas that are strata of their own share nothing. Others share strata (a stratum's units are centred at one
mean), sampling units (a community across a boundary), or known totals to which all weights were matched.

Shared notation: z = u − w·x′β of each record and area, u its linearised score, Z = U − W·F summed by group
(sampling unit or stratum) with F = x′β by weighting cell. Disjoint areas have no record in common, so a
product of two areas' u is 0 and all that records share across areas is in F. Hence everything below is a few
products of sparse tables; nothing has the size records × areas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from surveys.area import AreaLevel
from surveys.design import Design
from surveys.measured import Measured
from surveys.pieces import Pieces, crossed_scores, domain_moments, pieces_of, sampled_by_unit
from surveys.sample import FloatArray, IntArray
from surveys.score import weighting_of
from surveys.second_stage import has_second_stage, second_stage_factor, without_unknown_second_stage
from surveys.tally import PSU, STRATUM, Moments, moments_by_cell
from surveys.variance import average_scale, factor_by_stratum, sum_by
from surveys.wave import LonelyPSU


@dataclass(frozen=True)
class AreaErrors:
    """Errors of one questionnaire's measures in several areas at once."""

    measured: Measured

    @property
    def test_size(self) -> pd.DataFrame:
        """N of M3 of each measure in each area, shares' size in tests; frame area code × measure."""
        whole = [not domain.group for domain in self.measured.domains]
        codes = [domain.code for domain in self.measured.domains if not domain.group]
        return pd.DataFrame(self.measured.limits.binomial_n[whole], index=codes, columns=self.measured.names)

    def base(self, areas: Sequence[int]) -> pd.DataFrame:
        """Σwr of each measure in some of the domains; frame area code × measure."""
        domains = [self.measured.domains[area] for area in areas]
        in_cell = np.array([domain.in_cell for domain in domains], dtype=bool).reshape(len(domains), -1)
        moments = domain_moments(self._cell, in_cell)
        return pd.DataFrame(moments.a, index=[d.code for d in domains], columns=self.measured.names)

    def covariance(
        self, gradient: pd.DataFrame, covariance_by_area: Mapping[str, pd.DataFrame]
    ) -> FloatArray:
        """Covariance of Σ_m g[a, m]·R[a, m] between areas, shape (areas, areas).

        Parameters
        ----------
        gradient
            Area code × measure, as for `surveys.estimate.Estimation.between_areas`; measures of other
            questionnaires are passed over.
        covariance_by_area
            Of the measures within each area: the diagonal is made of it.
        """
        names = [name for name in self.measured.names if name in gradient.columns]
        place = [self.measured.names.index(name) for name in names]
        slope = np.zeros((len(gradient), len(self.measured.items)))
        slope[:, place] = gradient[names].to_numpy(dtype=np.float64)
        areas = self._areas(gradient.index)
        if self.measured.replicated is not None:
            matrix = self._by_replicates(areas, slope)
        else:
            matrix = _linearised(self.measured, self._cell, areas, slope)
        for row, code in enumerate(gradient.index):
            frame = covariance_by_area[code]
            here = frame.columns.get_indexer(pd.Index(names))
            within, counts = frame.to_numpy()[np.ix_(here, here)], slope[row, place]
            matrix[row, row] = counts @ np.where(np.isnan(within), 0.0, within) @ counts
            if np.isnan(np.diag(within)[counts != 0]).any():
                matrix[row, :] = matrix[:, row] = np.nan
        return matrix

    @cached_property
    def _cell(self) -> Moments:
        return moments_by_cell(self.measured.totals, self.measured.items)

    def _areas(self, codes: pd.Index) -> IntArray:
        """Domains of these areas."""
        domain_of_code = {
            domain.code: at
            for at, domain in enumerate(self.measured.domains)
            if domain.level is not AreaLevel.COMMUNITY and not domain.group
        }
        areas = np.array([domain_of_code[code] for code in codes], dtype=np.intp)
        members = np.zeros(self.measured.totals.cell_count, dtype=np.intp)
        for area in areas:
            members += self.measured.domains[area].in_cell
        if (members > 1).any():
            raise ValueError("covariances are between disjoint areas; leave the district out")
        return areas

    def _by_replicates(self, areas: IntArray, slope: FloatArray) -> FloatArray:
        replicated = self.measured.replicated
        assert replicated is not None
        value = np.where(slope != 0, self.measured.precision.value[areas], 0.0)
        by_replicate = np.where(slope != 0, replicated.value_by_replicate[:, areas], 0.0)
        total, total_by_replicate = (slope * value).sum(axis=1), (slope * by_replicate).sum(axis=2)
        return replicated.replicates.covariance(total, total_by_replicate)


def _linearised(measured: Measured, cell: Moments, areas: IntArray, slope: FloatArray) -> FloatArray:
    """Covariances between disjoint areas; the diagonal lacks products of two measures of one record."""
    totals = measured.totals
    sampled = sampled_by_unit(totals, measured.design)
    design = without_unknown_second_stage(measured.design, sampled)
    clustered = bool((totals.index_by_axis[PSU] >= 0).all())
    group = totals.index_by_axis[PSU if clustered else STRATUM]
    groups = design.unit_count if clustered else len(design.strata)
    in_cell = np.array([measured.domains[area].in_cell for area in areas], dtype=bool)
    in_cell = in_cell.reshape(len(areas), totals.cell_count)
    pieces = pieces_of(totals, in_cell, group, groups, weighting_of(totals, design))
    stratum = design.stratum_of_unit if clustered else np.arange(groups, dtype=np.intp)
    slope = _averaged(slope, pieces, cell, stratum, design)
    scores = _scores(pieces, cell, domain_moments(cell, in_cell), slope)
    factor = factor_by_stratum(design)
    if not clustered:
        return _centred(scores, scores.within(factor), stratum, design)
    matrix = _centred(scores, scores.squared(factor[stratum]), stratum, design)
    if not has_second_stage(design):
        return matrix
    second = second_stage_factor(design, sampled)
    return matrix + scores.within(second) - scores.squared(second / np.maximum(sampled, 1))


@dataclass(frozen=True)
class _Scores:
    """Combined scores of areas; see the module's notation.

    Parameters
    ----------
    plain
        U, shape (groups, areas).
    fit
        F, shape (weighting cells, areas); no rows where weights were matched to nothing.
    crossed_of_piece
        Σ w·u of each piece.
    """

    pieces: Pieces
    plain: csr_array
    fit: csr_array
    crossed_of_piece: FloatArray

    def squared(self, factor_by_group: FloatArray) -> FloatArray:
        """Σ_g factor · Z_a Z_b, shape (areas, areas)."""
        return _squared(self.plain, self.pieces.weight, self.fit, factor_by_group)

    def within(self, factor_by_group: FloatArray) -> FloatArray:
        """Σ factor · z_a z_b over records, for two different areas; shape (areas, areas)."""
        pieces = self.pieces
        if pieces.weighting is None:
            return np.zeros((pieces.domain_count, pieces.domain_count))
        inside = np.flatnonzero(pieces.weighting_cell_of_piece >= 0)
        crossed = (self.crossed_of_piece * factor_by_group[pieces.group_of_piece])[inside]
        place = (pieces.weighting_cell_of_piece[inside], pieces.domain_of_piece[inside])
        mixed = self.fit.T @ csr_array((crossed, place), shape=self.fit.shape)
        weight = np.asarray(pieces.squared_weight.T @ factor_by_group)
        fitted = self.fit.T @ self.fit.multiply(weight[:, None]).tocsr()
        return np.asarray((fitted - mixed - mixed.T).toarray(), dtype=np.float64)


def _scores(pieces: Pieces, cell: Moments, domain: Moments, slope: FloatArray) -> _Scores:
    """Scores of Σ_m g·R in each area: those of the measures, weighted by its own gradient."""
    base = np.where(domain.a > 0, domain.a, 1.0)
    of_piece = pieces.domain_of_piece
    score = pieces.sums(cell.b) - (domain.b / base)[of_piece] * pieces.sums(cell.a)
    score = (slope[of_piece] * score / base[of_piece]).sum(axis=1)
    crossed = (slope[of_piece] * crossed_scores(pieces, cell, domain)).sum(axis=1)
    shape = (pieces.group_count, pieces.domain_count)
    plain = csr_array((score, (pieces.group_of_piece, of_piece)), shape=shape)
    return _Scores(pieces, plain, _fit(pieces, score), crossed)


def _fit(pieces: Pieces, score: FloatArray) -> csr_array:
    """x′β of each weighting cell and area; in post-strata only where the area has records of the cell."""
    weighting = pieces.weighting
    if weighting is None:
        return csr_array((0, pieces.domain_count))
    inside = np.flatnonzero(pieces.weighting_cell_of_piece >= 0)
    place = (pieces.weighting_cell_of_piece[inside], pieces.domain_of_piece[inside])
    total = csr_array((score[inside], place), shape=(len(weighting.weight_by_cell), pieces.domain_count))
    if weighting.basis_by_cell is not None:
        return csr_array(weighting.fit(total.toarray()))
    weight = np.where(weighting.weight_by_cell > 0, weighting.weight_by_cell, 1.0)
    return csr_array(total.multiply(1 / weight[:, None]))


def _squared(plain: csr_array, weight: csr_array, fit: csr_array, factor: FloatArray) -> FloatArray:
    """(U − W·F)′·diag(factor)·(U − W·F) without forming W·F, which has as many rows as there are units."""
    scaled = csr_array(plain.multiply(factor[:, None]))
    result = plain.T @ scaled
    if fit.shape[0]:
        mixed = (scaled.T @ weight) @ fit
        weights = weight.T @ csr_array(weight.multiply(factor[:, None]))
        result = result - mixed - mixed.T + fit.T @ (weights @ fit)
    return np.asarray(result.toarray(), dtype=np.float64)


def _centred(scores: _Scores, squares: FloatArray, stratum: IntArray, design: Design) -> FloatArray:
    """Squares about the mean of each stratum; of a lonely one about the mean of all units."""
    factor, size = factor_by_stratum(design), design.units_by_stratum
    groups = len(stratum)
    to_stratum = csr_array((np.ones(groups), (stratum, np.arange(groups))), shape=(len(size), groups))
    plain, weight = to_stratum @ scores.plain, to_stratum @ scores.pieces.weight
    several = np.where(size > 1, factor / np.maximum(size, 1), 0.0)
    result = squares - _squared(plain, weight, scores.fit, several)
    alone = np.where(size > 1, 0.0, factor * size)
    if not alone.any():
        return result

    def summed(factor_by_stratum: FloatArray) -> FloatArray:
        return np.asarray(factor_by_stratum @ plain - (factor_by_stratum @ weight) @ scores.fit)

    lonely, mean = summed(alone), summed(np.ones(len(size))) / max(design.unit_count, 1)
    mixed = np.outer(lonely, mean)
    return np.asarray(result - mixed - mixed.T + alone.sum() * np.outer(mean, mean), dtype=np.float64)


def _averaged(
    slope: FloatArray, pieces: Pieces, cell: Moments, stratum: IntArray, design: Design
) -> FloatArray:
    """Gradients under AVERAGE, where a lonely stratum makes the errors of what meets it larger."""
    if design.lonely_psu is not LonelyPSU.AVERAGE or not design.is_lonely.any():
        return slope
    met = sum_by(pieces.by_group(pieces.sums(cell.n)), stratum, len(design.strata)) > 0
    scale = average_scale(met, met & design.is_lonely[:, None]).reshape(slope.shape)
    # All strata of an area are lonely: its own error is not known, and the diagonal says so.
    return np.asarray(slope * np.sqrt(np.nan_to_num(scale)), dtype=np.float64)

"""Variances of all items in all domains, with PSUs or respondents as sampling units (M2, M5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

import numpy as np

from surveys.design import Design
from surveys.interval import Clustering, clustering_of
from surveys.pieces import Pieces, group_scores, pieces_of, sampled_by_unit
from surveys.sample import FloatArray
from surveys.score import Weighting
from surveys.second_stage import has_second_stage, second_stage_variance
from surveys.tally import PSU, STRATUM, Moments, Tally
from surveys.variance import BoolArray, element_variance, is_estimable, sum_by, variance
from surveys.wave import LonelyPSU

_BATCH = 2**20
"""Numbers in one working array (units × estimates): few enough to stay near the processor."""
_CONCENTRATED = 0.99**2
"""Σ w̃² above which one unit has more than 99 % of the weight."""
_ROUNDING = 1e-12
"""Squares below this part of the others are what rounding leaves of 0."""


@dataclass(frozen=True)
class Errors:
    """Arrays have shape (domains, items); see `surveys.precision.Precision`."""

    variance: FloatArray
    plain_variance: FloatArray
    degrees_of_freedom: FloatArray
    clustering: Clustering
    one_unit: BoolArray


@dataclass(frozen=True)
class Sums:
    """What errors are made from: moments by cell and by domain, and which cells a domain has.

    Parameters
    ----------
    in_cell
        Shape (domains, cells).
    """

    totals: Tally
    cell: Moments
    domain: Moments
    in_cell: BoolArray


def clustered_errors(sums: Sums, design: Design, weighting: Weighting | None) -> Errors:
    """PSUs as units: scores of cells are summed to PSUs, PSUs without members stay in with 0."""
    psu, units = sums.totals.index_by_axis[PSU], design.unit_count
    pieces = pieces_of(sums.totals, sums.in_cell, psu, units, weighting)
    sampled = sampled_by_unit(sums.totals, design)
    return _joined(
        [
            _clustered(pieces, cell, domain, design, sampled)
            for cell, domain in _batches(sums, units * len(sums.in_cell))
        ]
    )


def element_errors(sums: Sums, design: Design, weighting: Weighting | None) -> Errors:
    """Respondents as units: Σz² and Σz of a stratum come from the squared weights of the tally."""
    stratum, strata = sums.totals.index_by_axis[STRATUM], len(design.strata)
    pieces = pieces_of(sums.totals, sums.in_cell, stratum, strata, weighting)
    return _joined(
        [
            _element(pieces, cell, domain, design)
            for cell, domain in _batches(sums, strata * len(sums.in_cell))
        ]
    )


def _clustered(pieces: Pieces, cell: Moments, domain: Moments, design: Design, sampled: FloatArray) -> Errors:
    second = has_second_stage(design)
    score = group_scores(pieces, cell, domain, with_squares=second)
    answering = score.n > 0
    strata, stratum = len(design.strata), design.stratum_of_unit
    answering_by_stratum = sum_by(answering.astype(np.float64), stratum, strata)
    error = variance(score.total, design, answering)
    if score.squares is not None:
        error = error + second_stage_variance(score.squares, score.total, sampled, design)
    erased = _is_explained(score.total**2, score.plain**2)
    infinite = _infinite(design)
    weight, squared_weight = (pieces.by_group(pieces.sums(part)) for part in (cell.a, cell.a2))
    clustering = clustering_of(weight, squared_weight, infinite)
    # Where all units of its strata were sampled, a single unit's respondents are the sample.
    lacking = answering_by_stratum[design.unsampled_share_by_stratum > 0].sum(axis=0) > 0
    return _shaped(
        domain.n.shape,
        np.where(is_estimable(answering_by_stratum, design) & ~erased, error, np.nan),
        variance(score.plain, infinite),
        answering.sum(axis=0) - (answering_by_stratum > 0).sum(axis=0),
        clustering,
        is_one(clustering.a) & (lacking | (not second)) | is_one(clustering.b),
    )


def _element(pieces: Pieces, cell: Moments, domain: Moments, design: Design) -> Errors:
    score = group_scores(pieces, cell, domain, with_squares=True)
    assert score.squares is not None and score.plain_squares is not None
    estimable = is_estimable(score.n, design)
    erased = _is_explained(score.squares, score.plain_squares)
    error = element_variance(score.squares, score.total, score.n, design)
    plain = element_variance(score.plain_squares, score.plain, score.n, _infinite(design))
    kish = (domain.a2 / np.where(domain.a > 0, domain.a, 1.0) ** 2).ravel()
    return _shaped(
        domain.n.shape,
        np.where(estimable & ~erased, error, np.nan),
        np.where(estimable, plain, np.nan),
        domain.n.ravel() - (score.n > 0).sum(axis=0),
        Clustering(kish, kish, kish, kish),
        is_one(kish),
    )


def is_one(concentration: FloatArray) -> BoolArray:
    """Whether a single unit or respondent has all of the weight, or as good as all; from Σ w̃².

    Linearisation takes a unit's part of the error at (1 − w̃) of what leaving it out would show: exactly 0
    for a single unit, and a hundredth where one weighs 99 times as much as all others.
    """
    return np.asarray(concentration > _CONCENTRATED)


def _is_explained(residual: FloatArray, plain: FloatArray) -> BoolArray:
    """Whether the auxiliaries leave nothing of the scores of an estimate; both by group, shape (estimates,).

    So few have answered that the regression passes through all of them, or the estimate is a known total.
    A residual of rounding is no error of the former, and nobody asks for the latter.
    """
    left, all_of_it = residual.sum(axis=0), plain.sum(axis=0)
    return np.asarray((all_of_it > 0) & (left <= _ROUNDING * all_of_it))


def _infinite(design: Design) -> Design:
    """The design as M3 sees it: of an infinite population, lonely strata left out."""
    population = np.full(len(design.strata), np.inf)
    return replace(design, population_by_stratum=population, lonely_psu=LonelyPSU.REMOVE)


def _batches(sums: Sums, rows_of_item: int) -> Iterator[tuple[Moments, Moments]]:
    """Moments of as many items at once as keep a working array of `rows_of_item` numbers an item small."""
    items = sums.cell.n.shape[1]
    step = max(_BATCH // max(rows_of_item, 1), 1)
    for first in range(0, max(items, 1), step):
        chosen = slice(first, first + step)
        yield _items(sums.cell, chosen), _items(sums.domain, chosen)


def _items(moments: Moments, chosen: slice) -> Moments:
    return Moments(*(getattr(moments, field.name)[..., chosen] for field in fields(Moments)))


def _shaped(
    shape: tuple[int, ...],
    error: FloatArray,
    plain: FloatArray,
    degrees: FloatArray,
    clustering: Clustering,
    one_unit: BoolArray,
) -> Errors:
    """Errors of flat estimates as (domains, items)."""
    parts = [getattr(clustering, field.name).reshape(shape) for field in fields(Clustering)]
    return Errors(
        error.reshape(shape),
        plain.reshape(shape),
        degrees.reshape(shape).astype(np.float64),
        Clustering(*parts),
        one_unit.reshape(shape),
    )


def _joined(parts: list[Errors]) -> Errors:
    """Batches of items side by side."""
    clustering = Clustering(
        *(
            np.concatenate([getattr(part.clustering, field.name) for part in parts], axis=1)
            for field in fields(Clustering)
        )
    )
    return Errors(
        variance=np.concatenate([part.variance for part in parts], axis=1),
        plain_variance=np.concatenate([part.plain_variance for part in parts], axis=1),
        degrees_of_freedom=np.concatenate([part.degrees_of_freedom for part in parts], axis=1),
        clustering=clustering,
        one_unit=np.concatenate([part.one_unit for part in parts], axis=1),
    )

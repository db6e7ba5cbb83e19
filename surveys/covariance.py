"""Covariances between the measures of one area, and their correlation pooled over areas (M2, M9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from surveys.design import Design
from surveys.domain import Domain
from surveys.item import Item
from surveys.limits import Limits
from surveys.pieces import (
    GroupScores,
    Pieces,
    crossed_scores,
    domain_moments,
    group_scores,
    pieces_of,
    sampled_by_unit,
)
from surveys.precision import Precision
from surveys.product import product
from surveys.record_products import Records, records_of, score_products
from surveys.sample import CodedQuestion, FloatArray, IntArray, Sample
from surveys.score import Weighting, weighting_of
from surveys.second_stage import has_second_stage, second_stage_factor, without_unknown_second_stage
from surveys.tally import PSU, STRATUM, Moments, Tally, moments_by_cell
from surveys.variance import BoolArray, covariance, element_covariance, factor_by_stratum


def area_covariances(
    sample: Sample | None,
    columns: Sequence[CodedQuestion],
    totals: Tally,
    items: Sequence[Item],
    design: Design,
    domains: Sequence[Domain],
    precision: Precision,
    areas: Sequence[int],
) -> dict[str, pd.DataFrame]:
    """Design covariance of all measures in each area, on the values' own units.

    With PSUs it comes from the tally. Products of two items within units are not in the tally: where every
    respondent is a unit, and for the second stage of a finite population, the records are walked once more.

    Parameters
    ----------
    sample
        The tally's records. Where they are gone (a file in chunks: None, or fewer records than its size) the
        second stage keeps the correlations of the first, with the variances of `precision`; and where every
        respondent is a unit errors are taken as fully correlated. No sum of measures with weights of one sign
        errs more; where a measure lowers the sum errors would cancel instead: such a score needs the records.
    areas
        Indices into `domains`.

    Returns
    -------
    Frames measure × measure by area code; NaN for measures whose variance cannot be estimated there.
    """
    clustered = bool((totals.index_by_axis[PSU] >= 0).all())
    names = [item.measure.name for item in items]
    design = without_unknown_second_stage(design, sampled_by_unit(totals, design))
    within = not clustered or has_second_stage(design)
    has_records = sample is not None and len(sample.weight_of_record) == sample.size
    source = _Source(
        totals=totals,
        design=design,
        cell=moments_by_cell(totals, items),
        weighting=weighting_of(totals, design),
        clustered=clustered,
        records=records_of(sample, items, columns) if sample and has_records and within else None,
    )
    result = {}
    for area in areas:
        error = precision.variance[area]
        matrix = _matrix(source, domains[area].in_cell[None, :])
        if within and source.records is None:
            matrix = _with_variances(matrix, error)
        unknown = np.isnan(error)
        matrix[unknown, :] = np.nan
        matrix[:, unknown] = np.nan
        result[domains[area].code] = pd.DataFrame(matrix, index=names, columns=names)
    return result


@dataclass(frozen=True)
class _Source:
    """What the covariances of all areas are made from."""

    totals: Tally
    design: Design
    cell: Moments
    weighting: Weighting | None
    clustered: bool
    records: Records | None


@dataclass(frozen=True)
class _Area:
    """One area's part of it."""

    source: _Source
    in_cell: BoolArray
    domain: Moments
    pieces: Pieces
    scores: GroupScores


def _matrix(source: _Source, in_cell: BoolArray) -> FloatArray:
    """Covariance matrix of one domain; `in_cell` has shape (1, cells)."""
    totals, design = source.totals, source.design
    if not source.clustered and source.records is None:
        return np.ones((source.cell.n.shape[1], source.cell.n.shape[1]))
    group = totals.index_by_axis[PSU if source.clustered else STRATUM]
    groups = design.unit_count if source.clustered else len(design.strata)
    domain = domain_moments(source.cell, in_cell)
    pieces = pieces_of(totals, in_cell, group, groups, source.weighting)
    scores = group_scores(pieces, source.cell, domain, with_squares=False)
    area = _Area(source, in_cell[0], domain, pieces, scores)
    if source.clustered:
        return _between_psus(area)
    products = _products(area, factor_by_stratum(design))
    return element_covariance(products, scores.total, scores.n, design)


def _between_psus(area: _Area) -> FloatArray:
    """V₁ from the tally, and V₂ from the records where there is a second stage and they are there."""
    design = area.source.design
    matrix = covariance(area.scores.total, design, area.scores.n > 0)
    if area.source.records is None:
        return matrix
    sampled = sampled_by_unit(area.source.totals, design)
    factor = second_stage_factor(design, sampled)
    total = area.scores.total * np.sqrt(factor / np.maximum(sampled, 1))[:, None]
    return matrix + _products(area, factor) - product(total.T, total)


def _products(area: _Area, factor_by_group: FloatArray) -> FloatArray:
    """Σ factor · z_a z_b over all sampled records, with z = u − w·x′β."""
    records, pieces = area.source.records, area.pieces
    assert records is not None
    sample = records.sample
    group = sample.stratum_of_record if sample.psu_of_record is None else sample.psu_of_record
    products = score_products(records, _only(area.domain), area.in_cell, factor_by_group, group)
    if pieces.weighting is None:
        return products
    fit = area.scores.fit
    crossed = crossed_scores(pieces, area.source.cell, area.domain)
    mixed = product(pieces.fit_by_piece(fit).T, crossed * factor_by_group[pieces.group_of_piece, None])
    weight = pieces.squared_weight.T @ factor_by_group
    return np.asarray(products - mixed - mixed.T + product(fit.T, weight[:, None] * fit), dtype=np.float64)


def _with_variances(matrix: FloatArray, variance: FloatArray) -> FloatArray:
    """The correlations of `matrix` with other variances."""
    diagonal = np.diag(matrix)
    scale = np.sqrt(np.where(diagonal > 0, np.nan_to_num(variance) / np.where(diagonal > 0, diagonal, 1), 0))
    result = matrix * np.outer(scale, scale)
    np.fill_diagonal(result, variance)
    return np.asarray(result, dtype=np.float64)


def _only(moments: Moments) -> Moments:
    """Moments of a single domain, shape (items,)."""
    return Moments(moments.centre, *(getattr(moments, field.name)[0] for field in fields(Moments)[1:]))


def pooled_score_correlation(
    covariance_by_area: dict[str, pd.DataFrame],
    precision: Precision,
    limits: Limits,
    items: Sequence[Item],
    pool: IntArray,
    domains: Sequence[Domain],
) -> pd.DataFrame:
    """Correlation of the measures' errors, pooled over areas (M9).

    Each area's covariance is first put on the scale on which errors have variance 1/n_e: divided by the
    spread of the answers. For a share this is the scale of arcsine √p up to a constant, and a correlation
    does not see constants.

    Parameters
    ----------
    pool
        Indices of the areas' domains.

    Returns
    -------
    Frame measure × measure, positive semi-definite; a measure without any error is uncorrelated.
    """
    names = [item.measure.name for item in items]
    pooled = np.zeros((len(items), len(items)))
    for area in pool:
        spread = precision.spread[area]
        scale = np.sqrt(limits.effective_n[area] / np.where(spread > 0, spread, np.inf))
        pooled += np.nan_to_num(covariance_by_area[domains[area].code].to_numpy()) * np.outer(scale, scale)
    deviation = np.sqrt(np.diag(pooled))
    correlation = pooled / np.where(np.outer(deviation, deviation) > 0, np.outer(deviation, deviation), 1.0)
    correlation = np.clip((correlation + correlation.T) / 2, -1.0, 1.0)
    np.fill_diagonal(correlation, 1.0)
    return pd.DataFrame(correlation, index=names, columns=names)

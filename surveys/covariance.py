"""Covariances between the measures of one area, and their correlation pooled over areas (M2, M9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.design import Design
from surveys.domain import Domain
from surveys.item import Item
from surveys.limits import Limits
from surveys.precision import Precision
from surveys.sample import CodedQuestion, FloatArray, IntArray, Sample
from surveys.score import Weighting, cell_scores, residual_scores, weighting_of
from surveys.tally import PSU, STRATUM, Moments, Tally, cells_of_records, moments_by_cell
from surveys.variance import covariance, sum_by


def area_covariances(
    sample: Sample,
    columns: Sequence[CodedQuestion],
    totals: Tally,
    items: Sequence[Item],
    design: Design,
    domains: Sequence[Domain],
    precision: Precision,
    areas: Sequence[int],
) -> dict[str, pd.DataFrame]:
    """Design covariance of all measures in each area, on the values' own units.

    With PSUs it comes from the tally. Where every respondent is a unit, products of two items are not in
    the tally and the records are walked once more.

    Parameters
    ----------
    areas
        Indices into `domains`.

    Returns
    -------
    Frames measure × measure by area code; NaN for measures whose variance cannot be estimated there.
    """
    names = [item.measure.name for item in items]
    clustered = bool((totals.index_by_axis[PSU] >= 0).all())
    cell, weighting = moments_by_cell(totals, items), weighting_of(totals, design)
    cell_of_record = np.empty(0, dtype=np.intp) if clustered else cells_of_records(sample)
    records = _Records(sample, columns, items, cell_of_record)
    result = {}
    for area in areas:
        domain = domains[area]
        if clustered:
            matrix = _between_psus(totals, cell, weighting, design, domain)
        else:
            matrix = _between_records(records, totals, cell, weighting, design, domain)
        unknown = np.isnan(precision.variance[area])
        matrix[unknown, :] = np.nan
        matrix[:, unknown] = np.nan
        result[domain.code] = pd.DataFrame(matrix, index=names, columns=names)
    return result


def _between_psus(
    totals: Tally, cell: Moments, weighting: Weighting | None, design: Design, domain: Domain
) -> FloatArray:
    score = residual_scores(_scores(cell, domain), totals, weighting)
    psu, units = totals.index_by_axis[PSU], design.unit_count
    answering = sum_by(domain.in_cell[:, None] * cell.n, psu, units) > 0
    return covariance(sum_by(score, psu, units), design, answering)


@dataclass(frozen=True)
class _Records:
    sample: Sample
    columns: Sequence[CodedQuestion]
    items: Sequence[Item]
    cell_of_record: IntArray


def _between_records(
    records: _Records,
    totals: Tally,
    cell: Moments,
    weighting: Weighting | None,
    design: Design,
    domain: Domain,
) -> FloatArray:
    sample = records.sample
    score = _scores(cell, domain)
    fit = np.zeros_like(score) if weighting is None else weighting.fit_by_row(score)
    # Strata without members add nothing; only the records of the others are walked.
    met = np.zeros(len(design.strata), dtype=bool)
    met[totals.index_by_axis[STRATUM][domain.in_cell | (fit != 0).any(axis=1)]] = True
    rows = np.flatnonzero(met[sample.stratum_of_record])
    cell_of_row = records.cell_of_record[rows]
    weight_inside = sample.weight_of_record[rows] * domain.in_cell[cell_of_row]
    column_by_name = {column.name: column for column in records.columns}
    base, ratio = _base_and_ratio(cell, domain)
    score_by_row = np.empty((len(rows), len(records.items)), order="F")
    answering = np.empty(score_by_row.shape, dtype=bool, order="F")
    for index, item in enumerate(records.items):
        deviation = item.value_by_answer - cell.centre[index] - ratio[index]
        score_by_answer = item.base_by_answer * deviation / base[index]
        answer = column_by_name[item.column].answer_of_record[rows]
        score_by_row[:, index] = weight_inside * score_by_answer[answer]
        answering[:, index] = (weight_inside > 0) & (item.base_by_answer[answer] > 0)
    if weighting is not None:
        score_by_row -= sample.weight_of_record[rows][:, None] * fit[cell_of_row]
    part = Design(
        strata=tuple(label for label, inside in zip(design.strata, met, strict=True) if inside),
        stratum_of_unit=(np.cumsum(met) - 1)[sample.stratum_of_record[rows]],
        population_by_stratum=design.population_by_stratum[met],
        lonely_psu=design.lonely_psu,
    )
    return covariance(score_by_row, part, answering)


def _scores(cell: Moments, domain: Domain) -> FloatArray:
    base, ratio = _base_and_ratio(cell, domain)
    return cell_scores(cell.a, cell.b, ratio, base, domain.in_cell[:, None])


def _base_and_ratio(cell: Moments, domain: Domain) -> tuple[FloatArray, FloatArray]:
    base = cell.a[domain.in_cell].sum(axis=0)
    base = np.where(base > 0, base, 1.0)
    return base, cell.b[domain.in_cell].sum(axis=0) / base


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

"""Replicates of a wave's rates: every item in every domain under every replicate's weights (M2).

    values = values_from_tally(totals, items, domains, jackknife_replicates(design))
    errors = replicate_errors(values, replicates, precision)
    precision = with_replicate_errors(precision, errors)

Replicates of sampling units reweight the rows of the tally, and are post-stratified or raked anew where the
weights were; replicates supplied with the records need one more pass over these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from surveys.domain import Domain
from surveys.interval import Clustering
from surveys.item import Item
from surveys.precision import Precision
from surveys.replicates.estimation import Replicates
from surveys.replicates.raking import raked_anew
from surveys.sample import CodedQuestion, FloatArray, IntArray, Sample, WeightingCells
from surveys.tally import PSU, WEIGHTING, Tally, cells_of_records, moments_by_cell
from surveys.variance import sum_by

_LARGEST_EFFECT = 20.0
"""Where clusters are not known, no larger design effect than this is pooled. M3's assumed correlation, where
answers that are all alike tell nothing, is then a design effect of 3.1, as of 22 interviews in a cluster."""


@dataclass(frozen=True)
class ReplicateErrors:
    """Errors of rates from replicates; arrays have shape (domains, items).

    Parameters
    ----------
    variance
        NaN where it cannot be estimated: nobody answered, or all answers come from one unit.
    degrees_of_freedom
        Rank of the replicates over the domain's units, less 1; at most those of the design where it has
        sampling units.
    undefined_replicates
        Replicates in which nobody of the domain is left; the others stand for them.
    """

    variance: FloatArray
    degrees_of_freedom: FloatArray
    undefined_replicates: FloatArray


def values_from_tally(
    totals: Tally,
    items: Sequence[Item],
    domains: Sequence[Domain],
    replicates: Replicates,
    weighting: WeightingCells | None = None,
) -> FloatArray:
    """Values of items in domains under each replicate of the sampling units (PSUs).

    Parameters
    ----------
    weighting
        What the weights were made to match, ``Sample.weighting``: matched anew in every replicate. A
        replicate in which that is impossible (a margin has lost a category) has no values.

    Returns
    -------
    Shape (replicates, domains, items); NaN where nobody of the domain is left.
    """
    factor_by_cell = replicates.factor_by_unit[totals.index_by_axis[PSU]]
    if weighting is not None:
        factor_by_cell = factor_by_cell * _matched_anew(totals, weighting, factor_by_cell)
    cell = moments_by_cell(totals, items)

    def sums_of(item: int) -> tuple[FloatArray, FloatArray]:
        return cell.a[:, [item]] * factor_by_cell, cell.b[:, [item]] * factor_by_cell

    return _values(sums_of, cell.centre, domains)


def values_from_records(
    sample: Sample,
    columns: Sequence[CodedQuestion],
    items: Sequence[Item],
    domains: Sequence[Domain],
    replicates: Replicates,
) -> FloatArray:
    """Values of items in domains under each replicate of the records, as `values_from_tally`.

    Parameters
    ----------
    columns
        Coded columns that the items read, as the tally of the same sample holds them.
    """
    cell_of_record = cells_of_records(sample)
    cells = len(domains[0].in_cell) if domains else 0
    column_by_name = {column.name: column for column in columns}

    def sums_of(item: int) -> tuple[FloatArray, FloatArray]:
        answer = column_by_name[items[item].column].answer_of_record
        weight = sample.weight_of_record * items[item].base_by_answer[answer]
        value = items[item].value_by_answer[answer]
        a = _factored_sums(weight, replicates.factor_by_unit, cell_of_record, cells)
        return a, _factored_sums(weight * value, replicates.factor_by_unit, cell_of_record, cells)

    return _values(sums_of, np.zeros(len(items)), domains)


def replicate_errors(
    value_by_replicate: FloatArray, replicates: Replicates, precision: Precision, degrees: FloatArray
) -> ReplicateErrors:
    """Errors from the values of each replicate.

    Parameters
    ----------
    value_by_replicate
        Shape (replicates, domains, items).
    precision
        Of the same domains and items by linearisation: values, counts and the design's degrees of freedom.
    degrees
        Of the replicates over each domain, shape (domains,): `unit_degrees` or `record_degrees`.
    """
    variance = replicates.variance(precision.value, value_by_replicate)
    # One unit, or none: the replicates are all alike, which is no knowledge of the error.
    unknown = precision.one_unit | (precision.n == 0) | (degrees[:, None] < 1)
    variance = np.where(precision.spread == 0, np.where(np.isnan(variance), np.nan, 0.0), variance)
    return ReplicateErrors(
        variance=np.where(unknown, np.nan, variance),
        degrees_of_freedom=np.minimum(degrees[:, None], precision.degrees_of_freedom),
        undefined_replicates=replicates.undefined(value_by_replicate),
    )


def degrees_by_domain(
    replicates: Replicates, domains: Sequence[Domain], cell_of_row: IntArray, unit_of_row: IntArray
) -> FloatArray:
    """Degrees of freedom of the replicates over the units of each domain, shape (domains,).

    Parameters
    ----------
    cell_of_row, unit_of_row
        Cell of the tally and unit of the replicates of each row. Rows are cells for replicates of sampling
        units, records for replicates of records.
    """
    degrees = [replicates.degrees_of_freedom(unit_of_row[domain.in_cell[cell_of_row]]) for domain in domains]
    return np.array(degrees, dtype=np.float64)


def with_replicate_errors(precision: Precision, errors: ReplicateErrors) -> Precision:
    """The same rates with errors from replicates of the sampling units.

    A community that is one unit keeps its own error over respondents: no replicate knows it.
    """
    keep = precision.conditional[:, None]
    return replace(
        precision,
        variance=np.where(keep, precision.variance, errors.variance),
        degrees_of_freedom=np.where(keep, precision.degrees_of_freedom, errors.degrees_of_freedom),
    )


def with_supplied_errors(precision: Precision, errors: ReplicateErrors) -> Precision:
    """The same rates with errors from supplied replicates, where nothing else tells the sampling units.

    The rule of M3 then pools the design effect of an item over its domains instead of its intraclass
    correlation ρ: with a = λb in all domains n_e = 1/(b(1 + ρ(λ − 1))), and the pooled 1 + ρ(λ − 1) is
    ΣV/ΣSb whatever λ is; as ρ is at most .9, λ sets the largest effect.
    """
    b = precision.clustering.b
    a = b * (1.0 + (_LARGEST_EFFECT - 1.0) / 0.9)
    alike = Clustering(a, b, a, b)
    return replace(
        precision,
        variance=errors.variance,
        plain_variance=errors.variance,
        degrees_of_freedom=errors.degrees_of_freedom,
        clustering=alike,
        # All replicates alike, as far as anybody can tell one unit: flagged as such.
        one_unit=precision.one_unit | ((precision.n > 0) & (errors.degrees_of_freedom < 1)),
    )


def replicate_covariances(
    value_by_replicate: FloatArray,
    replicates: Replicates,
    precision: Precision,
    items: Sequence[Item],
    domains: Sequence[Domain],
    areas: Sequence[int],
) -> dict[str, pd.DataFrame]:
    """Covariance of all measures in each area, as `surveys.covariance.area_covariances`.

    Parameters
    ----------
    precision
        With the errors of these replicates; a measure without one there has no covariance either.
    areas
        Indices into `domains`.
    """
    names = [item.measure.name for item in items]
    result = {}
    for area in areas:
        matrix = replicates.covariance(precision.value[area], value_by_replicate[:, area])
        unknown = np.isnan(precision.variance[area])
        alike = precision.spread[area] == 0
        matrix = np.where(alike[:, None] | alike, 0.0, matrix)
        matrix = np.where(unknown[:, None] | unknown, np.nan, matrix)
        result[domains[area].code] = pd.DataFrame(matrix, index=names, columns=names)
    return result


def _values(
    sums_of: Callable[[int], tuple[FloatArray, FloatArray]], centre: FloatArray, domains: Sequence[Domain]
) -> FloatArray:
    """B/A of each domain from sums by cell and replicate, item by item."""
    in_domain = csr_array(np.array([domain.in_cell for domain in domains], dtype=np.float64))
    values = []
    for item in range(len(centre)):
        a, b = (np.asarray(in_domain @ sums, dtype=np.float64) for sums in sums_of(item))
        ratio = np.divide(b, a, out=np.full(a.shape, np.nan), where=a > 0)
        values.append((ratio + centre[item]).T)
    return np.stack(values, axis=-1)


def _matched_anew(totals: Tally, weighting: WeightingCells, factor_by_cell: FloatArray) -> FloatArray:
    """Factors on the replicates' weights of cells that restore the known totals; shape of both.

    Raking starts from the final weights: they are the base weights times a factor of the same form, so it
    ends at the same weights.
    """
    index = totals.index_by_axis[WEIGHTING]
    inside = index >= 0
    count = int(index.max()) + 1 if len(index) else 0
    weight = totals.weight_by_cell[inside, None]
    final = sum_by(weight, index[inside], count)[:, 0]
    lost = sum_by(weight * factor_by_cell[inside], index[inside], count)
    if weighting.auxiliary_by_cell is None:
        anew = np.divide(final[:, None], lost, out=np.ones(lost.shape), where=lost > 0)
    else:
        auxiliary = weighting.auxiliary_by_cell[:count]
        anew = raked_anew(lost, auxiliary, auxiliary.T @ final)
    return np.where(inside[:, None], anew[index], 1.0)


def _factored_sums(
    values: FloatArray, factor_by_record: FloatArray, cell_of_record: IntArray, cells: int
) -> FloatArray:
    """Σ value · factor over the records of each cell, shape (cells, replicates)."""
    records = np.arange(len(values))
    by_cell = csr_array((values, (cell_of_record, records)), shape=(cells, len(values)))
    return np.asarray(by_cell @ factor_by_record, dtype=np.float64)

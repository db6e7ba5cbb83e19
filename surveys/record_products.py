"""Products of two items' scores, summed over records: what a tally does not have of covariances (M2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from surveys.item import Item
from surveys.product import inner_products
from surveys.sample import CodedQuestion, FloatArray, IntArray, Sample
from surveys.tally import Moments, cells_of_records
from surveys.variance import BoolArray

_BLOCK = 2**16
"""Records at once: 40 items of them are 20 MB."""


@dataclass(frozen=True)
class Records:
    """Records as their items see them.

    Parameters
    ----------
    columns
        The coded column of each item.
    cell_of_record
        Cell of the tally.
    """

    sample: Sample
    items: Sequence[Item]
    columns: Sequence[CodedQuestion]
    cell_of_record: IntArray


def records_of(sample: Sample, items: Sequence[Item], columns: Sequence[CodedQuestion]) -> Records:
    """Records of a sample with the coded columns that its tally holds."""
    by_name = {column.name: column for column in columns}
    return Records(sample, items, [by_name[item.column] for item in items], cells_of_records(sample))


def score_products(
    records: Records,
    domain: Moments,
    in_cell: BoolArray,
    factor_by_group: FloatArray,
    group_of_record: IntArray,
) -> FloatArray:
    """Σ factor · u_a u_b over the records of one domain, shape (items, items).

    Parameters
    ----------
    domain
        Moments of this domain, shape (items,).
    in_cell
        Cells of the domain.
    factor_by_group
        Factor of each record's group; records whose factor is 0 are not walked.
    """
    base = np.where(domain.a > 0, domain.a, 1.0)
    ratio = domain.b / base
    score_by_answer = [
        item.base_by_answer * (item.value_by_answer - domain.centre[at] - ratio[at]) / base[at]
        for at, item in enumerate(records.items)
    ]
    factor = factor_by_group[group_of_record]
    rows = np.flatnonzero(in_cell[records.cell_of_record] & (factor > 0))
    total = np.zeros((len(records.items), len(records.items)))
    for first in range(0, len(rows), _BLOCK):
        block = rows[first : first + _BLOCK]
        scale = records.sample.weight_of_record[block] * np.sqrt(factor[block])
        score = np.empty((len(records.items), len(block)))
        for at, (column, scores) in enumerate(zip(records.columns, score_by_answer, strict=True)):
            np.take(scores, column.answer_of_record[block], out=score[at])
        score *= scale
        total += inner_products(score)
    return total

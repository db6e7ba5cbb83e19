"""Two-way tables of weighted shares with their design covariance (M2), the input of the Rao–Scott tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surveys.design import Design
from surveys.records.linear import Linearised, estimates_of, linearised_means, mean_variance
from surveys.sample import FloatArray, IntArray


@dataclass(frozen=True)
class CrossTable:
    """Two-way table; only rows and columns that occur.

    Parameters
    ----------
    share_by_row_column
        Shares of the whole, shape (rows, columns); they add up to 1.
    count_by_row_column
        Respondents, same shape.
    covariance
        Of the shares, row by row: shape (rows · columns, rows · columns).
    degrees_of_freedom
        Units less strata of the design with a respondent of the table.
    """

    share_by_row_column: FloatArray
    count_by_row_column: FloatArray
    covariance: FloatArray
    degrees_of_freedom: float

    @property
    def n(self) -> float:
        """Respondents of the table."""
        return float(self.count_by_row_column.sum())

    @property
    def expected_by_row_column(self) -> FloatArray:
        """Shares under independence, shape (rows, columns)."""
        share = self.share_by_row_column
        return np.asarray(np.outer(share.sum(axis=1), share.sum(axis=0)), dtype=np.float64)

    @property
    def degrees(self) -> int:
        """(rows − 1)·(columns − 1)."""
        rows, columns = self.share_by_row_column.shape
        return int(max(rows - 1, 0) * max(columns - 1, 0))


def cross_table(
    row_of_record: IntArray,
    column_of_record: IntArray,
    weight: FloatArray,
    design: Design,
    unit_of_record: IntArray,
) -> CrossTable:
    """Weighted two-way table of the records that have both a row and a column.

    Parameters
    ----------
    row_of_record, column_of_record
        Index of the label of each record; −1 where it has none (outside the domain).
    """
    row, column = _indicators(row_of_record, column_of_record)
    inside = (row_of_record >= 0) & (column_of_record >= 0)
    shape = (row.shape[1], column.shape[1])
    indicator = (row[:, :, None] * column[:, None, :]).reshape(len(weight), shape[0] * shape[1])
    member = np.repeat(inside[:, None], indicator.shape[1], axis=1)
    shares = estimates_of(linearised_means(indicator, weight, member), design, unit_of_record)
    union = mean_variance(np.ones(len(weight)), weight, design, unit_of_record, inside)
    return CrossTable(
        share_by_row_column=np.nan_to_num(shares.value).reshape(shape),
        count_by_row_column=indicator.sum(axis=0).reshape(shape),
        covariance=shares.covariance,
        degrees_of_freedom=float(union.degrees_of_freedom[0]),
    )


def excess_covariance(
    table: CrossTable,
    row_of_record: IntArray,
    column_of_record: IntArray,
    weight: FloatArray,
    design: Design,
    unit_of_record: IntArray,
) -> FloatArray:
    """Covariance of the excess over independence of each cell, shape as the table's covariance.

    Notes
    -----
    The excess is that of totals, N_ij − N_i N_j/N, over the fixed estimate of N, as Koch, Freeman & Freeman
    (1975) and R take it: where Σw is random its error differs from that of p_ij − p_i p_j, whose value it
    shares.
    """
    row, column = _indicators(row_of_record, column_of_record)
    inside = (row_of_record >= 0) & (column_of_record >= 0)
    share = table.share_by_row_column
    excess = (row[:, :, None] - share.sum(axis=1)[:, None]) * (column[:, None, :] - share.sum(axis=0))
    scaled = np.where(inside, weight, 0.0) / max(float(weight[inside].sum()), np.finfo(float).tiny)
    score = excess.reshape(len(weight), share.size) * scaled[:, None]
    member = np.repeat(inside[:, None], share.size, axis=1)
    linear = Linearised(np.zeros(share.size), score, member)
    return estimates_of(linear, design, unit_of_record).covariance


def _indicators(row_of_record: IntArray, column_of_record: IntArray) -> tuple[FloatArray, FloatArray]:
    """1 where a record has the row (the column), 0 elsewhere and outside the table; (records, labels)."""
    inside = (row_of_record >= 0) & (column_of_record >= 0)
    parts = []
    for index in (row_of_record, column_of_record):
        labels = np.unique(index[inside])
        parts.append(((index[:, None] == labels) & inside[:, None]).astype(np.float64))
    return parts[0], parts[1]

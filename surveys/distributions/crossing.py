"""A crossed table by the engine, so that calibrated weights and every stage are in its covariance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from surveys.area import AreaLevel
from surveys.covariance import area_covariances
from surveys.design import design_of
from surveys.distributions.choice import Choice, items_of_choices
from surveys.domain import Domain
from surveys.precision import precision_of
from surveys.questionnaire import Answer, Base, Question, QuestionKind, Role
from surveys.records.cross_table import CrossTable
from surveys.replicates.sample import replicated_rates
from surveys.sample import CodedQuestion, IntArray, Sample
from surveys.tally import tally

_MOST_CELLS = 1_000
"""A larger table is not made: its covariance matrix would hold millions of numbers."""


def crossed_table(sample: Sample, row_of_record: IntArray, column_of_record: IntArray) -> CrossTable | None:
    """Two-way table of the records that have both a row and a column; None where it is too large.

    `surveys.records.cross_table.cross_table` is the plain form of this, from records with given weights.

    Parameters
    ----------
    row_of_record, column_of_record
        Index of each record's label, −1 where it has none. Only labels that occur make rows and columns.
    """
    inside = (row_of_record >= 0) & (column_of_record >= 0)
    rows, row = np.unique(row_of_record[inside], return_inverse=True)
    columns, column = np.unique(column_of_record[inside], return_inverse=True)
    shape = (len(rows), len(columns))
    if not inside.any():
        return CrossTable(np.zeros(shape), np.zeros(shape), np.zeros((0, 0)), 0.0)
    if shape[0] * shape[1] > _MOST_CELLS:
        return None
    pair_of_record = np.zeros(sample.size, dtype=np.int32)
    pair_of_record[inside] = 1 + row * shape[1] + column
    return _crossed(replace(sample, groups={}), pair_of_record, shape)


def _crossed(sample: Sample, pair_of_record: npt.NDArray[np.int32], shape: tuple[int, int]) -> CrossTable:
    """Each pair as the answer of one question: their shares are items like any other."""
    pairs = range(shape[0] * shape[1])
    answers = (Answer("", "", Role.INVALID), *(Answer(str(pair), "", Role.NEUTRAL) for pair in pairs))
    coded = CodedQuestion("pair", answers, pair_of_record)
    place = np.arange(len(answers))
    choices = tuple(Choice(str(pair), "", "", Role.NEUTRAL, place == pair + 1) for pair in pairs)
    question = Question(sample.questionnaire, "pair", "", "", QuestionKind.SINGLE)
    items = items_of_choices(question, coded, choices, Base.ANSWERED)
    totals, design = tally(sample, [coded]), design_of(sample)
    everywhere = Domain(AreaLevel.DISTRICT, "all", "", "", None, np.ones(totals.cell_count, dtype=bool))
    precision = precision_of(totals, items, design, [everywhere])
    replicated = replicated_rates(sample, [coded], items, [everywhere], precision)
    if replicated:
        precision = replicated.precision
        covariances = replicated.covariances(items, [everywhere], [0])
    else:
        covariances = area_covariances(sample, [coded], totals, items, design, [everywhere], precision, [0])
    return CrossTable(
        share_by_row_column=np.nan_to_num(precision.value[0]).reshape(shape),
        count_by_row_column=precision.positive[0].reshape(shape),
        # An error that cannot be estimated leaves a trace of 0, which is not testable.
        covariance=np.nan_to_num(covariances["all"].to_numpy()),
        degrees_of_freedom=float(precision.degrees_of_freedom[0, 0]),
    )

"""Answers so rare that a few people would decide a test of a two-way table (Cochran's rule)."""

from __future__ import annotations

import numpy as np

from surveys.sample import IntArray

LEAST_EXPECTED = 3.0
"""Respondents that an answer must have in the smallest part if the parts do not differ."""


def rare_together(row_of_record: IntArray, column_of_record: IntArray) -> tuple[IntArray, IntArray]:
    """Rows with rare labels taken together as one, or outside the table where together they are rare too.

    Parameters
    ----------
    row_of_record, column_of_record
        Index of each record's answer and part, −1 where it has none.

    Returns
    -------
    (row_of_record, rare)
        The rows with the first rare label for all of them, or −1; the labels that are rare.

    Notes
    -----
    Expected respondents of a label in the smallest part, below 3. One respondent in a cell where .1 is
    expected adds 8 to X², whatever the design; see M2. Cochran, W. G. (1954), *Biometrics* 10, 417–451.
    """
    inside = (row_of_record >= 0) & (column_of_record >= 0)
    if not inside.any():
        return row_of_record, np.empty(0, dtype=np.intp)
    labels, count = np.unique(row_of_record[inside], return_counts=True)
    smallest = np.unique(column_of_record[inside], return_counts=True)[1].min() / inside.sum()
    is_rare = count * smallest < LEAST_EXPECTED
    rare = labels[is_rare].astype(np.intp)
    enough = count[is_rare].sum() * smallest >= LEAST_EXPECTED
    taken_as = rare[0] if len(rare) and enough else -1
    return np.where(np.isin(row_of_record, rare), taken_as, row_of_record), rare

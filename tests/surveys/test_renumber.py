"""Renumbering says what numpy.unique says, sorted or by a table of marks."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from surveys.renumber import renumbered


@given(st.lists(st.integers(0, 40), max_size=30), st.sampled_from([41, 1 << 40]))
def test_renumbered_keys_are_those_of_unique(keys: list[int], bound: int) -> None:
    """A bound beyond any table is sorted instead."""
    rows = np.asarray(keys, dtype=np.intp)
    occurring, rank = renumbered(rows, bound)
    expected, inverse = np.unique(rows, return_inverse=True)
    assert occurring.tolist() == expected.tolist()
    assert rank.tolist() == inverse.tolist()

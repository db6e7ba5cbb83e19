"""Indices with gaps → indices without, in the same order, mostly without sorting."""

from __future__ import annotations

import numpy as np

from surveys.sample import IntArray

_DENSE = 1 << 20
"""A table of this many marks costs nothing beside sorting the keys."""


def renumbered(key_of_row: IntArray, keys: int) -> tuple[IntArray, IntArray]:
    """The keys that occur, in ascending order, and the rank of each row's key among them.

    Parameters
    ----------
    keys
        An upper bound: all keys lie in [0, keys).
    """
    if keys > max(_DENSE, 2 * len(key_of_row)):
        occurring, rank = np.unique(key_of_row, return_inverse=True)
        return occurring.astype(np.intp, copy=False), rank.astype(np.intp, copy=False)
    occurs = np.zeros(max(keys, 1), dtype=np.bool_)
    occurs[key_of_row] = True
    rank_of_key = np.cumsum(occurs) - 1
    return np.flatnonzero(occurs), rank_of_key[key_of_row]

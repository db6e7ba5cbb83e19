"""Indices with gaps → indices without, in the same order."""

from __future__ import annotations

import numpy as np

from surveys.sample import IntArray

_DENSE = 1 << 20
"""A table of this many marks costs nothing beside sorting the keys."""


def renumbered(key_of_row: IntArray, keys: int) -> tuple[IntArray, int]:
    """Rank of each row's key among the keys that occur, and how many occur.

    Parameters
    ----------
    keys
        An upper bound: all keys lie in [0, keys).
    """
    if keys > max(_DENSE, 2 * len(key_of_row)):
        occurring, rank = np.unique(key_of_row, return_inverse=True)
        return rank.astype(np.intp, copy=False), len(occurring)
    occurs = np.zeros(max(keys, 1), dtype=np.bool_)
    occurs[key_of_row] = True
    rank_of_key = np.cumsum(occurs) - 1
    return rank_of_key[key_of_row], int(rank_of_key[-1]) + 1

"""Matrix products that are equal to the bit for any number of cores.

BLAS splits large products over threads and then sums in another order. It leaves small ones to one thread, so
large ones are made of small ones here. That is also faster where other work keeps the cores busy, for the
threads of BLAS wait for each other by spinning.
"""

from __future__ import annotations

import numpy as np

from surveys.sample import FloatArray

_SMALL = 2**17
"""Multiplications of one product; OpenBLAS begins to share work above 2¹⁸."""


def product(left: FloatArray, right: FloatArray) -> FloatArray:
    """`left @ right`, columns of `right` in batches.

    Examples
    --------
    >>> product(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0], [5.0, 6.0]])).tolist()
    [[13.0, 16.0]]
    """
    step = _SMALL // max(left.size, 1)
    if step < 1:
        return np.asarray(np.einsum("ik,kj->ij", left, right), dtype=np.float64)
    result = np.empty((left.shape[0], right.shape[1]))
    for first in range(0, right.shape[1], step):
        result[:, first : first + step] = left @ right[:, first : first + step]
    return result


def inner_products(rows: FloatArray) -> FloatArray:
    """`rows @ rows.T` of few long rows, shape (rows, rows); columns in batches, batches in order."""
    count, length = rows.shape
    step = max(_SMALL // max(count**2, 1), 1)
    whole = length // step * step
    batches = rows[:, :whole].reshape(count, -1, step).transpose(1, 0, 2)
    total = (batches @ batches.transpose(0, 2, 1)).sum(axis=0)
    rest = rows[:, whole:]
    return np.asarray(total + rest @ rest.T, dtype=np.float64)

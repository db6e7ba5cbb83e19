"""Benchmarking: model estimates of areas that add up to the direct estimate of the whole (M10)."""

from __future__ import annotations

import numpy as np
from scipy import special
from scipy.optimize import elementwise

from surveys.sample import FloatArray, IntArray


def benchmark_shift(share: FloatArray, part_by_area: FloatArray, total: FloatArray) -> FloatArray:
    """λ with Σ part·expit(logit p + λ) = total.

    Parameters
    ----------
    share
        Model estimates strictly between 0 and 1, shape (replicates, areas).
    part_by_area
        Parts of the whole, not negative, adding up to 1; shape (areas,).
    total
        Direct estimate of the whole, shape (replicates,). At 0 or 1 no finite λ exists: λ is 0.

    Returns
    -------
    Shape (replicates,).

    Notes
    -----
    M10. One shift on the logit scale keeps shares inside (0, 1) and in their order. The sum rises in λ, and
    the root lies between the extreme differences of logits.
    """
    result = np.zeros(len(total))
    rows = np.flatnonzero((total > 0) & (total < 1))
    if not rows.size:
        return result
    logit, target = special.logit(share[rows]), special.logit(total[rows])
    inside = part_by_area > 0

    def excess(shift: FloatArray, row: IntArray) -> FloatArray:
        return np.asarray(special.expit(logit[row] + shift[..., None]) @ part_by_area - total[rows][row])

    # The bracket is widened by one: equal areas would make it empty.
    low = target - logit[:, inside].max(axis=1) - 1
    high = target - logit[:, inside].min(axis=1) + 1
    found = elementwise.find_root(excess, (low, high), args=(np.arange(len(rows)),))
    result[rows] = found.x
    return result


def shifted(share: FloatArray, shift: FloatArray) -> FloatArray:
    """expit(logit p + λ), λ of shape (replicates,); 0 stays 0 and 1 stays 1."""
    with np.errstate(divide="ignore"):  # logit of 0 and 1 is infinite, and comes back
        return np.asarray(special.expit(special.logit(share) + np.asarray(shift)[..., None]))

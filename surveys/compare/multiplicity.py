"""Many changes at once (M7): step-down max-t for a declared family, false-discovery rates for the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from surveys.sample import FloatArray

DRAWS = 20_000
"""Draws behind an adjusted p; near .05 its Monte Carlo error is .0015."""
_CHUNK = 2_000
SEED = 20_220_901
"""Fixed, so that the same data give the same bytes."""


def step_down_max_t(
    statistic: FloatArray, correlations: Sequence[FloatArray], *, draws: int = DRAWS, seed: int = SEED
) -> FloatArray:
    """Two-sided p of each of many statistics, adjusted so that any false discovery at all has its level.

    The largest |statistic| is held against the maximum of all Gaussian draws, the next against the maximum of
    those that remain, and so on; correlation makes the family smaller than it looks.

    Parameters
    ----------
    statistic
        Standard normal under no change, shape (hypotheses,).
    correlations
        Correlation matrices of blocks of hypotheses that lie one after the other; blocks are independent.
    draws
        Gaussian draws; the same `seed` gives the same result.

    Returns
    -------
    Shape (hypotheses,), in the order given; never 0.

    Notes
    -----
    M7. Westfall & Young (1993, algorithm 2.8), Romano & Wolf (2005). p = (1 + draws beyond)/(1 + draws).

    Examples
    --------
    >>> import numpy as np
    >>> one = step_down_max_t(np.array([1.96]), [np.eye(1)])
    >>> round(float(one[0]), 2)
    0.05
    """
    size = np.abs(statistic)
    if not len(size):
        return np.empty(0)
    order = np.argsort(-size, kind="stable")
    ordered = size[order]
    beyond = np.zeros(len(size))
    for block in _gaussian(correlations, draws, seed):
        remaining = np.abs(block[:, order])
        maxima = np.maximum.accumulate(remaining[:, ::-1], axis=1)[:, ::-1]
        beyond += (maxima >= ordered).sum(axis=0)
    p_in_order = np.maximum.accumulate((1 + beyond) / (1 + draws))
    p = np.empty(len(size))
    p[order] = p_in_order
    return p


def benjamini_hochberg(p: FloatArray) -> FloatArray:
    """q-values: the smallest false-discovery rate of a list that would hold each hypothesis.

    Parameters
    ----------
    p
        Shape (hypotheses,).

    Notes
    -----
    M7. Benjamini & Hochberg (1995); valid for independent and positively dependent tests.

    Examples
    --------
    >>> import numpy as np
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, 0.5])).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    count = len(p)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * count / np.arange(1, count + 1)
    q = np.empty(count)
    q[order] = np.minimum.accumulate(scaled[::-1])[::-1].clip(max=1.0)
    return np.maximum(q, p)  # p · m/m need not be p in floating point


def _gaussian(correlations: Sequence[FloatArray], draws: int, seed: int) -> Iterator[FloatArray]:
    """Draws of shape (some, hypotheses), chunk by chunk: a large family does not need much memory."""
    rng = np.random.default_rng(seed)
    roots = [_root(matrix) for matrix in correlations]
    for start in range(0, draws, _CHUNK):
        rows = min(_CHUNK, draws - start)
        yield np.concatenate([rng.standard_normal((rows, len(root))) @ root.T for root in roots], axis=1)


def _root(correlation: FloatArray) -> FloatArray:
    """A with A A′ = correlation; what rounding or pooling made slightly indefinite is made definite."""
    value, vector = np.linalg.eigh(correlation)
    root = vector * np.sqrt(np.maximum(value, 0.0))
    length = np.sqrt((root**2).sum(axis=1))[:, None]
    return np.asarray(root / np.where(length > 0, length, 1.0), dtype=np.float64)

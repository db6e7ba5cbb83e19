"""Confidence sets of ranks (M8): which places an area may have, jointly for all areas.

Shared notation: estimates x_j of θ_j with covariance Σ, higher is better. The ordered pair (j, k) says that j
is better than k; it is decided where (x_j − x_k)/se_jk > c. The set of j is
[1 + how many are surely better, H − how many are surely worse].
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from indicators.scores.uncertainty import square_roots
from surveys.sample import FloatArray
from surveys.variance import BoolArray

DRAWS, SEED = 10_000, 20_220_815
"""Draws behind a critical value, and where they start: the same data give the same bytes."""
LEAST_DRAWS = 5_000
_MOST_NUMBERS = 2**25
"""Pairs × draws are kept below this by fewer draws, not under LEAST_DRAWS."""
MOST_AREAS = 400
"""Beyond these Holm's bound takes the place of draws: it knows no covariances, and is wider."""
_TIE = 1e-12
"""Estimates without error that differ by less than this part of their size are the same number."""

RankArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class RankSets:
    """Best and worst place of each area, 1 the best; shape (areas,)."""

    low: RankArray
    high: RankArray


def ranks_of(estimate: FloatArray) -> RankArray:
    """Places of the estimates themselves; equal ones share the better place.

    Examples
    --------
    >>> ranks_of(np.array([0.9, 0.95, 0.9, 0.8])).tolist()
    [2, 1, 2, 4]
    """
    return np.asarray(1 + _above(estimate, np.zeros(len(estimate))).sum(axis=0), dtype=np.int64)


def joint_rank_sets(
    estimate: FloatArray, covariance: FloatArray, *, level: float = 0.95, draws: int = DRAWS, seed: int = SEED
) -> RankSets:
    """Sets that all hold the true ranks at once with probability `level`, by step-down.

    Parameters
    ----------
    estimate
        Shape (areas,); approximately normal, on a scale on which higher is better.
    covariance
        Shape (areas, areas). Areas without error are told apart wherever they differ; a pair whose error
        is not known (NaN) stays undecided.
    draws
        Gaussian draws for the critical value; fewer (not under 5,000) beyond 80 areas. Beyond 400 areas
        Holm's bound is used.

    Notes
    -----
    M8. Mogstad, Romano, Shaikh & Wilhelm (2023). c is the `level` quantile of the largest
    (Z_j − Z_k)/se_jk over ordered pairs; once some are decided, the hypotheses θ_j ≤ θ_k of these are left
    out of the maximum (those of the turned pairs stay), until nothing more is decided.
    """
    return _sets(_decided(_pairs(estimate, covariance), level, _Draws(covariance, draws, seed), steps=True))


def single_step_rank_sets(
    estimate: FloatArray, covariance: FloatArray, *, level: float = 0.95, draws: int = DRAWS, seed: int = SEED
) -> RankSets:
    """As `joint_rank_sets` with the first critical value only: wider, and simpler to explain."""
    return _sets(_decided(_pairs(estimate, covariance), level, _Draws(covariance, draws, seed), steps=False))


def marginal_rank_sets(
    estimate: FloatArray, covariance: FloatArray, *, level: float = 0.95, draws: int = DRAWS, seed: int = SEED
) -> RankSets:
    """Sets each of which holds its own area's rank with probability `level`; not all of them at once.

    Narrower than `joint_rank_sets`, and right for a reader who asks about one area named beforehand; reports
    compare all areas and never print them.
    """
    pairs, drawn = _pairs(estimate, covariance), _Draws(covariance, draws, seed)
    areas = len(estimate)
    low, high = np.ones(areas, dtype=np.int64), np.ones(areas, dtype=np.int64)
    for area in range(areas):
        mine = np.zeros((areas, areas), dtype=bool)
        mine[area, :] = mine[:, area] = True
        found = _sets(_decided(pairs, level, drawn, steps=True, asked=mine))
        low[area], high[area] = found.low[area], found.high[area]
    return RankSets(low, high)


def overlap_rank_sets(estimate: FloatArray, standard_error: FloatArray, level: float = 0.95) -> RankSets:
    """Joint sets from intervals that do not overlap: the simple check, wider than `joint_rank_sets`.

    Notes
    -----
    Klein, Wright & Wieczorek (2020): intervals x ± z·se of all areas hold at once with probability `level`
    where z is Šidák's; j is surely better than k where its interval lies above.

    Examples
    --------
    >>> sets = overlap_rank_sets(
    ...     np.array([92, 90.5, 88, 87.5, 80]), np.array([1, 0.8, 1.2, 0.9, 1.1]), level=0.9
    ... )
    >>> list(zip(sets.low.tolist(), sets.high.tolist()))
    [(1, 3), (1, 4), (1, 4), (2, 4), (5, 5)]
    """
    z = float(special.ndtri((1 + level ** (1 / max(len(estimate), 1))) / 2))
    return _sets(_above(estimate, z * standard_error))


@dataclass(frozen=True)
class _Pairs:
    """Ordered pairs (j, k), shape (areas, areas).

    Parameters
    ----------
    statistic
        (x_j − x_k)/se_jk; 0 where the pair has no error.
    inverse_error
        1/se_jk; 0 where the pair has no error.
    certain
        Pairs known to have no error that differ, j above k.
    """

    statistic: FloatArray
    inverse_error: FloatArray
    certain: BoolArray


class _Draws:
    """Z ~ N(0, Σ), made when they are first needed: (areas, draws)."""

    def __init__(self, covariance: FloatArray, draws: int, seed: int) -> None:
        areas = len(covariance)
        pairs = max(areas * (areas - 1) // 2, 1)
        self.covariance, self.seed = covariance, seed
        self.count = max(min(draws, _MOST_NUMBERS // pairs), min(draws, LEAST_DRAWS))
        self._values: FloatArray | None = None

    @property
    def values(self) -> FloatArray:
        """The draws; the same ones at every call."""
        if self._values is None:
            # Pairs whose error is not known are never open, so what stands for it counts nowhere.
            known = np.where(np.isfinite(self.covariance), self.covariance, 0.0)
            root = square_roots(known)
            normal = np.random.default_rng(self.seed).standard_normal((len(root), self.count))
            self._values = root @ normal
        return self._values


def _pairs(estimate: FloatArray, covariance: FloatArray) -> _Pairs:
    finite = np.where(np.isfinite(covariance), covariance, np.nan)
    variance = np.diag(finite)
    squared = variance[:, None] + variance - finite - finite.T
    # Rounding leaves a trace of 0 where two areas have one error in common, all of it.
    has_error = squared > _TIE * (variance[:, None] + variance)
    np.fill_diagonal(has_error, False)
    inverse = np.where(has_error, 1 / np.sqrt(np.where(has_error, squared, 1.0)), 0.0)
    difference = estimate[:, None] - estimate
    # A comparison with NaN is false: without this an error that is not known would count as none.
    no_error = ~has_error & ~np.isnan(squared)
    return _Pairs(difference * inverse, inverse, no_error & _above(estimate, np.zeros(len(estimate))))


def _above(estimate: FloatArray, half_width: FloatArray) -> BoolArray:
    """Whether j's interval lies above k's, shape (areas, areas)."""
    gap = (estimate - half_width)[:, None] - (estimate + half_width)
    return np.asarray(gap > _TIE * np.maximum(np.abs(estimate)[:, None], np.abs(estimate)))


def _sets(surely_above: BoolArray) -> RankSets:
    areas = len(surely_above)
    better, worse = surely_above.sum(axis=0), surely_above.sum(axis=1)
    return RankSets((1 + better).astype(np.int64), (areas - worse).astype(np.int64))


def _decided(
    pairs: _Pairs, level: float, drawn: _Draws, *, steps: bool, asked: BoolArray | None = None
) -> BoolArray:
    """Ordered pairs that are decided, shape (areas, areas).

    Parameters
    ----------
    asked
        Pairs that hypotheses are about; None: all.
    """
    about = pairs.inverse_error > 0
    if asked is not None:
        about = about & asked
    open_pairs, decided = about.copy(), pairs.certain.copy()
    while open_pairs.any():
        critical = (
            _critical_value(open_pairs, pairs, level, drawn)
            if len(about) <= MOST_AREAS
            else float(special.ndtri(1 - (1 - level) / open_pairs.sum()))
        )
        new = open_pairs & (pairs.statistic > critical)
        decided |= new
        open_pairs &= ~new
        if not steps or not new.any():
            break
    return decided


def _critical_value(open_pairs: BoolArray, pairs: _Pairs, level: float, drawn: _Draws) -> float:
    """`level` quantile of the maximum over open pairs of (Z_j − Z_k)/se_jk."""
    largest = np.full(drawn.count, -np.inf)
    for difference, above, below in _differences(open_pairs, pairs, drawn.values):
        both = above & below
        for chosen, sign in ((both, 0), (above & ~both, 1), (below & ~both, -1)):
            if chosen.any():
                part = difference if chosen.all() else difference[chosen]
                values = np.abs(part) if sign == 0 else sign * part
                np.maximum(largest, values.max(axis=0), out=largest)
    return float(np.quantile(largest, level, method="higher"))


def _differences(
    open_pairs: BoolArray, pairs: _Pairs, draws: FloatArray
) -> Iterator[tuple[FloatArray, BoolArray, BoolArray]]:
    """(Z_j − Z_k)/se_jk of one j and the later k, and whether (j, k) and (k, j) are open."""
    for area in range(len(draws) - 1):
        later = slice(area + 1, None)
        above, below = open_pairs[area, later], open_pairs[later, area]
        kept = above | below
        if kept.any():
            others = draws[later] if kept.all() else draws[later][kept]
            inverse = pairs.inverse_error[area, later][kept]
            yield (draws[area] - others) * inverse[:, None], above[kept], below[kept]

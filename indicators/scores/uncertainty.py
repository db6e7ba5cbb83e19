"""Drawn values of leaves (M9): what other samples of the same design would have shown."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from indicators.framework import Method
from indicators.scores.leaf import NORMAL_95, LeafTable
from indicators.scores.tree import BoolArray
from surveys.questionnaire import Unit
from surveys.sample import FloatArray


@dataclass(frozen=True)
class DrawSettings:
    """How many draws make an interval, and from which seed; both belong to a result's provenance.

    Parameters
    ----------
    draws
        0: no draws; intervals rest on linearised errors alone.
    """

    draws: int = 1000
    seed: int = 20220815


DEFAULT_DRAWS = DrawSettings()


@dataclass(frozen=True)
class Known:
    """Leaves that are taken as known, and where all others keep their draws from.

    Parameters
    ----------
    before
        The table with the errors that leaves had before they were known.
    known_by_area_leaf
        Which leaves are.
    """

    before: LeafTable
    known_by_area_leaf: BoolArray


def draw_leaf_values(
    leaves: LeafTable,
    correlation: pd.DataFrame,
    settings: DrawSettings,
    rows: Sequence[int],
    salt: Sequence[str],
) -> FloatArray:
    """Leaf values drawn from their sampling distribution.

    Parameters
    ----------
    correlation
        Measure × measure, pooled over areas (`Estimation.correlation`).
    rows
        Areas of the table to draw for.
    salt
        What else the draws depend on: first of the answers, then of the observations besides. Two trees of
        one wave share the first and differ in the second, so the same answers are drawn alike for both.

    Returns
    -------
    array
        Shape (len(rows), draws, leaves), on the values' own scales; NaN where blank, and where a value is
        carried from another wave.

    Notes
    -----
    M9. Shares: φ* ~ N(φ̂, 1/(4n_e + 2)) on the arcsine scale with the pooled correlation R of their errors;
    points: normal with the width of their limits, other means with their own error, and the same R;
    observations: normal with the covariance of their sites; documents: as they are. Only shares are cut: an
    observation's 得分率 is an unbiased mean, and cutting its draws at 1 would add a bias for every spotless
    leaf, which no estimate has. Each area has a seed of its own: its numbers do not depend on which other
    areas are scored beside it.
    """
    here = np.asarray(rows, dtype=np.intp)
    own = leaves.measured[here] & ~leaves.carried[here]
    value = np.where(own, leaves.value[here], np.nan)
    drawn = np.repeat(value[:, np.newaxis, :], settings.draws, axis=1)
    column_of = {str(name): at for at, name in enumerate(correlation.columns)}
    asked = [at for at, leaf in enumerate(leaves.leaves) if leaf.method is Method.QUESTIONNAIRE]
    seen = [at for at, leaf in enumerate(leaves.leaves) if leaf.method is Method.OBSERVATION]
    measure_of_asked = [column_of[leaves.leaves[at].source] for at in asked if own[:, at].any()]
    asked = [at for at in asked if own[:, at].any()]
    root = _root_of_correlation(correlation)
    spread = square_roots(_site_covariances(leaves, here, seen, own))
    for row, area in enumerate(here):
        key = [settings.seed, zlib.crc32(leaves.areas[area].code.encode())]
        rng = np.random.default_rng([*key, *(zlib.crc32(text.encode()) for text in salt[:1] if text)])
        normal = rng.standard_normal((settings.draws, len(root))) @ root.T
        rates = _drawn_rates(leaves, int(area), asked, normal[:, measure_of_asked])
        drawn[row][:, asked] = np.where(own[row, asked], rates, np.nan)
        if seen:
            rng = np.random.default_rng([*key, *(zlib.crc32(text.encode()) for text in salt)])
            drawn[row][:, seen] += rng.standard_normal((settings.draws, len(seen))) @ spread[row].T
    return drawn


def width_error(low: FloatArray, high: FloatArray) -> FloatArray:
    """Standard error of a normal distribution with these 95 % limits; 0 where they are blank."""
    return np.nan_to_num((high - low) / (2 * NORMAL_95))


def _drawn_rates(leaves: LeafTable, row: int, columns: Sequence[int], normal: FloatArray) -> FloatArray:
    """Values of questionnaire leaves for these standard normals, shape (draws, columns)."""
    at = list(columns)
    value, n, error = leaves.value[row, at], leaves.effective_n[row, at], leaves.standard_error[row, at]
    share = np.array([leaves.unit[column] is Unit.SHARE for column in at], dtype=bool)
    points = np.array([leaves.unit[column] is Unit.POINTS for column in at], dtype=bool)
    # The limits of points (M3) also know what one domain's own error misses; and there may be none: one PSU,
    # or all answers alike.
    width = width_error(leaves.low[row, at], leaves.high[row, at])
    mean = value + normal * np.where(points | ~(error > 0), width, np.nan_to_num(error))
    ratio = np.where(share, (value * n + 0.375) / (n + 0.75), 0.0)
    spread = np.where(share, 1.0 / np.sqrt(4 * n + 2), 0.0)
    angle = np.clip(np.arcsin(np.sqrt(ratio)) + normal * spread, 0.0, np.pi / 2)
    return np.asarray(np.where(share, np.sin(angle) ** 2, mean), dtype=np.float64)


def _site_covariances(
    leaves: LeafTable, rows: np.ndarray, columns: Sequence[int], own: np.ndarray
) -> FloatArray:
    """Covariance of the observation leaves, shape (rows, columns, columns); 0 where blank.

    One site in the whole district has no error of its own: its binomial limits are all that is known.
    """
    at = list(columns)
    covariance = leaves.covariance[rows[:, None, None], np.array(at, dtype=np.intp)[:, None], at]
    there = own[:, at]
    covariance = np.where(there[:, :, None] & there[:, None, :], np.nan_to_num(covariance), 0.0)
    error = leaves.standard_error[rows][:, at]
    borrowed = width_error(leaves.low[rows][:, at], leaves.high[rows][:, at])
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    diagonal = np.arange(len(at))
    covariance[:, diagonal, diagonal] = np.where(there & np.isnan(error), borrowed**2, variance)
    return np.asarray(covariance, dtype=np.float64)


def _root_of_correlation(correlation: pd.DataFrame) -> FloatArray:
    """A with AA′ = this correlation (unknown entries: 0)."""
    matrix = np.nan_to_num(correlation.to_numpy(dtype=np.float64, copy=True))
    np.fill_diagonal(matrix, 1.0)
    root = square_roots(matrix)
    # A pooled matrix may be slightly indefinite; cutting it must not raise the variances above 1.
    return np.asarray(root / np.maximum(np.sqrt((root**2).sum(axis=1, keepdims=True)), 1e-12))


def square_roots(matrix: FloatArray) -> FloatArray:
    """The symmetric A with AA = `matrix` (…, n, n), negative eigenvalues taken as 0.

    Unlike other roots it does not depend on which eigenvectors a processor's arithmetic happens to choose
    where eigenvalues agree, so draws are the same everywhere up to rounding.
    """
    eigenvalue, vector = np.linalg.eigh((matrix + np.swapaxes(matrix, -1, -2)) / 2)
    stretched = vector * np.sqrt(np.maximum(eigenvalue, 0.0))[..., np.newaxis, :]
    return np.asarray(stretched @ np.swapaxes(vector, -1, -2), dtype=np.float64)

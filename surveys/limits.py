"""Limits, effective sizes and design effects of every item in every domain (M3), from their precision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from surveys.design_effect import deff_with_replacement
from surveys.interval import (
    Clustering,
    IntervalMethod,
    clopper_pearson_interval,
    dispersion,
    effective_size,
    pooled_correlation,
    student_interval,
    widened_size,
)
from surveys.item import Item
from surveys.precision import Precision
from surveys.questionnaire import MeasureKind
from surveys.sample import FloatArray
from surveys.variance import BoolArray


@dataclass(frozen=True)
class Limits:
    """95 % limits; arrays have shape (domains, items).

    Parameters
    ----------
    low, high
        NaN where nobody answered, or where the range of a mean without a usable error is not known.
    effective_n
        n_e of M3; n/deff for means with Student's limits; at most n.
    binomial_n
        N of M3, the size behind binomial limits; N/κ for a mean on a scale.
    design_effect
        R's ``deff="replace"``; NaN where all answers are alike.
    method
        `IntervalMethod` values.
    assumed
        The limits rest on an assumed intraclass correlation.
    """

    low: FloatArray
    high: FloatArray
    effective_n: FloatArray
    binomial_n: FloatArray
    design_effect: FloatArray
    method: npt.NDArray[np.object_]
    assumed: BoolArray


def limits_of(precision: Precision, items: Sequence[Item], partition: BoolArray) -> Limits:
    """Limits by M3 for shares and for means on a scale; Student's for means of numbers without one.

    The latter are binomial, too, where they have no usable error.

    Parameters
    ----------
    partition
        Domains, disjoint, over which the intraclass correlation is pooled; shape (domains,).
    """
    lowest = np.array([item.lowest for item in items])
    width = np.array([item.highest - item.lowest for item in items])
    is_share = np.array([item.is_share for item in items], dtype=bool)
    pooled_n, binomial_n, assumed = _effective(precision, partition)
    n, variance = precision.n, precision.variance
    on_scale = np.array([item.measure.kind is MeasureKind.SATISFACTION_SCORE for item in items], dtype=bool)
    deff = deff_with_replacement(variance, precision.spread * n / np.maximum(n - 1, 1), n)
    safe_width = np.where(width > 0, width, 1.0)
    share = np.where(n > 0, (precision.value - lowest) / safe_width, 0.0)
    binomial_n = binomial_n / _dispersion(precision, share, safe_width, on_scale, partition)
    low, high = clopper_pearson_interval(share, np.where(binomial_n > 0, binomial_n, 1.0))
    low, high = lowest + low * safe_width, lowest + high * safe_width
    t_low, t_high = student_interval(precision.value, precision.standard_error, precision.degrees_of_freedom)
    student = ~(is_share | on_scale) & (np.nan_to_num(variance) > 0) & (precision.degrees_of_freedom >= 1)
    known = (n > 0) & (student | (width > 0))
    low = np.where(student, np.maximum(t_low, np.where(width > 0, lowest, -np.inf)), low)
    high = np.where(student, np.minimum(t_high, np.where(width > 0, lowest + width, np.inf)), high)
    own_n = np.minimum(n, n / np.where(deff > 0, deff, 1.0))
    conditional = np.broadcast_to(precision.conditional[:, None], n.shape)
    method = np.select(
        [~known, student, ~is_share & ~student, conditional],
        [IntervalMethod.NONE, IntervalMethod.STUDENT, IntervalMethod.RESCALED, IntervalMethod.CONDITIONAL],
        IntervalMethod.POOLED,
    )
    return Limits(
        low=np.where(known, low, np.nan),
        high=np.where(known, high, np.nan),
        effective_n=np.where(student, own_n, pooled_n),
        binomial_n=binomial_n,
        design_effect=deff,
        method=method.astype(object),
        assumed=assumed & known & ~student,
    )


def _dispersion(
    precision: Precision, share: FloatArray, width: FloatArray, on_scale: BoolArray, partition: BoolArray
) -> FloatArray:
    """κ of M3 for means on a scale, 1 for the others; shape (domains, items)."""
    result = np.ones(share.shape)
    for item in np.flatnonzero(on_scale):
        square = width[item] ** 2
        result[:, item] = dispersion(
            share[:, item],
            precision.spread[:, item] / square,
            precision.plain_variance[:, item] / square,
            precision.n[:, item],
            partition & (precision.n[:, item] > 0),
        )
    return result


def _effective(precision: Precision, partition: BoolArray) -> tuple[FloatArray, FloatArray, BoolArray]:
    """n_e, N and whether an assumed correlation matters, item by item over its domains (M3, steps 1–5)."""
    shape = precision.n.shape
    pooled_n, binomial_n, assumed = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool)
    for item in range(shape[1]):
        degrees = precision.degrees_of_freedom[:, item]
        plain = precision.plain_variance[:, item]
        pool = partition & (degrees >= 1) & np.isfinite(plain)
        constants = Clustering(
            precision.clustering.a[:, item],
            precision.clustering.b[:, item],
            precision.clustering.a_star[:, item],
            precision.clustering.b_star[:, item],
        )
        correlation, is_assumed = pooled_correlation(plain, precision.spread[:, item], constants, pool)
        pooled_n[:, item] = effective_size(precision.n[:, item], correlation, constants)
        # Communities that are one PSU have respondents as units, hence a pool of their own.
        one_psu = precision.conditional
        for group, members in ((~one_psu, partition & ~one_psu), (one_psu, one_psu)):
            total = float(degrees[members & (degrees >= 1)].sum())
            binomial_n[group, item] = widened_size(pooled_n[group, item], total)
        matters = np.abs(constants.a - constants.b) > 1e-9 * constants.b
        assumed[:, item] = is_assumed & matters
    return pooled_n, binomial_n, assumed

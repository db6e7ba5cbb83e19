"""Differences between estimates of two samples, or of two domains of one, with limits and tests (M7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from surveys.compare.joint import JointDesign, JointError, joint_design_of, joint_error
from surveys.compare.mover import LARGEST_CORRELATION, mover_interval
from surveys.compare.psu_scores import psu_scores
from surveys.compare.side import Side
from surveys.measured import Measured
from surveys.sample import FloatArray, IntArray
from surveys.tally import PSU
from surveys.variance import BoolArray


@dataclass(frozen=True)
class Differences:
    """New less old; arrays have shape (pairs of domains, pairs of items) unless said otherwise.

    Parameters
    ----------
    value
        NaN where nobody answered in one of the two.
    low, high
        95 % limits: Student's for means, those of `mover_interval` for the rest.
    statistic, p
        Standard normal under no difference, and its two-sided p; NaN where there are no limits.
    correlation
        Correlation of the two estimates that the limits rest on.
    is_student
        Student's limits, on the degrees of freedom of the union of sampling units.
    shared_psus
        PSUs with records of both domains, shape (pairs,).
    correlation_of_items
        Correlation between the differences of one pair of domains, pooled over pairs, shape (items, items).
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray
    statistic: FloatArray
    p: FloatArray
    correlation: FloatArray
    is_student: BoolArray
    shared_psus: IntArray
    correlation_of_items: FloatArray


@dataclass(frozen=True)
class Pairing:
    """What is compared with what.

    Parameters
    ----------
    domains, items
        Pairs of indices (old, new), shape (pairs, 2).
    pool
        Pairs of domains over which correlations are pooled; disjoint domains, shape (pairs,).
    least_correlation
        0 between waves: communities that are asked twice do not make waves more unlike. −0.95 within one.
    """

    domains: IntArray
    items: IntArray
    pool: BoolArray
    least_correlation: float = 0.0


def differences(old: Measured, new: Measured, pairing: Pairing) -> Differences:
    """Differences of the paired items between the paired domains, each wave with its own limits of M3.

    Notes
    -----
    M7. Shares: limits of both by MOVER, with the correlation r = ΣC₁₂/√(ΣV₁ΣV₂) pooled over domains. Each
    domain enters, and takes its part of r, by how far its PSUs are the same in both: where all overlap alike
    this is M7's r, and a domain without a common PSU has 0. Means: Student's t on V₁ + V₂ − 2C₁₂, V of a wave
    with replicate weights that of its replicates and C₁₂ with the correlation of the joint design. Tests:
    φ of M8 with variance 1/(4N + 2), N of M3, which also pays for the estimated intraclass correlation.
    """
    first = Side(old, pairing.domains[:, 0], pairing.items[:, 0])
    second = Side(new, pairing.domains[:, 1], pairing.items[:, 1])
    sides = first, second
    joint = joint_design_of(old, new)
    errors = _errors(joint, *sides)
    correlation = _pooled_correlation(errors, sides, pairing)
    variance, degrees = _variance(errors, sides)
    value = second.value - first.value
    low, high = mover_interval(
        first.value, (first.low, first.high), second.value, (second.low, second.high), correlation
    )
    is_student = first.is_student & second.is_student & (variance > 0) & (degrees >= 1)
    half = special.stdtrit(np.where(is_student, degrees, 1.0), 0.975) * np.sqrt(
        np.where(is_student, variance, 0.0)
    )
    statistic = np.where(is_student, _student(value, variance, degrees), _on_phi(sides, correlation))
    low = np.where(is_student, value - half, low)
    high = np.where(is_student, value + half, high)
    statistic = np.where(np.isfinite(low) & np.isfinite(high), statistic, np.nan)
    return Differences(
        value=value,
        low=low,
        high=high,
        statistic=statistic,
        p=2 * special.ndtr(-np.abs(statistic)),
        correlation=correlation,
        is_student=is_student,
        shared_psus=_shared_psus(joint, *sides),
        correlation_of_items=_correlation_of_items(errors, sides, pairing.pool),
    )


def _errors(joint: JointDesign | None, old: Side, new: Side) -> list[JointError | None]:
    """Joint error of each pair; None where respondents are the units on one side: they are drawn anew."""
    result: list[JointError | None] = [None] * len(old.domains)
    if joint is None:
        return result
    rows = np.flatnonzero(~old.conditional & ~new.conditional)
    scores = (
        psu_scores(old.measured, old.domains[rows], old.items),
        psu_scores(new.measured, new.domains[rows], new.items),
    )
    for row, first, second in zip(rows, *scores, strict=True):
        error = joint_error(joint, first, second)
        if joint.has_certainty:
            error = error.at_least(old.variance[row], new.variance[row])
        result[row] = error.scaled(*_printed_by_replicates(error, old, new, int(row)))
    return result


def _printed_by_replicates(
    error: JointError, old: Side, new: Side, row: int
) -> tuple[FloatArray, FloatArray]:
    """V₁ and V₂: those of replicate weights where a wave brings its own, else those of the joint design."""
    return (
        old.variance[row] if old.has_replicates else error.old_variance,
        new.variance[row] if new.has_replicates else error.new_variance,
    )


def _pooled_correlation(
    errors: Sequence[JointError | None], sides: tuple[Side, Side], pairing: Pairing
) -> FloatArray:
    shape = (len(pairing.domains), len(pairing.items))
    estimable = np.isfinite(sides[0].variance) & np.isfinite(sides[1].variance)
    between, old, new = np.zeros(shape[1]), np.zeros(shape[1]), np.zeros(shape[1])
    overlap = np.array([0.0 if error is None else error.overlap for error in errors])
    for row, error in enumerate(errors):
        if error is None or not pairing.pool[row]:
            continue
        told = estimable[row] & np.isfinite(error.between + error.old_variance + error.new_variance)
        between += np.where(told, error.between, 0.0)
        old += np.where(told, overlap[row] * error.old_variance, 0.0)
        new += np.where(told, overlap[row] * error.new_variance, 0.0)
    length = np.sqrt(old * new)
    common = np.where(length > 0, between / np.where(length > 0, length, 1.0), 0.0)
    correlation = np.clip(overlap[:, None] * common, pairing.least_correlation, LARGEST_CORRELATION)
    return np.asarray(correlation, dtype=np.float64)


def _variance(errors: Sequence[JointError | None], sides: tuple[Side, Side]) -> tuple[FloatArray, FloatArray]:
    """V₁ + V₂ − 2C₁₂ and its degrees of freedom; without common units both simply add.

    With replicate weights there are no more degrees than those of both waves together: replicates may be few.
    """
    old, new = (side.measured.precision.degrees_of_freedom for side in sides)
    variance = sides[0].variance + sides[1].variance
    degrees = sides[0].of(old) + sides[1].of(new)
    for row, error in enumerate(errors):
        if error is not None:
            known = np.isfinite(variance[row])
            variance[row] = np.where(known, np.diag(error.of_changes), np.nan)
            own = degrees[row] if sides[0].has_replicates or sides[1].has_replicates else np.inf
            degrees[row] = np.minimum(error.degrees_of_freedom, own)
    return np.nan_to_num(variance), degrees


def _student(value: FloatArray, variance: FloatArray, degrees: FloatArray) -> FloatArray:
    """The normal deviate with the p of t = difference/SE."""
    usable = (variance > 0) & (degrees >= 1)
    t = np.abs(value) / np.sqrt(np.where(usable, variance, 1.0))
    tail = special.stdtr(np.where(usable, degrees, 1.0), -t)
    return np.where(usable, np.sign(value) * -special.ndtri(np.maximum(tail, 1e-300)), np.nan)


def _on_phi(sides: tuple[Side, Side], correlation: FloatArray) -> FloatArray:
    """Difference over its error on the scale φ = asin√((x + ⅜)/(N + ¾)), x = p·N (M8)."""
    (lowest_old, highest_old), (lowest_new, highest_new) = (side.range() for side in sides)
    lowest = np.minimum(lowest_old, lowest_new)
    width = np.maximum(highest_old, highest_new) - lowest
    phi, variance = [], []
    for side in sides:
        n = np.maximum(side.of(side.measured.limits.binomial_n), 0.0)
        share = np.clip((side.value - lowest) / np.where(width > 0, width, np.nan), 0.0, 1.0)
        phi.append(np.arcsin(np.sqrt((share * n + 0.375) / (n + 0.75))))
        variance.append(1 / (4 * n + 2))
    error = variance[0] + variance[1] - 2 * correlation * np.sqrt(variance[0] * variance[1])
    return np.asarray((phi[1] - phi[0]) / np.sqrt(error), dtype=np.float64)


def _shared_psus(joint: JointDesign | None, old: Side, new: Side) -> IntArray:
    if joint is None:
        return np.zeros(len(old.domains), dtype=np.intp)
    psus = [
        [
            np.unique(side.measured.totals.index_by_axis[PSU][side.measured.domains[d].in_cell])
            for d in side.domains
        ]
        for side in (old, new)
    ]
    return np.array([joint.shared_psus(one, two) for one, two in zip(*psus, strict=True)], dtype=np.intp)


def _correlation_of_items(
    errors: Sequence[JointError | None], sides: tuple[Side, Side], pool: BoolArray
) -> FloatArray:
    """As `surveys.covariance.pooled_score_correlation`, of differences instead of values (M9)."""
    items = len(sides[0].items)
    pooled = np.zeros((items, items))
    scale = sides[0].sampling_variance + sides[1].sampling_variance
    weight = np.sqrt(np.divide(1.0, scale, out=np.zeros_like(scale), where=scale > 0))
    for row, error in enumerate(errors):
        if error is not None and pool[row]:
            pooled += np.nan_to_num(error.of_changes) * np.outer(weight[row], weight[row])
    deviation = np.sqrt(np.maximum(np.diag(pooled), 0.0))
    length = np.outer(deviation, deviation)
    correlation = np.clip(pooled / np.where(length > 0, length, 1.0), -1.0, 1.0)
    np.fill_diagonal(correlation, 1.0)
    return correlation

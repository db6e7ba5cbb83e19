"""Replicates (M2): the error of an estimate from estimating it again under other weights.

    replicates = jackknife_replicates(design)
    result = replicated_ratios(visits, members, weight, replicates, unit_of_record(sample))

Shared notation: replicate r of R multiplies the weights of sampling unit i by a_ir and gives the estimate
θ_r. V = Σ_r c_r (θ_r − θ̄)², with θ̄ the mean of the replicates (or, where it is said so, the estimate
itself) and c_r set by how the replicates were made: see `surveys.replicates.making` for those of a design,
`surveys.replicates.supplied` for supplied weights and for calibration, `surveys.replicates.rates` for rates.

A replicate in which nobody of a domain is left has no θ_r there. It is counted, and the others stand for it:
the sum is scaled up by Σ c over what is left of it. A domain whose records all have the same a_ir in every
replicate (one sampling unit) has a ratio that cannot vary: its variance is unknown, never 0.

Source: Wolter (2007), Introduction to Variance Estimation; conventions as in Lumley's R package survey.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surveys.records.linear import Estimates, columns_inside
from surveys.sample import FloatArray, IntArray
from surveys.variance import BoolArray
from surveys.wave import ReplicateCentre

_SAME_FACTOR = 9
"""Digits in which factors of records must agree to be those of one sampling unit."""
_RANK_TOLERANCE = 1e-5
"""Directions below this part of the largest are rounding of weights in a file; R has the same tolerance."""


@dataclass(frozen=True)
class Replicates:
    """Sets of factors on the weights of sampling units, and what each set's deviation counts.

    Parameters
    ----------
    factor_by_unit
        a_ir, shape (units, replicates), not negative.
    scale_by_replicate
        c_r, shape (replicates,); R's ``scale · rscales``.
    """

    factor_by_unit: FloatArray
    scale_by_replicate: FloatArray
    centre: ReplicateCentre = ReplicateCentre.MEAN

    @property
    def count(self) -> int:
        """Number of replicates."""
        return len(self.scale_by_replicate)

    def covariance(self, value: FloatArray, value_by_replicate: FloatArray) -> FloatArray:
        """Covariance matrix of estimates from their replicates.

        Parameters
        ----------
        value
            Shape (estimates,).
        value_by_replicate
            Shape (replicates, estimates); NaN where a replicate has nobody of the domain.

        Returns
        -------
        Shape (estimates, estimates); NaN for an estimate that no replicate gives.
        """
        deviation = self._deviation(value, value_by_replicate)
        return np.asarray((deviation * self.scale_by_replicate[:, None]).T @ deviation, dtype=np.float64)

    def variance(self, value: FloatArray, value_by_replicate: FloatArray) -> FloatArray:
        """Diagonal of `covariance`, for any shape (…) of `value` and (replicates, …) of its replicates."""
        deviation = self._deviation(value, value_by_replicate)
        return np.asarray(np.tensordot(self.scale_by_replicate, deviation**2, axes=1), dtype=np.float64)

    def undefined(self, value_by_replicate: FloatArray) -> FloatArray:
        """How many of the replicates that count are NaN, shape (…) for (replicates, …)."""
        counting = value_by_replicate[self.scale_by_replicate > 0]
        return np.asarray(np.isnan(counting).sum(axis=0), dtype=np.float64)

    def degrees_of_freedom(self, unit_of_member: IntArray) -> float:
        """Rank of the factors of a domain's units, less 1, as R's ``degf``; at least 0.

        Parameters
        ----------
        unit_of_member
            Unit of each member of the domain.
        """
        factor = self.factor_by_unit[np.unique(unit_of_member)]
        _, first = np.unique(np.round(factor, _SAME_FACTOR), axis=0, return_index=True)
        return max(float(np.linalg.matrix_rank(factor[first], rtol=_RANK_TOLERANCE)) - 1.0, 0.0)

    def _deviation(self, value: FloatArray, value_by_replicate: FloatArray) -> FloatArray:
        scale = self.scale_by_replicate.reshape(-1, *(1,) * value.ndim)
        known = ~np.isnan(value_by_replicate)
        # A replicate that counts nothing says nothing about the mean either, as in R.
        counts = known & (scale > 0)
        filled = np.where(known, value_by_replicate, 0.0)
        seen = counts.sum(axis=0)
        mean = np.where(counts, filled, 0.0).sum(axis=0) / np.maximum(seen, 1)
        centre = mean if self.centre is ReplicateCentre.MEAN else value
        whole, left = scale.sum(), np.where(known, scale, 0.0).sum(axis=0)
        # All strata sampled whole: no replicate counts, and there is no error.
        nothing = np.where(known.any(axis=0) & (whole == 0), 1.0, np.nan)
        made_up = np.divide(whole, left, out=nothing, where=left > 0)
        return np.asarray(np.where(known, filled - centre, 0.0) * np.sqrt(made_up), dtype=np.float64)


@dataclass(frozen=True)
class ReplicateEstimates(Estimates):
    """Estimates with their variance from replicates.

    Parameters
    ----------
    value_by_replicate
        Shape (replicates, estimates); NaN where a replicate has nobody of the domain.
    undefined_replicates
        How many those are, shape (estimates,).
    """

    value_by_replicate: FloatArray
    undefined_replicates: FloatArray


def replicated_ratios(
    numerator: FloatArray,
    denominator: FloatArray,
    weight: FloatArray,
    replicates: Replicates,
    unit_of_record: IntArray,
    member: BoolArray | None = None,
) -> ReplicateEstimates:
    """Ratios of totals; blanks (NaN) are outside the domain.

    Parameters
    ----------
    numerator, denominator
        Shape (records,) or (records, estimates).
    weight
        Shape (records,).
    member
        Records of the domain, shape (records,) or (records, estimates); None: all.
    """
    below, inside = columns_inside(denominator, member)
    above, inside_above = columns_inside(numerator, member)
    inside &= inside_above
    weights = _weights(weight, replicates, unit_of_record)
    base = weights.T @ np.where(inside, below, 0.0)
    total = weights.T @ np.where(inside, above, 0.0)
    values = np.divide(total, base, out=np.full(total.shape, np.nan), where=base != 0)
    degrees = _degrees(replicates, unit_of_record, inside)
    result = _estimates(values, replicates, degrees)
    # With one unit a ratio is the same in every replicate; that is no knowledge of its error.
    unknown = degrees == 0
    covariance = np.where(unknown[:, None] | unknown, np.nan, result.covariance)
    return ReplicateEstimates(
        value=result.value,
        variance=np.diag(covariance).copy(),
        covariance=covariance,
        degrees_of_freedom=degrees,
        value_by_replicate=result.value_by_replicate,
        undefined_replicates=result.undefined_replicates,
    )


def replicated_means(
    values: FloatArray,
    weight: FloatArray,
    replicates: Replicates,
    unit_of_record: IntArray,
    member: BoolArray | None = None,
) -> ReplicateEstimates:
    """Means of one or several variables; see `replicated_ratios`.

    Examples
    --------
    >>> import numpy as np
    >>> leave_one_out = Replicates(1.5 * (1 - np.eye(3)), np.full(3, 2 / 3))
    >>> result = replicated_means(np.array([1.0, 2.0, 6.0]), np.ones(3), leave_one_out, np.arange(3))
    >>> float(result.value[0]), round(float(result.standard_error[0]), 6)
    (3.0, 1.527525)
    """
    columns = values[:, None] if values.ndim == 1 else values
    return replicated_ratios(columns, np.ones_like(columns), weight, replicates, unit_of_record, member)


def replicated_totals(
    values: FloatArray,
    weight: FloatArray,
    replicates: Replicates,
    unit_of_record: IntArray,
    member: BoolArray | None = None,
) -> ReplicateEstimates:
    """Totals of one or several variables; see `replicated_ratios`."""
    columns, inside = columns_inside(values, member)
    totals = _weights(weight, replicates, unit_of_record).T @ np.where(inside, columns, 0.0)
    return _estimates(totals, replicates, _degrees(replicates, unit_of_record, inside))


def _weights(weight: FloatArray, replicates: Replicates, unit_of_record: IntArray) -> FloatArray:
    """Weights of the whole sample, then of each replicate; shape (records, 1 + replicates)."""
    factor = replicates.factor_by_unit[unit_of_record]
    factor = np.concatenate([np.ones((len(weight), 1)), factor], axis=1)
    return np.asarray(weight[:, None] * factor, dtype=np.float64)


def _estimates(values: FloatArray, replicates: Replicates, degrees: FloatArray) -> ReplicateEstimates:
    value, value_by_replicate = values[0], values[1:]
    covariance = replicates.covariance(value, value_by_replicate)
    return ReplicateEstimates(
        value=value,
        variance=np.diag(covariance).copy(),
        covariance=covariance,
        degrees_of_freedom=degrees,
        value_by_replicate=value_by_replicate,
        undefined_replicates=replicates.undefined(value_by_replicate),
    )


def _degrees(replicates: Replicates, unit_of_record: IntArray, inside: BoolArray) -> FloatArray:
    known: dict[bytes, float] = {}
    degrees = []
    for column in inside.T:
        key = np.packbits(column).tobytes()
        if key not in known:
            known[key] = replicates.degrees_of_freedom(unit_of_record[column])
        degrees.append(known[key])
    return np.array(degrees)

"""Means, ratios and totals of records with their linearised variables (M2), usable alone from a notebook.

    design = design_of(sample)
    result = ratio_variance(visits, members, weight, design, unit_of_record(sample))
    result.value, result.standard_error

The engine itself walks the tally; these functions take the records, for variables that were not tallied,
for covariances where every respondent is a sampling unit, and as the plain form of the formulas.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from surveys.design import Design
from surveys.sample import FloatArray, IntArray
from surveys.variance import BoolArray, covariance, sum_by, variance


@dataclass(frozen=True)
class Linearised:
    """Estimates and what each record contributes to their error.

    Parameters
    ----------
    value
        Shape (estimates,); NaN for an empty domain.
    score_by_record
        Weighted linearised variable, shape (records, estimates), 0 outside the domain.
    member_by_record
        Whether the record is in the estimate's domain with an answer, same shape.
    """

    value: FloatArray
    score_by_record: FloatArray
    member_by_record: BoolArray


@dataclass(frozen=True)
class Estimates:
    """Estimates with their design variance.

    Parameters
    ----------
    value, variance
        Shape (estimates,).
    covariance
        Shape (estimates, estimates), over the whole design.
    degrees_of_freedom
        Units minus strata that have a member of the domain, shape (estimates,).
    """

    value: FloatArray
    variance: FloatArray
    covariance: FloatArray
    degrees_of_freedom: FloatArray

    @cached_property
    def standard_error(self) -> FloatArray:
        """Square root of the variance."""
        return np.sqrt(self.variance)


def linearised_ratios(
    numerator: FloatArray, denominator: FloatArray, weight: FloatArray, member: BoolArray
) -> Linearised:
    """R = Σw y / Σw x over the members, z = w (y − R x)/Σw x.

    Parameters
    ----------
    numerator, denominator, member
        Shape (records, estimates).
    weight
        Shape (records,).
    """
    weight_by_record = weight[:, None] * member
    y = np.where(member, numerator, 0.0)
    x = np.where(member, denominator, 0.0)
    base = (weight_by_record * x).sum(axis=0)
    empty = base == 0
    ratio = (weight_by_record * y).sum(axis=0) / np.where(empty, 1.0, base)
    score = weight_by_record * (y - ratio * x) / np.where(empty, 1.0, base)
    return Linearised(np.where(empty, np.nan, ratio), score, member)


def linearised_means(values: FloatArray, weight: FloatArray, member: BoolArray) -> Linearised:
    """Weighted means over the members: ratios whose denominator is 1."""
    return linearised_ratios(values, np.ones_like(values), weight, member)


def linearised_totals(values: FloatArray, weight: FloatArray, member: BoolArray) -> Linearised:
    """Weighted totals Σw y over the members, z = w y."""
    score = weight[:, None] * np.where(member, values, 0.0)
    return Linearised(score.sum(axis=0), score, member)


def estimates_of(linearised: Linearised, design: Design, unit_of_record: IntArray) -> Estimates:
    """Design variance, covariance and degrees of freedom of linearised estimates (M2)."""
    score_by_unit = sum_by(linearised.score_by_record, unit_of_record, design.unit_count)
    present = sum_by(linearised.member_by_record.astype(np.float64), unit_of_record, design.unit_count) > 0
    present_strata = sum_by(present.astype(np.float64), design.stratum_of_unit, len(design.strata)) > 0
    return Estimates(
        value=linearised.value,
        variance=variance(score_by_unit, design, present),
        covariance=covariance(score_by_unit, design),
        degrees_of_freedom=(present.sum(axis=0) - present_strata.sum(axis=0)).astype(np.float64),
    )


def mean_variance(
    values: FloatArray,
    weight: FloatArray,
    design: Design,
    unit_of_record: IntArray,
    member: BoolArray | None = None,
) -> Estimates:
    """Means of one or several variables with their design variance; blanks (NaN) are outside the domain.

    Parameters
    ----------
    values
        Shape (records,) or (records, estimates).
    member
        Records of the domain, shape (records,) or (records, estimates); None: all.
    """
    columns, inside = columns_inside(values, member)
    return estimates_of(linearised_means(columns, weight, inside), design, unit_of_record)


def total_variance(
    values: FloatArray,
    weight: FloatArray,
    design: Design,
    unit_of_record: IntArray,
    member: BoolArray | None = None,
) -> Estimates:
    """Totals of one or several variables with their design variance; see `mean_variance`."""
    columns, inside = columns_inside(values, member)
    return estimates_of(linearised_totals(columns, weight, inside), design, unit_of_record)


def ratio_variance(
    numerator: FloatArray,
    denominator: FloatArray,
    weight: FloatArray,
    design: Design,
    unit_of_record: IntArray,
    member: BoolArray | None = None,
) -> Estimates:
    """Ratios of totals with their design variance; see `mean_variance`.

    Examples
    --------
    >>> import numpy as np
    >>> design = Design(("all",), np.zeros(4, dtype=np.intp), np.array([np.inf]))
    >>> visits, members = np.array([1.0, 2.0, 3.0, 6.0]), np.array([1.0, 1.0, 2.0, 2.0])
    >>> result = ratio_variance(visits, members, np.ones(4), design, np.arange(4))
    >>> float(result.value[0]), round(float(result.standard_error[0]), 4)
    (2.0, 0.4714)
    """
    below, inside = columns_inside(denominator, member)
    above, inside_above = columns_inside(numerator, member)
    linearised = linearised_ratios(above, below, weight, inside & inside_above)
    return estimates_of(linearised, design, unit_of_record)


def columns_inside(values: FloatArray, member: BoolArray | None) -> tuple[FloatArray, BoolArray]:
    """Values as columns with 0 for blanks, and which records of which column are members with an answer."""
    columns = values[:, None] if values.ndim == 1 else values
    inside = ~np.isnan(columns)
    if member is not None:
        inside = inside & (member[:, None] if member.ndim == 1 else member)
    return np.nan_to_num(columns), inside

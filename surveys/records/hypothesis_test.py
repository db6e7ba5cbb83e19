"""Tests under the design: t tests of means, Rao–Scott and Wald tests of two-way tables (M2).

    table = cross_table(row_of_record, column_of_record, weight, design, unit_of_record)
    rao_scott_f_test(table).p_value

Where there is nothing to test (one row, all answers alike, no degree of freedom), the result says so with
`is_testable` False and a p-value of 1: no evidence against the hypothesis, never NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from surveys.design import Design
from surveys.records.contrast import difference_contrast
from surveys.records.cross_table import CrossTable
from surveys.records.linear import mean_variance
from surveys.sample import FloatArray, IntArray
from surveys.variance import BoolArray

_ROUNDING = 1e-12
"""Errors below this part of the estimate's scale are what rounding leaves of 0."""


@dataclass(frozen=True)
class TTest:
    """Two-sided t test of one number.

    Parameters
    ----------
    estimate, standard_error
        On the values' own unit.
    statistic
        (estimate − hypothesis)/SE.
    degrees_of_freedom
        Units less strata, less 1, as in R's ``svyttest``.
    low, high
        95 % limits of the estimate; the estimate itself where it is not testable.
    """

    estimate: float
    standard_error: float
    statistic: float
    degrees_of_freedom: float
    p_value: float
    low: float
    high: float
    is_testable: bool


@dataclass(frozen=True)
class AssociationTest:
    """Test of no association between the rows and columns of a table.

    Parameters
    ----------
    statistic
        F, or χ² where `denominator_degrees` is infinite.
    numerator_degrees, denominator_degrees
        Degrees of freedom; those of Rao and Scott's F need not be whole.
    """

    statistic: float
    numerator_degrees: float
    denominator_degrees: float
    p_value: float
    is_testable: bool


def t_test_of_mean(
    values: FloatArray,
    weight: FloatArray,
    design: Design,
    unit_of_record: IntArray,
    member: BoolArray | None = None,
    hypothesis: float = 0.0,
) -> TTest:
    """Whether a mean is `hypothesis`; blanks (NaN) are outside the domain.

    Notes
    -----
    Equals R's ``svyttest(y ~ 0)``, whose degrees of freedom are those of the design less 1.
    """
    result = mean_variance(values, weight, design, unit_of_record, member)
    degrees = float(result.degrees_of_freedom[0]) - 1
    error = float(result.standard_error[0])
    return _t_test(float(result.value[0]), error, degrees, hypothesis)


def t_test_of_difference(
    values: FloatArray,
    in_second: BoolArray,
    weight: FloatArray,
    design: Design,
    unit_of_record: IntArray,
    member: BoolArray | None = None,
) -> TTest:
    """Whether two groups have the same mean: second less first.

    Parameters
    ----------
    in_second
        Whether each record is in the second group, shape (records,).

    Notes
    -----
    Equals R's ``svyttest(y ~ group)``: the slope of a regression on the group. Degrees of freedom: units
    less strata that have a member in either group, less 1.
    """
    inside = ~np.isnan(values) if member is None else member & ~np.isnan(values)
    groups = np.column_stack([inside & ~in_second, inside & in_second])
    columns = np.column_stack([values, values])
    means = mean_variance(columns, weight, design, unit_of_record, groups)
    union = mean_variance(np.ones_like(values), weight, design, unit_of_record, inside)
    contrast = difference_contrast(means, of=1, less=0)
    degrees = float(union.degrees_of_freedom[0]) - 1
    return _t_test(float(contrast.value[0]), float(contrast.standard_error[0]), degrees, 0.0)


def pearson_statistic(table: CrossTable) -> float:
    """n·Σ (p − p_i p_j)²/(p_i p_j): Pearson's X² of the weighted table scaled to n respondents."""
    expected = table.expected_by_row_column
    return float(table.n * ((table.share_by_row_column - expected) ** 2 / expected).sum())


def rao_scott_f_test(table: CrossTable) -> AssociationTest:
    """Pearson's X² over the trace of the generalised design effects Δ, as F (the default; R's ``F``).

    Notes
    -----
    Degrees of freedom d = tr(Δ)²/tr(Δ²) and d·ν (Satterthwaite). Rao & Scott (1984), Thomas & Rao (1990).
    """
    effects = _design_effects(table)
    trace = float(np.trace(effects))
    if not _is_testable(table) or not trace > _ROUNDING:
        return _untestable(table)
    degrees = trace**2 / float(np.trace(effects @ effects))
    return _f_test(pearson_statistic(table) / trace, degrees, degrees * table.degrees_of_freedom)


def rao_scott_chi_squared_test(table: CrossTable) -> AssociationTest:
    """Pearson's X² with its first-order correction: X²/mean design effect as χ² (R's ``Chisq``).

    Notes
    -----
    Rao & Scott (1981). The statistic is X² itself, as R prints it; the p-value is of the corrected one.
    """
    effects, statistic = _design_effects(table), pearson_statistic(table)
    if not _is_testable(table) or not float(np.trace(effects)) > _ROUNDING:
        return _untestable(table)
    corrected = statistic * table.degrees / float(np.trace(effects))
    p_value = float(special.chdtrc(table.degrees, corrected))
    return AssociationTest(statistic, table.degrees, np.inf, p_value, is_testable=True)


def wald_test(table: CrossTable, excess: FloatArray) -> AssociationTest:
    """Wald's test of N_ij = N_i N_j/N as F with (rows − 1)(columns − 1) and ν degrees (R's ``Wald``).

    Parameters
    ----------
    excess
        Covariance of the excess over independence (`surveys.records.cross_table.excess_covariance`).

    Notes
    -----
    Koch, Freeman & Freeman (1975). Unstable where ν is not well above the number of free cells; not
    testable where it is below.
    """
    statistic = _wald_statistic(table, excess)
    if statistic is None:
        return _untestable(table)
    return _f_test(statistic / table.degrees, table.degrees, table.degrees_of_freedom)


def adjusted_wald_test(table: CrossTable, excess: FloatArray) -> AssociationTest:
    """Wald's test with ν − degrees + 1 in the denominator (R's ``adjWald``); Thomas & Rao (1990)."""
    statistic = _wald_statistic(table, excess)
    if statistic is None:
        return _untestable(table)
    nu = table.degrees_of_freedom
    denominator = nu - table.degrees + 1
    return _f_test(statistic * denominator / (nu * table.degrees), table.degrees, denominator)


def _t_test(estimate: float, error: float, degrees: float, hypothesis: float) -> TTest:
    if degrees < 1 or not error > _ROUNDING * max(abs(estimate), abs(hypothesis), 1e-300):
        known = float(np.nan_to_num(estimate))
        return TTest(known, float(np.nan_to_num(error)), 0.0, max(degrees, 0.0), 1.0, known, known, False)
    statistic = (estimate - hypothesis) / error
    half = float(special.stdtrit(degrees, 0.975)) * error
    p_value = 2 * float(special.stdtr(degrees, -abs(statistic)))
    return TTest(estimate, error, statistic, degrees, p_value, estimate - half, estimate + half, True)


def _f_test(statistic: float, numerator: float, denominator: float) -> AssociationTest:
    p_value = float(special.fdtrc(numerator, denominator, statistic))
    return AssociationTest(statistic, numerator, denominator, p_value, is_testable=True)


def _design_effects(table: CrossTable) -> FloatArray:
    """Δ = (C′ D⁻¹ C/n)⁻¹ C′ D⁻¹ V D⁻¹ C with D the cell shares, C a basis of the interactions."""
    share = table.share_by_row_column.ravel()
    if not table.degrees:
        return np.zeros((0, 0))
    inverse = np.divide(1.0, share, out=np.zeros_like(share), where=share > 0)
    rows, columns = table.share_by_row_column.shape
    contrasts = np.kron(_contrasts(rows), _contrasts(columns))
    simple = contrasts.T @ (inverse[:, None] * contrasts) / table.n
    actual = contrasts.T @ (inverse[:, None] * table.covariance * inverse) @ contrasts
    return np.asarray(np.linalg.lstsq(simple, actual, rcond=None)[0], dtype=np.float64)


def _contrasts(size: int) -> FloatArray:
    """Columns that add up to 0, shape (size, size − 1)."""
    return np.vstack([np.eye(size - 1), -np.ones(size - 1)])


def _wald_statistic(table: CrossTable, excess_covariance: FloatArray) -> float | None:
    """(p − p_i p_j)′ V⁻¹ (p − p_i p_j) over the free cells; None where V cannot be inverted."""
    if not _is_testable(table) or table.degrees > table.degrees_of_freedom:
        return None
    rows, columns = table.share_by_row_column.shape
    free = np.arange(rows * columns).reshape(rows, columns)[1:, 1:].ravel()
    excess = (table.share_by_row_column - table.expected_by_row_column).ravel()[free]
    covariance = excess_covariance[np.ix_(free, free)]
    scale = np.sqrt(np.diag(covariance))
    if not (scale > _ROUNDING).all() or np.linalg.cond(covariance / np.outer(scale, scale)) > 1 / _ROUNDING:
        return None
    return float(excess @ np.linalg.solve(covariance, excess))


def _is_testable(table: CrossTable) -> bool:
    return table.degrees > 0 and table.degrees_of_freedom >= 1


def _untestable(table: CrossTable) -> AssociationTest:
    degrees = max(table.degrees_of_freedom, 0.0)
    return AssociationTest(0.0, float(table.degrees), degrees, 1.0, is_testable=False)

"""Design variance by Taylor linearisation (M2): from scores of sampling units to (co)variances.

Shared notation: stratum h with n_h sampled of N_h units, f_h = n_h/N_h; z_hi the linearised total of unit i.
V = Σ_h (1 − f_h) n_h/(n_h − 1) Σ_i (z_hi − z̄_h)². Domains never subset the design: a unit without a
member of the domain enters with z = 0, and n_h is always that of the whole stratum.

Formulas: Woodruff (1971), Binder (1983), Särndal, Swensson & Wretman (1992, ch. 5); lonely units as in
Lumley's R package survey.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from surveys.design import Design
from surveys.product import product
from surveys.sample import FloatArray, IntArray
from surveys.wave import LonelyPSU

BoolArray = npt.NDArray[np.bool_]


def covariance(
    score_by_unit: FloatArray, design: Design, present_by_unit: BoolArray | None = None
) -> FloatArray:
    """Covariance matrix of estimates from the linearised totals of all units.

    Its diagonal is `variance` of the same arguments under every rule for lonely strata.

    Parameters
    ----------
    score_by_unit
        Shape (units of the design, estimates); zeros for units without members.
    present_by_unit
        As for `variance`; None: all hold members of every domain, as R takes estimates of several domains.

    Returns
    -------
    Shape (estimates, estimates).

    Raises
    ------
    InputError
        A lonely stratum where the design says FAIL.
    """
    design.check()
    deviation = _deviation(score_by_unit, design)
    factor = factor_by_stratum(design)[design.stratum_of_unit]
    matrix = product((deviation * factor[:, None]).T, deviation)
    present = np.ones(score_by_unit.shape, dtype=bool) if present_by_unit is None else present_by_unit
    met = sum_by(present.astype(np.float64), design.stratum_of_unit, len(design.strata)) > 0
    return _averaged(matrix, met, design)


def variance(
    score_by_unit: FloatArray, design: Design, present_by_unit: BoolArray | None = None
) -> FloatArray:
    """Variances of estimates, each for its own domain; only the lonely rules need to know the domain.

    Parameters
    ----------
    score_by_unit
        Shape (units of the design, estimates).
    present_by_unit
        Whether the unit holds a member of the estimate's domain, same shape; None: all do.

    Returns
    -------
    Shape (estimates,).
    """
    design.check()
    present = np.ones(score_by_unit.shape, dtype=bool) if present_by_unit is None else present_by_unit
    present_by_stratum = sum_by(present.astype(np.float64), design.stratum_of_unit, len(design.strata))
    squares = sum_by(_deviation(score_by_unit, design) ** 2, design.stratum_of_unit, len(design.strata))
    if design.adjust_domain_lonely and design.lonely_psu is LonelyPSU.ADJUST:
        raw = sum_by(score_by_unit**2, design.stratum_of_unit, len(design.strata))
        squares = np.where((present_by_stratum == 1) & (_size(design) > 1), raw, squares)
    return combine_strata(squares, present_by_stratum, design)


def element_variance(
    squares_by_stratum: FloatArray,
    total_by_stratum: FloatArray,
    members_by_stratum: FloatArray,
    design: Design,
) -> FloatArray:
    """Variances where every respondent is a unit, from sums over respondents instead of their records.

    Parameters
    ----------
    squares_by_stratum, total_by_stratum
        Σ z² and Σ z over the respondents of each stratum, shape (strata, estimates).
    members_by_stratum
        Respondents of the domain in each stratum, same shape.
    """
    design.check()
    size = _size(design)
    centre = np.where(size > 1, total_by_stratum / np.maximum(size, 1), _grand_mean(total_by_stratum, design))
    spread = squares_by_stratum - 2 * centre * total_by_stratum + size * centre**2
    return combine_strata(np.maximum(spread, 0.0), members_by_stratum, design)


def element_covariance(
    products: FloatArray,
    total_by_stratum: FloatArray,
    members_by_stratum: FloatArray,
    design: Design,
) -> FloatArray:
    """Covariance matrix where every respondent is a unit; its diagonal is `element_variance`.

    Parameters
    ----------
    products
        Σ factor_h z z′ over all respondents, with `factor_by_stratum`; shape (estimates, estimates).
    total_by_stratum, members_by_stratum
        As for `element_variance`.
    """
    design.check()
    factor, size = factor_by_stratum(design)[:, None], _size(design)
    centre = np.where(size > 1, total_by_stratum / np.maximum(size, 1), _grand_mean(total_by_stratum, design))
    crossed = (factor * centre).T @ total_by_stratum
    matrix = products - crossed - crossed.T + (factor * size * centre).T @ centre
    return _averaged(matrix, members_by_stratum > 0, design)


def combine_strata(
    squares_by_stratum: FloatArray, members_by_stratum: FloatArray, design: Design
) -> FloatArray:
    """Σ_h (1 − f_h) n_h/(n_h − 1) · squares_h, with the rule for lonely strata.

    AVERAGE gives a lonely stratum the mean contribution of the others that hold members of the domain.
    """
    factor = factor_by_stratum(design)[:, None]
    variance_by_estimate: FloatArray = (factor * squares_by_stratum).sum(axis=0)
    if design.lonely_psu is not LonelyPSU.AVERAGE:
        return variance_by_estimate
    met = members_by_stratum > 0
    lonely = met & design.is_lonely[:, None]
    if design.adjust_domain_lonely:
        lone_in_domain = (members_by_stratum == 1) & (_size(design) > 1)
        variance_by_estimate -= (factor * np.where(lone_in_domain, squares_by_stratum, 0.0)).sum(axis=0)
        lonely |= lone_in_domain
    return np.asarray(variance_by_estimate * average_scale(met, lonely), dtype=np.float64)


def is_estimable(members_by_stratum: FloatArray, design: Design) -> BoolArray:
    """Whether the strata that a domain meets can say anything about its error; shape (estimates,).

    They cannot where one of them is lonely and none adds to the variance: a sum over nothing is 0, but only
    where all units of all strata were sampled is there no error.

    Parameters
    ----------
    members_by_stratum
        Units or respondents of the domain in each stratum, shape (strata, estimates).
    """
    met = members_by_stratum > 0
    adds = met & (factor_by_stratum(design) > 0)[:, None]
    lonely = met & design.is_lonely[:, None]
    return np.asarray(adds.any(axis=0) | ~lonely.any(axis=0), dtype=np.bool_)


def factor_by_stratum(design: Design) -> FloatArray:
    """(1 − f_h) n_h/(n_h − 1) of each stratum; for a lonely one what its rule says."""
    size = design.units_by_stratum
    lonely = 1.0 if design.lonely_psu is LonelyPSU.ADJUST else 0.0
    return design.unsampled_share_by_stratum * np.where(size > 1, size / np.maximum(size - 1, 1), lonely)


def sum_by(values: FloatArray, group_of_row: IntArray, group_count: int) -> FloatArray:
    """Column sums of `values` (rows, columns) within groups of rows; shape (groups, columns)."""
    rows = len(group_of_row)
    indicator = csr_array((np.ones(rows), (group_of_row, np.arange(rows))), shape=(group_count, rows))
    return np.asarray(indicator @ values, dtype=np.float64)


def _deviation(score_by_unit: FloatArray, design: Design) -> FloatArray:
    # Centre inside strata: the spread between strata is no sampling error. A lonely unit is centred at the
    # mean of all units (0 for a linearised variable); whether it counts is decided by its factor.
    total = sum_by(score_by_unit, design.stratum_of_unit, len(design.strata))
    size = _size(design)
    centre = np.where(size > 1, total / np.maximum(size, 1), _grand_mean(total, design))
    return score_by_unit - centre[design.stratum_of_unit]


def _grand_mean(total_by_stratum: FloatArray, design: Design) -> FloatArray:
    return np.asarray(total_by_stratum.sum(axis=0) / max(design.unit_count, 1), dtype=np.float64)


def _averaged(matrix: FloatArray, met: BoolArray, design: Design) -> FloatArray:
    """A covariance matrix under AVERAGE; as it is under the other rules."""
    if design.lonely_psu is not LonelyPSU.AVERAGE or not design.is_lonely.any():
        return np.asarray(matrix, dtype=np.float64)
    # Estimates that meet different strata have different scales; the roots keep the matrix semi-definite.
    root = np.sqrt(average_scale(met, met & design.is_lonely[:, None]))
    return np.asarray(matrix * np.outer(root, root), dtype=np.float64)


def average_scale(met: BoolArray, lonely: BoolArray) -> FloatArray:
    """AVERAGE: strata met over those of them that are not lonely; NaN where all are. Shape (estimates,)."""
    kept = (met & ~lonely).sum(axis=0)
    scale = np.divide(met.sum(axis=0), kept, out=np.full(kept.shape, np.nan), where=kept > 0)
    return np.asarray(scale, dtype=np.float64)


def _size(design: Design) -> FloatArray:
    return design.units_by_stratum[:, None]

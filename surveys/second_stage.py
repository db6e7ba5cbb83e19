"""The second stage of a sample: respondents drawn within sampling units of a finite stratum (M2).

V = V₁ + Σ_h f_h Σ_i (1 − f_hi) m/(m − 1) (Σ z² − (Σ z)²/m), with f_h = n_h/N_h, f_hi = m/M_hi and m *sampled*
respondents of unit i. Where units were drawn with replacement, or N_h is not known, f_h = 0 and the spread of
units already holds what respondents add. Särndal, Swensson & Wretman (1992, sec. 4.3).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from surveys.design import Design
from surveys.sample import FloatArray


def has_second_stage(design: Design) -> bool:
    """Whether respondents within units add to the variance of this design."""
    return design.population_by_unit is not None and bool((_first_stage_share(design) > 0).any())


def without_unknown_second_stage(design: Design, sampled_by_unit: FloatArray) -> Design:
    """The design without the correction of strata whose second stage cannot be estimated.

    One respondent of a unit that has more says nothing about the spread within it. The correction that the
    second stage would have to make up for is then left out of the whole stratum: V₁ alone, as with
    replacement, is on average too large by the variance that the correction takes off.
    """
    if design.population_by_unit is None:
        return design
    # One respondent who is all of the unit is no sample; one of more says nothing.
    unknown = (sampled_by_unit == 1) & (design.population_by_unit > 1)
    strata = np.bincount(design.stratum_of_unit, weights=unknown, minlength=len(design.strata)) > 0
    return replace(design, population_by_stratum=np.where(strata, np.inf, design.population_by_stratum))


def second_stage_factor(design: Design, sampled_by_unit: FloatArray) -> FloatArray:
    """f_h (1 − f_hi) m/(m − 1) of each unit, shape (units,); 0 where the unit was observed whole.

    Parameters
    ----------
    sampled_by_unit
        m: all sampled respondents of the unit, in a domain or not.
    """
    if design.population_by_unit is None:
        return np.zeros(design.unit_count)
    m = sampled_by_unit
    unsampled = np.clip(1.0 - m / design.population_by_unit, 0.0, 1.0)
    # One respondent is 0 here: either all of the unit, or its stratum has no correction to make up for.
    factor = np.where(m > 1, m / np.maximum(m - 1, 1), 0.0)
    return np.asarray(_first_stage_share(design)[design.stratum_of_unit] * unsampled * factor)


def second_stage_variance(
    squares_by_unit: FloatArray, total_by_unit: FloatArray, sampled_by_unit: FloatArray, design: Design
) -> FloatArray:
    """What respondents within units add to the variance, shape (estimates,).

    Parameters
    ----------
    squares_by_unit, total_by_unit
        Σ z² and Σ z over the sampled respondents of each unit, shape (units, estimates).
    """
    spread = squares_by_unit - total_by_unit**2 / np.maximum(sampled_by_unit, 1)[:, None]
    factor = second_stage_factor(design, sampled_by_unit)
    return np.asarray(factor @ np.maximum(spread, 0.0), dtype=np.float64)


def _first_stage_share(design: Design) -> FloatArray:
    return np.asarray(1.0 - design.unsampled_share_by_stratum, dtype=np.float64)

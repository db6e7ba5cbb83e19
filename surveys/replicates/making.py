"""Replicates of a design (M2): jackknife, balanced half-samples, Fay's method and two bootstraps.

Shared notation: stratum h with n_h sampled units and sampled share f_h = n_h/N_h.

A lonely stratum (one unit of several) adds nothing under REMOVE and CERTAINTY, its squared deviation from 0
under ADJUST, and under AVERAGE the variance of the others is scaled up for it, as in `surveys.variance`.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import hadamard

from surveys.design import Design
from surveys.problem import InputError, Problem, Severity
from surveys.replicates.estimation import Replicates
from surveys.sample import FloatArray
from surveys.wave import LonelyPSU, ReplicateCentre


def jackknife_replicates(design: Design) -> Replicates:
    """JKn, one replicate for each unit: it is left out, the others of its stratum stand for it.

    a = 0 for the unit and n_h/(n_h − 1) for the others of its stratum; c = (1 − f_h)(n_h − 1)/n_h. In a
    design of one stratum this is JK1. The variance of a total is that of linearisation, to the digit. Holds
    units × units numbers: meant for PSUs, not for thousands of respondents as units.

    Raises
    ------
    InputError
        A stratum has one sampled unit and the design says LonelyPSU.FAIL.

    Notes
    -----
    Rust & Rao (1996), Statistical Methods in Medical Research 5, 283–310.
    """
    design.check()
    size = design.units_by_stratum[design.stratum_of_unit]
    same_stratum = design.stratum_of_unit[:, None] == design.stratum_of_unit
    factor = np.where(same_stratum, (size / np.maximum(size - 1, 1))[:, None], 1.0)
    np.fill_diagonal(factor, 0.0)
    lone = 1.0 if design.lonely_psu is LonelyPSU.ADJUST else 0.0
    share_left = np.where(size > 1, (size - 1) / size, lone)
    scale = design.unsampled_share_by_stratum[design.stratum_of_unit] * share_left
    # A unit left out with none to stand for it moves the mean of the replicates away from the estimate.
    adjusted = design.lonely_psu is LonelyPSU.ADJUST and bool(design.is_lonely.any())
    centre = ReplicateCentre.ESTIMATE if adjusted else ReplicateCentre.MEAN
    return Replicates(factor, scale * _average_scale(design), centre)


def balanced_replicates(design: Design) -> Replicates:
    """BRR: in each replicate one unit of every pair counts twice, balanced over strata.

    Raises
    ------
    InputError
        A stratum has not two sampled units; or one, and the design says LonelyPSU.FAIL.

    Notes
    -----
    McCarthy (1969), Review of the International Statistical Institute 37, 239–264.
    """
    return fay_replicates(design, rho=0.0)


def fay_replicates(design: Design, rho: float) -> Replicates:
    """Fay's method: one unit of each pair has 1 + s_h, the other 1 − s_h, with s_h = (1 − ρ)√(1 − f_h).

    c = 1/(R(1 − ρ)²); signs are columns of a Hadamard matrix of R > H rows (Sylvester's), without its first,
    so that they are orthogonal to each other and add up to 0.

    Parameters
    ----------
    rho
        In [0, 1); 0 gives BRR.

    Raises
    ------
    InputError
        A stratum has not two sampled units; or one, and the design says LonelyPSU.FAIL.

    Notes
    -----
    Judkins (1990), Journal of Official Statistics 6, 223–239.
    """
    design.check()
    _check_pairs(design)
    strata = len(design.strata)
    replicates = 2 ** int(np.ceil(np.log2(strata + 1)))
    sign_by_stratum = hadamard(replicates)[:, 1 : strata + 1].T.astype(np.float64)
    first = np.zeros(design.unit_count, dtype=bool)
    first[np.unique(design.stratum_of_unit, return_index=True)[1]] = True
    sign = np.where(first, 1.0, -1.0)[:, None] * sign_by_stratum[design.stratum_of_unit]
    step = (1.0 - rho) * np.sqrt(design.unsampled_share_by_stratum)
    factor = 1.0 + sign * (step * _lone_or_more(design))[design.stratum_of_unit][:, None]
    scale = np.full(replicates, _average_scale(design) / (replicates * (1.0 - rho) ** 2))
    return Replicates(factor, scale)


def rao_wu_replicates(design: Design, count: int, seed: int) -> Replicates:
    """Rescaled bootstrap of Rao & Wu: n_h − 1 units of each stratum are drawn with replacement.

    a = 1 + √(1 − f_h)(r n_h/(n_h − 1) − 1) for a unit drawn r times, never negative; c = 1/(R − 1).

    Raises
    ------
    InputError
        A stratum has one sampled unit and the design says LonelyPSU.FAIL.

    Notes
    -----
    Rao, Wu & Yue (1992), Survey Methodology 18, 209–217; without fpc R's ``subbootstrap``.
    """
    design.check()
    rng = np.random.default_rng(seed)
    factor = np.ones((design.unit_count, count))
    root = np.sqrt(design.unsampled_share_by_stratum) * _lone_or_more(design)
    for stratum, size in enumerate(design.units_by_stratum.astype(int)):
        units = np.flatnonzero(design.stratum_of_unit == stratum)
        if size > 1:
            drawn = rng.multinomial(size - 1, np.full(size, 1.0 / size), size=count).T
            change = drawn * (size / (size - 1)) - 1.0
        else:  # a coin of the same variance as a unit's own square
            change = rng.choice([-1.0, 1.0], size=(size, count))
        factor[units] += root[stratum] * change
    return Replicates(factor, _bootstrap_scale(design, count))


def bootstrap_replicates(design: Design, count: int, seed: int) -> Replicates:
    """Bootstrap of Canty & Davison: n_h units are drawn from copies of the sample that make up N_h.

    a is how often a unit was drawn. Draws of n_h understate the variance by (n_h − 1)/n_h;
    c = m/(m − 1)/(R − 1) with the harmonic mean m of the n_h makes up for that on average, as R's
    ``bootstrap`` does. Rao and Wu's does it in each stratum.

    Raises
    ------
    InputError
        A stratum has one sampled unit and the design says LonelyPSU.FAIL.

    Notes
    -----
    Canty & Davison (1999), The Statistician 48, 379–391.
    """
    design.check()
    rng = np.random.default_rng(seed)
    factor = np.ones((design.unit_count, count))
    several = design.units_by_stratum > 1
    for stratum in np.flatnonzero(several):
        size = int(design.units_by_stratum[stratum])
        population = design.population_by_stratum[stratum]
        units = np.flatnonzero(design.stratum_of_unit == stratum)
        if np.isinf(population):
            drawn = rng.multinomial(size, np.full(size, 1.0 / size), size=count)
        else:
            copies = np.full(size, int(population) // size)
            copies[rng.permutation(size)[: int(population) % size]] += 1
            drawn = rng.multivariate_hypergeometric(copies, size, size=count)
        factor[units] = drawn.T
    lone = np.isin(design.stratum_of_unit, np.flatnonzero(~several))
    if lone.any():
        root = (np.sqrt(design.unsampled_share_by_stratum) * _lone_or_more(design))[design.stratum_of_unit]
        factor[lone] += root[lone, None] * rng.choice([-1.0, 1.0], size=(int(lone.sum()), count))
    mean = several.sum() / (1.0 / design.units_by_stratum[several]).sum() if several.any() else np.inf
    made_up = 1.0 if np.isinf(mean) else mean / (mean - 1)
    return Replicates(factor, _bootstrap_scale(design, count) * made_up)


def _bootstrap_scale(design: Design, count: int) -> FloatArray:
    return np.full(count, _average_scale(design) / (count - 1))


def _lone_or_more(design: Design) -> FloatArray:
    """1 for strata that vary between replicates, 0 for lonely ones that add nothing."""
    lone = 1.0 if design.lonely_psu is LonelyPSU.ADJUST else 0.0
    return np.where(design.units_by_stratum > 1, 1.0, lone)


def _average_scale(design: Design) -> float:
    """AVERAGE: all strata over those that are not lonely; NaN where all are."""
    if design.lonely_psu is not LonelyPSU.AVERAGE:
        return 1.0
    kept = int((~design.is_lonely).sum())
    return len(design.strata) / kept if kept else float("nan")


def _check_pairs(design: Design) -> None:
    unpaired = design.units_by_stratum > 2
    if unpaired.any():
        raise InputError(
            Problem(
                "half_samples_need_pairs",
                Severity.ERROR,
                value=design.strata[stratum],
                detail={"sampled": f"{design.units_by_stratum[stratum]:g}"},
            )
            for stratum in np.flatnonzero(unpaired)
        )

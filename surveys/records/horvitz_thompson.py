"""Unequal probabilities without replacement by approximate joint probabilities (M2).

Where units were drawn with probabilities π_i, the variance of Horvitz & Thompson needs the probability π_ij
that both of two units were drawn. Overton (1985) approximates it from the single ones,
π_ij = (n − 1) π_i π_j/(n − (π_i + π_j)/2), which makes the double sum one of single sums. For a ratio, whose
linearised variables add up to 0, it equals Brewer's form in `surveys.records.stages`.
"""

from __future__ import annotations

import numpy as np

from surveys.problem import InputError, Problem, Severity
from surveys.records.linear import Estimates, Linearised
from surveys.records.stages import CERTAIN, Stage
from surveys.variance import sum_by


def overton_estimates(linearised: Linearised, stage: Stage) -> Estimates:
    """Variances, covariances and degrees of freedom of one stage drawn with unequal probabilities.

    V = n/(n − 1) Σ(1 − π_i) z_i² + (Σz · Σπz − (Σz)²)/(n − 1), summed over strata.

    Parameters
    ----------
    stage
        Its sampled shares are the inclusion probabilities π_i.

    Returns
    -------
    Estimates whose variance is NaN where the sum, which nothing keeps positive, is negative.

    Raises
    ------
    InputError
        A stratum with a single sampled unit that was not certain to be drawn.
    """
    size, share = stage.units_by_stratum, stage.sampled_share_by_unit
    lonely = (size == 1) & (np.bincount(stage.stratum_of_unit, weights=1.0 - share) > CERTAIN)
    if lonely.any():
        raise InputError(
            Problem("lonely_psu", Severity.ERROR, value=stage.strata[stratum])
            for stratum in np.flatnonzero(lonely)
        )
    score = sum_by(linearised.score_by_record, stage.unit_of_record, stage.unit_count)
    others = np.maximum(size - 1, 1)
    factor = (1.0 - share) * (size / others)[stage.stratum_of_unit]
    total = sum_by(score, stage.stratum_of_unit, len(size))
    shared = sum_by(score * share[:, None], stage.stratum_of_unit, len(size)) / others[:, None]
    crossed = total.T @ shared
    matrix = (score * factor[:, None]).T @ score + (crossed + crossed.T) / 2
    matrix -= (total / others[:, None]).T @ total
    variance = np.diag(matrix)
    return Estimates(
        value=linearised.value,
        variance=np.where(variance >= 0, variance, np.nan),
        covariance=matrix,
        degrees_of_freedom=stage.degrees_of_freedom(linearised.member_by_record),
    )
